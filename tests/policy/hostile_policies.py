"""Valid policies of AWS's largest size that are made to keep a reader of patterns busy."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from itertools import count, product
from typing import Any

ISSUER = "o.io/A"
ARN = f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"
SUB = f"{ISSUER}:sub"
PREFIX = "system:serviceaccount:"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"
#: A trust policy has at most 8,192 characters, by a raised quota ("IAM and AWS STS quotas").
MOST = 10_000
LIKE = [
    f"{qualifier}StringLike{suffix}"
    for suffix in ("", "IfExists")
    for qualifier in ("", "ForAnyValue:", "ForAllValues:")
]
UNLIKE = [operator.replace("Like", "NotLike") for operator in LIKE]


def trust(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(effect: str = "Allow", /, **values: Any) -> dict[str, Any]:
    """A statement on tokens; `values` are operators on `sub`, with `__` for the colon."""
    return {
        "Effect": effect,
        "Principal": {"Federated": ARN},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {name.replace("__", ":"): {SUB: value} for name, value in values.items()},
    }


def filled(make: Callable[[int], Any], size: int = MOST - 800) -> list[Any]:
    """As many items as fit."""
    found: list[Any] = []
    length = 0
    for number in count():
        item = make(number)
        length += len(json.dumps(item)) + 2
        if length > size:
            return found
        found.append(item)
    raise AssertionError


def repeated(chunk: str, size: int) -> str:
    return chunk * (size // len(chunk))


def products(patterns: Callable[[int, int], str], values: int, operators: int) -> dict[str, Any]:
    """Several operators on `sub`, each of several values: who fits one of each?"""
    return trust(
        statement(
            **{
                LIKE[which]: [patterns(which, number) for number in range(values)]
                for which in range(operators)
            }
        )
    )


#: Those of the issue, and their kin. Each is a kind of work that grew without bound.
KNOWN: dict[str, dict[str, Any]] = {
    "four operators of 14 values": products(
        lambda which, number: f"{PREFIX}*{LETTERS[number]}{which}*", 14, 4
    ),
    "six operators of 40 values": products(
        lambda which, number: f"*:*{LETTERS[number * 7 % 37]}{LETTERS[which]}*:*", 40, 6
    ),
    "many operators that never hold together": products(
        lambda which, number: f"{PREFIX}{'?' * which}{LETTERS[number]}:*{LETTERS[which]}", 30, 6
    ),
    "two long star patterns": trust(
        statement(
            StringLike=f"{PREFIX}*{'a*b*' * 120}", ForAnyValue__StringLike=f"*:*{'b*c*a*' * 80}"
        )
    ),
    "two longer ones that never meet": trust(
        statement(
            StringLike=f"{PREFIX}*{repeated('a*b*', 4300)}c",
            ForAnyValue__StringLike=f"{PREFIX}*{repeated('b*c*a*', 4300)}d",
        )
    ),
    "six long ones": trust(
        statement(
            **{
                operator: f"*:*{repeated(chunk, 1400)}{end}"
                for operator, chunk, end in zip(
                    LIKE,
                    ("a*b*", "b*c*a*", "ba*", "a?*b*", "ab*ba*", "c*b*"),
                    ("a", "?a", "a?", "*", "a*", "b"),
                    strict=True,
                )
            }
        )
    ),
    "an Allow and a Deny of star patterns": trust(
        statement(StringLike=f"*:*{'a*b*' * 120}"),
        statement("Deny", StringLike=f"*:*{'b*c*a*' * 80}"),
    ),
    "a Deny that covers its Allow by a hair": trust(
        statement(StringLike=f"{PREFIX}*:*{repeated('ab*', 4200)}"),
        statement("Deny", StringLike=f"{PREFIX}*:*{repeated('a*b*', 4200)}"),
    ),
    "marks behind a star": trust(
        statement(
            StringLike=f"{PREFIX}*:*a{'?' * 40}",
            StringNotLike=filled(lambda number: f"{PREFIX}*:*b{'?' * (number + 1)}"),
        )
    ),
    "each letter at each place refused": trust(
        statement(
            StringLike=f"{PREFIX}*:???????",
            StringNotLike=[
                f"{PREFIX}*:{'?' * place}{letter}{'?' * (6 - place)}"
                for place in range(7)
                for letter in LETTERS + "."
            ],
        )
    ),
    "one pattern of chunks with marks": trust(
        statement(StringLike=f"*:*{repeated('a?b*', MOST - 800)}")
    ),
    "hundreds of patterns, hundreds denied": trust(
        statement(StringLike=filled(lambda n: f"*:*{LETTERS[n % 37]}{n}*", 4300)),
        statement("Deny", StringLike=filled(lambda n: f"*{LETTERS[n % 37]}?{n}*:*", 4300)),
    ),
    "hundreds of patterns twice": trust(
        statement(
            StringLike=filled(lambda n: f"*:*{n}*", 4300),
            ForAnyValue__StringLike=filled(lambda n: f"*{n}?*:*", 4300),
        )
    ),
    "a Deny of six operators": trust(
        statement(),
        statement(
            "Deny", **{name: [f"*:*{c}{n}*" for c in "abcdefgh"] for n, name in enumerate(LIKE)}
        ),
    ),
    "many names and many exceptions": trust(
        statement(
            StringEquals=filled(lambda n: f"{PREFIX}orders:api-{n}", 4300),
            StringNotLike=filled(lambda n: f"*:*-{n}?", 4300),
        )
    ),
    "a key written in many ways": trust(
        {
            **statement(),
            "Condition": {
                "StringLike": {
                    f"{ISSUER}:{''.join(key)}": [f"*:*{n}{number}*" for n in range(30)]
                    for number, key in enumerate(product("sS", "uU", "bB"))
                }
            },
        }
    ),
    "many providers": trust(
        {
            **statement(),
            "Principal": {
                "Federated": filled(lambda n: f"arn:aws:iam::111122223333:oidc-provider/{n}")
            },
        }
    ),
    "many providers and statements for all": trust(
        {
            **statement(),
            "Principal": {
                "Federated": filled(lambda n: f"arn:aws:iam::111122223333:oidc-provider/{n}", 4300)
            },
        },
        *filled(
            lambda n: {
                "Effect": "Allow" if n % 2 else "Deny",
                "Principal": "*",
                "Action": "*",
                "Condition": {"StringLike": {"aws:x": f"*{n}*"}},
            },
            4300,
        ),
    ),
    "a variable of white space": trust(
        statement(StringLike="${" + " " * (MOST - 800) + "}", StringNotLike="${" * 100)
    ),
}


def drawn(seeds: range) -> Iterator[dict[str, Any]]:
    """Trust policies of few letters and many wildcards, up to the largest size."""
    for seed in seeds:
        chance = random.Random(seed)
        alphabet = chance.choice(["a*", "ab*", "ab*?", "abc**", "a?*", "ab.-*", LETTERS + "*" * 9])
        yield trust(*_statements(chance, alphabet))


def _statements(chance: random.Random, alphabet: str) -> Iterator[dict[str, Any]]:
    left = MOST - 400
    while left > 200:
        share = chance.choice([left, left // 2, left // 5, 400])
        operators = chance.sample(LIKE, chance.randint(1, 6))
        if chance.random() < 0.5:
            operators += chance.sample(UNLIKE, chance.randint(1, 3))
        size = max((share - 200) // len(operators) - 40, 10)
        most = chance.choice([3, 8, 20, 60, size])
        values = {name: _patterns(chance, alphabet, size, most) for name in operators}
        made = statement("Deny" if chance.random() < 0.3 else "Allow", **values)
        left -= len(json.dumps(made))
        if left > 0:
            yield made


def _patterns(chance: random.Random, alphabet: str, size: int, most: int) -> list[str]:
    def one(_: int) -> str:
        text = "".join(chance.choice(alphabet) for _ in range(chance.randint(1, most)))
        head = chance.choice([PREFIX, f"{PREFIX}*:", "*:*:*", "*", f"{PREFIX}*"])
        return f"{head}{text}"

    return filled(one, size) or ["*:*"]


class TooManyStepsError(AssertionError):
    """What was asked did not end within the calls that it may make."""


def calls(run: Callable[[], Any], most: int) -> int:
    """How many functions, Python's own among them, are called; it ends at `most` of them.

    Work is counted, not timed, so that the answer is the same on a slow machine.
    """
    made = 0

    def counted(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal made
        made += event in ("call", "c_call")
        if made > most:
            raise TooManyStepsError(f"more than {most:,} calls")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        run()
    finally:
        sys.setprofile(before)
    return made
