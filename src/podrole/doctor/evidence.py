"""What kubectl and the AWS CLI have printed, recognised by its content.

Each file is JSON or YAML: `kubectl get sa,pod -o yaml`, `aws eks describe-cluster`,
`list-pod-identity-associations`, `describe-pod-identity-association`, `list-addons`,
`aws iam get-role`, `list-open-id-connect-providers`, `get-open-id-connect-provider`.
The shapes are those of botocore's models and of Kubernetes' API (checked 2026-11-24).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from podrole.policy.error import InputError
from podrole.reading import ReadingError, read_json, read_text
from podrole.reading.yaml_document import read_yaml

Tree = Mapping[str, Any]
_KNOWN = (
    "kubectl get sa,pod -o yaml; aws eks describe-cluster, list-addons, "
    "list-/describe-pod-identity-association(s); aws iam get-role, "
    "list-open-id-connect-providers, get-open-id-connect-provider"
)


class EvidenceError(InputError):
    """A file that tells the doctor nothing; the message names the file and the fix."""


@dataclass
class Evidence:
    """Everything that the files say. Whatever no file says is empty, or None."""

    service_accounts: list[Tree] = field(default_factory=list)
    pods: list[Tree] = field(default_factory=list)
    cluster: Tree | None = None
    roles: list[Tree] = field(default_factory=list)
    providers: list[Tree] = field(default_factory=list)
    provider_arns: list[str] | None = None
    listed_associations: list[Tree] | None = None
    associations: list[Tree] = field(default_factory=list)
    addons: list[str] | None = None

    @classmethod
    def read(cls, paths: Iterable[Path]) -> Evidence:
        """Read files, and all files of folders.

        Raises:
            EvidenceError: a file that cannot be read, is neither JSON nor YAML, or is something
                else than one of the outputs above.
        """
        evidence = cls()
        for path in _files(paths):
            try:
                evidence.add(read_text(path), str(path))
            except ReadingError as error:
                raise EvidenceError(f"{path}: {error}") from error
        return evidence

    def add(self, text: str, name: str) -> None:
        """Take in one output; `name` is for messages. Raises EvidenceError."""
        for document in _documents(text, name):
            if not self._take(document):
                raise EvidenceError(f"{name}: none of the outputs that are read here: {_KNOWN}")

    def _take(self, document: Any) -> bool:
        if not isinstance(document, dict):
            return False
        kind = document.get("kind")
        if kind in ("List", "PodList", "ServiceAccountList"):
            taken = [self._take(item) for item in trees(document.get("items"))]
            return all(taken)
        match kind:
            case "ServiceAccount":
                self.service_accounts.append(document)
            case "Pod":
                self.pods.append(document)
            case str():
                pass  # another object of the namespace says nothing here
            case _:
                return self._take_aws(document)
        return True

    def _take_aws(self, document: Tree) -> bool:
        if isinstance(role := document.get("Role"), dict):
            self.roles.append(role)
        elif isinstance(cluster := document.get("cluster"), dict):
            self.cluster = cluster
        elif isinstance(association := document.get("association"), dict):
            self.associations.append(association)
        elif isinstance(document.get("associations"), list):
            self.listed_associations = [
                *(self.listed_associations or ()),
                *trees(document["associations"]),
            ]
        elif isinstance(listed := document.get("addons"), list):
            self.addons = [name for name in listed if isinstance(name, str)]
        elif isinstance(listed := document.get("OpenIDConnectProviderList"), list):
            self.provider_arns = [text(item, "Arn") for item in trees(listed)]
        elif isinstance(document.get("ClientIDList"), list) and "Url" in document:
            self.providers.append(document)
        else:
            return False
        return True

    def role(self, arn: str) -> Tree | None:
        """The output of get-role for an ARN; IAM prints it with the role's path."""
        return next((role for role in self.roles if text(role, "Arn") == arn), None)


def trust_document(role: Tree) -> Any:
    """A role's trust policy: the CLI prints it decoded, other clients as IAM sends it."""
    document = role.get("AssumeRolePolicyDocument")
    if not isinstance(document, str):
        return document
    try:
        return read_json(unquote(document))
    except ReadingError:
        return document


def mapping(value: Any) -> Tree:
    """The value, if it is a mapping; else an empty one."""
    return value if isinstance(value, dict) else {}


def namespace_of(item: Tree) -> str:
    """The namespace of a pod or a service account; kubectl may leave `default` out."""
    return text(item, "metadata", "namespace") or "default"


def trees(value: Any) -> list[Tree]:
    """The mappings of a list; nothing of what is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(tree: Any, *path: str) -> str:
    """The text at a path, empty where there is none."""
    for key in path:
        tree = mapping(tree).get(key)
    return tree if isinstance(tree, str) else ""


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if os.path.isdir(path):
            try:
                found = [one for one in sorted(path.iterdir()) if one.is_file()]
            except OSError as error:
                raise EvidenceError(f"{path}: {error.strerror or 'cannot be read'}") from error
            if not found:
                raise EvidenceError(f"{path}: the folder is empty")
            yield from found
        else:
            yield path


def _documents(source: str, name: str) -> list[Any]:
    """The documents of one output: JSON, or YAML.

    Every value of YAML stays the text that it is: a date or `yes` is what kubectl has printed.
    """
    try:
        return [read_json(source)]
    except ReadingError as error:
        fault = error
    try:
        return [document for document in read_yaml(source, typed=False) if document != ""]
    except ReadingError as error:
        # Of two faults the one of the format that the text looks like.
        fault = fault if source.lstrip()[:1] in ("{", "[") else error
        raise EvidenceError(f"{name}: neither JSON nor YAML: {fault}") from fault
