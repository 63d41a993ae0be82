"""The names of this machine's own interface: where the lab listens, and nothing beyond."""

#: As a URL's host, without the brackets of IPv6.
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
