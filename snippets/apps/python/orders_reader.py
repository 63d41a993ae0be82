"""Reads one object and one secret, round after round, with whatever role its pod has.

Settings come from the environment: BUCKET, KEY, SECRET_ID; ROUNDS (0: for ever), INTERVAL_SECONDS;
TARGET_ROLE_ARN and EXTERNAL_ID to work in another account. Nothing here knows IRSA or Pod Identity.

Exit code: 0, 3 if a call was denied in the last round, 4 if there were no credentials.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
)
from botocore.session import get_session

DENIED, NO_CREDENTIALS = 3, 4
# What STS and IAM call a refusal, by service; anything else is a fault of another kind.
_REFUSALS = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


def session_for(settings: Mapping[str, str]) -> boto3.Session:
    """The pod's own session, or one of the target role that renews itself."""
    target = settings.get("TARGET_ROLE_ARN")
    if not target:
        return boto3.Session()
    first = get_session()
    extra = {"RoleSessionName": "orders-reader"}
    if "EXTERNAL_ID" in settings:
        extra["ExternalId"] = settings["EXTERNAL_ID"]
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=first.create_client,
        source_credentials=first.get_credentials(),
        role_arn=target,
        extra_args=extra,
    )
    second = get_session()
    # botocore has no public name for a renewing chain; a profile with source_profile has one.
    second._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    return boto3.Session(botocore_session=second)


class OrdersReader:
    """One client for each service, for the life of the process: they keep and renew the keys."""

    def __init__(self, session: boto3.Session, settings: Mapping[str, str]) -> None:
        config = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard"})
        self._sts = session.client("sts", config=config)
        self._s3 = session.client("s3", config=config)
        self._secrets = session.client("secretsmanager", config=config)
        self._settings = settings

    def read(self) -> dict[str, Any]:
        """Who this is, and the sizes of object and secret: a log must not hold a secret."""
        identity = self._sts.get_caller_identity()["Arn"]
        found = self._s3.get_object(Bucket=self._settings["BUCKET"], Key=self._settings["KEY"])
        secret = self._secrets.get_secret_value(SecretId=self._settings["SECRET_ID"])
        return {
            "identity": identity,
            "object": len(found["Body"].read()),
            "secret": len(secret["SecretString"]),
        }


def outcome(error: BotoCoreError | ClientError | PermissionError) -> tuple[dict[str, Any], int]:
    """What to print for a refusal, and its exit code. Raises what is a fault of another kind."""
    # A token file that the process may not read is an error of the file system.
    if isinstance(error, NoCredentialsError | CredentialRetrievalError | PermissionError):
        return {"no_credentials": str(error).strip()}, NO_CREDENTIALS
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in _REFUSALS:
        message = error.response["Error"]["Message"]
        # The token's exchange fails inside the credential provider, before the call is sent.
        if error.operation_name.startswith("AssumeRole"):
            return {"no_credentials": message}, NO_CREDENTIALS
        return {"denied": message}, DENIED
    raise error


def main(settings: Mapping[str, str] = os.environ) -> int:
    """Run the rounds; a refusal does not end the program, since a policy may be fixed."""
    try:
        rounds = int(settings.get("ROUNDS", "0"))
        pause = float(settings.get("INTERVAL_SECONDS", "30"))
    except ValueError as error:
        print(f"orders-reader: ROUNDS and INTERVAL_SECONDS are numbers: {error}", file=sys.stderr)
        return 2
    for name in ("BUCKET", "KEY", "SECRET_ID"):
        if not settings.get(name):
            print(f"orders-reader: set {name}", file=sys.stderr)
            return 2
    reader: OrdersReader | None = None
    done = 0
    while True:
        code = 0
        try:
            # Making a client looks for credentials already, and may find none.
            reader = reader or OrdersReader(session_for(settings), settings)
            line = reader.read()
        except (BotoCoreError, ClientError, PermissionError) as error:
            line, code = outcome(error)
        print(json.dumps(line), flush=True)
        done += 1
        if done == rounds:
            return code
        time.sleep(pause)


if __name__ == "__main__":
    sys.exit(main())
