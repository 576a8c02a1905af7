"""Pieces by their serials: where each one is, whatever order the words come in; what cannot be true is somebody's."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment
from crossdock.fulfillment.v1 import return_pb2, warehouse_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as stock_pb
from crossdock.inventory.v1 import inventory_service_pb2_grpc as stock_grpc
from crossdock.inventory.v1 import stock_control_service_pb2 as pb
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as pb_grpc
from crossdock.inventory.v1 import stock_move_pb2 as move_pb
from crossdock.inventory.v1 import stock_transfer_pb2 as transfer_pb
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2 as procurement
from crossdock.procurement.v1 import inbound_pb2
from crossdock_kit import policy
from crossdock_kit.clock import SystemClock
from crossdock_kit.peers import reason_in, status_in
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.testing import RunningServer, start_service
from google.protobuf.message import Message
from google.type.date_pb2 import Date
from inventory.allocation_desk import AllocationDesk
from inventory.api import InventoryServicer, StockControlServicer
from inventory.queries.ledger import verify_ledger
from inventory.store.serials import AT_GOODS_ISSUE, StoredSerials
from inventory_stage import UNIT, Stage
from inventory_stage.hearing import hear
from inventory_stage.movements import NINE, a_sku

MINUTE = timedelta(minutes=1)
SELLABLE, STAGED = stock_pb.ACCOUNT_SELLABLE, stock_pb.ACCOUNT_STAGED
CUSTOMER, RETURNED = stock_pb.ACCOUNT_CUSTOMER, stock_pb.ACCOUNT_RETURNED


@pytest.fixture(scope="module")
async def server(stage: Stage) -> AsyncIterator[RunningServer]:
    control = StockControlServicer(stage.engine, stage.uow, SystemClock())
    servicer = InventoryServicer(
        engine=stage.engine,
        uow=stage.uow,
        desk=stage.desk,
        allocations=AllocationDesk(stage.uow),
        items=stage.items,
        priorities=stage.priorities,
        availability=stage.availability,
        clock=SystemClock(),
    )
    async with start_service(
        (pb_grpc.add_StockControlServiceServicer_to_server, control),
        (stock_grpc.add_InventoryServiceServicer_to_server, servicer),
        uow=stage.uow.kit,
    ) as running:
        yield running


class Pieces:
    """An item of its own, and what is reported of its pieces; minutes count from nine."""

    def __init__(self, stage: Stage, server: RunningServer) -> None:
        self.stage, self.sku = stage, a_sku("PC")
        self.stock: Any = server.caller(stock_grpc.InventoryServiceStub, tenant="acme")
        self.control: Any = server.caller(pb_grpc.StockControlServiceStub, tenant="acme")

    def received(self, *serials: str, at: int = 0, place: str = "EAST", quantity: int = 0) -> Message:
        count = str(quantity or len(serials))
        number = f"R-{uuid4().hex[:8]}"
        line = inbound_pb2.ReceiptLine(
            line_id="1",
            sku=self.sku,
            quantity=each(count),
            condition=inbound_pb2.CONDITION_GOOD,
            base_quantity=count,
            base_unit="EA",
            serials=serials,
            lot=values_pb2.Lot(number="L1", expires_on=Date(year=2099, month=1, day=1)),
        )
        receipt = inbound_pb2.Receipt(
            receipt_id=str(uuid4()), business_unit=UNIT, number=number, location_id=place, lines=[line]
        )
        receipt.received_at.FromDatetime(NINE + at * MINUTE)
        return procurement.GoodsReceived(
            receipt_id=receipt.receipt_id, number=number, location_id=place, receipt=receipt
        )

    def _named(self, serials: tuple[str, ...]) -> list[warehouse_pb2.HandledSerials]:
        named = warehouse_pb2.HandledSerials(
            business_unit=UNIT, line_number="1", sku=self.sku, quantity=each(str(len(serials))), serials=serials
        )
        return [named] if serials else []

    def _handled(self, serials: tuple[str, ...]) -> warehouse_pb2.HandledLine:
        return warehouse_pb2.HandledLine(sku=self.sku, quantity=each(str(len(serials) or 1)), business_unit=UNIT)

    def picked(self, *serials: str, at: int = 10) -> Message:
        fact = fulfillment.PickCompleted(
            number="P-1", location_id="EAST", lines=[self._handled(serials)], serials=self._named(serials)
        )
        fact.picked_at.FromDatetime(NINE + at * MINUTE)
        return fact

    def issued(self, *serials: str, at: int = 20, picked_before: bool = True, place: str = "EAST") -> Message:
        before = each(str(len(serials) or 1)) if picked_before else each("0")
        line = fulfillment.IssuedLine(line=self._handled(serials), picked_before=before)
        fact = fulfillment.GoodsIssued(
            number="SH-1", issue_number="I-1", location_id=place, lines=[line], serials=self._named(serials)
        )
        fact.issued_at.FromDatetime(NINE + at * MINUTE)
        return fact

    def came_back(self, serial: str, at: int = 30) -> Message:
        line = return_pb2.ReturnedLine(line_number="1", sku=self.sku, quantity=each("1"), serials=[serial])
        fact = fulfillment.ReturnReceived(
            return_id=str(uuid4()), report_number="RT-1", location_id="EAST", business_unit=UNIT, lines=[line]
        )
        fact.received_at.FromDatetime(NINE + at * MINUTE)
        return fact

    async def hear(self, *facts: Message) -> None:
        for fact in facts:
            await hear(self.stage, fact)

    async def at(self, serial: str = "") -> dict[tuple[str, str], tuple[int, int, str]]:
        """By serial and place how often it is there, where, and why that is in doubt."""
        found = await self.stock.GetStock(stock_pb.GetStockRequest(sku=self.sku, serial=serial))
        return {(its.serial, its.location_id): (its.on_hand, its.account, its.doubt) for its in found.serials}

    async def doubts(self) -> list[tuple[str, str, str]]:
        """Open and settled exceptions of its pieces: what, whose, whether open."""
        rows = await self.stage.fetch(
            "SELECT code, owner, resolved_at IS NULL AS open FROM exception WHERE subject LIKE $1 ORDER BY raised_at",
            f"serials/%/{self.sku}",
        )
        return [(row["code"], row["owner"], "open" if row["open"] else "resolved") for row in rows]

    def report(self, *lines: pb.ReportedStock, at: int = 40) -> pb.RecordStockReportRequest:
        request = pb.RecordStockReportRequest(
            request_id=str(uuid4()),
            origin=values_pb2.Origin(system="WMS-EAST", role=options_pb2.ROLE_WMS),
            number=f"CC-{uuid4().hex[:8]}",
            location_id="EAST",
            business_unit=UNIT,
            lines=lines,
        )
        request.found_at.FromDatetime(NINE + at * MINUTE)
        return request

    def counted(self, *serials: str, quantity: int | None = None) -> pb.ReportedStock:
        count = str(len(serials) if quantity is None else quantity)
        return pb.ReportedStock(
            sku=self.sku, bucket=stock_pb.ACCOUNT_SELLABLE, counted=each(count), reason="AA", serials=serials
        )

    def changed(self, quantity: int, *serials: str) -> pb.ReportedStock:
        return pb.ReportedStock(
            sku=self.sku,
            bucket=stock_pb.ACCOUNT_SELLABLE,
            change=each(str(quantity)),
            reason="AU",
            serials=serials,
            lot="L1",
        )


def each(value: str) -> values_pb2.Quantity:
    return values_pb2.Quantity(value=value, unit="EA")


@pytest.fixture
async def pieces(stage: Stage, server: RunningServer) -> Pieces:
    made = Pieces(stage, server)
    await stage.know(made.sku)
    return made


@pytest.mark.feature("F070", "F086")
async def test_a_piece_is_followed_from_its_receipt_to_its_customer_and_back(pieces: Pieces) -> None:
    await pieces.hear(pieces.received("S1", "S2"))
    assert await pieces.at() == {("S1", "EAST"): (1, SELLABLE, ""), ("S2", "EAST"): (1, SELLABLE, "")}
    await pieces.hear(pieces.picked("S1"))
    assert (await pieces.at())["S1", "EAST"] == (1, STAGED, "")
    await pieces.hear(pieces.issued("S1"))
    assert await pieces.at() == {("S2", "EAST"): (1, SELLABLE, "")}
    assert await pieces.at("S1") == {("S1", "EAST"): (0, CUSTOMER, "")}
    await pieces.hear(pieces.came_back("S1"))
    found = await pieces.stock.GetStock(stock_pb.GetStockRequest(sku=pieces.sku, serial="S1"))
    assert [(its.account, its.change) for its in found.words] == [
        (RETURNED, 1),
        (CUSTOMER, -1),
        (STAGED, 0),
        (SELLABLE, 1),
    ]
    assert found.serials[0].lot == "L1"
    assert await pieces.doubts() == []


async def test_words_in_any_order_leave_a_piece_where_it_is_and_nothing_in_doubt(stage: Stage, server: Any) -> None:
    for order in itertools.permutations(range(4)):
        story = Pieces(stage, server)
        await stage.know(story.sku)
        facts = [story.received("S1"), story.picked("S1"), story.issued("S1"), story.came_back("S1")]
        await story.hear(*(facts[place] for place in order))
        assert await story.at("S1") == {("S1", "EAST"): (1, RETURNED, "")}, order
        assert {state for _, _, state in await story.doubts()} <= {"resolved"}, order
    assert (await verify_ledger(stage.engine, "acme")).differences == []


async def test_a_piece_that_is_at_two_places_is_in_doubt_at_both_until_one_says_that_it_left(pieces: Pieces) -> None:
    await pieces.hear(pieces.received("S1", "S2"), pieces.received("S1", at=5, place="WEST"))
    found = await pieces.at()
    assert found["S1", "EAST"][2] == found["S1", "WEST"][2] == "TWICE"
    assert found["S2", "EAST"][2] == ""
    assert await pieces.doubts() == [("SERIAL_CONTRADICTORY", "warehouse", "open")] * 2
    assert (await pieces.stage.row(pieces.sku, "WEST"))["sellable"] == 1, "what was reported is booked"
    await pieces.hear(pieces.issued("S1", picked_before=False))
    assert await pieces.at("S1") == {("S1", "EAST"): (0, CUSTOMER, ""), ("S1", "WEST"): (1, SELLABLE, "")}
    assert {state for _, _, state in await pieces.doubts()} == {"resolved"}


async def test_a_piece_that_leaves_and_had_never_come_is_the_warehouses_until_its_receipt_comes(pieces: Pieces) -> None:
    await pieces.hear(pieces.received("S1"), pieces.issued("S1", "S9", picked_before=False))
    assert await pieces.at("S9") == {("S9", "EAST"): (-1, CUSTOMER, "NEVER_THERE")}
    [raised] = await pieces.stage.fetch(
        "SELECT summary, owner FROM exception WHERE subject LIKE $1", f"serials/%/{pieces.sku}"
    )
    assert "S9 left and had never come" in raised["summary"]
    await pieces.hear(pieces.received("S9", at=1))
    assert await pieces.at("S9") == {("S9", "EAST"): (0, CUSTOMER, "")}
    assert await pieces.doubts() == [("SERIAL_CONTRADICTORY", "warehouse", "resolved")]


async def scanned_at_goods_issue(pieces: Pieces, value: Any = True) -> None:
    """Of items of the pieces' own category, in the east."""
    await pieces.stage.fetch("UPDATE item SET category = $1 WHERE sku = $1", pieces.sku)
    async with pieces.stage.work() as work:
        scope = Scope(item_category=pieces.sku, location="EAST")
        rule = NewRule(key=AT_GOODS_ISSUE, valid_from=NINE - 60 * MINUTE, scope=scope, value=value)
        await policy.add(work._work.driver, "acme", rule)


@pytest.mark.feature("F086")
async def test_pieces_that_are_scanned_when_they_leave_and_not_before_contradict_nothing(pieces: Pieces) -> None:
    await scanned_at_goods_issue(pieces)
    await pieces.hear(pieces.received(quantity=3), pieces.issued("S1", "S2", picked_before=False))
    assert (await pieces.at("S1"))["S1", "EAST"] == (-1, CUSTOMER, "")
    # It comes back, is put on its shelf and leaves again; and one is told of late that did come by its serial.
    await pieces.hear(pieces.came_back("S1"), pieces.received("S2", at=1))
    await pieces.hear(pieces.issued("S1", at=50, picked_before=False))
    assert {doubt for _, _, doubt in (await pieces.at("S1")).values()} == {""}
    assert await pieces.doubts() == []
    # What leaves twice has been read wrongly all the same.
    await pieces.hear(pieces.issued("S1", at=60, picked_before=False))
    assert (await pieces.at("S1"))["S1", "EAST"] == (-2, CUSTOMER, "NEVER_THERE")
    assert await pieces.doubts() == [("SERIAL_CONTRADICTORY", "warehouse", "open")]


async def test_elsewhere_and_where_the_rule_says_no_a_piece_that_never_came_is_in_doubt(pieces: Pieces) -> None:
    await scanned_at_goods_issue(pieces)
    await pieces.hear(pieces.issued("S1", picked_before=False, place="WEST"))
    assert (await pieces.at("S1"))["S1", "WEST"][2] == "NEVER_THERE"
    await scanned_at_goods_issue(pieces, value={"only": "sometimes"})
    await pieces.hear(pieces.issued("S2", picked_before=False))
    assert (await pieces.at("S2"))["S2", "EAST"][2] == "NEVER_THERE"


async def test_what_was_misread_is_put_right_by_its_warehouse(pieces: Pieces) -> None:
    await pieces.hear(pieces.received("S1", "WRONG"))
    await pieces.control.RecordStockReport(pieces.report(pieces.changed(-1, "WRONG"), pieces.changed(1, "S2")))
    assert set(await pieces.at()) == {("S1", "EAST"), ("S2", "EAST")}
    assert (await pieces.stage.row(pieces.sku))["sellable"] == 2


async def test_a_count_by_pieces_says_which_are_there_and_what_was_said_later_stands(pieces: Pieces) -> None:
    await pieces.hear(pieces.received("S1", "S2", "S3"), pieces.issued("S3", at=50, picked_before=False))
    await pieces.control.RecordStockReport(pieces.report(pieces.counted("S1", "S3", "S4"), at=40))
    assert await pieces.at() == {("S1", "EAST"): (1, SELLABLE, ""), ("S4", "EAST"): (1, SELLABLE, "")}
    assert (await pieces.at("S3"))["S3", "EAST"] == (0, CUSTOMER, "")
    assert (await pieces.at("S2"))["S2", "EAST"] == (0, stock_pb.ACCOUNT_ADJUSTMENT, "")
    assert (await pieces.stage.row(pieces.sku))["sellable"] == 2


async def test_a_report_that_names_no_pieces_says_nothing_of_any_and_costs_nothing(
    pieces: Pieces, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pieces.hear(pieces.received("S1"))

    async def touched(*_: Any) -> None:
        pytest.fail("nobody named a piece")

    for name in ("note", "at", "said_by"):
        monkeypatch.setattr(StoredSerials, name, touched)
    await pieces.hear(pieces.received(quantity=5), pieces.picked(), pieces.issued())
    await pieces.control.RecordStockReport(pieces.report(pieces.counted(quantity=9), pieces.changed(-1)))
    monkeypatch.undo()
    assert await pieces.at() == {("S1", "EAST"): (1, SELLABLE, "")}


async def test_a_report_that_names_another_number_of_pieces_is_booked_and_explained_by_its_warehouse(
    pieces: Pieces,
) -> None:
    await pieces.hear(pieces.received("S1", "S2", quantity=3))
    await pieces.control.RecordStockReport(pieces.report(pieces.changed(-2, "S1")))
    rows = await pieces.stage.fetch(
        "SELECT summary, owner FROM exception WHERE code = 'SERIALS_DO_NOT_COUNT' AND $1 = ANY (keys)",
        f"sku:{pieces.sku}",
    )
    assert len(rows) == 2
    assert {row["owner"] for row in rows} == {"warehouse"}
    assert any(f"2 serials for 3 of {pieces.sku}" in row["summary"] for row in rows)
    assert (await pieces.stage.row(pieces.sku))["sellable"] == 1
    assert set(await pieces.at()) == {("S2", "EAST")}


async def test_who_asks_is_refused_another_number_of_pieces_and_nothing_is_booked(pieces: Pieces) -> None:
    await pieces.hear(pieces.received("S1", "S2"))
    wanted = stock_pb.Adjustment(
        sku=pieces.sku,
        location_id="EAST",
        lot="L1",
        business_unit=UNIT,
        bucket=SELLABLE,
        quantity=each("-2"),
        reason="07",
        serials=["S1"],
    )
    request = stock_pb.AdjustStockRequest(
        request_id=str(uuid4()),
        origin=values_pb2.Origin(system="DESK", role=options_pb2.ROLE_CROSSDOCK),
        adjustments=[wanted],
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await pieces.stock.AdjustStock(request)
    assert reason_in(status_in(refused.value)) == "SERIALS_DO_NOT_COUNT"
    assert (await pieces.stage.row(pieces.sku))["sellable"] == 2
    request.request_id, request.adjustments[0].quantity.value = str(uuid4()), "-1"
    await pieces.stock.AdjustStock(request)
    assert set(await pieces.at()) == {("S2", "EAST")}


async def test_a_piece_of_a_transfer_is_nowhere_until_the_other_place_names_it(pieces: Pieces) -> None:
    await pieces.hear(pieces.received("S1"))
    number = f"TR-{uuid4().hex[:8]}"
    known: dict[str, Any] = {
        "business_unit": UNIT,
        "origin": values_pb2.Origin(system="WMS-EAST", role=options_pb2.ROLE_WMS),
        "lines": [transfer_pb.TransferredStock(sku=pieces.sku, quantity=each("1"), serials=["S1"], lot="L1")],
    }
    sent = transfer_pb.SendTransferRequest(
        request_id=str(uuid4()),
        number=number,
        from_location_id="EAST",
        to_location_id="SOUTH",
        expected_on=Date(year=2099, month=1, day=1),
        **known,
    )
    sent.sent_at.FromDatetime(NINE + 5 * MINUTE)
    received = transfer_pb.RecordTransferReceiptRequest(
        request_id=str(uuid4()), number=f"{number}/1", transfer_number=number, location_id="SOUTH", final=True, **known
    )
    received.origin.system = "WMS-SOUTH"
    received.received_at.FromDatetime(NINE + 9 * MINUTE)
    await pieces.control.RecordTransferReceipt(received)
    assert (await pieces.at("S1"))["S1", "SOUTH"] == (1, STAGED, "TWICE")
    await pieces.control.SendTransfer(sent)
    assert await pieces.at() == {("S1", "SOUTH"): (1, STAGED, "")}
    put_away = move_pb.RecordStockMovesRequest(
        request_id=str(uuid4()),
        origin=received.origin,
        number=number,
        location_id="SOUTH",
        business_unit=UNIT,
        lines=[
            move_pb.MovedStock(
                sku=pieces.sku,
                lot="L1",
                kind=move_pb.STOCK_MOVE_KIND_PUT_AWAY,
                quantity=each("1"),
                serials=["S1"],
            )
        ],
    )
    put_away.moved_at.FromDatetime(NINE + 11 * MINUTE)
    await pieces.control.RecordStockMoves(put_away)
    assert await pieces.at() == {("S1", "SOUTH"): (1, SELLABLE, "")}
    assert {state for _, _, state in await pieces.doubts()} == {"resolved"}


async def test_what_somebody_takes_back_of_a_report_is_taken_back_of_its_pieces(pieces: Pieces, stage: Stage) -> None:
    rule = NewRule(
        key="inventory.adjustment_limit",
        valid_from=NINE,
        scope=Scope(item_category=pieces.sku),
        value={"quantity": "1"},
    )
    await stage.fetch("UPDATE item SET category = $1 WHERE sku = $1", pieces.sku)
    async with stage.work() as work:
        await policy.add(work._work.driver, "acme", rule)
    await pieces.hear(pieces.received("S1", "S2", "S3"))
    reported = await pieces.control.RecordStockReport(pieces.report(pieces.changed(-2, "S1", "S2")))
    assert set(await pieces.at()) == {("S3", "EAST")}
    rejected = pb.DecideAdjustmentRequest(
        request_id=str(uuid4()), adjustment_id=reported.adjustment.adjustment_id, approved=False, reason="found again"
    )
    await pieces.control.DecideAdjustment(rejected)
    assert set(await pieces.at()) == {("S1", "EAST"), ("S2", "EAST"), ("S3", "EAST")}
    assert (await pieces.at("S1"))["S1", "EAST"] == (1, SELLABLE, "")


async def test_a_place_that_does_not_follow_from_its_words_is_found(pieces: Pieces, stage: Stage) -> None:
    await pieces.hear(pieces.received("S1"))
    assert (await verify_ledger(stage.engine, "acme")).differences == []
    await stage.fetch("UPDATE serial_stock SET on_hand = 2 WHERE sku = $1", pieces.sku)
    differences = (await verify_ledger(stage.engine, "acme")).differences
    await stage.fetch("UPDATE serial_stock SET on_hand = 1 WHERE sku = $1", pieces.sku)
    assert differences == [f"pieces by serial: S1 of {pieces.sku} at EAST for {UNIT} is there 2 times, should be 1"]


async def test_hostile_serials_are_refused_at_the_door(pieces: Pieces) -> None:
    for serials in (["S1", "S1"], [""], ["x" * 51], [f"S{number}" for number in range(2001)]):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await pieces.control.RecordStockReport(pieces.report(pieces.counted(*serials)))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
