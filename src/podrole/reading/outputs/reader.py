"""Reads whatever tools write: one text, several outputs, each in a form of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from podrole.reading.error import Limits, ReadingError
from podrole.reading.json_document import read_json
from podrole.reading.outputs.aws_error import error_tree
from podrole.reading.outputs.described import described
from podrole.reading.outputs.functions import filled, is_template
from podrole.reading.outputs.output import Output
from podrole.reading.outputs.pieces import Piece, first_form, pieces, without_prompts
from podrole.reading.outputs.tabbed import tabbed

_SEPARATOR = re.compile(r"^---(?=\s|\Z).*$", re.MULTILINE)
_ENVIRONMENT = re.compile(r"(?:export |declare -x )?([A-Za-z_]\w*)=(.*)")
EMPTY = "empty: the command printed nothing"


def read_outputs(
    text: str,
    limits: Limits = Limits(),  # noqa: B008  (it is frozen)
    *,
    typed: bool = False,
) -> list[Output]:
    """The outputs of a text in their order; at least one.

    An output that cannot be read has a `reason` and no tree. Values of YAML stay texts, unless
    `typed`: a date or `yes` is what kubectl has printed.

    Raises ReadingError for a text that is too long, or that holds too many outputs.
    """
    limits.check_length(text)
    text = text.replace("\0", "\ufffd") if "\0" in text else text
    kept = without_prompts(text)
    found = [
        output for one in _segments(kept) for output in _Segment(*one, limits, typed).outputs()
    ]
    if not found:
        reason = EMPTY if not text.strip() else "only comments or commands, without their output"
        return [Output("nothing", reason=reason)]
    return found


def _segments(text: str) -> Iterator[tuple[str, int, int]]:
    """What stands between lines `---`, with its offset and the number of its first line."""
    at, line, counted = 0, 1, 0
    for match in [*_SEPARATOR.finditer(text), None]:
        end = match.start() if match else len(text)
        if text[at:end].strip():
            line += text.count("\n", counted, at)
            counted = at
            yield text[at:end], at, line
        # A document may begin behind the dashes.
        at = match.start() + 3 if match else end


class _Segment:
    """One stretch between separators: a single document, or several outputs after another."""

    def __init__(self, text: str, start: int, line: int, limits: Limits, typed: bool) -> None:
        self._text, self._start, self._line = text, start, line
        self._limits, self._typed = limits, typed

    def outputs(self) -> Iterator[Output]:
        lines = (line.strip() for line in self._text.split("\n"))
        if all(not line or line.startswith("#") for line in lines):
            return
        form = first_form(self._text)
        fault: ReadingError | None = None
        if form in ("JSON", "YAML"):
            read = read_json if form == "JSON" else self._yaml
            try:
                if form == "JSON" or self._single():
                    yield from self._made(form, read(self._text, self._limits), 0, len(self._text))
                    return
            except ReadingError as error:
                fault = error
        found = [one for piece in pieces(self._text) for one in self._piece(piece)]
        if fault is not None and not any(
            one.tree is not None for one in found if one.form != "YAML"
        ):
            fault = self._fault(fault, form)
            # JSON may be YAML's flow style too: the page of a tool that leaves quotes out.
            try:
                if form == "JSON":
                    tree = self._yaml(self._text, self._limits)
                    if isinstance(tree, dict | list) and tree:
                        yield from self._made("YAML", tree, 0, len(self._text))
                        return
            except ReadingError:
                pass
            if len(found) < 2 or form == "JSON":
                yield self._unread(
                    form, self._line, 0, len(self._text), f"neither JSON nor YAML: {fault}"
                )
                return
        yield from found

    def _single(self) -> bool:
        """Whether no key at the margin stands twice: else there are several outputs."""
        lines = (line for line in self._text.split("\n") if line[:1].isalpha() and ":" in line)
        keys = [line.partition(":")[0] for line in lines]
        return len(set(keys)) == len(keys)

    def _yaml(self, text: str, limits: Limits) -> Any:
        from podrole.reading.yaml_document import read_yaml  # a policy in JSON needs no PyYAML

        documents = read_yaml(text, limits, typed=self._typed, functions=True)
        return documents[0] if documents else None

    def _fault(self, error: ReadingError, form: str) -> ReadingError:
        del form
        line = None if error.line is None else error.line + self._line - 1
        return ReadingError(error.reason, line, error.column)

    def _piece(self, piece: Piece) -> Iterator[Output]:
        line, end = self._line + piece.line - 1, piece.start + len(piece.text)
        make = _MAKERS.get(piece.form)
        if make is not None:
            for output in make(piece.text):
                place = {"line": line, "start": self._start + piece.start, "end": self._start + end}
                yield Output(
                    output.form, output.tree, shows=output.shows, reason=output.reason, **place
                )
            return
        if piece.form == "text in JSON":
            yield from self._quoted(piece, line, end)
            return
        fault = None
        for read in (read_json, self._yaml) if piece.form == "JSON" else (self._yaml,):
            try:
                tree = read(piece.text, self._limits)
            except ReadingError as error:
                fault = fault or error
                continue
            if isinstance(tree, dict | list):
                yield from self._made(piece.form, tree, piece.start, end)
            elif tree is not None:
                yield self._unread(piece.form, line, piece.start, end, NO_OUTPUT)
            return
        assert fault is not None
        where = None if fault.line is None else fault.line + line - 1
        reason = f"neither JSON nor YAML: {ReadingError(fault.reason, where, fault.column)}"
        yield self._unread(piece.form, line, piece.start, end, reason)

    def _quoted(self, piece: Piece, line: int, end: int) -> Iterator[Output]:
        try:
            inner = read_json(piece.text, self._limits)
        except ReadingError as error:
            yield self._unread("text", line, piece.start, end, f"neither JSON nor YAML: {error}")
            return
        tree = _of_text(inner, self._limits)
        if tree is None:
            yield self._unread("text", line, piece.start, end, NO_OUTPUT)
        else:
            yield from self._made("text in JSON", tree, piece.start, end)

    def _made(self, form: str, tree: Any, start: int, end: int) -> Iterator[Output]:
        line = self._line + self._text.count("\n", 0, start)
        blank = len(self._text[start:end]) - len(self._text[start:end].lstrip())
        line += self._text.count("\n", start, start + blank)
        if tree is None:
            return
        if not isinstance(tree, dict | list):
            yield self._unread(form, line, start, end, NO_OUTPUT)
            return
        if isinstance(tree, dict) and "ResponseMetadata" in tree:
            tree = {key: value for key, value in tree.items() if key != "ResponseMetadata"}
        if is_template(tree):
            form, tree = "CloudFormation", filled(tree)
        yield Output(form, tree, line, self._start + start, self._start + end)

    def _unread(self, form: str, line: int, start: int, end: int, reason: str) -> Output:
        return Output(form, None, line, self._start + start, self._start + end, reason=reason)


NO_OUTPUT = "not the output of a supported command"


def _of_text(text: Any, limits: Limits) -> Any:
    """What a text holds that is a document itself: JSON, URL-encoded or not; an issuer."""
    if not isinstance(text, str):
        return None
    if text.startswith("https://oidc"):
        return _issuer(text)[0].tree
    for candidate in (text, unquote(text)):
        if candidate.lstrip()[:1] in ("{", "["):
            try:
                return read_json(candidate, limits)
            except ReadingError:
                continue
    return None


def _encoded(text: str) -> list[Output]:
    tree = _of_text(unquote(text.strip().strip('"')), Limits())
    if tree is None:
        return [Output("URL", reason=NO_OUTPUT)]
    return [Output("URL-encoded JSON", tree)]


def _issuer(text: str) -> list[Output]:
    return [Output("text", {"cluster": {"identity": {"oidc": {"issuer": text.strip()}}}})]


def _environment(text: str) -> list[Output]:
    values = {}
    for line in text.splitlines():
        if match := _ENVIRONMENT.match(line):
            values[match[1]] = match[2].strip().strip("\"'")
    return [Output("env", {"kind": "Environment", "values": values})]


def _error(text: str) -> list[Output]:
    return [Output("error", error_tree(text))]


def _described(text: str) -> list[Output]:
    tree = described(text)
    kind = {"Pod": "pod", "ServiceAccount": "sa"}.get(tree["kind"])
    if kind is None:
        return [Output("kubectl describe", reason="kubectl describe of another object; "
                       "use kubectl get -o yaml")]  # fmt: skip
    namespace = tree["metadata"].get("namespace", "")
    within = f"-n {namespace} " if namespace else ""
    shows = f"kubectl {within}get {kind} {tree['metadata']['name']} -o yaml"
    return [Output("kubectl describe", tree, shows=shows)]


def _table(text: str) -> list[Output]:
    lines = text.splitlines()
    heads = [
        (match[0], match.start())
        for match in re.finditer(r"[A-Z][A-Z-]*(?: [A-Z(][A-Z)-]*)*", lines[0])
    ]
    rows = []
    for line in lines[1:]:
        ends = [start for _, start in heads[1:]] + [len(line)]
        rows.append(
            {head: line[start:end].strip() for (head, start), end in zip(heads, ends, strict=True)}
        )
    return [Output("kubectl table", {"kind": "Table", "rows": rows},
                   shows="kubectl get -o yaml, instead of this table,")]  # fmt: skip


def _tabbed(text: str) -> list[Output]:
    tree, shows = tabbed(text)
    if not tree:
        reason = "AWS CLI output in text format; run the command with --output json"
        return [Output("aws --output text", reason=reason)]
    return [Output("aws --output text", tree, shows=shows)]


def _box(_: str) -> list[Output]:
    return [Output("table", reason="AWS CLI output as a table; run the command with --output json")]


def _unrendered(_: str) -> list[Output]:
    return [Output("Helm template", reason="a Helm template that was not rendered; "
                   "use the output of helm template")]  # fmt: skip


def _hcl(text: str) -> list[Output]:
    from podrole.reading.outputs.hcl import read_hcl

    try:
        return [Output("HCL", read_hcl(text))]
    except ReadingError as error:
        return [Output("HCL", reason=str(error))]


_MAKERS: dict[str, Callable[[str], list[Output]]] = {
    "aws error": _error,
    "kubectl error": _error,
    "kubectl describe": _described,
    "kubectl table": _table,
    "env": _environment,
    "aws text": _tabbed,
    "table": _box,
    "URL": _encoded,
    "unrendered": _unrendered,
    "address": _issuer,
    "HCL": _hcl,
}
