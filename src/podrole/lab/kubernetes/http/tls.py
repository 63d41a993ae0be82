"""The API server's certificate, and its authority's: made at the start, kept in memory."""

from __future__ import annotations

import base64
import ssl
from datetime import UTC, datetime
from ipaddress import ip_address
from random import Random

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from podrole.lab.certificates import builder, offer, usage

#: The authority's certificate is the same whenever it is made: pods have it in `kube-root-ca.crt`.
_AUTHORITY_FROM, _AUTHORITY_TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2046, 1, 1, tzinfo=UTC)


class ServerCertificate:
    """What a server offers: nothing before `issue`."""

    def __init__(self) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def issue(self, cluster: str, source: Random) -> str:
        """Make a certificate for the loopback, signed by an authority of its own.

        Both keys are drawn from `source`: the same draws, the same authority, and a kubeconfig of
        before still holds.
        Returns the authority's certificate, base64 of PEM, as a kubeconfig has it.
        """
        authority, certificate, key = _certificates(cluster, source)
        offer(self.context, certificate, key)
        return base64.b64encode(authority.public_bytes(serialization.Encoding.PEM)).decode()


def _certificates(
    cluster: str, source: Random
) -> tuple[x509.Certificate, x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The authority's certificate, the server's, and the server's key."""
    # 248 bits are below the curve's order, whatever is drawn.
    authority_key, key = (
        ec.derive_private_key(1 + source.getrandbits(248), ec.SECP256R1()) for _ in range(2)
    )
    authority_name = _name(f"podrole lab {cluster}")
    # Python's ssl from 3.13 on wants the key identifiers and usages of RFC 5280.
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = (
        x509.CertificateBuilder(
            authority_name,
            authority_name,
            authority_key.public_key(),
            1 + source.getrandbits(150),
            _AUTHORITY_FROM,
            _AUTHORITY_TO,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(authority_key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    )
    certificate = (
        builder(_name("kube-apiserver"), authority_name, key.public_key())
        .add_extension(names, critical=False)
        .add_extension(usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return authority, certificate, key


def _name(text: str) -> x509.Name:
    # X.520: a common name has 1 to 64 bytes, a cluster's name may have 100.
    short = text.encode("ascii", "replace")[:64].decode() or "lab"
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, short)])
