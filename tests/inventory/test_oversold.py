"""What was sold and is not there: whose channel's it is, and how often that happened."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from crossdock_kit.telemetry import metrics, names
from hypothesis import given
from hypothesis import strategies as st
from inventory.domain.accounts import Account
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.oversold import OpenPromise, short_by_channel
from inventory.store.oversold import CHANNEL, OVERSOLD
from inventory.use_cases.allocating import AllocateStock, allocate_stock
from inventory.use_cases.reservations import (
    CommitReservations,
    ReleaseReservations,
    commit_reservations,
    release_reservations,
)
from inventory_stage import UNIT, D, Stage, some_cause, wanted
from inventory_stage.movements import a_sku

amounts = st.integers(1, 9).map(Decimal)


@given(amounts, st.lists(st.builds(OpenPromise, st.sampled_from(["web", "market"]), amounts), max_size=6))
def test_as_much_is_short_as_stock_does_not_cover_and_the_newest_first(
    uncovered: Decimal, promises: list[OpenPromise]
) -> None:
    short = short_by_channel(uncovered, promises)
    assert sum(short.values()) == min(uncovered, sum(each.quantity for each in promises))
    if promises and promises[0].quantity >= uncovered:
        assert short == {promises[0].channel: uncovered}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Channels whose oversells were counted, in this order."""
    told: list[str] = []

    def count(metric: str, amount: int, labels: dict[str, str]) -> None:
        if metric == OVERSOLD:
            assert (amount, labels[names.TENANT]) == (1, "acme")
            told.append(labels[CHANNEL])

    monkeypatch.setattr(metrics, "count", count)
    return told


async def lose(stage: Stage, sku: str, quantity: int, *, commits: bool = True) -> None:
    """A count finds less; or somebody breaks off before it is booked."""
    key = StockKey("acme", sku, "EAST", UNIT)
    document = Document(f"adjustment/{uuid4()}/1", datetime.now(UTC), transaction_id=str(uuid4()))
    async with stage.work() as work:
        await work.ledger.book(
            [Movement(key, Account.SELLABLE, Account.ADJUSTMENT, D(quantity), "AA", document, "", "EA")]
        )
        if not commits:
            raise KeyError


async def promised(stage: Stage, sku: str, quantity: int, channel: str) -> UUID:
    return UUID((await stage.reserve_one(wanted((sku, quantity), channel=channel))).reservation.reservation_id)


async def raised(stage: Stage, sku: str) -> Any:
    [row] = await stage.fetch(
        "SELECT summary, details::text AS details FROM exception WHERE code = 'PROMISED_BEYOND_STOCK'"
        " AND subject = $1 AND resolved_at IS NULL",
        f"stock/{UNIT}/EAST/{sku}",
    )
    return row


async def test_the_newest_promises_are_short_and_their_channels_are_counted(stage: Stage, counted: list[str]) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 8)
    gone = await promised(stage, sku, 1, "fair")
    first = await promised(stage, sku, 3, "web")
    await promised(stage, sku, 4, "market")
    with some_cause("ReleaseReservations"):
        await release_reservations(ReleaseReservations("acme", (gone,), "cart left"), stage.uow)
    with some_cause("AllocateStock"):
        await commit_reservations(CommitReservations("acme", (first,)), stage.uow)
        await allocate_stock(AllocateStock("acme", first), stage.uow)
    with pytest.raises(KeyError):
        await lose(stage, sku, 3, commits=False)
    assert counted == []
    await lose(stage, sku, 3)
    found = await raised(stage, sku)
    assert found["summary"].endswith("2 short of promises (market 2)")
    assert '"oversold": "market 2"' in found["details"]
    assert counted == ["market"]
    await lose(stage, sku, 4)
    assert (await raised(stage, sku))["summary"].endswith("6 short of promises (market 4, web 2)")
    assert counted == ["market", "market", "web"]
    await stage.stock(sku, 1)
    assert (await raised(stage, sku))["summary"].endswith("5 short of promises (market 4, web 1)")
    assert counted == ["market", "market", "web"], "it became less"


async def test_what_nobody_was_promised_is_nobodys_oversell(stage: Stage, counted: list[str]) -> None:
    sku = a_sku()
    await stage.know(sku)
    await lose(stage, sku, 2)
    assert (await raised(stage, sku))["summary"].endswith("2 short of promises")
    assert counted == []
