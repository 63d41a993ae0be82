"""A served lab's own interface, which is none of AWS's: pods for `lab exec`, the clock, a reset."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from podrole.lab.json_document import read_json
from podrole.lab.kubernetes.client import KubernetesError
from podrole.lab.lab import Lab
from podrole.lab.lab_error import LabError
from podrole.lab.node.pod import PodError
from podrole.lab.serving.control_interface import CONTROL_HEADER, CONTROL_PATH
from podrole.lab.serving.state_file import Unwritable


def answer(
    request: Request,
    lab: Lab,
    token: str,
    reach: Mapping[str, str],
    reset: Callable[[], None],
    connection: Mapping[str, Any] | None,
) -> Response:
    """The answer to a request below CONTROL_PATH, for whoever has the lab's token.

    `reach` is the variables by which a pod's program finds the lab in AWS's place; `reset()` makes
    the lab new; `connection` is what an outside cluster needs, None where the lab knows none.
    """
    given = request.headers.get(CONTROL_HEADER, "")
    if not hmac.compare_digest(given.encode(), token.encode()):
        return _said(
            f"lab: the header {CONTROL_HEADER} needs this lab's token: paste the lines that"
            " `podrole lab serve` printed into this shell",
            403,
        )
    action, _, rest = request.path.removeprefix(CONTROL_PATH).partition("/")
    if (request.method, action) == ("GET", "pods"):
        return _pod(rest, request.args.get("container"), lab, reach)
    if (request.method, action, rest) == ("GET", "connection", ""):
        if connection is None:
            return _said(
                "lab: it reads no cluster's service accounts: start it with"
                " `podrole lab serve --kubeconfig FILE`",
                409,
            )
        return _json(connection)
    if (request.method, action, rest) == ("POST", "clock", ""):
        return _clock(request.get_data(), lab)
    if (request.method, action) == ("POST", "eks-auth"):
        return _eks_auth(rest, lab)
    if is_reset(request.environ):
        try:
            reset()
        except Unwritable as error:
            return _said(f"lab: {error}: nothing was reset", 503)
        return _json({})
    return _said(f"the lab has no {request.method} {request.path}", 404)


def is_reset(environ: Mapping[str, Any]) -> bool:
    """Whether a request to AWS's door makes the lab new, if it may."""
    path = (environ["REQUEST_METHOD"], environ["PATH_INFO"])
    return path == ("POST", f"{CONTROL_PATH}reset")


def _clock(body: bytes, lab: Lab) -> Response:
    try:
        step = read_json(body)
        if not isinstance(step, dict):
            raise ValueError("the body is not a JSON object")
        now: datetime = lab.clock.move(**step)
    except (TypeError, ValueError) as error:
        return _said(f'clock: {error}; give for example {{"hours": 1}}', 400)
    return _json({"now": now.isoformat()})


def _eks_auth(state: str, lab: Lab) -> Response:
    """Let EKS Auth be in another state; the answer names the one that it was in."""
    was = lab.eks_auth
    try:
        lab.eks_auth = state
    except LabError as error:
        return _said(str(error), 400)
    return _json({"was": was})


def _pod(named: str, container: str | None, lab: Lab, reach: Mapping[str, str]) -> Response:
    """What `podrole lab exec` needs: the container's variables and the files it mounts."""
    namespace, _, name = named.partition("/")
    try:
        pod = lab.kubernetes().pod(name, namespace)
        files = {path: read() for path, read in pod.files(container).items()}
        found = {"name": pod.name, "env": pod.environment(container), "files": files}
    except (KubernetesError, PodError, LabError) as error:
        return _said(str(error), 404)
    return _json({**found, "reach": dict(reach), "metadata": lab.node.metadata_mode})


def _json(document: Mapping[str, Any]) -> Response:
    return Response(json.dumps(document), content_type="application/json")


def _said(text: str, status: int) -> Response:
    return Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")
