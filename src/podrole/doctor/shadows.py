"""What comes before a role in a container: static keys, profiles, and what no manifest shows."""

from __future__ import annotations

from collections.abc import Iterator

from podrole.doctor.link import Link, broken, ok, unknown
from podrole.doctor.pod_view import CONTAINER, WEB_IDENTITY, PodView, environment_of, set_in
from podrole.doctor.tree import text, trees
from podrole.terminal import shell_word

_KEY = "AWS_ACCESS_KEY_ID"
_PROFILE = ("AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")


def shadow_links(view: PodView) -> Iterator[Link]:
    """Look at every container: each program has its own environment."""
    for container in view.containers:
        yield from _static_key(view, text(container, "name"), container)
    for name in _PROFILE:
        if set_in(view.container, name):
            yield unknown(
                "profile", f"{name} is set: a profile may come before the role", f"look at {name}"
            )
    if trees(view.container.get("envFrom")):
        yield unknown(
            "environment",
            "envFrom adds variables that the manifest does not show",
            f"kubectl -n {shell_word(view.namespace)} exec {shell_word(view.name)} -c "
            f"{shell_word(text(view.container, 'name'))} -- env | grep ^AWS_",
        )


def _static_key(view: PodView, name: str, container: object) -> Iterator[Link]:
    if not isinstance(container, dict) or _KEY not in environment_of(container):
        return
    if not set_in(container, _KEY):
        # botocore, the SDKs for Go, JavaScript and Java v2 take it so (read 2026-11-28).
        yield ok("static key", f"{_KEY} of the container {name} is empty; SDKs treat it as not set")
        return
    says = f"{_KEY} is in the environment of the container {name} and comes before every role"
    names = environment_of(container)
    injected = any(one in names for one in (*WEB_IDENTITY, *CONTAINER))
    if injected or container is view.container or len(view.containers) == 1:
        fix = f"remove {_KEY} and AWS_SECRET_ACCESS_KEY from the container {name} in the manifest"
        yield broken("static key", says, fix, "static-key-remove")
    else:
        yield unknown(
            "static key", says, f"decide whether the container {name} should use the role"
        )
