"""`podrole doctor`, as a reader runs it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from podrole.catalog import Catalog
from podrole.cli import main
from podrole.doctor import diagnose
from podrole.terminal import shell_word
from tests import hostile
from tests.catalog.conftest import Shell, catalog, programs, served, shell  # noqa: F401
from tests.catalogue import CATALOG
from tests.doctor.conftest import Ward
from tests.files import files
from tests.shell_check import complaints


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
    assert "ok      trust policy: admits system:serviceaccount:orders:orders-api" in done.stdout
    assert done.stdout.endswith("\nNo link breaks, as far as these files show.\n")


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


def test_each_fix_is_a_snippet_of_the_catalogue() -> None:
    known = {snippet.id for snippet in CATALOG.snippets}
    fixes = []
    for path in files(Path(diagnose.__code__.co_filename).parent, "*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or len(node.args) != 4:
                continue
            # `trust_link` hands on the name that it was given.
            if ast.unparse(node.func) in {"broken", "unknown", "trust_link"} and not isinstance(
                node.args[3], ast.Name
            ):
                fixes.append(ast.literal_eval(node.args[3]))
    assert len(fixes) > 12
    assert set(fixes) <= known


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file or directory"),
        (b"\xff\xfe", "empty: the command printed nothing"),
        (b"\xff", "is not valid UTF-8"),
        (b"notes", "not the output of a supported"),
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
    assert "--collect prints the commands" in doctor().stderr
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
    assert said.endswith("No link breaks, as far as these files show.\n"), said
    assert "ok      provider" in said
    assert "ok      trust policy" in said


def words(text: str) -> list[str]:
    """The words of commands as bash makes them."""
    script = "set -- " + " ".join(text.split("\n")) + '\nprintf "%s\\n" "$@"'
    return subprocess.run(
        ["bash"], input=script, capture_output=True, text=True, check=True
    ).stdout.split("\n")


@pytest.mark.parametrize(
    "name", ["a b", "$(id)", "a'b", '"; id; "', "`id`", "a>b", "-h", "!!", "é"]
)
def test_the_commands_hold_names_in_quotes(name: str) -> None:
    told = doctor("--collect", f"--cluster={name}", f"--namespace={name}", f"--role={name}").stdout
    quoted = f"={shell_word(name)}" if name.startswith("-") else f" {shell_word(name)}"
    for option in ("--name", "--cluster-name", "--namespace", "--role-name"):
        assert f"{option}{quoted}" in told
    lines = [
        line for line in told.splitlines() if line.startswith(("aws eks desc", "aws iam get-role"))
    ]
    for line in lines:
        assert {name, f"--name={name}", f"--role-name={name}"} & {*words(line.partition(" > ")[0])}


def test_a_name_that_is_not_given_is_left_to_fill_in() -> None:
    told = doctor("--collect").stdout
    for place in ("-n <namespace>", "--name <cluster>", "--role-name <role>"):
        assert place in told


def test_what_the_files_say_cannot_look_like_the_doctor_s_own_lines(tmp_path: Path) -> None:
    """A name that ends a line, moves the cursor or holds a command of a shell."""
    evil = "a\n\nNo link breaks, as far as these files show.\x1b[2K'; id; '"
    pod = {
        "kind": "Pod",
        "metadata": {"name": evil, "namespace": evil},
        "spec": {"containers": [{"name": "c"}]},
    }
    (tmp_path / "pod.json").write_text(json.dumps(pod))
    done = doctor(tmp_path)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    assert lines.count("No link breaks, as far as these files show.") == 1
    assert any(f"look: kubectl -n {shell_word(evil)} get sa,pod" in line for line in lines)


@pytest.mark.parametrize("body", hostile.named({**hostile.YAML, **hostile.JSON}))
def test_any_file_is_evidence_or_one_line(body: bytes, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "file"
    path.write_bytes(body)
    assert main(["doctor", str(path)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"podrole: {path}: ") or "no pod at all" in output.err
    assert output.err.count("\n") == 1
    assert main(["doctor", "--error", str(path)]) in (1, 2)
