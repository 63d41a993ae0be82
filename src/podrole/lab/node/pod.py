"""A running pod: its environment, its files, and a way to run code inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from posixpath import normpath
from typing import Any

#: Whether a pod gets to an IP address and port.
Reaches = Callable[[str, int], bool]
#: Runs a block with a pod's variables, files and reach.
Shell = Callable[
    [Mapping[str, str], Mapping[str, Callable[[], str]], Reaches], AbstractContextManager[None]
]


class PodError(RuntimeError):
    """The pod cannot do what was asked, and why."""


class Pod:
    """A pod as the kubelet runs it: what admission stored, with its files made at each reading."""

    def __init__(
        self,
        manifest: dict[str, Any],
        files: Mapping[str, Callable[[], str]],
        secrets: Callable[[str, str], str],
        shell: Shell | None,
        reaches: Reaches,
    ) -> None:
        """`reaches(address, port)` says whether the pod's network policies let it out to there."""
        self.manifest = manifest
        self._files = files
        self._secrets = secrets
        self._shell = shell
        self._reaches = reaches

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return str(self.manifest["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """`metadata.namespace`."""
        return str(self.manifest["metadata"]["namespace"])

    @property
    def uid(self) -> str:
        """`metadata.uid`."""
        return str(self.manifest["metadata"]["uid"])

    @property
    def service_account(self) -> str:
        """The service account that the pod runs as."""
        return str(self.manifest["spec"]["serviceAccountName"])

    def _container(self, name: str | None) -> dict[str, Any]:
        containers: list[dict[str, Any]] = self.manifest["spec"]["containers"]
        if name is None:
            return containers[0]
        for container in containers:
            if container["name"] == name:
                return container
        known = ", ".join(container["name"] for container in containers)
        raise PodError(f"pod {self.name} has no container {name!r}; it has {known}")

    def environment(self, container: str | None = None) -> dict[str, str]:
        """The container's variables, by default the first container's.

        Raises PodError for an unknown container, or for a variable whose Secret or key is missing
        (Kubernetes would not start the container: CreateContainerConfigError).
        """
        variables: dict[str, str] = {}
        for variable in self._container(container).get("env") or []:
            reference = (variable.get("valueFrom") or {}).get("secretKeyRef")
            variables[variable["name"]] = (
                self._secrets(reference.get("name", ""), reference.get("key", ""))
                if reference
                else str(variable.get("value", ""))
            )
        return variables

    def files(self, container: str | None = None) -> dict[str, Callable[[], str]]:
        """Path to reader, for the projected tokens that the container mounts.

        A path is as the container's runtime makes it of the mount's: absolute, and with no `..`.
        """
        mounted: dict[str, Callable[[], str]] = {}
        for mount in self._container(container).get("volumeMounts") or []:
            for path, read in self._files.items():
                volume, _, file = path.partition("/")
                shown = _mounted(file, mount) if volume == mount["name"] else None
                if shown is not None:
                    mounted[shown] = read
        return mounted

    def read(self, path: str, container: str | None = None) -> str:
        """The text of a file in the container, as `kubectl exec POD -- cat PATH` shows it.

        Raises PodError where there is no such file.
        """
        files = self.files(container)
        if path not in files:
            raise PodError(f"cat: {path}: No such file or directory")
        return files[path]()

    @contextmanager
    def inside(self, container: str | None = None) -> Iterator[None]:
        """Run the block as the container's process: `with pod.inside(): boto3.client("sts")`.

        `os.environ` holds the container's variables and nothing of the reader's, `open()` sees the
        mounted tokens at their real paths, and boto3 starts without a session. Everything is put
        back at the end. One block at a time: the environment belongs to the whole process. Network
        policies bind what it sends to the agent and to the metadata service, and nothing else.
        Raises PodError inside of another such block, for an unknown container, and in a lab on
        ports.
        """
        if self._shell is None:
            raise PodError("this lab listens on a port: run the pod's code in a process of its own")
        base = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/", "HOSTNAME": self.name}
        variables = {**base, **self.environment(container)}
        with self._shell(variables, self.files(container), self._reaches):
            yield

    def __repr__(self) -> str:
        return f"pod/{self.name}"


def _mounted(file: str, mount: Mapping[str, Any]) -> str | None:
    """Where a volume's file is in the container; None where `subPath` leaves it out."""
    file, chosen = normpath(file), normpath(mount.get("subPath") or ".")
    if chosen not in (".", file) and not file.startswith(f"{chosen}/"):
        return None
    below = file if chosen == "." else file[len(chosen) :]
    return normpath("/" + f"{mount['mountPath']}/{below}".lstrip("/"))
