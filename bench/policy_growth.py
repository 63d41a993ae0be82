"""`make bench`: what a policy of twice the size costs in each use of the engine.

Each shape grows in one way until it is as large as AWS lets it be. The ratio is that of this size
and of half of it, in CPU time, the least of several runs; to look at everything once has 2.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from podrole.policy import Policy, PolicySet, Request, authorize, parse_policy
from podrole.policy.analysis.containment import new_access
from podrole.policy.lint import lint
from podrole.policy.sizes import LIMITS
from podrole.policy.who.admitted import who

MOST = 2.3
ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/"
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"
POD = "system:serviceaccount:shop:checkout"
SESSION = "arn:aws:sts::111122223333:assumed-role/app/s"


@dataclass(frozen=True)
class Shape:
    """A policy of n parts, of a kind, and the most characters that AWS allows."""

    name: str
    kind: Any
    limit: int
    make: Callable[[int], list[dict[str, Any]]]

    def document(self, parts: int) -> dict[str, Any]:
        """The policy's document."""
        return {"Version": "2012-10-17", "Statement": self.make(parts)}

    def most(self) -> int:
        """How many parts fit."""
        parts = 2
        while len(json.dumps(self.document(parts + 2), separators=(",", ":"))) < self.limit:
            parts += 2
        return parts


def _allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def _trust(conditions: Any, issuer: str = "A", effect: str = "Allow") -> dict[str, Any]:
    return {
        "Effect": effect,
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": PROVIDER + issuer},
        "Condition": conditions,
    }


def _of(namespace: int, issuer: str = "A") -> dict[str, Any]:
    return {
        "StringEquals": {
            f"{ISSUER}{issuer}:sub": f"system:serviceaccount:n{namespace}:app",
            f"{ISSUER}{issuer}:aud": "sts.amazonaws.com",
        }
    }


OPERATORS = ("StringEquals", "StringLike", "StringEqualsIgnoreCase", "ForAnyValue:StringLike")
IDENTITY, RESOURCE, TRUST = 10_240, LIMITS["resource"].most, 8_192
SHAPES = (
    Shape(
        "statements",
        "identity",
        IDENTITY,
        lambda n: [_allow(f"s3:Get{i}", f"arn:aws:s3:::b{i}/*", Sid=f"S{i}") for i in range(n)],
    ),
    Shape(
        "actions", "identity", IDENTITY, lambda n: [_allow([f"s3:Get{i}" for i in range(n)], "*")]
    ),
    Shape(
        "actions with *",
        "identity",
        IDENTITY,
        lambda n: [_allow([f"s3:Get{i}*" for i in range(n)], "*")],
    ),
    Shape(
        "actions with * inside",
        "identity",
        IDENTITY,
        lambda n: [_allow([f"s3:*{i}*et" for i in range(n)], "*")],
    ),
    Shape(
        "resources with * inside",
        "identity",
        IDENTITY,
        lambda n: [_allow("s3:GetObject", [f"arn:aws:s3:::b{i}*/x*" for i in range(n)])],
    ),
    Shape(
        "actions and resources",
        "identity",
        IDENTITY,
        lambda n: [
            _allow([f"s3:G{i}*" for i in range(n)], [f"arn:aws:s3:::b{i}/*" for i in range(n)])
        ],
    ),
    Shape(
        "values of a condition",
        "identity",
        IDENTITY,
        lambda n: [
            _allow(
                "s3:*",
                "arn:aws:s3:::b/*",
                Condition={
                    "IpAddress": {
                        "aws:SourceIp": [f"198.51.{i // 250}.{i % 250}/32" for i in range(n)]
                    }
                },
            )
        ],
    ),
    Shape(
        "Deny statements",
        "identity",
        IDENTITY,
        lambda n: [
            _allow("s3:*", "*"),
            *({**_allow(f"s3:P{i}*", f"arn:aws:s3:::b{i}/*"), "Effect": "Deny"} for i in range(n)),
        ],
    ),
    Shape(
        "statements",
        "resource",
        RESOURCE,
        lambda n: [
            _allow(
                "s3:GetObject",
                f"arn:aws:s3:::b/{i}/*",
                Principal={"AWS": f"arn:aws:iam::111122223333:role/r{i}"},
            )
            for i in range(n)
        ],
    ),
    Shape(
        "principals",
        "resource",
        RESOURCE,
        lambda n: [
            _allow(
                "s3:GetObject",
                "arn:aws:s3:::b/*",
                Principal={"AWS": [f"arn:aws:iam::111122223333:role/r{i}" for i in range(n)]},
            )
        ],
    ),
    Shape("statements of one issuer", "trust", TRUST, lambda n: [_trust(_of(i)) for i in range(n)]),
    Shape(
        "issuers", "trust", TRUST, lambda n: [_trust(_of(i, f"I{i}"), f"I{i}") for i in range(n)]
    ),
    Shape(
        "subjects",
        "trust",
        TRUST,
        lambda n: [
            _trust(
                {
                    "StringEquals": {
                        f"{ISSUER}A:sub": [f"system:serviceaccount:n{i}:app" for i in range(n)],
                        f"{ISSUER}A:aud": "sts.amazonaws.com",
                    }
                }
            )
        ],
    ),
    Shape(
        "subjects with *",
        "trust",
        TRUST,
        lambda n: [
            _trust(
                {
                    "StringLike": {
                        f"{ISSUER}A:sub": [f"system:serviceaccount:n{i}*:a*" for i in range(n)],
                        f"{ISSUER}A:aud": "sts.amazonaws.com",
                    }
                }
            )
        ],
    ),
    Shape(
        "subjects under four operators",
        "trust",
        TRUST,
        lambda n: [
            _trust(
                {
                    operator: {
                        f"{ISSUER}A:sub": [
                            f"system:serviceaccount:n{i}{'*' if 'Like' in operator else ''}:app"
                            for i in range(n)
                        ],
                    }
                    for operator in OPERATORS
                }
            )
        ],
    ),
    Shape(
        "Deny statements",
        "trust",
        TRUST,
        lambda n: [
            _trust({"StringLike": {f"{ISSUER}A:sub": "system:serviceaccount:*:*"}}),
            *(
                _trust(
                    {"StringLike": {f"{ISSUER}A:sub": f"system:serviceaccount:n{i}:*"}},
                    effect="Deny",
                )
                for i in range(n)
            ),
        ],
    ),
)


def _decide(document: Any, kind: Any) -> None:
    policy = parse_policy(document, kind=kind)
    keys = {
        f"{ISSUER}A:sub": POD,
        f"{ISSUER}A:aud": "sts.amazonaws.com",
        "aws:SourceIp": "203.0.113.9",
    }
    if kind == "identity":
        authorize(
            Request(SESSION, "s3:Xet", "arn:aws:s3:::b/k", keys), PolicySet(identity=[policy])
        )
    elif kind == "resource":
        authorize(Request(SESSION, "s3:GetObject", "arn:aws:s3:::b/k"), PolicySet(resource=policy))
    else:
        request = Request(
            PROVIDER + "A",
            "sts:AssumeRoleWithWebIdentity",
            "arn:aws:iam::111122223333:role/r",
            keys,
        )
        authorize(request, PolicySet(resource=policy))


def _new_access(document: Any, kind: Any) -> None:
    new_access(parse_policy(document, kind=kind), parse_policy(document, kind=kind))


def _parsed(use: Callable[[Policy], object]) -> Callable[[Any, Any], None]:
    def run(document: Any, kind: Any) -> None:
        use(parse_policy(document, kind=kind))

    return run


USES: dict[str, Callable[[Any, Any], None]] = {
    "parse": _parsed(lambda _: None),
    "decide": _decide,
    "lint": _parsed(lint),
    "who": _parsed(who),
    "new_access": _new_access,
}


def seconds(run: Callable[[], object], least: float = 0.05) -> float:
    """The CPU seconds of one run: the least of those that fit into a twentieth of a second."""
    best, spent = 1e9, 0.0
    while spent < least:
        started = time.process_time()
        run()
        took = time.process_time() - started
        best, spent = min(best, took), spent + max(took, 1e-5)
    return best


def main() -> None:
    """Print the ratios; a `!` marks those above the most that is allowed."""
    for name, use in USES.items():
        for shape in SHAPES:
            if name == "who" and shape.kind != "trust":
                continue
            parts = shape.most()
            whole, half = shape.document(parts), shape.document(parts // 2)
            small = seconds(partial(use, half, shape.kind))
            large = seconds(partial(use, whole, shape.kind))
            mark = "!" if large > MOST * small else " "
            print(
                f"{name:>10}, {shape.kind}, {parts} {shape.name}: ".ljust(60)
                + f"{large / small:.2f}x {mark} ({small * 1000:.2f} -> {large * 1000:.2f} ms)"
            )


if __name__ == "__main__":
    main()
