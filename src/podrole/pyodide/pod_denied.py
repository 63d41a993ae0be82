"""Why a pod is denied, from pasted texts: `podrole doctor` without files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from podrole.doctor import Evidence, EvidenceError, diagnose
from podrole.doctor.evidence import namespace_of
from podrole.doctor.evidence import text as text_at
from podrole.doctor.symptom import Symptom, symptom_of
from podrole.pyodide.pasted_policy import PasteError, check_limits
from podrole.reading import Limits

#: A namespace with some hundred pods.
LIMITS = Limits(characters=4_000_000)
#: Outputs in one paste; a reader's commands print some dozen.
MOST_OUTPUTS = 1_000
#: The end of a program's output tells.
LONGEST_ERROR = 100_000
_DECODER = json.JSONDecoder()
_PROMPT = re.compile(r"\s*\$ .*")
#: The first key of an output in YAML: of Kubernetes once in each, of the AWS CLI.
_KUBERNETES = re.compile(r"apiVersion:")
_AWS = re.compile(
    r"(cluster|associations?|addons|Role|OpenIDConnectProviderList|ClientIDList):|---"
)
_LINE = re.compile(r"([^\n]*)(?:\n|\Z)")
_BETWEEN = re.compile(r"\s+|---.*")
#: Keys before which a manifest written by hand may have an empty line.
_GOES_ON = re.compile(r"(kind|metadata|spec|status|secrets|imagePullSecrets|automount\w+):")


def why_denied(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Explain an error's text, and walk the pod's chain.

    `wanted`: `error`, a program's output; `texts`, a list of `{"name": …, "text": …}`, each with
    one output of kubectl or aws or several after one another; `pod`, as `namespace/name`, where
    there are several. All may be left out. Returns `symptom` (None where nobody has described the
    text) and `asked`, whether there was a text; `pods`, `pod`, `links` and `broken` (the number of
    the first broken one, or None) where a pod was found, else `fault` where one was looked for;
    `ignored`: what could not be read. Raises PasteError: a text is too long or too deep.
    """
    said = str(wanted.get("error") or "")
    symptom = symptom_of(said[-LONGEST_ERROR:])
    found: dict[str, Any] = {"asked": bool(said.strip()), "ignored": []}
    evidence = Evidence()
    for given in wanted.get("texts") or ():
        name, text = str(given.get("name") or "the paste"), str(given.get("text") or "")
        check_limits(text, LIMITS)
        for line, document in documents(text):
            try:
                evidence.add(document, f"{name}, line {line}")
            except EvidenceError as error:
                symptom = symptom or symptom_of(document[-LONGEST_ERROR:])
                found["ignored"].append(" ".join(str(error).split()))
    found["symptom"] = _symptom(symptom)
    if evidence.pods:
        found |= _chain(evidence, wanted.get("pod"))
    elif found["ignored"] or evidence != Evidence():
        reason = "no pod is in this; add what kubectl -n <namespace> get sa,pod -o yaml prints"
        found["fault"] = {"message": reason}
    return found


def _chain(evidence: Evidence, wanted: Any) -> dict[str, Any]:
    pods = [f"{namespace_of(pod)}/{text_at(pod, 'metadata', 'name')}" for pod in evidence.pods]
    chosen = wanted if wanted in pods else pods[0]
    namespace, _, name = chosen.partition("/")
    found: dict[str, Any] = {"pods": list(dict.fromkeys(pods)), "pod": chosen}
    try:
        links = [link.to_json() for link in diagnose(evidence, namespace, name)]
    except EvidenceError as error:
        return {**found, "fault": {"message": str(error)}}
    broken = next((n for n, link in enumerate(links) if link["state"] == "broken"), None)
    return {**found, "links": links, "broken": broken}


def documents(text: str) -> Iterator[tuple[int, str]]:
    """The outputs in a paste and the line where each begins: JSON and YAML, one after another.

    A line that begins with a prompt's `$ ` is a command, and is left out. Raises PasteError for
    more than `MOST_OUTPUTS`.
    """
    kept = "".join("\n" if _PROMPT.match(line) else line for line in text.splitlines(keepends=True))
    at = counted = found = 0
    line = 1
    while at < len(kept):
        between = _BETWEEN.match(kept, at)
        if between:
            at = between.end()
            continue
        end = _end(kept, at)
        line, counted, found = line + kept.count("\n", counted, at), at, found + 1
        if found > MOST_OUTPUTS:
            raise PasteError(f"more than {MOST_OUTPUTS:,} outputs in one paste", line)
        yield line, kept[at:end]
        at = end


def _end(text: str, start: int) -> int:
    if text[start] in "{[":
        try:
            return _DECODER.raw_decode(text, start)[1]
        except ValueError:
            pass  # the message comes from where it is read
    # YAML: until JSON begins a line, or an empty line or a first key tells of another output.
    seen = empty = False
    for match in _LINE.finditer(text, start):
        line = match[1]
        if not line.strip() or line[0].isspace():
            empty = empty or not line.strip()
            continue
        begins = _KUBERNETES.match(line) is not None
        another = (
            (empty and not _GOES_ON.match(line))
            or line[0] in "{["
            or _AWS.match(line)
            or (begins and seen)
        )
        if match.start() > start and another:
            return match.start()
        seen, empty = seen or begins, False
    return len(text)


def _symptom(found: Symptom | None) -> dict[str, str] | None:
    if found is None:
        return None
    return {
        "id": found.id,
        "shows": found.shows,
        "means": found.means,
        "section": found.section,
        "fix": found.fix,
    }
