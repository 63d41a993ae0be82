"""The AWS_* variables of this process: set aside while the lab needs them otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

#: Neither the reader's profiles nor a metadata service may answer.
ISOLATED = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def replace_aws_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Put these in the place of every AWS_* variable; the former ones."""
    former = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name in former:
        del os.environ[name]
    os.environ.update(variables)
    return former


@contextmanager
def isolated() -> Iterator[None]:
    """Run the block without the reader's variables: moto makes boto3 sessions of its own."""
    former = replace_aws_variables(ISOLATED)
    try:
        yield
    finally:
        replace_aws_variables(former)
