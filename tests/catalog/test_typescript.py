"""CDK, Pulumi and SDK texts: compiled strictly, run, and the policy comes back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from podrole.catalog import Catalog, Snippet
from podrole.catalog.formats.cloudformation import class_name, template
from tests.lab.tools import CLIENTS, node_modules, tool

CATALOG = Catalog()
PROJECT = CLIENTS / "infrastructure"
CDK = [one for one in CATALOG.of("policy") if "cdk-typescript" in CATALOG.formats(one.id)]
PULUMI = [one for one in CATALOG.of("policy") if "pulumi" in CATALOG.formats(one.id)]
PROGRAMS = [one for one in CATALOG.of("code") if one.language == "typescript"]
STRICT = {
    "strict": True,
    "noUnusedLocals": True,
    "module": "nodenext",
    "target": "es2022",
    "types": ["node"],
    "skipLibCheck": True,
    "outDir": "compiled",
    "rootDir": "source",
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every TypeScript text of the catalogue, through tsc at once."""
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "node_modules").symlink_to(node_modules(PROJECT))
    (folder / "package.json").write_text('{"type": "module"}')
    texts = {f"cdk/{one.id}": CATALOG.render(one.id, "cdk-typescript") for one in CDK}
    texts |= {f"pulumi/{one.id}": CATALOG.render(one.id, "pulumi") for one in PULUMI}
    texts |= {f"code/{one.id}": CATALOG.render(one.id, "typescript") for one in PROGRAMS}
    for name, text in texts.items():
        path = folder / "source" / f"{name}.ts"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    (folder / "tsconfig.json").write_text(
        json.dumps({"compilerOptions": STRICT, "include": ["source"]})
    )
    tsc = folder / "node_modules/typescript/bin/tsc"
    done = subprocess.run(
        [tool("node"), str(tsc), "--project", str(folder)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="module")
def run(compiled: Path) -> Mapping[str, Any]:
    """What the compiled CDK stacks and Pulumi programs make."""
    listed = compiled / "wanted.json"
    listed.write_text(
        json.dumps({"cdk": {one.id: class_name(one) for one in CDK}, "pulumi": _ids(PULUMI)})
    )
    script = compiled / "synthesise.mjs"
    script.write_text((PROJECT / "synthesise.mjs").read_text())
    done = subprocess.run(
        [tool("node"), str(script), str(compiled / "compiled"), str(listed)],
        capture_output=True,
        text=True,
        cwd=compiled,
    )
    assert done.returncode == 0, done.stderr
    made: Mapping[str, Any] = json.loads(done.stdout)
    return made


def _ids(snippets: list[Snippet]) -> list[str]:
    return [one.id for one in snippets]


def test_every_program_compiles(compiled: Path) -> None:
    for snippet in PROGRAMS:
        assert (compiled / "compiled" / "code" / f"{snippet.id}.js").is_file()


@pytest.mark.parametrize("snippet", CDK, ids=lambda snippet: snippet.id)
def test_the_stack_is_the_template(run: Mapping[str, Any], snippet: Snippet) -> None:
    wanted = template(snippet, CATALOG.values)["Resources"]
    found = {
        name: resource
        for name, resource in run["cdk"][snippet.id]["Resources"].items()
        if resource["Type"] != "AWS::CDK::Metadata"
    }
    assert found == wanted


@pytest.mark.parametrize("snippet", PULUMI, ids=lambda snippet: snippet.id)
def test_pulumi_registers_the_policy(run: Mapping[str, Any], snippet: Snippet) -> None:
    inputs = run["pulumi"][snippet.id]["inputs"]
    documents = [
        json.loads(value)
        for value in inputs.values()
        if isinstance(value, str) and value.startswith("{")
    ]
    assert documents == [json.loads(CATALOG.render(snippet.id, "json"))]
