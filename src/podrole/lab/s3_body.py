"""What S3 requests say in their XML bodies, where a decision needs it."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from .aws_error import AwsError
from .call import Call


def deleted(call: Call) -> list[dict[str, str]]:
    """Key and, if given, VersionId of each object of DeleteObjects. Raises AwsError for none."""
    objects = [dict(_children(element)) for element in _elements(call, "Object")]
    found = [item for item in objects if item.get("Key")]
    if not found or len(found) < len(objects):
        raise _malformed()
    return found


def tags(call: Call) -> dict[str, str]:
    """The tags of PutObjectTagging."""
    found = [dict(_children(element)) for element in _elements(call, "Tag")]
    return {tag.get("Key", ""): tag.get("Value", "") for tag in found}


def _elements(call: Call, name: str) -> Iterator[ElementTree.Element]:
    stream = call.environ["wsgi.input"]
    text = stream.read()
    stream.seek(0)
    try:
        # The expat parser of ElementTree resolves no external entities, and the body is bounded.
        document = ElementTree.fromstring(text)  # noqa: S314
    except ElementTree.ParseError as error:
        raise _malformed() from error
    return (element for element in document.iter() if _local(element) == name)


def _children(element: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for child in element:
        yield _local(child), child.text or ""


def _local(element: ElementTree.Element) -> str:
    """The element's name without its namespace, which not every client sends."""
    return element.tag.rpartition("}")[2]


def _malformed() -> AwsError:
    return AwsError("MalformedXML", "The XML you provided was not well-formed", 400)
