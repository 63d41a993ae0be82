"""The services that workloads use, made for each other: keys encrypt what the others keep."""

from __future__ import annotations

from .buckets import Buckets
from .clock import Clock
from .keys import Keys
from .moto_backend import Moto
from .parameters import Parameters
from .queues import Queues
from .repositories import Repositories
from .secrets import Secrets
from .service import Service
from .tables import Tables
from .topics import Topics


class DataPlane:
    """S3, Secrets Manager, SQS, SNS, DynamoDB, KMS, Parameter Store and ECR."""

    def __init__(self, moto: Moto, clock: Clock) -> None:
        keys = Keys(moto)
        self.buckets = Buckets(moto, keys)
        #: By the name under which requests are signed.
        self.services: dict[str, Service] = {
            "dynamodb": Tables(moto),
            "ecr": Repositories(moto, clock),
            "kms": keys,
            "s3": self.buckets,
            "secretsmanager": Secrets(moto, keys),
            "sns": Topics(moto, keys),
            "sqs": Queues(moto, keys),
            "ssm": Parameters(moto, keys),
        }
