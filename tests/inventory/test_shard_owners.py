"""Several replicas on one schema: owners, strangers, takeovers and writes behind the owner's back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import pytest
from crossdock_kit.database import transaction
from crossdock_kit.leases import PartitionLeases
from crossdock_local.databases import ServiceUrls
from inventory.domain.reserving import SplitRule
from inventory.queries.ledger import verify_ledger
from inventory.store.desk import ReservationDesk, desk
from inventory.store.desk.batch import Batch, Pending
from inventory.store.desk.deciding import Deciding
from inventory.store.desk.memory import Memory, ShelfKey
from inventory.store.desk.statement import Footing, Mismatch, Prepared, settle
from inventory.store.shards import SHARDS, shard_of
from inventory.use_cases.reservations import ReleaseReservations, release_reservations
from inventory_stage import UNIT, Stage, open_stage, some_cause, until, wanted


def a_sku() -> str:
    return f"S-{uuid4().hex[:8].upper()}"


@pytest.fixture
async def other(urls: ServiceUrls) -> AsyncIterator[Stage]:
    """A second replica."""
    async with open_stage(urls, size=8) as found:
        yield found


@pytest.mark.feature("F090")
async def test_an_owner_and_a_stranger_never_promise_the_same_unit(stage: Stage, other: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 30)
    async with stage.owning():
        results = await asyncio.gather(
            *(replica.reserve_one(wanted((sku, 1))) for _ in range(30) for replica in (stage, other))
        )
    won = sum(each.HasField("reservation") for each in results)
    assert won == 30
    assert (await stage.row(sku))["available"] == 0
    assert (await verify_ledger(stage.engine, "acme")).differences == []


async def test_stock_that_somebody_else_brought_is_found_where_the_caller_prefers_it(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5, "WEST")
    async with stage.owning():
        preferring_east = {"locations": ("EAST", "WEST"), "split": SplitRule.BY_LINE}
        first = await stage.reserve_one(wanted((sku, 1), **preferring_east))
        assert first.reservation.parts[0].location_id == "WEST"
        await stage.stock(sku, 5, "EAST")
        second = await stage.reserve_one(wanted((sku, 1), **preferring_east))
        assert second.reservation.parts[0].location_id == "EAST", "the shard's version told the owner"


async def test_what_was_given_back_behind_the_owner_may_be_promised_again(stage: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 1)
    async with stage.owning():
        first = await stage.reserve_one(wanted((sku, 1)))
        identity = UUID(first.reservation.reservation_id)
        with some_cause("ReleaseReservations"):
            await release_reservations(ReleaseReservations("acme", (identity,), ""), stage.uow)
        assert (await stage.reserve_one(wanted((sku, 1)))).HasField("reservation")


async def test_after_a_takeover_the_new_owner_reads_and_the_old_one_decides_nothing(stage: Stage, other: Stage) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 10)
    async with AsyncExitStack() as running:
        async with stage.owning() as lost:
            await stage.reserve_one(wanted((sku, 4)))
            await lost.release()
            assert not lost.owned
            # The old owner's way is now that of a stranger, and correct.
            await stage.reserve_one(wanted((sku, 1)))
        await running.enter_async_context(other.owning())
        assert (await other.reserve_one(wanted((sku, 5)))).HasField("reservation")
        refused = await other.reserve_one(wanted((sku, 1)))
        assert refused.refusal.lines[0].available.value == "0"


async def test_two_owners_share_the_shards_and_baskets_across_them_are_whole(stage: Stage, other: Stage) -> None:
    skus = [a_sku() for _ in range(12)]
    await stage.know(*skus)
    for sku in skus:
        await stage.stock(sku, 20)
    leases, tasks = [], []
    for replica in (stage, other):
        own = PartitionLeases(replica.engine, "shared", partitions=SHARDS)
        replica.desk = ReservationDesk(replica.engine, lambda: None, own)
        leases.append(own)
        tasks += [asyncio.create_task(own.run()), asyncio.create_task(replica.desk.run())]
    try:
        await until(lambda: all(each.owned for each in leases) and sum(len(each.owned) for each in leases) == SHARDS)
        baskets = [wanted(*((sku, 1) for sku in skus)) for _ in range(30)]
        results = await asyncio.gather(
            *(replica.reserve_one(basket) for basket, replica in zip(baskets, [stage, other] * 15, strict=True))
        )
        assert sum(each.HasField("reservation") for each in results) == 20
        for sku in skus:
            assert (await stage.row(sku))["available"] == 0
        assert (await verify_ledger(stage.engine, "acme")).differences == []
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for replica in (stage, other):
            replica.desk = ReservationDesk(replica.engine, lambda: None)


async def test_what_no_owner_decides_is_decided_together_as_well(stage: Stage) -> None:
    """One transaction for each basket costs the database ten times as much, and they wait for each other's locks."""
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 40)
    commits: list[None] = []
    stage.desk = ReservationDesk(stage.engine, lambda: commits.append(None))
    results = await asyncio.gather(*(stage.reserve_one(wanted((sku, 1))) for _ in range(41)))
    assert sum(each.HasField("reservation") for each in results) == 40
    assert 0 < len(commits) < 10


async def test_baskets_over_the_same_skus_in_any_order_never_block_each_other(
    stage: Stage, other: Stage, urls: ServiceUrls, deadlocks: Callable[[str], list[str]]
) -> None:
    """An owner, a stranger and receipts on the same rows at once: everybody locks in the order of the keys."""
    skus = [a_sku() for _ in range(8)]
    await stage.know(*skus)
    for sku in skus:
        await stage.stock(sku, 60)
    chance = random.Random(5)
    baskets = [wanted(*((sku, 1) for sku in chance.sample(skus, 5))) for _ in range(60)]
    async with stage.owning():
        results, _ = await asyncio.gather(
            asyncio.gather(
                *(replica.reserve_one(each) for each, replica in zip(baskets, [stage, other] * 30, strict=True))
            ),
            asyncio.gather(*(other.stock(sku, 1) for sku in chance.sample(skus * 3, 24))),
        )
    assert all(each.HasField("reservation") for each in results)
    for sku in skus:
        asked = sum(1 for basket in baskets for line, _ in basket.lines if line == sku)
        assert (await stage.row(sku))["reserved"] == asked
        assert (await stage.row(sku))["available"] == 60 + 3 - asked
    assert (await verify_ledger(stage.engine, "acme")).differences == []
    assert deadlocks(urls.database.rpartition("/")[2]) == []


@pytest.mark.parametrize("what", ["row", "shard"])
async def test_the_statement_refuses_what_is_not_as_remembered(stage: Stage, what: str) -> None:
    """The check itself, without the owner around it: a memory that is behind writes nothing at all."""
    from datetime import UTC, datetime

    from inventory.ports import Ask
    from inventory.store.desk.batch import decided
    from inventory.use_cases.reserve import _ask
    from inventory_stage import new_cause

    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    basket = wanted((sku, 2))
    items = await stage.items.known("acme", [sku])
    places = await stage.items.known_locations("acme", ["EAST"])
    ask: Ask = _ask("acme", basket, items, places)
    pending = Pending(ask, new_cause(), None, asyncio.get_running_loop().create_future())
    memory = Memory()
    async with transaction(stage.engine, ("acme",)) as tx:
        await memory.load(tx.driver, {ShelfKey("acme", sku, UNIT)})
    column = "stock SET version = version + 1" if what == "row" else "shard SET version = version + 1"
    where = "sku = $1" if what == "row" else "shard = $1"
    await stage.fetch(f"UPDATE {column} WHERE {where}", sku if what == "row" else shard_of("acme", sku))
    batch: Batch = decided([pending], memory, datetime.now(UTC))
    with pytest.raises(Mismatch):
        async with transaction(stage.engine, ("acme",)) as tx:
            await settle(tx.driver.fetchval, Prepared.of(batch, Footing.of_owner(batch, memory), datetime.now(UTC)))
    assert (await stage.row(sku))["reserved"] == 0
    found = await stage.fetch("SELECT 1 FROM reservation WHERE reservation_id = $1", basket.request_id)
    assert found == []


async def test_a_batch_that_is_ready_goes_out_before_the_one_before_it_is_answered(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answering keeps the event loop to itself; the database is to be at work meanwhile."""
    order: list[str] = []
    committed = asyncio.Event()
    prepared, at_once = Deciding.prepared, ReservationDesk._at_once

    def noted(self: Deciding, pendings: Sequence[Pending]) -> Prepared | None:
        order.append("decided")
        return prepared(self, pendings)

    async def held_up(self: ReservationDesk, tenants: Iterable[str], statement: str, *values: object) -> object:
        order.append("sent")
        found = await at_once(self, tenants, statement, *values)
        await committed.wait()
        return found

    async def reserve() -> None:
        await stage.reserve_one(wanted((sku, 1)))
        order.append("answered")

    monkeypatch.setattr(desk, "WORTH_FORESEEING", 1)
    monkeypatch.setattr(Deciding, "prepared", noted)
    monkeypatch.setattr(ReservationDesk, "_at_once", held_up)
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 2)
    async with stage.owning(), asyncio.TaskGroup() as callers:
        callers.create_task(reserve())
        await until(lambda: order == ["decided", "sent"])
        callers.create_task(reserve())
        await until(lambda: order == ["decided", "sent", "decided"])
        committed.set()
    assert order == ["decided", "sent", "decided", "sent", "answered", "answered"]
    assert (await stage.row(sku))["available"] == 0


async def test_a_basket_that_breaks_the_batch_is_refused_alone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Halving finds it; the others have their answers."""
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 50)
    async with stage.owning():
        poisoned = wanted((sku, 1), reference="\0")
        results = await asyncio.gather(
            *(stage.reserve_one(each) for each in [*(wanted((sku, 1)) for _ in range(9)), poisoned]),
            return_exceptions=True,
        )
    errors = [each for each in results if isinstance(each, BaseException)]
    assert len(errors) == 1
    assert (await stage.row(sku))["reserved"] == 9
