"""Why a pod is denied, from whatever was pasted: `podrole doctor` without files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.doctor import Evidence, EvidenceError, diagnose
from podrole.doctor.texts import Reply, explain, explain_log
from podrole.doctor.tree import name_of, namespace_of
from podrole.doctor.tree import text as text_at
from podrole.pyodide.pasted_policies import pasted_policies
from podrole.reading import Limits, ReadingError, check_depth
from podrole.reading.outputs import read_outputs

#: A namespace with some hundred pods.
LIMITS = Limits(characters=4_000_000)
#: What is longer is read as a log: of lines that are alike, one.
LONGEST_ERROR = 100_000
#: Lines about what could not be read.
MOST_IGNORED = 100


def why_denied(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Answer whatever was pasted: errors, outputs about a pod, policies, or all of it.

    `wanted`: `text`, all that was pasted; `pod`, as `namespace/name`, where there are several, may
    be left out. Returns `errors`, those of the text, each with `facts` and its `causes`, the
    likeliest first; `noise`, what is no error of AWS; `policies`, where no pod was found (see
    `pasted_policies`); `pods`, `pod`, `links` and `broken` (the number of the first broken one, or
    None) where a pod was found, else `missing`, the command that shows one; `ignored`: what could
    not be read. Raises ReadingError: the text is too deep.
    """
    text = str(wanted.get("text") or "")
    check_depth(text, LIMITS)
    try:
        printed = read_outputs(text, LIMITS)
    except ReadingError:  # longer than what kubectl and aws print, or with more in it: a log
        return {**_told(_explained(text)), "policies": [], "ignored": []}
    evidence = Evidence()
    said: list[str] = []
    trees: list[Any] = []
    for output in printed:
        before = len(evidence.errors)
        taken = evidence.take(output, f"line {output.line}")
        if not taken or len(evidence.errors) > before:
            said.append(text[output.start : output.end])
        if output.tree is not None and not isinstance(output.tree, str):
            trees.append(output.tree)
    passed_over = [" ".join(line.split()) for line in evidence.passed_over[:MOST_IGNORED]]
    evidence.passed_over.clear()  # they are told, beside the links
    reply = _explained("\n".join(said))
    if not reply.known:
        for error in evidence.errors:
            reply = explain(f"{text_at(error, 'Code')}: {text_at(error, 'Message')}")
            if reply.known:
                break
    if evidence.pods or evidence.workloads or evidence.environments:
        return {**_told(reply), "ignored": passed_over, **_chain(evidence, wanted.get("pod"))}
    found = _told(reply if reply.known else _explained(text))
    policies = pasted_policies(trees)
    if evidence.tells_something and not policies:
        found["missing"] = "kubectl -n <namespace> get sa,pod -o yaml"
    # What an error or a policy stands in is no output that could not be read.
    ignored = [] if found["errors"] or found["noise"] or policies else passed_over
    return {**found, "policies": policies, "ignored": ignored}


def _chain(evidence: Evidence, wanted: Any) -> dict[str, Any]:
    pods = [f"{namespace_of(pod)}/{name_of(pod)}" for pod in evidence.pods]
    if not pods:
        pods = [f"{namespace_of(one)}/{name_of(one)}" for one in evidence.workloads] or ["env"]
    chosen = wanted if wanted in pods else pods[0]
    namespace, slash, name = chosen.partition("/")
    namespace, name = (namespace, name) if slash else ("", "")
    found: dict[str, Any] = {"pods": list(dict.fromkeys(pods)), "pod": chosen}
    try:
        links = [link.to_json() for link in diagnose(evidence, namespace, name)]
    except EvidenceError as error:
        return {**found, "fault": {"message": str(error)}}
    broken = next((n for n, link in enumerate(links) if link["state"] == "broken"), None)
    return {**found, "links": links, "broken": broken}


def _explained(text: str) -> Reply:
    if len(text) <= LONGEST_ERROR:
        return explain(text)
    return explain_log([text.encode(errors="replace")])


def _told(reply: Reply) -> dict[str, Any]:
    """The reply's errors, and what in it is no error of AWS."""
    told = reply.to_json()
    return {"errors": told["answers"], "noise": told["noise"]}
