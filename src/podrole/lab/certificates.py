"""The parts of a certificate that the lab's servers have in common."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_LIFE = timedelta(days=365)


def offer(
    context: ssl.SSLContext, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> None:
    """Let a server offer a certificate with its key, which is never on a disk."""
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # Python hands OpenSSL paths only. These lead to pipes.
    with (
        _readable(certificate.public_bytes(Encoding.PEM)) as chain_path,
        _readable(private) as private_path,
    ):
        context.load_cert_chain(chain_path, private_path)


@contextmanager
def _readable(content: bytes) -> Iterator[str]:
    """A path from which the content can be read once."""
    reader, writer = os.pipe()
    try:
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(content)  # a few hundred bytes, which every pipe holds
        yield f"/dev/fd/{reader}"
    finally:
        os.close(reader)


def usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """What an authority's key is for, or a server's."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    """A certificate of a year for a subject and its key, without extensions."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _LIFE)
    )
