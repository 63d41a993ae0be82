"""Policies made to keep a reader of patterns busy: every analysis ends, and is true.

Work is counted in calls and in steps of a budget, never in seconds.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from podrole.cli import main
from podrole.policy import PolicySet, Request, authorize, parse_policy
from podrole.policy.analysis.containment import new_access
from podrole.policy.analysis.granted import granted
from podrole.policy.analysis.public import public_grants
from podrole.policy.budget import Budget
from podrole.policy.lint import lint
from podrole.policy.who import Admitted, who
from podrole.policy.who.admitted import STEPS
from podrole.policy.who.combinations import someone
from tests.policy.analysis.test_containment import Drawn
from tests.policy.hostile_policies import (
    ARN,
    ISSUER,
    KNOWN,
    LETTERS,
    MOST,
    PREFIX,
    SUB,
    calls,
    drawn,
    filled,
    repeated,
    statement,
    trust,
)

#: A million and a half are needed; the former algorithm makes as many in each further second.
CALLS_OF_WHO = 3_000_000
CALLS_OF_LINT = 500_000
CALLS_OF_A_CHECK = 3_000_000


# -- who -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KNOWN)
def test_who_ends_on_a_hostile_policy_and_is_true(name: str) -> None:
    held(KNOWN[name])


@pytest.mark.parametrize("seed", range(60))
def test_who_ends_on_any_policy_of_the_largest_size(seed: int) -> None:
    (document,) = drawn(range(seed, seed + 1))
    held(document)


def held(document: dict[str, Any]) -> None:
    assert len(json.dumps(document)) <= MOST
    parsed = parse_policy(document, kind="trust")
    budget = Budget(STEPS)
    found: list[Admitted] = []
    calls(lambda: found.extend(who(parsed, budget=budget)), CALLS_OF_WHO)
    assert budget.spent <= STEPS
    for admitted in found[:3]:
        true(admitted, parsed)
    calls(lambda: lint(parsed), CALLS_OF_LINT)


def true(admitted: Admitted, parsed: Any) -> None:
    """Who is listed gets in; where the list is said to be complete, nobody else does."""
    chance = random.Random(7)
    subjects = [f"{PREFIX}{word(chance)}:{word(chance)}" for _ in range(20) for _ in range(2)]
    listed = [someone(item.clause, Budget(STEPS)) for item in admitted.subjects[:10]]
    subjects += [item for item in listed if item is not None]
    for subject in subjects:
        request = Request(
            ARN.replace(ISSUER, admitted.provider),
            "sts:AssumeRoleWithWebIdentity",
            "arn:aws:iam::111122223333:role/r",
            {f"{admitted.provider}:sub": subject, f"{admitted.provider}:aud": "sts.amazonaws.com"},
        )
        allowed = authorize(request, PolicySet(resource=parsed)).allowed
        assert allowed >= admitted.admits(subject), (subject, admitted.sentence[:200])
        if admitted.complete:
            assert allowed == admitted.admits(subject), (subject, admitted.sentence[:200])


def word(chance: random.Random) -> str:
    letters = chance.choice(["a", "ab", "abc", LETTERS])
    return "".join(chance.choice(letters) for _ in range(chance.choice([1, 3, 10, 60])))


def sentence(name: str) -> str:
    (admitted,) = who(parse_policy(KNOWN[name], kind="trust"))
    return admitted.sentence


def test_too_many_combinations_are_said_to_be_so() -> None:
    text = sentence("four operators of 14 values")
    assert text.startswith("at least these; too many combinations to list: any subject like ")
    assert text.count(";") == 256


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("two long star patterns", "any subject like system:serviceaccount:*a*b*a*b"),
        (
            "two longer ones that never meet",
            "nobody: its conditions never match together for a service account's token",
        ),
        (
            "many operators that never hold together",
            "nobody: its conditions never match together for a service account's token",
        ),
        (
            "a Deny that covers its Allow by a hair",
            "nobody: a Deny refuses everyone whom the rest admits",
        ),
        ("many names and many exceptions", "exactly system:serviceaccount:orders:api-0; "),
    ],
)
def test_what_could_be_decided_is_decided(name: str, beginning: str) -> None:
    assert sentence(name).startswith(beginning)


def test_an_allow_and_a_deny_of_star_patterns() -> None:
    text = sentence("an Allow and a Deny of star patterns")
    assert "; but a Deny refuses any subject like *:*b*c*a*" in text
    assert "too long to decide" not in text


def test_what_could_not_be_decided_is_said() -> None:
    """Nobody is left, but to show it would take 38⁷ names."""
    assert sentence("each letter at each place refused").endswith(
        "(whether that leaves anyone: too long to decide)"
    )


def test_without_any_steps_nothing_is_claimed() -> None:
    for name in ("four operators of 14 values", "an Allow and a Deny of star patterns"):
        (admitted,) = who(parse_policy(KNOWN[name], kind="trust"), budget=Budget(0))
        assert "nobody" not in admitted.sentence
        assert "too many combinations" in str(admitted) or "too long to decide" in str(admitted)


def test_the_commands_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In processes of their own, so that a hang is a failure and not a hang of the tests."""
    paths = []
    for number, document in enumerate(KNOWN.values()):
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(json.dumps(document))
    code = "import sys; from podrole.cli import main; main(['lint', *sys.argv[1:]]);"
    code += "sys.exit(max(main(['who', path]) for path in sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, paths)], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(f"{ISSUER}: ") >= len(KNOWN) - 2
    assert main(["who", str(paths[0])]) == 0
    assert "at least these; too many combinations to list" in capsys.readouterr().out


def test_a_policy_beyond_the_largest_size_ends_too() -> None:
    some = filled(lambda n: f"*:*{n}*", 12_000)
    others = filled(lambda n: f"*{n}?*:*", 12_000)
    for document in (
        trust(statement(StringLike=some)),
        trust(statement(StringLike=some, ForAnyValue__StringLike=others)),
        trust(statement(StringLike=some), statement("Deny", StringLike=others)),
    ):
        parsed = parse_policy(document, kind="trust")
        calls(lambda parsed=parsed: [who(parsed), lint(parsed)], 2 * CALLS_OF_WHO)  # type: ignore[misc]


def test_a_policy_of_twice_the_size_costs_about_twice_as_much() -> None:
    forms: list[Any] = [
        lambda n: {"StringEquals": {SUB: f"{PREFIX}orders:api-{n}"}},
        lambda n: {"StringLike": {SUB: f"{PREFIX}ns-{n}:*"}},
        lambda n: {"StringLike": {SUB: f"{PREFIX}ns-{n}*:x"}, "StringNotEquals": {SUB: "x"}},
        lambda n: {},
    ]
    for number, form in enumerate(forms):
        made = []
        for size in (4_600, 9_200):
            statements = filled(lambda n, form=form: of_issuer(n, form(n)), size)  # type: ignore[misc]
            parsed = parse_policy(trust(*statements), kind="trust")
            made.append(calls(lambda parsed=parsed: [who(parsed), lint(parsed)], 10**7))  # type: ignore[misc]
        assert made[1] <= 2.3 * made[0], (number, made)


def of_issuer(number: int, condition: dict[str, Any]) -> dict[str, Any]:
    """A statement on tokens; every third is of another provider."""
    arn = f"{ARN}{number}" if number % 3 == 0 else ARN
    return {
        "Effect": "Allow",
        "Principal": {"Federated": arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }


# -- the policy checks -----------------------------------------------------------------------------


def policy(*statements: dict[str, Any]) -> Any:
    filled_up = [{"Effect": "Allow", "Action": "*", "Resource": "*", **item} for item in statements]
    for item in filled_up:
        for element in ("Action", "Resource"):
            if f"Not{element}" in item:
                item.pop(element)
    return parse_policy({"Version": "2012-10-17", "Statement": filled_up})


def where(key: str, values: Any, operator: str = "StringLike") -> dict[str, Any]:
    return {"Condition": {operator: {key: values}}}


#: Two identity policies of 20,000 characters each, and whether the first grants nothing new.
PAIRS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], bool]] = {
    "long actions": (
        [{"Action": f"s3:{repeated('ab*', 18_000)}"}],
        [{"Action": f"s3:{repeated('a*b*', 18_000)}"}],
        True,
    ),
    "long actions that do not fit": (
        [{"Action": f"s3:{repeated('a*b*', 18_000)}c"}],
        [{"Action": f"s3:{repeated('b*a*', 18_000)}d"}],
        False,
    ),
    "long resources": (
        [{"Resource": f"arn:aws:s3:::{repeated('a?b', 18_000)}"}],
        [{"Resource": f"arn:aws:s3:::*{repeated('?*', 18_000)}"}],
        True,
    ),
    "a million parts": (
        [{"Action": filled(lambda n: f"s3:{n}*", 9000), "Resource": filled(str, 9000)}],
        [{"Action": filled(lambda n: f"s3:{n}*", 9000), "Resource": filled(str, 9000)}],
        True,
    ),
    "a million parts, all of them new": (
        [{"Action": filled(lambda n: f"s3:{n}*", 9000), "Resource": filled(str, 9000)}],
        [{"Action": "sqs:*"}],
        False,
    ),
    "hundreds of statements": (
        filled(lambda n: {"Action": f"s3:{n}*"}, 13_000),
        filled(lambda n: {"Action": f"s3:{n}*"}, 13_000),
        True,
    ),
    "hundreds of complements": (
        filled(lambda n: {"NotAction": f"s3:*{n}*", "NotResource": f"arn:*{n}"}, 18_000),
        filled(lambda n: {"NotAction": f"s3:*{n}*", "NotResource": f"arn:*{n}"}, 18_000),
        True,
    ),
    "hundreds of Deny statements": (
        [{}, *filled(lambda n: {"Effect": "Deny", "Action": f"*:*{n}*"}, 13_000)],
        [{}, *filled(lambda n: {"Effect": "Deny", "Action": f"*:*{n}*"}, 13_000)],
        True,
    ),
    "hundreds of conditions": (
        filled(lambda n: where("aws:userid", [f"*{n}*{n}*"] * 3), 18_000),
        filled(lambda n: where("aws:userid", [f"*{n}*{n}*"] * 3), 18_000),
        True,
    ),
    "one condition of many values": (
        [where("aws:userid", filled(lambda n: f"*{n}*{n}*", 18_000))],
        [where("aws:userid", filled(lambda n: f"*{n}*", 18_000))],
        True,
    ),
    "many ranges of addresses": (
        [where("aws:SourceIp", filled(lambda n: f"10.{n % 256}.{n}.0/24", 4_000), "IpAddress")],
        [where("aws:SourceIp", filled(lambda n: f"10.{n % 256}.0.0/16", 4_000), "IpAddress")],
        True,
    ),
    "variables": (
        [{"Resource": f"arn:aws:s3:::{repeated('${aws:userid}*', 18_000)}"}],
        [{"Resource": f"arn:aws:s3:::{repeated('${aws:userid}*', 18_000)}*"}],
        True,
    ),
    "half variables": (
        [{"Resource": f"arn:aws:s3:::{repeated('${', 18_000)}"}],
        [{"Resource": f"arn:aws:s3:::{repeated('${', 18_000)}"}],
        True,
    ),
    "objects": (
        [{"Action": f"s3:get{repeated('object', 18_000)}1", "Resource": "arn:aws:s3:::b"}],
        [{}],
        True,
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_policy_checks_end(name: str) -> None:
    new, existing, contained = PAIRS[name]
    one, other = policy(*new), policy(*existing)
    found: list[Any] = []
    calls(lambda: found.extend(new_access(one, other)), CALLS_OF_A_CHECK)
    assert (not found) == contained
    calls(lambda: granted(one, ["s3:*", "*:*a*"], ["arn:aws:s3:::*a*", "*"]), CALLS_OF_A_CHECK)
    calls(lambda: public_grants(one), CALLS_OF_A_CHECK)
    calls(lambda: lint(one), CALLS_OF_LINT)


def test_a_list_that_grows_too_long_ends_and_says_so() -> None:
    new, existing, _ = PAIRS["a million parts, all of them new"]
    found = new_access(policy(*new), policy(*existing))
    assert 1_000 < len(found) < 10_000
    assert "is shown to allow s3:0* on 0" in found[0].reason
    assert "not decided whether the existing policy allows it" in found[-1].reason
    may = granted(policy(*new), ["*"], [])
    assert 1_000 < len(may) < 10_000
    assert "not decided whether it allows some of it" in may[-1].reason


def test_with_little_to_spend_nothing_more_is_proven() -> None:
    """What is contained is shown to be, or it is not claimed: a budget only adds findings."""
    lost = 0
    for seed in range(600):
        chosen = Drawn(seed)
        before = [chosen.statement() for _ in range(chosen.random.randint(1, 3))]
        after = [chosen.changed(item) for item in before]
        new, existing = chosen.parsed(after), chosen.parsed(before)
        budget = Budget(seed)
        short = new_access(new, existing, budget)
        whole = new_access(new, existing)
        assert bool(short) >= bool(whole), seed
        assert {item.index for item in short} >= {item.index for item in whole}, seed
        lost += len(short) > len(whole)
        asked = (["s3:GetObject"], ["arn:aws:s3:::orders/in/*"])
        some = granted(new, *asked, Budget(seed // 2))
        assert {item.index for item in some} >= {item.index for item in granted(new, *asked)}
        if chosen.kind == "resource":
            public = {item.index for item in public_grants(new)}
            assert {item.index for item in public_grants(new, Budget(seed // 4))} >= public
    assert lost > 100


def test_a_deny_that_could_not_be_compared_takes_nothing_back() -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": effect, "Principal": "*", "Action": "s3:*", "Resource": "*"}
            for effect in ("Allow", "Deny")
        ],
    }
    bucket = parse_policy(document, kind="resource")
    assert public_grants(bucket) == []
    (found,) = public_grants(bucket, Budget(1))
    assert found.reason.endswith("; not decided whether a Deny takes that back")
