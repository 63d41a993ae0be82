"""The API server's certificate, and its authority's: made at the start, kept in memory."""

from __future__ import annotations

import base64
import ssl
from ipaddress import ip_address
from random import Random

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from podrole.lab.certificates import Authority, named


class ServerCertificate:
    """What a server offers: nothing before `issue`."""

    def __init__(self) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def issue(self, cluster: str, source: Random) -> str:
        """Make a certificate for the loopback, signed by an authority of its own.

        Both keys are drawn from `source`: the same draws, the same authority, and a kubeconfig of
        before still holds; so does what pods have in `kube-root-ca.crt`.
        Returns the authority's certificate, base64 of PEM, as a kubeconfig has it.
        """
        # 248 bits are below the curve's order, whatever is drawn.
        authority_key, key = (
            ec.derive_private_key(1 + source.getrandbits(248), ec.SECP256R1()) for _ in range(2)
        )
        authority = Authority(f"podrole lab {cluster}", authority_key, 1 + source.getrandbits(150))
        names = (x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")))
        authority.issue(self.context, key, named("kube-apiserver"), names)
        return base64.b64encode(authority.certificate.public_bytes(Encoding.PEM)).decode()
