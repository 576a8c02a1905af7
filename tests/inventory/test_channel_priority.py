"""How urgent a basket is whose caller leaves it to its channel: the policy's word, else the caller's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from crossdock_kit import policy
from crossdock_kit.clock import SystemClock
from crossdock_kit.database import transaction
from crossdock_kit.policy import NewRule, Scope
from inventory.store.channel_priority import FRESH_SECONDS, POLICY, ChannelPriorities
from inventory_stage import UNIT, Stage, wanted
from inventory_stage.movements import a_sku

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def rule(stage: Stage, value: Any, channel: str, unit: str = "") -> None:
    async with transaction(stage.engine, ("acme",)) as tx:
        scope = Scope(partner=channel, business_unit=unit)
        await policy.add(tx.driver, "acme", NewRule(key=POLICY, value=value, valid_from=LONG_AGO, scope=scope))


@pytest.fixture
def seconds() -> list[float]:
    return [100.0]


@pytest.fixture
def priorities(stage: Stage, seconds: list[float]) -> ChannelPriorities:
    return ChannelPriorities(stage.engine, SystemClock(), monotonic=lambda: seconds[0])


def named(prefix: str) -> str:
    return f"{prefix}-{uuid4().hex[:8]}"


@pytest.mark.feature("F093")
async def test_of_two_channels_the_one_that_the_policy_prefers_gets_what_is_scarce(stage: Stage) -> None:
    shop, market, sku = named("shop"), named("market"), a_sku()
    await stage.know(sku)
    await stage.stock(sku, 3)
    await rule(stage, {"priority": 2}, market)
    baskets = [wanted((sku, 2), channel=each, as_urgent_as_channel=True) for each in (shop, market)]
    async with stage.owning():
        results = await stage.reserve(*baskets)
    assert [each.WhichOneof("outcome") for each in results] == ["refusal", "reservation"]
    assert (results[1].reservation.channel, results[1].reservation.priority) == (market, 2)


@pytest.mark.feature("F093")
async def test_who_says_how_urgent_a_basket_is_is_not_overruled(stage: Stage) -> None:
    market, sku = named("market"), a_sku()
    await stage.know(sku)
    await stage.stock(sku, 3)
    await rule(stage, {"priority": 8}, market)
    result = await stage.reserve_one(wanted((sku, 1), channel=market, priority=0))
    assert result.reservation.priority == 0


async def test_a_rule_of_the_business_unit_is_more_telling_and_one_that_says_nothing_counts_for_nothing(
    stage: Stage, priorities: ChannelPriorities
) -> None:
    market, broken = named("market"), named("broken")
    await rule(stage, {"priority": 7}, market)
    await rule(stage, {"priority": 1}, market, unit=UNIT)
    for value in ({"priority": 11}, {"priority": True}, {"urgent": "yes"}, "soon"):
        await rule(stage, value, broken)
    found = [await priorities.of("acme", unit, market, otherwise=5) for unit in (UNIT, "US01")]
    assert found == [1, 7]
    assert await priorities.of("acme", UNIT, broken, otherwise=5) == 5
    assert await priorities.of("acme", UNIT, named("other"), otherwise=4) == 4
    assert await priorities.of("globex", UNIT, market, otherwise=5) == 5


async def test_rules_are_read_anew_after_a_while(
    stage: Stage, priorities: ChannelPriorities, seconds: list[float]
) -> None:
    market = named("market")
    assert await priorities.of("acme", UNIT, market, otherwise=5) == 5
    await rule(stage, {"priority": 3}, market)
    assert await priorities.of("acme", UNIT, market, otherwise=5) == 5
    seconds[0] += FRESH_SECONDS
    assert await priorities.of("acme", UNIT, market, otherwise=5) == 3
