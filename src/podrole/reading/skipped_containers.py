"""The annotation `eks.amazonaws.com/skip-containers`, as the pod identity webhook reads it.

The webhook takes the first record that Go's `encoding/csv` finds and trims nothing: `c0, c1` skips
`c0` and a container named ` c1`, which cannot exist. A text that is no CSV skips none. Source:
aws/amazon-eks-pod-identity-webhook 3bf80a34, pkg/handler/handler.go, run on 2026-11-29.
"""

from __future__ import annotations


def skipped_containers(annotation: str) -> frozenset[str]:
    """The names of the containers that `annotation` excludes; none where it is no CSV."""
    lines = annotation.replace("\r\n", "\n").removesuffix("\r").lstrip("\n")
    names: list[str] = []
    rest = lines
    while lines:
        if rest.startswith('"'):
            name, rest, closed = _quoted(rest[1:])
            if not closed or rest[:1] not in ("", ",", "\n"):
                return frozenset()
        else:
            end = min(found for sign in ",\n" if (found := (rest + sign).find(sign)) >= 0)
            name, rest = rest[:end], rest[end:]
            if '"' in name:
                return frozenset()
        names.append(name)
        if not rest.startswith(","):
            break
        rest = rest[1:]
    return frozenset(names)


def _quoted(text: str) -> tuple[str, str, bool]:
    """A field after its first quotation mark, what follows the last one, and whether there is one.

    Two marks in a row stand for one.
    """
    first, *others = text.split('"')
    name = first
    while others:
        if others[0] or len(others) == 1:
            return name, '"'.join(others), True
        name += '"' + others[1]
        others = others[2:]
    return name, "", False
