"""A snippet's text, filled so that no value breaks out of the place that it stands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from podrole.catalog.error import CatalogError, shown
from podrole.catalog.formats.manifest import manifest
from podrole.catalog.formats.quoting import SHELL_SAFE, code_escaped, hcl_escaped, rust_escaped
from podrole.catalog.parameters import PLACEHOLDER, fill


def shell(template: str, values: Mapping[str, str]) -> str:
    """Commands, a Dockerfile, nginx's configuration, SQL or INI, filled.

    Raises CatalogError for a value that a shell would read as more, or that a program would take
    for an option: the others read less.
    """
    for name in PLACEHOLDER.findall(template):
        if not SHELL_SAFE.fullmatch(values[name]):
            raise CatalogError(
                f"{name}: {shown(values[name])} contains characters that a shell interprets, or"
                " begins like an option or a URL"
            )
    return fill(template, values).rstrip("\n")


def applied(template: str, values: Mapping[str, str]) -> str:
    """A manifest as kubectl takes it from a shell. The quoted heredoc keeps all as it is."""
    return f"kubectl apply -f - <<'EOF'\n{manifest(template, values)}\nEOF"


def hcl(template: str, values: Mapping[str, str]) -> str:
    """Terraform, filled: a placeholder stands within a quoted text, and stays one."""
    return _escaped(template, values, _within_hcl)


def _within_hcl(text: str) -> str:
    """What follows may be a `{` of the template's own, which must not become part of the value."""
    escaped = hcl_escaped(text)
    last = escaped[-1:]
    return f"{escaped[:-1]}\\u{ord(last):04x}" if last in ("$", "%") else escaped


def program(template: str, values: Mapping[str, str]) -> str:
    """Python, Go, TypeScript or Java: these four share what is escaped between double quotes."""
    return _escaped(template, values, code_escaped)


def rust(template: str, values: Mapping[str, str]) -> str:
    """Rust, whose escapes are its own."""
    return _escaped(template, values, rust_escaped)


def _escaped(template: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    names = PLACEHOLDER.findall(template)
    return fill(template, {name: escape(values[name]) for name in names}).rstrip("\n")


#: How a text of a language is filled.
FILL: dict[str, Callable[[str, Mapping[str, str]], str]] = {
    "yaml": manifest,
    "bash": shell,
    "hcl": hcl,
    "python": program,
    "go": program,
    "typescript": program,
    "java": program,
    "rust": rust,
    "sql": shell,
    "ini": shell,
    "dockerfile": shell,
    "nginx": shell,
}
