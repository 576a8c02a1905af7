"""The certificates of a control plane that lives for one run: authorities, servers, and clients named by their role."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFETIME = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key as files."""

    cert: Path
    key: Path

    def cert_text(self) -> str:
        """As Kubernetes puts certificates into objects."""
        return base64.b64encode(self.cert.read_bytes()).decode()


def private_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def service_account_keys(folder: Path) -> Pair:
    """The key that signs the tokens of service accounts, and its public half in the place of a certificate."""
    key = private_key()
    public = folder / "service-accounts.pub"
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return Pair(public, write_key(folder / "service-accounts.key", key))


class Authority:
    """Signs for servers and clients; its own certificate is a file that others trust."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = private_key()
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._cert = (
            _draft(self._name, self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.files = Pair(folder / f"{name}.crt", write_key(folder / f"{name}.key", self._key))
        self.files.cert.write_bytes(self._cert.public_bytes(serialization.Encoding.PEM))

    def server(self, name: str, hosts: Sequence[str]) -> Pair:
        alternatives = x509.SubjectAlternativeName([_host(each) for each in hosts])
        return self._issue(name, "", ExtendedKeyUsageOID.SERVER_AUTH, alternatives)

    def client(self, name: str, organization: str = "") -> Pair:
        """`organization` is the group that Kubernetes sees the client in."""
        return self._issue(name, organization, ExtendedKeyUsageOID.CLIENT_AUTH, None)

    def _issue(
        self, name: str, organization: str, use: x509.ObjectIdentifier, hosts: x509.SubjectAlternativeName | None
    ) -> Pair:
        key = private_key()
        parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if organization:
            parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
        draft = _draft(x509.Name(parts), self._name, key.public_key()).add_extension(
            x509.ExtendedKeyUsage([use]), critical=False
        )
        if hosts is not None:
            draft = draft.add_extension(hosts, critical=False)
        file_name = name.replace(":", "-")
        pair = Pair(self._folder / f"{file_name}.crt", write_key(self._folder / f"{file_name}.key", key))
        pair.cert.write_bytes(draft.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return pair


def _draft(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _LIFETIME)
    )


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
