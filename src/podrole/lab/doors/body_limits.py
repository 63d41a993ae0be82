"""How large a request's body may be at each door, and who says so.

AWS's services, read 2026-11-28. SQS: aws/aws-sdk-js issue 479 (413, in plain text). DynamoDB API
reference, BatchWriteItem: 16 MB a request. ECR API reference, PutImage: a manifest has at most
4,194,304 characters, of which JSON may make two each. S3 API reference, "Error responses":
EntityTooLarge, which AWS says of more than 5 GiB (versity/versitygw issue 2041). The others name no
figure; their largest documented parameter is a policy of 131,072 characters. CloudWatch says
RequestEntityTooLarge with 413 (micrometer-metrics/micrometer issue 2302): the lab's code where a
service has none of its own.
"""

from __future__ import annotations

from uuid import UUID

from werkzeug.wrappers import Request, Response

from podrole.lab.aws_error import AwsError
from podrole.lab.kubernetes.http.api_request import LARGEST_BODY, answer, too_large
from podrole.lab.protocol import codec
from podrole.lab.protocol.request_body import BodyLimit
from podrole.lab.protocol.request_reader import likely_protocol, likely_service

_MIB = 1024 * 1024
_USUAL = _MIB
_OF_SERVICES = {"dynamodb": 16 * _MIB, "ecr": 8 * _MIB, "s3": 64 * _MIB, "sqs": 1_662_976}
#: What is refused here has drawn no request id: the lab has not been asked.
_NO_ID = str(UUID(int=0))


class AwsBodies(BodyLimit):
    """The limits of AWS's door, by the service that a request is signed for."""

    def largest(self, request: Request) -> int:
        """That of the service; of S3's, an object's."""
        return _OF_SERVICES.get(likely_service(request), _USUAL)

    def refusal(self, request: Request, largest: int) -> Response:
        """The service's error."""
        service = likely_service(request)
        if service == "sqs":
            text = f"HTTP content length exceeded {largest} bytes."
            return Response(text, 413, content_type="text/plain")
        if service == "s3":
            text = f"lab: an object has at most {largest} bytes here; send a larger one in parts"
            error = AwsError("EntityTooLarge", text)
        else:
            text = f"lab: a request to {service or 'AWS'} has at most {largest} bytes here"
            error = AwsError("RequestEntityTooLarge", text, 413)
        return codec.refusal(error, likely_protocol(request), "", _NO_ID)


class ClusterBodies(BodyLimit):
    """The limit of an API server."""

    def largest(self, request: Request) -> int:
        """Kubernetes' own."""
        return LARGEST_BODY

    def refusal(self, request: Request, largest: int) -> Response:
        """Its `Status`."""
        return answer(too_large().status(), 413)


#: By the door's name. A pod's SDK sends no body to the agent or to the metadata service.
LIMITS = {
    "aws": AwsBodies(),
    "agent": BodyLimit(),
    "metadata": BodyLimit(),
    "kubernetes": ClusterBodies(),
}
