"""`podrole lab`: the lab on a loopback port."""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys
import threading
from typing import Any


def configure(_name: str, parser: argparse.ArgumentParser) -> None:
    """Give `podrole lab` its arguments."""
    commands = parser.add_subparsers(dest="lab_command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="offer the lab on a loopback port until Ctrl-C")
    serve.add_argument(
        "--port", type=int, default=4566, help="port, 0 for a free one (%(default)s)"
    )
    serve.add_argument(
        "--seed", type=int, default=7, help="ids and keys come from it (%(default)s)"
    )
    serve.add_argument(
        "--accounts",
        default="111122223333,444455556666",
        help="account ids, the first one holds the cluster (%(default)s)",
    )
    serve.add_argument("--region", default="us-west-2", help="region (%(default)s)")
    serve.add_argument("--cluster", default="demo", help="name of the EKS cluster (%(default)s)")
    serve.add_argument("--json", action="store_true", help="print the settings as one JSON object")
    serve.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    # Imported here: boto3 and moto take a second, which `podrole --help` should not.
    from .aws_variables import ISOLATED, replace_aws_variables
    from .clock import Clock
    from .lab import Lab, LabError
    from .server import HOST, PortTaken, serve

    replace_aws_variables(ISOLATED)
    try:
        lab = Lab.prepare(
            Clock(start=None),
            seed=arguments.seed,
            accounts=tuple(arguments.accounts.split(",")),
            region=arguments.region,
            cluster=arguments.cluster,
        )
        server = serve(lab.gateway, arguments.port)
    except (LabError, PortTaken) as error:
        print(f"podrole: {error}", file=sys.stderr)
        return 2
    endpoint = f"http://{HOST}:{server.port}"
    settings = lab.environment(lab.accounts[0]) | {"AWS_ENDPOINT_URL": endpoint}
    if arguments.json:
        print(json.dumps({"endpoint": endpoint, "environment": settings}), flush=True)
    else:
        print(f"# The lab listens on {endpoint}; Ctrl-C ends it. In another shell:")
        for name, value in settings.items():
            print(f"export {name}={shlex.quote(value)}")
        sys.stdout.flush()
    _stop_on_signal(server)
    server.serve_forever()
    server.server_close()
    return 0


def _stop_on_signal(server: Any) -> None:
    def stop(*_: object) -> None:
        # shutdown() waits for the loop, which runs in this very thread.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
