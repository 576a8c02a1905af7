"""What a partner does not post is asked for: page by page, and the cursor moves on only behind what is stored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from connector.domain.documents import State
from connector.store import documents
from connector.use_cases.poll import poll_again
from connector.worker.http_poll import Calls, HttpPoll
from connector.worker.named_secrets import NamedSecrets
from connector.worker.polling import Polling
from connector.worker.service import PartnerService
from connector_samples import polled
from connector_samples.polled import KIND, TrackerApi, carrier, pages, tracker
from connector_samples.rig import TENANT
from connector_samples.stage import Endpoint, Stage, endpoint
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock_cli import partner as partner_command
from crossdock_cli.main import app
from crossdock_kit.client import Peer
from crossdock_kit.credentials import own_token
from crossdock_kit.egress import Egress
from crossdock_kit.errors import CrossdockError
from crossdock_kit.exceptions import NothingLeft
from crossdock_kit.peers import PeerRefused
from starlette.responses import RedirectResponse, Response, StreamingResponse
from typer.testing import CliRunner, Result

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(eq=False)
class Poller:
    """A worker of one partner that polls when the test says so."""

    stage: Stage
    partner: str
    api: TrackerApi
    url: str
    polling: Polling
    source: HttpPoll
    epoch: int

    async def turn(self) -> float:
        """It is its turn, whenever the last one was."""
        await self.hold()
        await self.stage.rig.rows("UPDATE poll SET next_at = now() WHERE partner = $1 RETURNING 1", self.partner)
        return await self.polling.turn(self.source)

    async def hold(self) -> None:
        """The lease, however long the test took until here."""
        self.epoch = (await self.polling.service.acquire("outbound", 0)).epoch

    async def row(self) -> Any:
        [row] = await self.stage.rig.rows("SELECT * FROM poll WHERE partner = $1", self.partner)
        return row

    async def codes(self) -> list[str]:
        """Of the trackers that are stored, in the order in which they came."""
        rows = await self.stage.rig.rows(
            "SELECT name FROM document WHERE partner = $1 AND NOT outbound ORDER BY position", self.partner
        )
        return [row["name"].removeprefix(f"{KIND}:trk_").partition("/")[0] for row in rows]

    async def declare(self, **more: Any) -> None:
        spec = carrier(self.url) | more
        await self.stage.rig.partner(self.partner, **spec)


Opens = Callable[..., Awaitable[Poller]]


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Endpoint]:
    """Where the partners of this module have their APIs, one after the other."""
    async with endpoint() as running:
        yield running


@pytest.fixture
async def opens(stage: Stage, server: Endpoint, tmp_path: Path) -> AsyncIterator[Opens]:
    """Opens a poller of a partner of its own, with what the test says of its polling."""
    egress = Egress((ip_network("127.0.0.0/8"),))
    client, peers = egress.client(), []
    (tmp_path / "key").write_text("the-key")

    async def open_poller(name: str, egress: Egress = egress, **poll: Any) -> Poller:
        api = TrackerApi()
        server.answer_with = api
        await stage.rig.partner(name, **carrier(server.url, **poll))
        (tmp_path / f"{name}.jwt").write_text(stage.token(name))
        peer = Peer(stage.server.address, token=own_token(tmp_path / f"{name}.jwt"))
        peers.append(peer)
        service = PartnerService(name, "worker-1", peer)
        profile = (await service.acquire("outbound", 0)).profile
        calls = Calls(client, egress, NamedSecrets(tmp_path), lambda: NOW)
        source = HttpPoll(profile.transport.http, profile.documents[0], calls)
        polling = Polling(service, lambda: poller.epoch, lambda: profile, lambda _: [source], 0.01)
        poller = Poller(stage, name, api, server.url, polling, source, 0)
        return poller

    yield open_poller
    await client.aclose()
    for each in peers:
        await each.close()


@pytest.mark.feature("F137", "F148")
async def test_what_is_polled_is_what_is_posted_and_every_page_is_read_once(opens: Opens) -> None:
    poller = await opens("car-pages", sizeParameter="limit", pageSize=2, parameters={"carrier": "UPS"})
    poller.api.pages = pages([tracker("A"), tracker("B")], [tracker("C")])
    assert await poller.turn() == 60
    assert await poller.codes() == ["A", "B", "C"]
    assert poller.api.asked == [
        {"carrier": "UPS", "limit": "2"},
        {"carrier": "UPS", "limit": "2", "after": "c1"},
    ]
    assert {each["authorization"] for each in poller.api.headers} == {"Bearer the-key"}
    row = await poller.row()
    assert (row["cursor"], row["documents"], row["fault"]) == ("c1", 3, "")
    assert row["polled_at"] is not None
    rig = poller.stage.rig
    rig.procurement.accepts("RecordCarrierUpdates", delivery.RecordCarrierUpdatesResponse(transaction_ids=["o-1"]))
    await rig.translate("car-pages")
    await rig.dispatch()
    assert await rig.states("car-pages") == [State.UNDERSTOOD] * 3
    # Next time it goes on where it stood; what is shown again is the same document, what is new of it is another.
    poller.api.asked.clear()
    poller.api.pages["c1"] = {"trackers": [tracker("C"), tracker("C", "delivered", 2)], "next": None}
    await poller.turn()
    assert poller.api.asked == [{"carrier": "UPS", "limit": "2", "after": "c1"}]
    assert await poller.codes() == ["A", "B", "C", "C"]


async def test_a_document_is_stored_as_the_bytes_that_the_partner_wrote(opens: Opens) -> None:
    poller = await opens("car-bytes", id=[])
    poller.api.pages = {"": b'{"next": null, "trackers" : [ {"weight": 1.10, "id": "\\u00e4"} ,\n{"b":[2,  3]}]}'}
    await poller.turn()
    rig = poller.stage.rig
    rows = await rig.rows("SELECT document_id, name FROM document WHERE partner = 'car-bytes' ORDER BY position")
    async with rig.uow(tenants=(TENANT,)) as work:
        kept = await documents.contents(work.driver, TENANT, [row["document_id"] for row in rows])
        found = await documents.get_all(work.driver, TENANT, list(kept))
        vault = rig.around.vault.within(work.driver)
        said = [await vault.open(found[row["document_id"]].kept, kept[row["document_id"]]) for row in rows]
    assert said == [b'{"weight": 1.10, "id": "\\u00e4"}', b'{"b":[2,  3]}']
    assert all(row["name"].startswith(f"{KIND}:") for row in rows)


async def test_who_dies_between_storing_and_saying_so_reads_the_page_again_and_stores_nothing_twice(
    opens: Opens,
) -> None:
    poller = await opens("car-dies")
    poller.api.pages = pages([tracker("A"), tracker("B")], [tracker("C")])
    stored = asyncio.Event()

    async def dies(epoch: int, request: pb.RecordPollRequest) -> pb.RecordPollResponse:
        stored.set()
        await asyncio.Event().wait()
        raise AssertionError

    says, poller.polling.service.record_poll = poller.polling.service.record_poll, dies  # type: ignore[method-assign]
    dying = asyncio.create_task(poller.turn())
    await asyncio.wait_for(stored.wait(), 20)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert await poller.codes() == ["A", "B"]
    assert (await poller.row())["cursor"] == ""
    poller.polling.service.record_poll = says  # type: ignore[method-assign]
    await poller.turn()
    assert [each.get("after", "") for each in poller.api.asked] == ["", "", "c1"]
    assert await poller.codes() == ["A", "B", "C"]
    assert (await poller.row())["cursor"] == "c1"


FAULTS: dict[str, tuple[Response, str]] = {
    "away": (polled.refused(503), "HTTP_503"),
    "asks to wait": (polled.refused(429, retry_after="7"), "HTTP_429"),
    "not allowed": (polled.refused(401), "HTTP_401"),
    "leads elsewhere": (RedirectResponse("http://169.254.169.254/"), "HTTP_307"),
    "not JSON": (Response(b"<html>"), "NOT_JSON"),
    "JSON and more": (Response(b"{} {}"), "NOT_JSON"),
    "cut off": (Response(b'{"trackers": [{"id": 1}'), "NOT_JSON"),
    "too deep": (Response(b"[" * 100_000), "NOT_JSON"),
    "without documents": (Response(b'{"errors": []}'), "NO_DOCUMENTS"),
    "compressed": (Response(b"{}", headers={"content-encoding": "gzip"}), "ANSWER_TOO_LARGE"),
    "a cursor that cannot be kept": (
        Response(json.dumps({"trackers": [], "next": "x" * 2001}).encode()),
        "CURSOR_UNUSABLE",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_page_that_cannot_be_read_moves_nothing_and_is_asked_for_later(opens: Opens, name: str) -> None:
    partner = f"car-{name.replace(' ', '-').lower()}"
    answer, code = FAULTS[name]
    poller = await opens(partner)
    poller.api.instead = [answer]
    waits = await poller.turn()
    assert waits == (7 if code == "HTTP_429" else 0.05)
    row = await poller.row()
    assert (row["cursor"], row["code"], row["failures"], row["polled_at"]) == ("", code, 1, None)
    assert "Smith" not in row["fault"]
    poller.api.pages = pages([tracker("A")])
    assert await poller.turn() == 60
    assert await poller.codes() == ["A"]
    assert ((await poller.row())["fault"], (await poller.row())["failures"]) == ("", 0)


async def test_a_page_that_never_ends_is_let_go_of(opens: Opens) -> None:
    poller = await opens("car-endless", longestAnswer=1000)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 500
            await asyncio.sleep(0)

    poller.api.instead = [StreamingResponse(endless())]
    await poller.turn()
    assert (await poller.row())["code"] == "ANSWER_TOO_LARGE"


async def test_a_cursor_that_does_not_move_though_more_follows_is_a_fault(opens: Opens) -> None:
    poller = await opens("car-stands", cursor={"parameter": "after", "pointer": "/next", "more": "/has_more"})
    page = {"trackers": [tracker("A")], "next": "c1", "has_more": True}
    poller.api.pages = {"": page, "c1": page}
    await poller.turn()
    row = await poller.row()
    assert (row["cursor"], row["code"]) == ("c1", "CURSOR_STANDS")
    assert len(poller.api.asked) == 2


async def test_a_partner_with_ever_more_pages_is_left_alone_between_turns(opens: Opens) -> None:
    poller = await opens("car-more", mostPages=3)
    poller.api.pages = pages(*([tracker(f"T{number}")] for number in range(9)))
    assert await poller.turn() == 60
    assert len(poller.api.asked) == 3
    row = await poller.row()
    assert (row["cursor"], row["polled_at"]) == ("c3", None)
    await poller.turn()
    assert await poller.codes() == [f"T{number}" for number in range(6)]


async def test_the_next_cursor_may_stand_in_a_header(opens: Opens) -> None:
    poller = await opens("car-header", documents="", id=["/id"], cursor={"parameter": "after", "header": "X-Next"})
    one = Response(json.dumps([tracker("A")]).encode(), headers={"x-next": "c1"})
    poller.api.pages = {"": one, "c1": Response(status_code=204)}
    await poller.turn()
    assert [each.get("after") for each in poller.api.asked] == [None, "c1"]
    assert (await poller.row())["cursor"] == "c1"


async def test_a_window_reaches_back_into_the_one_before_it(opens: Opens) -> None:
    window = {"parameter": "since", "reach": "3600s", "overlap": "60s", "pageParameter": "page"}
    poller = await opens("car-window", cursor=None, window=window, sizeParameter="size", pageSize=1)
    shown = [[tracker("A")], [tracker("B")], []]
    poller.api.instead = [Response(json.dumps({"trackers": each}).encode()) for each in shown]
    await poller.turn()
    first = "2026-11-20T11:00:00.000Z"
    assert [(each["since"], each["page"]) for each in poller.api.asked] == [(first, "1"), (first, "2"), (first, "3")]
    assert (await poller.row())["cursor"] == "2026-11-20T11:59:00.000Z"
    poller.api.instead = [Response(b'{"trackers": null}')]
    await poller.turn()
    assert poller.api.asked[-1]["since"] == "2026-11-20T11:59:00.000Z"


@pytest.mark.feature("F231")
async def test_a_failure_that_lasts_is_somebodys_until_it_ends_and_is_seen_in_the_status(opens: Opens) -> None:
    poller = await opens("car-fails")
    rig = poller.stage.rig
    poller.api.instead = [polled.refused(503) for _ in range(3)]
    for _ in range(2):
        await poller.turn()
    subject = f"poll/car-fails/{KIND}"
    assert await rig.exceptions_like(subject) == []
    await poller.turn()
    assert await rig.exceptions_like(subject) == [("partner", "HTTP_503", "integration")]
    await poller.hold()
    # Whoever mended it need not wait for the end of the back-off.
    await rig.rows("UPDATE poll SET next_at = now() + interval '1 hour' WHERE partner = 'car-fails' RETURNING 1")
    assert (await poller.polling.service.begin_poll(poller.epoch, KIND)).wait_ms > 3_000_000
    async with rig.uow(tenants=(TENANT,)) as work:
        assert await poll_again(subject, work) == "it is asked for again at once"
    assert (await poller.polling.service.begin_poll(poller.epoch, KIND)).wait_ms == 0
    connector: Any = poller.stage.server.stub(
        pb_grpc.ConnectorServiceStub, poller.stage.server.issuer.token((TENANT,), ("*",), partner="car-fails")
    )
    [health] = (await connector.ListPartnerHealth(pb.ListPartnerHealthRequest())).partners
    assert health.polling_code == "HTTP_503"
    assert not health.HasField("last_polled_at")
    poller.api.pages = pages([tracker("A")], [])
    await poller.turn()
    assert await rig.exceptions_like(subject) == []
    async with rig.uow(tenants=(TENANT,)) as work:
        with pytest.raises(NothingLeft):
            await poll_again(subject, work)
    [health] = (await connector.ListPartnerHealth(pb.ListPartnerHealthRequest())).partners
    assert (health.polling_fault, health.HasField("last_polled_at"), health.HasField("cursor_moved_at")) == (
        "",
        True,
        True,
    )


async def test_an_inner_address_is_never_asked_and_somebody_is_told_at_once(opens: Opens) -> None:
    poller = await opens("car-inner", egress=Egress())
    await poller.turn()
    assert poller.api.asked == []
    assert (await poller.row())["code"] == "EGRESS_REFUSED"
    assert await poller.stage.rig.exceptions_like(f"poll/car-inner/{KIND}") == [
        ("partner", "EGRESS_REFUSED", "integration")
    ]


async def test_a_missing_secret_is_told_at_once(opens: Opens, tmp_path: Path) -> None:
    poller = await opens("car-secret")
    (tmp_path / "key").unlink()
    await poller.turn()
    assert (await poller.row())["code"] == "SECRET_MISSING"
    assert poller.api.asked == []


async def test_only_who_holds_the_lease_polls(opens: Opens) -> None:
    poller = await opens("car-lease")
    service = poller.polling.service
    await poller.hold()
    with pytest.raises(PeerRefused) as refused:
        await service.begin_poll(poller.epoch + 1, KIND)
    assert refused.value.reason == "WORKER_LEASE_LOST"
    with pytest.raises(PeerRefused) as refused:
        await service.begin_poll(poller.epoch, "ups.track_alert")
    assert refused.value.reason == "NOT_POLLED"


async def test_the_worker_polls_by_itself_and_stops_when_its_partner_is_stopped(stage: Stage) -> None:
    async with endpoint() as server:
        server.answer_with = api = TrackerApi(pages([tracker("SELF")]))
        await stage.rig.partner("car-self", **carrier(server.url, every="1s"))
        (stage.folder / "tokens" / "car-self.jwt").write_text(stage.token("car-self"))

        async def stored() -> bool:
            return bool(await stage.rig.value("SELECT count(*) FROM document WHERE partner = 'car-self'"))

        await stage.until(stored)
        await stage.rig.partner("car-self", **carrier(server.url, every="1s"), state="stopped")
        member = stage.crew.members["car-self"]

        async def known() -> bool:
            return member.profile is not None and member.profile.state == "stopped"

        await stage.until(known)
        with pytest.raises(CrossdockError):
            await member.service.record_poll(member.epoch, pb.RecordPollRequest(kind=KIND, cursor="late"))
        assert (await stage.rig.value("SELECT cursor FROM poll WHERE partner = 'car-self'")) == ""
        assert api.asked


async def test_a_cursor_is_reset_only_while_its_partner_is_stopped(opens: Opens) -> None:
    poller = await opens("car-reset")
    poller.api.pages = pages([tracker("A")], [tracker("B")])
    await poller.turn()
    issuer = poller.stage.server.issuer
    admin: Any = poller.stage.server.stub(pb_grpc.ConnectorServiceStub, issuer.token((TENANT,), ("*",)))

    def reset(**more: str) -> Awaitable[Any]:
        return admin.ResetCursor(  # type: ignore[no-any-return]
            pb.ResetCursorRequest(request_id=str(uuid4()), partner="car-reset", **more)
        )

    for state in ("running", "paused"):
        await poller.declare(state=state)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await reset()
        assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert refused.value.details() == (
            f"car-reset is {state}: a cursor is reset only while its partner is stopped, so stop it first"
        )
    await poller.declare(state="stopped")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await reset(cursor="c7")
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert [(each.kind, each.before) for each in (await reset()).reset] == [(KIND, "c1")]
    assert [each.before for each in (await reset(kind=KIND, cursor="c1")).reset] == [""]
    # What a worker still has in hand of the time before is no word on where the reading stands now.
    await poller.declare(state="running")
    await poller.hold()
    with pytest.raises(PeerRefused) as late:
        await poller.polling.service.record_poll(poller.epoch, pb.RecordPollRequest(kind=KIND, after="c4", cursor="c5"))
    assert late.value.reason == "CURSOR_ELSEWHERE"
    poller.api.asked.clear()
    await poller.turn()
    assert [each["after"] for each in poller.api.asked] == ["c1"]


async def test_the_command_line_resets_a_cursor_and_says_why_not(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    poller = await opens("car-command")
    poller.api.pages = pages([tracker("A")], [tracker("B")])
    await poller.turn()
    server = poller.stage.server
    bearer = (("authorization", f"Bearer {server.issuer.token((TENANT,), ('*',))}"),)
    monkeypatch.setattr(partner_command, "stack_or_exit", lambda: None)
    monkeypatch.setattr(partner_command, "channel", lambda *_: grpc.aio.insecure_channel(server.address))
    monkeypatch.setattr(partner_command, "metadata", lambda *_: bearer)

    async def command() -> Result:
        """In a thread: there its own event loop does not take the test's away."""
        return await asyncio.to_thread(CliRunner().invoke, app, ["partner", "reset-cursor", "car-command"])

    refused = await command()
    assert refused.exit_code != 0
    assert "car-command is running: a cursor is reset only while its partner is stopped" in refused.output
    await poller.declare(state="stopped")
    done = await command()
    assert (done.exit_code, done.output) == (0, f"{KIND} is read from the beginning; it stood at c1\n")
    assert (await poller.row())["cursor"] == ""
