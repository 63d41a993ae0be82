"""The conformance suite as data: each case is whole, has a source, and fits the export's schema."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from podrole.cli import main
from podrole.conformance import suite
from podrole.conformance.suite import SuiteError, cases, export
from podrole.site.pages.data_table import read_data

DATA = Path(__file__).parents[2] / "docs/data/conformance.yml"
_VARIABLE = re.compile(r"\$\{(\w+)\}")
#: Texts that a source has for another case.
SEEN = {case.then.message for case in cases() if case.basis != "inferred"}
#: What a run fills in beside what steps save.
SHARED = {"n", "account", "region", "issuer", "provider", "cluster", "other_account"}


def test_the_export_fits_its_schema(tmp_path: Path) -> None:
    text = (resources.files("podrole.conformance") / "suite.schema.json").read_text()
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    place = tmp_path / "suite.json"
    assert main(["conformance", "--export", str(place)]) == 0
    exported = json.loads(place.read_text())
    jsonschema.Draft202012Validator(schema).validate(exported)
    assert len(exported["cases"]) >= 300
    assert exported == export()
    assert exported["variables"].keys() == SHARED


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_case_is_whole(case: Any) -> None:
    """Whatever it names, a step before has made; and no text of the lab's is told as AWS's."""
    known, callers = set(SHARED), {"operator", "other", "anonymous", "unknown"}
    for step in (*case.given, {**case.when}):
        used = set(_VARIABLE.findall(json.dumps(step)))
        assert used <= known, step
        assert step.get("as", "operator") in callers, step
        known |= set(step.get("save", {})) | (
            {"token"} if {"token", "pod-token"} & set(step) else set()
        )
        callers |= {step["session"]} if "session" in step else set()
        callers |= {step["keys"]["name"]} if "keys" in step else set()
    told = json.dumps(case.then.document())
    assert set(_VARIABLE.findall(told)) <= known
    assert "lab:" not in told
    assert "$" not in re.sub(r"\$\{", "", told), "a parameter that the case does not give"
    if case.basis == "inferred" and case.then.message and not case.source.startswith("http"):
        assert case.then.message in SEEN


def test_the_page_counts_the_cases() -> None:
    counted = {row["area"]: int(row["cases"]) for row in read_data(DATA)["rows"]}
    areas = Counter(case.area for case in cases())
    assert counted == {**areas, "all": sum(areas.values())}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"given": [{"use": "nothing"}]}, "there is no scene 'nothing'"),
        ({"given": [{"use": "role", "color": "red"}]}, "the scene role takes name"),
        ({"then": None}, "KeyError"),
    ],
)
def test_a_fault_of_a_file_names_the_case(change: dict[str, Any], said: str) -> None:
    row = {"id": "x", "title": "x", "when": {"call": "sts.GetCallerIdentity"}, "then": "accepted"}
    group = {"basis": "inferred", "source": "x", "cases": [{**row, **change}]}
    scenes = {"role": {"defaults": {"name": "x"}, "steps": []}}
    with pytest.raises(SuiteError, match=rf"^made\.yaml: x: .*{re.escape(said)}"):
        list(suite._of_group("made.yaml", "made", group, scenes))
