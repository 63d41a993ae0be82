"""Every command sequence, run in the lab by the real CLI after what must have run before it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from podrole.catalog import Catalog, Snippet
from tests.catalog.conftest import Shell
from tests.catalogue import CATALOG
from tests.shell_check import complaints

RESTART = "rollout restart"
COMMANDS = CATALOG.of("commands")
#: Needs a bucket and a built site: test_publishing.py runs it.
ELSEWHERE = {"site-upload"}
#: Must fail, or want what only a page makes: tests/follow runs them.
BY_PAGES = {
    "chain-stranger", "leaked-key", "leaked-key-calls", "leaked-key-session", "pod-run-chain",
    "pod-run-secret", "pods-evidence", "pods-release", "roles-lint",
    "stranger-irsa", "stranger-pod-identity", "stranger-target-role",
    "target-role-delete", "trust-try", "trust-try-stranger",
}  # fmt: skip


def in_order(name: str) -> Iterator[str]:
    """What has to run before a snippet, each once, and the snippet."""
    seen: list[str] = []

    def walk(one: str) -> None:
        for before in CATALOG[one].after:
            walk(before)
        if one not in seen:
            seen.append(one)

    walk(name)
    return iter(seen)


@pytest.mark.parametrize(
    "snippet",
    [one for one in COMMANDS if one.proof == "executed" and one.id not in ELSEWHERE | BY_PAGES],
    ids=lambda snippet: snippet.id,
)
def test_it_runs(shell: Shell, catalog: Catalog, snippet: Snippet) -> None:
    bodies = (catalog[name].body for name in in_order(snippet.id))
    texts = "".join(body for body in bodies if isinstance(body, str))
    for name in re.findall(r"file://([\w-]+)\.json", texts):
        if name in {one.id for one in catalog.of("policy")}:
            (shell.folder / f"{name}.json").write_text(catalog.render(name, "json"))
    restarted = False
    for name in in_order(snippet.id):
        if catalog[name].kind == "manifest":
            shell.run("kubectl apply -f -", stdin=catalog.render(name, "yaml"))
        else:
            format = "cli" if catalog[name].kind == "policy" else "bash"
            script = catalog.render(name, format)
            if restarted and RESTART in script:
                # kubectl refuses two restarts in one second of its own clock: put it back.
                shell.run("kubectl replace -f -", stdin=catalog.render("deployment-app", "yaml"))
            shell.run(script)
            restarted = restarted or RESTART in script


@pytest.mark.parametrize("snippet", COMMANDS, ids=lambda snippet: snippet.id)
def test_the_shell_is_sound(snippet: Snippet) -> None:
    script = "#!/usr/bin/env bash\nset -euo pipefail\n" + CATALOG.render(snippet.id, "bash")
    assert complaints(script) == ""


MODEL_CHECKED = [(one.id, "bash") for one in COMMANDS if one.proof == "model-checked"]
MODEL_CHECKED += [(one.id, "cli") for one in CATALOG.of("policy") if one.holder == "vpc-endpoint"]


@pytest.mark.parametrize(("name", "format"), MODEL_CHECKED)
def test_the_cli_knows_the_arguments(shell: Shell, name: str, format: str) -> None:
    """The lab has no EC2: the CLI parses the command by its model, and calls nothing."""
    shell.run(CATALOG.render(name, format) + " --generate-cli-skeleton output")


def test_what_is_not_run_says_why() -> None:
    for snippet in COMMANDS:
        if snippet.proof != "executed":
            assert snippet.notes, f"{snippet.place}: notes must say why it is {snippet.proof}"
