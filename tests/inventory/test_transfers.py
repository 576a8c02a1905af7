"""Transfers between our own places: sent, under way, received, short, over, late, twice and in any order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from crossdock.common.v1 import values_pb2
from crossdock.connector.events.v1 import events_pb2 as connector
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as pb_grpc
from crossdock.inventory.v1 import stock_transfer_pb2 as pb
from crossdock.options.v1 import options_pb2
from crossdock_kit import dates_wire
from crossdock_kit.clock import SystemClock
from crossdock_kit.peers import reason_in, status_in
from crossdock_kit.testing import RunningServer, start_service
from inventory.api import StockControlServicer
from inventory.queries.ledger import verify_ledger
from inventory.queries.promises import available_to_promise
from inventory.queries.stock import Where, movements
from inventory.use_cases.transfers import raise_overdue
from inventory_stage import UNIT, Stage, some_cause
from inventory_stage.hearing import hear
from inventory_stage.movements import NINE, a_sku

TODAY = datetime.now(UTC).date()
ARRIVES = TODAY + timedelta(days=3)


@pytest.fixture(scope="module")
async def server(stage: Stage) -> AsyncIterator[RunningServer]:
    servicer = StockControlServicer(stage.engine, stage.uow, SystemClock())
    registration = (pb_grpc.add_StockControlServiceServicer_to_server, servicer)
    async with start_service(registration, uow=stage.uow.kit) as running:
        yield running


@pytest.fixture
def acme(server: RunningServer) -> Any:
    return server.caller(pb_grpc.StockControlServiceStub, tenant="acme")


@pytest.fixture
async def sku(stage: Stage) -> str:
    """Ten of it lie in EAST, in two lots."""
    name = a_sku("TR")
    await stage.know(name)
    await stage.stock(name, 6, lot="L1")
    await stage.stock(name, 4, lot="L2")
    return name


def by(role: options_pb2.Role.ValueType = options_pb2.ROLE_WMS, system: str = "WMS-EAST") -> values_pb2.Origin:
    return values_pb2.Origin(system=system, role=role)


def part(sku: str, quantity: str, lot: str = "") -> pb.TransferredStock:
    return pb.TransferredStock(sku=sku, lot=lot, quantity=values_pb2.Quantity(value=quantity, unit="EA"))


def number() -> str:
    return f"TO-{uuid4().hex[:8]}"


def sending(name: str, *lines: pb.TransferredStock, on: date = ARRIVES, **facts: Any) -> pb.SendTransferRequest:
    known: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": by(),
        "number": name,
        "business_unit": UNIT,
        "from_location_id": "EAST",
        "to_location_id": "WEST",
        "expected_on": dates_wire.date_message(on),
        "lines": lines,
    }
    request = pb.SendTransferRequest(**known | facts)
    request.sent_at.FromDatetime(NINE)
    return request


def receiving(name: str, *lines: pb.TransferredStock, **facts: Any) -> pb.RecordTransferReceiptRequest:
    known: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": by(system="WMS-WEST"),
        "number": f"TR-{uuid4().hex[:8]}",
        "transfer_number": name,
        "business_unit": UNIT,
        "location_id": "WEST",
        "lines": lines,
    }
    request = pb.RecordTransferReceiptRequest(**known | facts)
    request.received_at.FromDatetime(NINE + timedelta(minutes=30))
    return request


async def stands(stage: Stage, sku: str, to: str = "WEST") -> tuple[int, int, int]:
    """Sellable where it came from, under way, and sellable where it goes."""
    query = "SELECT in_transit FROM pipeline WHERE sku = $1 AND location_id = $2"
    under_way = await stage.fetch(query, sku, to)
    there = await stage.row(sku, to)
    here = (await stage.row(sku))["sellable"]
    return int(here), int(under_way[0]["in_transit"]) if under_way else 0, int(there.get("sellable", 0))


async def open_exceptions(stage: Stage, transfer: pb.StockTransfer) -> list[tuple[str, str]]:
    query = "SELECT code, owner FROM exception WHERE subject = $1 AND resolved_at IS NULL ORDER BY code"
    return [tuple(row) for row in await stage.fetch(query, f"stock_transfer/{transfer.transfer_id}")]


async def agrees(stage: Stage, sku: str) -> bool:
    return not [each for each in (await verify_ledger(stage.engine, "acme")).differences if sku in each]


def line(transfer: pb.StockTransfer) -> tuple[str, str, str]:
    [its] = transfer.lines
    return its.sent.value, its.received.value, its.missing.value


async def refused(call: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return reason_in(status_in(error.value))


@pytest.mark.feature("F104")
async def test_what_is_sent_is_under_way_until_it_is_received(stage: Stage, acme: Any, sku: str) -> None:
    name = number()
    sent = (await acme.SendTransfer(sending(name, part(sku, "8")))).transfer
    assert sent.state == pb.TRANSFER_STATE_IN_TRANSIT
    assert await stands(stage, sku) == (2, 8, 0)
    promised = await available_to_promise(stage.engine, sku, Where("acme", ["WEST"], UNIT), TODAY, 5)
    assert [int(each.cumulative) for each in promised.days["WEST"]][:4] == [0, 0, 0, 8]
    await acme.RecordTransferReceipt(receiving(name, part(sku, "5")))
    assert await stands(stage, sku) == (2, 3, 5)
    done = (await acme.RecordTransferReceipt(receiving(name, part(sku, "3", "L1"), final=True))).transfer
    assert (done.state, line(done)) == (pb.TRANSFER_STATE_RECEIVED, ("8", "8", "0"))
    assert await stands(stage, sku) == (2, 0, 8)
    assert await open_exceptions(stage, done) == []
    assert await agrees(stage, sku)
    told = await stage.event_types(f"stock_transfer/{done.transfer_id}")
    assert told == ["StockTransferSent", "StockTransferReceived", "StockTransferReceived"]
    shown = await acme.GetTransfer(pb.GetTransferRequest(number=name, business_unit=UNIT))
    assert shown.transfer == done


@pytest.mark.feature("F104")
async def test_each_report_counts_once_and_another_under_its_number_is_refused(
    stage: Stage, acme: Any, sku: str
) -> None:
    name = number()
    first = sending(name, part(sku, "8"))
    again, other = sending(name, part(sku, "8")), sending(name, part(sku, "7"))
    assert len({(await acme.SendTransfer(each)).transfer.transfer_id for each in (first, again)}) == 1
    assert await refused(acme.SendTransfer(other)) == "TRANSFER_NUMBER_REUSED"
    once = receiving(name, part(sku, "5"))
    twice = receiving(name, part(sku, "5"), number=once.number)
    await asyncio.gather(*(acme.RecordTransferReceipt(each) for each in (once, twice)))
    assert await stands(stage, sku) == (2, 3, 5)
    changed = receiving(name, part(sku, "4"), number=once.number)
    assert await refused(acme.RecordTransferReceipt(changed)) == "TRANSFER_NUMBER_REUSED"


@pytest.mark.feature("F104")
async def test_what_does_not_come_is_missing_when_the_place_has_finished_and_may_be_found(
    stage: Stage, acme: Any, sku: str
) -> None:
    name = number()
    await acme.SendTransfer(sending(name, part(sku, "8")))
    short = (await acme.RecordTransferReceipt(receiving(name, part(sku, "6"), final=True))).transfer
    assert (short.state, line(short)) == (pb.TRANSFER_STATE_CLOSED_SHORT, ("8", "6", "2"))
    assert await stands(stage, sku) == (2, 0, 6)
    assert await open_exceptions(stage, short) == [("TRANSFER_SHORT", "inventory-control")]
    found = (await acme.RecordTransferReceipt(receiving(name, part(sku, "2")))).transfer
    assert (found.state, line(found)) == (pb.TRANSFER_STATE_RECEIVED, ("8", "8", "0"))
    assert await stands(stage, sku) == (2, 0, 8)
    assert await open_exceptions(stage, found) == []
    assert await agrees(stage, sku)


async def test_more_than_was_sent_is_booked_and_raised(stage: Stage, acme: Any, sku: str) -> None:
    name = number()
    await acme.SendTransfer(sending(name, part(sku, "8")))
    over = (await acme.RecordTransferReceipt(receiving(name, part(sku, "9")))).transfer
    assert (over.state, line(over)) == (pb.TRANSFER_STATE_RECEIVED, ("8", "9", "0"))
    assert await stands(stage, sku) == (2, 0, 9)
    assert await open_exceptions(stage, over) == [("TRANSFER_OVER", "inventory-control")]
    assert await agrees(stage, sku)


@pytest.mark.feature("F104")
@pytest.mark.parametrize(
    ("quantity", "final", "ends"),
    [
        ("8", True, (2, 0, 8)),
        ("5", False, (2, 3, 5)),
        ("5", True, (2, 0, 5, "TRANSFER_SHORT")),
        ("9", False, (2, 0, 9, "TRANSFER_OVER")),
    ],
)
async def test_a_receipt_may_overtake_the_word_that_it_was_sent(
    stage: Stage, acme: Any, sku: str, quantity: str, final: bool, ends: tuple[Any, ...]
) -> None:
    name = number()
    early = (await acme.RecordTransferReceipt(receiving(name, part(sku, quantity), final=final))).transfer
    assert early.state == pb.TRANSFER_STATE_NOT_SENT
    assert await open_exceptions(stage, early) == [("TRANSFER_NOT_SENT", "warehouse")]
    assert await stands(stage, sku) == (10, -int(quantity), int(quantity))
    sent = (await acme.SendTransfer(sending(name, part(sku, "8")))).transfer
    assert sent.transfer_id == early.transfer_id
    raised = [code for code, _ in await open_exceptions(stage, sent)]
    assert (*await stands(stage, sku), *raised) == ends
    assert await agrees(stage, sku)


@pytest.mark.feature("F104")
async def test_what_has_not_come_by_its_day_is_raised_once_and_settled_by_its_receipt(
    stage: Stage, acme: Any, sku: str
) -> None:
    late, early = number(), number()
    transfer = (await acme.SendTransfer(sending(late, part(sku, "3"), on=TODAY - timedelta(days=1)))).transfer
    await acme.SendTransfer(sending(early, part(sku, "3")))
    for due in (1, 0):
        with some_cause("ChaseTransfers"):
            assert await raise_overdue("acme", stage.uow) == due
    assert await open_exceptions(stage, transfer) == [("TRANSFER_OVERDUE", "inventory-control")]
    await acme.RecordTransferReceipt(receiving(late, part(sku, "3")))
    assert await open_exceptions(stage, transfer) == []


async def test_where_received_goods_are_put_away_a_transfer_waits_for_it(stage: Stage, acme: Any, sku: str) -> None:
    name = number()
    await acme.SendTransfer(sending(name, part(sku, "4", "L2"), to_location_id="SOUTH"))
    await acme.RecordTransferReceipt(receiving(name, part(sku, "4", "L2"), location_id="SOUTH"))
    row = await stage.row(sku, "SOUTH")
    assert (row["sellable"], row["staged"]) == (0, 4)
    [lot] = await stage.fetch("SELECT to_put_away FROM lot_stock WHERE sku = $1 AND location_id = 'SOUTH'", sku)
    assert lot["to_put_away"] == 4
    assert await agrees(stage, sku)


async def test_a_lot_expires_at_the_other_place_on_the_same_day(stage: Stage, acme: Any, sku: str) -> None:
    await stage.expires(sku, "L1", ARRIVES)
    name = number()
    await acme.SendTransfer(sending(name, part(sku, "2", "L1")))
    await acme.RecordTransferReceipt(receiving(name, part(sku, "2", "L1")))
    [lot] = await stage.fetch("SELECT * FROM lot_stock WHERE sku = $1 AND location_id = 'WEST'", sku)
    assert (lot["lot"], lot["sellable"], lot["expires_on"]) == ("L1", 2, ARRIVES)


async def test_a_warehouse_reports_what_left_and_anybody_else_asks(stage: Stage, acme: Any, sku: str) -> None:
    erp, channel = by(options_pb2.ROLE_ERP, "ERP-EU"), by(options_pb2.ROLE_CHANNEL, "SHOP")
    assert await refused(acme.SendTransfer(sending(number(), part(sku, "11"), origin=erp))) == "BUCKET_SHORT"
    assert await refused(acme.SendTransfer(sending(number(), part(sku, "1"), origin=channel))) == "FIELD_NOT_OWNED"
    assert await stands(stage, sku) == (10, 0, 0)
    await acme.SendTransfer(sending(number(), part(sku, "11")))
    assert await stands(stage, sku) == (-1, 11, 0)
    below = "SELECT count(*) AS found FROM exception WHERE code = 'STOCK_BELOW_ZERO' AND subject LIKE $1"
    assert (await stage.fetch(below, f"%/{sku}"))[0]["found"] == 1


@pytest.mark.feature("F104")
async def test_the_erp_posts_what_was_sent_and_each_receipt_under_numbers_of_their_own(
    stage: Stage, acme: Any, sku: str
) -> None:
    name = number()
    transfer = (await acme.SendTransfer(sending(name, part(sku, "4", "L1")))).transfer
    await acme.RecordTransferReceipt(receiving(name, part(sku, "3"), number=f"{name}/1", final=True))
    aggregate = f"stock_transfer/{transfer.transfer_id}"
    posted = {f"{aggregate}/sent": "MD-1", f"{aggregate}/received/{name}/1": "MD-2"}
    for key, said in {**posted, aggregate: "SLIP-9"}.items():
        await hear(
            stage,
            connector.DocumentSent(
                document_id=str(uuid4()), partner="erp-eu", foreign_number=said, source_aggregate=key
            ),
        )
    rows, _ = await movements(stage.engine, Where("acme"), sku, 20, "")
    found = {row["posting_key"]: row["posting_number"] for row in rows if row["posting_key"]}
    assert found == posted, "what a warehouse was told is no posting, and what lacks is posted by nobody"
    assert await stage.fetch("SELECT 1 FROM posting WHERE posting_key = $1", aggregate) == []


async def test_what_an_erp_says_it_sent_stands_in_its_books(stage: Stage, acme: Any, sku: str) -> None:
    name = number()
    await acme.SendTransfer(sending(name, part(sku, "4"), origin=by(options_pb2.ROLE_ERP, "ERP-EU")))
    rows, _ = await movements(stage.engine, Where("acme"), sku, 20, "")
    [row] = {(row["posting_state"], row["posting_number"]) for row in rows if row["reason"] == "TRANSFER_SENT"}
    assert row == ("posted", name)


async def test_what_no_transfer_can_be_is_refused(stage: Stage, acme: Any, sku: str) -> None:
    name = number()
    await acme.SendTransfer(sending(name, part(sku, "1")))
    for call, reason in (
        (acme.SendTransfer(sending(number(), part(sku, "1"), to_location_id="EAST")), "TRANSFER_TO_ITSELF"),
        (acme.SendTransfer(sending(number(), part(sku, "1"), to_location_id="MOON")), "LOCATION_UNKNOWN"),
        (acme.SendTransfer(sending(number(), part("GHOST", "1"))), "ITEM_UNKNOWN"),
        (acme.RecordTransferReceipt(receiving(name, part(sku, "1"), location_id="SOUTH")), "TRANSFER_ELSEWHERE"),
        (acme.GetTransfer(pb.GetTransferRequest(number="NONE", business_unit=UNIT)), "TRANSFER_UNKNOWN"),
    ):
        assert await refused(call) == reason
    assert await stands(stage, sku) == (9, 1, 0)
