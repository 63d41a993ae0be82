"""The values of Secrets that a pod's variables hold: those with which its container started.

A changed Secret does not reach a running container's variables (Kubernetes documentation, Secrets,
"Using Secrets as environment variables"; checked 2026-11-29).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.kubernetes.objects.object_store import ObjectStore
from podrole.lab.node.pod import PodError


def secret_value(store: ObjectStore, pod: Object, name: str, key: str) -> str:
    """The text that a container of `pod` got for this key of a Secret of its namespace.

    A container whose Secret or key is missing starts as soon as there is one. Raises PodError
    while there is none, and for a value that is not UTF-8.
    """
    namespace = pod["metadata"]["namespace"]
    secrets = list(_since_start(store, pod, name))
    if not secrets:
        raise PodError(f'CreateContainerConfigError: secret "{name}" not found')
    for secret in secrets:
        if key in (secret.get("data") or {}):
            try:
                return base64.b64decode(secret["data"][key]).decode()
            except UnicodeDecodeError:
                raise PodError(
                    f"lab: the value of {key} in Secret {namespace}/{name} is not text in UTF-8,"
                    " which a variable of a program must be here"
                ) from None
    raise PodError(
        f"CreateContainerConfigError: couldn't find key {key} in Secret {namespace}/{name}"
    )


def _since_start(store: ObjectStore, pod: Object, name: str) -> Iterator[Object]:
    """The Secret as it was when the pod was created, and as it became afterwards, oldest first."""
    namespace, uid = pod["metadata"]["namespace"], pod["metadata"]["uid"]
    known = False
    changes = store.events()
    from_here = next(
        (at for at, one in enumerate(changes) if one.found["metadata"]["uid"] == uid), 0
    )
    for change in changes[from_here:]:
        metadata = change.found["metadata"]
        if change.kind is not BUILT_IN["Secret"]:
            continue
        if (metadata["namespace"], metadata["name"]) == (namespace, name):
            if not known and change.former is not None:
                yield change.former
            known = True
            if change.type != "DELETED":
                yield change.found
    if not known:
        found = store.find(BUILT_IN["Secret"], namespace, name)
        if found is not None:
            yield found
