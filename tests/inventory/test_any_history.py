"""Any history of reservations, receipts and adjustments keeps the invariants of the ledger (trade: C10, I1 to I6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from crossdock_kit.errors import CrossdockError
from crossdock_local.databases import ServiceUrls
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from inventory.domain.accounts import Account
from inventory.domain.inbound import Announced, OnOrderChange, Received
from inventory.domain.movement import Document, StockKey
from inventory.domain.quantity import Measure
from inventory.domain.rules import Condition, ReceivedFrom
from inventory.queries.ledger import verify_ledger
from inventory.use_cases.adjust import AdjustStock, WantedAdjustment, adjust_stock
from inventory.use_cases.allocating import AllocateStock, DeallocateStock, allocate_stock, deallocate_stock
from inventory.use_cases.inbound import BookInbound, book_inbound
from inventory.use_cases.reservations import (
    CommitReservations,
    ReleaseReservations,
    commit_reservations,
    expire_reservations,
    release_reservations,
)
from inventory_stage import UNIT, Stage, open_stage, some_cause, wanted

D = Decimal
SKUS = st.integers(0, 1)
QUANTITIES = st.integers(1, 5)
LOTS = st.sampled_from(["L1", "L2"])


class History(RuleBasedStateMachine):
    """What was promised and refused is remembered here; what there is, the database must say."""

    stage: Stage
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.skus = [f"H-{uuid4().hex[:8].upper()}" for _ in range(2)]
        self.reservations: list[UUID] = []
        self.sellable = dict.fromkeys(self.skus, D(0))
        self.run_now(self.stage.know(*self.skus))

    def run_now(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def attempt(self, work: Coroutine[Any, Any, Any]) -> Any:
        """A refusal is an answer."""
        try:
            with some_cause():
                return self.run_now(work)
        except CrossdockError:
            return None

    def key(self, sku: str) -> StockKey:
        return StockKey("acme", sku, "EAST", UNIT)

    @rule(n=SKUS, quantity=QUANTITIES, lot=LOTS)
    def receive(self, n: int, quantity: int, lot: str) -> None:
        line, notice, sku = str(uuid4()), str(uuid4()), self.skus[n]
        key, measure = self.key(sku), Measure(D(quantity), "EA")
        document = Document("receipt/1", datetime.now(UTC), transaction_id=line)
        shares = ((ReceivedFrom.IN_TRANSIT, D(quantity)), (ReceivedFrom.BEYOND_ORDER, D(1)))
        facts = (
            OnOrderChange(key, line, D(quantity), document),
            Announced(key, notice, line, D(quantity), D(quantity), document, measure),
            Received(key, line, notice, lot, date(2026, 9, 1), Condition.GOOD, False, shares, measure, "EA", document),
        )

        async def book() -> None:
            async with self.stage.work() as work:
                await book_inbound(BookInbound(facts), work)

        self.run_now(book())
        self.sellable[sku] += quantity + 1

    @rule(lines=st.dictionaries(SKUS, QUANTITIES, min_size=1), short=st.booleans())
    def reserve(self, lines: dict[int, int], short: bool) -> None:
        hold = timedelta(microseconds=1) if short else timedelta(hours=1)
        basket = wanted(*((self.skus[n], quantity) for n, quantity in lines.items()), hold=hold)
        result = self.run_now(self.stage.reserve_one(basket))
        available = {n: self.available(self.skus[n]) for n in lines}
        if result.HasField("reservation"):
            self.reservations.append(UUID(result.reservation.reservation_id))
            assert all(rest >= 0 for rest in available.values())
        else:
            assert any(available[n] < quantity for n, quantity in lines.items()), "refused though there was enough"

    @rule(which=st.integers(0, 30), verb=st.sampled_from(["release", "commit", "allocate", "deallocate"]))
    def advance(self, which: int, verb: str) -> None:
        if not self.reservations:
            return
        one, uow = self.reservations[which % len(self.reservations)], self.stage.uow
        steps: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
            "release": lambda: release_reservations(ReleaseReservations("acme", (one,), "test"), uow),
            "commit": lambda: commit_reservations(CommitReservations("acme", (one,)), uow),
            "allocate": lambda: allocate_stock(AllocateStock("acme", one), uow),
            "deallocate": lambda: deallocate_stock(DeallocateStock("acme", one), uow),
        }
        self.attempt(steps[verb]())

    @rule()
    def expire(self) -> None:
        with some_cause("ExpireReservations"):
            self.run_now(expire_reservations("acme", self.stage.uow))

    @rule(n=SKUS, change=st.integers(-4, 4).filter(bool), lot=LOTS, reported=st.booleans())
    def adjust(self, n: int, change: int, lot: str, reported: bool) -> None:
        wish = WantedAdjustment(
            self.skus[n], "EAST", lot, UNIT, Account.SELLABLE, Measure(D(change), "EA"), reason="AA", note=""
        )
        command = AdjustStock("acme", uuid4(), (wish,), "WMS-EAST", "CC", datetime.now(UTC), reported)
        if self.attempt(adjust_stock(command, self.stage.uow)) is not None:
            self.sellable[self.skus[n]] += change

    def available(self, sku: str) -> Decimal:
        row = self.run_now(self.stage.row(sku))
        return D(row["available"]) if row else D(0)

    @invariant()
    def balances_follow_from_the_ledger(self) -> None:
        """I4, I5, I6, and both families at zero: the production check finds nothing."""
        assert self.run_now(verify_ledger(self.stage.engine, "acme")).differences == []

    @invariant()
    def what_is_there_is_what_came_and_went(self) -> None:
        """I1, I2, I3: buckets are what was booked, and only a report takes availability below zero."""
        for sku, expected in self.sellable.items():
            row = self.run_now(self.stage.row(sku))
            if not row:
                assert expected == 0
                continue
            assert row["sellable"] == expected
            promised = row["reserved"] + row["committed"] + row["allocated"]
            assert row["available"] == row["sellable"] - promised
            assert min(row["reserved"], row["committed"], row["allocated"]) >= 0
            if row["available"] < 0:
                subject = f"stock/{UNIT}/EAST/{sku}"
                found = self.run_now(
                    self.stage.fetch("SELECT 1 FROM exception WHERE subject = $1 AND resolved_at IS NULL", subject)
                )
                assert found, "below zero and nobody owns it"


@pytest.mark.feature("F084")
@pytest.mark.feature("F095")
async def test_any_history_keeps_the_invariants(urls: ServiceUrls) -> None:
    def play() -> None:
        loop = asyncio.new_event_loop()
        History.loop = loop

        async def opened() -> Any:
            context = open_stage(urls, size=4)
            return context, await context.__aenter__()

        context, History.stage = loop.run_until_complete(opened())
        try:
            run_state_machine_as_test(
                History,
                settings=settings(
                    max_examples=12,
                    stateful_step_count=25,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            loop.run_until_complete(context.__aexit__(None, None, None))
            loop.close()

    await asyncio.to_thread(play)
