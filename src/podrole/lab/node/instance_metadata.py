"""A worker node: its instance, its role's credentials, and its metadata service (IMDS).

Behaviour: EC2 user guide, "Use the Instance Metadata Service to access instance metadata" and
"Retrieve security credentials from instance metadata" (checked 2026-11-24).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from podrole.lab.caller import AssumedRole, Caller
from podrole.lab.clock import Clock, stamp
from podrole.lab.credentials import Session
from podrole.lab.identifiers import Identifiers
from podrole.lab.metadata_modes import METADATA_MODES, Silence
from podrole.lab.seed import Seed
from podrole.lab.settings import Settings

INSTANCE_ID = "i-0abcd1234ef567890"
NODE_ROLE = "eks-node"
_SECONDS = 6 * 3600
_RENEW_BEFORE = timedelta(hours=1)
_LONGEST_TOKEN = 21600
_NUMBER = re.compile(r"[0-9]{1,9}")
_TOKEN_HEADER = "X-aws-ec2-metadata-token"  # noqa: S105  (a header's name)
_TTL_HEADER = f"{_TOKEN_HEADER}-ttl-seconds"


class Node:
    """The node that every pod of a cluster runs on."""

    def __init__(
        self,
        settings: Settings,
        issue: Callable[[str, int], Session],
        clock: Clock,
        seed: Seed,
    ) -> None:
        """`issue(session_name, seconds)` makes a session of the node's role."""
        self.account, self.region, self.role_name = settings.home, settings.region, NODE_ROLE
        #: One of METADATA_MODES.
        self.metadata_mode = METADATA_MODES[0]
        self._issue = issue
        self._clock = clock
        self._identifiers = Identifiers(seed, f"node/{self.account}/{self.region}")
        self._session: Session | None = None
        self._tokens: dict[str, datetime] = {}

    def session(self) -> Session:
        """The node's credentials now: the same until an hour before their end."""
        if self._session is None or self._clock.now() >= self._session.expires - _RENEW_BEFORE:
            self._session = self._issue(INSTANCE_ID, _SECONDS)
        return self._session

    def caller(self) -> Caller:
        """The node as a caller of AWS."""
        return AssumedRole(self.session())

    # -- the metadata service ------------------------------------------------------------

    def metadata(self, request: Request) -> Response:
        """IMDSv2's answer to a pod; the node requires a token, as EKS's own nodes do.

        Raises Silence where no answer reaches a pod.
        """
        mode = self.metadata_mode
        if mode == "off":
            return Response("403 - Forbidden", 403, content_type="text/html")
        if mode == "silent" or (mode == "hop-limit" and request.method == "PUT"):
            raise Silence(f"{mode}: no answer reaches a pod")
        if request.path == "/latest/api/token":
            return self._new_token(request)
        expires = self._tokens.get(request.headers.get(_TOKEN_HEADER, ""))
        if expires is None or self._clock.now() >= expires:
            return Response("", 401)
        if request.method != "GET":
            return Response("", 405)
        text = self._document(request.path)
        if text is None:
            return Response("404 - Not Found", 404, content_type="text/html")
        return Response(text, content_type="text/plain")

    def _new_token(self, request: Request) -> Response:
        if request.method != "PUT":
            return Response("", 405)
        if "X-Forwarded-For" in request.headers:
            return Response("", 403)
        seconds = request.headers.get(_TTL_HEADER, "")
        if not _NUMBER.fullmatch(seconds) or not 1 <= int(seconds) <= _LONGEST_TOKEN:
            return Response("", 400)
        now = self._clock.now()
        self._tokens = {token: end for token, end in self._tokens.items() if end > now}
        token = self._identifiers.session_token()
        self._tokens[token] = now + timedelta(seconds=int(seconds))
        return Response(token, headers={_TTL_HEADER: seconds}, content_type="text/plain")

    def _document(self, path: str) -> str | None:
        if path == f"/latest/meta-data/iam/security-credentials/{self.role_name}":
            return json.dumps(self._credentials(), indent=2)
        if path == "/latest/dynamic/instance-identity/document":
            return json.dumps(self._identity(), indent=2)
        name = path.removeprefix("/latest/meta-data/")
        facts = {
            "iam/security-credentials/": self.role_name,
            "iam/security-credentials": self.role_name,
            "instance-id": INSTANCE_ID,
            "instance-type": "m7g.large",
            "placement/availability-zone": f"{self.region}a",
            "placement/region": self.region,
            "services/domain": "amazonaws.com",
            "services/partition": "aws",
        }
        return facts.get(name)

    def _credentials(self) -> dict[str, Any]:
        session = self.session()
        return {
            "Code": "Success",
            "LastUpdated": stamp(session.issued),
            "Type": "AWS-HMAC",
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key,
            "Token": session.token,
            "Expiration": stamp(session.expires),
        }

    def _identity(self) -> dict[str, Any]:
        return {
            "accountId": self.account,
            "availabilityZone": f"{self.region}a",
            "instanceId": INSTANCE_ID,
            "instanceType": "m7g.large",
            "region": self.region,
        }
