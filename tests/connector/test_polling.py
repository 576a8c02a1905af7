"""What a partner does not post is asked for: page by page, and the cursor moves on only behind what is stored."""

from __future__ import annotations

import asyncio
import json

import pytest
from connector.domain.documents import State
from connector.store import documents
from connector_samples.polled import KIND, TrackerApi, carrier, pages, tracker
from connector_samples.poller import Opens
from connector_samples.rig import TENANT
from connector_samples.stage import Stage, endpoint
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock_kit.errors import CrossdockError
from crossdock_kit.peers import PeerRefused
from starlette.responses import Response


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
