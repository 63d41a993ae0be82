"""Which operation a request calls, by the services' own models (botocore's)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from botocore.model import OperationModel, ServiceModel

from podrole.lab.moto_adapter.query_models import query_model
from podrole.lab.service_models import _loader, service_model

#: The services that the lab carries, by the name under which requests are signed.
SERVICES = frozenset(
    {
        "access-analyzer",
        "cloudformation",
        "cloudtrail",
        "dynamodb",
        "ecr",
        "eks",
        "eks-auth",
        "iam",
        "kms",
        "organizations",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
        "ssm",
        "sts",
    }
)
#: JavaScript and Go name the operation in the query. It selects nothing in AWS, and not here.
_IGNORED_QUERY = {"x-id"}


@cache
def regions() -> frozenset[str]:
    """The Regions of all partitions, by botocore's data."""
    partitions = _loader().load_data("partitions")["partitions"]
    return frozenset(name for partition in partitions for name in partition["regions"])


def spoken_model(service: str, headers: Mapping[str, str]) -> ServiceModel:
    """The model in whose protocol a request is: SQS's clients of before 2023 speak query."""
    model = service_model(service)
    if "awsQueryCompatible" in model.metadata and "x-amz-target" not in headers:
        return query_model(service)
    return model


@dataclass(frozen=True)
class _Route:
    operation: OperationModel
    path: re.Pattern[str]
    constants: tuple[tuple[str, str], ...]
    required: tuple[tuple[str, str], ...]  # (location, name) of members that must be present

    def rank(self, query: Mapping[str, Any], headers: Mapping[str, str]) -> int | None:
        """How much of the request this route explains; None if it does not fit."""
        for name, value in self.constants:
            if name not in query or (value and query[name] != value):
                return None
        for location, name in self.required:
            present = query if location == "querystring" else headers
            if name not in present:
                return None
        return 2 * len(self.constants) + len(self.required)


@cache
def _routes(service: str) -> dict[str, list[_Route]]:
    routes: dict[str, list[_Route]] = {}
    model = service_model(service)
    for name in model.operation_names:
        operation = model.operation_model(name)
        if name == "ListDirectoryBuckets":
            continue  # `GET /` too, but at the hosts of S3 Express, which the lab lacks
        if operation.deprecated:
            continue  # PutBucketLifecycle has its successor's method and path
        path, _, query = operation.http["requestUri"].partition("?")
        constants = [item.partition("=") for item in query.split("&") if item]
        shape = operation.input_shape
        required = [
            (member.serialization["location"], member.serialization["name"].lower())
            if member.serialization["location"] == "header"
            else (member.serialization["location"], member.serialization["name"])
            for key, member in (shape.members.items() if shape else [])
            if key in shape.required_members
            and member.serialization.get("location") in ("querystring", "header")
        ]
        route = _Route(
            operation,
            re.compile(_path_pattern(path) + r"\Z", re.DOTALL),
            tuple((key, value) for key, _, value in constants if key not in _IGNORED_QUERY),
            tuple(required),
        )
        routes.setdefault(operation.http["method"], []).append(route)
    return routes


def _path_pattern(path: str) -> str:
    pattern = ""
    for part in re.split(r"(\{[^}]+\})", path):
        if part.startswith("{"):
            name = part.strip("{}+")
            pattern += f"(?P<{name}>{'.+' if part.endswith('+}') else '[^/]+'})"
        else:
            pattern += re.escape(part)
    return pattern


def rest_operation(
    service: str,
    method: str,
    path: str,
    query: Mapping[str, Any],
    headers: Mapping[str, str],
) -> tuple[OperationModel, dict[str, str]] | None:
    """The operation of a REST request and its path's parameters, or None.

    `path` is as it came over the wire, `headers` have small-letter names. None too where two
    operations explain the request equally well (`?acl&policy`): what is unclear is not let through.
    """
    decoded = unquote(path, errors="replace")
    if service == "s3":  # which takes `%2F` for `/`
        return _best(service, method, decoded, query, headers)
    best = _best(service, method, path, query, headers)
    if best is None:
        return None
    # moto routes by the decoded path: a label that holds `%2F` must not lead it elsewhere.
    seen_by_moto = _best(service, method, decoded, query, headers)
    if seen_by_moto is not None and seen_by_moto[0].name != best[0].name:
        return None
    return best[0], {name: unquote(value, errors="replace") for name, value in best[1].items()}


def _best(
    service: str, method: str, path: str, query: Mapping[str, Any], headers: Mapping[str, str]
) -> tuple[OperationModel, dict[str, str]] | None:
    best: list[tuple[_Route, dict[str, str]]] = []
    best_rank = -1
    for route in _routes(service).get(method, []):
        match = route.path.match(path)
        rank = route.rank(query, headers) if match else None
        if match is None or rank is None or rank < best_rank:
            continue
        if rank > best_rank:
            best, best_rank = [], rank
        best.append((route, match.groupdict()))
    if len(best) != 1:
        return None
    return best[0][0].operation, best[0][1]
