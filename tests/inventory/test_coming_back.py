"""What customers send back, in the ledger: returned or quarantined, then where it is decided, in any order."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from inventory.domain.accounts import Account
from inventory.domain.coming_back import CameBack, Decided, Disposition, ReturnFact
from inventory.domain.movement import Balances, Document, StockKey, balances_of
from inventory.domain.outbound import Bound, Picked, Shelves
from inventory.queries.ledger import verify_ledger
from inventory.use_cases.outbound import book_outbound
from inventory_stage import UNIT, Stage

D = Decimal
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = StockKey("acme", "BOLT", "EAST", UNIT)


def said(quantity: int, lot: str = "", key: StockKey = KEY, **more: Any) -> dict[str, Any]:
    document = Document("return/RR-1/1", AT, transaction_id="return-1")
    parts = {"quantity": D(quantity), "unit": "EA", "lot": lot, "reservation_id": None, "document": document}
    return {"key": key, **parts, **more}


def back(quantity: int, lot: str = "", **more: Any) -> CameBack:
    return CameBack(**said(quantity, lot, **more))


def decided(quantity: int, disposition: Disposition, lot: str = "", **more: Any) -> Decided:
    return Decided(**said(quantity, lot, disposition=disposition, **more))


def told(*facts: ReturnFact) -> Balances:
    """One batch after the other, as they come."""
    held: Balances = {}
    for fact in facts:
        for place, quantity in balances_of(fact.movements(Bound({}), Shelves(held))).items():
            held[place] = held.get(place, D(0)) + quantity
    return {place: quantity for place, quantity in held.items() if quantity}


def on_hand(held: Balances) -> dict[tuple[str, str], int]:
    contra = (Account.CUSTOMER, Account.SCRAP, Account.ADJUSTMENT)
    return {(account.name, lot): int(amount) for (_, lot, account), amount in held.items() if account not in contra}


@pytest.mark.feature("F133")
@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_receipts_and_inspections_leave_the_same_stock_in_any_order(order: tuple[int, ...]) -> None:
    facts: list[ReturnFact] = [
        back(5, "L1"),
        back(3, held=Account.QUARANTINED),
        decided(4, Disposition.RESTOCK, "L1"),
        decided(1, Disposition.SCRAP, "L1"),
    ]
    assert on_hand(told(*(facts[place] for place in order))) == {("SELLABLE", "L1"): 4, ("QUARANTINED", ""): 3}


@pytest.mark.parametrize(
    ("held", "disposition", "left"),
    [
        (Account.RETURNED, Disposition.RESTOCK, {("SELLABLE", ""): 2}),
        (Account.RETURNED, Disposition.QUARANTINE, {("QUARANTINED", ""): 2}),
        (Account.RETURNED, Disposition.DAMAGED, {("DAMAGED", ""): 2}),
        (Account.RETURNED, Disposition.SCRAP, {}),
        (Account.QUARANTINED, Disposition.RESTOCK, {("SELLABLE", ""): 2}),
        (Account.QUARANTINED, Disposition.QUARANTINE, {("QUARANTINED", ""): 2}),
        (Account.QUARANTINED, Disposition.DAMAGED, {("DAMAGED", ""): 2}),
        (Account.QUARANTINED, Disposition.SCRAP, {}),
    ],
)
def test_goods_go_from_where_they_lay_to_where_it_is_decided(
    held: Account, disposition: Disposition, left: dict[tuple[str, str], int]
) -> None:
    assert on_hand(told(back(2, held=held), decided(2, disposition, held=held))) == left


def test_an_inspection_that_names_no_lot_takes_one_that_is_there() -> None:
    assert on_hand(told(back(2, "L1"), decided(2, Disposition.RESTOCK))) == {("SELLABLE", "L1"): 2}


def test_a_receipt_that_names_the_lot_too_late_leaves_nothing_owed() -> None:
    assert on_hand(told(decided(2, Disposition.SCRAP), back(5, "L1"))) == {("RETURNED", "L1"): 3}


@pytest.mark.feature("F133")
def test_goods_leave_in_one_movement_whether_what_came_back_is_booked_before_or_after() -> None:
    """Five leave of which two lie there: no row says that two were there and three were owed."""
    gone = Picked(**said(5))
    for restocked in (0, 2):
        shelves = Shelves({(KEY, "", Account.SELLABLE): D(restocked)})
        [booked] = gone.movements(Bound({}), shelves)
        assert (booked.source, booked.lot, booked.quantity) == (Account.SELLABLE, "", D(5))
    of_lots = Shelves({(KEY, "L1", Account.SELLABLE): D(2), (KEY, "", Account.SELLABLE): D(1)})
    assert of_lots.take(gone, Account.SELLABLE, D(5), None) == [("", D(3)), ("L1", D(2))]


async def test_what_came_back_can_be_promised_once_it_is_restocked(stage: Stage) -> None:
    sku = f"BACK-{uuid4().hex[:8].upper()}"
    key = StockKey("acme", sku, "EAST", UNIT)
    await stage.know(sku)
    for facts in ([decided(2, Disposition.RESTOCK, key=key)], [back(3, key=key)]):
        async with stage.work() as work:
            await book_outbound(facts, work)
    row = await stage.row(sku)
    assert (int(row["sellable"]), int(row["returned"])) == (2, 1)
    assert (await verify_ledger(stage.engine, "acme")).differences == []
