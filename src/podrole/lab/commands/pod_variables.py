"""The variables of a program of this machine that runs as a pod.

It gets what a container gets: the pod's own. Of the reader's it keeps what a program needs to start
and to write to a terminal, and nothing that holds an identity. A pod's variable that would run code
outside of any container is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml

from podrole.lab.serving.control_interface import NO_PROXY
from podrole.lab.serving.lab_client import PodDescription

#: What is kept of the reader's variables; `*` stands for any text.
KEPT = {
    "the terminal and the language": "TERM COLORTERM TERMINFO TERMINFO_DIRS COLUMNS LINES NO_COLOR"
    " FORCE_COLOR CLICOLOR CLICOLOR_FORCE LANG LANGUAGE LC_* TZ PYTHONIOENCODING PYTHONUTF8",
    "the user and the folders": "USER LOGNAME SHELL PWD TMPDIR TMP TEMP",
    "where programs and libraries lie": "PATH LD_LIBRARY_PATH DYLD_LIBRARY_PATH"
    " DYLD_FALLBACK_LIBRARY_PATH NIX_LD NIX_LD_LIBRARY_PATH VIRTUAL_ENV CONDA_PREFIX"
    " CONDA_DEFAULT_ENV PYTHONPATH PYTHONHOME PYTHONUSERBASE NODE_PATH JAVA_HOME CLASSPATH GEM_HOME"
    " GEM_PATH RUBYLIB PERL5LIB DOTNET_ROOT GOROOT GOPATH GOMODCACHE GOCACHE GOENV GOFLAGS GOPROXY"
    " GOTOOLCHAIN CARGO_HOME RUSTUP_HOME RUSTUP_TOOLCHAIN GRADLE_USER_HOME PYENV_* RBENV_* NODENV_*"
    " NVM_* VOLTA_HOME ASDF_* MISE_* SDKMAN_*",
}
#: Tools that keep themselves below the home folder: variable, and where in the reader's own home.
_BELOW_HOME = (
    ("PYTHONUSERBASE", ".local"),
    ("GOPATH", "go"),
    ("GOCACHE", ".cache/go-build"),
    ("GOCACHE", "Library/Caches/go-build"),
    ("GOENV", ".config/go/env"),
    ("CARGO_HOME", ".cargo"),
    ("RUSTUP_HOME", ".rustup"),
    ("PYENV_ROOT", ".pyenv"),
    ("RBENV_ROOT", ".rbenv"),
    ("NODENV_ROOT", ".nodenv"),
    ("NVM_DIR", ".nvm"),
    ("VOLTA_HOME", ".volta"),
    ("ASDF_DATA_DIR", ".asdf"),
    ("MISE_DATA_DIR", ".local/share/mise"),
)
#: Folders that a program writes to: a pod's own lie below the pod's folder, as its mounts do.
FOLDERS = (
    "HOME", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
    "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
)  # fmt: skip


class VariableError(ValueError):
    """A variable that a program does not get: whose, why, and the way out."""


@dataclass(frozen=True)
class _Refusal:
    by: str
    pattern: re.Pattern[str]


@cache
def _refusals() -> tuple[_Refusal, ...]:
    groups = yaml.safe_load(files(__package__).joinpath("refused_variables.yaml").read_text())
    return tuple(_Refusal(group["by"], _pattern(group["names"].split())) for group in groups)


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, names)))


_KEPT = _pattern(" ".join(KEPT.values()).split())


def refusal(name: str, value: str) -> str | None:
    """Why a pod's variable may not be set for a program of this machine; None for one that may."""
    if name == "ENV" and re.fullmatch(r"[\w.-]*", value):
        return None  # `ENV=production`: a name of a stage, and no shell's file
    return next((one.by for one in _refusals() if one.pattern.fullmatch(name)), None)


def check(pod: PodDescription, namespace: str, allowed: Iterable[str]) -> None:
    """Raise VariableError where the pod sets what would run code of its own on this machine.

    `allowed` are the names that the reader lets through.
    """
    shown = f"pod {namespace}/{pod.name}"
    for name, value in {"HOSTNAME": pod.name, **pod.env}.items():
        if not name or "=" in name or not _sendable(name) or not _sendable(value):
            raise VariableError(f"{shown}: a program cannot get the variable {name!r}")
    refused = {
        name: why
        for name, value in pod.env.items()
        if name not in allowed and (why := refusal(name, value))
    }
    if refused:
        found = "; ".join(f"{name}: {why}" for name, why in refused.items())
        options = " ".join(f"--allow-env {name}" for name in refused)
        raise VariableError(
            f"{shown} sets variables that act on this machine outside of any container ({found})."
            f" Remove them from the pod, or allow them: {options}"
        )


def kept(reader: Mapping[str, str], named: Iterable[str]) -> dict[str, str]:
    """What a program keeps of the reader's variables, with those that are `named`.

    Raises VariableError for a name of AWS's: those are the pod's.
    """
    wanted = set(named)
    for name in sorted(wanted):
        if name.startswith("AWS_"):
            raise VariableError(
                f"--keep-env {name}: a pod has AWS variables of its own; to set one for the program"
                f" alone, give -- env {name}=VALUE PROGRAM"
            )
    found = dict(_tools(reader))
    for name, value in reader.items():
        if name in wanted or _KEPT.fullmatch(name):
            found[name] = value
    return found


def without_proxy(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables, with the lab exempt from whatever proxy they name."""
    found = dict(variables)
    for name, other in (("NO_PROXY", "no_proxy"), ("no_proxy", "NO_PROXY")):
        before = variables.get(name) or variables.get(other) or ""
        if before.strip() != "*":  # which exempts all, and only alone
            found[name] = f"{before},{NO_PROXY}" if before else NO_PROXY
    return found


def _tools(reader: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    home = reader.get("HOME")
    for name, below in _BELOW_HOME:
        if home and name not in reader and (place := Path(home, below)).exists():
            yield name, str(place)


def _sendable(text: str) -> bool:
    """Whether the operating system can hand this to a program."""
    try:
        return b"\0" not in text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return False
