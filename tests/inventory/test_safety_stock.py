"""What the policy keeps: from everybody, from a channel, by date, by place and by category, and who hears of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from crossdock.inventory.events.v1 import events_pb2
from crossdock_kit import policy
from crossdock_kit.clock import SystemClock
from crossdock_kit.database import transaction
from crossdock_kit.policy import ANYWHERE, NewRule, Scope
from crossdock_local.migrated import MigratedDatabases
from inventory.domain.holding_back import HeldBack, Kept, held_back
from inventory.domain.item import Item
from inventory.domain.reserving import SplitRule
from inventory.ports import ItemRecord
from inventory.queries.ledger import verify_ledger
from inventory.queries.promises import available_to_promise
from inventory.queries.stock import Where
from inventory.safety_stock import AGAIN_SECONDS, SafetyStock
from inventory.store.holding_back import POLICY
from inventory_stage import Stage, open_stage, some_cause, wanted

D = Decimal
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def stage(migrated: MigratedDatabases) -> AsyncIterator[Stage]:
    """A schema of its own for each test: rules are for all of a tenant's stock."""
    async with open_stage((await migrated.fresh("inventory")).urls, size=4) as found:
        yield found


@pytest.fixture
def follower(stage: Stage) -> SafetyStock:
    return SafetyStock(stage.uow, ("acme",), SystemClock())


async def rule(stage: Stage, quantity: Any, scope: Scope = ANYWHERE, since: datetime = LONG_AGO, **facts: Any) -> int:
    new = NewRule(key=POLICY, value={"quantity": quantity}, valid_from=since, scope=scope, **facts)
    async with transaction(stage.engine, ("acme",)) as tx:
        return await policy.add(tx.driver, "acme", new)


async def follow(follower: SafetyStock) -> int:
    with some_cause("HoldBackStock"):
        return await follower.follow("acme")


async def stocked(stage: Stage, quantity: int = 10, location: str = "EAST", category: str = "") -> str:
    sku = f"SAFE-{uuid4().hex[:8].upper()}"
    await stage.know(sku)
    if category:
        async with stage.work() as work:
            item = Item(sku, "EA", {}, category=category, version=2)
            await work.master_data.put_items([ItemRecord("acme", item, date.min, None)])
    await stage.stock(sku, quantity, location)
    return sku


async def announced(stage: Stage, sku: str) -> list[tuple[str, dict[str, str], int]]:
    """What was announced of an item: to everybody, to channels, as of which version."""
    rows = await stage.fetch(
        "SELECT body FROM journal WHERE aggregate LIKE '%/' || $1 AND type LIKE '%.AvailabilityChanged'"
        " ORDER BY version",
        sku,
    )
    events = [events_pb2.AvailabilityChanged.FromString(row["body"]) for row in rows]
    return [
        (each.available.value, {its.channel: its.available.value for its in each.channels}, each.as_of_version)
        for each in events
    ]


async def open_exceptions(stage: Stage) -> list[tuple[str, str]]:
    rows = await stage.fetch("SELECT code, owner FROM exception WHERE resolved_at IS NULL ORDER BY code")
    return [(row["code"], row["owner"]) for row in rows]


async def test_nobody_is_promised_the_safety_stock(stage: Stage, follower: SafetyStock) -> None:
    sku = await stocked(stage)
    version = await rule(stage, "4")
    assert await follow(follower) == 1
    (shown,) = await stage.availability.of([sku], Where("acme"))
    assert (shown.free, shown.held_back.safety, shown.version) == (D(6), Kept(D(4), version), 2)
    refused = await stage.reserve_one(wanted((sku, 7)))
    assert refused.refusal.lines[0].available.value == "6"
    assert (await stage.reserve_one(wanted((sku, 6)))).HasField("reservation")
    assert await announced(stage, sku) == [("10", {}, 1), ("6", {}, 2), ("0", {}, 3)]
    assert (await verify_ledger(stage.engine, "acme")).differences == []


async def test_a_channel_is_kept_from_what_its_rule_says_and_others_are_not(
    stage: Stage, follower: SafetyStock
) -> None:
    sku = await stocked(stage)
    await rule(stage, "2")
    await rule(stage, "9", Scope(partner="market"))
    await rule(stage, "1", Scope(partner="web"))
    await follow(follower)
    assert (await announced(stage, sku))[-1] == ("8", {"market": "1"}, 2)
    assert (await stage.reserve_one(wanted((sku, 2), channel="market"))).HasField("refusal")
    assert (await stage.reserve_one(wanted((sku, 8), channel="web"))).HasField("reservation")
    assert (await stage.reserve_one(wanted((sku, 1), channel="market"))).HasField("refusal")
    assert (await announced(stage, sku))[-1] == ("0", {"market": "-7"}, 3)


@pytest.mark.parametrize("owning", [True, False])
async def test_owner_and_stranger_keep_the_same_from_a_channel(
    stage: Stage, follower: SafetyStock, owning: bool
) -> None:
    sku = await stocked(stage)
    await stage.stock(sku, 10, "WEST")
    await rule(stage, "7", Scope(partner="market", location="EAST"))
    await follow(follower)
    baskets = [
        wanted((sku, quantity), channel="market", locations=("EAST", "WEST"), split=SplitRule.WITHIN_LINE)
        for quantity in (2, 9, 3)
    ]
    if owning:
        async with stage.owning():
            results = [await stage.reserve_one(each) for each in baskets]
    else:
        results = [await stage.reserve_one(each) for each in baskets]
    parts = [[(part.location_id, part.quantity.value) for part in each.reservation.parts] for each in results]
    assert parts == [[("EAST", "2")], [("WEST", "9")], []]
    assert results[2].refusal.lines[0].available.value == "2", "one of three is left in the east, one in the west"


async def test_an_owner_hears_of_a_rule_that_came_behind_its_back(stage: Stage, follower: SafetyStock) -> None:
    sku = await stocked(stage)
    async with stage.owning():
        assert (await stage.reserve_one(wanted((sku, 1)))).HasField("reservation")
        await rule(stage, "9")
        await follow(follower)
        assert (await stage.reserve_one(wanted((sku, 1)))).HasField("refusal")


async def test_the_most_specific_rule_decides_by_place_and_category(stage: Stage, follower: SafetyStock) -> None:
    plain = await stocked(stage)
    cold = await stocked(stage, category="cold")
    west = await stocked(stage, location="WEST", category="cold")
    await rule(stage, "1")
    await rule(stage, "2", Scope(item_category="cold"))
    await rule(stage, "3", Scope(item_category="cold", location="WEST"))
    await follow(follower)
    shown = await stage.availability.of([plain, cold, west], Where("acme"))
    assert {each.sku: each.free for each in shown} == {plain: D(9), cold: D(8), west: D(7)}


async def test_rules_begin_and_end_by_their_dates(stage: Stage, follower: SafetyStock) -> None:
    sku, now = await stocked(stage), datetime.now(UTC)
    await rule(stage, "4", since=now + timedelta(days=1))
    assert await follow(follower) == 0
    await rule(stage, "3", valid_to=now + timedelta(days=1))
    assert await follow(follower) == 1
    await rule(stage, "0", since=now - timedelta(minutes=1), valid_to=now + timedelta(days=1))
    assert await follow(follower) == 1
    assert [each[0] for each in await announced(stage, sku)] == ["10", "7", "10"]


async def test_a_new_row_keeps_it_from_its_first_movement(stage: Stage) -> None:
    await rule(stage, "4")
    sku = await stocked(stage)
    assert await announced(stage, sku) == [("6", {}, 2)], "one event for one transaction"
    assert (await stage.reserve_one(wanted((sku, 7)))).HasField("refusal")


async def test_using_up_safety_stock_breaks_no_promise_and_is_no_exception(stage: Stage, follower: SafetyStock) -> None:
    sku = await stocked(stage)
    assert (await stage.reserve_one(wanted((sku, 8)))).HasField("reservation")
    await rule(stage, "5")
    await follow(follower)
    await stage.stock(sku, 1)
    assert (await announced(stage, sku))[-1][0] == "-2"
    assert await open_exceptions(stage) == []


async def test_a_rule_that_says_no_quantity_keeps_nothing_and_somebody_owns_it(
    stage: Stage, follower: SafetyStock
) -> None:
    sku = await stocked(stage)
    await rule(stage, "a lot")
    await follow(follower)
    assert [each.free for each in await stage.availability.of([sku], Where("acme"))] == [D(10)]
    assert await open_exceptions(stage) == [("POLICY_UNREADABLE", "master-data")]


async def test_what_may_be_promised_later_leaves_it_out_too(stage: Stage, follower: SafetyStock) -> None:
    sku, today = await stocked(stage), datetime.now(UTC).date()
    await rule(stage, "4")
    await rule(stage, "6", Scope(partner="market"))
    await follow(follower)
    for channel, left in (("web", D(6)), ("market", D(4))):
        found = await available_to_promise(stage.engine, sku, Where("acme", (), "", channel), today, 2)
        assert [day.promisable for day in found.days["EAST"]] == [left, left]


async def test_it_looks_at_all_stock_only_when_rules_or_items_changed(stage: Stage) -> None:
    now = 100.0
    follower = SafetyStock(stage.uow, ("acme",), SystemClock(), monotonic=lambda: now)
    sku = await stocked(stage)
    assert await follow(follower) == 0, "no rule was ever made"
    await rule(stage, "4")
    assert await follow(follower) == 1

    async def forget() -> None:
        async with transaction(stage.engine, ("acme",)) as tx:
            await tx.driver.execute("UPDATE stock SET safety = 0, safety_rule = 0 WHERE sku = $1", sku)

    await forget()
    assert await follow(follower) == 0
    follower.look_again()
    assert await follow(follower) == 1
    await forget()
    now += AGAIN_SECONDS
    assert await follow(follower) == 1


async def test_many_rows_are_looked_at_page_by_page(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory.use_cases.hold_back.ROWS_AT_ONCE", 2)
    follower = SafetyStock(stage.uow, ("acme",), SystemClock())
    for _ in range(5):
        await stocked(stage)
    await rule(stage, "4")
    assert await follow(follower) == 5


def test_what_nobody_may_have_no_channel_may_have() -> None:
    held = held_back(Kept(D(5), 1), {"web": Kept(D(3), 2), "market": Kept(D(8), 3)})
    assert held == HeldBack(Kept(D(5), 1), {"market": Kept(D(8), 3)})
    assert (held.kept_from("web"), held.kept_from("market").rule) == (Kept(D(5), 1), 3)
    assert held.besides_safety("market") == D(3)
