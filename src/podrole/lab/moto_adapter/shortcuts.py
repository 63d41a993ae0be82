"""What moto works out at each call though the lab knows it, or counts though nobody asks.

Measured with moto 5.2.5 on 2026-11-29: its class's method names 0.5 ms a call; whether an S3 host
holds a bucket's name, 0.1 ms; SQS counts a queue's messages, each by the clock, to send one more.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

import moto.core.responses
import moto.core.utils
import moto.iam.models
from moto.core import serialize
from moto.core.utils import camelcase_to_underscores
from moto.utilities import aws_headers

from podrole.lab.moto_adapter.role_names import get_role
from podrole.lab.process_changes import ProcessChanges

_method_names = cache(moto.core.responses.method_names_from_class)
_underscored = cache(camelcase_to_underscores)
_find_keys = serialize.XFormedAttributePicker.get_possible_keys
_keys: dict[tuple[Any, ...], tuple[str, ...]] = {}
_COUNTS: dict[str, Callable[[float, Any], bool]] = {
    "ApproximateNumberOfMessages": lambda now, one: one.visible_at < now >= one.delayed_until,
    "ApproximateNumberOfMessagesDelayed": lambda now, one: now < one.delayed_until,
    "ApproximateNumberOfMessagesNotVisible": lambda now, one: now <= one.visible_at,
}


def take(changes: ProcessChanges, say_request_id: Callable[..., str]) -> None:
    """Take those of every service. `say_request_id` stands for moto's, which draws 52 letters: the
    next key's id would be another one."""
    changes.replace(moto.iam.models.IAMBackend, "get_role", get_role)
    changes.replace(moto.core.responses, "method_names_from_class", _method_names)
    changes.replace(moto.core.responses, "camelcase_to_underscores", _underscored)
    changes.replace(serialize.XFormedAttributePicker, "get_possible_keys", _possible_keys)
    changes.replace(moto.core.responses, "gen_amzn_requestid_long", say_request_id)
    changes.replace(aws_headers, "gen_amzn_requestid_long", say_request_id)


def take_of_service(service: str, changes: ProcessChanges) -> None:
    """Take those of a service, whose modules are imported already."""
    if service == "s3":
        responses: Any = importlib.import_module("moto.s3.responses")
        # The gateway has put the bucket into the path.
        never = staticmethod(lambda _request: False)
        changes.replace(responses.S3Response, "subdomain_based_buckets", never)
    elif service == "sqs":
        queue: Any = importlib.import_module("moto.sqs.models").Queue
        changes.replace(queue, "messages", property(_to_be_received))
        changes.replace(queue, "attributes", property(_Attributes.of))
        for name in _COUNTS:
            counted = property(partial(_count, name))
            changes.replace(queue, camelcase_to_underscores(name), counted)


def _possible_keys(picker: Any, context: Any) -> tuple[str, ...]:
    """The names under which moto looks for a member in its object: by class and shape alone."""
    shape = context.shape
    of_shape: tuple[Any, ...] = ()
    if shape is not None:
        parent = getattr(shape, "parent", None)
        of_shape = (shape.name, getattr(parent, "name", None), shape.serialization.get("name"))
    kind = (context.service_model.service_name, type(context.obj), context.key, *of_shape)
    if picker.alias_providers is not serialize.DEFAULT_ALIAS_PROVIDERS:
        return tuple(_find_keys(picker, context))
    if kind not in _keys:
        _keys[kind] = tuple(_find_keys(picker, context))
    return _keys[kind]


def _now() -> float:
    return float(moto.core.utils.unix_time_millis())


def _to_be_received(queue: Any) -> list[Any]:
    now = _now()
    wanted = _COUNTS["ApproximateNumberOfMessages"]
    return [one for one in queue._messages if wanted(now, one)]


def _count(name: str, queue: Any) -> int:
    now = _now()
    wanted = _COUNTS[name]
    return sum(1 for one in queue._messages if wanted(now, one))


class _Attributes(dict[str, Any]):
    """A queue's attributes; its messages are counted when someone reads how many there are."""

    _queue: Any

    @classmethod
    def of(cls, queue: Any) -> _Attributes:
        """Those of a queue, in moto's order and form."""
        names = [*queue.BASE_ATTRIBUTES]
        names += queue.FIFO_ATTRIBUTES if queue.fifo_queue else ()
        names += queue.KMS_ATTRIBUTES if queue.kms_master_key_id else ()
        found = cls()
        found._queue = queue
        for name in names:
            value = None if name in _COUNTS else getattr(queue, _underscored(name))
            found[name] = str(value).lower() if isinstance(value, bool) else value
        if queue.policy:
            found["Policy"] = queue.policy
        if queue.redrive_policy:
            found["RedrivePolicy"] = json.dumps(queue.redrive_policy)
        return found

    def __getitem__(self, name: str) -> Any:
        return _count(name, self._queue) if name in _COUNTS else super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The attribute, counted where it is a number of messages."""
        if name not in self:
            return default
        return self[name]

    def items(self) -> Iterable[tuple[str, Any]]:  # type: ignore[override]
        """All of them, counted."""
        return [(name, self[name]) for name in self]

    def values(self) -> Iterable[Any]:  # type: ignore[override]
        """All of them, counted."""
        return [self[name] for name in self]
