"""etcd, kube-apiserver and kube-controller-manager on the loopback, with their own authority."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ISSUER = "https://kubernetes.default.svc"
_PEM = serialization.Encoding.PEM


class NotReady(Exception):
    """A program that did not answer in time; its log says why."""


@dataclass(frozen=True)
class ControlPlane:
    """A running control plane.

    Args:
        url: of its API server.
        kubeconfig: of an administrator with a client certificate.
        context: for clients of the API server, with that certificate.
    """

    url: str
    kubeconfig: Path
    context: ssl.SSLContext


@contextmanager
def running(programs: Path, folder: Path) -> Iterator[ControlPlane]:
    """A control plane whose files are in a folder; ended with the block. Raises NotReady."""
    ports = _free_ports(4)
    files = _credentials(folder)
    url = f"https://127.0.0.1:{ports[2]}"
    context = ssl.create_default_context(cafile=str(files["ca.crt"]))
    context.load_cert_chain(files["admin.crt"], files["admin.key"])
    kubeconfig = _kubeconfig(folder, url, files)
    store = f"http://127.0.0.1:{ports[0]}"
    with ExitStack() as started:

        def start(name: str, *arguments: str) -> None:
            log = started.enter_context((folder / f"{name}.log").open("w"))
            process = subprocess.Popen(
                [programs / name, *arguments], stdout=log, stderr=log, cwd=folder
            )
            started.callback(_end, process)

        start(
            "etcd",
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={store}",
            f"--advertise-client-urls={store}",
            f"--listen-peer-urls=http://127.0.0.1:{ports[1]}",
            "--log-level=error",
            "--unsafe-no-fsync",
        )
        start(
            "kube-apiserver",
            f"--etcd-servers={store}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={ports[2]}",
            f"--tls-cert-file={files['server.crt']}",
            f"--tls-private-key-file={files['server.key']}",
            f"--client-ca-file={files['ca.crt']}",
            "--service-cluster-ip-range=10.100.0.0/16",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--service-account-issuer={ISSUER}",
            f"--service-account-signing-key-file={files['accounts.key']}",
            f"--service-account-key-file={files['accounts.key']}",
            f"--api-audiences={ISSUER}",
            "--endpoint-reconciler-type=none",
        )
        _wait(f"{url}/readyz", context, folder / "kube-apiserver.log")
        start(
            "kube-controller-manager",
            f"--kubeconfig={kubeconfig}",
            "--controllers=*,-nodelifecycle,-nodeipam",
            f"--root-ca-file={files['ca.crt']}",
            f"--service-account-private-key-file={files['accounts.key']}",
            "--use-service-account-credentials",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={ports[3]}",
        )
        path = "/api/v1/namespaces/default/serviceaccounts/default"
        _wait(f"{url}{path}", context, folder / "kube-controller-manager.log")
        yield ControlPlane(url, kubeconfig, context)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(url: str, context: ssl.SSLContext, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, context=context, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    last = "\n".join(log.read_text().splitlines()[-5:])
    raise NotReady(f"{url} did not answer within a minute; {log.name} ends with:\n{last}")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _kubeconfig(folder: Path, url: str, files: dict[str, Path]) -> Path:
    path = folder / "kubeconfig.json"
    user = {"client-certificate": str(files["admin.crt"]), "client-key": str(files["admin.key"])}
    cluster = {"server": url, "certificate-authority": str(files["ca.crt"])}
    described = {
        "kind": "Config",
        "apiVersion": "v1",
        "clusters": [{"name": "real", "cluster": cluster}],
        "users": [{"name": "admin", "user": user}],
        "contexts": [{"name": "real", "context": {"cluster": "real", "user": "admin"}}],
        "current-context": "real",
    }
    path.write_text(json.dumps(described))
    return path


# -- certificates ----------------------------------------------------------------------------


def _credentials(folder: Path) -> dict[str, Path]:
    """The authority, the server's and the administrator's certificate, and the tokens' key."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _name("real")
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())

    def signed(
        subject: x509.Name, key: ec.EllipticCurvePrivateKey, *more: x509.ExtensionType
    ) -> bytes:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(
            authority,
            subject,
            key.public_key(),
            x509.random_serial_number(),
            now - timedelta(minutes=5),
            now + timedelta(days=1),
        )
        for extension in more:
            builder = builder.add_extension(
                extension, critical=isinstance(extension, x509.BasicConstraints)
            )
        return builder.sign(authority_key, hashes.SHA256()).public_bytes(_PEM)

    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("server", "admin")}
    known = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    content = {
        "ca.crt": signed(authority, authority_key, x509.BasicConstraints(True, None), identifier),
        "server.crt": signed(
            _name("kube-apiserver"), keys["server"], x509.SubjectAlternativeName(names), known,
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
        ),
        "admin.crt": signed(
            _name("admin", "system:masters"), keys["admin"], known,
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),
        ),
        "server.key": _private(keys["server"]),
        "admin.key": _private(keys["admin"]),
        "accounts.key": _private(rsa.generate_private_key(65537, 2048)),
    }  # fmt: skip
    paths = {name: folder / name for name in content}
    for name, path in paths.items():
        path.touch(mode=0o600)
        path.write_bytes(content[name])
    return paths


def _name(common: str, *groups: str) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _private(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(_PEM, form, serialization.NoEncryption())
