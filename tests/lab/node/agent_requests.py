"""Requests to the Pod Identity Agent: tokens that are none, other paths, hosts and methods.

`python -m tests.lab.node.agent_requests HOST:PORT` prints what an agent answers to each, as
`agent_answers.json` keeps it. That file holds the answers of aws/eks-pod-identity-agent d4dc0f3
(0.1.37), asked on 2026-11-29; where it takes a token, its one call of EKS Auth was replaced.
"""

from __future__ import annotations

import base64
import http.client
import json
import sys
from http import HTTPStatus
from typing import Any, NamedTuple

ADDRESS = "169.254.170.23"
_UNSTABLE = ("Date", "Connection", "Content-Length", "Server")
FAR = 4102444800  # in the year 2100
GOOD = {"exp": FAR}


class Asked(NamedTuple):
    """One request: its name, and what differs from a good one."""

    name: str
    token: str | None
    method: str = "GET"
    path: str = "/v1/credentials"
    host: str = ADDRESS


def _part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def token(claims: Any = GOOD, header: Any = None, signature: str = "c2ln") -> str:
    """A token that nobody has signed: the agent reads it and verifies nothing."""
    return ".".join(
        (_part({"alg": "RS256"} if header is None else header), _part(claims), signature)
    )


_TOKENS: dict[str, str | None] = {
    "good": token(),
    "no token": None,
    "empty": "",
    "one part": "a",
    "two parts": "a.b",
    "four parts": "a.b.c.d",
    "only dots": "..",
    "a scheme before it": f"Bearer {token()}",
    "only a scheme": "Bearer",
    "a space after it": f"{token()} ",
    "header is no base64": f"e*J.{_part(GOOD)}.c2ln",
    "header has padding": f"eyJhbGciOiJSUzI1NiIsImEiOjF9==.{_part(GOOD)}.c2ln",
    "header in the other alphabet": f"+/+/.{_part(GOOD)}.c2ln",
    "header of one letter": f"e.{_part(GOOD)}.c2ln",
    "header is no JSON": token(header=b"{"),
    "header is empty JSON": token(header=b""),
    "header is a list": token(header=[]),
    "header is null": token(header=b"null"),
    "header has two documents": token(header=b'{"alg":"RS256"}{}'),
    "header without alg": token(header={}),
    "alg is a number": token(header={"alg": 1}),
    "alg is unknown": token(header={"alg": "XX256"}),
    "alg in small letters": token(header={"alg": "rs256"}),
    "alg none": token(header={"alg": "none"}),
    "alg HS256": token(header={"alg": "HS256"}),
    "alg ES256": token(header={"alg": "ES256"}),
    "alg PS512": token(header={"alg": "PS512"}),
    "alg EdDSA": token(header={"alg": "EdDSA"}),
    "alg ES256K": token(header={"alg": "ES256K"}),
    "claims are no base64": f"{_part({'alg': 'RS256'})}.*.c2ln",
    "claims are no JSON": token(b"{"),
    "claims are empty": token(b""),
    "claims are a list": token([]),
    "claims are a text": token("x"),
    "claims are null": token(b"null"),
    "no exp": token({}),
    "exp 0": token({"exp": 0}),
    "exp past": token({"exp": 1}),
    "exp a text": token({"exp": str(FAR)}),
    "exp a word": token({"exp": "soon"}),
    "exp an empty text": token({"exp": ""}),
    "claims with a wrong word": token(b'{"exp":tru}'),
    "claims with a wrong key": token(b"{exp:1}"),
    "claims with a comma too many": token(b'{"exp":1,}'),
    "claims without a colon": token(b'{"exp" 1}'),
    "claims without a comma": token(b'{"exp":1 "nbf":1}'),
    "a list without a comma": token(b'{"aud":["x" "y"]}'),
    "a wrong escape": token(b'{"iss":"\\x"}'),
    "a wrong hexadecimal escape": token(b'{"iss":"\\u00g0"}'),
    "a line break in a text": token(b'{"iss":"\n"}'),
    "a number with two zeros": token(b'{"exp":00}'),
    "a number that ends in a point": token(b'{"exp":1.}'),
    "a number that ends in e": token(b'{"exp":1e}'),
    "a bare minus": token(b'{"exp":-}'),
    "single quotes": token(b"{'exp':1}"),
    "a letter that is no ASCII": token("{é}".encode()),
    "exp null": token({"exp": None}),
    "exp with a fraction": token({"exp": FAR + 0.5}),
    "exp negative": token({"exp": -1}),
    "exp true": token({"exp": True}),
    "exp a list": token({"exp": [FAR]}),
    "exp with an exponent": token(b'{"exp":4.1e9}'),
    "nbf future": token({"exp": FAR, "nbf": FAR}),
    "nbf past": token({"exp": FAR, "nbf": 1}),
    "nbf a text": token({"exp": FAR, "nbf": "1"}),
    "iat future": token({"exp": FAR, "iat": FAR}),
    "iat a text": token({"exp": FAR, "iat": "1"}),
    "exp past and nbf future": token({"exp": 1, "nbf": FAR}),
    "aud a text": token({"exp": FAR, "aud": "x"}),
    "aud a list": token({"exp": FAR, "aud": ["x", "y"]}),
    "aud a number": token({"exp": FAR, "aud": 1}),
    "aud a list of numbers": token({"exp": FAR, "aud": ["x", 1]}),
    "aud null": token({"exp": FAR, "aud": None}),
    "aud an object": token({"exp": FAR, "aud": {}}),
    "iss a number": token({"exp": FAR, "iss": 1}),
    "sub a list": token({"exp": FAR, "sub": []}),
    "jti an object": token({"exp": FAR, "jti": {}}),
    "an unknown claim": token({"exp": FAR, "kubernetes.io": {"pod": 1}}),
    "exp twice": token(b'{"exp":1,"exp":4102444800}'),
    "EXP in capitals": token(b'{"EXP":1}'),
    "signature is no base64": token(signature="*"),
    "signature is empty": token(signature=""),
}
REQUESTS: tuple[Asked, ...] = (
    *(Asked(name, text) for name, text in _TOKENS.items()),
    *(
        Asked(method, token(), method=method)
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "HEAD")
    ),
    *(
        Asked(path, token(), path=path)
        for path in (
            "/",
            "/v1",
            "/v1/",
            "/v1/credentials/",
            "//v1/credentials",
            "/v1/../v1/credentials",
            "/v1/./credentials",
            "/v1//credentials?a=1",
            "/x/../y",
            "/v1/credentials?a=1",
            "/v1/%63redentials",
            "/V1/credentials",
        )
    ),
    *(
        Asked(f"Host: {host}", token(), host=host)
        for host in (
            f"{ADDRESS}:80",
            f"{ADDRESS}.",
            "[fd00:ec2::23]",
            "[fd00:ec2::23]:80",
            "fd00:ec2::23",
            "[FD00:EC2::23]",
            "169.254.170.2",
            "agent.example.com",
            "agent.example.com:8080",
        )
    ),
    Asked("a wrong host and no token", None, host="agent.example.com"),
    Asked("a wrong host and another path", None, path="/x", host="agent.example.com"),
)


def main(address: str) -> None:
    """Print the answers of the agent at HOST:PORT."""
    answers = {}
    for asked in REQUESTS:
        door = http.client.HTTPConnection(address)
        door.putrequest(asked.method, asked.path, skip_host=True, skip_accept_encoding=True)
        door.putheader("Host", asked.host)
        if asked.token is not None:
            door.putheader("Authorization", asked.token)
        door.endheaders()
        answer = door.getresponse()
        headers = {name: value for name, value in answer.getheaders() if name not in _UNSTABLE}
        body = answer.read().decode()
        if answer.status == HTTPStatus.OK and body:
            body = "credentials"
        answers[asked.name] = {
            "status": answer.status,
            "headers": dict(sorted(headers.items())),
            "body": body,
        }
        door.close()
    json.dump(answers, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main(sys.argv[1])
