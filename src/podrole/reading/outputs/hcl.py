"""Terraform's HCL: the policies of a module, read off `jsonencode`, heredocs and data sources.

The syntax is python-hcl2's to read (the extra `hcl`). What only Terraform knows stays the text that
it is written as, `${module.eks.oidc_provider}`; locals and the defaults of variables are filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from podrole.reading.error import ReadingError

_INTERPOLATION = re.compile(r"\$\{\s*((?:local|var)\.[A-Za-z_][\w-]*)\s*\}")
_LONGEST = 1_000_000


def read_hcl(text: str) -> dict[str, Any]:
    """The blocks of a module: `{"resource": {type: {name: {…}}}, "data": …, "locals": …}`.

    A data source `aws_iam_policy_document` has its policy under `json`. Raises ReadingError.
    """
    return _Module(_loaded(text)).tree()


def _loaded(text: str) -> dict[str, Any]:
    try:
        import hcl2
    except ImportError as error:
        raise ReadingError(
            "Terraform HCL needs an extra: pip install 'podrole[hcl]'; or use the output of "
            "terraform show -json"
        ) from error
    if len(text) > _LONGEST:
        raise ReadingError(f"{len(text):,} characters of HCL; the limit is {_LONGEST:,}")
    try:
        found: dict[str, Any] = hcl2.loads(text if text.endswith("\n") else f"{text}\n")
    except RecursionError as error:
        raise ReadingError("nested too deeply") from error
    except Exception as error:  # lark's, of many kinds
        line, column = getattr(error, "line", None), getattr(error, "column", None)
        place = (line, column) if isinstance(line, int) and line > 0 else (None, None)
        raise ReadingError("not HCL", *place) from error
    return found


class _Module:
    """A module's blocks, its locals and variables filled in."""

    def __init__(self, loaded: Mapping[str, Any]) -> None:
        self._loaded = loaded
        self._values: dict[str, str] = {}
        for block in _blocks(loaded.get("locals")):
            for name, value in block.items():
                if isinstance(value, str) and name != "__is_block__":
                    self._values[f"local.{name}"] = _bare(value)
        for kinds in _blocks(loaded.get("variable")):
            for name, block in kinds.items():
                default = block.get("default") if isinstance(block, dict) else None
                if isinstance(default, str):
                    self._values[f"var.{_bare(name)}"] = _bare(default)

    def tree(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for section in ("data", "resource", "locals", "module"):
            of_section: dict[str, Any] = found.setdefault(section, {})
            for block in _blocks(self._loaded.get(section)):
                for kind, named in block.items():
                    kind = _bare(kind)
                    if kind == "__is_block__":
                        continue
                    value = self._value(named, 0)
                    if kind == "aws_iam_policy_document" and isinstance(value, dict):
                        value = {name: {"json": _policy(one)} for name, one in value.items()}
                    if isinstance(value, dict) and isinstance(of_section.get(kind), dict):
                        of_section[kind].update(value)
                    else:
                        of_section[kind] = value
        return {section: blocks for section, blocks in found.items() if blocks}

    def _value(self, value: Any, depth: int) -> Any:
        if depth > 60:
            raise ReadingError("nested too deeply")
        if isinstance(value, dict):
            pairs = ((_bare(key), one) for key, one in value.items() if key != "__is_block__")
            return {
                self._text(self._of_key(key)): self._value(one, depth + 1) for key, one in pairs
            }
        if isinstance(value, list):
            return [self._value(one, depth + 1) for one in value]
        if not isinstance(value, str):
            return value
        expression = value[2:-1].strip() if value.startswith("${") and value[-1:] == "}" else ""
        if expression.startswith("jsonencode(") and expression.endswith(")"):
            return self._value(_expression(expression[len("jsonencode(") : -1]), depth + 1)
        bare = _bare(value)
        if bare.startswith("<<"):
            # The first line opens the heredoc, the last one closes it.
            return self._text("\n".join(bare.split("\n")[1:-1]))
        return self._text(bare)

    def _of_key(self, key: str) -> str:
        """A key in parentheses is an expression."""
        inner = key[3:-2] if key.startswith("${(") and key.endswith(")}") else key
        return f"${{{inner}}}" if inner != key else key

    def _text(self, text: str) -> str:
        for _ in range(4):  # a local may name a local
            new = _INTERPOLATION.sub(lambda match: self._values.get(match[1], match[0]), text)
            if new == text:
                break
            text = new
        return text


def _blocks(value: Any) -> Iterator[dict[str, Any]]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            yield one


def _bare(text: str) -> str:
    """A string of HCL without its quotes and escapes."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
        if not text.startswith("<<"):
            text = text.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    return text


def _expression(text: str) -> Any:
    return _loaded(f"value = {text}").get("value")


def _policy(block: Any) -> dict[str, Any]:
    """The policy that a data source `aws_iam_policy_document` makes (Terraform's AWS provider)."""
    block = block if isinstance(block, dict) else {}
    statements = [_statement(one) for one in _blocks(block.get("statement"))]
    return {"Version": block.get("version") or "2012-10-17", "Statement": statements}


_LISTS = (
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
)


def _statement(block: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": block.get("effect") or "Allow"}
    if isinstance(block.get("sid"), str):
        found["Sid"] = block["sid"]
    for key, element in _LISTS:
        if block.get(key):
            found[element] = block[key]
    for key, element in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        for one in _blocks(block.get(key)):
            kind, names = one.get("type"), one.get("identifiers")
            if kind == "*":
                found[element] = "*"
            elif isinstance(kind, str) and isinstance(found.setdefault(element, {}), dict):
                several = names if isinstance(names, list) else [names]
                found[element].setdefault(kind, []).extend(several)
    for one in _blocks(block.get("condition")):
        operator, variable, values = one.get("test"), one.get("variable"), one.get("values")
        if isinstance(operator, str) and isinstance(variable, str):
            of_operator = found.setdefault("Condition", {}).setdefault(operator, {})
            several = values if isinstance(values, list) else [values]
            of_operator.setdefault(variable, []).extend(several)
    return found
