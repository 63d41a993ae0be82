"""Places: a finding points at the text that it is about, in JSON and in YAML."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from podrole.policy.error import PolicyError
from podrole.policy.policy_file import read_policy_file, read_policy_text
from podrole.policy.source_map import json_source_map
from podrole.reading import yaml_document

TEXT = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": ["s3:GetObject",
      "s3:PutObject"], "Resource": "*", "Condition": {
        "StringEquals": {"oidc.example/id/1:sub": "ä\\u00e4\\ud83d\\ude00", "a.b": "1", "a": "2"}
      }
    }
  ]
}
"""


def at(path: str, text: str = TEXT) -> str:
    span = json_source_map(text).find(path)[1]
    return text[span.start.offset : span.end.offset]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("Version", '"2012-10-17"'),
        ("Statement[0].Effect", '"Allow"'),
        ("Statement[0].Action", '["s3:GetObject",\n      "s3:PutObject"]'),
        ("Statement[0].Condition.StringEquals.oidc.example/id/1:sub", '"ä\\u00e4\\ud83d\\ude00"'),
        ("Statement[0].Condition.StringEquals.a.b", '"1"'),
        ("Statement[0].Condition.StringEquals.a", '"2"'),
    ],
)
def test_a_path_leads_to_its_text(path: str, found: str) -> None:
    assert at(path) == found


def test_what_is_missing_is_missed_where_it_should_stand() -> None:
    assert at("Statement[0].Principal").startswith('{"Effect"')
    assert at("Statement[7]").startswith("[")
    assert at("") == TEXT.strip()
    assert json_source_map(TEXT).find("Statement[0].NotAction")[0] == ("Statement", 0)


def test_a_single_statement_without_its_list() -> None:
    text = '{"Statement": {"Effect": "Allow"}}'
    assert at("Statement[0].Effect", text) == '"Allow"'


def test_lines_and_columns() -> None:
    span = json_source_map(TEXT).find("Statement[0].Action")[1]
    assert (span.start.line, span.start.column) == (4, 34)
    assert (span.end.line, span.end.column) == (5, 21)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=30,
    ),
    st.sampled_from([None, 0, 3]),
)
def test_each_span_is_the_text_of_its_element(document: object, indent: int | None) -> None:
    text = json.dumps(document, indent=indent)
    for steps, span in json_source_map(text).spans.items():
        element = document
        for step in steps:
            element = element[step]  # type: ignore[index]
        assert json.loads(text[span.start.offset : span.end.offset]) == element
        assert text[: span.start.offset].count("\n") == span.start.line - 1


def test_yaml(tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_text(
        "Version: 2012-10-17\n"
        "Statement:\n"
        "  # a comment\n"
        "  - Effect: Allow\n"
        "    Action: &all\n"
        "      - s3:*\n"
        "    Resource: '*'\n"
    )
    file = read_policy_file(path)
    assert file.document["Version"] == "2012-10-17"
    assert file.source_map.find("Statement[0].Resource")[1].start.line == 7
    assert file.source_map.find("Statement[0].Action")[0] == ("Statement", 0, "Action")
    assert file.source_map.find("Statement[0].Condition")[1].start.line == 4


def test_a_yaml_alias_that_holds_itself(tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_text("Statement: &a\n  - *a\n")
    with pytest.raises(PolicyError, match=r"line 2, column 5: the alias \*a refers to"):
        read_policy_file(path)


def test_a_key_that_stands_again_takes_the_place() -> None:
    text = '{"a": {"b": 1, "c": 2}, "a": {"b": 3}, "d": 4}'
    source_map = json_source_map(text)
    assert set(source_map.spans) == {(), ("a",), ("a", "b"), ("d",)}
    assert at("a.b", text) == "3"


@pytest.mark.parametrize("end", ["", "\n"])
def test_yaml_has_the_same_places_without_libyaml(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"# é\nVersion: x\r\nStatement:\n  - {{Effect: Allow}}\n  - Action: [a]{end}"
    by_c = read_policy_text(text)
    monkeypatch.setattr(yaml_document, "LOADER", yaml.SafeLoader)
    assert read_policy_text(text) == by_c
