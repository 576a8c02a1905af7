"""Procurement's facts in the ledger: each kind alone, twice, and in any order."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from crossdock.common.v1 import values_pb2
from crossdock.connector.events.v1 import events_pb2 as connector
from crossdock.inventory.events.v1 import events_pb2 as stock
from crossdock.procurement.events.v1 import events_pb2 as pb
from crossdock.procurement.v1 import inbound_pb2, purchase_order_pb2
from google.protobuf.message import Message
from google.type.date_pb2 import Date
from inventory.consumers import Consumers
from inventory.queries.ledger import verify_ledger
from inventory.queries.promises import available_to_promise
from inventory.queries.stock import Where, movements
from inventory.store.work import InventoryWork
from inventory_stage import UNIT, Stage, some_cause
from inventory_stage.hearing import event, hear

D = Decimal


async def balances(stage: Stage, sku: str) -> dict[str, Decimal]:
    """Sums over places and lots of everything that is not zero."""
    found: dict[str, Decimal] = {}
    for table in ("stock", "pipeline"):
        for row in await stage.fetch(f"SELECT * FROM {table} WHERE sku = $1", sku):
            for name, value in row.items():
                if isinstance(value, Decimal) and name not in {"available", "safety"}:
                    found[name] = found.get(name, D(0)) + value
    return {name: value for name, value in found.items() if value}


class Story:
    """One order line of 100 at EAST, under names of its own."""

    def __init__(self) -> None:
        self.sku = f"IN-{uuid4().hex[:8].upper()}"
        self.po, self.line, self.asn = str(uuid4()), str(uuid4()), str(uuid4())

    def delta(self, change: str, ship_to: str = "EAST") -> pb.LineDelta:
        return pb.LineDelta(
            line_id=self.line,
            line_number="1",
            sku=self.sku,
            on_order_change=change,
            base_unit="EA",
            ship_to_id=ship_to,
        )

    def order(self, *promises: tuple[str, int]) -> purchase_order_pb2.PurchaseOrder:
        confirmed = [
            purchase_order_pb2.ScheduleLine(
                schedule_id=f"{self.line}.{day}",
                quantity=values_pb2.Quantity(value=quantity, unit="EA"),
                date=Date(year=2026, month=3, day=day),
            )
            for quantity, day in promises
        ]
        line = purchase_order_pb2.PurchaseOrderLine(line_id=self.line, line_number="1", sku=self.sku)
        line.confirmed.extend(confirmed)
        return purchase_order_pb2.PurchaseOrder(purchase_order_id=self.po, business_unit=UNIT, lines=[line])

    def released(self, quantity: str = "100", ship_to: str = "EAST") -> pb.PurchaseOrderReleased:
        return pb.PurchaseOrderReleased(
            purchase_order_id=self.po,
            number="4711",
            purchase_order=self.order(),
            lines=[self.delta(quantity, ship_to)],
        )

    def acknowledged(self, change: str, *promises: tuple[str, int]) -> pb.PurchaseOrderAcknowledged:
        moved = pb.ScheduleChange(
            line_id=self.line, line_number="1", sku=self.sku, on_order_change=change, base_unit="EA", ship_to_id="EAST"
        )
        return pb.PurchaseOrderAcknowledged(
            purchase_order_id=self.po, number="4711", changes=[moved], purchase_order=self.order(*promises)
        )

    def fetched(self, day: int | None, *promises: tuple[str, int]) -> pb.PurchaseOrderCarriageChanged:
        """Booked for a day of March, or no longer."""
        order = self.order(*promises)
        order.lines[0].ship_to_id = "EAST"
        for each in order.lines[0].confirmed if day else ():
            each.expected_on.CopyFrom(Date(year=2026, month=3, day=day))
        return pb.PurchaseOrderCarriageChanged(purchase_order_id=self.po, number="4711", purchase_order=order)

    def notice(self, base: str, from_on_order: str, to: str = "EAST", ordered_at: str = "") -> inbound_pb2.ShipNotice:
        line = inbound_pb2.ShipNoticeLine(
            line_id="1",
            purchase_order_id=self.po,
            purchase_order_line_id=self.line,
            sku=self.sku,
            shipped=values_pb2.Quantity(value=base, unit="EA"),
            base_quantity=base,
            from_on_order=from_on_order,
            ordered_at=ordered_at,
        )
        return inbound_pb2.ShipNotice(
            ship_notice_id=self.asn,
            business_unit=UNIT,
            number="SH-1",
            ship_to_id=to,
            expected_on=Date(year=2026, month=3, day=4),
            lines=[line],
        )

    def announced(self, *facts: str, **more: str) -> pb.ShipNoticeReceived:
        return pb.ShipNoticeReceived(ship_notice_id=self.asn, number="SH-1", ship_notice=self.notice(*facts, **more))

    def expected(self, day: int | None, unit: str = UNIT, *, withdrawn: bool = False) -> pb.InboundExpected:
        """What the warehouse expects under the notice, on a day of March."""
        line = pb.ExpectedLine(
            purchase_order_id=self.po, purchase_order_line_id=self.line, sku=self.sku, business_unit=unit
        )
        if day is not None:
            line.expected_on.CopyFrom(Date(year=2026, month=3, day=day))
        return pb.InboundExpected(
            reference=self.asn,
            location_id="EAST",
            business_unit=UNIT,
            ship_notice_number="SH-1",
            lines=[] if withdrawn else [line],
            withdrawn=withdrawn,
        )

    def withdrawn(self, *facts: str) -> pb.ShipNoticeWithdrawn:
        return pb.ShipNoticeWithdrawn(ship_notice_id=self.asn, number="SH-1", ship_notice=self.notice(*facts))

    def closed(self, quantity: str, *, stays: bool) -> pb.ShipNoticeClosed:
        short = pb.ShortLine(
            purchase_order_id=self.po,
            purchase_order_line_id=self.line,
            sku=self.sku,
            quantity=values_pb2.Quantity(value=quantity, unit="EA"),
            stays_on_order=stays,
        )
        return pb.ShipNoticeClosed(ship_notice_id=self.asn, number="SH-1", short_lines=[short], ship_to_id="EAST")

    def receipt(self, *lines: dict[str, Any], receipt_id: str = "", at: str = "EAST") -> pb.GoodsReceived:
        identity = receipt_id or str(uuid4())
        return pb.GoodsReceived(
            receipt_id=identity,
            number=f"R-{identity[:8]}",
            location_id=at,
            receipt=inbound_pb2.Receipt(
                receipt_id=identity,
                business_unit=UNIT,
                location_id=at,
                lines=[self._receipt_line(n, each) for n, each in enumerate(lines, 1)],
            ),
        )

    def _receipt_line(self, number: int, facts: dict[str, Any]) -> inbound_pb2.ReceiptLine:
        known: dict[str, Any] = {
            "line_id": str(number),
            "purchase_order_id": self.po,
            "purchase_order_line_id": self.line,
            "sku": self.sku,
            "quantity": values_pb2.Quantity(value=facts["base_quantity"], unit="EA"),
            "condition": inbound_pb2.CONDITION_GOOD,
            "ship_notice_id": self.asn,
            "base_unit": "EA",
        }
        return inbound_pb2.ReceiptLine(**known | facts)


def good(quantity: str, **shares: Any) -> dict[str, Any]:
    return {"base_quantity": quantity, **shares}


@pytest.mark.feature("F087")
async def test_an_order_comes_on_order_and_follows_the_suppliers_answer(stage: Stage) -> None:
    story = Story()
    await stage.know(story.sku)
    await hear(stage, story.released())
    assert await balances(stage, story.sku) == {"on_order": 100, "supplier": -100}
    await hear(stage, story.acknowledged("-40", ("60", 10)))
    assert await balances(stage, story.sku) == {"on_order": 60, "supplier": -60}


@pytest.mark.feature("F105")
async def test_a_ship_notice_takes_from_on_order_and_what_exceeds_it_from_the_supplier(stage: Stage) -> None:
    story = Story()
    await stage.know(story.sku)
    await hear(stage, story.released(), story.announced("120", "100"))
    assert await balances(stage, story.sku) == {"in_transit": 120, "supplier": -120}
    await hear(stage, story.withdrawn("120", "100"))
    assert await balances(stage, story.sku) == {"on_order": 100, "supplier": -100}


@pytest.mark.feature("F104")
async def test_in_transit_falls_by_what_arrives_and_by_what_is_closed_short(stage: Stage) -> None:
    story = Story()
    await stage.know(story.sku)
    await hear(
        stage,
        story.released(),
        story.announced("100", "100"),
        story.receipt(
            good("70", from_in_transit="70"),
            good("10", from_in_transit="10", condition=inbound_pb2.CONDITION_DAMAGED),
            good("5", from_in_transit="5", condition=inbound_pb2.CONDITION_HOLD),
        ),
    )
    received = {"sellable": 70, "damaged": 10, "quarantined": 5}
    assert await balances(stage, story.sku) == received | {"in_transit": 15, "supplier": -100}
    await hear(stage, story.closed("15", stays=True))
    assert await balances(stage, story.sku) == received | {"on_order": 15, "supplier": -100}


async def test_a_receipt_without_notice_takes_from_on_order_and_the_rest_from_the_supplier(stage: Stage) -> None:
    story = Story()
    await stage.know(story.sku)
    receipt = story.receipt(good("110", from_on_order="100", beyond_order="10", ship_notice_id=""))
    await hear(stage, story.released(), receipt)
    assert await balances(stage, story.sku) == {"sellable": 110, "supplier": -110}


async def test_where_goods_are_put_away_they_are_staged_until_then(stage: Stage) -> None:
    story = Story()
    await stage.know(story.sku)
    await hear(stage, story.receipt(good("5", beyond_order="5"), at="SOUTH"))
    assert await balances(stage, story.sku) == {"staged": 5, "supplier": -5}
    assert (await stage.row(story.sku, "SOUTH"))["available"] == 0


async def test_goods_at_another_place_than_ordered_leave_nothing_behind(stage: Stage) -> None:
    story = Story()
    await stage.know(story.sku)
    await hear(
        stage,
        story.released(),
        story.announced("100", "100", to="WEST", ordered_at="EAST"),
        story.receipt(good("100", from_in_transit="100", expected_at="WEST"), at="EAST"),
    )
    for place, sellable in (("EAST", 100), ("WEST", 0)):
        rows = await stage.fetch("SELECT * FROM pipeline WHERE sku = $1 AND location_id = $2", story.sku, place)
        assert [(row["on_order"], row["in_transit"], row["supplier"]) for row in rows] == [(0, 0, -sellable)]
    assert (await stage.row(story.sku))["sellable"] == 100
    assert (await verify_ledger(stage.engine, "acme")).differences == []


async def test_goods_for_somebody_elses_place_stand_nowhere(stage: Stage) -> None:
    story = Story()
    await hear(stage, story.released(ship_to=""))
    assert await balances(stage, story.sku) == {}


def a_whole_story(story: Story) -> Sequence[Message]:
    return [
        story.released(),
        story.acknowledged("-20", ("50", 5), ("30", 9)),
        story.announced("90", "80"),
        story.receipt(good("60", from_in_transit="60", lot=values_pb2.Lot(number="L1"))),
        story.closed("30", stays=False),
    ]


@pytest.mark.feature("F087")
async def test_events_of_different_aggregates_leave_the_same_stock_in_any_order(stage: Stage) -> None:
    ends = []
    for order in itertools.permutations(range(5)):
        if order.index(0) > order.index(1):
            continue  # both are the order's own events: their order is the consumer's promise
        story = Story()
        told = a_whole_story(story)
        for place in order:
            await hear(stage, told[place])
        ends.append(await balances(stage, story.sku))
    assert len(ends) == 60
    assert all(each == {"sellable": 60, "supplier": -60} for each in ends)
    assert (await verify_ledger(stage.engine, "acme")).differences == []


@pytest.mark.feature("F105")
async def test_many_events_are_booked_as_each_would_be_alone(stage: Stage) -> None:
    stories = [Story() for _ in range(5)]
    handler = Consumers(InventoryWork)._booking
    from inventory.wire import inbound as wire

    with some_cause():
        async with stage.uow.kit(tenants=("acme",)) as work:
            await handler(wire.ordered)([event(story.released()) for story in stories], work)
            await handler(wire.announced)([event(story.announced("100", "100")) for story in stories], work)
    for story in stories:
        assert await balances(stage, story.sku) == {"in_transit": 100, "supplier": -100}


async def test_the_erps_number_marks_the_movements_as_posted(stage: Stage) -> None:
    story = Story()
    await stage.know(story.sku)
    receipt = story.receipt(good("10", beyond_order="10"))
    await hear(stage, receipt)
    (row,), _ = await movements(stage.engine, Where("acme"), story.sku, 10, "")
    assert (row["posting_key"], row["posting_number"]) == (f"receipt/{receipt.receipt_id}", None)
    for number in ("GR-5001", "GR-5002"):
        sent = connector.DocumentSent(
            document_id=str(uuid4()),
            partner="erp-eu",
            foreign_number=number,
            source_aggregate=f"receipt/{receipt.receipt_id}",
        )
        await hear(stage, sent)
    (row,), _ = await movements(stage.engine, Where("acme"), story.sku, 10, "")
    assert row["posting_number"] == "GR-5001", "the first number stays"


@pytest.mark.feature("F179")
async def test_one_truck_for_two_business_units_is_each_ones_stock_and_posted_under_each_ones_number(
    stage: Stage,
) -> None:
    story, theirs, other = Story(), Story(), "US01"
    theirs.sku = story.sku
    await stage.know(story.sku)
    ordered = [story.released(), theirs.released()]
    ordered[1].purchase_order.business_unit = other
    announced = story.announced("100", "100")
    announced.ship_notice.lines.add().CopyFrom(theirs.notice("100", "100").lines[0])
    announced.ship_notice.lines[1].business_unit = other
    its = {"purchase_order_line_id": theirs.line, "business_unit": other}
    receipt = story.receipt(good("100", from_in_transit="100"), good("60", from_in_transit="60", **its))
    short = story.closed("40", stays=False)
    short.short_lines[0].MergeFrom(pb.ShortLine(purchase_order_line_id=theirs.line, business_unit=other))
    await hear(stage, *ordered, announced, receipt, short)
    held = await stage.fetch("SELECT business_unit, sellable FROM stock WHERE sku = $1 ORDER BY 1", story.sku)
    assert [tuple(each) for each in held] == [(UNIT, 100), (other, 60)]
    assert await balances(stage, story.sku) == {"sellable": 160, "supplier": -160}, "nothing is to come any more"
    numbers = {UNIT: f"receipt/{receipt.receipt_id}", other: f"receipt/{receipt.receipt_id}/{other}"}
    for unit, posted in numbers.items():
        sent = connector.DocumentSent(document_id=str(uuid4()), partner="erp", foreign_number=f"GR-{unit}")
        sent.source_aggregate = posted
        await hear(stage, sent)
    rows, _ = await movements(stage.engine, Where("acme"), story.sku, 10, "")
    told = {(row["posting_key"], row["posting_number"]) for row in rows if row["posting_key"]}
    assert told == {(posted, f"GR-{unit}") for unit, posted in numbers.items()}
    booked = [
        stock.StockReceived.FromString(row["body"])
        for row in await stage.fetch("SELECT body FROM journal WHERE aggregate LIKE '%' || $1", receipt.receipt_id)
    ]
    assert [len(each.movements) for each in booked] == [2]
    assert (await verify_ledger(stage.engine, "acme")).differences == []


@pytest.mark.feature("F089")
@pytest.mark.feature("F074")
@pytest.mark.feature("F162")
async def test_availability_changes_with_the_receipt_and_not_with_the_posting(stage: Stage) -> None:
    story = Story()
    await stage.know(story.sku)
    await hear(stage, story.receipt(good("10", beyond_order="10"), good("4", beyond_order="4")))
    row = await stage.row(story.sku)
    assert row["available"] == 14
    kinds = await stage.event_types(f"availability/{UNIT}/EAST/{story.sku}")
    assert kinds == ["AvailabilityChanged"], "one for the whole receipt"


async def announced_supply(stage: Stage, sku: str) -> list[tuple[int, list[tuple[int, str, str]], str]]:
    """What was said of it at EAST: version, days of March with quantity and notice, and what was there."""
    rows = await stage.fetch(
        "SELECT version, body FROM journal WHERE aggregate = $1 ORDER BY version", f"supply/{UNIT}/EAST/{sku}"
    )
    facts = [(row["version"], stock.SupplyChanged.FromString(row["body"])) for row in rows]
    return [
        (
            version,
            [(lot.due_on.day, lot.quantity.value, "asn" if lot.ship_notice_id else "") for lot in fact.lots],
            fact.available.value,
        )
        for version, fact in facts
    ]


@pytest.mark.feature("F088")
async def test_what_is_to_come_is_announced_when_it_is_another(stage: Stage) -> None:
    story = Story()
    await stage.know(story.sku)
    await hear(stage, story.released())
    assert await announced_supply(stage, story.sku) == [], "nobody named a day"
    for _ in range(2):
        await hear(stage, story.acknowledged("0", ("60", 9), ("40", 12)))
    await hear(stage, story.announced("30", "30"))
    await hear(stage, story.receipt(good("30", from_in_transit="30")))
    await hear(stage, story.acknowledged("0", ("100", 20)))
    assert await announced_supply(stage, story.sku) == [
        (1, [(9, "60", ""), (12, "40", "")], "0"),
        (2, [(4, "30", "asn"), (9, "30", ""), (12, "40", "")], "0"),
        (3, [(9, "30", ""), (12, "40", "")], "30"),
        (4, [(20, "70", "")], "30"),
    ]


@pytest.mark.feature("F042", "F069")
async def test_what_is_on_its_way_comes_on_the_day_that_carrier_or_dock_say(stage: Stage) -> None:
    """The notice says the fourth, its carrier the ninth, the dock the sixth; then the dock takes that back."""
    story = Story()
    await stage.know(story.sku)
    await hear(stage, story.announced("30", "30"), story.expected(4))
    for day in (9, 9, 6, 9):
        await hear(stage, story.expected(day))
    await hear(stage, story.receipt(good("30", from_in_transit="30")))
    await hear(stage, story.expected(None, withdrawn=True))
    assert await announced_supply(stage, story.sku) == [
        (1, [(4, "30", "asn")], "0"),
        (2, [(9, "30", "asn")], "0"),
        (3, [(6, "30", "asn")], "0"),
        (4, [(9, "30", "asn")], "0"),
        (5, [], "30"),
    ]


@pytest.mark.feature("F042", "F069", "F088")
async def test_a_day_that_is_heard_before_its_notice_counts_and_so_does_none(stage: Stage) -> None:
    first, other = Story(), Story()
    await stage.know(first.sku, other.sku)
    await hear(stage, first.expected(9))
    assert await announced_supply(stage, first.sku) == [], "nothing is known to be on its way"
    await hear(stage, first.announced("30", "30"))
    assert await announced_supply(stage, first.sku) == [(1, [(9, "30", "asn")], "0")]
    found = await available_to_promise(stage.engine, first.sku, Where("acme"), date(2026, 3, 2), 10)
    assert [each.day.day for each in found.days["EAST"] if each.promisable] == [9, 10, 11]
    await hear(stage, other.announced("30", "30"), other.expected(None))
    assert await announced_supply(stage, other.sku) == [(1, [(4, "30", "asn")], "0")], "its own day is all there is"


async def test_what_is_expected_of_an_order_moves_no_notice_and_units_hear_of_their_own(stage: Stage) -> None:
    story = Story()
    await stage.know(story.sku)
    await hear(stage, story.announced("30", "30"))
    of_order = story.expected(9)
    of_order.ship_notice_number = ""
    await hear(stage, of_order)
    assert await announced_supply(stage, story.sku) == [(1, [(4, "30", "asn")], "0")]
    two = story.expected(9, unit="US01")
    two.lines.append(story.expected(9).lines[0])
    await hear(stage, two)
    assert [days for _, days, _ in await announced_supply(stage, story.sku)] == [[(4, "30", "asn")], [(9, "30", "asn")]]
    assert await stage.event_types(f"supply/US01/EAST/{story.sku}") == []


async def test_two_that_move_and_announce_at_once_are_told_of_each_other(stage: Stage) -> None:
    """Whoever comes second sees what the first left, so what was told last is what stands."""
    story = Story()
    await stage.know(story.sku)
    async with asyncio.timeout(60):
        await asyncio.gather(hear(stage, story.announced("30", "30")), hear(stage, story.expected(9)))
    assert (await announced_supply(stage, story.sku))[-1][1] == [(9, "30", "asn")]


@pytest.mark.feature("F083", "F088")
async def test_what_is_fetched_comes_on_the_day_that_was_booked_until_it_is_not(stage: Stage) -> None:
    story = Story()
    await stage.know(story.sku)
    await hear(stage, story.released(), story.acknowledged("0", ("100", 9)))
    before = await balances(stage, story.sku)
    for day in (12, 12, None):
        await hear(stage, story.fetched(day, ("100", 9)))
    assert [days for _, days, _ in await announced_supply(stage, story.sku)] == [
        [(9, "100", "")],
        [(12, "100", "")],
        [(9, "100", "")],
    ]
    assert await balances(stage, story.sku) == before, "nothing more or less is on order"
