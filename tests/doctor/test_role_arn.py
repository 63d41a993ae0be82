"""What is wrong with a text that should be a role's ARN, and what to write instead."""

from __future__ import annotations

import pytest

from podrole.doctor.role_arn import FORM, RoleArn, fault_of, read_role_arn

ROLE = "arn:aws:iam::444455556666:role/printer"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (ROLE, RoleArn("aws", "444455556666", "", "printer")),
        (
            "arn:aws-cn:iam::444455556666:role/teams/press/a+b=c,d.e@f-_",
            RoleArn("aws-cn", "444455556666", "teams/press/", "a+b=c,d.e@f-_"),
        ),
        (f"arn:aws:iam::444455556666:role/{'x' * 64}", None),
    ],
)
def test_a_role(text: str, parts: RoleArn | None) -> None:
    found = read_role_arn(text)
    assert found == (parts or RoleArn("aws", "444455556666", "", "x" * 64))


@pytest.mark.parametrize(
    ("text", "says", "right"),
    [
        ("printer", "is a role's name, not its ARN", "arn:aws:iam::<account>:role/printer"),
        (
            "teams/press/printer",
            "is a role's name, not its ARN",
            "arn:aws:iam::<account>:role/teams/press/printer",
        ),
        (f" {ROLE}\n", "it has spaces or quotes around it", ROLE),
        (f'"{ROLE}"', "it has spaces or quotes around it", ROLE),
        (f"' {ROLE} '", "it has spaces or quotes around it", ROLE),
        (f"arn:aws:iam::444455556666:role/{ROLE}", "it contains a second ARN", ROLE),
        (f"{ROLE}{ROLE}", "it contains a second ARN", ROLE),
        (f'{ROLE} "{ROLE}-two"', "it contains a second ARN", f"{ROLE}-two"),
        (f"{ROLE}, arn:aws:s3:::paper", "it contains a second ARN", ROLE),
        ("arn:arn:", "it contains a second ARN", FORM),
        ("{{ .Values.roleArn }}", "is a placeholder that was not filled in", FORM),
        ("arn:aws:iam::${ACCOUNT}:role/printer", "is a placeholder", FORM),
        ("<role-arn>", "is a placeholder that was not filled in", FORM),
        (
            "arn:aws:sts::444455556666:assumed-role/printer/i-0abc",
            "is the ARN of a session, not of a role",
            ROLE,
        ),
        ("arn:aws:eks:eu-central-1:444455556666:cluster/mill", "is an ARN of eks, not", FORM),
        ("arn:aws:iam:eu-central-1:444455556666:role/printer", "IAM has no Region", ROLE),
        ("arn:aws:iam:444455556666:role/printer", "it is cut off or misspelt", FORM),
        ("arn:aws:iam::44445555666:role/printer", "44445555666 is not an account ID", FORM),
        ("arn:aws:iam:::role/printer", "nothing is not an account ID (12 digits)", FORM),
        ("arn:aws:iam::444455556666:role/", "the role's name is missing", FORM),
        ("arn:aws:iam::444455556666:role/press/", "the role's name is missing", FORM),
        ("arn:aws:iam::444455556666:user/printer", "is the ARN of a user, not of a role", FORM),
        (
            "arn:aws:iam::444455556666:instance-profile/printer",
            "is the ARN of an instance-profile, not of a role",
            FORM,
        ),
        (f"arn:aws:iam::444455556666:role/{'x' * 65}", "it is cut off or misspelt", FORM),
        ("arn:aws:iam::444455556666", "it is cut off or misspelt", FORM),
        ("", "'' is not a role's ARN", FORM),
        ("role: printer", "is not a role's ARN", FORM),
    ],
)
def test_a_fault(text: str, says: str, right: str) -> None:
    assert read_role_arn(text) is None
    found = fault_of(text)
    assert says in found[0]
    assert found[1] == right
