"""`podrole lab inject`: the webhook alone, from a pod on stdin to a pod on stdout."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from podrole.lab.kubernetes.admission import webhook
from podrole.lab.kubernetes.objects import fields
from podrole.lab.kubernetes.objects.status import ApiError
from podrole.lab.node_addresses import AGENT_URL
from podrole.policy.error import InputError
from podrole.reading import ReadingError, read_text
from podrole.reading.yaml_document import read_yaml
from podrole.yaml_writer import dump_yaml


class InjectError(InputError):
    """Input that the webhook cannot work on: which file, and what it should hold."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `podrole lab inject` its arguments."""
    parser.add_argument(
        "--service-accounts",
        required=True,
        metavar="FILE",
        help="YAML or JSON: the service accounts, or a list as kubectl prints it",
    )
    parser.add_argument(
        "--associations",
        metavar="FILE",
        help="pod identity associations, as `aws eks list-pod-identity-associations` prints them",
    )
    parser.add_argument(
        "--region", help="the cluster's Region; without it, no Region is set in the pod"
    )
    parser.add_argument(
        "--container-credentials-full-uri",
        default=AGENT_URL,
        metavar="URL",
        help="the agent's address for pods (%(default)s)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print each pod as it is stored after admission.

    Raises InjectError for a manifest that is no pod.
    """
    accounts = _service_accounts(arguments.service_accounts)
    associated = _associations(arguments.associations) if arguments.associations else set()
    pods = [_admitted(pod, accounts, associated, arguments) for pod in _documents("-")]
    if not pods:
        raise InjectError("stdin: found no pod; give a pod's manifest, for example < pod.yml")
    print(dump_yaml(*pods))
    return 0


def _documents(path: str) -> list[dict[str, Any]]:
    name = "stdin" if path == "-" else path
    try:
        text = read_text(path)
    except ReadingError as error:
        raise InjectError(f"{name}: {error}") from error
    try:
        documents = [item for item in read_yaml(text) if item is not None]
    except ReadingError as error:
        raise InjectError(f"{name}: not YAML: {error}") from error
    found: list[dict[str, Any]] = []
    for document in documents:
        if not isinstance(document, dict):
            raise InjectError(f"{name}: {type(document).__name__} instead of a manifest")
        items = document.get("items") if str(document.get("kind", "")).endswith("List") else None
        found += items if isinstance(items, list) else [document]
    return found


def _identity(manifest: Any, kind: str, place: str) -> tuple[str, str]:
    metadata = manifest.get("metadata") if isinstance(manifest, dict) else None
    if not isinstance(metadata, dict) or manifest.get("kind", kind) != kind:
        shown = manifest.get("kind") if isinstance(manifest, dict) else manifest
        raise InjectError(f"{place}: a {kind} is expected, not {shown}")
    try:
        known, _ = fields.read(kind, "v1", manifest)
    except ApiError as error:
        raise InjectError(f"{place}: {error.message}") from error
    return known["metadata"].get("namespace", "default"), known["metadata"].get("name", "")


def _service_accounts(path: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {_identity(document, "ServiceAccount", path): document for document in _documents(path)}


def _associations(path: str) -> set[tuple[str, str]]:
    found = set()
    for document in _documents(path):
        listed = document.get("associations", [document])
        for item in listed if isinstance(listed, list) else [listed]:
            match item:
                case {"namespace": str(namespace), "serviceAccount": str(account)}:
                    found.add((namespace, account))
                case _:
                    raise InjectError(f"{path}: an association needs namespace and serviceAccount")
    return found


def _admitted(
    pod: dict[str, Any],
    accounts: dict[tuple[str, str], dict[str, Any]],
    associated: set[tuple[str, str]],
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    namespace, name = _identity(pod, "Pod", "stdin")
    pod = _without_nulls(pod, f"stdin: pod {name or '(no name)'}")
    specification = pod.get("spec", {})
    if not specification.get("containers"):
        raise InjectError(f"stdin: pod {name or '(no name)'}: spec.containers is required")
    account = (namespace, _account_name(specification))
    if account not in accounts:
        known = ", ".join(f"{space}/{sa}" for space, sa in accounts)
        raise InjectError(
            f"stdin: pod {name}: no service account {account[0]}/{account[1]}"
            f" in {arguments.service_accounts}; it has {known}"
        )
    changes = webhook.patch(
        pod,
        accounts[account],
        associated=account in associated,
        region=arguments.region,
        agent_url=arguments.container_credentials_full_uri,
    )
    return webhook.admitted(pod, changes)


def _account_name(specification: dict[str, Any]) -> str:
    """The pod's service account; `serviceAccount` is the field's old name, which the API copies."""
    named = specification.get("serviceAccountName") or specification.get("serviceAccount")
    return str(named or "default")


def _without_nulls(value: Any, place: str) -> Any:
    """An object as the API server keeps it: a null is as good as no field.

    Raises InjectError for one in a list, which would stand for an empty container or variable.
    """
    if isinstance(value, Mapping):
        kept = ((key, item) for key, item in value.items() if item is not None)
        return {key: _without_nulls(item, place) for key, item in kept}
    if isinstance(value, list):
        if None in value:
            raise InjectError(f"{place}: a list holds null")
        return [_without_nulls(item, place) for item in value]
    return value
