"""`podrole lab exec`: what its program gets and does not get, whatever answers as a lab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.lab.stub_lab import Reader, answering, pod
from tests.tools import needs

SHOW = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))"
TOKEN = "/var/run/secrets/token"


@pytest.mark.parametrize(
    "before",
    [
        ["orders-api", "-n", "orders", "-c", "app"],
        ["-n", "orders", "orders-api", "-c", "app"],
        ["-n", "orders", "-c", "app", "orders-api"],
        ["orders-api", "--namespace=orders", "--container=app"],
    ],
)
def test_options_may_follow_the_pod_and_the_programs_are_its_own(
    reader: Reader, before: list[str]
) -> None:
    program = ["-n", "x", "--help", "--", "--keep-env", "-"]
    with answering(lambda path: (200, {}, pod(env={"ASKED": path}))) as endpoint:
        done = reader.execute(endpoint, *before, "--", sys.executable, "-c", SHOW, *program)
    assert done.returncode == 0, done.stderr
    arguments, variables = json.loads(done.stdout)
    assert arguments == program
    assert variables["ASKED"] == "/_podrole/pods/orders/orders-api?container=app"


@pytest.mark.parametrize(
    "given", [["orders-api"], ["orders-api", "--"], ["orders-api", "ls", "-l"]]
)
def test_a_program_stands_after_two_dashes(reader: Reader, given: list[str]) -> None:
    done = reader.execute("http://127.0.0.1:1", *given)
    assert (done.returncode, done.stdout) == (2, "")
    assert "give the program after --, for example -- python app.py" in done.stderr
    assert "Traceback" not in done.stderr


# -- the program's variables -------------------------------------------------------------


def test_a_program_gets_what_a_pod_has_and_nothing_of_the_readers(reader: Reader) -> None:
    given = {
        "AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_PROFILE": "real", "BOTO_CONFIG": "/real",
        "KUBECONFIG": "/real", "HTTPS_PROXY": "http://proxy:3128", "http_proxy": "http://proxy:1",
        "GOOGLE_APPLICATION_CREDENTIALS": "/real", "SSH_AUTH_SOCK": "/real", "DATABASE_URL": "real",
        "BASH_ENV": "/real", "LD_PRELOAD": "", "PODROLE_LAB_TOKEN": "real",
        "NO_PROXY": "intranet", "TZ": "Europe/Zurich",
        "LC_ALL": "C.UTF-8", "TERM": "dumb", "VIRTUAL_ENV": "/venv",
    }  # fmt: skip
    reach = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_CONFIG_FILE": os.devnull}
    described = pod(
        env={"STAGE": "test", "TZ": "UTC", "AWS_ROLE_ARN": "arn", "TOKEN_FILE": TOKEN},
        files={TOKEN: "secret"},
        reach=reach,
    )
    with answering(described) as endpoint:
        done = reader.execute(endpoint, "orders-api", "--", sys.executable, "-c", SHOW, **given)
    assert done.returncode == 0, done.stderr
    _, found = json.loads(done.stdout)
    found.pop("LC_CTYPE", None)  # Python's own, where the locale is C
    home, token = found.pop("HOME"), found.pop("TOKEN_FILE")
    assert found == {
        "PATH": os.environ["PATH"], "TMPDIR": str(reader.temporary), "LC_ALL": "C.UTF-8",
        "TERM": "dumb", "VIRTUAL_ENV": "/venv",
        "HOSTNAME": "orders-api", "STAGE": "test", "TZ": "UTC", "AWS_ROLE_ARN": "arn", **reach,
        "NO_PROXY": "127.0.0.1,localhost,.localhost,::1",
        "no_proxy": "127.0.0.1,localhost,.localhost,::1",
    }  # fmt: skip
    for path in (home, token):
        assert path.startswith(f"{reader.temporary}/podrole-pod-")
    assert token.endswith(TOKEN)
    assert reader.left() == ["home", "tmp"], "the folder goes with the program"


def test_a_pods_own_folders_and_proxies(reader: Reader) -> None:
    """They are the pod's: below its folder, and with the lab exempt."""
    env = {
        "HOME": "/home/app", "XDG_CACHE_HOME": "/tmp/../cache", "TMPDIR": "/../../scratch",
        "HTTPS_PROXY": "http://proxy.example.com:3128", "NO_PROXY": ".svc", "no_proxy": "*",
    }  # fmt: skip
    script = "import os; os.listdir(os.environ['HOME']); " + SHOW
    with answering(pod(env=env)) as endpoint:
        done = reader.execute(endpoint, "orders-api", "--", sys.executable, "-c", script)
    assert done.returncode == 0, done.stderr
    _, found = json.loads(done.stdout)
    inside, _, _ = found["HOME"].partition("/home/app")
    assert inside.startswith(f"{reader.temporary}/podrole-pod-")
    assert found["XDG_CACHE_HOME"] == f"{inside}/cache"
    assert found["TMPDIR"] == f"{inside}/scratch"
    assert found["HTTPS_PROXY"] == env["HTTPS_PROXY"]
    assert found["NO_PROXY"] == ".svc,127.0.0.1,localhost,.localhost,::1"
    assert found["no_proxy"] == "*"


def test_the_reader_may_keep_what_they_name(reader: Reader) -> None:
    (reader.home / "settings").write_text("mine")
    script = "import os; print(open(os.path.expanduser('~/settings')).read(), os.environ['BUCKET'])"
    keep = ["--keep-env", "HOME", "--keep-env=BUCKET", "--keep-env=ABSENT"]
    with answering(pod()) as endpoint:
        done = reader.execute(
            endpoint, "orders-api", *keep, "--", sys.executable, "-c", script, BUCKET="orders"
        )
        assert (done.returncode, done.stdout) == (0, "mine orders\n"), done.stderr
        refused = reader.execute(endpoint, "orders-api", "--keep-env", "AWS_PROFILE", "--", "true")
    assert refused.returncode == 2
    assert refused.stderr == (
        "podrole: --keep-env AWS_PROFILE: a pod has AWS variables of its own; to set one for the"
        " program alone, give -- env AWS_PROFILE=VALUE PROGRAM\n"
    )


@pytest.mark.parametrize(
    ("program", "arguments", "says"),
    [
        ("python", ["-c", "import boto3; print('started')"], "started"),
        ("go", ["run", "main.go"], "started"),
        ("node", ["-e", "console.log('started')"], "started"),
        ("java", ["--version"], "Runtime Environment"),  # one without a compiler will do
    ],
)
def test_a_developers_tools_start_without_their_home(
    reader: Reader, program: str, arguments: list[str], says: str
) -> None:
    path = sys.executable if program == "python" else needs(program)
    (reader.folder / "main.go").write_text(
        'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("started") }\n'
    )
    with answering(pod()) as endpoint:
        done = subprocess.run(
            reader.command(endpoint, "orders-api", "--", path, *arguments),
            cwd=reader.folder,
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, "TMPDIR": str(reader.temporary)},
        )
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
    assert list(reader.temporary.glob("podrole-*")) == []


# -- what a pod may not set --------------------------------------------------------------


def test_a_pod_runs_no_code_outside_of_a_container(reader: Reader) -> None:
    """A shell's start-up file, and a folder with programs of its own."""
    touched = reader.folder / "touched"
    script = reader.folder / "script"
    script.write_text(f": > {touched}\n")
    env = {"BASH_ENV": str(script), "STAGE": "test", "PATH": str(reader.folder)}
    with answering(pod(env=env)) as endpoint:
        done = reader.execute(endpoint, "orders-api", "-n", "orders", "--", "bash", "-c", "true")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            "podrole: pod orders/orders-api sets variables that act on this machine outside of any"
            " container (BASH_ENV: a shell runs code by it at its start, at a prompt or at a trace;"
            " PATH: programs are found by it). Remove them from the pod, or allow them:"
            " --allow-env BASH_ENV --allow-env PATH\n"
        )
        assert not touched.exists()
        let_through = ["--allow-env", "BASH_ENV", "--allow-env", "PATH"]
        done = reader.execute(endpoint, "orders-api", *let_through, "--", "/bin/bash", "-c", ":")
    assert done.returncode == 0, done.stderr
    assert touched.exists(), "the test's own trap works"


@pytest.mark.parametrize(
    "env",
    [{"A=B": "x"}, {"": "x"}, {"A\0": "x"}, {"A": "x\0y"}, {"A": "\ud800"}, {"\ud800": "x"}],
    ids=repr,
)
def test_a_variable_that_no_program_can_have_is_one_line(
    reader: Reader, env: dict[str, str]
) -> None:
    with answering(pod(env=env)) as endpoint:
        done = reader.execute(endpoint, "orders-api", "--", "true")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("podrole: pod default/orders-api: a program cannot get the variable ")


def test_more_variables_than_a_program_can_have_are_one_line(reader: Reader) -> None:
    with answering(pod(env={f"A{index}": "x" * 100_000 for index in range(35)})) as endpoint:
        done = reader.execute(endpoint, "orders-api", "--", "true")
    assert (done.returncode, done.stderr) == (2, "podrole: true: Argument list too long\n")


# -- where its files go ------------------------------------------------------------------

ESCAPES = [
    "/../../escaped", "../../../escaped", "/a/../../../../escaped", "//../escaped", "/..",
    "/./../../escaped/x", "/a/b/c/../../../../../x",
]  # fmt: skip


@pytest.mark.parametrize("path", ESCAPES)
def test_nothing_is_written_outside_the_folder(reader: Reader, path: str) -> None:
    """From the root, `..` leads to the root, as in a container."""
    script = (
        "import os, pathlib; here = pathlib.Path(os.environ['HOME']).parent / 'files';"
        "print([str(p.relative_to(here)) for p in here.rglob('*') if p.is_file()],"
        " os.environ['TOKEN_FILE'].startswith(str(here)))"
    )
    described = pod(files={path: "secret"}, env={"TOKEN_FILE": path if path[0] == "/" else ""})
    with answering(described) as endpoint:
        done = reader.execute(endpoint, "orders-api", "--", sys.executable, "-c", script)
    if path == "/..":
        assert done.stderr == "podrole: pod default/orders-api has the path '/..': names no file\n"
    else:
        shown = os.path.normpath("/" + path).strip("/")
        assert done.stdout == f"{[shown]} {path[0] == '/'}\n", done.stderr
    assert reader.left() == ["home", "tmp"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"": "x"}, "has the path '': names no file"),
        ({"/": "x"}, "has the path '/': names no file"),
        ({"/a\0b": "x"}, "has the path '/a\\x00b': a path with a NUL character"),
        ({"/\ud800": "x"}, "has the path '/\\ud800': no file system has such a path"),
        ({"/" + "a" * 2000: "x"}, "a path of 2001 bytes; 1024 are taken"),
        ({"/" + "a" * 300: "x"}, "the pod's files cannot be written: "),
        ({"/" + "a/" * 40 + "b": "x"}, "deeper than 32 folders"),
        ({"/a": "x", "/a/b": "x"}, "the pod's files cannot be written: a: Not a directory"),
        ({"/a/b": "x", "/a": "x"}, "the pod's files cannot be written: "),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_path_that_no_file_can_have_is_one_line(
    reader: Reader, files: dict[str, str], said: str
) -> None:
    with answering(pod(files=files)) as endpoint:
        done = reader.execute(endpoint, "orders-api", "--", "true")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("podrole: ")
    assert said in line
    assert reader.left() == ["home", "tmp"]


# -- what answers and is no lab ----------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "is not a lab (no JSON)"),
        (b"\xff\xfe{", "is not a lab (no JSON)"),
        (b"[" * 100_000, "is not a lab (no JSON)"),
        (b"[]", "is not a lab (no pod)"),
        (b"{}", "is not a lab (no pod)"),
        (pod(name=1), "is not a lab (no pod)"),
        (pod(env=None), "is not a lab (env: no texts by name)"),
        (pod(env={"A": 1}), "is not a lab (env: no texts by name)"),
        (pod(files=["/etc/passwd"]), "is not a lab (files: no texts by name)"),
        (pod(reach={"LD_PRELOAD": "/x.so"}), "it leads the program elsewhere by 'LD_PRELOAD'"),
        (
            pod(reach={"AWS_ENDPOINT_URL": "https://sts.amazonaws.com"}),
            "it leads the program elsewhere by 'AWS_ENDPOINT_URL'",
        ),
        (
            pod(reach={"AWS_ENDPOINT_URL": "http://127.0.0.1/\ud800"}),
            "it leads the program elsewhere by 'AWS_ENDPOINT_URL'",
        ),
        (
            pod(reach={"AWS_CONFIG_FILE": "/tmp/config"}),
            "it leads the program elsewhere by 'AWS_CONFIG_FILE'",
        ),
        (b'"' + b"x" * 5_000_000 + b'"', "an answer of more than 4194304 bytes"),
        ((302, {"Location": "http://192.0.2.1/"}, b""), "answers 302"),
        ((500, {}, b"\x1b]0;owned\x07\nsecond line"), " ]0;owned  second line"),
        ((200, {"Content-Length": "100"}, b"{"), "is not a lab (no JSON)"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_lab_is_one_line(reader: Reader, answer: Any, said: str) -> None:
    with answering(answer) as endpoint:
        done = reader.execute(endpoint, "orders-api", "--", "touch", str(reader.home / "ran"))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("podrole: ")
    assert said in line
    assert reader.left() == ["home", "tmp"]


@pytest.mark.parametrize(
    "endpoint",
    [
        "file://localhost/etc/passwd", "ftp://localhost/x", "http://[", "http://127.0.0.1:99999999",
        "http://127.0.0.1@192.0.2.1/", "http://192.0.2.1", "localhost:4566", "http://127.0.0.1:1/\n",
    ],
)  # fmt: skip
def test_an_endpoint_elsewhere_is_one_line(reader: Reader, endpoint: str) -> None:
    done = reader.execute(endpoint, "orders-api", "--", "true")
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not on this machine: give --endpoint http://127.0.0.1:PORT\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_says_what_is_dropped(reader: Reader) -> None:
    shown = reader.execute("http://127.0.0.1:1", "--help").stdout
    for name in ("AWS_*", "BOTO_CONFIG", "KUBECONFIG", "HTTPS_PROXY", "HOME", "--keep-env",
                 "--allow-env", "LD_PRELOAD", "VIRTUAL_ENV"):  # fmt: skip
        assert name in shown
