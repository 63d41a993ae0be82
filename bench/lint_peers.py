"""One peer of `bench/lint_recall.py`, run in the peer's own environment: policies in, answers out.

Reads rows as JSON on stdin, prints a list of booleans: whether the tool named by the first argument
reports each.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any


def parliament(rows: list[dict[str, Any]]) -> list[bool]:
    """Any finding, or a text that it cannot analyse."""
    from parliament import analyze_policy_string  # type: ignore[import-not-found]

    def one(row: dict[str, Any]) -> bool:
        try:
            return bool(analyze_policy_string(json.dumps(row["policy"])).findings)
        except Exception:
            return True

    return [one(row) for row in rows]


def cloudsplaining(rows: list[dict[str, Any]]) -> list[bool]:
    """Any of the risks that its report counts; it reads identity policies."""
    from cloudsplaining.scan.policy_document import (  # type: ignore[import-not-found]
        PolicyDocument,
    )

    def one(row: dict[str, Any]) -> bool:
        if row["kind"] != "identity":
            return False
        try:
            policy = PolicyDocument(row["policy"])
            return bool(
                policy.allows_privilege_escalation
                or policy.permissions_management_without_constraints
                or policy.allows_data_exfiltration_actions
                or policy.credentials_exposure
                or policy.service_wildcard
                or policy.write_actions_without_constraints
            )
        except Exception:
            return True

    return [one(row) for row in rows]


def checkov(rows: list[dict[str, Any]]) -> list[bool]:
    """Failed checks of a CloudFormation template with one role or policy for each row."""
    resources: dict[str, Any] = {}
    for number, row in enumerate(rows):
        policy = row["policy"]
        if row["kind"] == "trust":
            held = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": policy}}
        else:
            held = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy}}
        resources[f"R{number}"] = held
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.json"
        file.write_text(json.dumps({"Resources": resources}))
        program = Path(sys.executable).parent / "checkov"
        command = [str(program), "-f", str(file), "-o", "json", "--compact", "--quiet"]
        offline = ["--framework", "cloudformation", "--skip-download"]
        done = subprocess.run([*command, *offline], capture_output=True, text=True)
    failed = json.loads(done.stdout)["results"]["failed_checks"]
    names = {check["resource"].rpartition(".")[2] for check in failed}
    return [f"R{number}" in names for number in range(len(rows))]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    tools = {"parliament": parliament, "cloudsplaining": cloudsplaining, "checkov": checkov}
    print(json.dumps(tools[sys.argv[1]](json.load(sys.stdin))))
