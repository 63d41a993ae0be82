"""The agent on the nodes of clusters: an add-on of each cluster, which calls EKS Auth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from podrole.lab.aws_error import AwsError
from podrole.lab.clock import Clock
from podrole.lab.eks_auth_states import EKS_AUTH_STATES, Unreached
from podrole.lab.identifiers import Identifiers
from podrole.lab.node.pod_identity_agent import Agent
from podrole.lab.oidc.issuer import Token, TokenError
from podrole.lab.protocol.call import Call
from podrole.lab.service_models import service_model
from podrole.lab.services.eks.addons import AGENT_ADDON
from podrole.lab.services.eks.cluster import Cluster
from podrole.lab.services.eks.service import Eks
from podrole.lab.throttle import Throttle


class NodeAgent:
    """Answers pods on nodes whose cluster has the add-on."""

    def __init__(
        self,
        eks: Eks,
        result: Callable[[Call], dict[str, Any]],
        requests: Identifiers,
        clock: Clock,
        throttle: Throttle,
    ) -> None:
        """`result` carries a call out with the node's role, `requests` gives ids to the calls."""
        #: One of EKS_AUTH_STATES.
        self.eks_auth = EKS_AUTH_STATES[0]
        self._eks = eks
        self._result = result
        self._requests = requests
        self._agent = Agent(clock, self._assume, requests.uuid, throttle)

    def answer(self, request: Request) -> Response:
        """What a pod gets that asks for credentials."""
        cluster = self._cluster_of(request.headers.get("Authorization", ""))
        if cluster is not None and AGENT_ADDON not in cluster.addons:
            # Nothing listens on the node. The in-process door turns this into a refused connection.
            return Response("lab: the add-on eks-pod-identity-agent is not installed\n", 503)
        return self._agent.answer(request)

    def _assume(self, token: str) -> dict[str, Any]:
        """Call EKS Auth with the role of the node. Raises AwsError, and Unreached."""
        if self.eks_auth != EKS_AUTH_STATES[0]:
            raise Unreached(self.eks_auth)
        cluster = self._cluster_of(token)
        if cluster is None:
            raise AwsError("InvalidTokenException", "lab: the token is of none of the clusters")
        call = Call(
            environ={},
            operation=service_model("eks-auth").operation_model("AssumeRoleForPodIdentity"),
            region=cluster.region,
            parameters={"clusterName": cluster.name, "token": token},
            headers={"user-agent": "eks-pod-identity-agent"},
            signature=None,
            request_id=self._requests.uuid(),
        )
        return self._result(call)

    def _cluster_of(self, text: str) -> Cluster | None:
        try:
            return self._eks.by_issuer(Token.read(text).text("iss"))
        except TokenError:
            return None
