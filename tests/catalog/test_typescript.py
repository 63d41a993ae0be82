"""CDK, Pulumi and SDK texts: compiled strictly, run, and the policy comes back."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from podrole.catalog import Snippet
from podrole.catalog.formats.cloudformation import class_name, template
from tests.catalogue import CATALOG
from tests.client_programs import CLIENTS, node_modules
from tests.kept_results import kept
from tests.tools import needs

PROJECT = CLIENTS / "infrastructure"
CDK = [one for one in CATALOG.of("policy") if "cdk-typescript" in CATALOG.formats(one.id)]
PULUMI = [one for one in CATALOG.of("policy") if "pulumi" in CATALOG.formats(one.id)]
#: Those that run as pods are compiled by `tests/apps`.
PROGRAMS = [
    one for one in CATALOG.of("code") if one.language == "typescript" and one.proof == "compiled"
]
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


def _texts() -> dict[str, str]:
    texts = {f"cdk/{one.id}": CATALOG.render(one.id, "cdk-typescript") for one in CDK}
    texts |= {f"pulumi/{one.id}": CATALOG.render(one.id, "pulumi") for one in PULUMI}
    return texts | {f"code/{one.id}": CATALOG.render(one.id, "typescript") for one in PROGRAMS}


def _made(folder: Path) -> dict[str, Any]:
    """Every text through tsc at once; then what the CDK stacks and Pulumi programs make."""
    (folder / "node_modules").symlink_to(node_modules(PROJECT))
    (folder / "package.json").write_text('{"type": "module"}')
    for name, text in _texts().items():
        path = folder / "source" / f"{name}.ts"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    (folder / "tsconfig.json").write_text(
        json.dumps({"compilerOptions": STRICT, "include": ["source"]})
    )
    node, tsc = needs("node"), folder / "node_modules/typescript/bin/tsc"
    done = subprocess.run(
        [node, str(tsc), "--project", str(folder)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    listed = folder / "wanted.json"
    listed.write_text(
        json.dumps({"cdk": {one.id: class_name(one) for one in CDK}, "pulumi": _ids(PULUMI)})
    )
    script = folder / "synthesise.mjs"
    script.write_text((PROJECT / "synthesise.mjs").read_text())
    done = subprocess.run(
        [node, str(script), str(folder / "compiled"), str(listed)],
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    programs = (folder / "compiled" / "code").glob("*.js")
    return {**json.loads(done.stdout), "code": sorted(path.stem for path in programs)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What they make, and which programs compile."""
    node = subprocess.run([needs("node"), "--version"], capture_output=True, text=True).stdout
    files = [(PROJECT / name).read_text() for name in ("package-lock.json", "synthesise.mjs")]
    inputs = [node, json.dumps(STRICT), json.dumps(_texts(), sort_keys=True), *files]
    made: Mapping[str, Any] = kept(
        "typescript", inputs, lambda: _made(tmp_path_factory.mktemp("typescript"))
    )
    return made


def _ids(snippets: list[Snippet]) -> list[str]:
    return [one.id for one in snippets]


def test_every_program_compiles(run: Mapping[str, Any]) -> None:
    assert run["code"] == sorted(snippet.id for snippet in PROGRAMS)


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
