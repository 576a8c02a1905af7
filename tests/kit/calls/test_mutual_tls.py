"""Between services both sides prove who they are, and a token may be bound to the certificate of its holder."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import grpc
import pytest
from crossdock_kit.credentials import channel_credentials, server_credentials
from crossdock_kit.settings import ServiceSettings
from crossdock_kit.testing import Unrecorded, start_service, unpadded
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kit_probe import Echo, ProbeServicer, ProbeStub, add_probe_to_server


@dataclass
class Authority:
    """A certificate authority in a folder."""

    folder: Path
    name: str

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = (
            self._builder(self.name, self.key, self.name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        (self.folder / f"{self.name}.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _builder(self, subject: str, key: ec.EllipticCurvePrivateKey, issuer: str) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
        )

    def issue(self, service: str) -> ServiceSettings:
        """Settings of a service that holds a certificate of this authority and trusts no other."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName("localhost"), x509.DNSName(service), x509.IPAddress(IPv4Address("127.0.0.1"))]
        certificate = (
            self._builder(service, key, self.name)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (self.folder / f"{service}.key").write_bytes(key.private_bytes(*form))
        (self.folder / f"{service}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return ServiceSettings.from_environment(
            {
                "CROSSDOCK_SERVICE": service,
                "CROSSDOCK_DATABASE_URL": "postgresql://unused",
                "CROSSDOCK_TLS_CERT": str(self.folder / f"{service}.crt"),
                "CROSSDOCK_TLS_KEY": str(self.folder / f"{service}.key"),
                "CROSSDOCK_TLS_CA": str(self.folder / f"{self.name}.pem"),
            }
        )

    def thumbprint(self, service: str) -> str:
        certificate = x509.load_pem_x509_certificate((self.folder / f"{service}.crt").read_bytes())
        return unpadded(certificate.fingerprint(hashes.SHA256()))


async def echo(served: ServiceSettings, calling: ServiceSettings | None, **claims: Any) -> str:
    server_side, client_side = server_credentials(served), channel_credentials(calling) if calling else None
    assert server_side is not None
    client_side = client_side or grpc.ssl_channel_credentials(Path(str(served.tls_ca)).read_bytes())
    probe = (add_probe_to_server, ProbeServicer())
    async with start_service(probe, once=Unrecorded(), credentials=(server_side, client_side)) as server:
        stub = server.caller(ProbeStub, tenant="acme", **claims)
        return str((await stub.Echo(Echo(text="in confidence"), timeout=3)).text)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.mark.feature("F246")
async def test_two_services_of_one_authority_talk(authority: Authority) -> None:
    assert await echo(authority.issue("inventory"), authority.issue("procurement")) == "in confidence"


@pytest.mark.feature("F246")
async def test_a_caller_without_a_certificate_does_not_get_in(authority: Authority) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo(authority.issue("inventory"), None)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_caller_of_another_authority_does_not_get_in(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    foreign = Authority(tmp_path / "foreign", "theirs")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo(authority.issue("inventory"), foreign.issue("procurement"))
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_bound_token_serves_only_its_certificate(authority: Authority) -> None:
    served, calling = authority.issue("inventory"), authority.issue("procurement")
    own = {"x5t#S256": authority.thumbprint("procurement")}
    assert await echo(served, calling, cnf=own) == "in confidence"
    stolen = {"x5t#S256": base64.urlsafe_b64encode(bytes(32)).rstrip(b"=").decode()}
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await echo(served, calling, cnf=stolen)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_without_certificates_the_settings_ask_for_no_tls() -> None:
    plain = ServiceSettings.from_environment({"CROSSDOCK_SERVICE": "x", "CROSSDOCK_DATABASE_URL": "postgresql://x"})
    assert server_credentials(plain) is None
    assert channel_credentials(plain) is None
