"""What a call of ours carries, and what another service's word means here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from crossdock_kit import context
from crossdock_kit.client import Peer
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.credentials import own_token
from crossdock_kit.errors import BUG, KINDS, Exhausted, NotFound, PermissionDenied, Refused, Unavailable, kind_of
from crossdock_kit.peers import PeerFailed, PeerRefused, PeerUnavailable, peer_error
from crossdock_kit.testing import RunningServer
from kit_probe import Echo, ProbeServicer, ProbeStub


def because(tenant: str) -> Cause:
    return Cause("event", "OrderPlaced", tenant, "tester", "corr-9", "event-7", "", datetime.now(UTC))


async def test_a_call_speaks_for_the_tenant_and_cause_of_the_work_under_way(
    server: RunningServer, probe: ProbeServicer
) -> None:
    seen: list[Any] = []

    async def look(_: Any) -> str:
        seen.append(context.cause())
        return ""

    probe.on("Echo", look)
    stub = server.caller(ProbeStub, tenant=["acme", "globex"])
    with caused_by(because("globex")):
        await stub.Echo(Echo())
    [cause] = seen
    assert (cause.tenant, cause.correlation_id, cause.causation_id) == ("globex", "corr-9", "event-7")


async def test_a_stub_for_a_fixed_tenant_needs_no_cause(server: RunningServer, probe: ProbeServicer) -> None:
    token = server.issuer.token(["acme", "globex"], ["*"])
    peer = Peer(server.address, token=lambda: f"Bearer {token}")
    assert (await peer.stub(ProbeStub, tenant="acme").Echo(Echo(text="a"))).text == "a"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await peer.stub(ProbeStub).Echo(Echo())
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
    await peer.close()


@pytest.mark.feature("F245")
async def test_a_token_file_that_changes_is_read_again(server: RunningServer, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("crossdock_kit.credentials._LOOK_EVERY_SECONDS", 0.0)
    path = tmp_path / "token.jwt"
    path.write_text(server.issuer.token(["acme"], ["nothing"]))
    peer = Peer(server.address, token=own_token(path))
    with pytest.raises(grpc.aio.AioRpcError):
        await peer.stub(ProbeStub).Echo(Echo())
    path.unlink()
    path.write_text(server.issuer.token(["acme"], ["probe.echo"]))
    assert (await peer.stub(ProbeStub).Echo(Echo(text="renewed"))).text == "renewed"
    await peer.close()


def test_a_missing_token_file_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        own_token(tmp_path / "none.jwt")()


@dataclass
class Busy(Exhausted):
    retry_after: timedelta | None = timedelta(seconds=3)


@pytest.mark.parametrize(
    ("raised", "kind", "row"),
    [
        (Refused("no"), PeerRefused, KINDS[Refused]),
        (NotFound("nobody"), PeerRefused, KINDS[Refused]),
        (Busy(), PeerUnavailable, KINDS[Unavailable]),
        (PermissionDenied("not you"), PeerFailed, BUG),
        (ZeroDivisionError(), PeerFailed, BUG),
    ],
)
async def test_anothers_word_keeps_its_meaning(
    server: RunningServer, probe: ProbeServicer, raised: Exception, kind: type[Exception], row: Any
) -> None:
    async def refuse(_: Any) -> str:
        raise raised

    probe.on("Echo", refuse)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await server.caller(ProbeStub, tenant="acme").Echo(Echo())
    error = peer_error(caught.value)
    assert type(error) is kind
    assert kind_of(error) is row


async def test_the_reason_and_the_delay_come_across(server: RunningServer, probe: ProbeServicer) -> None:
    @dataclass
    class StockShort(Refused):
        sku: str

    async def refuse(request: Any) -> str:
        raise StockShort("A1") if request.text == "refuse" else Busy()

    probe.on("Echo", refuse)
    stub = server.caller(ProbeStub, tenant="acme")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Echo(Echo(text="refuse"))
    refused = peer_error(caught.value)
    assert isinstance(refused, PeerRefused)
    assert (refused.status, refused.reason) == ("FAILED_PRECONDITION", "STOCK_SHORT")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Echo(Echo())
    assert peer_error(caught.value).retry_after == timedelta(seconds=3)


async def test_a_peers_refusal_that_passes_through_us_stays_a_refusal(
    server: RunningServer, probe: ProbeServicer
) -> None:
    other = server.caller(ProbeStub, tenant="acme")

    async def ask_again(request: Any) -> str:
        if request.text:
            raise Refused("the rule says no")
        return str((await other.Echo(Echo(text="inner"))).text)

    probe.on("Echo", ask_again)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await other.Echo(Echo())
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_nobody_there_is_unavailable() -> None:
    peer = Peer("127.0.0.1:1")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await peer.stub(ProbeStub).Echo(Echo(), timeout=0.5)
    assert isinstance(peer_error(caught.value), PeerUnavailable)
    await peer.close()
