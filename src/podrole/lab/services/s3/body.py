"""What S3 requests say in their XML bodies, where a decision needs it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from podrole.lab.aws_error import AwsError
from podrole.lab.protocol.call import Call

_ENCODING = re.compile(r"""<\?xml[^>]*encoding\s*=\s*["']([^"']*)""")


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


def check(call: Call) -> None:
    """Raise AwsError for a call whose body must be an XML document and is none."""
    shape = call.operation.input_shape
    payload = shape.serialization.get("payload") if shape else None
    member = shape.members[payload] if payload else None
    if member is None or member.type_name != "structure":
        return
    if _text(call).strip():
        _root(call, member.serialization.get("name", member.name))
    elif payload in shape.required_members:
        # S3 API reference, "Error responses" (checked 2026-11-28).
        raise AwsError("MissingRequestBodyError", "Request body is empty.", 400)


class _Builder(ElementTree.TreeBuilder):
    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """Refuse entities of the body's own, which moto reads otherwise."""
        raise _malformed()


def _text(call: Call) -> bytes:
    stream = call.environ["wsgi.input"]
    text: bytes = stream.read()
    stream.seek(0)
    return text


def _root(call: Call, name: str) -> ElementTree.Element:
    parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314
    try:
        text = _text(call).decode()
        encoding = _ENCODING.match(text)
        if encoding and encoding[1].lower() != "utf-8":  # moto would read it so, or fail
            raise _malformed()
        parser.feed(text)
        document: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, UnicodeDecodeError) as error:
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
