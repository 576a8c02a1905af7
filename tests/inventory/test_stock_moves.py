"""Put-away and quality holds: a report is booked once, whenever it comes; a request gets no more than there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import grpc
import pytest
from crossdock.common.v1 import values_pb2
from crossdock.inventory.events.v1 import events_pb2 as events
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as pb_grpc
from crossdock.inventory.v1 import stock_move_pb2 as pb
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2 as procurement
from crossdock.procurement.v1 import compliance_pb2, inbound_pb2
from crossdock_kit.clock import SystemClock
from crossdock_kit.peers import reason_in, status_in
from crossdock_kit.testing import RunningServer, start_service
from inventory.api import StockControlServicer
from inventory.domain.accounts import Account
from inventory.domain.inbound import Received
from inventory.domain.item import Location
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.quantity import Measure
from inventory.domain.rules import Condition, ReceivedFrom
from inventory.domain.stock_move import to_put_away
from inventory.ports import LocationRecord
from inventory.queries.ledger import verify_ledger
from inventory.use_cases.inbound import BookedReceipt, book_receipts
from inventory_stage import UNIT, Stage
from inventory_stage.hearing import hear
from inventory_stage.movements import NINE, a_sku, moved

D = Decimal
DONE, UNDONE = pb.STOCK_MOVE_KIND_PUT_AWAY, pb.STOCK_MOVE_KIND_PUT_AWAY_TAKEN_BACK
HOLD, RELEASE = pb.STOCK_MOVE_KIND_HOLD_PLACED, pb.STOCK_MOVE_KIND_HOLD_RELEASED
REJECT = pb.STOCK_MOVE_KIND_HOLD_REJECTED
SOMEBODY = values_pb2.Origin(system="QA-DESK", role=options_pb2.ROLE_CROSSDOCK)


@pytest.fixture(scope="module")
async def server(stage: Stage) -> AsyncIterator[RunningServer]:
    registration = (
        pb_grpc.add_StockControlServiceServicer_to_server,
        StockControlServicer(stage.engine, stage.uow, SystemClock()),
    )
    async with start_service(registration, uow=stage.uow.kit) as running:
        yield running


@pytest.fixture
def acme(server: RunningServer) -> Any:
    return server.caller(pb_grpc.StockControlServiceStub, tenant="acme")


@pytest.fixture
async def sku(stage: Stage) -> str:
    """An item, and SOUTH where received goods are put away."""
    name = a_sku("MV")
    await stage.know(name)
    return name


async def receive(
    stage: Stage, sku: str, quantity: int, lot: str = "", place: str = "SOUTH", condition: Condition = Condition.GOOD
) -> None:
    receipt = str(uuid4())
    document = Document(f"receipt/{receipt}/1", NINE, transaction_id=receipt, posting_key=f"receipt/{receipt}")
    line = Received(
        key=StockKey("acme", sku, place, UNIT),
        order_line_id="",
        notice_id="",
        lot=lot,
        expires_on=None,
        condition=condition,
        put_away=place == "SOUTH",
        shares=((ReceivedFrom.BEYOND_ORDER, D(quantity)),),
        said=Measure(D(quantity), "EA"),
        unit="EA",
        document=document,
    )
    async with stage.work() as work:
        await book_receipts([BookedReceipt("acme", UNIT, receipt, "R-1", place, (receipt,), NINE, "", (line,))], work)


def move(sku: str, kind: pb.StockMoveKind.ValueType, value: str, **facts: Any) -> pb.MovedStock:
    reason = "" if kind in (DONE, UNDONE) else "lab 17"
    quantity = values_pb2.Quantity(value=value, unit="EA")
    known: dict[str, Any] = {"sku": sku, "kind": kind, "quantity": quantity, "reason": reason}
    return pb.MovedStock(**known | facts)


def report(*lines: pb.MovedStock, number: str = "", place: str = "SOUTH", at: datetime = NINE, **facts: Any) -> Any:
    known: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": values_pb2.Origin(system=f"WMS-{place}", role=options_pb2.ROLE_WMS),
        "number": number or f"MV-{uuid4().hex[:8]}",
        "location_id": place,
        "business_unit": UNIT,
        "lines": lines,
    }
    request = pb.RecordStockMovesRequest(**known | facts)
    request.moved_at.FromDatetime(at)
    return request


async def held(stage: Stage, sku: str, place: str = "SOUTH") -> tuple[int, int, int, int]:
    """What is sellable, staged, quarantined and damaged."""
    row = await stage.row(sku, place)
    return int(row["sellable"]), int(row["staged"]), int(row["quarantined"]), int(row["damaged"])


async def facts_of(stage: Stage, report_id: str) -> list[Any]:
    query = "SELECT type, body FROM journal WHERE aggregate = $1 ORDER BY version"
    rows = await stage.fetch(query, f"stock_move/{report_id}")
    return [getattr(events, row["type"].rpartition(".")[2]).FromString(row["body"]) for row in rows]


async def open_exceptions(stage: Stage, sku: str) -> list[tuple[str, str]]:
    query = "SELECT code, owner FROM exception WHERE subject LIKE $1 AND resolved_at IS NULL ORDER BY code"
    return [tuple(row) for row in await stage.fetch(query, f"stock/{UNIT}/%/{sku}%")]


async def refused(call: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return reason_in(status_in(error.value))


async def agrees(stage: Stage, sku: str) -> bool:
    """The ledger's replay finds nothing wrong with the item."""
    return not [each for each in (await verify_ledger(stage.engine, "acme")).differences if sku in each]


@pytest.mark.feature("F014")
async def test_received_goods_are_sellable_by_their_put_away_where_the_profile_asks_for_it(
    stage: Stage, acme: Any, sku: str
) -> None:
    await receive(stage, sku, 10, lot="L1")
    assert await held(stage, sku) == (0, 10, 0, 0)
    assert (await stage.row(sku, "SOUTH"))["available"] == 0
    booked = (await acme.RecordStockMoves(report(move(sku, DONE, "6", lot="L1")))).report
    assert await held(stage, sku) == (6, 4, 0, 0)
    assert (await stage.row(sku, "SOUTH"))["available"] == 6
    [fact] = await facts_of(stage, booked.report_id)
    assert isinstance(fact, events.PutAwayCompleted)
    assert [(each.lot, each.quantity.value, each.kind) for each in fact.lines] == [("L1", "6", DONE)]
    assert [(each.quantity.value, each.posting_state) for each in fact.movements] == [("6", "none")]
    assert await agrees(stage, sku)


@pytest.mark.feature("F014")
async def test_where_nobody_asks_for_put_away_goods_are_sellable_before_it_and_it_moves_nothing(
    stage: Stage, acme: Any, sku: str
) -> None:
    await receive(stage, sku, 10, place="EAST")
    assert await held(stage, sku, "EAST") == (10, 0, 0, 0)
    booked = (await acme.RecordStockMoves(report(move(sku, DONE, "10"), place="EAST"))).report
    assert await held(stage, sku, "EAST") == (10, 0, 0, 0)
    [fact] = await facts_of(stage, booked.report_id)
    assert (fact.lines[0].quantity.value, len(fact.movements)) == ("10", 0)
    await acme.RecordStockMoves(report(move(sku, UNDONE, "10"), place="EAST"))
    assert await held(stage, sku, "EAST") == (10, 0, 0, 0)
    assert await open_exceptions(stage, sku) == []


async def test_what_waited_when_the_profile_changed_is_put_away_all_the_same(stage: Stage, acme: Any, sku: str) -> None:
    await receive(stage, sku, 4)
    async with stage.work() as work:
        changed = Location("SOUTH", UNIT, False, 2)
        await work.master_data.put_locations([LocationRecord("acme", changed, date.min, None)])
    try:
        await acme.RecordStockMoves(report(move(sku, DONE, "6")))
        assert await held(stage, sku) == (4, 0, 0, 0)
        assert await open_exceptions(stage, sku) == []
    finally:
        async with stage.work() as work:
            back = Location("SOUTH", UNIT, True, 3)
            await work.master_data.put_locations([LocationRecord("acme", back, date.min, None)])


@pytest.mark.feature("F014")
async def test_a_put_away_is_booked_once_and_its_number_means_nothing_else(stage: Stage, acme: Any, sku: str) -> None:
    await receive(stage, sku, 10)
    number = f"PA-{sku}"
    first = (await acme.RecordStockMoves(report(move(sku, DONE, "3"), number=number))).report
    again = (await acme.RecordStockMoves(report(move(sku, DONE, "3"), number=number))).report
    assert again == first
    assert await refused(acme.RecordStockMoves(report(move(sku, DONE, "4"), number=number))) == (
        "STOCK_MOVE_NUMBER_REUSED"
    )
    assert await held(stage, sku) == (3, 7, 0, 0)
    assert len(await facts_of(stage, first.report_id)) == 1


@pytest.mark.feature("F014")
async def test_a_put_away_that_overtakes_its_receipt_is_somebodys_until_the_receipt_comes(
    stage: Stage, acme: Any, sku: str
) -> None:
    await acme.RecordStockMoves(report(move(sku, DONE, "5", lot="L9")))
    assert await held(stage, sku) == (5, -5, 0, 0)
    assert await open_exceptions(stage, sku) == [("MOVED_BEYOND_STOCK", "warehouse")]
    await receive(stage, sku, 3, lot="L9")
    assert await open_exceptions(stage, sku) == [("MOVED_BEYOND_STOCK", "warehouse")], "two are still missing"
    await receive(stage, sku, 4, lot="L9")
    assert await held(stage, sku) == (5, 2, 0, 0)
    assert await open_exceptions(stage, sku) == []
    assert await agrees(stage, sku)


async def test_picked_goods_that_are_staged_too_hide_no_put_away_of_a_lot_that_nobody_received(
    stage: Stage, acme: Any, sku: str
) -> None:
    await receive(stage, sku, 5)
    await acme.RecordStockMoves(report(move(sku, DONE, "5")))
    await moved(stage, sku, "5", at=NINE, location="SOUTH")
    assert await held(stage, sku) == (0, 5, 0, 0)
    await acme.RecordStockMoves(report(move(sku, DONE, "2")))
    assert await open_exceptions(stage, sku) == [("MOVED_BEYOND_STOCK", "warehouse")]
    await acme.RecordStockMoves(report(move(sku, UNDONE, "2")))
    assert await open_exceptions(stage, sku) == [], "reported wrongly, and taken back"
    assert await held(stage, sku) == (0, 5, 0, 0)
    assert await agrees(stage, sku)


@pytest.mark.feature("F015")
async def test_a_hold_is_released_in_part_and_the_rest_rejected_each_for_a_reason(
    stage: Stage, acme: Any, sku: str
) -> None:
    await receive(stage, sku, 10, lot="L1", place="EAST", condition=Condition.HOLD)
    assert await held(stage, sku, "EAST") == (0, 0, 10, 0)
    part = move(sku, RELEASE, "4", lot="L1", reason="lab 17 ok")
    booked = (await acme.RecordStockMoves(report(part, place="EAST"))).report
    assert await held(stage, sku, "EAST") == (4, 0, 6, 0)
    await acme.RecordStockMoves(report(move(sku, REJECT, "6", lot="L1"), place="EAST"))
    assert await held(stage, sku, "EAST") == (4, 0, 0, 6)
    [fact] = await facts_of(stage, booked.report_id)
    assert isinstance(fact, events.QualityHoldChanged)
    assert (fact.lines[0].reason, fact.lines[0].quantity.value, fact.lines[0].lot) == ("lab 17 ok", "4", "L1")
    assert [(each.reason, each.posting_state) for each in fact.movements] == [("QUALITY_RELEASED", "pending")]
    assert await agrees(stage, sku)


@pytest.mark.feature("F015")
async def test_what_is_released_at_the_dock_still_has_to_be_put_away(stage: Stage, acme: Any, sku: str) -> None:
    await receive(stage, sku, 10, lot="L1", condition=Condition.HOLD)
    await acme.RecordStockMoves(report(move(sku, RELEASE, "4", lot="L1")))
    assert await held(stage, sku) == (0, 4, 6, 0)
    await acme.RecordStockMoves(report(move(sku, DONE, "4", lot="L1")))
    assert await held(stage, sku) == (4, 0, 6, 0)
    await acme.RecordStockMoves(report(move(sku, RELEASE, "6", lot="L1", shelved=True)))
    assert await held(stage, sku) == (10, 0, 0, 0), "it lies on its shelf already"
    await acme.RecordStockMoves(report(move(sku, HOLD, "1", lot="L1", shelved=True)))
    assert await held(stage, sku) == (9, 0, 1, 0)
    assert await open_exceptions(stage, sku) == []
    assert await agrees(stage, sku)


async def test_a_release_of_an_unknown_lot_is_booked_and_somebodys_until_the_lot_comes(
    stage: Stage, acme: Any, sku: str
) -> None:
    await receive(stage, sku, 10, lot="L1", place="EAST", condition=Condition.HOLD)
    await acme.RecordStockMoves(report(move(sku, RELEASE, "4", lot="L2"), place="EAST"))
    assert await held(stage, sku, "EAST") == (4, 0, 6, 0)
    assert await open_exceptions(stage, sku) == [("MOVED_BEYOND_STOCK", "warehouse")]
    await receive(stage, sku, 4, lot="L2", place="EAST", condition=Condition.HOLD)
    assert await open_exceptions(stage, sku) == []
    assert await agrees(stage, sku)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"kind": RELEASE, "value": "11", "lot": "L1"}, "BUCKET_SHORT"),
        ({"kind": RELEASE, "value": "1", "lot": "L2"}, "BUCKET_SHORT"),
        ({"kind": HOLD, "value": "3"}, "BUCKET_SHORT"),
        ({"kind": RELEASE, "value": "1", "reason": " "}, "REASON_MISSING"),
        ({"kind": DONE, "value": "1"}, "PUT_AWAY_NOT_REPORTED"),
    ],
)
async def test_whoever_asks_gets_no_more_than_is_held_and_puts_nothing_away(
    stage: Stage, acme: Any, sku: str, line: dict[str, Any], reason: str
) -> None:
    await receive(stage, sku, 10, lot="L1", place="EAST", condition=Condition.HOLD)
    kind, value = line.pop("kind"), line.pop("value")
    wanted = report(move(sku, RELEASE, "2"), move(sku, kind, value, **line), place="EAST", origin=SOMEBODY)
    assert await refused(acme.RecordStockMoves(wanted)) == reason
    assert await held(stage, sku, "EAST") == (0, 0, 10, 0), "nothing of it half done"


async def test_who_asks_may_release_a_part_and_names_no_lot(stage: Stage, acme: Any, sku: str) -> None:
    await receive(stage, sku, 3, lot="L1", place="EAST", condition=Condition.HOLD)
    await receive(stage, sku, 3, lot="L2", place="EAST", condition=Condition.HOLD)
    booked = (await acme.RecordStockMoves(report(move(sku, RELEASE, "5"), place="EAST", origin=SOMEBODY))).report
    assert [(each.lot, each.quantity.value) for each in booked.movements] == [("L1", "3"), ("L2", "2")]
    assert await held(stage, sku, "EAST") == (5, 0, 1, 0)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"at": NINE + timedelta(days=2)}, "REPORTED_FROM_THE_FUTURE"),
        ({"location_id": "NOWHERE"}, "LOCATION_UNKNOWN"),
        ({"system": "WMS-EAST"}, "LOCATION_OF_ANOTHER_SYSTEM"),
    ],
)
async def test_what_a_warehouse_cannot_know_is_refused(
    stage: Stage, acme: Any, sku: str, facts: dict[str, Any], reason: str
) -> None:
    await receive(stage, sku, 3)
    if "system" in facts:
        await stage.fetch("UPDATE location SET system = 'WMS-SOUTH' WHERE location_id = 'SOUTH'")
        facts = {"origin": values_pb2.Origin(system=facts["system"], role=options_pb2.ROLE_WMS)}
    assert await refused(acme.RecordStockMoves(report(move(sku, DONE, "3"), **facts))) == reason
    assert await refused(acme.RecordStockMoves(report(move("NOBODY-KNOWS", DONE, "3")))) == "ITEM_UNKNOWN"
    assert await held(stage, sku) == (0, 3, 0, 0)


@pytest.mark.feature("F046")
async def test_a_hold_that_the_erp_puts_on_stands_in_its_books_under_its_number(
    stage: Stage, acme: Any, sku: str
) -> None:
    await stage.stock(sku, 5)
    erp = values_pb2.Origin(system="ERP-EU", role=options_pb2.ROLE_ERP)
    booked = (
        await acme.RecordStockMoves(report(move(sku, HOLD, "2"), number="4900001", place="EAST", origin=erp))
    ).report
    [row] = await stage.fetch("SELECT * FROM posting WHERE posting_key = $1", f"stock_move/{booked.report_id}")
    assert (row["state"], row["number"], row["partner"]) == ("posted", "4900001", "ERP-EU")
    later = (await acme.RecordStockMoves(report(move(sku, HOLD, "1"), place="EAST", origin=SOMEBODY))).report
    assert await stage.fetch("SELECT * FROM posting WHERE posting_key = $1", f"stock_move/{later.report_id}") == []


async def test_the_erps_number_of_a_changed_hold_stands_with_its_movements(stage: Stage, acme: Any, sku: str) -> None:
    await stage.stock(sku, 5)
    booked = (await acme.RecordStockMoves(report(move(sku, HOLD, "2"), place="EAST"))).report
    query = "SELECT count(*) AS found FROM movement WHERE posting_key = $1"
    [row] = await stage.fetch(query, f"stock_move/{booked.report_id}")
    assert row["found"] == 1


def received_event(sku: str, lot: str, quantity: str, place: str, *missing: str) -> procurement.GoodsReceived:
    line = inbound_pb2.ReceiptLine(
        line_id="1",
        sku=sku,
        lot=values_pb2.Lot(number=lot),
        quantity=values_pb2.Quantity(value=quantity, unit="EA"),
        condition=inbound_pb2.CONDITION_GOOD,
        base_quantity=quantity,
        base_unit="EA",
        missing_certificates=missing,
    )
    receipt = inbound_pb2.Receipt(receipt_id=str(uuid4()), business_unit=UNIT, number="R-9", lines=[line])
    return procurement.GoodsReceived(receipt_id=receipt.receipt_id, number="R-9", location_id=place, receipt=receipt)


def certified_event(
    sku: str, lot: str, quantity: str, place: str, *, holds_stock: bool = True
) -> procurement.ComplianceHoldReleased:
    hold = compliance_pb2.ComplianceHold(
        hold_id=str(uuid4()),
        receipt_number="R-9",
        location_id=place,
        business_unit=UNIT,
        purchase_order_id="po-1",
        sku=sku,
        lot=lot,
        quantity=values_pb2.Quantity(value=quantity, unit="EA"),
        holds_stock=holds_stock,
    )
    return procurement.ComplianceHoldReleased(hold_id=hold.hold_id, hold=hold, certificate_id="coa-1")


@pytest.mark.feature("F078")
@pytest.mark.parametrize("first", ["receipt", "release"])
async def test_goods_without_a_certificate_are_no_stock_for_sale_until_it_comes(
    stage: Stage, sku: str, first: str
) -> None:
    received = received_event(sku, "L1", "10", "EAST", "COA")
    released = certified_event(sku, "L1", "10", "EAST")
    if first == "receipt":
        await hear(stage, received)
        assert await held(stage, sku, "EAST") == (0, 0, 10, 0)
        await hear(stage, released, released)
    else:
        await hear(stage, released, received)
    assert await held(stage, sku, "EAST") == (10, 0, 0, 0)
    assert await open_exceptions(stage, sku) == []
    assert await agrees(stage, sku)


async def test_what_the_warehouse_holds_itself_no_certificate_releases(stage: Stage, sku: str) -> None:
    await receive(stage, sku, 10, lot="L1", place="EAST", condition=Condition.HOLD)
    await hear(stage, certified_event(sku, "L1", "10", "EAST", holds_stock=False))
    assert await held(stage, sku, "EAST") == (0, 0, 10, 0)


async def test_certified_goods_at_a_place_that_asks_for_put_away_are_sellable_by_that(
    stage: Stage, acme: Any, sku: str
) -> None:
    await hear(stage, received_event(sku, "L1", "10", "SOUTH", "COA"))
    await hear(stage, certified_event(sku, "L1", "10", "SOUTH"))
    assert await held(stage, sku) == (0, 10, 0, 0)
    await acme.RecordStockMoves(report(move(sku, DONE, "10", lot="L1")))
    assert await held(stage, sku) == (10, 0, 0, 0)
    assert await open_exceptions(stage, sku) == []


def test_a_movement_that_waits_for_no_put_away_changes_nothing_of_what_does() -> None:
    key = StockKey("acme", "A", "SOUTH", UNIT)
    picked = Movement(key, Account.SELLABLE, Account.STAGED, D(2), "PICKED", Document("pick/1", NINE))
    assert to_put_away(picked) == 0


async def test_half_a_piece_is_put_away_as_reported_and_raised(stage: Stage, acme: Any, sku: str) -> None:
    await receive(stage, sku, 3)
    booked = (await acme.RecordStockMoves(report(move(sku, DONE, "0.5")))).report
    assert (await stage.row(sku, "SOUTH"))["sellable"] == D("0.5")
    query = "SELECT code, owner FROM exception WHERE subject = $1 AND resolved_at IS NULL"
    raised = [tuple(row) for row in await stage.fetch(query, f"stock_move/{booked.report_id}")]
    assert raised == [("FRACTION_OF_A_PIECE", "warehouse")]
