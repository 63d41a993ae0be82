"""Lint rules for elements of a policy that say nothing, or say it again.

The codes: IAM user guide, "IAM policy validation check reference" (checked 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from podrole.policy.document import Policy
from podrole.policy.lint.finding import Finding
from podrole.policy.patterns import glob, tester
from podrole.policy.statement import Statement

_PAGE = "reference/access-analyzer-checks"
_WILD = set("*?")


def version(policy: Policy) -> Iterator[Finding]:
    """No Version: variables stay texts."""
    if "Version" not in policy.document:
        yield Finding(
            "MISSING_VERSION",
            "suggestion",
            "Version",
            "the policy has no Version, so variables in it stay plain text",
            'Add "Version": "2012-10-17"',
            _PAGE,
        )


def repeated_statements(policy: Policy) -> Iterator[Finding]:
    """A statement that says what an earlier one says."""
    seen: dict[object, str] = {}
    for one in policy.statements:
        principal = one.principal
        if isinstance(principal, dict):
            principal = tuple(sorted((kind, frozenset(names)) for kind, names in principal.items()))  # type: ignore[assignment]
        meaning = (
            one.effect,
            frozenset(one.actions),
            one.not_action,
            frozenset(one.resources or ()),
            one.not_resource,
            principal,
            one.not_principal,
            frozenset((item.name, item.key, frozenset(item.values)) for item in one.conditions),
        )
        first = seen.setdefault(meaning, one.path)
        if first != one.path:
            yield Finding(
                "REDUNDANT_STATEMENT",
                "suggestion",
                one.path,
                f"says the same as {first}",
                "Remove one of the two: a later change may miss the other",
                _PAGE,
            )


def redundant(_: Policy, statement: Statement) -> Iterator[Finding]:
    """Actions and resources that another entry of the same list includes; an empty Sid."""
    if statement.sid == "":
        yield Finding(
            "EMPTY_SID_VALUE",
            "suggestion",
            f"{statement.path}.Sid",
            "the Sid is empty",
            "Name the statement, or remove Sid",
            _PAGE,
        )
    for name, values, inverse in (
        ("Action", statement.actions, statement.not_action),
        ("Resource", statement.resources or (), statement.not_resource),
    ):
        for entry, wider in _included(values):
            yield Finding(
                f"REDUNDANT_{name.upper()}",
                "suggestion",
                f"{statement.path}.{'Not' if inverse else ''}{name}",
                f"{entry} is already included in {wider}",
                f"Remove {entry}, or {wider} if it is too wide",
                _PAGE,
            )


def _included(values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The entries that a wildcard of another one includes, each with that one."""
    texts = list(dict.fromkeys(values))
    wild = [text for text in texts if "*" in text and "?" not in text]
    if not wild or len(texts) < 2:
        return
    # Most patterns are a prefix: to look prefixes up costs less than to try each pattern.
    prefixes = {text[:-1]: text for text in wild if "*" not in text[:-1]}
    lengths = sorted({len(prefix) for prefix in prefixes})
    inner = [text for text in wild if "*" in text[:-1]]
    if len(inner) * sum(map(len, texts)) > _MOST:
        inner = []
    tests = [(text.partition("*")[0], tester(glob(text)), text) for text in inner]
    for text in texts:
        for length in lengths:
            wider = prefixes.get(text[:length])
            if wider is not None and wider != text:
                yield text, wider
                break
        else:
            # A pattern that fits another pattern's text fits all that the other one means: a star
            # there is a letter that only a star takes.
            for prefix, test, pattern in tests:
                if text.startswith(prefix) and pattern != text and test(text):
                    yield text, pattern
                    break


#: Characters to compare in one list; AWS's policies stay below, hostile ones are not compared.
_MOST = 2_000_000
