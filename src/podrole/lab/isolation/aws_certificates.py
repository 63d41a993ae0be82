"""Certificates for AWS's names, of an authority that only one program trusts."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)

from podrole.lab.certificates import Authority

_PASSWORD = "changeit"  # noqa: S105  (Java's usual one: a trust store holds nothing secret)


class AwsCertificates:
    """A certificate for each name that a client asks for."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self._authority = Authority("podrole lab", key, x509.random_serial_number())
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: dict[str, ssl.SSLContext] = {}

    def trusted(self, folder: Path) -> Mapping[str, str]:
        """Write the authority's certificate; the variables by which programs trust it.

        `folder` is there, and no other user may write in it. Raises OSError.
        """
        pem, store = folder / "ca.pem", folder / "ca.p12"
        pem.write_bytes(self._authority.certificate.public_bytes(Encoding.PEM))
        certificate = pkcs12.PKCS12Certificate(self._authority.certificate, b"podrole-lab")
        protected = BestAvailableEncryption(_PASSWORD.encode())
        store.write_bytes(pkcs12.serialize_java_truststore([certificate], protected))
        java = {"": store, "Type": "PKCS12", "Password": _PASSWORD}
        options = " ".join(f"-Djavax.net.ssl.trustStore{key}={java[key]}" for key in java)
        names = ("SSL_CERT_FILE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")
        return {**dict.fromkeys((*names, "CURL_CA_BUNDLE"), str(pem)), "JAVA_TOOL_OPTIONS": options}

    def context(self, usual: str) -> ssl.SSLContext:
        """What a server offers: for each name that a client asks for a certificate of that name.

        `usual` is the address that a client has asked which names none.
        """

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name is not None:
                connection.context = self._offering(x509.DNSName(name))

        context = self._offering(x509.IPAddress(ip_address(usual)))
        context.sni_callback = choose
        return context

    def _offering(self, name: x509.GeneralName) -> ssl.SSLContext:
        if name.value not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_alpn_protocols(["http/1.1"])
            self._authority.issue(context, self._key, x509.Name([]), [name])
            self._contexts[name.value] = context
        return self._contexts[name.value]
