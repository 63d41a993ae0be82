"""The ways into the lab: in this process, or by a loopback port."""
