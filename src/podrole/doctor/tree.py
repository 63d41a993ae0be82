"""Plain data as kubectl and aws print it, of which nothing is certain: a value may be anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Tree = Mapping[str, Any]


def mapping(value: Any) -> Tree:
    """The value, if it is a mapping; else an empty one."""
    return value if isinstance(value, dict) else {}


def trees(value: Any) -> list[Tree]:
    """The mappings of a list; nothing of what is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(tree: Any, *path: str) -> str:
    """The text at a path, empty where there is none."""
    for key in path:
        tree = mapping(tree).get(key)
    return tree if isinstance(tree, str) else ""


def texts(value: Any) -> list[str]:
    """The texts of a list; nothing of what is no list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def namespace_of(item: Tree) -> str:
    """The namespace of a pod or a service account; kubectl may leave `default` out."""
    return text(item, "metadata", "namespace") or "default"


def name_of(item: Tree) -> str:
    """The name of an object of Kubernetes."""
    return text(item, "metadata", "name")
