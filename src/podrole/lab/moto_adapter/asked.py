"""What moto was asked for decisions: kept until a call may have changed the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

#: How the names of calls begin that change nothing which is asked here.
_READS = ("Get", "List", "Describe", "Head")
#: Calls on what a resource holds: its policy, tags and key stay. The answers of S3 that are about
#: an object do not.
_ON_CONTENT: Mapping[str, tuple[str, ...]] = {
    "dynamodb": ("PutItem", "UpdateItem", "DeleteItem", "Batch", "Transact", "Query", "Scan"),
    "kms": ("Encrypt", "Decrypt", "ReEncrypt", "Generate", "Sign", "Verify"),
    "s3": ("PutObject", "DeleteObject", "CopyObject", "UploadPart", "Complete", "Abort"),
    "sns": ("Publish",),
    "sqs": ("SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"),
}
_OF_OBJECTS = frozenset({"GetObjectTagging", "HeadObject"})
_MOST = 5000


class Asked:
    """Answers by service, operation and question."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, dict[Any, Mapping[str, Any]]]] = {}

    def answer(
        self,
        service: str,
        operation: str,
        place: tuple[str, str],
        parameters: Mapping[str, Any],
        ask: Callable[[], Mapping[str, Any]],
    ) -> Mapping[str, Any]:
        """The answer that is kept or that `ask` gives, not to be changed.

        `place`: account and Region.
        """
        known = self._known.setdefault(service, {}).setdefault(operation, {})
        question = (place, repr(sorted(parameters.items())))
        if question not in known:
            found = ask()
            if len(known) >= _MOST:
                known.clear()
            known[question] = found
        return known[question]

    def changed(self, service: str, operation: str) -> None:
        """Forget what the operation may have changed."""
        if operation.startswith(_READS):
            return
        if operation.startswith(_ON_CONTENT.get(service, ())):
            known = self._known.get(service, {})
            for name in _OF_OBJECTS:
                known.pop(name, None)
            return
        self._known.pop(service, None)
