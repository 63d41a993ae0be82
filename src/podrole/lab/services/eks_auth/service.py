"""EKS Auth: a pod's token in, credentials of the associated role out.

Behaviour: botocore 1.44.8's model of eks-auth, EKS user guide "How EKS Pod Identity works",
github.com/aws/eks-pod-identity-agent v0.1.37 and its issues, and for the cluster's ARN in
`aws:SourceArn` github.com/awslabs/mountpoint-s3-csi-driver issue 781 (checked 2026-11-23). Texts
marked `lab:` are the lab's own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from podrole.lab.access.authorizer import Denial, Requirement
from podrole.lab.access.service import Operation, Service
from podrole.lab.audit.events import Events
from podrole.lab.audit.record import Identity
from podrole.lab.audit.trail import Trail
from podrole.lab.audit.user_identity import caller_identity, service_identity
from podrole.lab.aws_error import AwsError
from podrole.lab.caller import AssumedRole, AwsService, Caller
from podrole.lab.clock import Clock
from podrole.lab.credentials import Session
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.admission.webhook import POD_IDENTITY_AUDIENCE
from podrole.lab.oidc.issuer import Token, TokenError
from podrole.lab.protocol.call import Call
from podrole.lab.seed import Seed
from podrole.lab.service_models import service_model
from podrole.lab.services.eks.associated_role import POD_IDENTITY_SERVICE
from podrole.lab.services.eks.associations import Association
from podrole.lab.services.eks.cluster import Cluster
from podrole.lab.services.eks.service import Eks
from podrole.lab.services.sts.role_assumption import Assumption
from podrole.lab.services.sts.service import Sts, assumed
from podrole.lab.services.sts.session_request import SessionTags
from podrole.policy import Policy, parse_policy

_SECONDS, _TARGET_SECONDS = 6 * 3600, 59 * 60
_DENIED = Denial(
    "AccessDeniedException",
    400,
    message="Unauthorized Exception! EKS does not have permissions to assume the associated role.",
)


class _Events(Events):
    reads = ("Assume",)
    secret = frozenset({"token"})


class EksAuth(Service):
    """AssumeRoleForPodIdentity."""

    events = _Events()

    def __init__(
        self,
        eks: Eks,
        sts: Sts,
        trail: Trail,
        clock: Clock,
        seed: Seed,
    ) -> None:
        self._eks = eks
        self._sts = sts
        self._trail = trail
        self._clock = clock
        self._identifiers = Identifiers(seed, "eks-auth")

    def requirements(self, call: Call, caller: Caller) -> list[Requirement]:
        """The cluster. The node's role has it from AmazonEKSWorkerNodePolicy."""
        arn = f"arn:aws:eks:{call.region}:{caller.account}:cluster/{call.parameters['clusterName']}"
        return [Requirement(f"eks-auth:{call.name}", arn, caller.account)]

    def operation(self, name: str) -> Operation | None:
        """The service has one operation."""
        return self.assume_role_for_pod_identity

    def assume_role_for_pod_identity(self, call: Call, caller: Caller) -> dict[str, Any]:
        """The answer for one token. Raises AwsError as the model lists them."""
        cluster = self._eks.cluster(caller.account, call.region, call.parameters["clusterName"])
        token = self._verified(call.parameters["token"], cluster)
        pod = token.claims.get("kubernetes.io", {})
        namespace = str(pod.get("namespace", ""))
        service_account = str(pod.get("serviceaccount", {}).get("name", ""))
        association = cluster.associations.of(namespace, service_account)
        if association is None:
            raise AwsError(
                "ResourceNotFoundException",
                f"lab: no association for service account {namespace}/{service_account}"
                f" in cluster {cluster.name}",
                404,
            )
        tags = {} if association.disable_session_tags else _session_tags(cluster, pod)
        session_name = _session_name(cluster, pod, self._identifiers.uuid())
        session = self._assume(call, cluster, association, tags, session_name)
        if association.target_role_arn:
            session = self._assume_target(call, association, session)
        return {
            "subject": {"namespace": namespace, "serviceAccount": service_account},
            "audience": POD_IDENTITY_AUDIENCE,
            "podIdentityAssociation": {
                "associationArn": association.arn,
                "associationId": association.id,
            },
            "assumedRoleUser": {
                "arn": session.arn,
                "assumeRoleId": session.unique_id,
            },
            "credentials": {
                "accessKeyId": session.access_key_id,
                "secretAccessKey": session.secret_access_key,
                "sessionToken": session.token,
                "expiration": session.expires,
            },
        }

    def _verified(self, text: str, cluster: Cluster) -> Token:
        try:
            token = Token.read(text)
        except TokenError as error:
            raise AwsError("InvalidTokenException", f"lab: {error}") from None
        if not cluster.signed(token):
            raise AwsError(
                "InvalidTokenException", f"lab: not signed by the issuer of cluster {cluster.name}"
            )
        if token.audiences != [POD_IDENTITY_AUDIENCE]:
            raise AwsError(
                "InvalidTokenException", f"lab: the token's audience is not {POD_IDENTITY_AUDIENCE}"
            )
        now = self._clock.timestamp()
        if now >= (token.seconds("exp") or 0):
            raise AwsError("ExpiredTokenException", "lab: the token has expired")
        if now < (token.seconds("nbf") or 0):
            raise AwsError("InvalidTokenException", "lab: the token is not valid yet")
        return token

    def _assume(
        self,
        call: Call,
        cluster: Cluster,
        association: Association,
        tags: Mapping[str, str],
        session_name: str,
    ) -> Session:
        """EKS assumes the role: AssumeRole and, with tags, TagSession must both be trusted."""
        # The cluster, not the association (field-reported: mountpoint-s3-csi-driver #781).
        eks = AwsService(POD_IDENTITY_SERVICE, cluster.arn, cluster.account)
        passed_on = SessionTags(tags, frozenset(tags))
        wish = Assumption(association.role_arn, session_name, _DENIED, passed_on)
        role = self._sts.assumption.role(call, eks, wish)
        limits = () if association.target_role_arn else _policies(association)
        session = self._sts.sessions.issue(
            role,
            name=session_name,
            seconds=_SECONDS,
            tags=passed_on,
            policies=limits,
        )
        self._record(call, association, session)
        return session

    def _record(self, call: Call, association: Association, session: Session) -> None:
        """The second record of Pod Identity: EKS, as a service, assumes the role."""
        parameters = {"RoleArn": association.role_arn, "RoleSessionName": session.name}
        assume = self._assume_call(call, parameters, session, _SECONDS)
        identity = Identity(service_identity(POD_IDENTITY_SERVICE), session.account)
        entry = self._trail.entry(assume, identity, self._sts.events)
        self._trail.write(entry, assumed(session))

    def _assume_call(
        self, call: Call, parameters: Mapping[str, Any], session: Session, seconds: int
    ) -> Call:
        """The call of STS that EKS makes for a pod, as it is recorded."""
        more: dict[str, Any] = {"DurationSeconds": seconds}
        if session.tags:
            more["Tags"] = [{"Key": key, "Value": value} for key, value in session.tags.items()]
            more["TransitiveTagKeys"] = list(session.tags)
        return dataclasses.replace(
            call,
            operation=service_model("sts").operation_model("AssumeRole"),
            parameters={**parameters, **more},
            headers={"user-agent": POD_IDENTITY_SERVICE},
            request_id=self._identifiers.uuid(),
            caller=None,
        )

    def _assume_target(self, call: Call, association: Association, first: Session) -> Session:
        """The first role assumes the target: its policy and the target's trust must both allow."""
        tags = SessionTags(first.tags, first.transitive_tags)
        wish = Assumption(
            association.target_role_arn or "",
            first.name,
            _DENIED,
            tags,
            external_id=association.external_id or None,
        )
        role = self._sts.assumption.role(call, AssumedRole(first), wish)
        session = self._sts.sessions.issue(
            role,
            name=first.name,
            seconds=_TARGET_SECONDS,
            tags=tags,
            policies=_policies(association),
            chained=True,
        )
        self._record_target(call, association, first, session)
        return session

    def _record_target(
        self, call: Call, association: Association, first: Session, session: Session
    ) -> None:
        """The third record: EKS goes on to the target with the first role's credentials.

        Inferred from role chaining: no such record was found.
        """
        parameters = {"RoleArn": association.target_role_arn, "RoleSessionName": session.name}
        if association.external_id:
            parameters["ExternalId"] = association.external_id
        assume = self._assume_call(call, parameters, session, _TARGET_SECONDS)
        element = caller_identity(AssumedRole(first)) | {"invokedBy": POD_IDENTITY_SERVICE}
        identity = Identity(element, first.account)
        entry = self._trail.entry(assume, identity, self._sts.events, session.account)
        self._trail.write(entry, assumed(session))


def _policies(association: Association) -> tuple[Policy, ...]:
    if not association.policy:
        return ()
    return (parse_policy(association.policy, kind="session", name=f"policy of {association.id}"),)


def _session_tags(cluster: Cluster, pod: Mapping[str, Any]) -> dict[str, str]:
    """The six tags that EKS adds, all transitive (EKS user guide, "Grant Pods access by tags")."""
    return {
        "eks-cluster-arn": cluster.arn,
        "eks-cluster-name": cluster.name,
        "kubernetes-namespace": str(pod.get("namespace", "")),
        "kubernetes-service-account": str(pod.get("serviceaccount", {}).get("name", "")),
        "kubernetes-pod-name": str(pod.get("pod", {}).get("name", "")),
        "kubernetes-pod-uid": str(pod.get("pod", {}).get("uid", "")),
    }


def _session_name(cluster: Cluster, pod: Mapping[str, Any], uuid: str) -> str:
    """`eks-<cluster>-<pod>-<uuid>` within 64 letters; how AWS shares the room is inferred."""
    pod_name = str(pod.get("pod", {}).get("name", ""))
    return f"eks-{cluster.name[:8]}-{pod_name[: 64 - len(uuid) - 14]}-{uuid}"
