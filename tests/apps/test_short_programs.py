"""Short code for each job: refused without the permission, allowed with it, by the lab's answers.

`make test` runs Python, Go and TypeScript by IRSA; `make test-sdks` runs Java and Rust too, and all
of them by both mechanisms.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

import pytest

from tests.apps.conftest import MECHANISMS, SESSION_SECONDS, SHORT_SECONDS
from tests.apps.short_programs import ALL, JOBS, LANGUAGES, Pods, build, source
from tests.catalogue import CATALOG
from tests.lab.lab_process import serving

#: Each costs two labs. With IRSA the SDK has to do more by itself.
RUN_BY = MECHANISMS if ALL else ["irsa"]
LINES = 25
CASES = [
    (f"{job}-{language}", mechanism)
    for mechanism in RUN_BY
    for language in LANGUAGES
    for job in JOBS
]
#: No machine is so slow; a program that goes on without the wanted words ends here.
LONGEST = 240
#: What the guide says not to do.
COPIED = "refresh-copied-python"
OTHER_TENANT = "narrow-{}-other"
PROGRAMS = [one.id for one in CATALOG.of("code") if one.id.partition("-")[0] in JOBS]


@dataclass
class Seen:
    """What programs do by one mechanism: exit code and text of each run, by program."""

    before: dict[str, tuple[int, str]] = field(default_factory=dict)
    after: dict[str, tuple[int, str]] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)


Commands = dict[str, list[str]]


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """Every program, built; and the one for a tenant, when it reaches for another's objects."""
    found: Commands = {}
    for language in LANGUAGES:
        names = [f"{job}-{language}" for job in JOBS]
        texts = {name: source(name, SHORT_SECONDS + 1) for name in names}
        own = texts[f"narrow-{language}"]
        assert own.count("tenant-a/done") == 1
        texts[OTHER_TENANT.format(language)] = own.replace("tenant-a/done", "tenant-b/done")
        if language == "python":
            texts[COPIED] = source(COPIED, SHORT_SECONDS + 1)
        found |= build(language, texts, tmp_path_factory.mktemp(language))
    return found


@pytest.fixture(scope="module")
def seen(commands: Commands) -> Iterator[dict[str, Seen]]:
    """Without the permissions, then with them: programs that run for months meet both."""
    with ThreadPoolExecutor(len(RUN_BY)) as side_by_side:
        started = {one: side_by_side.submit(_seen, commands, one) for one in RUN_BY}
        yield {mechanism: one.result() for mechanism, one in started.items()}


def _seen(commands: Commands, mechanism: str) -> Seen:
    names = [name for name, one in CASES if one == mechanism]
    months = [name for name in names if name.startswith("refresh")]
    once = [name for name in names if name not in months]
    others = [f"{name}-other" for name in once if name.startswith("narrow")]
    seen = Seen()
    with (
        serving() as long,
        serving("--session-seconds", str(SESSION_SECONDS[mechanism])) as short,
        ThreadPoolExecutor(os.cpu_count() or 1) as pool,
    ):
        pods, renewed = Pods(long, once, mechanism), Pods(short, [*months, COPIED], mechanism)
        running = {name: _start(renewed.command(name, commands[name])) for name in months}
        try:
            for name, one in running.items():
                seen.before[name] = (0, _until(one, REFUSED["refresh"]))
            renewed.grant()
            copied = pool.submit(_ran, renewed, COPIED, commands)
            seen.before |= _all(pool, pods, once, commands)
            pods.grant()
            opened = {name: pods.sessions(name) for name in once}
            seen.after |= _all(pool, pods, [*once, *others], commands)
            seen.sessions = {name: pods.sessions(name) - opened[name] for name in once}
            seen.marks = pods.marks()
            for name, one in running.items():
                seen.after[name] = (0, _until(one, "1 objects"))
            seen.after[COPIED] = copied.result()
            seen.sessions |= {name: renewed.sessions(name) for name in months}
        finally:
            for one in running.values():
                one.terminate()
                one.communicate()
    return seen


def _all(
    pool: ThreadPoolExecutor, pods: Pods, names: list[str], commands: Commands
) -> dict[str, tuple[int, str]]:
    runs = {name: pool.submit(_ran, pods, name, commands) for name in names}
    return {name: run.result() for name, run in runs.items()}


def _ran(pods: Pods, name: str, commands: Commands) -> tuple[int, str]:
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            commands[name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            env=pods.environment(name.removesuffix("-other"), Path(folder)),
        )
    return done.returncode, done.stdout


def _start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )


def _until(running: subprocess.Popen[str], wanted: str) -> str:
    """What a program prints, up to a text; without it, all that it prints before it ends."""
    printed = ""
    assert running.stdout is not None
    end = Timer(LONGEST, running.terminate)
    end.start()
    for line in running.stdout:
        printed += line
        if wanted in line:
            break
    end.cancel()
    return printed


REFUSED = {
    "chain": "is not authorized to perform: sts:AssumeRole on resource: ",
    "narrow": "is not authorized to perform: sts:AssumeRole on resource: ",
    "secret": "because no identity-based policy allows the secretsmanager:GetSecretValue action",
    "client": "because no identity-based policy allows the s3:ListBucket action",
    "refresh": "because no identity-based policy allows the s3:ListBucket action",
}


@pytest.mark.parametrize(("name", "mechanism"), CASES)
class TestAsAPod:
    def test_it_is_refused_without_the_permission(
        self, seen: dict[str, Seen], name: str, mechanism: str
    ) -> None:
        code, said = seen[mechanism].before[name]
        job = name.partition("-")[0]
        assert REFUSED[job] in said
        assert (code == 0) == (job == "refresh"), "only this one goes on"

    def test_it_works_with_it(self, seen: dict[str, Seen], name: str, mechanism: str) -> None:
        code, said = seen[mechanism].after[name]
        assert code == 0, said
        match name.partition("-")[0]:
            case "chain":
                assert f"arn:aws:sts::444455556666:assumed-role/{name}-target/" in said
            case "secret":
                assert "fish" not in said
                assert "a password of 4 characters" in said or "a secret of 20 characters" in said
            case "narrow":
                assert "in/tenant-a/done" in seen[mechanism].marks
            case "client":
                assert said.split()[-1] in ("1", "24"), said
            case _:
                assert "1 objects" in said


@pytest.mark.parametrize(
    ("name", "mechanism"), [one for one in CASES if one[0].startswith("narrow")]
)
def test_the_session_is_narrower_than_the_role(
    seen: dict[str, Seen], name: str, mechanism: str
) -> None:
    code, said = seen[mechanism].after[f"{name}-other"]
    assert code != 0
    assert "because no session policy allows the s3:PutObject action" in said
    assert "in/tenant-b/done" not in seen[mechanism].marks


@pytest.mark.parametrize(
    ("name", "mechanism"), [one for one in CASES if one[0].startswith("client")]
)
def test_one_client_opens_one_session(seen: dict[str, Seen], name: str, mechanism: str) -> None:
    """With Pod Identity the agent still has that of the run before."""
    assert seen[mechanism].sessions[name] == (1 if mechanism == "irsa" else 0)


@pytest.mark.parametrize(
    ("name", "mechanism"), [one for one in CASES if one[0].startswith("refresh")]
)
def test_it_renews_its_session(seen: dict[str, Seen], name: str, mechanism: str) -> None:
    assert seen[mechanism].sessions[name] > 1


@pytest.mark.parametrize("mechanism", RUN_BY)
def test_a_copy_of_the_keys_expires(seen: dict[str, Seen], mechanism: str) -> None:
    code, said = seen[mechanism].after[COPIED]
    assert code == 1
    assert said.startswith("1 objects\n")
    assert "(ExpiredToken)" in said


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_is_short(name: str) -> None:
    snippet = CATALOG[name]
    assert len(snippet.body.rstrip().splitlines()) <= LINES
    assert snippet.proof == "executed"


def test_every_job_is_there_in_every_language() -> None:
    languages = ("python", "go", "typescript", "java", "rust")
    wanted = {f"{job}-{one}" for job in JOBS for one in languages}
    assert wanted <= set(PROGRAMS)
