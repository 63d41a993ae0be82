"""Why a pod is denied, from pasted texts: `podrole doctor` without files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podrole.doctor import Evidence, EvidenceError, diagnose
from podrole.doctor.texts import Reply, explain
from podrole.doctor.tree import name_of, namespace_of
from podrole.doctor.tree import text as text_at
from podrole.pyodide.pasted_policy import PasteError, check_limits
from podrole.reading import Limits, ReadingError
from podrole.reading.outputs import Output, read_outputs

#: A namespace with some hundred pods.
LIMITS = Limits(characters=4_000_000)
#: The end of a program's output tells.
LONGEST_ERROR = 100_000
#: Lines about what could not be read.
MOST_IGNORED = 100


def why_denied(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Explain an error's text, and walk the pod's chain.

    `wanted`: `error`, a program's output; `texts`, a list of `{"name": …, "text": …}`, each with
    one output of kubectl or aws or several after one another; `pod`, as `namespace/name`, where
    there are several. All may be left out. Returns `asked`, whether there was a text; `errors`,
    those of the text, each with `facts` and its `causes`, the likeliest first; `noise`, what is no
    error of AWS; `pods`, `pod`, `links` and `broken` (the number of the first broken one, or None)
    where a pod was found, else `fault` where one was looked for; `ignored`: what could not be read.
    Raises PasteError: a text is too long or too deep.
    """
    said = str(wanted.get("error") or "")
    reply = explain(said[-LONGEST_ERROR:])
    found: dict[str, Any] = {"asked": bool(said.strip()), "ignored": []}
    evidence = Evidence()
    for given in wanted.get("texts") or ():
        name, text = str(given.get("name") or "the paste"), str(given.get("text") or "")
        check_limits(text, LIMITS)
        if not text.strip():
            continue
        for output in outputs(text):
            if not evidence.take(output, f"{name}, line {output.line}") and not reply.known:
                reply = explain(text[output.start : output.end][-LONGEST_ERROR:])
    found["ignored"] += [" ".join(line.split()) for line in evidence.passed_over[:MOST_IGNORED]]
    for error in evidence.errors:
        if not reply.known:
            reply = explain(f"{text_at(error, 'Code')}: {text_at(error, 'Message')}")
    evidence.passed_over.clear()  # they are told, beside the links
    found |= _told(reply)
    if evidence.pods or evidence.workloads or evidence.environments:
        found |= _chain(evidence, wanted.get("pod"))
    elif found["ignored"] or evidence != Evidence():
        reason = (
            "there is no pod in this; add the output of kubectl -n <namespace> get sa,pod -o yaml"
        )
        found["fault"] = {"message": reason}
    return found


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


def outputs(text: str) -> list[Output]:
    """The outputs in a paste. Raises PasteError for more than anyone pastes."""
    try:
        return read_outputs(text, LIMITS)
    except ReadingError as error:
        raise PasteError(error.reason, error.line) from error


def _told(reply: Reply) -> dict[str, Any]:
    """The reply's errors, and what in it is no error of AWS."""
    told = reply.to_json()
    return {"errors": told["answers"], "noise": told["noise"]}
