"""`kubectl exec` where no container runs: the program runs on this machine as the pod.

A page's commands find this in place of kubectl; what is not `exec` goes to kubectl itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAMESPACE = ("-n", "--namespace")
_KINDS = ("deployment/", "deploy/", "pod/")

_SCRIPT = """\
#!/bin/sh
# Options may stand before the command: the first word that is `exec` is it.
for word; do
  case $word in
    exec) exec {python} -m podrole.follow.kubectl_exec "$@" ;;
    --) break ;;
  esac
done
exec {kubectl} "$@"
"""


def write_kubectl(folder: Path, kubectl: str) -> None:
    """Write `folder/kubectl`, for a folder of PATH; `kubectl` is the path of the real one."""
    path = folder / "kubectl"
    path.write_text(_SCRIPT.format(python=sys.executable, kubectl=kubectl))
    path.chmod(0o755)


def lab_arguments(arguments: list[str]) -> list[str]:
    """The arguments of `podrole` for those of `kubectl … exec … -- PROGRAM`.

    Raises ValueError if there is no `--`, or no pod.
    """
    at = arguments.index("--")
    own, program = arguments[:at], arguments[at:]
    kept, words = list[str](), iter(one for one in own if one not in ("exec", "-i", "-t", "-it"))
    for word in words:
        name, equals, value = word.partition("=")
        if name in (*_NAMESPACE, "-c", "--container"):
            kept += [name, value if equals else next(words)]
        else:
            kept.append(word)
    pods = [one for one in kept if any(one.startswith(kind) for kind in _KINDS)] or kept[-1:]
    others = [one for one in kept if one not in pods]
    pod = pods[0].partition("/")[2] or pods[0]
    return ["lab", "exec", pod, *others, *program]


if __name__ == "__main__":
    podrole = [sys.executable, "-m", "podrole", *lab_arguments(sys.argv[1:])]
    os.execv(podrole[0], podrole)  # noqa: S606  (no shell: its own arguments)
