"""What warehouses did with released orders, in the ledger: off the shelf once, out of the house once, in any order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from inventory.domain.accounts import Account
from inventory.domain.movement import Document, StockKey
from inventory.domain.outbound import Issued, NotFound, OutboundFact, Picked
from inventory.domain.reservation import State
from inventory.queries.ledger import verify_ledger
from inventory.use_cases.allocating import AllocateStock, allocate_stock
from inventory.use_cases.outbound import book_outbound
from inventory.use_cases.reservations import (
    CommitReservations,
    ReleaseReservations,
    commit_reservations,
    release_reservations,
)
from inventory_stage import UNIT, Stage, some_cause, wanted

D = Decimal
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Goods:
    """An item of its own at EAST, and what a warehouse says of it."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.sku = stage, f"OUT-{uuid4().hex[:8].upper()}"
        self.key = StockKey("acme", self.sku, "EAST", UNIT)

    async def bound(self, quantity: int) -> UUID:
        """A reservation that binds so much to lots."""
        result = await self.stage.reserve_one(wanted((self.sku, quantity)))
        found = UUID(result.reservation.reservation_id)
        with some_cause():
            await commit_reservations(CommitReservations("acme", (found,)), self.stage.uow)
            await allocate_stock(AllocateStock("acme", found), self.stage.uow)
        return found

    def picked(self, quantity: int, reservation: UUID | None = None, lot: str = "") -> Picked:
        return Picked(self.key, D(quantity), "EA", lot, reservation, Document("pick/P-1/1", AT, transaction_id="so-1"))

    def missing(self, quantity: int, reservation: UUID | None = None) -> NotFound:
        return NotFound(self.key, D(quantity), "EA", "", reservation, Document("pick/P-1/1", AT, transaction_id="so-1"))

    def issued(self, quantity: int, lot: str = "") -> Issued:
        document = Document("goods_issue/I-1/1", AT, transaction_id="so-1")
        return Issued(self.key, D(quantity), "EA", lot, None, document)

    async def book(self, *facts: OutboundFact) -> None:
        async with self.stage.work() as work:
            await book_outbound(facts, work)

    async def buckets(self) -> dict[str, int]:
        row = await self.stage.row(self.sku)
        names = [account.name.lower() for account in Account if account.name.lower() in row]
        return {name: int(row[name]) for name in names if row[name] and name != "adjustment"}

    async def lots(self) -> dict[str, tuple[int, int, int]]:
        """By lot what is sellable, staged and allocated."""
        rows = await self.stage.fetch("SELECT * FROM lot_stock WHERE sku = $1", self.sku)
        return {row["lot"]: (int(row["sellable"]), int(row["staged"]), int(row["allocated"])) for row in rows}

    async def state(self, reservation: UUID) -> State:
        rows = await self.stage.fetch("SELECT state FROM reservation WHERE reservation_id = $1", reservation)
        return State(rows[0]["state"])


@pytest.fixture
async def goods(stage: Stage) -> Goods:
    made = Goods(stage)
    await stage.know(made.sku)
    return made


async def test_a_pick_takes_goods_off_the_shelf_and_keeps_the_promise_that_bound_them(goods: Goods) -> None:
    await goods.stage.stock(goods.sku, 10)
    reservation = await goods.bound(7)
    await goods.book(goods.picked(4, reservation))
    assert await goods.buckets() == {"sellable": 6, "staged": 4, "allocated": 3}
    assert await goods.state(reservation) is State.ALLOCATED
    await goods.book(goods.picked(3, reservation), goods.issued(7))
    assert await goods.buckets() == {"sellable": 3, "customer": 7}
    assert await goods.state(reservation) is State.FULFILLED
    assert (await verify_ledger(goods.stage.engine, "acme")).differences == []


async def test_what_is_not_found_is_promised_no_more_and_lies_where_it_lay(goods: Goods) -> None:
    await goods.stage.stock(goods.sku, 10)
    reservation = await goods.bound(7)
    await goods.book(goods.picked(5, reservation), goods.missing(2, reservation))
    assert await goods.buckets() == {"sellable": 5, "staged": 5}
    assert await goods.state(reservation) is State.FULFILLED


async def test_a_promise_ends_for_no_more_than_it_held(goods: Goods) -> None:
    await goods.stage.stock(goods.sku, 10)
    first, other = await goods.bound(2), await goods.bound(3)
    await goods.book(goods.picked(6, first))
    assert await goods.buckets() == {"sellable": 4, "staged": 6, "allocated": 3}
    assert await goods.state(other) is State.ALLOCATED


async def test_giving_back_what_was_used_up_in_part_gives_back_the_rest(goods: Goods) -> None:
    await goods.stage.stock(goods.sku, 10)
    reservation = await goods.bound(7)
    await goods.book(goods.picked(4, reservation))
    with some_cause():
        await release_reservations(ReleaseReservations("acme", (reservation,), "cancelled"), goods.stage.uow)
    assert await goods.buckets() == {"sellable": 6, "staged": 4}
    assert await goods.state(reservation) is State.RELEASED


async def test_giving_back_what_was_used_up_changes_nothing(goods: Goods) -> None:
    await goods.stage.stock(goods.sku, 10)
    reservation = await goods.bound(7)
    await goods.book(goods.picked(7, reservation))
    with some_cause():
        await release_reservations(ReleaseReservations("acme", (reservation,), "cancelled"), goods.stage.uow)
    assert await goods.buckets() == {"sellable": 3, "staged": 7}
    assert await goods.state(reservation) is State.FULFILLED


async def test_another_lot_than_the_bound_one_frees_the_bound_and_moves_the_picked(goods: Goods) -> None:
    await goods.stage.stock(goods.sku, 5, lot="A")
    reservation = await goods.bound(5)
    await goods.stage.stock(goods.sku, 5, lot="B")
    await goods.book(goods.picked(5, reservation, lot="B"))
    assert await goods.lots() == {"A": (5, 0, 0), "B": (0, 5, 0)}


async def test_where_no_lot_is_named_the_bound_ones_leave(goods: Goods) -> None:
    await goods.stage.stock(goods.sku, 5, lot="A")
    await goods.stage.stock(goods.sku, 5, lot="B")
    reservation = await goods.bound(7)
    await goods.book(goods.picked(7, reservation))
    assert await goods.lots() == {"A": (0, 5, 0), "B": (3, 2, 0)}
    await goods.book(goods.issued(6))
    assert sum(staged for _, staged, _ in (await goods.lots()).values()) == 1


async def test_a_lot_that_is_named_after_the_goods_left_is_the_one_that_left(goods: Goods) -> None:
    await goods.stage.stock(goods.sku, 5, lot="A")
    reservation = await goods.bound(5)
    await goods.book(goods.issued(5))
    await goods.book(goods.picked(5, reservation, lot="A"))
    assert await goods.lots() == {"": (0, 0, 0), "A": (0, 0, 0)}
    assert await goods.buckets() == {"customer": 5}


async def test_goods_that_nothing_bound_leave_as_reported_and_what_is_below_zero_is_owned(goods: Goods) -> None:
    await goods.stage.stock(goods.sku, 3)
    await goods.book(goods.picked(4), goods.issued(4))
    assert await goods.buckets() == {"sellable": -1, "customer": 4}
    rows = await goods.stage.fetch("SELECT code, owner FROM exception WHERE $1 = ANY (keys)", f"sku:{goods.sku}")
    assert ("STOCK_BELOW_ZERO", "warehouse") in {(row["code"], row["owner"]) for row in rows}


def orders_of_arrival() -> Iterator[tuple[int, ...]]:
    return itertools.permutations(range(4))


@pytest.mark.parametrize("order", list(orders_of_arrival()))
async def test_reports_in_any_order_leave_the_same_stock(goods: Goods, order: tuple[int, ...]) -> None:
    await goods.stage.stock(goods.sku, 10)
    first, second = await goods.bound(4), await goods.bound(3)
    facts: list[OutboundFact] = [
        goods.picked(4, first),
        goods.picked(2, second),
        goods.missing(1, second),
        goods.issued(5),
    ]
    for each in order:
        await goods.book(facts[each])
    assert await goods.buckets() == {"sellable": 4, "staged": 1, "customer": 5}
    assert (await verify_ledger(goods.stage.engine, "acme")).differences == []
