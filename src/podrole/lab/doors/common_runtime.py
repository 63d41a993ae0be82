"""The AWS Common Runtime (awscrt) in this process: a second way to S3, with sockets of its own.

Where awscrt is installed, botocore signs by it, which reaches nothing, and boto3's transfers may go
by it (`preferred_transfer_client`, boto3 1.44: `boto3/crt.py`), past botocore's own door.
"""

from __future__ import annotations

from typing import Any

import boto3.s3.transfer

from podrole.lab.process_changes import ProcessChanges

_WAY_OUT = (
    "lab: awscrt opens sockets of its own, which would lead out of the lab: use boto3's client, or"
    " stop the lab"
)


class LeavesTheLab(RuntimeError):
    """A program wanted to speak to the network past the lab."""


def close(changes: ProcessChanges) -> None:
    """Let transfers go the way that all of botocore goes, and let awscrt connect to nothing."""
    try:
        import awscrt.io
        import awscrt.s3
    except ImportError:
        return
    # boto3 itself goes the other way where a second process has the Common Runtime's lock.
    changes.replace(boto3.s3.transfer, "_should_use_crt", lambda _config: False)
    # Whatever of it connects, S3, HTTP, MQTT or a credentials provider, begins with a bootstrap.
    changes.replace(awscrt.io.ClientBootstrap, "__init__", _refuse)
    changes.replace(awscrt.io.ClientBootstrap, "get_or_create_static_default", _refuse)
    changes.replace(awscrt.s3.S3Client, "make_request", _refuse)  # of a client made before the lab


def _refuse(*_given: Any, **_named: Any) -> Any:
    raise LeavesTheLab(_WAY_OUT)
