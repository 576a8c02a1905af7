"""A page that cannot be read moves nothing, is asked for later, and is somebody's as long as it lasts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from connector.use_cases.poll import poll_again
from connector_samples import polled
from connector_samples.polled import KIND, pages, tracker
from connector_samples.poller import Opens
from connector_samples.rig import TENANT
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock_kit.egress import Egress
from crossdock_kit.exceptions import NothingLeft
from starlette.responses import RedirectResponse, Response, StreamingResponse

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
