"""`podrole lab exec POD -- CMD`: a program of this machine with a pod's variables and tokens."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from podrole.command_parser import CommandParser
from podrole.lab.commands import pod_variables
from podrole.lab.commands.isolated_program import variables_of, world_of
from podrole.lab.commands.pod_files import PodFiles, PodPathError
from podrole.lab.commands.pod_process import Interrupted, PodProcess, ProgramError
from podrole.lab.commands.pod_variables import VariableError
from podrole.lab.eks_auth_states import EKS_AUTH_STATES
from podrole.lab.isolation.world import IsolationError, NotStarted
from podrole.lab.serving.lab_client import LabClient, LabUnreachable, PodDescription
from podrole.lab.serving.private_folder import POD, private_folder
from podrole.policy.error import InputError

_REFRESH_SECONDS = 5
_NO_PROGRAM = "give the program after --, for example -- python app.py"

DESCRIPTION = """\
Run a program of this machine as a container of a pod: with the pod's variables, its token files,
which are renewed as the kubelet does, and the lab in AWS's place.
"""
_EPILOG = """\
what the program gets:
  The pod's variables. Token files lie in a temporary folder, and the variables that name them say
  so. HOME is an empty folder there: ~/.aws, ~/.boto, ~/.kube and ~/.config are not found. NO_PROXY
  exempts the lab. The folder goes with the program.

what it keeps of your variables, if the pod does not set them:
{kept}
  Where it exists: ~/go, Go's build cache, ~/.cargo, ~/.local, and the folders of version managers
  such as pyenv and nvm, each by the variable that names it.

what it does not get unless you say so:
  All else, among it AWS_*, BOTO_CONFIG, KUBECONFIG, HTTPS_PROXY and your own application's
  settings. Give --keep-env NAME for each one that you want, HOME too; or set it for the program
  alone: -- env NAME=VALUE PROGRAM.

what a pod may not set:
  Variables by which code is run or keys are read on this machine, outside of any container:
  LD_PRELOAD, PATH, BASH_ENV, PYTHONPATH, NODE_OPTIONS, JAVA_TOOL_OPTIONS, KUBECONFIG and others.
  Give --allow-env NAME for one that you know.
"""


class ExecParser(CommandParser):
    """For a command that has a `program`: what stands after the first `--`, as kubectl has it.

    Options may stand on either side of the pod. For other commands it is argparse's own.
    """

    def parse_known_args(  # type: ignore[override]  # its overloads cannot be named
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse does, with what follows `--` in `program`."""
        if args is None or self.get_default("program") is None:
            return super().parse_known_args(args, namespace)
        own, program = list(args), list[str]()
        if "--" in own:
            at = own.index("--")
            own, program = own[:at], own[at + 1 :]
        found, unknown = super().parse_known_args(own, namespace)
        if unknown and not unknown[0].startswith("-"):
            self.error(_NO_PROGRAM)
        found.program = program
        return found, unknown


def configure(parser: argparse.ArgumentParser) -> None:
    """Give `podrole lab exec` its arguments. `parser` is an ExecParser."""
    parser.usage = f"{parser.prog} [OPTIONS] POD [OPTIONS] -- PROGRAM [ARGUMENT ...]"
    parser.description = DESCRIPTION
    shown = "\n".join(_wrapped(f"{why}: {names}") for why, names in pod_variables.KEPT.items())
    parser.epilog = _EPILOG.format(kept=shown)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("pod", help="a pod, or a deployment to use its newest pod")
    parser.add_argument("--namespace", "-n", default="default", help="(%(default)s)")
    parser.add_argument("--container", "-c", help="the container (default: the first)")
    parser.add_argument("--endpoint", help="the lab's endpoint (AWS_ENDPOINT_URL)")
    parser.add_argument(
        "--keep-env",
        action="append",
        default=[],
        metavar="NAME",
        help="pass this variable of yours to the program; may be repeated",
    )
    parser.add_argument(
        "--allow-env",
        action="append",
        default=[],
        metavar="NAME",
        help="allow this variable of the pod, although it can run code here; may be repeated",
    )
    parser.add_argument(
        "--isolated",
        action="store_true",
        help="in a network of its own, where AWS's names and addresses, the agent's and the"
        " metadata service's are real and lead to the lab, and nothing else is there (Linux)",
    )
    parser.add_argument(
        "--eks-auth",
        choices=EKS_AUTH_STATES,
        help="let EKS Auth be so for the Pod Identity agent, until the program ends",
    )
    parser.set_defaults(run=run, program=[])


def run(arguments: argparse.Namespace) -> int:
    """Run the program; its exit code, or 2 where it could not be started.

    Raises InputError where the lab does not answer, or has no such pod.
    """
    command: list[str] = arguments.program
    if not command:
        raise InputError(_NO_PROGRAM)
    process = PodProcess()
    try:
        client = LabClient(arguments.endpoint)
        pod = client.pod(arguments.pod, arguments.namespace, arguments.container)
        pod_variables.check(pod, arguments.namespace, arguments.allow_env)
        kept = pod_variables.kept(os.environ, arguments.keep_env)
        with private_folder(POD) as folder, _eks_auth(client, arguments.eks_auth):
            return _run(client, arguments, pod, kept, folder, process)
    except Interrupted as error:
        return error.exit_code
    except (LabUnreachable, VariableError) as error:
        said = str(error)
    except IsolationError as error:
        said = f"--isolated: {error}. Without it the program finds the lab by its variables"
    except PodPathError as error:
        said = f"pod {arguments.namespace}/{arguments.pod} has the path {error}"
    except (ProgramError, NotStarted) as error:
        said = f"{command[0]}: {error.strerror}"
    except OSError as error:
        said = f"the pod's files cannot be written: {_reason(error)}"
    raise InputError(said)


@contextmanager
def _eks_auth(client: LabClient, state: str | None) -> Iterator[None]:
    """EKS Auth in that state for the block, and then as before. Raises LabUnreachable."""
    if state is None:
        yield
        return
    was = client.eks_auth(state)
    try:
        yield
    finally:
        with suppress(LabUnreachable):  # it has ended: nothing is left to put back
            client.eks_auth(was)


def _run(
    client: LabClient,
    arguments: argparse.Namespace,
    pod: PodDescription,
    kept: dict[str, str],
    folder: Path,
    process: PodProcess,
) -> int:
    isolated = arguments.isolated
    files = PodFiles(_made(folder / "files"))
    files.write(pod.files)
    world = world_of(client.sockets, pod, files, _made(folder / "world")) if isolated else None
    if world:
        inside = variables_of(pod, files)
    else:
        inside = {name: files.moved(value) for name, value in pod.env.items()}
    for name in pod_variables.FOLDERS:
        if inside.get(name) and name not in arguments.allow_env:
            inside[name] = str(files.make_folder(pod.env[name]))
    home = {} if "HOME" in arguments.keep_env else {"HOME": str(_made(folder / "home"))}
    own = {**kept, **home, "HOSTNAME": pod.name}
    if world:
        variables = {**own, **world.variables, **inside}
    else:
        variables = pod_variables.without_proxy({**own, **pod.reach, **inside})
    ended = threading.Event()

    def kubelet() -> None:
        while not ended.wait(_REFRESH_SECONDS):
            try:
                fresh = client.pod(pod.name, arguments.namespace, arguments.container)
                files.write(fresh.files)
            except LabUnreachable:
                continue  # the pod or the lab is gone, or comes back; the program finds out itself
            except (PodPathError, OSError) as error:
                print(f"podrole: the pod's files stay as they are: {error}", file=sys.stderr)
                return

    # Not waited for at the end: it may be asking a lab that does not answer.
    refresher = threading.Thread(target=kubelet, daemon=True)
    try:
        if world is None:
            return process.run(arguments.program, variables, refresher.start)
        refresher.start()
        command = world.command(arguments.program)
        return process.run(command, variables, world.enter, [world.there.fileno()])
    finally:
        ended.set()
        files.close()
        if world:
            world.close()


def _wrapped(text: str) -> str:
    return textwrap.fill(
        text, 78, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
