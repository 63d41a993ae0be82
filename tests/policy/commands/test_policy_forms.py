"""`who`, `lint` and `explain` on what tools write, as a reader runs them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from podrole.cli import main

ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
SUBJECT = "system:serviceaccount:shop:checkout"
STATEMENT = {
    "Effect": "Allow",
    "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {"StringEquals": {f"{ISSUER}:sub": SUBJECT, f"{ISSUER}:aud": "sts.amazonaws.com"}},
}
TRUST = {"Version": "2012-10-17", "Statement": [STATEMENT]}
FOR_EKS = {
    "Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": ["sts:AssumeRole", "sts:TagSession"],
}
BROAD = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}
ROLE = {"Role": {"RoleName": "shop", "AssumeRolePolicyDocument": TRUST}}
EXACTLY = f"{ISSUER}: exactly {SUBJECT}"


def run(capsys: Any, *arguments: object) -> tuple[int, str, str]:
    code = main([str(one) for one in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(TRUST).encode("utf-16"),
        json.dumps(TRUST).encode("utf-8-sig"),
        json.dumps(ROLE).encode(),
        b"$ aws iam get-role --role-name shop\r\n" + json.dumps(ROLE).encode(),
        json.dumps(STATEMENT).encode(),
        json.dumps([STATEMENT]).encode(),
        quote(json.dumps(TRUST)).encode(),
        json.dumps(json.dumps(TRUST)).encode(),
        json.dumps({"Role": {"AssumeRolePolicyDocument": quote(json.dumps(TRUST))}}).encode(),
    ],
)
def test_who_reads_a_trust_policy_in_any_form(
    data: bytes, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "trust.json"
    path.write_bytes(data)
    code, out, _ = run(capsys, "who", path)
    assert (code, out.splitlines()[-1]) == (0, EXACTLY)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert run(capsys, "who", "-")[1].splitlines()[-1] == EXACTLY


def test_who_tells_of_each_role_of_a_template(tmp_path: Path, capsys: Any) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
    other = json.loads(json.dumps(role).replace(":shop:", ":billing:"))
    path = tmp_path / "stack.json"
    path.write_text(json.dumps({"Resources": {"Shop": role, "Billing": other}}))
    assert run(capsys, "who", path)[1].splitlines() == [
        f"Shop: {EXACTLY}",
        f"Billing: {EXACTLY.replace(':shop:', ':billing:')}",
    ]


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        ([FOR_EKS], ["EKS Pod Identity (pods.eks.amazonaws.com): any service account with an "
                     "association to this role in this account, from every cluster of it"]),
        ([STATEMENT, FOR_EKS], [EXACTLY, "EKS Pod Identity"]),
        ([{**FOR_EKS, "Condition": {"StringEquals": {"aws:SourceOrgID": "o-1"}}}],
         ["if aws:SourceOrgID passes StringEquals o-1"]),
        ([{**FOR_EKS, "Action": "sts:AssumeRole"}], ["only associations without session tags"]),
        ([FOR_EKS, {**FOR_EKS, "Effect": "Deny"}], ["but a Deny refuses those, all of them"]),
        ([{**STATEMENT, "Principal": "*", "Condition": {}}],
         ["any other OIDC provider of the account: every pod of the cluster"]),
        ([{**FOR_EKS, "Principal": "*"}], ["every principal of every account"]),
        ([{**FOR_EKS, "Principal": {"Service": "pod.eks.amazonaws.com"}}],
         ["service pod.eks.amazonaws.com: nobody, because there is no such service;"]),
        ([{**FOR_EKS, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}],
         ["AWS principal arn:aws:iam::111122223333:root, if its policies allow it"]),
        ([json.loads(json.dumps(STATEMENT).replace(ISSUER, f"https://{ISSUER}"))],
         ["nobody: a provider's ARN never contains https://"]),
        ([{**STATEMENT, "Effect": "Deny", "Principal": {"AWS": "*"}}],
         ["no service account: the trust policy admits nobody"]),
    ],
)  # fmt: skip
def test_who_tells_of_every_caller(
    statements: list[Any], says: list[str], tmp_path: Path, capsys: Any
) -> None:
    path = tmp_path / "trust.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    code, out, _ = run(capsys, "who", path)
    assert code == 0
    for text in says:
        assert text in out


@pytest.mark.parametrize(
    "tree",
    [
        {"PolicyVersion": {"Document": BROAD, "VersionId": "v1"}},
        {"RoleName": "shop", "PolicyName": "p", "PolicyDocument": BROAD},
        {"values": {"root_module": {"resources": [{"values": {"policy": json.dumps(BROAD)}}]}}},
    ],
)
def test_lint_finds_the_policy_and_its_line(tree: Any, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "policy.json"
    path.write_text(f"$ aws iam …\n\n{json.dumps(tree, indent=1)}")
    code, out, _ = run(capsys, "lint", path, "--format", "github")
    assert code == 1
    lines = path.read_text().splitlines()
    line = int(out.partition("line=")[2].partition(",")[0])
    assert "s3:*" in lines[line - 1]


def test_lint_leaves_the_placeholders_of_a_template_to_its_tool(
    tmp_path: Path, capsys: Any
) -> None:
    unfilled = json.loads(json.dumps(TRUST).replace(ISSUER, "${Issuer}"))
    path = tmp_path / "p.json"
    path.write_text(json.dumps(unfilled))
    assert "PODROLE_UNRENDERED_TEMPLATE" in run(capsys, "lint", path)[1]
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": unfilled}}
    path.write_text(json.dumps({"Resources": {"Shop": role}}))
    assert "PODROLE_UNRENDERED_TEMPLATE" not in run(capsys, "lint", path)[1]


def test_a_file_without_a_policy_is_named_and_does_not_stop_the_others(
    tmp_path: Path, capsys: Any
) -> None:
    notes, policy = tmp_path / "NOTES.md", tmp_path / "policy.json"
    notes.write_text("# only notes\n\nhello\n")
    policy.write_text(json.dumps(BROAD))
    code, out, err = run(capsys, "lint", notes, policy)
    assert code == 2
    assert "PODROLE_BROAD_ACTION" in out
    assert err.startswith(f"podrole: {notes}: ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty: the command printed nothing"),
        (
            "An error occurred (NoSuchEntity) when calling the GetRole operation: no such role",
            "an error instead of a policy: NoSuchEntity no such role",
        ),
        ('{"Role": {"RoleName": "x"}}', "contains no policy"),
        ("[1, 2]", "a policy is a JSON object"),
    ],
)
def test_what_holds_no_policy_says_so(text: str, says: str, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "trust.json"
    path.write_text(text)
    for command in ("who", "lint"):
        code, out, err = run(capsys, command, path)
        assert (code, out) == (2, "")
        assert err.startswith(f"podrole: {path}: ")
        assert says in err


def test_explain_takes_what_get_role_prints(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "role.json"
    path.write_text(json.dumps(ROLE))
    provider = STATEMENT["Principal"]["Federated"]  # type: ignore[index]
    code, out, _ = run(
        capsys, "explain", "--principal", provider, "--action", "sts:AssumeRoleWithWebIdentity",
        "--resource", "arn:aws:iam::111122223333:role/shop", "--resource-policy", path,
        "--context", f"{ISSUER}:sub={SUBJECT}", "--context", f"{ISSUER}:aud=sts.amazonaws.com",
    )  # fmt: skip
    assert (code, out.split()[0]) == (0, "ALLOW")


def test_a_repository_s_policy_needs_no_resource(tmp_path: Path, capsys: Any) -> None:
    """ECR's policies have no Resource, as a trust policy has none."""
    path = tmp_path / "repository.json"
    reader = {"AWS": "arn:aws:iam::444455556666:role/nodes"}
    statement = {"Effect": "Allow", "Principal": reader, "Action": "ecr:BatchGetImage"}
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert main(["lint", str(path)]) == 0, capsys.readouterr()
    asked = ["--principal", "arn:aws:sts::444455556666:assumed-role/nodes/i-0123456789abcdef0"]
    asked += ["--action", "ecr:BatchGetImage", "--identity", str(path.with_name("all.json"))]
    asked += ["--resource", "arn:aws:ecr:eu-west-1:111122223333:repository/shop"]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    path.with_name("all.json").write_text(
        json.dumps({"Version": "2012-10-17", "Statement": everything})
    )
    assert main(["explain", "--resource-policy", str(path), *asked]) == 0
    assert capsys.readouterr().out.startswith("ALLOW")


def test_who_reads_forty_files_or_the_list_of_all_roles(tmp_path: Path, capsys: Any) -> None:
    anyone = {"Version": "2012-10-17", "Statement": [{**STATEMENT, "Principal": "*"}]}
    anyone["Statement"][0] |= {"Action": "sts:AssumeRole", "Condition": {}}
    trusts = {f"role-{n:02}": anyone if n == 19 else TRUST for n in range(40)}
    listed = tmp_path / "roles.json"
    roles = [{"RoleName": n, "AssumeRolePolicyDocument": one} for n, one in trusts.items()]
    listed.write_text(json.dumps({"Roles": roles}))
    code, out, _ = run(capsys, "who", listed)
    assert code == 0
    exactly = [f"{name}: {EXACTLY}" for name in trusts if name != "role-19"]
    assert [line for line in out.splitlines() if not line.startswith("role-19")] == exactly
    assert "role-19: every principal of every account" in out.splitlines()

    files = [tmp_path / f"{name}.json" for name in trusts]
    for path, one in zip(files, trusts.values(), strict=True):
        path.write_text(json.dumps(one))
    code, out, _ = run(capsys, "who", *files)
    assert code == 0
    assert f"{files[0]}: {EXACTLY}" in out.splitlines()
    assert f"{files[19]}: every principal of every account" in out.splitlines()
