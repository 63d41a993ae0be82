"""A policy as a Pulumi program in TypeScript: Terraform's resource by Pulumi's names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from podrole.catalog.formats.cloudformation import typescript
from podrole.catalog.formats.document import filled
from podrole.catalog.formats.holder import holder_of, own_values
from podrole.catalog.snippet import Snippet

#: Terraform's prefix of a resource, and Pulumi's module for it (Pulumi registry, aws 7, checked
#: 2026-11-24). The rest of the name is the class.
_MODULES = {
    "iam": "iam",
    "s3": "s3",
    "kms": "kms",
    "sqs": "sqs",
    "sns": "sns",
    "ecr": "ecr",
    "eks": "eks",
    "dynamodb": "dynamodb",
    "organizations": "organizations",
    "secretsmanager": "secretsmanager",
    "vpc": "ec2",
}


def pulumi(snippet: Snippet, values: Mapping[str, str]) -> str:
    """A program of one resource."""
    terraform = filled(holder_of(snippet)["terraform"], own_values(snippet, values))
    document = typescript(filled(snippet.body, values), 1)
    lines = "".join(
        f"  {_camel(name)}: "
        + (f"JSON.stringify({document})" if value == "POLICY" else typescript(value, 1))
        + ",\n"
        for name, value in terraform["arguments"].items()
    )
    return (
        'import * as aws from "@pulumi/aws";\n\n'
        f'new {_class(terraform["type"])}("{snippet.id}", {{\n{lines}}});'
    )


def _class(resource_type: str) -> str:
    """`aws_iam_role_policy` as `aws.iam.RolePolicy`."""
    service, _, rest = resource_type.removeprefix("aws_").partition("_")
    name = f"{service}_{rest}" if service == "vpc" else rest
    return f"aws.{_MODULES[service]}.{''.join(part.capitalize() for part in name.split('_'))}"


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)
