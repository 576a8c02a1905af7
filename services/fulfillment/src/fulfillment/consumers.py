"""What fulfillment hears: master data, and its own deadlines. A batch of events is one statement.

How the ports stand on the kit's work is brought by the wiring, so that nothing here reaches the storage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

from crossdock.catalog.events.v1 import events_pb2
from crossdock_kit.events import Received
from crossdock_kit.process_timers import expiry
from crossdock_kit.subscriptions import Subscription
from crossdock_kit.timer_loop import TimerHandler
from crossdock_kit.unit_of_work import Work

from fulfillment import ports
from fulfillment.domain.lifecycle import SCHEDULE, State
from fulfillment.use_cases.stocking import deadline_passed
from fulfillment.wire import master_data

Opens: TypeAlias = Callable[[Work], AbstractAsyncContextManager[ports.Work]]


def catalog_changes(keeps: Callable[[Work], ports.MasterDataBook]) -> Subscription:
    """Items, customers and places as catalog announces them."""

    async def on_items(events: Sequence[Received[events_pb2.ItemChanged]], work: Work) -> None:
        await keeps(work).keep_items([master_data.item(each.tenant, each.message.item) for each in events])

    async def on_parties(events: Sequence[Received[events_pb2.PartyChanged]], work: Work) -> None:
        await keeps(work).keep_parties([master_data.party(each.tenant, each.message.party) for each in events])

    async def on_locations(events: Sequence[Received[events_pb2.LocationChanged]], work: Work) -> None:
        await keeps(work).keep_locations([master_data.location(each.tenant, each.message.location) for each in events])

    return Subscription(
        name="fulfillment",
        source="catalog",
        handlers={
            events_pb2.ItemChanged: on_items,
            events_pb2.PartyChanged: on_parties,
            events_pb2.LocationChanged: on_locations,
        },
        owner="master-data",
    )


def deadlines(opens: Opens) -> TimerHandler:
    """The deadlines of the lifecycle: what only somebody can settle is raised by the kit, the rest is done here."""

    async def fire(subject: str, state: str, trigger: str, work: Work) -> None:
        order_id, _, part = subject.rpartition("/")
        async with opens(work) as opened:
            await deadline_passed(order_id, int(part), State(state), trigger, opened)

    return expiry(SCHEDULE, fire)
