"""A program that runs as a pod, and that ends with the process which started it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

#: What ends a program or speaks to it. The keyboard's own (Ctrl-Z, the window's size) reach it
#: without us.
_PASSED_ON = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_FROM_KEYBOARD = (signal.SIGINT, signal.SIGQUIT)
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Interrupted(BaseException):
    """A signal came before the program was there to get it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        #: As a shell says it: 130 for Ctrl-C.
        self.exit_code = 128 + number


class ProgramError(OSError):
    """The program could not be started."""


class PodProcess:
    """Passes signals on to a program, from before it runs until its end.

    Made in the main thread, once in a process: it takes the process's signals.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = False
        self._early: list[int] = []
        for number in _PASSED_ON:
            # `nohup` has SIGHUP ignored, and means it; a shell's `&` has SIGINT ignored by habit.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._passed_on)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # or it would wake nobody
        self._awake, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def run(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        meanwhile: Callable[[], None],
        inherited: Sequence[int] = (),
    ) -> int:
        """Run the program to its end; its exit code, or 128 and the signal that ended it.

        Calls `meanwhile()` when it runs, which may still refuse it. The program inherits these
        descriptors. Raises ProgramError where it could not be started.
        """
        self._starting = True
        try:
            process = subprocess.Popen(  # noqa: S603  (the reader's own program)
                command, env=variables, preexec_fn=_end_with_parent(), pass_fds=inherited
            )
        except OSError as error:
            raise ProgramError(error.errno, error.strerror) from error
        self._process = process
        try:
            for number in self._early:
                process.send_signal(number)
            meanwhile()
            code = self._wait(process)
        finally:
            if process.poll() is None:
                process.kill()
        return code if code >= 0 else 128 - code

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        """The program's own exit code, at its end.

        The kernel may tell any thread of a signal, and Python acts on it in this one, which a
        system call that only waits for the program would keep from it. Each signal is a byte here.
        """
        while (code := process.poll()) is None:
            select.select([self._awake], [], [])
            os.read(self._awake, 4096)
        return code

    def _passed_on(self, number: int, _frame: FrameType | None) -> None:
        if self._process is not None:
            if number not in _FROM_KEYBOARD or not _at_keyboard():
                self._process.send_signal(number)
        elif self._starting:
            self._early.append(number)
        else:
            raise Interrupted(number)


def _at_keyboard() -> bool:
    """Whether Ctrl-C reaches this process and its program by itself, as a terminal's foreground."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def _end_with_parent() -> Callable[[], None] | None:
    """What a new process does to be killed with the one that made it; Linux alone has it."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        import ctypes  # a Python that was built without libffi has none
    except ImportError:
        return None
    library, parent = ctypes.CDLL(None), os.getpid()

    def set_death_signal() -> None:
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # killed in between
            os._exit(128 + signal.SIGKILL)

    return set_death_signal
