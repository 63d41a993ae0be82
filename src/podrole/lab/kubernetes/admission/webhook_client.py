"""Calls of webhooks on this machine: what is sent, what may come back, and what is said if not.

Words: k8s.io/apiserver v0.37.2, `pkg/admission/plugin/webhook` and client-go's `rest/request.go`
(read 2026-11-29). No webhook elsewhere is called: the lab reaches nothing but the loopback.
"""

from __future__ import annotations

import base64
import binascii
import http.client
import ipaddress
import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from podrole.lab.kubernetes.objects.kinds import Object

_REVIEW = ("admission.k8s.io/v1", "AdmissionReview")


class CallFailed(Exception):
    """A webhook that could not be asked; the text follows `failed calling webhook "NAME": `."""


def reachable(config: Mapping[str, Any]) -> bool:
    """Whether a webhook's `clientConfig` names a place on this machine."""
    try:
        host = urlsplit(config.get("url") or "").hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def ask(config: Mapping[str, Any], seconds: int, request: Object, *, mutating: bool) -> Object:
    """A webhook's `response` to an admission request. Raises CallFailed."""
    version, kind = _REVIEW
    body = json.dumps({"kind": kind, "apiVersion": version, "request": request}).encode()
    answer = _post(config, seconds, body)
    try:
        review = json.loads(answer)
    except ValueError as error:
        raise CallFailed(f"failed to call webhook: {error}") from None
    try:
        return _checked(review, request["uid"], mutating=mutating)
    except ValueError as error:
        raise CallFailed(f"received invalid webhook response: {error}") from None


def _post(config: Mapping[str, Any], seconds: int, body: bytes) -> bytes:
    address = urlsplit(config["url"])
    shown = f"{config['url']}?timeout={seconds}s"
    host, port = address.hostname or "", address.port or 443
    try:
        connection = http.client.HTTPSConnection(
            host, port, timeout=seconds, context=_trust(config.get("caBundle"))
        )
        try:
            path = f"{address.path or '/'}?timeout={seconds}s"
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
    except ConnectionRefusedError:
        said = f"dial tcp {host}:{port}: connect: connection refused"
        raise CallFailed(f'failed to call webhook: Post "{shown}": {said}') from None
    except TimeoutError:
        raise CallFailed(
            f'failed to call webhook: Post "{shown}": context deadline exceeded'
        ) from None
    except ssl.SSLCertVerificationError as error:
        said = f"tls: failed to verify certificate: x509: {error.verify_message}"
        raise CallFailed(f'failed to call webhook: Post "{shown}": {said}') from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CallFailed(f'failed to call webhook: Post "{shown}": {error}') from None
    if response.status == 404:
        raise CallFailed("failed to call webhook: the server could not find the requested resource")
    if not 200 <= response.status < 300:
        text = json.dumps(answer.decode(errors="replace"))
        said = f"an error on the server ({text}) has prevented the request from succeeding"
        raise CallFailed(f"failed to call webhook: {said}")
    return answer


def _trust(bundle: str | None) -> ssl.SSLContext:
    """Trust in the authorities of a `caBundle`, or in the machine's own. Raises ValueError."""
    if not bundle:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=base64.b64decode(bundle).decode())
    except (binascii.Error, UnicodeDecodeError, ssl.SSLError):
        raise ValueError(
            "unable to load root certificates: unable to parse bytes as PEM block"
        ) from None
    return context


def _checked(review: Any, uid: str, *, mutating: bool) -> Object:
    """The response of a review. Raises ValueError, in the API server's words."""
    given = review if isinstance(review, dict) else {}
    response = given.get("response")
    if not isinstance(response, dict):
        raise ValueError("webhook response was absent")
    if response.get("uid") != uid:
        got = json.dumps(str(response.get("uid") or ""))
        raise ValueError(f'expected response.uid="{uid}", got {got}')
    version, kind = _REVIEW
    if (given.get("apiVersion"), given.get("kind")) != _REVIEW:
        got = f"{given.get('apiVersion', '')}, Kind={given.get('kind', '')}"
        raise ValueError(f"expected webhook response of {version}, Kind={kind}, got {got}")
    patch, form = response.get("patch"), response.get("patchType")
    if not mutating:
        for name in ("patch", "patchType"):
            if response.get(name):
                raise ValueError(f"validating webhook may not return response.{name}")
    elif patch and not form:
        raise ValueError("webhook returned response.patch but not response.patchType")
    elif form and not patch:
        raise ValueError("webhook returned response.patchType but not response.patch")
    elif form and form != "JSONPatch":
        raise ValueError(f'webhook returned invalid response.patchType of "{form}"')
    return response
