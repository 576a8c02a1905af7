"""What procurement hears: master data from catalog. A batch of events is one statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from crossdock.catalog.events.v1 import events_pb2
from crossdock_kit.events import Received
from crossdock_kit.subscriptions import Subscription
from crossdock_kit.timer_loop import TimerHandler
from crossdock_kit.timers import DueTimer
from crossdock_kit.unit_of_work import Work

from procurement import ports
from procurement.store.master_data import remember_items, remember_locations, remember_parties
from procurement.store.unit_of_work import ProcurementWork
from procurement.use_cases.deadlines import HANDLERS
from procurement.wire import master_data


async def on_items_changed(events: Sequence[Received[events_pb2.ItemChanged]], work: Work) -> None:
    await remember_items(work.driver, [master_data.item(each.tenant, each.message.item) for each in events])


async def on_locations_changed(events: Sequence[Received[events_pb2.LocationChanged]], work: Work) -> None:
    await remember_locations(work.driver, [master_data.location(each.tenant, each.message.location) for each in events])


async def on_parties_changed(events: Sequence[Received[events_pb2.PartyChanged]], work: Work) -> None:
    await remember_parties(work.driver, [master_data.party(each.tenant, each.message.party) for each in events])


MASTER_DATA = Subscription(
    name="procurement",
    source="catalog",
    handlers={
        events_pb2.ItemChanged: on_items_changed,
        events_pb2.LocationChanged: on_locations_changed,
        events_pb2.PartyChanged: on_parties_changed,
    },
    owner="master-data",
)


def _on_deadline(look: Callable[[str, ports.Work], Awaitable[None]]) -> TimerHandler:
    async def run(timers: Sequence[DueTimer], work: Work) -> None:
        opened = ProcurementWork(work, None)
        for timer in timers:
            await look(timer.subject, opened)
        await opened.save()

    return TimerHandler(run, owner="procurement")


DEADLINES = {kind: _on_deadline(look) for kind, look in HANDLERS.items()}
