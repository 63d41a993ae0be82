"""A cluster's API server on a port of its own, beside a lab in this process.

For kubectl and clients of any language; `podrole lab serve` opens the same door itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import SystemRandom
from threading import Thread
from types import TracebackType
from typing import Any

from podrole.lab.doors.body_limits import LIMITS
from podrole.lab.doors.guards import HOST
from podrole.lab.doors.loopback import serve
from podrole.lab.kubernetes.http import tls
from podrole.lab.lab import Lab
from podrole.lab.seed import Seed
from podrole.lab.serving.cluster_door import ClusterDoor
from podrole.lab.serving.journal import new_secret


class RunningApiServer:
    """A server that answers until `close()`."""

    def __init__(self, lab: Lab, cluster: str, port: int) -> None:
        certificate = tls.ServerCertificate()
        authority = certificate.issue(cluster, SystemRandom())
        self._lock = lab.gateway.lock
        self._server = serve(self._app, port, LIMITS["kubernetes"], certificate.context)
        #: The port, on the loopback.
        self.port: int = self._server.port
        # All of this lab comes from its seed, which others know. Not so what opens a port.
        seed = Seed(lab.seed.number, new_secret())
        self._door = ClusterDoor(lab, f"https://{HOST}:{self.port}", authority, seed)
        #: What kubectl needs to work as the cluster's administrator.
        self.kubeconfig: dict[str, Any] = self._door.kubeconfig(cluster)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering; watches end with their connections."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> RunningApiServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _app(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return self._door(environ, start_response)  # a watch lasts
        self._door.read_ahead(environ)
        with self._lock:
            return self._door(environ, start_response)


def start_api_server(lab: Lab, cluster: str | None = None, port: int = 0) -> RunningApiServer:
    """Serve the Kubernetes API of a cluster, by default the lab's own; port 0 takes a free one.

    The service accounts' tokens are signed by the lab's key, which its seed tells: whoever is on
    this machine can make them. `podrole lab serve` has a key of its own.

    ```python
    with start_api_server(lab) as server:
        Path("kubeconfig").write_text(json.dumps(server.kubeconfig))
    ```

    Raises LabError for an unknown cluster, and PortTaken.
    """
    name = cluster or lab.default_cluster
    lab.kubernetes(name)
    return RunningApiServer(lab, name, port)
