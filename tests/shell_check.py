"""shellcheck, on shell that the guide prints."""

from __future__ import annotations

import subprocess

from tests.tools import needs


def complaints(script: str, shell: str = "bash") -> str:
    """What shellcheck finds in a script; empty where nothing.

    Args:
        script: the text, as that shell runs it.
        shell: `bash` or `sh`.
    """
    assert script.strip()
    done = subprocess.run(
        [needs("shellcheck"), f"--shell={shell}", "-"],
        input=script,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout
