"""What a test wants and a machine may lack: `needs` asks for it, and `tests/skips.py` tells of it.

On a reader's machine such a test is skipped; where the variable CI is set, it fails.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from podrole.pyodide.nodejs import OLDEST as OLDEST_NODE

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Tool:
    """A program, or something that `make site` has built.

    Args:
        title: what it is called, with the oldest version that will do.
        about: in a few words, what most tests that want it prove.
        get: how to get it, with Debian's name first.
        programs: names to look for; the first that is found is taken. None: `built` is looked for.
        built: a file below the repository.
        requires: names of other tools that it does not work without.
        oldest: the first version that will do, and the argument that prints the version.
    """

    title: str
    about: str
    get: str
    programs: tuple[str, ...] = ()
    built: str = ""
    requires: tuple[str, ...] = ()
    oldest: tuple[tuple[int, ...], str] | None = None


_node = functools.partial(
    Tool,
    title=f"Node.js {OLDEST_NODE}, npm",
    about="kubectl, CDK, Pulumi, TypeScript, JavaScript",
    get="apt-get install nodejs npm, or nodejs.org",
)

TOOLS = {
    "node": _node(programs=("node",), oldest=((OLDEST_NODE,), "--version")),
    "npm": _node(programs=("npm",), requires=("node",)),
    "go": Tool(
        title="Go 1.21",
        about="Terraform, Crossplane, External Secrets, Go",
        get="apt-get install golang-go, or go.dev/dl",
        programs=("go",),
        oldest=((1, 21), "version"),
    ),
    "java": Tool(
        title="Java 11",
        about="valid HTML; a pod's program in Java",
        get="apt-get install default-jre-headless",
        programs=("java",),
    ),
    "jdk": Tool(
        title="a JDK, 17 or newer",
        about="short programs in Java",
        get="apt-get install default-jdk-headless",
        programs=("javac",),
        oldest=((17,), "--version"),
    ),
    "maven": Tool(
        title="Maven",
        about="short programs in Java",
        get="apt-get install maven",
        programs=("mvn",),
        requires=("jdk",),
    ),
    "cargo": Tool(
        title="Rust 1.94.1",
        about="short programs in Rust",
        get="rustup.rs",
        programs=("cargo",),
        oldest=((1, 94, 1), "--version"),
    ),
    "shellcheck": Tool(
        title="shellcheck",
        about="shell that the guide prints is sound",
        get="apt-get install shellcheck",
        programs=("shellcheck",),
    ),
    # The shell is Chromium without what a window needs: a third less of a processor's time.
    "chromium": Tool(
        title="Chromium",
        about="the site in a browser: Run, the checkers",
        get="apt-get install chromium-headless-shell",
        programs=("chromium-headless-shell", "chromium", "google-chrome"),
    ),
    "firefox": Tool(
        title="Firefox",
        about="Run and a checker in a second browser",
        get="apt-get install firefox-esr",
        programs=("firefox-esr", "firefox"),
    ),
    "nginx": Tool(
        title="nginx",
        about="the recipe that serves the guide, run",
        get="apt-get install nginx",
        programs=("nginx",),
    ),
    "curl": Tool(
        title="curl",
        about="the guide's commands that call it",
        get="apt-get install curl",
        programs=("curl",),
    ),
    "setpriv": Tool(
        title="setpriv",
        about="a token that its pod may not read",
        get="apt-get install util-linux",
        programs=("setpriv",),
    ),
    "unshare": Tool(
        title="unshare",
        about="a pod's program in a network of its own",
        get="apt-get install util-linux",
        programs=("unshare",),
    ),
    "kubectl": Tool(
        title="kubectl",
        about="kubectl, elsewhere than on x86-64 Linux",
        get="kubernetes.io/docs/tasks/tools",
        programs=("kubectl",),
    ),
    "site": Tool(
        title="the built site",
        about="the recipes that publish it",
        get="make site",
        built="site/index.html",
    ),
    "browser-python": Tool(
        title="Python for the browser",
        about="Run, the checkers, and what they download",
        get=f"make site, with Node.js {OLDEST_NODE} and npm",
        built=".cache/python/bundle.json",
    ),
}


def needs(name: str) -> str:
    """The path of a tool; without it the test ends here.

    Args:
        name: a key of TOOLS.
    """
    path, lacks = _look(name)
    if lacks:
        # Both are exceptions of pytest's: nothing after this line runs.
        end: Callable[[str], object] = pytest.fail if os.environ.get("CI") else pytest.skip
        end(f"needs {name}: {lacks}. To get it: {TOOLS[name].get}")
    return path


def needs_namespaces() -> None:
    """Without them no program can have a network of its own: the test ends here, in CI too, as no
    installation changes the kernel."""
    done = subprocess.run([needs("unshare"), "-Urnm", "true"], capture_output=True)
    if done.returncode:
        pytest.skip("needs unshare: the kernel allows no user namespaces")


def _look(name: str) -> tuple[str, str]:
    """Where a tool is, and what it lacks; one of them is empty."""
    tool = TOOLS[name]
    for other in tool.requires:
        lacks = _look(other)[1]
        if lacks:
            return "", lacks
    if tool.built:
        path = ROOT / tool.built
        return (str(path), "") if path.is_file() else ("", f"{tool.built} is not built")
    found = next(filter(None, (shutil.which(one, path=_path()) for one in tool.programs)), None)
    if found is None:
        return "", f"no {tool.programs[0]} on this machine"
    if tool.oldest:
        oldest, argument = tool.oldest
        version = _version(found, argument)
        if tuple(map(int, version.split("."))) < oldest:
            return "", f"{tool.title} or newer is wanted, and here is {version}"
    return found, ""


def _path() -> str:
    """PATH, and the sbin beside each bin, which an ordinary user's PATH on Debian leaves out."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    beside = [one.removesuffix("bin") + "sbin" for one in folders if one.endswith("/bin")]
    return os.pathsep.join([*folders, *beside])


@functools.cache
def _version(program: str, argument: str) -> str:
    """The first number that a program prints of itself, such as 20.20.2; 0 where it prints none."""
    said = subprocess.run([program, argument], capture_output=True, text=True).stdout
    found = re.search(r"\d+(\.\d+)*", said)
    return found[0] if found else "0"
