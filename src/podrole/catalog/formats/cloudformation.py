"""A policy as a CloudFormation template, and as the same resource in the CDK's two languages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from podrole.catalog.formats.holder import held
from podrole.catalog.formats.quoting import check_references, code_text
from podrole.catalog.snippet import Snippet, texts
from podrole.yaml_writer import dump_yaml

_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def cloudformation(snippet: Snippet, values: Mapping[str, str]) -> str:
    """A template of one resource, as YAML. Plain texts: nothing in them is substituted."""
    return dump_yaml(template(snippet, values))


def template(snippet: Snippet, values: Mapping[str, str]) -> dict[str, Any]:
    """The template as a document."""
    resource = _resource(snippet, values)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": snippet.title,
        "Resources": {
            class_name(snippet): {"Type": resource["type"], "Properties": resource["properties"]}
        },
    }


def cdk_typescript(snippet: Snippet, values: Mapping[str, str]) -> str:
    """A stack in TypeScript. The first level of properties has the CDK's names."""
    resource = _resource(snippet, values)
    service, construct = _construct(resource["type"])
    properties = {_camel(key): value for key, value in resource["properties"].items()}
    return f"""\
import {{ Stack, type StackProps, aws_{service} as {service} }} from "aws-cdk-lib";
import type {{ Construct }} from "constructs";

export class {class_name(snippet)} extends Stack {{
  constructor(scope: Construct, id: string, props?: StackProps) {{
    super(scope, id, props);
    new {service}.{construct}(this, "{class_name(snippet)}", {typescript(properties, 2)});
  }}
}}"""


def cdk_python(snippet: Snippet, values: Mapping[str, str]) -> str:
    """The same stack in Python."""
    resource = _resource(snippet, values)
    service, construct = _construct(resource["type"])
    arguments = "".join(
        f"            {_snake(key)}={_python(value, 3)},\n"
        for key, value in resource["properties"].items()
    )
    return f"""\
from aws_cdk import Stack, aws_{service} as {service}
from constructs import Construct


class {class_name(snippet)}(Stack):
    def __init__(self, scope: Construct, id: str, **kwargs) -> None:
        super().__init__(scope, id, **kwargs)
        {service}.{construct}(
            self,
            "{class_name(snippet)}",
{arguments}        )"""


def _resource(snippet: Snippet, values: Mapping[str, str]) -> dict[str, Any]:
    resource = held(snippet, "cloudformation", values)
    for text in texts(resource):
        check_references(text)
    return resource


def class_name(snippet: Snippet) -> str:
    """`trust-irsa-exact` as a logical id and a class: `TrustIrsaExact`."""
    return "".join(part.capitalize() for part in snippet.id.split("-"))


def _construct(resource_type: str) -> tuple[str, str]:
    """`AWS::IAM::Role` as the CDK's module and class."""
    _, service, name = resource_type.split("::")
    return service.lower(), f"Cfn{name}"


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def typescript(value: Any, level: int) -> str:
    """A literal; keys that are words need no quotes."""
    if isinstance(value, dict):
        items = [
            f"{_typescript_key(key)}: {typescript(item, level + 1)}" for key, item in value.items()
        ]
        return _lines("{", items, "}", level, "  ")
    if isinstance(value, list):
        if len(value) < 2:
            return f"[{', '.join(typescript(item, level) for item in value)}]"
        return _lines("[", [typescript(item, level + 1) for item in value], "]", level, "  ")
    return _text(value)


def _typescript_key(key: str) -> str:
    if key == "__proto__":  # bare or quoted it would set the prototype
        return '["__proto__"]'
    return key if _WORD.fullmatch(key) else _text(key)


def _python(value: Any, level: int) -> str:
    if isinstance(value, dict):
        items = [f"{_text(key)}: {_python(item, level + 1)}" for key, item in value.items()]
        return _lines("{", items, "}", level, "    ")
    if isinstance(value, list):
        if len(value) < 2:
            return f"[{', '.join(_python(item, level) for item in value)}]"
        return _lines("[", [_python(item, level + 1) for item in value], "]", level, "    ")
    return str(value) if isinstance(value, bool) else _text(value)


def _lines(opening: str, items: list[str], closing: str, level: int, indent: str) -> str:
    inner = "".join(f"{indent * (level + 1)}{item},\n" for item in items)
    return f"{opening}\n{inner}{indent * level}{closing}"


def _text(value: Any) -> str:
    return code_text(value) if isinstance(value, str) else json.dumps(value)
