"""What is no policy, and what the parser says of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import podrole.policy
from podrole.policy import PolicyError, parse_policy


def statement(**elements: Any) -> dict[str, Any]:
    base = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    merged = {**base, **elements}
    return {
        "Version": "2012-10-17",
        "Statement": [{key: value for key, value in merged.items() if value is not None}],
    }


@pytest.mark.parametrize(
    ("document", "kind", "message"),
    [
        ("{", "identity", "not JSON"),
        ("[]", "identity", "a policy must be a JSON object"),
        ({"Version": "2012-10-17"}, "identity", "Statement: a policy needs at least one"),
        ({**statement(), "Version": "2012"}, "identity", "did you mean 2012-10-17?"),
        (statement(Effect="allow"), "identity", "Statement[0].Effect: 'allow' is neither"),
        (statement(Actions="x"), "identity", "Statement[0].Actions: unknown element; did you mean"),
        (statement(Resource=None), "identity", "Statement[0].Resource: is missing"),
        (statement(Action=None), "identity", "Statement[0].Action: is missing"),
        (
            statement(Condition={None: {}}),
            "identity",
            "Condition.None: an operator must be a string",
        ),
        (statement(Condition={"Null": {1: "x"}}), "identity", "a condition key must be a string"),
        (statement(Action=7), "identity", "must be a string or a list of strings"),
        (statement(NotAction="x:y"), "identity", "cannot be used together with Action"),
        (statement(Action="GetObject"), "identity", "'GetObject' is neither * nor service:Action"),
        (statement(Action=[]), "identity", "Statement[0].Action: must not be empty"),
        (statement(Sid=7), "identity", "Statement[0].Sid: must be a string"),
        ({**statement(), "Version": []}, "identity", "[] is not a version"),
        ({**statement(), "Statment": []}, "identity", "Statment: unknown element; did you mean"),
        (
            statement(Condition={"StringEquals": {"aws:x": {}}}),
            "identity",
            "Statement[0].Condition.StringEquals.aws:x: values must be strings",
        ),
        (statement(Condition={"NullIfExists": {"aws:x": "true"}}), "identity", "unknown operator"),
        (statement(NotPrincipal="*", Resource=None), "trust", "NotPrincipal: not allowed"),
        (statement(Principal={"AWS": "1"}), "rcp", "a resource control policy allows only *"),
        (b"\xff", "identity", "not JSON"),
        (7, "identity", "a policy must be a JSON object"),
        (statement(Principal="*"), "identity", "takes no Principal"),
        (statement(), "resource", "needs Principal"),
        (statement(Principal="*"), "trust", "Has prohibited field Resource"),
        (
            statement(Condition={"StringEqual": {"a": "b"}}),
            "identity",
            "Statement[0].Condition.StringEqual: unknown operator; did you mean StringEquals?",
        ),
        (
            statement(Principal={"Servce": "x"}, Resource=None),
            "trust",
            "Statement[0].Principal.Servce: unknown; did you mean Service?",
        ),
    ],
)
def test_a_fault_is_named_by_its_path(document: Any, kind: Any, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(document, kind=kind)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("document", "kind", "code"),
    [
        (statement(Effect=None), "identity", "MISSING_EFFECT"),
        (statement(Action=[]), "identity", "EMPTY_ARRAY_ACTION"),
        (statement(NotResource=[], Resource=None), "identity", "EMPTY_ARRAY_RESOURCE"),
        (statement(Principal={"AWS": []}), "resource", "EMPTY_ARRAY_PRINCIPAL"),
        (statement(Principal={}), "resource", "EMPTY_OBJECT_PRINCIPAL"),
        (statement(Principal="111122223333"), "resource", "INVALID_PRINCIPAL_FORMAT"),
        (statement(Principal={"Servce": "x"}), "resource", "INVALID_PRINCIPAL_KEY"),
        (statement(NotPrincipal="*", Resource=None), "trust", "UNSUPPORTED_PRINCIPAL"),
        ({**statement(), "Statement": "x"}, "identity", "DATA_TYPE_MISMATCH"),
        (statement(Condition=[]), "identity", "DATA_TYPE_MISMATCH"),
    ],
)
def test_a_fault_has_access_analyzers_code(document: Any, kind: Any, code: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(document, kind=kind)
    assert caught.value.code == code


def test_the_engine_needs_the_standard_library_alone() -> None:
    """It must import in a browser's Python: no third-party package, no other part of Podrole."""
    source = Path(podrole.policy.__file__).parents[1]
    # -S: no site-packages at all, so anything else than the standard library fails to import.
    script = f"import sys; sys.path.insert(0, {str(source.parent)!r}); import podrole.policy"
    loaded = "print(*sorted(n for n in sys.modules if n.startswith('podrole')))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"{script}; {loaded}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    names = done.stdout.split()
    assert names[0] == "podrole"
    assert all(name.startswith("podrole.policy") for name in names[1:])
