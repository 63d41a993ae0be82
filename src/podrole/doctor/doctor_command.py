"""`podrole doctor`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from podrole.doctor.diagnosis import diagnose
from podrole.doctor.evidence import Evidence, EvidenceError
from podrole.doctor.texts import Reply, explain, explain_log
from podrole.reading import ReadingError, read_blocks
from podrole.terminal import shell_option, shell_word

_COLLECT = """\
mkdir -p evidence
kubectl -n {namespace} get sa,pod -o yaml > evidence/kubernetes.yml
aws eks describe-cluster {name} > evidence/cluster.json
aws eks list-addons {cluster_name} > evidence/addons.json
aws eks list-pod-identity-associations {cluster_name} > evidence/associations.json
for id in $(aws eks list-pod-identity-associations {cluster_name} \\
    {in_namespace} --query 'associations[].associationId' --output text); do
  aws eks describe-pod-identity-association {cluster_name} \\
    --association-id "$id" > "evidence/association-$id.json"
done
aws iam list-open-id-connect-providers > evidence/providers.json
for arn in $(aws iam list-open-id-connect-providers \\
    --query 'OpenIDConnectProviderList[].Arn' --output text); do
  aws iam get-open-id-connect-provider --open-id-connect-provider-arn "$arn" \\
    > "evidence/provider-${{arn##*/}}.json"
done
aws iam get-role {role_name} > evidence/role.json
podrole doctor evidence {in_namespace}"""


def configure(_: str, parser: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="files, or a folder with them"
    )
    parser.add_argument("--pod", default="", help="the pod's name, or the start of it")
    parser.add_argument("--namespace", "-n", default="", help="the pod's namespace")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.add_argument(
        "--collect", action="store_true", help="print the commands that collect the files"
    )
    parser.add_argument(
        "--error",
        metavar="TEXT|FILE|-",
        help="explain the errors in a program's output: the text itself, a file, or - for stdin",
    )
    parser.add_argument("--cluster", default="", help="name to use with --collect")
    parser.add_argument("--role", default="", help="name to use with --collect")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    """0: no link breaks; 1: one does."""
    if arguments.collect:
        print(_collect(arguments))
        return 0
    if arguments.error is not None:
        return _explain(arguments.error, as_json=arguments.json)
    if not arguments.files:
        raise EvidenceError(
            "give files, or a folder with them; --collect prints the commands that create them"
        )
    links = diagnose(Evidence.read(arguments.files), arguments.namespace, arguments.pod)
    first = next((link for link in links if link.state == "broken"), None)
    if arguments.json:
        print(json.dumps([link.to_json() for link in links], indent=2))
    else:
        for link in links:
            print(link)
        if first:
            print(f"\nThe chain breaks at: {first.name}")
        else:
            print("\nNo link breaks, as far as these files show.")
    return 1 if first else 0


def _collect(arguments: argparse.Namespace) -> str:
    """The commands, for a shell to run; a name that is not given is left to fill in."""
    namespace, cluster, role = arguments.namespace, arguments.cluster, arguments.role
    return _COLLECT.format(
        namespace=shell_word(namespace) if namespace else "<namespace>",
        in_namespace=shell_option("--namespace", namespace, to_fill_in="<namespace>"),
        name=shell_option("--name", cluster, to_fill_in="<cluster>"),
        cluster_name=shell_option("--cluster-name", cluster, to_fill_in="<cluster>"),
        role_name=shell_option("--role-name", role, to_fill_in="<role>"),
    )


def _explain(given: str, *, as_json: bool) -> int:
    """0: the text is known; 1: it is not."""
    reply = _reply(given)
    print(json.dumps(reply.to_json(), indent=2) if as_json else reply)
    return 0 if reply.known else 1


def _reply(given: str) -> Reply:
    """What a text means, or the text in a file: a name has no white space, or is a file's."""
    named = len(given.split()) == 1 and any(mark in given for mark in "/.\\")
    try:
        if given == "-" or named or Path(given).exists():
            return explain_log(read_blocks(given))
    except ReadingError as error:
        raise EvidenceError(f"{given}: {error}") from error
    except (OSError, ValueError):
        pass  # too long for a file's name, or with a character that none has
    return explain(given)
