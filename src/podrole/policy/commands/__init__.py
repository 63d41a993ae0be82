"""`podrole decide`, `explain`, `who` and `lint`."""
