"""A program that knows nothing of the lab: who am I, and what does the bucket hold?"""

import json
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError

bucket, key = sys.argv[1:]
try:
    arn = boto3.client("sts").get_caller_identity()["Arn"]
    s3 = boto3.client("s3")
    s3.put_object(Bucket=bucket, Key=key, Body=b"from a pod")
    text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    print(json.dumps({"arn": arn, "text": text}))
except ClientError as error:
    print(json.dumps({"error": error.response["Error"]["Code"], "message": str(error)}))
except BotoCoreError as error:
    print(json.dumps({"error": type(error).__name__, "message": str(error)}))
