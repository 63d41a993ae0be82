"""What a program on a port meets of the metadata service, by each mode."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from podrole.lab.metadata_modes import METADATA_MODES
from tests.lab.lab_process import serving

TTL = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
SILENT = "no answer"
#: To the request for a token, and to one without a token.
ANSWERS = {
    "hop-limit": (SILENT, 401),
    "open": (200, 401),
    "silent": (SILENT, SILENT),
    "off": (403, 403),
}


def asked(url: str, method: str, path: str, headers: dict[str, str]) -> object:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=0.3)
    try:
        connection.request(method, path, headers=headers)
        return connection.getresponse().status
    except TimeoutError:  # a closed connection would be another error
        return SILENT
    finally:
        connection.close()


@pytest.mark.parametrize("mode", METADATA_MODES)
def test_what_a_pod_is_answered(mode: str) -> None:
    with serving("--metadata", mode) as settings:
        url = settings["metadata"]
        token = asked(url, "PUT", "/latest/api/token", TTL)
        without = asked(url, "GET", "/latest/meta-data/instance-id", {})
    assert (token, without) == ANSWERS[mode]
