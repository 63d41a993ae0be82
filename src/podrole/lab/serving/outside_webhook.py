"""The pod identity webhook as a cluster outside the lab calls it.

It takes service accounts from that cluster and associations from the lab. Form: Kubernetes,
"Dynamic Admission Control" (checked 2026-11-29).
"""

from __future__ import annotations

import hmac
import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from podrole.lab.kubernetes.admission import admission_review, webhook
from podrole.lab.kubernetes.http.api_request import review
from podrole.lab.kubernetes.objects.kinds import Object
from podrole.lab.lab import Lab
from podrole.lab.serving.outside_cluster import OutsideCluster, OutsideClusterError
from podrole.terminal import one_line


class OutsideWebhook:
    """A WSGI app at a path that only the outside cluster knows."""

    def __init__(
        self, lab: Lab, cluster: OutsideCluster, path: str, reach: Mapping[str, str]
    ) -> None:
        """`reach` is the variables by which a pod's program finds the lab in AWS's place."""
        self._lab = lab
        self._cluster = cluster
        self.path = path
        self._reach = reach

    def called(self, environ: Mapping[str, Any]) -> bool:
        """Whether a request is the webhook's."""
        path = environ["PATH_INFO"].encode()
        return environ["REQUEST_METHOD"] == "POST" and hmac.compare_digest(path, self.path.encode())

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a review (WSGI, PEP 3333)."""
        request = Request(environ)
        if request.mimetype != "application/json":
            return Response("give application/json\n", 415)(environ, start_response)
        warnings: list[str] = []

        def patch(pod: Object, namespace: str) -> list[dict[str, Any]]:
            try:
                return self._patch(pod, namespace)
            except OutsideClusterError as error:
                said = one_line(f"podrole lab: {error}: the pod gets no credentials")
                print(said, file=sys.stderr)
                warnings.append(said)
                return []

        answered = admission_review.answer(review(request), patch)
        if warnings:
            answered["response"]["warnings"] = warnings
        text = json.dumps(answered)
        return Response(text, content_type="application/json")(environ, start_response)

    def _patch(self, pod: Object, namespace: str) -> list[dict[str, Any]]:
        name = (pod.get("spec") or {}).get("serviceAccountName") or "default"
        cluster = self._lab.cluster(self._lab.default_cluster)
        changes = webhook.patch(
            pod,
            self._cluster.service_account(namespace, name),
            associated=cluster.associations.of(namespace, name) is not None,
            region=cluster.region,
            agent_url=self._lab.agent_url,
        )
        skipped = webhook.skipped(pod)
        for change in changes:
            if change["path"] in ("/spec/containers", "/spec/initContainers"):
                change["value"] = [
                    one if one.get("name") in skipped else self._led(one) for one in change["value"]
                ]
        return changes

    def _led(self, container: Object) -> Object:
        """The container with the variables that lead its SDK to the lab, unless it has them."""
        environment = list(container.get("env") or ())
        present = {variable.get("name") for variable in environment}
        more = [
            {"name": name, "value": value}
            for name, value in self._reach.items()
            if name not in present
        ]
        return {**container, "env": [*environment, *more]}
