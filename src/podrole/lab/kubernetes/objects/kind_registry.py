"""The kinds that a cluster's API server serves: those of every cluster, and those it was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from podrole.lab.kubernetes.objects.built_in_kinds import BUILT_IN
from podrole.lab.kubernetes.objects.kinds import Kind


class KindRegistry:
    """The kinds of one API server. Two groups may have kinds of one name."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str], Kind] = {}
        #: Counts changes: what was made of the kinds is stale when it has grown.
        self.revision = 0
        for kind in BUILT_IN.values():
            self.add(kind)

    def __iter__(self) -> Iterator[Kind]:
        """All kinds, in the order in which they came; a kind for each version that is served."""
        return iter(list(self._kinds.values()))

    def add(self, kind: Kind) -> None:
        """Serve a kind, in the place of the one of its group, version and plural."""
        self._kinds[kind.group, kind.version, kind.plural] = kind
        self.revision += 1

    def remove(self, kind: Kind) -> None:
        """Serve a kind no longer."""
        del self._kinds[kind.group, kind.version, kind.plural]
        self.revision += 1

    def served(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind that a path names, None where there is none."""
        return self._kinds.get((group, version, plural))

    def of_plural(self, group: str, plural: str) -> Kind | None:
        """The kind of a group's resource in the first of its versions, None where there is none."""
        return next(
            (kind for kind in self if (kind.group, kind.plural) == (group, plural)),
            None,
        )

    def of_manifest(self, api_version: str, name: str) -> Kind | None:
        """The kind that a manifest's `apiVersion` and `kind` name, None where there is none."""
        return next(
            (kind for kind in self if (kind.api_version, kind.name) == (api_version, name)), None
        )

    def groups(self) -> dict[str, list[str]]:
        """The versions of each group that has a name, groups in alphabetical order."""
        found: dict[str, list[str]] = {}
        for kind in self:
            versions = found.setdefault(kind.group, [])
            if kind.version not in versions:
                versions.append(kind.version)
        found.pop("", None)
        return {group: sorted(found[group], key=version_rank) for group in sorted(found)}


def version_rank(version: str) -> tuple[int, list[int], str]:
    """Sorts versions as Kubernetes prefers them: v2, v1, v1beta2, v1beta1, v1alpha1, others."""
    text = version.removeprefix("v")
    for rank, stage in enumerate(("", "beta", "alpha")):
        major, found, minor = text.partition(stage) if stage else (text, "", "")
        if bool(found) == bool(stage) and major.isdecimal() and (not stage or minor.isdecimal()):
            return rank, [-int(major), -int(minor or 0)], ""
    return 3, [], version


def of_group(kinds: Iterable[Kind], group: str, version: str) -> list[Kind]:
    """The kinds of one version of a group."""
    return [kind for kind in kinds if (kind.group, kind.version) == (group, version)]
