"""The site where Node.js was missing: nothing on it waits for a Python that is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from podrole.site.source.site_source import SiteSource
from tests.site.site_build import copy_source

CHECKERS = ["check/policy.md", "check/pod.md"]
NOTEBOOK = "notebooks/02-irsa.ipynb"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_source(tmp_path_factory.mktemp("source") / "root")


@pytest.fixture(scope="module")
def without(root: Path) -> SiteSource:
    return SiteSource.load(root)


@pytest.mark.parametrize("path", CHECKERS)
def test_a_checker_s_page_says_why_there_is_none(without: SiteSource, path: str) -> None:
    text = without.markdown(path)
    assert '!!! note "This copy of the guide was built without Node.js"\n' in text
    assert "Without it, " in text
    assert "needs JavaScript" not in text
    assert "<script" not in text


def test_a_notebook_has_no_button_to_run_it(without: SiteSource) -> None:
    assert "run.js" not in without.markdown(NOTEBOOK)


def test_with_python_they_are_there(root: Path) -> None:
    packed = root / ".cache/python"
    packed.mkdir(parents=True)
    (packed / "bundle.json").write_text(json.dumps({"transfer": 1}))
    whole = SiteSource.load(root)
    for path in CHECKERS:
        assert 'src="../../assets/checker/' in whole.markdown(path)
        assert '!!! note "This needs JavaScript"' in whole.markdown(path)
    assert "run.js" in whole.markdown(NOTEBOOK)
