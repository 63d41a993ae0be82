"""Certificates for AWS's names, of an authority that only one program trusts."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from podrole.lab.certificates import builder, offer, usage

_PASSWORD = "changeit"  # noqa: S105  (Java's usual one: a trust store holds nothing secret)


class Authority:
    """Signs a certificate for each name that a client asks for. Its key is in memory alone."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "podrole lab")])
        public = self._key.public_key()
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(public)
        self._certificate = (
            builder(self._name, self._name, public)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage(signs_certificates=True), critical=True)
            .add_extension(self._identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self._server_key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: dict[str, ssl.SSLContext] = {}

    def trusted(self, folder: Path) -> Mapping[str, str]:
        """Write the authority's certificate; the variables by which programs trust it.

        `folder` is there, and no other user may write in it. Raises OSError.
        """
        pem, store = folder / "ca.pem", folder / "ca.p12"
        pem.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        certificate = pkcs12.PKCS12Certificate(self._certificate, b"podrole-lab")
        protected = serialization.BestAvailableEncryption(_PASSWORD.encode())
        store.write_bytes(pkcs12.serialize_java_truststore([certificate], protected))
        java = {"": store, "Type": "PKCS12", "Password": _PASSWORD}
        options = " ".join(f"-Djavax.net.ssl.trustStore{key}={java[key]}" for key in java)
        names = ("SSL_CERT_FILE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")
        return {**dict.fromkeys((*names, "CURL_CA_BUNDLE"), str(pem)), "JAVA_TOOL_OPTIONS": options}

    def context(self, usual: str) -> ssl.SSLContext:
        """What a server offers: for each name that a client asks for a certificate of that name.

        `usual` is the name or address of who asks for none.
        """

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            connection.context = self._offering(name or usual)

        context = self._offering(usual)
        context.sni_callback = choose
        return context

    def _offering(self, name: str) -> ssl.SSLContext:
        if name not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_alpn_protocols(["http/1.1"])
            offer(context, self._issued(name), self._server_key)
            self._contexts[name] = context
        return self._contexts[name]

    def _issued(self, name: str) -> x509.Certificate:
        try:
            named: x509.GeneralName = x509.IPAddress(ip_address(name))
        except ValueError:
            named = x509.DNSName(name)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier)
        return (
            builder(x509.Name([]), self._name, self._server_key.public_key())
            .add_extension(x509.SubjectAlternativeName([named]), critical=True)
            .add_extension(usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
