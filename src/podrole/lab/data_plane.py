"""The services that workloads use, made for each other: keys encrypt what the others keep."""

from __future__ import annotations

from podrole.lab.access.service import Service
from podrole.lab.clock import Clock
from podrole.lab.moto_adapter.backend import Moto
from podrole.lab.services.dynamodb.service import DynamoDb
from podrole.lab.services.ecr import Ecr
from podrole.lab.services.kms import Kms
from podrole.lab.services.s3.service import S3
from podrole.lab.services.secretsmanager import SecretsManager
from podrole.lab.services.sns.service import Sns
from podrole.lab.services.sqs import Sqs
from podrole.lab.services.ssm import Ssm


class DataPlane:
    """S3, Secrets Manager, SQS, SNS, DynamoDB, KMS, Parameter Store and ECR."""

    def __init__(self, moto: Moto, clock: Clock) -> None:
        keys = Kms(moto)
        self.buckets = S3(moto, keys)
        #: By the name under which requests are signed.
        self.services: dict[str, Service] = {
            "dynamodb": DynamoDb(moto),
            "ecr": Ecr(moto, clock),
            "kms": keys,
            "s3": self.buckets,
            "secretsmanager": SecretsManager(moto, keys),
            "sns": Sns(moto, keys),
            "sqs": Sqs(moto, keys),
            "ssm": Ssm(moto, keys),
        }
