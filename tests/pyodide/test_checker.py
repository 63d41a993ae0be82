"""What the checker answers: the engine's and the doctor's words, and never less than a message."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from podrole.catalog.parameters import fill
from podrole.cli import main
from podrole.doctor import Evidence, diagnose
from podrole.doctor.texts import explain
from podrole.policy.rows import decide_row
from podrole.pyodide import checker
from podrole.pyodide.who_asks import IRSA, POD_IDENTITY
from tests.catalogue import CATALOG
from tests.doctor.conftest import Ward, lab, ward  # noqa: F401
from tests.files import files
from tests.lab.conftest import ACCOUNT, SUBJECT
from tests.tools import ROOT

CASES = Path(__file__).parents[1] / "conformance" / "policy"
POLICIES = [one.id for one in CATALOG.of("policy")]
ISSUER = CATALOG.values["oidc_provider"]
CLUSTER = "arn:aws:eks:us-west-2:111122223333:cluster/demo"
POD = {"mode": IRSA, "namespace": "orders", "serviceAccount": "orders-api"}


def asked(name: str, **argument: Any) -> dict[str, Any]:
    """A call as the worker makes it."""
    answer: dict[str, Any] = json.loads(getattr(checker, name)(json.dumps(argument), print))
    return answer


def document(name: str) -> dict[str, Any]:
    return dict(CATALOG.policy(name).document)


def as_json(name: str) -> str:
    return json.dumps(document(name), indent=2)


def alone(row: dict[str, Any]) -> tuple[str, Any] | None:
    """The one policy of a conformance row and its layer, if it has one and no more."""
    found = [
        (layer, one)
        for layer, value in row["policies"].items()
        for one in (value if isinstance(value, list) else [value])
        if one
    ]
    return found[0] if len(found) == 1 and found[0][0] in ("identity", "resource") else None


ROWS = [
    row
    for path in files(CASES, "*.jsonl")
    for row in map(json.loads, path.read_text().splitlines())
    if alone(row)
]


def lines(context: dict[str, Any]) -> str | None:
    """The context as the form takes it; None where a value does not fit on a line."""
    found = [
        f"{key}={one}"
        for key, value in context.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    if any(isinstance(value, list) and len(value) < 2 for value in context.values()):
        return None
    parts = [one for line in found for one in line.split("=", 1)]
    return (
        "\n".join(found) if all(one == one.strip() and "\n" not in one for one in parts) else None
    )


#: Without those that the form has no line for.
ASKED = [row for row in ROWS if lines(row["request"].get("context") or {}) is not None]


class TestDecision:
    def test_enough_rows_can_be_asked(self) -> None:
        assert len(ASKED) > 300

    @pytest.mark.parametrize("row", ASKED, ids=lambda row: str(row["id"]))
    def test_it_is_the_command_s(self, row: dict[str, Any]) -> None:
        request = row["request"]
        context = lines(request.get("context") or {})
        actions = request["action"] if isinstance(request["action"], list) else [request["action"]]
        layer, policy = alone(row) or ("", None)
        sts = all(action.startswith("sts:") for action in actions)
        kind = "identity" if layer == "identity" else "trust" if sts else "resource"
        answer = asked(
            "check",
            policy=json.dumps(policy),
            kind=kind,
            ask={
                "mode": "caller",
                "principal": request["principal"],
                "action": " ".join(actions),
                "resource": request["resource"],
                "resourceAccount": request.get("resource_account") or "",
                "context": context,
            },
        )
        decision = decide_row({"request": request, "policies": row["policies"]}, explain=True)
        if "fault" in answer:  # the form wants a whole action, and says so
            assert answer["fault"]["field"] == "action"
            return
        found = answer["answer"]
        assert found["effect"] == decision.effect == row["expected"]
        assert found["decidedBy"] == decision.decided_by
        told = {one["text"].replace("pasted ", "") for one in found["trace"]}
        assert told == {str(one) for one in decision.trace}

    def test_a_denial_names_the_part_the_values_and_the_line(self) -> None:
        text = as_json("trust-irsa-exact")
        answer = asked("check", policy=text, ask={**POD, "serviceAccount": "other"})["answer"]
        assert (answer["allowed"], answer["effect"]) == (False, "implicit_deny")
        (statement,) = answer["trace"]
        assert (statement["nearMiss"], statement["line"]) == (True, 4)
        (part,) = statement["parts"]
        assert part["wanted"] == ["system:serviceaccount:orders:orders-api"]
        assert part["actual"] == ["system:serviceaccount:orders:other"]
        assert (part["operator"], part["key"]) == ("StringEquals", f"{ISSUER}:sub")
        assert ":sub" in text.splitlines()[part["line"] - 1]

    def test_the_nearest_statement_comes_first(self) -> None:
        far = {"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:::q"}
        near = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
        policy = {"Version": "2012-10-17", "Statement": [far, near]}
        ask = {"principal": f"arn:aws:iam::{ACCOUNT}:user/bob", "action": "s3:GetObject"}
        ask["resource"] = "arn:aws:s3:::other/key"
        answer = asked("check", policy=json.dumps(policy), ask=ask)["answer"]
        assert [one["path"] for one in answer["trace"]] == ["Statement[1]", "Statement[0]"]
        assert answer["trace"][0]["parts"][0]["element"] == "Resource"

    def test_all_actions_must_pass_and_the_refused_one_is_named(self) -> None:
        trust = document("trust-pod-identity")
        trust["Statement"] = [{**trust["Statement"][0], "Action": "sts:AssumeRole"}]
        ask = {**POD, "mode": POD_IDENTITY, "cluster": CLUSTER}
        answer = asked("check", policy=json.dumps(trust), ask=ask)["answer"]
        assert (answer["allowed"], answer["action"]) == (False, "sts:TagSession")
        untagged = asked("check", policy=json.dumps(trust), ask={**ask, "untagged": True})
        assert untagged["answer"]["allowed"]

    @pytest.mark.parametrize(
        ("name", "field", "value", "allowed"),
        [
            ("trust-irsa-exact", "namespace", "orders", True),
            ("trust-irsa-exact", "namespace", "billing", False),
            ("trust-irsa-exact", "audience", "vault", False),
            ("trust-irsa-exact", "issuer", f"https://{ISSUER}", True),
            ("trust-irsa-exact", "issuer", "https://oidc.eks.us-west-2.amazonaws.com/id/0", False),
            ("trust-irsa-namespace", "serviceAccount", "another", True),
        ],
    )
    def test_a_pod_asks(self, name: str, field: str, value: str, allowed: bool) -> None:
        answer = asked("check", policy=as_json(name), ask={**POD, field: value})
        assert answer["answer"]["allowed"] is allowed

    @pytest.mark.parametrize(
        ("ask", "kind", "field"),
        [
            ({**POD, "namespace": ""}, "unfilled", "namespace"),
            ({"mode": "caller"}, "unfilled", "principal"),
            ({}, "unfilled", "principal"),
            ({**POD, "mode": POD_IDENTITY, "cluster": "demo"}, "fault", "cluster"),
            ({**POD, "role": "orders-api"}, "fault", "role"),
            ({**POD, "namespace": "a b"}, "fault", "namespace"),
            ({"mode": "caller", "principal": "*", "action": "Get"}, "fault", "action"),
            ({"mode": "x"}, "fault", "mode"),
        ],
    )
    def test_a_field_that_does_not_do_is_named(
        self, ask: dict[str, Any], kind: str, field: str
    ) -> None:
        answer = asked("check", policy=as_json("trust-irsa-exact"), ask=ask)
        assert answer["answer"] is None
        assert answer[kind]["field"] == field
        assert answer["who"]

    def test_a_bad_line_of_the_context_is_named(self) -> None:
        ask = {"principal": "*", "action": "s3:GetObject", "resource": "*", "context": "a=b\nc"}
        answer = asked("check", policy=as_json("identity-s3-read"), ask=ask)
        assert answer["fault"] == {"field": "context", "message": "line 2: c is not key=value"}

    def test_a_limit_is_asked_with_everything_allowed_and_says_so(self) -> None:
        scp = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
        }
        ask = {
            "principal": f"arn:aws:iam::{ACCOUNT}:user/bob",
            "action": "s3:GetObject",
            "resource": "*",
        }
        allowed = asked("check", policy=json.dumps(scp), kind="scp", ask=ask)["answer"]
        assert allowed["allowed"]
        assert "assumed: the caller's own policies allow everything" in allowed["notes"][0]
        assert [one["layer"] for one in allowed["trace"]] == ["scp"]
        ask["action"] = "sqs:SendMessage"
        denied = asked("check", policy=json.dumps(scp), kind="scp", ask=ask)["answer"]
        assert (denied["allowed"], denied["decidedBy"]) == (False, "scp")

    @pytest.mark.parametrize("name", POLICIES)
    def test_a_truth_table_s_rows_come_out_as_the_catalogue_says(self, name: str) -> None:
        snippet = CATALOG[name]
        for case, verdict in zip(snippet.cases, CATALOG.truth_table(name), strict=True):
            context = lines(dict(verdict.context))
            if context is None:
                continue
            beside = {
                layer: [
                    {"id": one, "kind": CATALOG[one].layer, "document": document(one)}
                    for one in ids
                ]
                for layer, ids in case.companions.items()
            }
            answer = asked(
                "check",
                policy=json.dumps(document(name)),
                kind=snippet.layer,
                beside=beside,
                ask={
                    "principal": verdict.principal,
                    "action": ", ".join(verdict.actions),
                    "resource": verdict.resource,
                    "resourceAccount": fill(
                        case.request.get("resource_account") or "", CATALOG.values
                    ),
                    "context": context,
                },
            )
            assert "error" not in answer, answer
            if "identity" in case.companions or snippet.layer in ("identity", "trust", "resource"):
                assert answer["answer"]["effect"] == verdict.effect, (name, verdict.name)


class TestFindings:
    @pytest.mark.parametrize("format", ["json", "yaml"])
    @pytest.mark.parametrize("name", POLICIES)
    def test_they_are_lint_s_with_its_lines(
        self, name: str, format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kind = CATALOG[name].layer or ""
        text = CATALOG.render(name, format)
        if CATALOG[name].holder == "ecr-repository":
            text = as_json(name)
        path = tmp_path / f"policy.{format}"
        path.write_text(text)
        main(["lint", str(path), "--kind", kind, "--format", "json"])
        wanted = json.loads(capsys.readouterr().out or "[]")
        found = asked("check", policy=text, kind=kind)["findings"]
        keys = ("code", "severity", "line", "path", "message", "fix", "page")
        assert [[one[key] for key in keys] for one in found] == [
            [one[key] for key in keys] for one in wanted
        ]

    def test_who_gets_in_is_the_command_s(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name in POLICIES:
            if CATALOG[name].layer != "trust":
                continue
            path = tmp_path / "trust.json"
            path.write_text(as_json(name))
            assert main(["who", str(path)]) == 0
            said = capsys.readouterr().out.strip()
            who = asked("check", policy=as_json(name), kind="trust")["who"]
            assert who["text"] == ("" if said.startswith("no service account") else said)
            assert who["pods"] is ("pods.eks" in json.dumps(document(name)))


BARE = '[{"Effect": "Allow", "Action": "*", "Resource": "*"}]'
TEMPLATE = """\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: pods.eks.amazonaws.com}
            Action: [sts:AssumeRole, sts:TagSession]
"""


class TestPaste:
    def test_what_the_aws_cli_prints_is_read_with_its_lines(self) -> None:
        role = {"Role": {"RoleName": "x", "AssumeRolePolicyDocument": document("trust-irsa-exact")}}
        text = json.dumps(role, indent=2)
        answer = asked("check", policy=text, ask={**POD, "serviceAccount": "other"})
        assert (answer["kind"], answer["why"]) == ("trust", "as aws iam get-role prints it")
        part = answer["answer"]["trace"][0]["parts"][0]
        assert ":sub" in text.splitlines()[part["line"] - 1]

    def test_a_policy_in_a_text_is_read(self) -> None:
        bucket = {"Policy": json.dumps(document("resource-s3-only-role"))}
        assert asked("check", policy=json.dumps(bucket))["kind"] == "resource"

    @pytest.mark.parametrize(
        ("text", "kind", "why"),
        [
            (quote(f'{{"Statement": {BARE}}}'), "identity", "from URL-encoded JSON"),
            (BARE, "identity", "from JSON"),
            (TEMPLATE, "trust", "from CloudFormation"),
            (TEMPLATE + "---\n" + TEMPLATE.replace("sts:", "sts:Set"), "trust",
             "from CloudFormation, the first of 2 policies"),
        ],
    )  # fmt: skip
    def test_what_the_commands_read_is_read(self, text: str, kind: str, why: str) -> None:
        answer = asked("check", policy=text)
        assert (answer["kind"], answer["why"]) == (kind, why)

    @pytest.mark.parametrize(
        ("text", "line", "says"),
        [
            ("", None, "paste a policy"),
            ('{"Version": "2012-10-17",\n "Statement": [', 2, "not JSON: line 2"),
            ("Version: x\nb: [", 2, "not YAML: line 2"),
            ("hello", 1, "not a policy"),
            ("[" * 500, 1, "nested deeper than"),
            ('{\n"Statement": [\n{"Efect": "Allow"}]}', 3, "did you mean Effect?"),
            ('{"Statement": []}', 1, "at least one statement"),
            ("a" * 300_000, None, "300,000 characters"),
        ],
        ids=lambda value: str(value)[:20],
    )
    def test_a_fault_has_one_message_and_its_place(
        self, text: str, line: int | None, says: str
    ) -> None:
        error = asked("check", policy=text)["error"]
        assert says in error["message"]
        assert error.get("line") == line
        assert "\n" not in error["message"]

    def test_nothing_that_is_pasted_ends_it(self) -> None:
        dice = random.Random(7)
        seeds = [CATALOG.render(name, form) for name in POLICIES for form in ("json", "yaml")]
        pieces = [
            "{",
            "}",
            "[",
            "]",
            '"',
            ":",
            ",",
            "null",
            "\\u0000",
            "*",
            "${",
            "&a",
            "*a",
            "- ",
            "\t",
            "é",
            "1e999",
        ]
        answered = 0
        for _ in range(500):
            text = dice.choice(seeds)
            for _ in range(dice.randint(1, 4)):
                at = dice.randrange(len(text))
                text = text[:at] + dice.choice(pieces) + text[at + dice.choice((0, 1, 5, 60)) :]
            for name, argument in (
                ("check", {"policy": text, "ask": dice.choice([POD, {}, {"principal": text[:9]}])}),
                ("pod", {"text": text}),
            ):
                answer = asked(name, **argument)
                if "error" in answer:
                    assert answer["error"]["message"]
                    assert "ours" not in answer["error"], (answer, text)
                    assert "\n" not in answer["error"]["message"]
                else:
                    answered += 1
        assert answered > 50, "most of these are to be read at all"

    @pytest.mark.parametrize("argument", ["[]", "null", '{"policy": 3}', '{"text": [4]}', "{"])
    @pytest.mark.parametrize("name", ["check", "pod"])
    def test_a_call_that_is_none_is_answered(self, name: str, argument: str) -> None:
        assert isinstance(json.loads(getattr(checker, name)(argument, print)), dict)


class TestPod:
    def test_one_paste_says_what_files_say(self, ward: Ward) -> None:  # noqa: F811
        ward.setup.irsa_pod()
        wrong = ward.setup.irsa_trust("StringEquals", SUBJECT.replace("orders-api", "other"))
        ward.setup.iam.update_assume_role_policy(
            RoleName="orders-api", PolicyDocument=json.dumps(wrong)
        )
        outputs = list(ward.outputs())
        evidence = Evidence()
        for text in outputs:
            evidence.add(text, "output")
        wanted = [link.to_json() for link in diagnose(evidence, "orders")]
        for paste in ("\n".join(outputs), "$ kubectl get sa,pod\n" + "\n$ aws …\n".join(outputs)):
            answer = asked("pod", text=paste)
            assert answer["links"] == wanted
            assert answer["links"][answer["broken"]]["name"] == "trust policy"
            assert answer["ignored"] == []

    def test_one_of_several_pods_is_chosen(self, ward: Ward) -> None:  # noqa: F811
        ward.setup.pod_identity_pod()
        text = "\n".join(ward.outputs())
        other = (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: orders}\n"
            "spec: {containers: [{name: c}]}\n"
        )
        answer = asked("pod", text=f"{other}{other.replace('b,', 'a,')}\n{text}")
        assert answer["pods"][:2] == ["orders/b", "orders/a"]
        assert answer["pod"] == "orders/b"
        chosen = answer["pods"][2]
        again = asked("pod", text=f"{other}\n{text}", pod=chosen)
        assert again["pod"] == chosen
        assert again["broken"] is None

    def test_a_manifest_with_empty_lines_is_one(self) -> None:
        text = "kind: Pod\n\nmetadata: {name: a}\n\nspec: {containers: [{name: c}]}\n"
        aws = "cluster:\n  name: demo\naddons:\n- x\n---\nRole: {}\n"
        answer = asked("pod", text=text + aws)
        assert (answer["pods"], answer["ignored"]) == (["default/a"], [])

    def test_an_error_s_text_is_recognised_alone_and_among_the_outputs(self, ward: Ward) -> None:  # noqa: F811
        said = "An error occurred: Not authorized to perform sts:AssumeRoleWithWebIdentity"
        ward.setup.irsa_pod()
        outputs = "\n".join(ward.outputs())
        for text in (said, f"{outputs}\n---\n{said}", f"{said}\n---\n{outputs}"):
            answer = asked("pod", text=text)
            assert [one["causes"][0]["id"] for one in answer["errors"]] == ["not-authorized"]
            assert ("links" in answer) == (text != said)
        unknown = asked("pod", text="Segmentation fault")
        assert (unknown["errors"], unknown["noise"], unknown["policies"]) == ([], [], [])

    def test_every_known_text_gets_the_answer_that_it_gets_alone(self) -> None:
        for text in known_texts():
            answer, alone = asked("pod", text=text), json.loads(json.dumps(explain(text).to_json()))
            assert (answer["errors"], answer["noise"]) == (alone["answers"], alone["noise"]), text

    def test_a_log_of_any_length_is_read(self) -> None:
        line = "level=error An error occurred (ExpiredToken): The security token is expired\n"
        answer = asked("pod", text="level=info all is well\n" * 200_000 + line)
        assert [one["causes"][0]["id"] for one in answer["errors"]] == ["expired-keys"]

    def test_policies_are_told_with_findings_and_whom_they_let_in(self) -> None:
        provider = "arn:aws:iam::111122223333:oidc-provider/a.example/x"
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": provider},
        }
        broad = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        role = {"Role": {"RoleName": "r", "AssumeRolePolicyDocument": {"Statement": [trust]}}}
        text = json.dumps(role) + "\n" + json.dumps({"Statement": [broad]}) + '\n{"Statement": [3]}'
        first, second, third = asked("pod", text=text)["policies"]
        assert (first["name"], first["kind"], second["kind"]) == ("r", "trust", "identity")
        assert "every" in first["who"][0] or "any" in first["who"][0]
        assert "PODROLE_BROAD_ACTION" in [one["code"] for one in second["findings"]]
        assert third["fault"].startswith("Statement[0]: ")
        assert json.loads(first["text"]) == {"Statement": [trust]}

    def test_without_a_pod_it_says_what_is_missing(self) -> None:
        answer = asked("pod", text='{"addons": []}\nhello there')
        assert answer["missing"] == "kubectl -n <namespace> get sa,pod -o yaml"
        assert answer["ignored"][0].startswith("line 2: not the output of a supported")


def known_texts() -> list[str]:
    folder = ROOT / "src/podrole/doctor/texts"
    tables = (yaml.safe_load(file.read_text()) for file in files(folder, "*.yml"))
    rows = (row for table in tables if isinstance(table, list) for row in table)
    return [row["text"] for row in rows if isinstance(row.get("text"), str)]


HCL = [
    'resource "aws_iam_role" "printer" {\n  assume_role_policy = local.trust\n}\n',
    'data "aws_iam_policy_document" "printer" {\n  statement {\n    actions = ["s3:*"]\n  }\n}\n',
    'statement {\n  effect  = "Allow"\n  actions = ["s3:GetObject"]\n}\n',
    'policy = jsonencode({\n  Version = "2012-10-17"\n})\n',
    '{\n  Version = "2012-10-17"\n  Statement = [{ Effect = "Allow" }]\n}\n',
    'locals {\n  name = "printer"\n}\n',
]


class TestHcl:
    """The browser has no reader of HCL: a paste of it is called what it is."""

    @pytest.fixture(autouse=True)
    def as_in_the_browser(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "hcl2", None)

    @pytest.mark.parametrize("text", HCL)
    def test_it_is_named_with_what_reads_it(self, text: str) -> None:
        error = asked("check", policy=text)["error"]
        assert error["message"].startswith("this is Terraform's HCL, which this page does not read")
        assert "podrole lint FILE.tf" in error["message"]

    def test_its_line(self) -> None:
        error = asked("check", policy="# The printer's role.\n\n" + HCL[0])["error"]
        assert error["line"] == 3

    @pytest.mark.parametrize(
        "text", ["resource: x\n", '{"Statement": ', "Action = s3", "Effect: Allow\n", "hello"]
    )
    def test_what_is_not_hcl(self, text: str) -> None:
        assert "HCL" not in json.dumps(asked("check", policy=text))
