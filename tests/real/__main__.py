"""The lab's API server beside a real one: `make real`.

Builds and starts a real control plane, sends the requests of `requests.yml` to both, runs the
commands of `kubectl.yml` against both, and prints the places where the answers differ. Then pods of
the real cluster use the lab as their AWS. The exit code is 1 for a difference that `accepted.yml`
does not have, and for one there that is no more.
"""

from __future__ import annotations

import sys
import tempfile
import textwrap
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from tests.lab.lab_process import serving
from tests.real import answers
from tests.real.api_client import ApiClient, of_kubeconfig
from tests.real.control_plane import ControlPlane, NotReady, running
from tests.real.kubectl_commands import named, printed
from tests.real.own_cluster import proven
from tests.real.programs import VERSION, built
from tests.real.settling import kubelet, settle

_HERE = Path(__file__).parent
_DEPLOYMENTS = "/apis/apps/v1/namespaces/orders/deployments"


def asked(api: ApiClient, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a server answers to each request, without what differs between any two clusters."""
    found = []
    for request in requests:
        token = api.token(request["as"]) if "as" in request else ""
        answer = api(
            request["call"],
            request.get("body"),
            kind=request.get("type", ""),
            token=token,
            text=request.get("text", ""),
        )
        if "wait" in request:
            again = api.wait(request["wait"])
            answer = again if request["call"] == f"GET {request['wait']}" else answer
        if "settles" in request:
            settle(api, f"{_DEPLOYMENTS}/{request['settles']}")
        time.sleep(request.get("pause", 0))
        found.append(answers.plain(answer, request.get("only", [])))
    return found


def compared(
    requests: Sequence[Mapping[str, Any]],
    real: list[dict[str, Any]],
    lab: list[dict[str, Any]],
    accepted: Mapping[str, Mapping[str, str]],
) -> list[str]:
    """The unaccepted differences and the acceptances that nothing needs, a line each."""
    lines, used = [], set()
    for request, at_real, at_lab in zip(requests, real, lab, strict=True):
        for place, (expected, found) in answers.differences(at_real, at_lab).items():
            reasons = [
                (name, known)
                for name in (request["name"], "any request")
                for known in accepted.get(name, {})
                if place == known or (known.endswith("*") and place.startswith(known[:-1]))
            ]
            if reasons:
                used.update(reasons)
                continue
            lines.append(f"{request['name']}  ({place})")
            lines.append(f"  real: {_short(expected)}")
            lines.append(f"  lab:  {_short(found)}")
    for name, places in accepted.items():
        lines += [
            f"accepted.yml: {name}: {place}: there is no such difference"
            for place in places
            if (name, place) not in used
        ]
    return lines


def _short(value: Any) -> str:
    return textwrap.shorten(str(value), 600)


def beside(real: ControlPlane, programs: Path, home: str) -> int:
    """Compare the control plane and a lab. Returns the exit code."""
    requests, commands, accepted = (
        yaml.safe_load((_HERE / f"{name}.yml").read_text())
        for name in ("requests", "kubectl", "accepted")
    )
    api, own_thread = ApiClient(real.url, real.context), ApiClient(real.url, real.context)
    kubectl = programs / "kubectl"
    with serving() as served, kubelet(own_thread), ThreadPoolExecutor() as both:
        lab = of_kubeconfig(served["kubeconfig"])
        answered = list(both.map(lambda server: asked(server, requests), (api, lab)))
        sides = ((str(real.kubeconfig), api), (served["kubeconfig"], lab))
        told = list(both.map(lambda one: printed(kubectl, one[0], home, one[1], commands), sides))
    everything = [*requests, *named(commands)]
    lines = compared(everything, answered[0] + told[0], answered[1] + told[1], accepted)
    with serving("--kubeconfig", str(real.kubeconfig)) as served:
        lines += [f"own cluster: {problem}" for problem in proven(real, api, served)]
    print("\n".join(lines))
    number = sum(map(len, accepted.values()))
    print(
        f"{len(requests)} requests, {len(commands)} commands of kubectl,"
        f" {number} accepted differences"
    )
    return 1 if lines else 0


def main() -> int:
    """Build, start, compare. Returns the exit code."""
    programs = built()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with running(programs, Path(folder)) as real:
                code = beside(real, programs, folder)
        except NotReady as error:
            sys.exit(f"real: {error}")
    print(f"Kubernetes {VERSION} and the lab: {time.monotonic() - began:.0f} s")
    return code


if __name__ == "__main__":
    sys.exit(main())
