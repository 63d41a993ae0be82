"""What moto asks botocore's endpoints for: the answers stay, and not the 7 MB that they come from.

moto keeps one session for all backends and makes another for each check of a role's ARN; each reads
the file by itself, in 0.15 s (moto 5.2.5, measured 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.loaders
import botocore.session
import moto.eks.utils
from moto.core.base_backend import AccountSpecificBackend

from podrole.lab.process_changes import ProcessChanges

#: How the endpoints call the services that the lab has from moto.
_PREFIXES = {
    "dynamodb": "dynamodb",
    "ecr": "api.ecr",
    "eks": "eks",
    "iam": "iam",
    "kms": "kms",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "sts": "sts",
}


class _Endpoints:
    """In the place of boto3's session."""

    def __init__(self) -> None:
        self._regions: dict[str, dict[str, list[str]]] = {}

    def get_available_partitions(self) -> list[str]:
        """The names of all partitions."""
        return list(self._read())

    def get_available_regions(self, service: str, partition_name: str = "aws") -> list[str]:
        """The Regions of a partition that have a service."""
        found = self._read()[partition_name]
        if service not in found:  # a service of moto's that the lab does not have
            session = botocore.session.Session()
            return session.get_available_regions(service, partition_name)  # type: ignore[no-any-return]
        return found[service]

    def _read(self) -> dict[str, dict[str, list[str]]]:
        """Regions by partition and service."""
        if not self._regions:
            partitions = botocore.loaders.create_loader().load_data("endpoints")["partitions"]
            for one in partitions:
                self._regions[one["partition"]] = {
                    service: _of(one, prefix) for service, prefix in _PREFIXES.items()
                }
        return self._regions


def _of(partition: Mapping[str, Any], prefix: str) -> list[str]:
    """The Regions of a partition where a service has an endpoint."""
    endpoints = partition["services"].get(prefix, {}).get("endpoints", {})
    return [name for name in endpoints if name in partition["regions"]]


_endpoints = cache(_Endpoints)


def keep(changes: ProcessChanges) -> None:
    """Let moto read botocore's endpoints once in a process."""
    changes.replace(moto.eks.utils, "Session", _endpoints)
    changes.replace(AccountSpecificBackend, "get_session", classmethod(lambda _cls: _endpoints()))
