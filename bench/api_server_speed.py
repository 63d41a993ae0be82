"""The lab's API server beside a real kube-apiserver: medians of four requests, in one run.

Needs the control plane that `make real` builds. The lab's target is 0.8 times the real median.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.lab.lab_process import serving
from tests.real.api_client import ApiClient, of_kubeconfig
from tests.real.control_plane import running
from tests.real.programs import built

_ROUNDS = 300
_SPACE = "/api/v1/namespaces/default"
_ACCOUNT = f"{_SPACE}/serviceaccounts/default"
_TOKEN = {"spec": {"audiences": ["sts.amazonaws.com"], "expirationSeconds": 3600}}
_REQUESTS = (
    ("TokenRequest", f"POST {_ACCOUNT}/token", _TOKEN),
    ("GET a service account", f"GET {_ACCOUNT}", None),
    ("GET a list", f"GET {_SPACE}/configmaps", None),
    ("POST a config map", f"POST {_SPACE}/configmaps", {"metadata": {"generateName": "c-"}}),
)


def main() -> None:
    """Measure both in turns, and print a row for each request."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(built(), Path(folder)) as real,
        serving() as served,
        closing(ApiClient(real.url, real.context)) as theirs,
        closing(of_kubeconfig(served["kubeconfig"])) as ours,
    ):
        print(f"{'median, ms':<24}{'real':>8}{'lab':>8}{'share':>8}")
        for name, call, body in _REQUESTS:
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(_ROUNDS):
                for api, noted in zip((theirs, ours), times, strict=True):
                    began = time.perf_counter()
                    answer = api(call, body)
                    noted.append(1000 * (time.perf_counter() - began))
                    assert answer.status < 300, answer
            at_real, at_lab = map(statistics.median, times)
            print(f"{name:<24}{at_real:>8.2f}{at_lab:>8.2f}{at_lab / at_real:>8.2f}")


if __name__ == "__main__":
    main()
