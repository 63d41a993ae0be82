"""A served lab's own interface: apart, so that its clients load neither boto3 nor moto."""

#: No bucket can have a name like it.
CONTROL_PATH = "/_podrole/"
#: A header that a web page cannot send to another origin without being asked first. Its value is
#: the lab's own token: other users of the machine do not have it.
CONTROL_HEADER = "X-Podrole-Lab"
#: Where a program finds that token.
TOKEN_VARIABLE = "PODROLE_LAB_TOKEN"  # noqa: S105  (a variable's name)


def token_file(port: int) -> str:
    """The file of the lab's private folder in which `podrole lab` finds it."""
    return f"control-{port}"


def doors_file(port: int) -> str:
    """The file of that folder which says where the lab's doors have their sockets."""
    return f"doors-{port}"


#: The doors that have a socket beside their port.
SOCKET_DOORS = ("aws", "agent", "metadata")


def door_socket(door: str) -> str:
    """The name of a door's socket, in the folder of `doors_file`; one of SOCKET_DOORS."""
    return f"{door}.sock"


#: No proxy is asked for what stays on this machine. S3 clients put the bucket before `.localhost`.
NO_PROXY = "127.0.0.1,localhost,.localhost,::1"
