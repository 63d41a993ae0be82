"""What kubectl, the AWS CLI and their like have printed, recognised by its content.

The shapes are those of botocore's models and of Kubernetes' API (checked 2026-11-24); the forms in
which they are read are those of `podrole.reading.outputs`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from podrole.doctor.recognised import recognised
from podrole.doctor.tree import Tree, text, texts, trees
from podrole.policy.error import InputError
from podrole.reading import ReadingError, read_text
from podrole.reading.outputs import NO_OUTPUT, Output, policy_text, read_outputs

_KNOWN = (
    "kubectl get sa,pod -o yaml; aws eks describe-cluster, list-addons, describe-addon, "
    "list-/describe-pod-identity-association(s); aws iam get-role, "
    "list-open-id-connect-providers, get-open-id-connect-provider"
)


class EvidenceError(InputError):
    """Files that tell the doctor nothing; the message names the file and the fix."""


@dataclass
class Evidence:
    """Everything that the files say. Whatever no file says is empty, or None.

    Attributes:
        bare_trusts: trust policies without a role, each with the file that holds it.
        errors: error texts in place of an answer: `Code`, `Operation`, `Message`.
        notes: what could be read only in part, and the command that prints all of it.
        passed_over: the texts that are no known output, each with its file.
    """

    service_accounts: list[Tree] = field(default_factory=list)
    pods: list[Tree] = field(default_factory=list)
    workloads: list[Tree] = field(default_factory=list)
    environments: list[Tree] = field(default_factory=list)
    clusters: list[Tree] = field(default_factory=list)
    roles: list[Tree] = field(default_factory=list)
    bare_trusts: list[tuple[str, Any]] = field(default_factory=list)
    providers: list[Tree] = field(default_factory=list)
    provider_arns: list[str] | None = None
    listed_associations: list[Tree] | None = None
    associations: list[Tree] = field(default_factory=list)
    addons: list[str] | None = None
    addon_details: list[Tree] = field(default_factory=list)
    events: list[Tree] = field(default_factory=list)
    errors: list[Tree] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, paths: Iterable[Path]) -> Evidence:
        """Read files, all files of folders, and standard input for `-`.

        Raises EvidenceError if there is no such file or folder, or if no file tells anything.
        """
        evidence = cls()
        for path in _files(paths):
            try:
                evidence.take_text(read_text(path), str(path))
            except ReadingError as error:
                evidence.passed_over.append(f"{path}: {error}")
        if not evidence.tells_something and evidence.passed_over:
            raise EvidenceError(evidence.passed_over[0])
        return evidence

    @property
    def tells_something(self) -> bool:
        """Whether anything at all was recognised."""
        return self != Evidence(passed_over=self.passed_over)

    def add(self, text: str, name: str) -> None:
        """Take in a text, called `name`. Raises EvidenceError if it is not a known output."""
        before = len(self.passed_over)
        try:
            taken = self.take_text(text, name)
        except ReadingError as error:
            raise EvidenceError(f"{name}: {error}") from error
        if not taken:
            raise EvidenceError(self.passed_over[before])

    def take_text(self, text: str, name: str) -> int:
        """Take in the outputs of a text and pass over the rest; how many were taken.

        Raises ReadingError for a text that is too long.
        """
        outputs = read_outputs(text)
        several = len(outputs) > 1
        return sum(
            self.take(one, f"{name}: line {one.line}" if several else name) for one in outputs
        )

    def take(self, output: Output, name: str) -> bool:
        """Take in an output; False, and a line in `passed_over`, if it is none of ours."""
        reason = output.reason
        if output.tree is not None:
            found = list(recognised(output.tree))
            for kind, data in found:
                self._put(kind, data, name)
            if found:
                if output.shows:
                    self.notes.append(
                        f"{name}: {output.form}'s text, read in part; {output.shows} "
                        "prints all of it"
                    )
                return True
            reason = NO_OUTPUT
        self.passed_over.append(f"{name}: {reason}{f': {_KNOWN}' if reason == NO_OUTPUT else ''}")
        return False

    def _put(self, kind: str, data: Any, name: str) -> None:
        lists: dict[str, list[Any]] = {
            "service account": self.service_accounts,
            "pod": self.pods,
            "workload": self.workloads,
            "environment": self.environments,
            "cluster": self.clusters,
            "role": self.roles,
            "provider": self.providers,
            "association": self.associations,
            "addon": self.addon_details,
            "event": self.events,
            "error": self.errors,
        }
        if kind in lists:
            lists[kind].append(data)
        elif kind == "associations":
            self.listed_associations = [*(self.listed_associations or ()), *trees(data)]
        elif kind == "addon names":
            self.addons = [*(self.addons or ()), *texts(data)]
        elif kind == "provider arns":
            self.provider_arns = [*(self.provider_arns or ()), *texts(data)]
        elif kind == "trust":
            self.bare_trusts.append((name, data))

    @property
    def cluster(self) -> Tree | None:
        """The cluster, put together of all that the files say of it."""
        if not self.clusters:
            return None
        found: dict[str, Any] = {}
        for one in self.clusters:
            found |= {key: value for key, value in one.items() if key not in found}
        return found

    def role(self, arn: str) -> Tree | None:
        """The role of an ARN, the one with a trust policy first; of a template by its name."""
        fitting = [role for role in self.roles if text(role, "Arn") == arn]
        if not fitting:
            name = arn.rpartition("/")[2]
            fitting = [
                role
                for role in self.roles
                if not text(role, "Arn").startswith("arn:") and text(role, "RoleName") == name
            ]
        with_trust = [role for role in fitting if "AssumeRolePolicyDocument" in role]
        return next(iter(with_trust or fitting), None)

    def error_of(self, operation: str, name: str = "") -> Tree | None:
        """The error that a command printed in place of its answer."""
        return next(
            (
                error
                for error in self.errors
                if text(error, "Operation") == operation and name in text(error, "Message")
            ),
            None,
        )


def trust_document(role: Tree) -> Any:
    """A role's trust policy: the CLI prints it decoded, other clients as IAM sends it."""
    document = role.get("AssumeRolePolicyDocument")
    if not isinstance(document, str):
        return document
    found = policy_text(document)
    return document if found is None else found


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
        elif str(path) != "-" and not os.path.lexists(path):
            raise EvidenceError(f"{path}: No such file or directory")
        else:
            yield path
