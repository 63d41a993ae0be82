"""`podrole follow`: what a writer sees of a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from podrole.cli import main
from podrole.follow import follow_command
from podrole.follow.followed_lab import followed_lab

FRONT = "---\ndescription: x\n---\n\n# Title\n\n"


@pytest.fixture
def follow(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_command, "followed_lab", lambda: followed_lab(tools))


@pytest.mark.usefixtures("follow")
def test_each_step_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        f'{FRONT}## Look\n\n{{{{ snippet "whoami" }}}}\n\n```output title="It prints"\n'
        '…platform-admin…\n```\n\n{{ snippet "tf-agent-addon" }}\n\n{{ snippet "namespace" '
        "format=kubectl }}\n"
    )
    assert main(["follow", str(page)]) == 1
    told = capsys.readouterr().out
    assert "# Not run: line 15 (Look): tf-agent-addon: the lab runs no Terraform" in told
    assert "ok   Look: whoami\n" in told
    assert ":assumed-role/platform-admin/you" in told
    assert "ok   … and says what the page says" in told
    assert "ok   Look: namespace\n       | namespace/orders created" in told
    assert "namespaces orders is left behind" in told
    assert "4 steps, 1 did not go as the page says." in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["irsas"], "no page 'irsas'; there are abac-and-session-policies, "),
        (["snippets", "--tab", "Bicep"], "the page has no tab 'Bicep'"),
    ],
)
@pytest.mark.usefixtures("follow")
def test_what_is_not_there_is_named(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["follow", *arguments]) == 2
    assert says in capsys.readouterr().err
