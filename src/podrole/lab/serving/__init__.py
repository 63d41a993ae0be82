"""The lab for programs outside this process: `podrole lab serve` and its clients."""
