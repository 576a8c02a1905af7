"""Stock changes a hundred times a second: a batch asks once who waits, and of each place the newest counts."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from crossdock.common.v1 import values_pb2
from crossdock.inventory.events.v1 import events_pb2
from crossdock_kit.context import Cause, current_cause
from crossdock_kit.events import Received
from fulfillment.consumers import availability
from fulfillment.ports import Supply

AT = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)


class Waiters:
    """Stands for the orders: notes by tenant what is asked of it. `wanted` are items that somebody waits for."""

    def __init__(self, *wanted: str) -> None:
        self.wanted = wanted
        self.questions: list[tuple[str, list[str]]] = []
        self.served: list[tuple[str, str, str]] = []

    async def waited_for(self, supplies: Sequence[Supply], but: Sequence[str]) -> frozenset[Supply]:
        self.questions.append((_tenant(), [each.sku for each in supplies]))
        return frozenset(each for each in supplies if each.sku in self.wanted)

    async def waiting_for(self, supply: Supply, but: Sequence[str], most: int) -> Mapping[str, Sequence[int]]:
        self.served.append((_tenant(), supply.sku, supply.location_id))
        return {}

    async def lock(self, order_ids: Sequence[str]) -> list[Any]:
        return []


def _tenant() -> str:
    cause = current_cause.get()
    assert cause is not None
    return cause.tenant


@dataclasses.dataclass
class Desk:
    sales_orders: Waiters


async def told(waiters: Waiters, *changes: Received[events_pb2.AvailabilityChanged]) -> None:
    @asynccontextmanager
    async def opens(work: Any) -> AsyncIterator[Any]:
        yield Desk(waiters)

    handle = availability(opens).handlers[events_pb2.AvailabilityChanged]
    await handle(changes, None)  # type: ignore[arg-type]


def changed(
    sku: str, available: int, *, place: str = "WH-EAST", tenant: str = "acme"
) -> Received[events_pb2.AvailabilityChanged]:
    fact = events_pb2.AvailabilityChanged(
        sku=sku,
        location_id=place,
        business_unit="EU01",
        available=values_pb2.Quantity(value=str(available), unit="EA"),
    )
    facts: dict[str, Any] = dict.fromkeys((each.name for each in dataclasses.fields(Received)), "")
    cause = Cause("event", "AvailabilityChanged", tenant, "inventory", "c", "c", "", AT)
    return Received(**(facts | {"id": UUID(int=1), "message": fact, "tenant": tenant, "cause": cause}))


async def test_of_many_changes_of_a_place_the_newest_counts() -> None:
    waiters = Waiters("BOLT")
    await told(waiters, *(changed("BOLT", number) for number in range(300)))
    assert waiters.questions == [("acme", ["BOLT"])]
    assert waiters.served == [("acme", "BOLT", "WH-EAST")]


async def test_what_is_gone_again_by_the_end_of_the_batch_is_promised_to_nobody() -> None:
    waiters = Waiters("BOLT")
    await told(waiters, changed("BOLT", 5), changed("BOLT", 0))
    assert (waiters.questions, waiters.served) == ([], [])


async def test_one_question_is_asked_for_all_places_and_only_who_waits_is_served() -> None:
    waiters = Waiters("BOLT")
    await told(waiters, changed("NUT", 4), changed("BOLT", 3), changed("BOLT", 2, place="WH-WEST"))
    assert waiters.questions == [("acme", ["NUT", "BOLT", "BOLT"])]
    assert waiters.served == [("acme", "BOLT", "WH-EAST"), ("acme", "BOLT", "WH-WEST")]


async def test_each_tenant_is_asked_for_its_own() -> None:
    waiters = Waiters("BOLT")
    await told(waiters, changed("BOLT", 3, tenant="globex"), changed("BOLT", 3))
    assert waiters.questions == [("acme", ["BOLT"]), ("globex", ["BOLT"])]
    assert [tenant for tenant, _, _ in waiters.served] == ["acme", "globex"]
