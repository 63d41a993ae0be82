"""What the site's own pieces need of `mkdocs.yml`, with or without MkDocs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml


@dataclass(frozen=True)
class SiteConfig:
    """The site's names and addresses.

    Attributes:
        name: the site's name.
        summary: what the site is, in a sentence or two.
        nav: the navigation, as `mkdocs.yml` holds it.
        site_url: where the site will stand, with a slash at its end; empty: anywhere.
        repository: the address of the repository's page; empty: no Edit links.
        edit_path: how that host names its editor, with `{path}` for the file.
    """

    name: str
    summary: str
    nav: list[Any]
    site_url: str
    repository: str
    edit_path: str

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "SiteConfig":
        """Take them from the configuration, MkDocs' own or `read_config`'s."""
        return cls(
            name=config["site_name"],
            summary=config["site_description"],
            nav=config["nav"],
            site_url=config["site_url"] or "",
            repository=config["extra"]["repository"] or "",
            edit_path=config["extra"]["edit_path"],
        )


class _Loader(yaml.SafeLoader):
    """Reads `!ENV [NAME, default]` as MkDocs does."""


def _environment(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if not isinstance(node, yaml.SequenceNode):
        raise yaml.constructor.ConstructorError(
            None, None, "write !ENV [NAME, default]", node.start_mark
        )
    *names, default = loader.construct_sequence(node)
    return next((os.environ[name] for name in names if name in os.environ), default)


_Loader.add_constructor("!ENV", _environment)


def read_config(path: Path) -> dict[str, Any]:
    """The configuration, with the variables of the environment in it.

    Raises OSError, yaml.YAMLError: no such file, or not YAML.
    """
    config = cast(dict[str, Any], yaml.load(path.read_text(encoding="utf-8"), _Loader))  # noqa: S506
    if config["site_url"] and not config["site_url"].endswith("/"):
        config["site_url"] += "/"
    return config
