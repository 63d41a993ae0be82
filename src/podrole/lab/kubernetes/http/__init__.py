"""The API server's HTTP interface."""
