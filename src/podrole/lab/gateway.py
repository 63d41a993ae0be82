"""The gateway: one WSGI app that says who is calling, decides, and only then lets moto act."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from podrole.lab import fault, guarded_app
from podrole.lab.access.authentication import Authentication
from podrole.lab.access.authorizer import Authorizer, Requirement, account_of
from podrole.lab.access.iam_state import IamState
from podrole.lab.access.organization import Organization
from podrole.lab.access.organization_limits import OrganizationLimits
from podrole.lab.access.service import Operation, Service
from podrole.lab.audit import user_identity
from podrole.lab.audit.trail import Trail
from podrole.lab.aws_error import AwsError, not_carried
from podrole.lab.clock import Clock
from podrole.lab.credentials import Caller, Credentials, Session
from podrole.lab.data_plane import DataPlane
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.version import KUBERNETES_VERSION
from podrole.lab.moto_adapter import eks as moto_eks
from podrole.lab.moto_adapter.backend import Moto, refusal
from podrole.lab.node.instance_metadata import METADATA_ADDRESSES, Node
from podrole.lab.node.pod_identity_agent import ADDRESSES, Agent
from podrole.lab.oidc.issuer import Token, TokenError
from podrole.lab.process_changes import ProcessChanges
from podrole.lab.protocol import codec, internal_failure
from podrole.lab.protocol.call import Call, Unreadable, likely_protocol, read_call
from podrole.lab.protocol.request_body import read_ahead
from podrole.lab.seed import Seed
from podrole.lab.service_models import service_model
from podrole.lab.services.access_analyzer.service import AccessAnalyzer
from podrole.lab.services.cloudtrail.log_bucket import LogBuckets
from podrole.lab.services.cloudtrail.service import CloudTrail
from podrole.lab.services.eks.addons import AGENT_ADDON
from podrole.lab.services.eks.cluster import Cluster
from podrole.lab.services.eks.service import Eks
from podrole.lab.services.eks_auth.service import EksAuth
from podrole.lab.services.iam.service import Iam
from podrole.lab.services.organizations.accounts import MemberAccounts
from podrole.lab.services.organizations.service import Organizations
from podrole.lab.services.sts.service import Sts
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
        self.eks = Eks(clock, seed, self.moto)
        self.trail = Trail(clock, seed)
        logs = LogBuckets(self.buckets, self.authorizer, self.moto, seed)
        self.cloudtrail = CloudTrail(self.trail, logs, clock)
        self.sts = Sts(self.iam, self.credentials, self.authorizer, self.eks.issuers, clock, seed)
        self.eks_auth = EksAuth(
            self.eks, self.sts, self.iam, self.authorizer, self.trail, clock, seed
        )
        self.throttle = Throttle()
        self.agent = Agent(clock, self._assume_for_agent, self._requests.uuid, self.throttle)
        #: The agent calls with its role.
        self.node = Node(settings, self._issue_for_node, clock, seed)
        self.authentication = Authentication(self.credentials, self.iam, clock)
        self._services: dict[str, Service] = {
            "access-analyzer": AccessAnalyzer(),
            "cloudtrail": self.cloudtrail,
            "eks": self.eks,
            "eks-auth": self.eks_auth,
            "iam": Iam(self.iam, self.credentials, limits.scps),
            "organizations": Organizations(
                organizations, MemberAccounts(self.iam, clock, seed), clock, seed
            ),
            "sts": self.sts,
            **data.services,
        }

    def serves(self, host: str) -> bool:
        """Whether a host exists in the lab's world: AWS's endpoints, issuers, and the agent."""
        if host in METADATA_ADDRESSES:
            return self.node.hop_limit > 1
        return host in ADDRESSES or _AWS_HOST.match(host) is not None

    def create_cluster(self, account: str, region: str, name: str, creator: str) -> None:
        """Create a cluster as the lab itself, beside all checks, for the role `creator`."""
        moto_eks.create_cluster(account, region, name, KUBERNETES_VERSION)
        self.eks.add(account, region, name, creator)

    def issue(self, account: str, role_name: str, name: str, seconds: int) -> Session:
        """A session of a role that is there, as the lab itself, beside all checks."""
        role = self.iam.role(account, role_name)
        assert role is not None
        return self.sts.issue(account, role_name, role, name=name, seconds=seconds)

    def _issue_for_node(self, name: str, seconds: int) -> Session:
        return self.issue(self.node.account, self.node.role_name, name, seconds)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request (WSGI, PEP 3333)."""
        self.read_ahead(environ)
        request = Request(environ)
        with self.lock:
            try:
                response = self._respond(request)
            except Exception as error:  # of the agent, the metadata service or an issuer
                response = guarded_app.answer("agent", request, 500, fault.report(error))
        return response(environ, start_response)

    def read_ahead(self, environ: dict[str, Any]) -> None:
        """Read the call of a request, once, before any lock is taken: a large one takes its time.

        What came of it, an error too, counts under the lock.
        """
        if _READ not in environ:
            read_ahead(environ, _READ, lambda: read_call(Request(environ), self._region))

    def _respond(self, request: Request) -> Response:
        host = urlsplit(f"//{request.host}").hostname
        if host in ADDRESSES:
            return self._agent_response(request)
        if host in METADATA_ADDRESSES:
            return self.node.metadata(request)
        issuer = _ISSUER_PATH.match(request.path)
        if issuer:
            return self._issuer_response(issuer[1], issuer[2])
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
            return self._answer(call)
        except AwsError as error:
            return _refused(call, error)
        except Exception as error:
            return _refused(call, internal_failure.aws_error(error, call.protocol))

    # -- issuers and agent ---------------------------------------------------------------

    def _issuer_response(self, path: str, document: str) -> Response:
        for cluster in self.eks.clusters():
            if cluster.issuer.path == path:
                issuer = cluster.issuer
                found = issuer.keys() if document == "/keys" else issuer.discovery()
                return Response(json.dumps(found), content_type="application/json")
        return Response("Not Found\n", 404, content_type="text/plain")

    def agent_app(self, environ: dict[str, Any], start_response: Any) -> Any:
        """The agent as a WSGI app of its own."""
        request = Request(environ)
        with self.lock:
            response = self._agent_response(request)
        return response(environ, start_response)

    def _agent_response(self, request: Request) -> Response:
        cluster = self._cluster_of(request.headers.get("Authorization", ""))
        if cluster is not None and AGENT_ADDON not in cluster.addons:
            # Nothing listens on the node. The in-process door turns this into a refused connection.
            return Response("lab: the add-on eks-pod-identity-agent is not installed\n", 503)
        return self.agent.answer(request)

    def metadata_app(self, environ: dict[str, Any], start_response: Any) -> Any:
        """The metadata service of the first cluster's node, as a pod on it meets it.

        Raises ConnectionAbortedError at hop limit 1: nothing answers there.
        """
        with self.lock:
            if self.node.hop_limit < 2:
                raise ConnectionAbortedError("hop limit 1: no answer reaches a pod")
            response = self.node.metadata(Request(environ))
        return response(environ, start_response)

    def _cluster_of(self, text: str) -> Cluster | None:
        try:
            return self.eks.by_issuer(Token.read(text).text("iss"))
        except TokenError:
            return None

    def _assume_for_agent(self, token: str) -> dict[str, Any]:
        """What the agent does: call EKS Auth with the role of its node."""
        cluster = self._cluster_of(token)
        if cluster is None:
            raise AwsError("InvalidTokenException", "lab: the token is of none of the clusters")
        operation = service_model("eks-auth").operation_model("AssumeRoleForPodIdentity")
        call = Call(
            environ={},
            operation=operation,
            region=cluster.region,
            parameters={"clusterName": cluster.name, "token": token},
            headers={"user-agent": "eks-pod-identity-agent"},
            signature=None,
            request_id=self._requests.uuid(),
        )
        return self._decided(call, self.node.caller())

    # -- one call ------------------------------------------------------------------------

    def _answer(self, call: Call) -> Response:
        self.cloudtrail.deliver_due()
        if call.name == "AssumeRoleWithWebIdentity":
            codec.validate(call.operation, call.parameters)
            return self._web_identity(call)
        caller = (
            self.authentication.caller(call.signature, call.protocol) if call.signature else None
        )
        if caller is None and call.service != "s3":
            raise not_carried(call.service, call.name)
        if caller is None:
            raise AwsError("AccessDenied", "Access Denied", 403)
        call.caller = caller
        if call.service != "s3":  # S3's parameters are in its XML bodies too, which moto reads
            codec.validate(call.operation, call.parameters)
        own = self._own_operation(call)
        if own is not None:
            result = self._decided(call, caller)
            return _response(call, result)
        try:
            owner, status, headers, body = self._by_moto(call, caller)
        except AwsError as error:
            self._record(call, caller, error)
            raise
        refused = refusal(call.operation, status, headers, body) if status >= 400 else None
        self._record(call, caller, refused, owner=owner)
        return Response([body], status, headers)  # a list: HEAD keeps the object's own length

    def _decided(self, call: Call, caller: Caller) -> dict[str, Any]:
        """An operation of the lab's own, decided, carried out and recorded."""
        try:
            self.throttle.check(call.service)
            for needed in self._requirements(call, caller):
                self.authorizer.check(call, caller, needed)
            own = self._own_operation(call)
            assert own is not None
            result = own(call, caller)
        except AwsError as error:
            self._record(call, caller, error)
            raise
        told = call.service == "sts" and call.name != "GetCallerIdentity"
        owner = account_of(call.parameters["RoleArn"]) if call.name == "AssumeRole" else None
        self._record(call, caller, None, result if told else None, owner)
        return result

    def _own_operation(self, call: Call) -> Operation | None:
        return self._services[call.service].operation(call.name)

    def _web_identity(self, call: Call) -> Response:
        account = call.parameters["RoleArn"].split(":")[4:5] or [""]
        identity: Mapping[str, Any] = {"type": "WebIdentityUser", "userName": "unknown"}
        try:
            token = Token.read(call.parameters["WebIdentityToken"])
            provider = token.text("iss").removeprefix("https://")
            arn = f"arn:aws:iam::{account[0]}:oidc-provider/{provider}"
            identity = user_identity.web_identity(arn, ",".join(token.audiences), token.text("sub"))
        except TokenError:
            pass  # STS says what is wrong with it
        try:
            self.throttle.check(call.service)
            result = self.sts.assume_role_with_web_identity(call)
        except AwsError as error:
            self.trail.record(call, identity, account[0], error)
            raise
        self.trail.record(call, identity, account[0], None, result)
        return _response(call, result)

    def _by_moto(self, call: Call, caller: Caller) -> tuple[str, int, Headers, bytes]:
        """The account that moto worked in, and its answer."""
        service = self._services[call.service]
        for needed in self._requirements(call, caller):
            self.authorizer.check(call, caller, needed)
        account = service.account(call, caller)
        answered = service.before_moto(call)
        if answered:
            return account, answered[0], Headers({"Content-Type": answered[1]}), answered[2]
        status, headers, body = self.moto.forward(
            call.environ, call.service, call.name, call.region, account
        )
        if status < 300:
            changed = service.after_moto(call, account, body)
            if changed is not body:
                headers["Content-Length"] = str(len(changed))
            return account, status, headers, changed
        if status == 404 and call.name in ("GetObject", "HeadObject"):
            self.authorizer.check(call, caller, self.buckets.list_requirement(call, caller))
        if call.protocol == "json" and status < 500:
            status = 400  # the services of this protocol have one status for a client's fault
        return account, status, headers, body

    # -- who, and what it needs ----------------------------------------------------------

    def _requirements(self, call: Call, caller: Caller) -> list[Requirement]:
        needed = self._services[call.service].requirements(call, caller)
        if needed is None:
            raise not_carried(call.service, call.name)
        return needed

    def _record(
        self,
        call: Call,
        caller: Caller,
        error: AwsError | None,
        response: Mapping[str, Any] | None = None,
        owner: str | None = None,
    ) -> None:
        identity = user_identity.caller_identity(caller)
        self.trail.record(call, identity, caller.account, error, response, owner)


def _response(call: Call, result: Mapping[str, Any]) -> Response:
    content_type, body = codec.response_body(call.operation, result, call.request_id)
    headers = {"x-amzn-RequestId": call.request_id}
    return Response(body, 200, headers, content_type=content_type)


def _refused(call: Call, error: AwsError) -> Response:
    namespace = call.operation.service_model.metadata.get("xmlNamespace", "")
    response = codec.refusal(error, call.protocol, namespace, call.request_id)
    response.headers.update(codec.error_headers(call.operation, error))
    return response
