"""An authority of the lab's own, and the certificates of its servers."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: An authority's certificate is the same whenever it is made of the same key.
_FROM, _TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2046, 1, 1, tzinfo=UTC)
_LIFE = timedelta(days=365)


class Authority:
    """Signs the certificates of servers. Its key is in memory alone."""

    def __init__(self, name: str, key: ec.EllipticCurvePrivateKey, serial: int) -> None:
        """`name` is shown to people; `serial` is positive and has at most 159 bits."""
        self._key, self._name = key, named(name)
        # Python's ssl from 3.13 on wants the key identifiers and usages of RFC 5280.
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        #: What a client has to trust.
        self.certificate = (
            x509.CertificateBuilder(self._name, self._name, key.public_key(), serial, _FROM, _TO)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(self._identifier, critical=False)
            .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
        )

    def issue(
        self,
        context: ssl.SSLContext,
        key: ec.EllipticCurvePrivateKey,
        subject: x509.Name,
        names: Sequence[x509.GeneralName],
    ) -> None:
        """Let a server's context offer a certificate of a year for these names, and its key."""
        pem = serialization.Encoding.PEM
        chain = self._signed(key.public_key(), subject, names).public_bytes(pem)
        private = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        # Python hands OpenSSL paths only. These lead to pipes: the key is never on a disk.
        with _readable(chain) as chain_path, _readable(private) as private_path:
            context.load_cert_chain(chain_path, private_path)

    def _signed(
        self, key: ec.EllipticCurvePublicKey, subject: x509.Name, names: Sequence[x509.GeneralName]
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier)
        return (
            x509.CertificateBuilder(
                self._name,
                subject,
                key,
                x509.random_serial_number(),
                now - timedelta(minutes=5),
                now + _LIFE,
            )
            # RFC 5280, 4.2.1.6: critical where the subject is empty.
            .add_extension(x509.SubjectAlternativeName(names), critical=not list(subject))
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(issuer, critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def named(text: str) -> x509.Name:
    """A name that is shown to people."""
    # X.520: a common name has 1 to 64 bytes, a cluster's name may have 100.
    short = text.encode("ascii", "replace")[:64].decode() or "lab"
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, short)])


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


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
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
