"""What S3 requests say in their XML bodies, where a decision needs it."""

from __future__ import annotations

from xml.etree import ElementTree

from .aws_error import AwsError
from .call import Call


def deleted(call: Call) -> list[dict[str, str]]:
    """Key and, if given, VersionId of each object of DeleteObjects.

    Raises AwsError for what moto could read otherwise: it takes the last of two elements.
    """
    objects = [_members(item) for item in _root(call, "Delete") if _local(item) == "Object"]
    if not objects or not all(item.get("Key") for item in objects):
        raise _malformed()
    return objects


def tags(call: Call) -> dict[str, str]:
    """The tags of PutObjectTagging."""
    sets = [item for item in _root(call, "Tagging") if _local(item) == "TagSet"]
    found = [_members(tag) for item in sets for tag in item]
    return {tag.get("Key", ""): tag.get("Value", "") for tag in found}


def _root(call: Call, name: str) -> ElementTree.Element:
    stream = call.environ["wsgi.input"]
    text = stream.read()
    stream.seek(0)
    try:
        # The expat parser of ElementTree resolves no external entities, and the body is bounded.
        document = ElementTree.fromstring(text)  # noqa: S314
    except ElementTree.ParseError as error:
        raise _malformed() from error
    if _local(document) != name:
        raise _malformed()
    return document


def _members(element: ElementTree.Element) -> dict[str, str]:
    members = {_local(child): child.text or "" for child in element}
    if len(members) < len(element):
        raise _malformed()
    return members


def _local(element: ElementTree.Element) -> str:
    """The element's name without its namespace, which not every client sends."""
    return element.tag.rpartition("}")[2]


def _malformed() -> AwsError:
    return AwsError("MalformedXML", "The XML you provided was not well-formed", 400)
