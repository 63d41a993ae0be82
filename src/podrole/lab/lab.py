"""The lab: two AWS accounts and an EKS cluster, in this process or on a loopback port."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from types import TracebackType

import boto3

from podrole.lab.behaviour import Behaviour
from podrole.lab.clock import EPOCH, Clock
from podrole.lab.credentials import Session
from podrole.lab.doors.aws_variables import ISOLATED, isolated
from podrole.lab.doors.body_limits import LIMITS
from podrole.lab.doors.in_process import InProcessDoor
from podrole.lab.gateway import Gateway
from podrole.lab.identifiers import Identifiers
from podrole.lab.kubernetes.admission.webhook import WebhookSettings
from podrole.lab.kubernetes.client import Kubernetes
from podrole.lab.lab_error import LabError
from podrole.lab.moto_adapter import eks as moto_eks
from podrole.lab.moto_adapter import iam as moto_iam
from podrole.lab.node.instance_metadata import NODE_ROLE, Node
from podrole.lab.node_addresses import AGENT_URL
from podrole.lab.process_changes import ProcessChanges, uncollected
from podrole.lab.protocol.request_body import whole_bodies
from podrole.lab.seed import Seed
from podrole.lab.services.eks.cluster import Cluster
from podrole.lab.services.sts.authorization_message import encoded
from podrole.lab.settings import Settings

OPERATOR_ROLE = "platform-admin"
#: What AmazonEKSWorkerNodePolicy gives a node for Pod Identity (AWS managed policy reference).
_NODE = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "eks-auth:AssumeRoleForPodIdentity", "Resource": "*"}
    ],
}

#: EKS API reference, CreateCluster, `name` (checked 2026-11-28).
_CLUSTER = re.compile("[0-9A-Za-z][A-Za-z0-9_-]{0,99}")


class Lab(Behaviour):
    """AWS and EKS on a laptop: says no where AWS says no. Begin with `Lab.start()`.

    ```python
    lab = Lab.start()
    boto3.client("sts").get_caller_identity()  # the lab's, never AWS's
    lab.kubernetes().apply(manifest)
    lab.stop()
    ```
    """

    _running: Lab | None = None

    def __init__(
        self, settings: Settings, clock: Clock, seed: Seed, changes: ProcessChanges
    ) -> None:
        """Use `Lab.start()`, which checks the settings."""
        self.settings = settings
        self.clock = clock
        self.seed = seed
        self._changes = changes
        super().__init__(Gateway(settings, clock, seed, changes))
        #: Where pods find Pod Identity's agent.
        self.agent_url = AGENT_URL
        self._door: InProcessDoor | None = None
        self._kubernetes: dict[str, Kubernetes] = {}
        for account in settings.accounts:
            root = {"AWS": f"arn:aws:iam::{account}:root"}
            moto_iam.create_role(
                account, OPERATOR_ROLE, root, OPERATOR_ROLE, moto_iam.ADMINISTRATOR
            )
        self._operators = {
            account: self._operator_session(account) for account in settings.accounts
        }
        service = {"Service": "ec2.amazonaws.com"}
        moto_iam.create_role(settings.home, NODE_ROLE, service, NODE_ROLE, _NODE)
        operator = f"arn:aws:iam::{settings.home}:role/{OPERATOR_ROLE}"
        self.gateway.eks.create(settings.home, settings.region, settings.cluster, operator)

    # -- start and stop ------------------------------------------------------------------

    @classmethod
    def start(
        cls,
        *,
        seed: int = 7,
        accounts: tuple[str, ...] = ("111122223333", "444455556666"),
        region: str = "us-west-2",
        cluster: str = "demo",
        now: datetime = EPOCH,
    ) -> Lab:
        """Start the lab in this process: from here on boto3 talks to it and to nothing else.

        `accounts`: 12 digits each; the first one holds the cluster and is the one that plain
        `boto3.client(...)` works in, as the role `platform-admin`. The same seed gives the same
        ids, keys and tokens. The process's AWS_* variables and profile are set aside until
        `stop()`. Raises LabError if a lab is running already, for an account id or a cluster's
        name of another form, and for a region that AWS does not have.
        """
        if cls._running is not None:
            raise LabError("a lab is running in this process: stop() it first")
        settings = Settings(seed, accounts, region, cluster)
        changes = ProcessChanges()
        try:
            with isolated(), uncollected():
                lab = cls.prepare(settings, Clock(now), changes)
            lab._open_door()
        except BaseException:
            changes.undo()
            raise
        cls._running = lab
        return lab

    @classmethod
    def prepare(
        cls, settings: Settings, clock: Clock, changes: ProcessChanges, secret: str = ""
    ) -> Lab:
        """A lab without a door. Call it without the reader's AWS_* variables in place.

        What it replaces in this process is in `changes`: the caller undoes them, also when this
        raises. `secret` (hexadecimal digits) is what its keys and tokens come from; without one
        they come from the seed, which is no secret: a lab on ports needs one. Raises LabError for
        settings that make no lab.
        """
        accounts, region, cluster = settings.accounts, settings.region, settings.cluster
        for account in accounts:
            if not re.fullmatch(r"[0-9]{12}", account):
                raise LabError(f"account {account!r} is not 12 digits, for example 111122223333")
        if len(set(accounts)) != len(accounts) or not accounts:
            raise LabError("accounts must be one or more different account ids")
        if not moto_eks.knows(region):
            raise LabError(f"region {region!r} is not an AWS Region, for example us-west-2")
        if not _CLUSTER.fullmatch(cluster):
            raise LabError(
                f"cluster {cluster!r} is not a valid name: use letters, digits, - and _, at most"
                " 100, a letter or digit first"
            )
        return cls(settings, clock, Seed(settings.seed, secret), changes)

    def stop(self) -> None:
        """Put back what the lab has replaced in this process: botocore, moto, the AWS_* variables.

        Clients made in the lab lose their credentials with it. A second call does nothing.
        """
        if self._door is not None:
            self._door = None
            self._changes.undo()
            Lab._running = None

    def __enter__(self) -> Lab:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _open_door(self) -> None:
        door = InProcessDoor(
            whole_bodies(self.gateway, LIMITS["aws"]),
            self.gateway.serves,
            self.clock,
            self.environment(self.accounts[0]),
            Identifiers(self.seed, "sdk"),
        )
        door.open(self._changes)
        self._door = door

    @property
    def accounts(self) -> tuple[str, ...]:
        """The account ids, 12 digits each; the first one holds the cluster."""
        return self.settings.accounts

    @property
    def region(self) -> str:
        """The region of the cluster, and of `boto3.client(…)`."""
        return self.settings.region

    @property
    def default_cluster(self) -> str:
        """The name of the cluster that the lab begins with."""
        return self.settings.cluster

    @property
    def node(self) -> Node:
        """The node that all pods run on."""
        return self.gateway.node

    # -- what a reader uses --------------------------------------------------------------

    def kubernetes(self, cluster: str | None = None) -> Kubernetes:
        """The Kubernetes API of a cluster in the first account, by default the lab's own.

        Raises LabError for an unknown cluster.
        """
        found = self.cluster(cluster or self.default_cluster)
        if found.issuer.url not in self._kubernetes:
            shell = self._door.shell if self._door else None
            self._kubernetes[found.issuer.url] = Kubernetes(
                found.issuer,
                WebhookSettings(
                    found.region,
                    lambda namespace, name: found.associations.of(namespace, name) is not None,
                    lambda: self.agent_url,
                ),
                self.seed,
                self.clock,
                shell,
                base64.b64decode(self.gateway.eks.authority).decode(),
            )
        return self._kubernetes[found.issuer.url]

    def cluster(self, name: str) -> Cluster:
        """The cluster of that name in the first account, as EKS has it. Raises LabError."""
        for found in self.gateway.eks.clusters():
            if found.name == name and found.account == self.accounts[0]:
                return found
        raise LabError(f"no cluster {name!r} in account {self.accounts[0]}: create it in EKS")

    def session(self, account: str | None = None) -> boto3.Session:
        """A boto3 session of the operator (role `platform-admin`) in one of the accounts."""
        environment = self.environment(account or self.accounts[0])
        return boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=environment["AWS_SESSION_TOKEN"],
            region_name=self.region,
        )

    def environment(self, account: str) -> dict[str, str]:
        """The operator's AWS_* variables in an account. Raises LabError for an unknown account."""
        try:
            session = self._operators[account]
        except KeyError:
            known = ", ".join(self.accounts)
            raise LabError(f"the lab has no account {account}; it has {known}") from None
        return {
            **session.variables,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            **ISOLATED,
        }

    def authorization_message(self) -> str:
        """The last refusal as an encoded message, for `sts decode-authorization-message`.

        AWS hands such messages out in refusals of EC2 and a few others, which the lab lacks; here
        one asks for it. Raises LabError where nothing was refused yet.
        """
        refused = self.gateway.authorizer.refused
        if refused is None:
            raise LabError("no call has been refused yet: first make a call that is not allowed")
        return encoded(refused)

    # -- how it is made ------------------------------------------------------------------

    def _operator_session(self, account: str) -> Session:
        return self.gateway.issue(account, OPERATOR_ROLE, "you", 10 * 365 * 24 * 3600)
