"""CloudFormation's functions as texts, so that a template's policies can be read.

What only the deployed stack knows stays a placeholder, `${Name}`.
"""

from __future__ import annotations

from typing import Any

#: The same everywhere that most templates go; the other pseudo parameters stay placeholders.
_KNOWN = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}


def is_template(tree: Any) -> bool:
    """Whether a document is a CloudFormation template."""
    resources = tree.get("Resources") if isinstance(tree, dict) else None
    return isinstance(resources, dict) and any(
        isinstance(one, dict) and "::" in str(one.get("Type")) for one in resources.values()
    )


def filled(tree: Any, values: dict[str, str] | None = None) -> Any:
    """The template with each function replaced by its text; parameters by their defaults."""
    if values is None:
        values = dict(_KNOWN)
        parameters = tree.get("Parameters") if isinstance(tree, dict) else None
        for name, parameter in parameters.items() if isinstance(parameters, dict) else ():
            default = parameter.get("Default") if isinstance(parameter, dict) else None
            if isinstance(default, str) and default:
                values[name] = default
    if isinstance(tree, list):
        return [filled(one, values) for one in tree]
    if not isinstance(tree, dict):
        return tree
    if len(tree) == 1:
        ((name, value),) = tree.items()
        if name == "Ref" or name.startswith("Fn::"):
            return _text(name, value, values)
    return {_key(key, values): filled(value, values) for key, value in tree.items()}


def _key(key: str, values: dict[str, str]) -> str:
    return _substituted(key, values) if "${" in key else key


def _text(name: str, value: Any, values: dict[str, str]) -> Any:
    if name == "Ref":
        return values.get(str(value), f"${{{value}}}")
    if name == "Fn::Sub":
        text, own = (
            (value[0], value[1]) if isinstance(value, list) and len(value) == 2 else (value, {})
        )
        texts = (
            {key: filled(one, values) for key, one in own.items()} if isinstance(own, dict) else {}
        )
        known = values | {key: one for key, one in texts.items() if isinstance(one, str)}
        return _substituted(text, known) if isinstance(text, str) else "${Fn::Sub}"
    if name == "Fn::GetAtt":
        parts = value if isinstance(value, list) else [value]
        return "${" + ".".join(map(str, parts)) + "}"
    if name == "Fn::Join" and isinstance(value, list) and len(value) == 2:
        parts = filled(value[1], values)
        if isinstance(parts, list) and all(isinstance(one, str) for one in parts):
            return str(value[0]).join(parts)
    if name == "Fn::If" and isinstance(value, list) and len(value) == 3:
        return filled(value[1], values)
    return f"${{{name}}}"


def _substituted(text: str, values: dict[str, str]) -> str:
    parts = text.split("${")
    found = [parts[0]]
    for part in parts[1:]:
        name, brace, rest = part.partition("}")
        known = values.get(name.strip()) if brace else None
        found.append(f"${{{part}" if known is None else f"{known}{rest}")
    return "".join(found)
