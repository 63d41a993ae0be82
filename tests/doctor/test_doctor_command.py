"""`podrole doctor`, as a reader runs it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from podrole.catalog import Catalog
from podrole.doctor import diagnose
from tests.catalog.conftest import Shell, catalog, programs, served, shell  # noqa: F401
from tests.catalogue import CATALOG
from tests.files import files
from tests.shell_check import complaints

from .conftest import Ward


def doctor(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "podrole", "doctor", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture
def folder(ward: Ward, tmp_path: Path) -> Path:
    ward.setup.irsa_pod()
    for number, text in enumerate(ward.outputs()):
        (tmp_path / f"output-{number}").write_text(text)
    return tmp_path


def test_a_whole_chain(folder: Path) -> None:
    done = doctor(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ok      trust policy: lets system:serviceaccount:orders:orders-api in" in done.stdout
    assert done.stdout.endswith("\nNo link is seen to break.\n")


def test_a_broken_chain(ward: Ward, folder: Path) -> None:
    ward.setup.iam.update_assume_role_policy(
        RoleName="orders-api",
        PolicyDocument=json.dumps(ward.setup.irsa_trust(subject="system:serviceaccount:orders:*")),
    )
    (folder / "output-6").write_text(list(ward.outputs())[-1])
    done = doctor(folder, "--namespace", "orders")
    assert (done.returncode, done.stderr) == (1, "")
    assert "BROKEN  trust policy: refuses system:serviceaccount:orders:orders-api" in done.stdout
    assert "take: podrole snippet show trust-irsa-exact" in done.stdout
    assert done.stdout.endswith("\nThe chain breaks at: trust policy\n")
    links = json.loads(doctor(folder, "--json").stdout)
    assert [link["name"] for link in links if link["state"] == "broken"] == ["trust policy"]


def test_each_mend_is_a_snippet_of_the_catalogue() -> None:
    known = {snippet.id for snippet in CATALOG.snippets}
    mends = []
    for path in files(Path(diagnose.__code__.co_filename).parent, "*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or len(node.args) != 4:
                continue
            # `trust_link` hands on the name that it was given.
            if ast.unparse(node.func) in {"broken", "unknown", "trust_link"} and not isinstance(
                node.args[3], ast.Name
            ):
                mends.append(ast.literal_eval(node.args[3]))
    assert len(mends) > 12
    assert set(mends) <= known


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file or directory"),
        (b"\xff\xfe", "is no text in UTF-8"),
        (b"notes", "none of the outputs"),
        (b"a: [", "neither JSON nor YAML"),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "evidence"
    if content is not None:
        path.write_bytes(content)
    done = doctor(path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"podrole: {path}: ")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_nothing_given(tmp_path: Path) -> None:
    assert "--collect prints how" in doctor().stderr
    assert "the folder is empty" in doctor(tmp_path).stderr


COLLECT = ("--collect", "-n", "orders", "--cluster", "demo", "--role", "orders-api-prod")


def test_the_commands_that_collect_are_sound() -> None:
    assert complaints(doctor(*COLLECT).stdout) == ""


def test_the_commands_collect_what_it_reads(shell: Shell, catalog: Catalog) -> None:  # noqa: F811
    """By the real kubectl and the real AWS CLI, against the lab."""
    for name, form in (
        ("oidc-provider-create", "bash"),
        ("trust-irsa-exact", "cli"),
        ("namespace", "yaml"),
        ("sa-annotated", "yaml"),
        ("deployment-app", "yaml"),
    ):
        text = catalog.render(name, form)
        if form == "yaml":
            shell.run("kubectl apply -f -", stdin=text)
        else:
            shell.run(text)
    said = shell.run(doctor(*COLLECT).stdout)
    assert said.endswith("No link is seen to break.\n"), said
    assert "ok      provider" in said
    assert "ok      trust policy" in said
