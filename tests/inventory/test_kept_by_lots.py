"""Goods of an item that is kept by lots come without one: a fact, so they are booked, and somebody is asked for it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from inventory.domain.inbound import Received
from inventory.domain.movement import Document, StockKey
from inventory.domain.quantity import Measure
from inventory.domain.rules import Condition, ReceivedFrom
from inventory.use_cases.inbound import BookedReceipt, book_receipts
from inventory_stage import UNIT, Stage

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def receipt(sku: str, *lots: str) -> BookedReceipt:
    number = uuid4().hex
    lines = tuple(
        Received(
            key=StockKey("acme", sku, "EAST", UNIT),
            order_line_id="",
            notice_id="",
            lot=lot,
            expires_on=None,
            condition=Condition.GOOD,
            put_away=False,
            shares=((ReceivedFrom.BEYOND_ORDER, Decimal(10)),),
            said=Measure(Decimal(10), "EA"),
            unit="EA",
            document=Document(f"receipt/R-1/{line}", NOW, "WMS-EAST", "po-1", f"receipt/{number}"),
        )
        for line, lot in enumerate(lots, start=1)
    )
    return BookedReceipt("acme", UNIT, number, "R-1", "EAST", ("po-1",), NOW, "", lines)


async def booked(stage: Stage, sku: str, *lots: str, by_lots: bool) -> tuple[Decimal, list[tuple[str, str, str]]]:
    """What is sellable after a receipt with these lots, and the exceptions that name the item."""
    await stage.know(sku, by_lots=by_lots)
    async with stage.work() as work:
        await book_receipts([receipt(sku, *lots)], work)
    found = await stage.fetch("SELECT code, owner, summary FROM exception WHERE $1 = ANY(keys)", f"sku:{sku}")
    return (await stage.row(sku))["sellable"], [tuple(each) for each in found]


def a_sku() -> str:
    return f"LOT-{uuid4().hex[:8].upper()}"


async def test_goods_without_their_lot_are_booked_and_the_warehouse_is_asked_once(stage: Stage) -> None:
    sku = a_sku()
    sellable, raised = await booked(stage, sku, "", "L-1", "", by_lots=True)
    assert sellable == 30
    why = f"{sku} is kept by lots, and receipt/R-1 brought it to EAST without one"
    assert raised == [("LOT_MISSING", "warehouse", why)]


async def test_nobody_is_asked_for_a_lot_that_is_there_or_not_needed(stage: Stage) -> None:
    assert (await booked(stage, a_sku(), "L-1", by_lots=True))[1] == []
    assert (await booked(stage, a_sku(), "", by_lots=False))[1] == []
