"""`podrole lab exec --isolated`: what a program has where AWS's addresses are real."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from podrole.lab.commands.pod_files import PodFiles
from podrole.lab.isolation.world import World
from podrole.lab.loopback_hosts import LOOPBACK_HOSTS
from podrole.lab.node_addresses import AGENT_URL
from podrole.lab.serving.control_interface import SOCKET_DOORS, door_socket
from podrole.lab.serving.lab_client import PodDescription
from podrole.policy.error import InputError

#: Where a pod's tokens are mounted; a program in its own world finds them there.
SECRETS = "/var/run/secrets"
_AGENT_VARIABLE = "AWS_CONTAINER_CREDENTIALS_FULL_URI"


def world_of(sockets: str, pod: PodDescription, files: PodFiles, folder: Path) -> World:
    """The world of a pod's program.

    `sockets` is the folder with the lab's sockets, `folder` an empty one of this user alone.

    Raises InputError where the lab has no sockets for this user, and IsolationError.
    """
    if not sockets:
        raise InputError("--isolated needs a lab that you have started, on this machine")
    doors = {door: str(Path(sockets, door_socket(door))) for door in SOCKET_DOORS}
    return World(doors, files.make_folder(SECRETS), folder, pod.metadata)


def variables_of(pod: PodDescription, files: PodFiles) -> dict[str, str]:
    """The pod's own variables, as a container on a node has them."""
    found = {
        name: value if value.startswith(f"{SECRETS}/") else files.moved(value)
        for name, value in pod.env.items()
    }
    if _leads_to_the_lab(found):
        found[_AGENT_VARIABLE] = AGENT_URL
    return found


def _leads_to_the_lab(variables: Mapping[str, str]) -> bool:
    """Whether the webhook has named the lab's port, where it would name the agent's address."""
    return urlsplit(variables.get(_AGENT_VARIABLE, "")).hostname in LOOPBACK_HOSTS
