"""The files of the catalogue have the shape that their schemas, and an editor, know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from podrole.catalog import snippet as known
from podrole.reading.yaml_document import LOADER
from tests.files import files

SNIPPETS = Path(__file__).parents[2] / "snippets"
FILES = files(SNIPPETS, "*/*.yml")


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SNIPPETS / "schema" / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def validate(content: Any, name: str) -> None:
    jsonschema.Draft202012Validator(SCHEMAS[name]).validate(content)


SCHEMAS = {name: schema(name) for name in ("policy", "text", "parameters")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_fits_and_names_its_schema(path: Path) -> None:
    name = "policy" if path.parent.name == "policies" else "text"
    text = path.read_text()
    assert text.startswith(f"# yaml-language-server: $schema=../schema/{name}.json\n")
    validate(yaml.load(text, LOADER), name)


def test_the_parameters() -> None:
    text = (SNIPPETS / "parameters.yml").read_text()
    assert text.startswith("# yaml-language-server: $schema=schema/parameters.json\n")
    validate(yaml.load(text, LOADER), "parameters")


@pytest.mark.parametrize("wrong", [{"colour": "red"}, {"use": "fun"}, {"cases": []}, {"layer": 1}])
def test_what_does_not_fit_is_refused(wrong: dict[str, Any]) -> None:
    entry = yaml.safe_load((SNIPPETS / "policies/trust-irsa-exact.yml").read_text())
    with pytest.raises(jsonschema.ValidationError):
        validate({**entry, **wrong}, "policy")


def test_schema_and_loader_know_the_same() -> None:
    policy, text = SCHEMAS["policy"]["properties"], SCHEMAS["text"]["properties"]
    assert policy["use"]["enum"] == list(known.USES) == text["use"]["enum"]
    assert policy["mechanism"]["items"]["enum"] == list(known.MECHANISMS)
    assert policy["layer"]["enum"] == list(known.LAYERS)
    assert policy["status"]["enum"] == list(known.STATUSES)
    assert text["proof"]["enum"] == list(known.PROOFS)
    assert text["language"]["enum"] == list(known.LANGUAGES)
    assert set(policy) == known.POLICY_KEYS
    assert set(text) == known.TEXT_KEYS
