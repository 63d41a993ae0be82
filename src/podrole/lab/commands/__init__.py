"""`podrole lab`."""
