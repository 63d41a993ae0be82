"""CDK texts in Python, synthesised by the CDK: each stack is the template."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from podrole.catalog import Snippet
from podrole.catalog.formats.cloudformation import class_name, template
from tests.catalogue import CATALOG
from tests.client_programs import python_environment
from tests.kept_results import kept
from tests.tools import needs

CDK = [one for one in CATALOG.of("policy") if "cdk-python" in CATALOG.formats(one.id)]
#: The CDK is too large for everyone's environment.
LOCK = Path(__file__).parents[2] / "requirements/cdk.txt"
_APP = """
import importlib, json, sys
from aws_cdk import App
app = App()
for module, name in json.load(sys.stdin):
    getattr(importlib.import_module(module), name)(app, name)
stacks = app.synth().stacks
print(json.dumps({stack.stack_name: stack.template for stack in stacks}))
"""


def _synthesised(folder: Path) -> Mapping[str, Any]:
    for name, text in _texts().items():
        (folder / f"{name}.py").write_text(text)
    asked = [(one.id.replace("-", "_"), class_name(one)) for one in CDK]
    done = subprocess.run(
        [str(python_environment(LOCK)), "-c", _APP],
        cwd=folder,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    made: Mapping[str, Any] = json.loads(done.stdout)
    return made


def _texts() -> dict[str, str]:
    return {one.id.replace("-", "_"): CATALOG.render(one.id, "cdk-python") + "\n" for one in CDK}


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    needs("node")  # jsii runs the CDK in it
    inputs = [sys.version, LOCK.read_text(), _APP, json.dumps(_texts(), sort_keys=True)]
    made: Mapping[str, Any] = kept(
        "cdk-python", inputs, lambda: _synthesised(tmp_path_factory.mktemp("cdk"))
    )
    return made


@pytest.mark.parametrize("snippet", CDK, ids=lambda snippet: snippet.id)
def test_the_stack_is_the_template(stacks: Mapping[str, Any], snippet: Snippet) -> None:
    wanted = template(snippet, CATALOG.values)["Resources"]
    found = stacks[class_name(snippet)]["Resources"]
    assert {key: one for key, one in found.items() if one["Type"] != "AWS::CDK::Metadata"} == wanted
