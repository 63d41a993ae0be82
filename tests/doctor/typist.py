"""Types what the doctor prints, or the snippet that it names, into the lab of this process.

The same snippets are run by the real tools when the pages are followed; here the lab has no ports.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from typing import Any

import boto3
import jmespath
from botocore import xform_name

from podrole.catalog import Catalog
from podrole.doctor import Link
from podrole.lab.kubernetes.objects.json_patch import json_patch
from tests.lab.conftest import Setup

_ASSIGNS = re.compile(r"(?P<name>\w+)=\$\((?P<command>[^)]*)\)\Z", re.DOTALL)
_SAVES = re.compile(r"cat > (?P<file>\S+) <<'EOF'\n(?P<text>.*?)\nEOF\n", re.DOTALL)
_APPLIES = re.compile(r"kubectl apply -f - <<'EOF'\n(?P<text>.*?)\nEOF", re.DOTALL)


class Typist:
    """A reader who does as a link says."""

    def __init__(self, setup: Setup) -> None:
        self._cluster = setup.cluster
        oidc_id = setup.issuer.rpartition("/")[2]
        self._catalog = Catalog(values={"oidc_id": oidc_id, "role_name": "orders-api"})
        self._files: dict[str, str] = {}
        self._variables: dict[str, str] = {}

    def apply(self, link: Link) -> None:
        """Type the link's command, or else take the snippet; recreate the pod if it says so."""
        if link.command:
            self._type(link.command)
        else:
            formats = self._catalog.formats(link.snippet)
            wanted = ("kubectl", "cli-update", "bash")
            (form,) = [one for one in wanted if one in formats][:1]
            self._type(self._catalog.render(link.snippet, form))
        if "recreate the pod" in link.fix:
            self._cluster.rollout_restart("orders-api", "orders")

    def _type(self, script: str) -> None:
        for saved in _SAVES.finditer(script):
            self._files[saved["file"]] = saved["text"]
        if applied := _APPLIES.match(script):
            self._cluster.apply(applied["text"])
            return
        script = _SAVES.sub("", script).replace("\\\n", " ")
        assigned = re.sub(r"\n\s+(?=--)", " ", script)
        for line in re.split(r"\n(?=\w)", assigned.strip()):
            if found := _ASSIGNS.match(line):
                self._variables[found["name"]] = str(self._run(found["command"]))
            elif not line.startswith("sleep"):
                self._run(line)

    def _run(self, line: str) -> Any:
        for name, value in self._variables.items():
            line = line.replace(f'"${name}"', shlex.quote(value))
        words = shlex.split(line, comments=True)
        return self._aws(words[1:]) if words[0] == "aws" else self._kubectl(words[1:])

    def _aws(self, words: list[str]) -> Any:
        service, operation, *options = words
        if operation == "wait":
            return None  # what the lab makes is there at once
        client = boto3.client(service)
        members = client.meta.service_model.operation_model(
            client.meta.method_to_api_mapping[xform_name(operation.replace("-", "_"))]
        ).input_shape.members
        given: dict[str, Any] = {}
        names = {xform_name(name, "-"): name for name in members}
        names |= {"client-id-list": "ClientIDList", "client-id": "ClientID"}
        query = ""
        while options:
            option, value, *options = options
            option = option.removeprefix("--")
            if option == "query":
                query = value
            elif option not in ("region", "output"):
                text = self._files[value[7:]] if value.startswith("file://") else value
                listed = members[names[option]].type_name == "list"
                given[names[option]] = [text] if listed else text
        answer = getattr(client, operation.replace("-", "_"))(**given)
        return jmespath.search(query, answer) if query else answer

    def _kubectl(self, words: list[str]) -> None:
        assert words[:2] == ["-n", "orders"]
        verbs: dict[tuple[str, ...], Callable[[list[str]], None]] = {
            ("annotate",): self._annotate,
            ("rollout", "restart"): lambda _: self._restart(),
            ("rollout", "status"): lambda _: None,
            ("set", "env"): self._unset,
            ("set", "serviceaccount"): self._run_as,
            ("patch",): self._patch,
        }
        (verb,) = [one for one in verbs if tuple(words[2 : 2 + len(one)]) == one]
        verbs[verb](words[2 + len(verb) :])

    def _restart(self) -> None:
        self._cluster.rollout_restart("orders-api", "orders")

    def _annotate(self, words: list[str]) -> None:
        kind, name, *pairs = [one for one in words if not one.startswith("--")]
        assert kind == "serviceaccount"
        account = self._cluster.get("ServiceAccount", name, "orders")
        annotations = account["metadata"].setdefault("annotations", {})
        annotations.update(pair.split("=", 1) for pair in pairs)
        self._cluster.apply(account)

    def _deployment(self, change: Callable[[Any], Any]) -> None:
        self._cluster.apply(change(self._cluster.get("Deployment", "orders-api", "orders")))

    def _unset(self, words: list[str]) -> None:
        names = [one.removesuffix("-") for one in words[1:]]

        def change(deployment: Any) -> Any:
            for container in deployment["spec"]["template"]["spec"]["containers"]:
                kept = [one for one in container.get("env", []) if one["name"] not in names]
                container["env"] = kept
            return deployment

        self._deployment(change)

    def _run_as(self, words: list[str]) -> None:
        def change(deployment: Any) -> Any:
            deployment["spec"]["template"]["spec"]["serviceAccountName"] = words[2]
            return deployment

        self._deployment(change)

    def _patch(self, words: list[str]) -> None:
        operations = json.loads(words[words.index("-p") + 1])
        self._deployment(lambda deployment: json_patch(deployment, operations))
