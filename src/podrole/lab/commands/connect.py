"""`podrole lab connect`: a cluster on this machine whose pods use the served lab as their AWS."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import yaml

from podrole.lab.serving import connection
from podrole.lab.serving.lab_client import LabClient, LabUnreachable
from podrole.lab.serving.outside_cluster import OutsideCluster, OutsideClusterError
from podrole.policy.error import InputError


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `podrole lab connect` its arguments."""
    parser.add_argument(
        "--kubeconfig", type=Path, required=True, metavar="FILE", help="of the cluster"
    )
    parser.add_argument("--endpoint", help="the lab's endpoint (AWS_ENDPOINT_URL)")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--apply", action="store_true", help="apply what it prints otherwise")
    action.add_argument("--undo", action="store_true", help="remove from the cluster what it made")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print, apply or remove the webhook's registration and the lab's variables.

    Raises InputError for a kubeconfig that cannot be used, and for a lab that does not answer or
    trusts no outside cluster.
    """
    try:
        cluster = OutsideCluster(arguments.kubeconfig)
        if arguments.undo:
            lines = connection.undo(cluster)
        else:
            lab = LabClient(arguments.endpoint).connection()
            wanted = connection.objects(lab.webhook, lab.certificate, dict(lab.variables))
            if not arguments.apply:
                yaml.safe_dump_all(wanted, sys.stdout, sort_keys=False)
                return 0
            lines = connection.apply(cluster, wanted)
        for line in lines:
            print(line, flush=True)
    except (LabUnreachable, OutsideClusterError) as error:
        raise InputError(str(error)) from error
    return 0
