"""What the API server says of its tokens' issuer: the OpenID configuration and the keys.

Source: Kubernetes, "Managing Service Accounts", section "Service account issuer discovery"; types
and ages: kubernetes/kubernetes v1.37.2, `pkg/routes/openidmetadata.go` (read 2026-11-29).
"""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request, Response

from podrole.lab.kubernetes.objects.status import ApiError
from podrole.lab.oidc.issuer import Issuer

CONFIGURATION = "/.well-known/openid-configuration"
KEYS = "/openid/v1/jwks"
_TYPES = {CONFIGURATION: "application/json", KEYS: "application/jwk-set+json"}


def response(request: Request, issuer: Issuer, server: str) -> Response:
    """The answer at one of the two paths; `server` is the API server's URL. Raises ApiError."""
    media = _TYPES[request.path]
    accepted = request.accept_mimetypes
    if accepted and not accepted[media]:
        raise ApiError(
            406,
            "only the following media types are accepted: " + media,
        )
    document: dict[str, Any] = issuer.keys()
    if request.path == CONFIGURATION:
        document = {
            "issuer": issuer.url,
            "jwks_uri": f"{server}{KEYS}",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
    answer = Response(json.dumps(document), content_type=media)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
