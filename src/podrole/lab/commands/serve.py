"""`podrole lab serve`: the lab on loopback ports until Ctrl-C."""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import shlex
import signal
import sys
import threading
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from podrole.lab.commands.pod_variables import without_proxy
from podrole.lab.eks_auth_states import EKS_AUTH_STATES
from podrole.lab.json_document import read_json
from podrole.lab.lab_error import LabError
from podrole.lab.metadata_modes import METADATA_MODES
from podrole.lab.oidc.outside_issuer import OutsideIssuer
from podrole.lab.serving.control_interface import (
    NO_PROXY,
    SOCKET_DOORS,
    door_socket,
    doors_file,
    token_file,
)
from podrole.lab.serving.journal_entry import LONGEST_SECONDS, Options
from podrole.lab.serving.outside_cluster import OutsideCluster, OutsideClusterError
from podrole.lab.settings import Settings
from podrole.lab.sts_texts import STS_TEXTS
from podrole.lab.throttle import RATE_LIMITS
from podrole.policy.error import InputError
from podrole.terminal import one_line

#: Some programs read one of the two, some the other.
_PROXIED = ("NO_PROXY", "no_proxy")
#: The other doors take the next ports.
_LAST_PORT = 65_535 - 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `podrole lab serve` its arguments."""
    usual = Settings()
    parser.add_argument(
        "--port",
        type=_port,
        default=4566,
        help="port of AWS; agent, metadata service and API server take the next three;"
        " 0 for free ones (%(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=usual.seed,
        help="seed for IDs (%(default)s); keys come from a secret",
    )
    parser.add_argument(
        "--accounts",
        default=",".join(usual.accounts),
        help="account IDs; the first account holds the cluster (%(default)s)",
    )
    parser.add_argument("--region", default=usual.region, help="region (%(default)s)")
    parser.add_argument(
        "--cluster", default=usual.cluster, help="name of the EKS cluster (%(default)s)"
    )
    parser.add_argument(
        "--metadata",
        choices=METADATA_MODES,
        default=METADATA_MODES[0],
        help="the node's metadata service: its hop limit keeps pods off, it is open to pods,"
        " something drops all packets to it, or it is disabled (%(default)s)",
    )
    parser.add_argument(
        "--association-delay",
        type=int,
        default=0,
        metavar="SECONDS",
        help="time until a new association takes effect (%(default)s)",
    )
    parser.add_argument(
        "--throttled",
        action="append",
        choices=RATE_LIMITS,
        default=[],
        help="refuse every call to this service as throttled; may be repeated",
    )
    parser.add_argument(
        "--eks-auth",
        choices=EKS_AUTH_STATES,
        default=EKS_AUTH_STATES[0],
        help="how EKS Auth meets the Pod Identity agent (%(default)s)",
    )
    parser.add_argument(
        "--session-seconds",
        type=int,
        default=0,
        metavar="SECONDS",
        help="longest lifetime of a role's session; AWS allows none below 900 (0: as AWS does)",
    )
    parser.add_argument(
        "--sts-texts",
        choices=STS_TEXTS,
        default=STS_TEXTS[0],
        help="year of the STS error texts for web identities: since 2026 one text covers a"
        " missing OIDC provider and a wrong audience (%(default)s)",
    )
    parser.add_argument(
        "--issuer",
        metavar="URL",
        help="trust tokens of this issuer outside of the lab, such as your own cluster's; give its"
        " keys by --jwks",
    )
    parser.add_argument(
        "--jwks",
        type=Path,
        metavar="FILE",
        help="the issuer's keys: kubectl get --raw /openid/v1/jwks",
    )
    parser.add_argument(
        "--kubeconfig",
        type=Path,
        metavar="FILE",
        help="trust the tokens of this cluster on this machine, and be the webhook of its pods;"
        " see podrole lab connect",
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="continue the lab stored in this file, or store a new one in it",
    )
    parser.add_argument("--json", action="store_true", help="print the settings as one JSON object")
    parser.set_defaults(run=run)


def _outside(kubeconfig: Path | None) -> OutsideCluster | None:
    """The cluster of a kubeconfig. Raises InputError."""
    try:
        return None if kubeconfig is None else OutsideCluster(kubeconfig)
    except OutsideClusterError as error:
        raise InputError(str(error)) from error


def _trusted_issuers(
    url: str | None, place: Path | None, cluster: OutsideCluster | None
) -> dict[str, Any]:
    """The issuer outside of the lab, and its keys. Raises InputError."""
    if url is None and place is None:
        try:
            return {} if cluster is None else cluster.issuer()
        except OutsideClusterError as error:
            raise InputError(str(error)) from error
    if url is None or place is None:
        raise InputError("--issuer and --jwks belong together: give the URL and the file of keys")
    try:
        keys = read_json(place.read_bytes())
        OutsideIssuer.read(url, keys)
    except OSError as error:
        raise InputError(f"--jwks {place}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # no JSON, or InvalidKeys
        raise InputError(f"--issuer {url}, --jwks {place}: {error}") from error
    return {url: keys}


def _port(text: str) -> int:
    """A port's number, which leaves room for the other doors'."""
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to {_LAST_PORT:,}, nor 0")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM.

    Raises InputError for options that make no lab, a port that is taken, and a state file that
    cannot be used.
    """
    gc.disable()  # until all is loaded
    # Imported here: boto3 and moto take most of a second, which `podrole --help` should not.
    from podrole.lab.doors.aws_variables import ISOLATED, replace_aws_variables
    from podrole.lab.doors.body_limits import LIMITS
    from podrole.lab.doors.guards import HOST
    from podrole.lab.doors.loopback import PortTaken, serve, serve_socket
    from podrole.lab.serving.journal import JournalError
    from podrole.lab.serving.memory import share_one_heap
    from podrole.lab.serving.private_folder import SERVED, private_folder
    from podrole.lab.serving.served_lab import DOORS, ServedLab

    for option in ("association_delay", "session_seconds"):
        if not 0 <= getattr(arguments, option) <= LONGEST_SECONDS:
            name = option.replace("_", "-")
            raise InputError(f"--{name} takes 0 to {LONGEST_SECONDS} seconds")
    outside = _outside(arguments.kubeconfig)
    trusted = _trusted_issuers(arguments.issuer, arguments.jwks, outside)
    replace_aws_variables(ISOLATED)
    accounts = tuple(arguments.accounts.split(","))
    longest = arguments.session_seconds
    served = ServedLab(
        Settings(arguments.seed, accounts, arguments.region, arguments.cluster),
        Options(
            arguments.metadata,
            timedelta(seconds=arguments.association_delay),
            frozenset(arguments.throttled),
            timedelta(seconds=longest) if longest else None,
            arguments.sts_texts,
            trusted,
            arguments.eks_auth,
        ),
        outside,
    )
    with ExitStack() as stack:
        try:
            servers = {}
            for offset, door in enumerate(DOORS):
                wanted = arguments.port + offset if arguments.port else 0
                tls = served.certificate.context if door == "kubernetes" else None
                servers[door] = serve(served.door(door), wanted, LIMITS[door], tls)
                stack.callback(servers[door].server_close)
            urls = {door: f"http://{HOST}:{server.port}" for door, server in servers.items()}
            urls["kubernetes"] = urls["kubernetes"].replace("http:", "https:")
            stack.callback(served.close)
            for note in served.open(urls, arguments.state):
                print(one_line(f"podrole: {note}"), file=sys.stderr)
        except (LabError, JournalError, PortTaken) as error:
            raise InputError(str(error)) from error
        folder = stack.enter_context(private_folder(SERVED))
        kubeconfig = folder / "kubeconfig"
        port = servers["aws"].port
        sockets = []
        with suppress(OSError):  # a path that is too long for one: then no pod is isolated
            for door in SOCKET_DOORS:
                at = str(folder / door_socket(door))
                sockets.append(serve_socket(served.door(door), at, LIMITS[door]))
                stack.callback(sockets[-1].server_close)
        for path, text in (
            (kubeconfig, json.dumps(served.kubeconfig(), indent=2)),
            (folder / token_file(port), served.control_token),
            *([(folder / doors_file(port), str(folder))] if sockets else []),
        ):
            path.touch(mode=0o600)
            path.write_text(text)
        settings = served.described()
        settings["kubeconfig"] = settings["environment"]["KUBECONFIG"] = str(kubeconfig)
        exempt = without_proxy(os.environ)
        settings["environment"] |= {name: exempt[name] for name in _PROXIED if name in exempt}
        # What is loaded now lives to the end: no collection need walk through it, not even the last
        # one, when the interpreter ends (0.4 of 1.2 s of CPU of a start and an end, 2026-11-26).
        gc.freeze()
        gc.enable()
        share_one_heap()
        # Before anyone is told that the lab is there, and can end it.
        stopped = threading.Event()
        # A shell that runs this in the background has SIGINT ignored: it is set in any case.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        _print(arguments, settings)
        _serve([*servers.values(), *sockets], stopped)
    return 0


def _print(arguments: argparse.Namespace, settings: dict[str, Any]) -> None:
    if arguments.json:
        print(json.dumps(settings), flush=True)
        return
    print(f"# The lab listens on {settings['endpoint']}; Ctrl-C ends it.")
    print(f"# Pod Identity's agent: {settings['agent']}")
    print("# In another shell:")
    for name, value in settings["environment"].items():
        if name not in _PROXIED:
            print(f"export {name}={shlex.quote(value)}")
    # What that shell exempts from its proxy stays so; `*` exempts all, and only alone.
    print('export no_proxy="${no_proxy:-${NO_PROXY:-}}"')
    more = f'export no_proxy="${{no_proxy:+$no_proxy,}}{NO_PROXY}"'
    print(f'[ "$no_proxy" = "*" ] || {more}')
    print('export NO_PROXY="$no_proxy"', flush=True)


def _serve(servers: list[Any], stopped: threading.Event) -> None:
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in servers]
    for thread in threads:
        thread.start()
    stopped.wait()
    for server in servers:
        server.shutdown()
    for thread in threads:
        thread.join()
