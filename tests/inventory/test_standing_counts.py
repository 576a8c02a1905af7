"""A count stands: what is told late of the time before it changes nothing after it, in whatever order it all comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as stock_pb
from crossdock.inventory.v1 import stock_control_service_pb2 as pb
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as pb_grpc
from crossdock.options.v1 import options_pb2
from crossdock_kit import policy
from crossdock_kit.clock import SystemClock
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.testing import RunningServer, start_service
from hypothesis import given, settings
from hypothesis import strategies as st
from inventory.api import StockControlServicer
from inventory.domain.accounts import Account
from inventory.domain.adjusting import Adjustment
from inventory.domain.movement import StockKey
from inventory.domain.quantity import Measure
from inventory.domain.standing_count import StandingCount, made_up_for
from inventory.domain.stock_report import CountedPlace, StockAdjustment
from inventory.queries.ledger import verify_ledger
from inventory_stage import UNIT, Stage
from inventory_stage.movements import NINE, stocked

D = Decimal
SELLABLE = stock_pb.ACCOUNT_SELLABLE
OPENED, STATED = 10, 100
"""What a statement says is nothing that the ledger could hold by itself: there is always a difference to book."""


@pytest.fixture(scope="module")
async def server(stage: Stage) -> AsyncIterator[RunningServer]:
    servicer = StockControlServicer(stage.engine, stage.uow, SystemClock())
    registration = (pb_grpc.add_StockControlServiceServicer_to_server, servicer)
    async with start_service(registration, uow=stage.uow.kit) as running:
        yield running


@pytest.fixture
def acme(server: RunningServer) -> Any:
    return server.caller(pb_grpc.StockControlServiceStub, tenant="acme")


class Shelf:
    """One item at a place of its own, and what its warehouse says of it by minutes after nine."""

    def __init__(self, stage: Stage, acme: Any, place: str, sku: str) -> None:
        self.stage, self.acme, self.place, self.sku = stage, acme, place, sku

    async def count(self, minute: int, value: int, lot: str = "") -> pb.StockAdjustment:
        line = pb.ReportedStock(sku=self.sku, lot=lot, bucket=SELLABLE, reason="AA", counted=each(value))
        return await self._report(minute, line)

    async def change(self, minute: int, value: int, lot: str = "") -> pb.StockAdjustment:
        line = pb.ReportedStock(sku=self.sku, lot=lot, bucket=SELLABLE, reason="AU", change=each(value))
        return await self._report(minute, line)

    async def state(self, minute: int, value: int = STATED) -> pb.RecordStatementRequest:
        line = pb.StatedStock(sku=self.sku, bucket=SELLABLE, quantity=each(value))
        request = pb.RecordStatementRequest(**self._about(f"ST-{uuid4().hex[:8]}"), buckets=[SELLABLE], lines=[line])
        request.as_of.FromDatetime(NINE + timedelta(minutes=minute))
        await self.acme.RecordStatement(request)
        return request

    async def book(self, statement: pb.RecordStatementRequest) -> pb.StockAdjustment:
        request = pb.BookDifferencesRequest(
            request_id=str(uuid4()),
            location_id=self.place,
            business_unit=UNIT,
            number=statement.number,
            reason="07",
        )
        booked: pb.StockAdjustment = (await self.acme.BookDifferences(request)).adjustment
        return booked

    async def believe(self, minute: int) -> None:
        """Somebody states, and somebody books what differs."""
        await self.book(await self.state(minute))

    async def differs(self) -> list[str]:
        request = pb.GetReconciliationRequest(location_id=self.place, business_unit=UNIT)
        found = (await self.acme.GetReconciliation(request)).statement
        return [difference.difference.value for difference in found.differences]

    async def sellable(self) -> Decimal:
        found: Decimal = (await self.stage.row(self.sku, self.place))["sellable"]
        return found

    async def _report(self, minute: int, line: pb.ReportedStock) -> pb.StockAdjustment:
        request = pb.RecordStockReportRequest(**self._about(f"CC-{uuid4().hex[:8]}"), lines=[line])
        request.found_at.FromDatetime(NINE + timedelta(minutes=minute))
        booked: pb.StockAdjustment = (await self.acme.RecordStockReport(request)).adjustment
        again = pb.RecordStockReportRequest()
        again.CopyFrom(request)
        again.request_id = str(uuid4())
        assert (await self.acme.RecordStockReport(again)).adjustment == booked
        return booked

    def _about(self, number: str) -> dict[str, Any]:
        return {
            "request_id": str(uuid4()),
            "origin": values_pb2.Origin(system="WMS-EAST", role=options_pb2.ROLE_WMS),
            "number": number,
            "location_id": self.place,
            "business_unit": UNIT,
        }


def each(value: int) -> values_pb2.Quantity:
    return values_pb2.Quantity(value=str(value), unit="EA")


async def a_shelf(stage: Stage, acme: Any, lot: str = "") -> Shelf:
    place = f"WH-{uuid4().hex[:8].upper()}"
    await stage.fetch(
        "INSERT INTO location (tenant, location_id, business_unit, system) VALUES ('acme', $1, $2, 'WMS-EAST')",
        place,
        UNIT,
    )
    return Shelf(stage, acme, place, await stocked(stage, OPENED, place, lot))


@pytest.fixture
async def shelf(stage: Stage, acme: Any) -> Shelf:
    return await a_shelf(stage, acme)


def moves(booked: pb.StockAdjustment) -> list[tuple[str, str, int]]:
    """Reason, signed quantity, minute after nine."""
    found = []
    for movement in booked.movements:
        sign = "" if movement.to == SELLABLE else "-"
        minute = (movement.occurred_at.ToDatetime(tzinfo=NINE.tzinfo) - NINE) // timedelta(minutes=1)
        found.append((movement.reason, f"{sign}{movement.quantity.value}", minute))
    return found


@pytest.mark.feature("F098")
async def test_a_change_that_a_count_saw_leaves_the_count_and_takes_its_part_of_the_difference(shelf: Shelf) -> None:
    assert moves(await shelf.count(5, 7)) == [("AA", "-3", 5)]
    late = await shelf.change(2, -2)
    assert moves(late) == [("AU", "-2", 2), ("AA", "2", 5)]
    assert {movement.posting_state for movement in late.movements} == {"pending"}
    assert await shelf.sellable() == 7
    assert moves(await shelf.change(6, -1)) == [("AU", "-1", 6)]
    assert await shelf.sellable() == 6
    assert (await verify_ledger(shelf.stage.engine, "acme")).differences == []


@pytest.mark.feature("F100")
async def test_what_an_older_statement_differs_by_is_booked_and_the_later_count_stands(shelf: Shelf) -> None:
    statement = await shelf.state(2)
    await shelf.count(5, 7)
    assert moves(await shelf.book(statement)) == [("07", "90", 2), ("AA", "-90", 5)]
    assert await shelf.sellable() == 7
    assert await shelf.differs() == []


@pytest.mark.feature("F098")
async def test_a_booked_statement_stands_as_a_count(shelf: Shelf) -> None:
    assert moves(await shelf.book(await shelf.state(5))) == [("07", "90", 5)]
    assert moves(await shelf.count(2, 7)) == []
    assert moves(await shelf.change(3, -4)) == [("AU", "-4", 3), ("07", "4", 5)]
    assert await shelf.sellable() == STATED
    assert await shelf.differs() == []


async def test_a_count_of_all_lots_saw_what_changed_in_each_of_them(stage: Stage, acme: Any) -> None:
    shelf = await a_shelf(stage, acme, lot="L1")
    await shelf.count(5, 8)
    assert moves(await shelf.change(2, 3, lot="L1")) == [("AU", "3", 2), ("AA", "-3", 5)]
    await shelf.count(7, 4, lot="L1")
    assert moves(await shelf.change(3, 1)) == [("AU", "1", 3), ("AA", "-1", 5)]
    assert moves(await shelf.change(6, 1, lot="L1")) == [("AU", "1", 6), ("AA", "-1", 7)]


async def test_a_count_that_is_taken_back_stands_no_longer(shelf: Shelf) -> None:
    async with shelf.stage.work() as work:
        limit = {"quantity": "3"}
        scope = Scope(location=shelf.place)
        rule = NewRule(key="inventory.adjustment_limit", valid_from=NINE, scope=scope, value=limit)
        await policy.add(work._work.driver, "acme", rule)
    counted = await shelf.count(5, 90)
    assert counted.state == pb.ADJUSTMENT_STATE_AWAITING_DECISION
    decision = pb.DecideAdjustmentRequest(
        request_id=str(uuid4()), adjustment_id=counted.adjustment_id, approved=False, reason="miscounted"
    )
    await shelf.acme.DecideAdjustment(decision)
    assert moves(await shelf.change(2, -2)) == [("AU", "-2", 2)]
    assert await shelf.sellable() == OPENED - 2


Told = tuple[str, int, int]
"""What was said, of which minute after nine, and how much."""


async def tell(shelf: Shelf, told: Sequence[Told]) -> Decimal:
    for what, minute, value in told:
        if what == "believe":
            await shelf.believe(minute)
        else:
            await getattr(shelf, what)(minute, value)
    return await shelf.sellable()


def in_the_end(told: Sequence[Told]) -> int:
    """What the newest count says, and what changed after it."""
    words = [each for each in told if each[0] != "change"]
    _, since, held = max(words, key=lambda each: each[1], default=("", -1, OPENED))
    return held + sum(value for what, minute, value in told if what == "change" and minute > since)


@pytest.mark.feature("F098")
async def test_counts_changes_and_a_booked_statement_come_in_any_order(stage: Stage, acme: Any) -> None:
    told: list[Told] = [("change", 1, -3), ("count", 2, 7), ("believe", 3, STATED), ("change", 4, 5)]
    for order in permutations(told):
        assert await tell(await a_shelf(stage, acme), order) == in_the_end(told) == STATED + 5, order
    assert (await verify_ledger(stage.engine, "acme")).differences == []


@st.composite
def histories(draw: st.DrawFn) -> list[Told]:
    """In the order in which they come; no two of one minute, and one statement at most."""
    minutes = iter(draw(st.permutations(range(12))))
    counts = st.tuples(st.just("count"), st.integers(0, 20))
    changes = st.tuples(st.just("change"), st.integers(-5, 5).filter(bool))
    found = draw(st.lists(counts | changes, min_size=1, max_size=7))
    if draw(st.booleans()):
        found.insert(draw(st.integers(0, len(found))), ("believe", STATED))
    return [(what, next(minutes), value) for what, value in found]


@pytest.mark.feature("F098")
async def test_any_history_ends_at_its_newest_count_and_what_came_after(stage: Stage, acme: Any) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=40, deadline=None)
    @given(told=histories())
    def play(told: list[Told]) -> None:
        async def ended() -> Decimal:
            return await tell(await a_shelf(stage, acme), told)

        assert asyncio.run_coroutine_threadsafe(ended(), loop).result(timeout=60) == in_the_end(told)

    await asyncio.to_thread(play)


REPORT = StockAdjustment(
    tenant="acme",
    adjustment_id=uuid4(),
    business_unit=UNIT,
    location_id="EAST",
    system="WMS-EAST",
    number="CC-1",
    content="",
    found_at=NINE,
)
KEY = REPORT.key_of("A")


def late(change: int, lot: str = "", key: StockKey = KEY, bucket: Account = Account.SELLABLE) -> Adjustment:
    said = Measure(D(change), "EA")
    return Adjustment(key, lot, bucket, D(change), "AU", said, REPORT.document("1", at=NINE), "EA")


def counted(minute: int, lot: str = "") -> StandingCount:
    return StandingCount(CountedPlace(KEY, lot, Account.SELLABLE), NINE + timedelta(minutes=minute), "AA")


def made(late: list[Adjustment], *counts: StandingCount) -> Iterator[tuple[str, int]]:
    return ((each.lot, int(each.change)) for each in made_up_for(REPORT, late, counts))


@pytest.mark.parametrize(
    ("changes", "counts", "made_up"),
    [
        ([late(2)], [], []),
        ([late(2), late(-5)], [counted(0)], [("", 3)]),
        ([late(2), late(-2)], [counted(1)], []),
        ([late(2)], [counted(-1)], []),
        ([late(2)], [counted(1, "L1")], []),
        ([late(2, "L1")], [counted(1, "L1"), counted(2)], [("L1", -2)]),
        ([late(2, "L1")], [counted(1), counted(1, "L1")], [("L1", -2)]),
        ([late(2, "L1")], [counted(1), counted(2, "L1")], [("", -2), ("L1", -2)]),
        ([late(2, "L1"), late(1, "L2")], [counted(1, "L2"), counted(2)], [("L2", -1), ("", -2)]),
        ([late(2, key=REPORT.key_of("B")), late(2, bucket=Account.DAMAGED)], [counted(1)], []),
    ],
)
def test_each_count_makes_up_for_what_it_saw(
    changes: list[Adjustment], counts: list[StandingCount], made_up: list[tuple[str, int]]
) -> None:
    assert list(made(changes, *counts)) == made_up
