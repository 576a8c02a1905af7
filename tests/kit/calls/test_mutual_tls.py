"""Between services both sides prove who they are, and a token may be bound to the certificate of its holder."""

from __future__ import annotations

import asyncio
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
    if client_side is None:
        nameless = grpc.ssl_channel_credentials(Path(str(served.tls_ca)).read_bytes())
        client_side = lambda: nameless  # noqa: E731
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


async def reached_as(address: str, authority: bytes, shown: tuple[bytes, bytes]) -> None:
    """A handshake of its own, by which the server shows the certificate that it has now. Raises when it is refused."""
    channel_side = grpc.ssl_channel_credentials(authority, *shown)
    async with grpc.aio.secure_channel(address, channel_side) as channel:
        await asyncio.wait_for(channel.channel_ready(), 3)


def renew(authority: Authority, *services: str) -> Authority:
    """Another authority takes the place of ours: every file of it is replaced in place."""
    renewed = Authority(authority.folder, authority.name)
    for service in services:
        renewed.issue(service)
    return renewed


async def test_a_running_server_and_its_callers_take_up_renewed_files(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossdock_kit.credentials._LOOK_EVERY_SECONDS", 0.0)
    served, calling = authority.issue("inventory"), authority.issue("procurement")
    old = [authority.folder.joinpath(name).read_bytes() for name in ("ours.pem", "procurement.key", "procurement.crt")]
    server_side, client_side = server_credentials(served), channel_credentials(calling)
    assert server_side is not None
    assert client_side is not None
    probe = (add_probe_to_server, ProbeServicer())
    async with start_service(probe, once=Unrecorded(), credentials=(server_side, client_side)) as server:
        stub = server.caller(ProbeStub, tenant="acme")
        assert (await stub.Echo(Echo(text="before"), timeout=3)).text == "before"
        await reached_as(server.address, old[0], (old[1], old[2]))
        renew(authority, "inventory", "procurement")
        # Neither side was started anew, and the same stub goes on.
        assert (await stub.Echo(Echo(text="after"), timeout=3)).text == "after"
        with pytest.raises(TimeoutError):
            await reached_as(server.address, old[0], (old[1], old[2]))


async def test_a_half_replaced_pair_is_not_taken_up(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossdock_kit.credentials._LOOK_EVERY_SECONDS", 0.0)
    calling = authority.issue("procurement")
    shown = channel_credentials(calling)
    assert shown is not None
    before = shown()
    certificate = (authority.folder / "procurement.crt").read_bytes()
    authority.issue("procurement")
    renewed = (authority.folder / "procurement.crt").read_bytes()
    (authority.folder / "procurement.crt").write_bytes(certificate)
    assert shown() is before
    (authority.folder / "procurement.crt").write_bytes(renewed)
    assert shown() is not before


async def test_calls_under_way_finish_over_the_former_certificate(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossdock_kit.credentials._LOOK_EVERY_SECONDS", 0.0)
    served, calling = authority.issue("inventory"), authority.issue("procurement")
    server_side, client_side = server_credentials(served), channel_credentials(calling)
    assert server_side is not None
    assert client_side is not None
    entered, go_on = asyncio.Event(), asyncio.Event()

    class Slow(ProbeServicer):
        async def Echo(self, request: Any, context: Any) -> Any:  # noqa: N802
            if request.text == "slow":
                entered.set()
                await go_on.wait()
            return request

    probe = (add_probe_to_server, Slow())
    async with start_service(probe, once=Unrecorded(), credentials=(server_side, client_side)) as server:
        stub = server.caller(ProbeStub, tenant="acme")
        slow = asyncio.ensure_future(stub.Echo(Echo(text="slow"), timeout=30))
        await entered.wait()
        renew(authority, "inventory", "procurement")
        assert (await stub.Echo(Echo(text="quick"), timeout=3)).text == "quick"
        go_on.set()
        assert (await slow).text == "slow"
