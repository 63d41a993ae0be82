"""Lint: the guide's antipatterns are found, its good policies pass, and each rule has a case."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from podrole.cli import main
from podrole.policy import parse_policy
from podrole.policy.lint import lint
from podrole.policy.lint.issue_types import ISSUE_TYPES
from podrole.site.pages.data_table import read_data
from tests.catalogue import CATALOG
from tests.files import files

POLICIES = CATALOG.of("policy")
PROVIDER = "oidc.eks.us-west-2.amazonaws.com/id/ABC"
FEDERATED = {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{PROVIDER}"}
#: Companions of other snippets' truth tables: AWS's own defaults, no mistakes of an author.
COMPANIONS = {"resource-kms-default"}
#: What is wrong twice: all of everything, the right to hand out any role among it.
ADMIN = {"PODROLE_BROAD_ACTION", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE"}
#: What lint must say of each antipattern of the guide.
MISTAKES = {
    "identity-bad-pass-any-role": "PASS_ROLE_WITH_STAR_IN_RESOURCE",
    "identity-bad-s3-full": "PODROLE_BROAD_ACTION",
    "identity-bad-secrets-star": "PODROLE_BROAD_ACTION",
    "identity-s3-bad-object-arn": "PODROLE_OBJECT_ACTION_ON_BUCKET",
    "trust-chained-bad-root": "PODROLE_TRUST_WHOLE_ACCOUNT",
    "trust-chained-open": "PODROLE_TRUST_WHOLE_ACCOUNT",
    "trust-irsa-bad-dual-stack": "PODROLE_OIDC_DUAL_STACK_ISSUER",
    "trust-irsa-bad-https": "PODROLE_OIDC_KEY_WITH_SCHEME",
    "trust-irsa-bad-literal-star": "PODROLE_LITERAL_WILDCARD",
    "trust-irsa-bad-no-aud": "PODROLE_OIDC_MISSING_AUDIENCE",
    "trust-irsa-bad-no-sub": "PODROLE_OIDC_MISSING_SUBJECT",
    "trust-irsa-bad-prefix": "PODROLE_OIDC_SUBJECT_TOO_WIDE",
    "trust-irsa-bad-star": "PODROLE_OIDC_SUBJECT_TOO_WIDE",
    "trust-irsa-bad-two-issuers-one-statement": "PODROLE_OIDC_MISSING_AUDIENCE",
    "trust-irsa-other-issuer": "PODROLE_OIDC_MISSING_AUDIENCE",
    "trust-tagsession-open": "PODROLE_TRUST_WHOLE_ACCOUNT",
    "trust-pod-identity-bad-no-tagsession": "PODROLE_MISSING_TAG_SESSION",
    "trust-pod-identity-bad-source-association": "PODROLE_SOURCE_ARN_OF_ASSOCIATION",
}


def codes(document: Any, kind: Any, *severities: str) -> set[str]:
    wanted = severities or ("error", "warning", "suggestion")
    return {
        item.code for item in lint(parse_policy(document, kind=kind)) if item.severity in wanted
    }


AUDIENCE_OF_CHINA = {"StringEquals": {f"{PROVIDER}:aud": "sts.amazonaws.com.cn"}}
DUAL_STACK = "arn:aws:iam::111122223333:oidc-provider/oidc-eks.eu-west-1.api.aws/id/EXAMPLE"


@pytest.mark.parametrize("snippet", POLICIES, ids=lambda snippet: snippet.id)
def test_the_catalogue(snippet: Any) -> None:
    found = {
        item.code
        for item in lint(CATALOG.policy(snippet.id))
        if item.severity in ("error", "warning")
    }
    if snippet.id in COMPANIONS:
        return
    if snippet.id == "identity-admin":
        assert found == ADMIN
        return
    assert found == ({MISTAKES[snippet.id]} if snippet.antipattern else set())


def trust(principal: Any = None, **elements: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": FEDERATED if principal is None else principal,
        "Action": "sts:AssumeRoleWithWebIdentity",
        **elements,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def on_claims(sub: Any, operator: str = "StringEquals", **more: Any) -> dict[str, Any]:
    condition: dict[str, Any] = {"StringEquals": {f"{PROVIDER}:aud": "sts.amazonaws.com"}}
    condition.setdefault(operator, {})[f"{PROVIDER}:sub"] = sub
    return {"Condition": {**condition, **more}}


EXACT = on_claims("system:serviceaccount:orders:api")


def identity(**elements: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **elements}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize(
    ("document", "kind", "code"),
    [
        (trust(), "trust", "PODROLE_OIDC_MISSING_SUBJECT"),
        (trust(), "trust", "PODROLE_OIDC_MISSING_AUDIENCE"),
        (
            trust(**on_claims("system:serviceaccount:*:api", "StringLike")),
            "trust",
            "PODROLE_OIDC_SUBJECT_TOO_WIDE",
        ),
        (
            trust(**on_claims("system:serviceaccount:orders:*", "StringLike")),
            "trust",
            "PODROLE_OIDC_WHOLE_NAMESPACE",
        ),
        (
            trust(**on_claims("system:serviceaccount:orders:*")),
            "trust",
            "PODROLE_LITERAL_WILDCARD",
        ),
        (
            trust(**on_claims("x", StringLike={"https://x/id/1:aud": "y"})),
            "trust",
            "PODROLE_OIDC_KEY_WITH_SCHEME",
        ),
        (
            trust(**on_claims("x", StringLike={"oidc.example/id/1:sub": "y"})),
            "trust",
            "PODROLE_OIDC_KEY_OF_ANOTHER_ISSUER",
        ),
        (trust(Action="sts:AssumeRole", **EXACT), "trust", "MISMATCHED_ACTION_FOR_PRINCIPAL"),
        (
            trust({"Service": "pods.eks.amazonaws.com"}),
            "trust",
            "MISMATCHED_ACTION_FOR_PRINCIPAL",
        ),
        (
            trust({"Service": "pods.eks.amazonaws.com"}, Action="sts:AssumeRole"),
            "trust",
            "PODROLE_MISSING_TAG_SESSION",
        ),
        (
            trust({"Service": "pods.eks.amazonaws.com"}, Action="sts:*"),
            "trust",
            "PODROLE_POD_IDENTITY_UNSCOPED",
        ),
        *(
            (
                trust(**on_claims(sub, "StringLike")),
                "trust",
                "PODROLE_OIDC_SUBJECT_TOO_WIDE",
            )
            for sub in ("*", "system:*", "system:serviceaccount*", "*:orders:api", "system:s*:a:b")
        ),
        (
            trust(**on_claims("system:serviceaccount:kube-system:*", "StringNotLike")),
            "trust",
            "PODROLE_OIDC_MISSING_SUBJECT",
        ),
        (trust(**on_claims("orders:api")), "trust", "PODROLE_OIDC_SUBJECT_NEVER_MATCHES"),
        (
            trust(**on_claims("system:serviceaccount:Orders:api")),
            "trust",
            "PODROLE_OIDC_SUBJECT_NEVER_MATCHES",
        ),
        (
            trust(**on_claims("system:serviceaccount:orders:*", "StringEqualsIgnoreCase")),
            "trust",
            "PODROLE_LITERAL_WILDCARD",
        ),
        (
            {
                "Statement": [
                    *trust({"Service": "pods.eks.amazonaws.com"}, Action="sts:AssumeRole")[
                        "Statement"
                    ],
                    *trust("*", Action="sts:TagSession", Effect="Deny")["Statement"],
                ]
            },
            "trust",
            "PODROLE_MISSING_TAG_SESSION",
        ),
        (trust("*", Action="sts:AssumeRole"), "trust", "PODROLE_TRUST_ANYONE"),
        (trust(Condition=AUDIENCE_OF_CHINA), "trust", "PODROLE_OIDC_AUDIENCE_OF_CHINA"),
        (trust({"Federated": DUAL_STACK}), "trust", "PODROLE_OIDC_DUAL_STACK_ISSUER"),
        (trust({"Service": "pod.eks.amazonaws.com"}), "trust", "PODROLE_NO_SUCH_SERVICE"),
        (trust({"Service": "pods.eks.amazonaws.com.cn"}), "trust", "PODROLE_NO_SUCH_SERVICE"),
        (trust({"Federated": "${provider_arn}"}), "trust", "PODROLE_UNRENDERED_TEMPLATE"),
        (
            trust(Condition={"StringEquals": {"{{ issuer }}:sub": "x"}}),
            "trust",
            "PODROLE_UNRENDERED_TEMPLATE",
        ),
        (
            trust({"AWS": "arn:aws:iam::<account>:role/x"}, Action="sts:AssumeRole"),
            "trust",
            "PODROLE_UNRENDERED_TEMPLATE",
        ),
        (
            trust({"AWS": "111122223333"}, Action="sts:AssumeRole"),
            "trust",
            "PODROLE_TRUST_WHOLE_ACCOUNT",
        ),
        (
            trust(**on_claims("x", "ForAllValues:StringEquals")),
            "trust",
            "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
        ),
        (
            identity(Resource="arn:aws:s3:::orders"),
            "identity",
            "PODROLE_OBJECT_ACTION_ON_BUCKET",
        ),
        (identity(Action="s3:*"), "identity", "PODROLE_BROAD_ACTION"),
        (identity(Action="iam:PassRole"), "identity", "PASS_ROLE_WITH_STAR_IN_RESOURCE"),
        (identity(Resource=["arn:aws:s3:::" + "x" * 7000]), "identity", "PODROLE_POLICY_TOO_LONG"),
    ],
)
def test_a_rule_finds_its_case(document: Any, kind: Any, code: str) -> None:
    assert code in codes(document, kind)


def test_a_good_trust_policy_has_no_finding() -> None:
    assert codes(trust(**EXACT), "trust") == set()


def test_other_issuers_have_other_subjects() -> None:
    issuer = "token.actions.githubusercontent.com"
    condition = {
        "StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{issuer}:sub": "repo:acme/orders:*"},
    }
    federated = {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{issuer}"}
    assert codes(trust(federated, Condition=condition), "trust") == set()
    saml = {"Federated": "arn:aws:iam::111122223333:saml-provider/office"}
    assert codes(trust(saml, Action="sts:AssumeRoleWithSAML"), "trust") == set()


def test_a_finding_names_place_and_fix() -> None:
    (finding,) = lint(parse_policy(identity(Action="s3:*")))
    assert str(finding).startswith("Statement[0].Action: error PODROLE_BROAD_ACTION: s3:* on every")
    assert finding.fix in str(finding)


def test_every_finding_links_to_a_page_of_the_guide() -> None:
    root = Path(__file__).parents[3]
    for snippet in POLICIES:
        for finding in lint(CATALOG.policy(snippet.id)):
            page = finding.page
            assert (root / f"docs/{page}.md").is_file() or (root / f"{page}.ipynb").is_file(), page


def test_the_reference_pages_list_every_code() -> None:
    root = Path(__file__).parents[3]
    sources = files(root / "src/podrole/policy", "lint/*.py")
    known = {
        code
        for source in sources
        for code in re.findall(r'\(\s+"([A-Z_]{9,})"', source.read_text(encoding="utf-8"))
    }
    page = (root / "docs/reference/policy-engine.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))
    assert known - listed <= ISSUE_TYPES.keys()
    assert listed <= known
    assert len(known) > 15


def test_the_table_of_access_analyzers_checks_is_the_lints() -> None:
    root = Path(__file__).parents[3]
    rows = read_data(root / "docs/data/access-analyzer-checks.yml")["rows"]
    table = {row["check"].strip("`"): row for row in rows}
    assert len(table) == len(rows) > 100
    said = {
        check: (row["type"], row["covered"]) for check, row in table.items() if check in ISSUE_TYPES
    }
    assert said == {code: (kind, f"covered by `{code}`") for code, kind in ISSUE_TYPES.items()}
    for check, row in table.items():
        assert row["covered"].startswith(("covered by `", "missing", "not applicable: ")), check
        for code in re.findall(r"covered by `(\w+)`", row["covered"]):
            assert code in ISSUE_TYPES or code in _podrole_codes(root), check


def _podrole_codes(root: Path) -> set[str]:
    page = (root / "docs/reference/policy-engine.md").read_text(encoding="utf-8")
    return set(re.findall(r"`(PODROLE_\w+)`", page))


def test_white_space_does_not_count() -> None:
    short = identity(Resource=["arn:aws:s3:::" + "x" * 5000])
    assert "PODROLE_POLICY_TOO_LONG" not in codes(json.dumps(short, indent=200), "identity")


# -- the command ---------------------------------------------------------------------------


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "trust.json"
    path.write_text(CATALOG.render("trust-irsa-bad-no-sub", "json"))
    return path


def test_text_and_exit_codes(bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(bad)]) == 1
    assert f"{bad}: Statement[0].Condition: error PODROLE_OIDC_MISSING_SUBJECT" in (
        capsys.readouterr().out
    )
    good = tmp_path / "good.yml"
    good.write_text(CATALOG.render("trust-irsa-namespace", "yaml"))
    assert main(["lint", str(good)]) == 0
    assert main(["lint", str(good), "--fail-on", "suggestion"]) == 1


def test_yaml_reads_a_version_without_quotes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "policy.yaml"
    statement = "{Effect: Allow, Action: 's3:*', Resource: '*'}"
    path.write_text(f"Version: 2012-10-17\nStatement: {statement}\n")
    assert main(["lint", str(path)]) == 1
    assert "PODROLE_BROAD_ACTION" in capsys.readouterr().out


def test_what_cannot_be_encoded_is_escaped(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(trust(**on_claims("\ud800*", "StringLike"))))
    command = [sys.executable, "-m", "podrole", "lint", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert "\\ud800*" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_one_line(bad: Path) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "podrole", "lint", str(bad)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr == "podrole: cannot write the answer: No space left on device\n"


def test_json_sarif_and_github(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["lint", str(bad), "--format", "json"])
    assert json.loads(capsys.readouterr().out)[0]["code"] == "PODROLE_OIDC_MISSING_SUBJECT"
    main(["lint", str(bad), "--format", "sarif"])
    run = json.loads(capsys.readouterr().out)["runs"][0]
    assert run["results"][0]["level"] == "error"
    assert run["results"][0]["ruleId"] in {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    location = run["results"][0]["locations"][0]["physicalLocation"]
    lines = bad.read_text().splitlines()
    assert '"Condition"' in lines[location["region"]["startLine"] - 1]
    main(["lint", str(bad), "--format", "github"])
    assert capsys.readouterr().out.startswith(
        f"::error file={bad},line=10,title=PODROLE_OIDC_MISSING_SUBJECT::"
    )


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.json", "{", "not JSON"),
        ("p.yml", "a: [", "not YAML"),
        ("p.json", '{"Statement": [{"Effect": "Allow"}]}', "Statement[0].Action: is missing"),
        ("p.json", "[]", "a policy is a JSON object"),
    ],
)
def test_a_bad_file_is_one_line_and_exit_code_2(
    name: str, text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert main(["lint", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"podrole: {path}: ")
    assert message in error


def test_what_is_no_file_or_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    binary = tmp_path / "p.json"
    binary.write_bytes(b"\xff\xfe\x00")
    for path, message in ((tmp_path, "Is a directory"), (binary, "is not valid UTF-16")):
        assert main(["lint", str(path)]) == 2
        assert message in capsys.readouterr().err
