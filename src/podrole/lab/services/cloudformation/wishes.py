"""What a caller wishes, read from a request: template, parameters, tags and capabilities.

Errors: those that users report of AWS (`Parameters: [X] must have values`, `Requires capabilities
: [CAPABILITY_NAMED_IAM]`); CloudFormation API reference, CreateStack (checked 2026-11-29).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from podrole.lab.aws_error import AwsError
from podrole.lab.services.cloudformation.making import Act
from podrole.lab.services.cloudformation.resource_types import resource_type
from podrole.lab.services.cloudformation.stack import Stack, Wish
from podrole.lab.services.cloudformation.template import (
    Template,
    invalid,
    read_template,
    written,
)

_FROM_SSM = "AWS::SSM::Parameter::Value<"
_S3_PATH = re.compile(r"/(?P<bucket>[^/]+)/(?P<key>.+)")
#: What the lab would have to ignore, and must not: each limits or redirects what a stack does.
_NOT_CARRIED = {
    "RoleARN": "a stack acts with its caller's keys here: call as that role",
    "ResourceTypes": "leave it out",
    "ResourcesToImport": "the lab imports nothing",
    "StackPolicyBody": "the lab has no stack policies",
    "StackPolicyURL": "the lab has no stack policies",
    "NotificationARNs": "describe-stack-events has the events",
}


def check_carried(parameters: Mapping[str, Any]) -> None:
    """Raise AwsError (501) for a parameter that the lab could only ignore."""
    for name, alternative in _NOT_CARRIED.items():
        if parameters.get(name):
            text = f"lab: {name} is not carried: {alternative}"
            raise AwsError("NotImplemented", text, 501)


def template_of(parameters: Mapping[str, Any], act: Act, stack: Stack | None = None) -> Template:
    """The template that a request gives. Raises AwsError."""
    if parameters.get("UsePreviousTemplate"):
        if stack is None or stack.wish is None:
            raise invalid("Previous template is not available")
        return stack.wish.template
    body, url = parameters.get("TemplateBody"), parameters.get("TemplateURL")
    if (body is None) == (url is None):
        raise invalid("Either Template URL or Template Body must be specified.")
    return read_template(_fetched(url, act) if body is None else body)


def _fetched(url: Any, act: Act) -> str:
    """A template in a bucket, read with the caller's keys."""
    path = _S3_PATH.fullmatch(unquote(urlsplit(str(url)).path))
    if path is None:
        raise invalid("TemplateURL must reference a valid S3 object to which you have access.")
    try:
        found = act("s3", "GetObject", {"Bucket": path["bucket"], "Key": path["key"]})
    except AwsError as error:
        if error.status == 501:
            raise
        raise invalid(f"S3 error: {error.message}") from error
    body: str | bytes = found["Body"]
    return body if isinstance(body, str) else body.decode("utf-8", "replace")


def wish_of(
    parameters: Mapping[str, Any], template: Template, act: Act, stack: Stack | None
) -> Wish:
    """The wish of a request; what it leaves out of an update stays. Raises AwsError."""
    check_types(template)
    former = stack.wish if stack is not None else None
    given = _given(template, parameters.get("Parameters") or [], former)
    values = _values(template, given, act)
    capabilities = tuple(parameters.get("Capabilities") or ())
    needed = capability(template)
    named = "CAPABILITY_NAMED_IAM" in capabilities
    if needed and not named and needed not in capabilities:
        text = f"Requires capabilities : [{needed}]"
        raise AwsError("InsufficientCapabilitiesException", text)
    tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags") or ()}
    if parameters.get("Tags") is None and former is not None:
        tags = dict(former.tags)
    return Wish(template, given, values, tags, capabilities)


def check_types(template: Template) -> None:
    """Raise AwsError (501) for a resource, or a property of one, that the lab does not make."""
    for logical, resource in template.resources.items():
        type_ = resource_type(resource["Type"])
        properties = resource.get("Properties") or {}
        if not isinstance(properties, dict):
            raise invalid(
                f"Template format error: [/Resources/{logical}/Properties] must be an object"
            )
        unknown = sorted(set(properties) - type_.known)
        if unknown:
            text = f"lab: CloudFormation makes no {type_.name} with {', '.join(unknown)} here"
            raise AwsError("NotImplemented", f"{text}; leave it out, or use the AWS CLI", 501)


def capability(template: Template) -> str:
    """The capability that a template needs; empty for none."""
    needed = ""
    for resource in template.resources.values():
        type_ = resource_type(resource["Type"])
        if type_.iam:
            properties = resource.get("Properties") or {}
            if type_.naming and type_.naming in properties:
                return "CAPABILITY_NAMED_IAM"
            needed = "CAPABILITY_IAM"
    return needed


def _given(
    template: Template, listed: Sequence[Mapping[str, Any]], former: Wish | None
) -> dict[str, str]:
    given: dict[str, str] = {}
    for one in listed:
        name = one["ParameterKey"]
        if one.get("UsePreviousValue"):
            if former is None or name not in former.given:
                if former is not None and name in former.parameters:
                    continue  # its default counted
                text = "Cannot specify usePreviousValue as true for a parameter key not in the"
                raise invalid(f"Invalid input for parameter key {name}. {text} previous template")
            given[name] = former.given[name]
        else:
            given[name] = str(one.get("ParameterValue", ""))
    unknown = [name for name in given if name not in template.parameters]
    if unknown:
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    return given


def _values(template: Template, given: Mapping[str, str], act: Act) -> dict[str, str]:
    found, missing = {}, []
    for name, declared in template.parameters.items():
        if name not in given and "Default" not in declared:
            missing.append(name)
            continue
        text = given.get(name, written(declared.get("Default")))
        _check(name, declared, text)
        if str(declared.get("Type", "")).startswith(_FROM_SSM):
            text = _from_store(text, act)
        found[name] = text
    if missing:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    return found


def _check(name: str, declared: Mapping[str, Any], text: str) -> None:
    allowed = declared.get("AllowedValues")
    if allowed is not None and text not in [written(one) for one in allowed]:
        raise invalid(f"Parameter '{name}' must be one of AllowedValues")
    pattern = declared.get("AllowedPattern")
    if pattern is not None:
        try:
            fits = re.fullmatch(str(pattern), text) is not None
        except re.error as error:
            raise invalid(f"lab: AllowedPattern of {name} cannot be read: {error}") from error
        if not fits:
            said = declared.get("ConstraintDescription")
            text = f"must match pattern {pattern}" if said is None else str(said)
            raise invalid(f"Parameter '{name}' {text}")


def _from_store(path: str, act: Act) -> str:
    try:
        return str(act("ssm", "GetParameter", {"Name": path})["Parameter"]["Value"])
    except AwsError as error:
        if "NotFound" not in error.code:
            raise invalid(error.message) from error
        raise invalid(
            f"Unable to fetch parameters [{path}] from parameter store for this account."
        ) from error


def summary(template: Template) -> dict[str, Any]:
    """What ValidateTemplate and GetTemplateSummary tell of a template."""
    needed = capability(template)
    types = [one["Type"] for one in template.resources.values()]
    needing = [one for one in types if resource_type(one).iam]
    reason = (
        f"The following resource(s) require capabilities: [{', '.join(dict.fromkeys(needing))}]"
    )
    return {
        "Description": template.description,
        "Capabilities": [needed] if needed else None,
        "CapabilitiesReason": reason if needed else None,
    }


def declared_parameters(template: Template) -> list[dict[str, Any]]:
    """The parameters of a template as GetTemplateSummary lists them."""
    hidden = template.hidden
    return [
        {
            "ParameterKey": name,
            "DefaultValue": written(one["Default"]) if "Default" in one else None,
            "ParameterType": one.get("Type", "String"),
            "NoEcho": name in hidden,
            "Description": one.get("Description"),
        }
        for name, one in template.parameters.items()
    ]
