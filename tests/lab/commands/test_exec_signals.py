"""What ends a program that runs as a pod, and that its tokens end with it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.lab_process import serving
from tests.lab.stub_lab import Answer, Reader, answering, pod

TOKEN = "/var/run/secrets/token"
#: Says where its token is, and waits for a line. Nothing here minds a signal in its midst.
WAIT = "import os; os.write(1, os.environb[b'TOKEN_FILE'] + b'\\n'); os.read(0, 1)"
#: The command, which renews the pod's files as fast as it can.
IMPATIENT = (
    "import sys; from podrole import cli; from podrole.lab.commands import exec as exec_command;"
    " exec_command._REFRESH_SECONDS = 0.01; sys.exit(cli.main())"
)


def described(text: str = "secret") -> bytes:
    return pod(files={TOKEN: text}, env={"TOKEN_FILE": TOKEN})


@pytest.fixture
def lab() -> Iterator[str]:
    with answering(described()) as endpoint:
        yield endpoint


def started(
    reader: Reader, lab: str, script: str = WAIT, before: str = "signal(SIGHUP, SIG_DFL)"
) -> tuple[subprocess.Popen[str], Path]:
    """A program that runs as a pod, and its token. `before` is what its shell has set."""
    shell = (
        f"import sys, threading; from signal import *; {before};"
        " from podrole import cli; sys.exit(cli.main())"
    )
    command = reader.command(lab, "orders-api", "--", sys.executable, "-c", script)
    process = reader.start([sys.executable, "-c", shell, *command[3:]])
    assert process.stdout is not None
    token = Path(process.stdout.readline().strip())
    assert token.read_text() == "secret"
    return process, token


# -- killed ------------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux's kernel does it")
def test_a_killed_lab_exec_takes_its_program_along(reader: Reader, lab: str) -> None:
    process, _ = started(reader, lab)
    line, process.stdin = process.stdin, None  # which never comes
    assert line is not None
    with line:
        process.kill()
        # The streams end with the last process that has them.
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == -signal.SIGKILL


def test_the_next_start_sweeps_what_a_killed_one_left_and_nothing_else(
    reader: Reader, lab: str
) -> None:
    killed, left = started(reader, lab)
    living, used = started(reader, lab)
    killed.kill()
    killed.communicate(timeout=60)
    assert left.exists(), "a killed process cannot clean up"
    done = reader.execute(lab, "orders-api", "--", "true")
    assert done.returncode == 0, done.stderr
    assert not left.exists()
    assert used.read_text() == "secret"
    living.communicate("\n", timeout=60)
    assert living.returncode == 0
    assert reader.left() == ["home", "tmp"]


def test_a_killed_served_lab_leaves_no_kubeconfig_for_long(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(reader.temporary))
    serve = [sys.executable, "-m", "podrole", "lab", "serve", "--port", "0", "--json"]
    killed = reader.start(serve)
    assert killed.stdout is not None
    left = Path(json.loads(killed.stdout.readline())["kubeconfig"])
    for one in (left, left.parent):
        assert one.stat().st_mode & 0o077 == 0
    killed.kill()
    killed.communicate(timeout=60)
    assert left.exists()
    with serving() as first:
        assert not left.exists()
        with serving():
            assert Path(first["kubeconfig"]).exists(), "its lab lives"
    assert list(reader.temporary.glob("podrole-*")) == []


# -- told to end -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"])
def test_a_signal_reaches_the_program_and_not_its_tokens(
    reader: Reader, lab: str, name: str
) -> None:
    script = f"import signal, sys; signal.signal(signal.{name}, lambda *_: sys.exit(7)); {WAIT}"
    process, token = started(reader, lab, script)
    process.send_signal(signal.Signals[name])
    assert process.wait(timeout=60) == 7  # its input stays open: nothing else can have ended it
    assert process.communicate() == ("", "")
    assert not token.exists()
    assert reader.left() == ["home", "tmp"]


def test_nohup_keeps_a_program_that_others_may_still_end(reader: Reader, lab: str) -> None:
    script = f"import signal, sys; signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7)); {WAIT}"
    process, _ = started(reader, lab, script, before="signal(SIGHUP, SIG_IGN)")
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGUSR1)
    assert process.wait(timeout=60) == 7


def test_a_signal_is_not_lost_that_another_thread_is_told_of(reader: Reader, lab: str) -> None:
    """The kernel chooses the thread: here one that has nothing else to do."""
    before = (
        "threading.Thread(target=threading.Event().wait, daemon=True).start();"
        " pthread_sigmask(SIG_BLOCK, [SIGUSR1])"
    )
    script = (
        "import sys; from signal import *; signal(SIGUSR1, lambda *_: sys.exit(7));"
        f" pthread_sigmask(SIG_UNBLOCK, [SIGUSR1]); {WAIT}"
    )
    process, _ = started(reader, lab, script, before)
    process.send_signal(signal.SIGUSR1)
    assert process.wait(timeout=60) == 7


def test_a_program_that_a_signal_ends_has_a_shells_exit_code(reader: Reader, lab: str) -> None:
    done = reader.execute(lab, "orders-api", "--", "sh", "-c", "kill -TERM $$")
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")


def test_a_signal_before_the_program_runs_ends_it_all(reader: Reader) -> None:
    asked, released = threading.Event(), threading.Event()

    def slow(_path: str) -> Answer:
        asked.set()
        released.wait(60)
        return 200, {}, described()

    with answering(slow) as endpoint:
        ran = reader.home / "ran"
        process = reader.start(reader.command(endpoint, "orders-api", "--", "touch", str(ran)))
        assert asked.wait(60)
        process.terminate()
        output = process.communicate(timeout=60)
        released.set()
    assert (process.returncode, output) == (128 + signal.SIGTERM, ("", ""))
    assert reader.left() == ["home", "tmp"]


@pytest.mark.parametrize(("group", "told"), [("", 1), ("os.setpgid(0, 0)", 0)])
def test_ctrl_c_reaches_the_program_by_the_terminal_alone(
    reader: Reader, lab: str, group: str, told: int
) -> None:
    """Told a second time, many a program breaks off its own way out.

    In a process group of its own, which a terminal does not tell, a program hears nothing.
    """
    script = (
        f"import os; from signal import *; told = 0; {group}\n"
        "pthread_sigmask(SIG_BLOCK, {SIGINT, SIGUSR1}); os.write(1, b'ready\\n')\n"
        "while sigwait({SIGINT, SIGUSR1}) == SIGINT: told += 1\n"
        "os.write(1, b'signals: %d\\n' % told)"
    )
    child, terminal = pty.fork()
    if child == 0:
        command = reader.command(lab, "orders-api", "--", sys.executable, "-c", script)
        os.execve(sys.executable, command, reader.variables)
    shown = b""
    with os.fdopen(terminal, "r+b", buffering=0) as stream:

        def read_to(text: bytes) -> None:
            nonlocal shown
            while text not in shown:
                shown += stream.read(100)

        read_to(b"ready\r\n")
        stream.write(b"\x03")
        read_to(b"^C")  # which the terminal writes when it has told
        # It comes behind whatever the command made of Ctrl-C.
        os.kill(child, signal.SIGUSR1)
        read_to(b"signals: %d\r\n" % told)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


# -- renewed -----------------------------------------------------------------------------


def impatient(reader: Reader, lab: str, script: str) -> subprocess.Popen[str]:
    command = reader.command(lab, "orders-api", "--", sys.executable, "-c", script)
    return reader.start([sys.executable, "-c", IMPATIENT, *command[3:]])


def test_files_are_renewed_through_a_lab_that_is_gone_for_a_while(reader: Reader) -> None:
    answers = iter([(200, {}, described()), (404, {}, b"gone"), (200, {}, b"{}")])
    script = (
        "import os\nwhile (text := open(os.environ['TOKEN_FILE']).read()) == 'secret':\n"
        "    os.sched_yield()\nprint(text)"
    )
    with answering(lambda _: next(answers, (200, {}, described("renewed")))) as endpoint:
        process = impatient(reader, endpoint, script)
        output = process.communicate(timeout=60)
    assert (process.returncode, output) == (0, ("renewed\n", ""))


def test_files_that_can_no_longer_be_written_are_told_once(reader: Reader) -> None:
    """A program that puts a link in the place of a folder leads nothing out of it."""
    outside = reader.folder / "outside"
    outside.mkdir()
    answers = iter([(200, {}, described())])
    script = (
        "import os, shutil, sys; folder = os.path.dirname(os.environ['TOKEN_FILE']);"
        f" os.rename(folder, folder + '.old'); os.symlink({str(outside)!r}, folder);"
        " print('linked', flush=True); sys.stdin.readline()"
    )
    renew = threading.Event()

    def answer(_path: str) -> Answer:
        return next(answers, (200, {}, described("renewed" if renew.is_set() else "secret")))

    with answering(answer) as endpoint:
        process = impatient(reader, endpoint, script)
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "linked\n"
        renew.set()
        said = process.stderr.readline()
        process.communicate("\n", timeout=60)
    assert said.startswith("podrole: the pod's files stay as they are: ")
    assert process.returncode == 0
    assert list(outside.iterdir()) == []


def test_a_lab_that_hangs_does_not_hold_up_the_end(reader: Reader) -> None:
    answers, hung, released = iter([described()]), threading.Event(), threading.Event()

    def answer(_path: str) -> Answer:
        if (first := next(answers, None)) is not None:
            return 200, {}, first
        hung.set()
        released.wait(60)
        return 200, {}, described()

    with answering(answer) as endpoint:
        process = impatient(reader, endpoint, WAIT)
        assert hung.wait(60)
        # The lab is asked with a limit of 30 s.
        process.communicate("\n", timeout=20)
        released.set()
    assert process.returncode == 0
    assert reader.left() == ["home", "tmp"]
