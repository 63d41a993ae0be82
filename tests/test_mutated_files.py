"""Files that something broke: no command falls over one, each says one clear line."""

from __future__ import annotations

import io
import json
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from podrole.cli import parser
from podrole.policy.error import InputError

CASES = int(os.environ.get("PODROLE_FUZZ", "10000"))
COMMANDS = parser({"doctor", "who", "lint", "explain"})
ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
ROLE = "arn:aws:iam::111122223333:role/checkout"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{ISSUER}:sub": "system:serviceaccount:shop:checkout"}},
        }
    ],
}
METADATA = {"name": "checkout", "namespace": "shop", "uid": "0cda7f85"}
POD = {
    "kind": "Pod",
    "metadata": {**METADATA, "creationTimestamp": "2026-11-29T10:00:00Z"},
    "spec": {
        "serviceAccountName": "checkout",
        "containers": [
            {
                "name": "app",
                "env": [
                    {"name": "AWS_ROLE_ARN", "value": ROLE},
                    {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/t/token"},
                ],
                "volumeMounts": [{"name": "t", "mountPath": "/var/t"}],
            }
        ],
        "volumes": [
            {
                "name": "t",
                "projected": {
                    "sources": [
                        {"serviceAccountToken": {"path": "token", "audience": "sts.amazonaws.com"}}
                    ]
                },
            }
        ],
    },
}
ACCOUNT = {
    "kind": "ServiceAccount",
    "metadata": {**METADATA, "annotations": {"eks.amazonaws.com/role-arn": ROLE}},
}
CLUSTER = {"cluster": {"name": "demo", "identity": {"oidc": {"issuer": f"https://{ISSUER}"}}}}
ASSOCIATION = {"association": {"namespace": "shop", "serviceAccount": "checkout", "roleArn": ROLE}}
GET_ROLE = {"Role": {"RoleName": "checkout", "Arn": ROLE, "AssumeRolePolicyDocument": TRUST}}
TEMPLATE = {
    "Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
    }
}
PLAN = {
    "terraform_version": "1.9.0",
    "planned_values": {
        "root_module": {
            "resources": [
                {
                    "type": "aws_iam_role",
                    "values": {"name": "checkout", "assume_role_policy": json.dumps(TRUST)},
                }
            ]
        }
    },
}
EVENT = {
    "Records": [
        {
            "eventSource": "sts.amazonaws.com",
            "eventName": "AssumeRoleWithWebIdentity",
            "errorCode": "AccessDenied",
            "userIdentity": {"userName": "system:serviceaccount:shop:checkout"},
        }
    ]
}
ROW = {
    "request": {
        "principal": ROLE,
        "action": "sts:AssumeRole",
        "resource": ROLE,
        "context": {"sts:ExternalId": "x"},
    },
    "policies": {"identity": [TRUST], "resource": TRUST, "scp": [[TRUST]]},
}
TREES: list[Any] = [
    TRUST, {"items": [ACCOUNT, POD], "kind": "List"}, POD, CLUSTER, ASSOCIATION, GET_ROLE,
    TEMPLATE, PLAN, EVENT, ROW,
]  # fmt: skip
DESCRIBED = """Name:             checkout
Namespace:        shop
Service Account:  checkout
Containers:
  app:
    Environment:
      AWS_ROLE_ARN:  arn:aws:iam::111122223333:role/checkout
    Mounts:
      /var/run/secrets/eks.amazonaws.com/serviceaccount from aws-iam-token (ro)
"""
ERROR = (
    "An error occurred (AccessDenied) when calling the GetObject operation: User: arn:aws:sts::"
    "111122223333:assumed-role/nodes/i-0123456789abcdef0 is not authorized to perform: s3:GetObject"
)
HCL = 'data "aws_iam_policy_document" "t" {\n  statement {\n    actions = ["s3:Get*"]\n  }\n}\n'
ENV = f"HOSTNAME=checkout-1\nAWS_ROLE_ARN={ROLE}\nAWS_REGION=eu-west-1\n"
TEXTS = [
    *(json.dumps(tree) for tree in TREES),
    json.dumps(TRUST, indent=2),
    yaml.safe_dump_all([ACCOUNT, POD]),
    DESCRIBED, ERROR, HCL, ENV,
]  # fmt: skip
WRONG: list[Any] = [None, "", "x", 7, -1.5, True, [], {}, [None], {"a": [1]}, [[]], "\x00", "é" * 9]


def places(tree: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a document."""
    yield steps
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    if isinstance(tree, dict | list):
        for key, value in items:
            yield from places(value, (*steps, key))


def replaced(tree: Any, steps: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at a place."""
    if not steps:
        return value
    changed = dict(tree) if isinstance(tree, dict) else list(tree)
    changed[steps[0]] = replaced(tree[steps[0]], steps[1:], value)
    return changed


PLACES = [[*places(tree)] for tree in TREES]
ENCODINGS: list[Callable[[str], bytes]] = [
    lambda text: text.encode("utf-16"),
    lambda text: text.encode("utf-16-be"),
    lambda text: text.encode("utf-32"),
    lambda text: text.encode("utf-8-sig"),
    lambda text: text.replace("\n", "\r\n").encode(),
    lambda text: quote(text).encode(),
    lambda text: json.dumps(text).encode(),
    lambda text: text.replace("e", "é").encode("latin-1", "replace"),
    lambda text: text.encode()[::-1],
]


def mutated(dice: random.Random) -> bytes:
    """One broken file: cut, doubled, of another encoding, or with a wrong type at a place."""
    kind = dice.randrange(6)
    text = dice.choice(TEXTS)
    if kind == 0:
        return text[: dice.randrange(len(text))].encode()
    if kind == 1:
        start = dice.randrange(len(text))
        end = dice.randrange(start, len(text) + 1)
        return (text[:end] + text[start:end] * dice.randrange(1, 3) + text[end:]).encode()
    if kind == 2:
        return dice.choice(ENCODINGS)(text)
    if kind == 3:
        body = bytearray(text.encode())
        for _ in range(dice.randrange(1, 4)):
            body[dice.randrange(len(body))] = dice.randrange(256)
        return bytes(body)
    number = dice.randrange(len(TREES))
    changed = replaced(TREES[number], dice.choice(PLACES[number]), dice.choice(WRONG))
    return json.dumps(changed).encode()


def command(dice: random.Random) -> list[str]:
    """One command that reads standard input: a file for each would take most of the time."""
    asked = ["--principal", ROLE, "--action", "sts:AssumeRole", "--resource", ROLE]
    return dice.choice(
        [
            ["doctor", "-"],
            ["doctor", "--error", "-"],
            ["who", "-"],
            ["lint", "-"],
            ["lint", "-", "--format", "sarif"],
            ["explain", "-"],
            ["explain", "--resource-policy", "-", *asked],
            ["explain", "--identity", "-", *asked],
        ]
    )


def test_a_broken_file_is_one_clear_line_or_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = {0: 0, 1: 0, 2: 0}
    for seed in range(CASES):
        dice = random.Random(seed)
        body = mutated(dice)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body)))
        given = command(dice)
        printed = io.StringIO()
        try:
            with redirect_stdout(printed):
                parsed = COMMANDS.parse_args(given)
                code = parsed.run(parsed)
        except InputError as error:
            code = 2
            said = str(error)
            # What is missing from a doctor's evidence is no one file's fault.
            named = said.startswith(("-: ", "no pod at all in the files: ", "pod "))
            assert named or "choose one by --pod" in said, (seed, given, said)
            assert "object at 0x" not in said, (seed, given, said)
            assert len(said) < 2_000, (seed, given, said)
        except Exception as error:
            raise AssertionError((seed, given, body)) from error
        if code != 2 and given[0] != "lint":
            assert printed.getvalue().strip(), (seed, given, body)
        ends[code] += 1
    # Files of which all are refused, or none, would prove little.
    assert all(count > CASES / 50 for count in ends.values()), ends
