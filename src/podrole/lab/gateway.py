"""The gateway: one WSGI app for every host of the lab's world, and the making of its services."""

from __future__ import annotations

import json
import re
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from podrole.lab import fault, guarded_app
from podrole.lab.access.access import Access
from podrole.lab.access.authentication import Authentication
from podrole.lab.access.authorizer import Authorizer
from podrole.lab.access.iam_state import IamState
from podrole.lab.access.organization import Organization
from podrole.lab.access.organization_limits import OrganizationLimits
from podrole.lab.access.service import Service
from podrole.lab.audit.trail import Trail
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import Caller
from podrole.lab.clock import Clock
from podrole.lab.credentials import Credentials, Session
from podrole.lab.data_plane import DataPlane
from podrole.lab.dispatcher import Dispatcher
from podrole.lab.identifiers import Identifiers
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.node.instance_metadata import Node
from podrole.lab.node_addresses import AGENT_ADDRESSES, METADATA_ADDRESSES
from podrole.lab.oidc.outbound import DOCUMENTS, OutboundFederation
from podrole.lab.process_changes import ProcessChanges
from podrole.lab.protocol import codec, internal_failure
from podrole.lab.protocol.call import Call, Unreadable
from podrole.lab.protocol.request_body import read_ahead
from podrole.lab.protocol.request_reader import likely_protocol, read_call
from podrole.lab.seed import Seed
from podrole.lab.services.access_analyzer.service import AccessAnalyzer
from podrole.lab.services.cloudformation.service import CloudFormation
from podrole.lab.services.cloudtrail.log_bucket import LogBuckets
from podrole.lab.services.cloudtrail.service import CloudTrail
from podrole.lab.services.eks.cluster_key import ClusterKey
from podrole.lab.services.eks.service import Eks
from podrole.lab.services.eks_auth.node_agent import NodeAgent
from podrole.lab.services.eks_auth.service import EksAuth
from podrole.lab.services.iam.credential_report import CredentialReport
from podrole.lab.services.iam.last_accessed import LastAccessed
from podrole.lab.services.iam.service import Iam
from podrole.lab.services.organizations.accounts import MemberAccounts
from podrole.lab.services.organizations.service import Organizations
from podrole.lab.services.sts.outbound_tokens import OutboundTokens
from podrole.lab.services.sts.role_assumption import RoleAssumption
from podrole.lab.services.sts.role_sessions import RoleSessions
from podrole.lab.services.sts.service import Sts
from podrole.lab.services.sts.web_identity import WebIdentities
from podrole.lab.settings import Settings
from podrole.lab.throttle import Throttle

_ISSUER_PATH = re.compile(r"(/id/[0-9A-F]{32})(/\.well-known/openid-configuration|/keys)\Z")
#: Where a request keeps the call that was read ahead.
_READ = "podrole.call"
_AWS_HOST = re.compile(r"(?:[a-z0-9.-]+\.)?(?:amazonaws\.com|api\.aws)\Z")


class Gateway:
    """The lab's AWS, the clusters' issuers and the nodes' agent, behind one WSGI callable."""

    def __init__(
        self, settings: Settings, clock: Clock, seed: Seed, changes: ProcessChanges
    ) -> None:
        #: Held by whatever changes the lab's state; other doors take it too.
        self.lock = RLock()
        self._region = settings.region
        self._requests = Identifiers(seed, "requests")
        self.moto = Moto(seed, changes)
        self.iam = IamState(self.moto, settings.accounts)
        data = DataPlane(self.moto, clock)
        self.buckets = data.buckets
        self.credentials = Credentials(clock)
        organizations: list[Organization] = []
        limits = OrganizationLimits(organizations)
        self.authorizer = Authorizer(self.iam, clock, limits)
        home = ClusterKey(settings.cluster, settings.home, settings.region)
        self.eks = Eks(clock, seed, self.moto, self.iam, home)
        self.trail = Trail(clock, seed)
        logs = LogBuckets(self.buckets, self.authorizer, self.moto, seed)
        self.cloudtrail = CloudTrail(self.trail, logs, clock)
        self._outbound = OutboundFederation(seed)
        self.sts = Sts(
            self.iam,
            RoleSessions(self.credentials, clock, seed),
            RoleAssumption(self.iam, self.authorizer),
            WebIdentities(self.iam, self.eks.issuers, self.eks.outside, clock),
            OutboundTokens(self._outbound, clock),
        )
        self.eks_auth = EksAuth(self.eks, self.sts, self.trail, clock, seed)
        self.throttle = Throttle()
        self.node = Node(settings, self._issue_for_node, clock, seed)
        self.authentication = Authentication(self.credentials, self.iam, clock)
        services: dict[str, Service] = {
            "access-analyzer": AccessAnalyzer(clock),
            "cloudformation": CloudFormation(self.moto, clock, seed, self._act_for),
            "cloudtrail": self.cloudtrail,
            "eks": self.eks,
            "eks-auth": self.eks_auth,
            "iam": Iam(
                self.iam,
                self.credentials,
                limits.scps,
                self._outbound,
                LastAccessed(
                    self.iam, self.trail.records, clock, Identifiers(seed, "last accessed")
                ),
                CredentialReport(self.iam, clock),
            ),
            "organizations": Organizations(
                organizations, MemberAccounts(self.iam, clock, seed), clock, seed
            ),
            "sts": self.sts,
            **data.services,
        }
        self._issuers = self.eks.issuers
        self._dispatcher = Dispatcher(
            services,
            Access(self.authentication, self.authorizer),
            self.trail,
            self.throttle,
            self.moto,
        )
        self.agent = NodeAgent(
            self.eks, self._result_for_node, self._requests, clock, self.throttle
        )

    def serves(self, host: str) -> bool:
        """Whether a host exists in the lab's world: AWS's endpoints, issuers, and the agent."""
        if host in METADATA_ADDRESSES:
            return self.node.metadata_mode in ("open", "off")
        return host in AGENT_ADDRESSES or _AWS_HOST.match(host) is not None

    def issue(self, account: str, role_name: str, name: str, seconds: int) -> Session:
        """A session of a role that is there, as the lab itself, beside all checks."""
        role = self.iam.role(account, role_name)
        assert role is not None
        return self.sts.sessions.issue(role, name=name, seconds=seconds)

    def _issue_for_node(self, name: str, seconds: int) -> Session:
        return self.issue(self.node.account, self.node.role_name, name, seconds)

    def _result_for_node(self, call: Call) -> dict[str, Any]:
        """The result of a call by the agent, which calls with the node's role."""
        return self._dispatcher.result(call, self.node.caller())

    def _act_for(self, call: Call, caller: Caller) -> dict[str, Any]:
        """A call that a service makes with its caller's keys."""
        return self._dispatcher.act(call, caller)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request (WSGI, PEP 3333)."""
        self.read_ahead(environ)
        request = Request(environ)
        with self.lock:
            try:
                response = self._respond(request)
            except Exception as error:  # of the agent, the metadata service or an issuer
                response = guarded_app.answer("agent", request, 500, fault.report(error))
        return _sent(response, environ, start_response)

    def read_ahead(self, environ: dict[str, Any]) -> None:
        """Read the call of a request, once, before any lock is taken: a large one takes its time.

        What came of it, an error too, counts under the lock.
        """
        if _READ not in environ:
            read_ahead(environ, _READ, lambda: read_call(Request(environ), self._region))

    def _respond(self, request: Request) -> Response:
        host = urlsplit(f"//{request.host}").hostname
        if host in AGENT_ADDRESSES:
            return self.agent.answer(request)
        if host in METADATA_ADDRESSES:
            return self.node.metadata(request)
        issuer = _ISSUER_PATH.match(request.path)
        if issuer:
            return self._issuer_response(issuer[1], issuer[2])
        outbound = self._outbound.at(host or "") if request.path in DOCUMENTS else None
        if outbound is not None:
            found = json.dumps(outbound.document(request.path))
            return Response(found, content_type="application/json")
        request_id = self._requests.uuid()
        try:
            call = request.environ[_READ].get()
        except Unreadable as refused:
            return codec.refusal(refused.error, refused.protocol, refused.namespace, request_id)
        except Exception as error:
            protocol = likely_protocol(request)
            return codec.refusal(
                internal_failure.aws_error(error, protocol), protocol, "", request_id
            )
        call.request_id = request_id
        try:
            return self._dispatcher.answer(call)
        except AwsError as error:
            return _refused(call, error)
        except Exception as error:
            return _refused(call, internal_failure.aws_error(error, call.protocol))

    def _issuer_response(self, path: str, document: str) -> Response:
        for issuer in self._issuers.values():
            if issuer.path == path:
                found = issuer.keys() if document == "/keys" else issuer.discovery()
                return Response(json.dumps(found), content_type="application/json")
        return Response("Not Found\n", 404, content_type="text/plain")

    # -- doors of their own --------------------------------------------------------------

    def agent_app(self, environ: dict[str, Any], start_response: Any) -> Any:
        """The agent as a WSGI app of its own."""
        request = Request(environ)
        with self.lock:
            response = self.agent.answer(request)
        return response(environ, start_response)

    def metadata_app(self, environ: dict[str, Any], start_response: Any) -> Any:
        """The metadata service of the first cluster's node, as a pod on it meets it.

        Raises Silence where no answer reaches a pod.
        """
        with self.lock:
            response = self.node.metadata(Request(environ))
        return response(environ, start_response)


def _sent(response: Response, environ: dict[str, Any], start_response: Any) -> Any:
    """The answer as it is; werkzeug looks into it for what few answers have."""
    plain = isinstance(response.response, list) and "Content-Length" in response.headers
    if not plain or environ["REQUEST_METHOD"] == "HEAD" or "Location" in response.headers:
        return response(environ, start_response)
    start_response(response.status, list(response.headers))
    return response.response


def _refused(call: Call, error: AwsError) -> Response:
    namespace = call.operation.service_model.metadata.get("xmlNamespace", "")
    response = codec.refusal(error, call.protocol, namespace, call.request_id)
    response.headers.update(codec.error_headers(call.operation, error))
    return response
