"""What procurement hears: master data, suppliers' profiles, its own deadlines. A batch of events is one statement.

How the ports stand on the kit's work is brought by the wiring, so that nothing here reaches the storage.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TypeAlias

from crossdock.catalog.events.v1 import events_pb2
from crossdock.connector.events.v1 import events_pb2 as connector
from crossdock_kit.events import Received
from crossdock_kit.subscriptions import Subscription
from crossdock_kit.timer_loop import TimerHandler
from crossdock_kit.timers import DueTimer, NewTimer
from crossdock_kit.unit_of_work import Work

from procurement import ports
from procurement.use_cases.deadlines import HANDLERS
from procurement.use_cases.supplier_invoices import UNIT_UNKNOWN, match_again
from procurement.wire import master_data, profiles

Keeps: TypeAlias = Callable[[Work], ports.MasterDataBook]
Waits: TypeAlias = Callable[[Work], ports.WaitingInvoices]
Opens: TypeAlias = Callable[[Work], AbstractAsyncContextManager[ports.Work]]


def catalog_changes(keeps: Keeps, waits: Waits) -> Subscription:
    """Items, places and parties as catalog announces them. An item may be what invoices wait for."""

    async def on_items(events: Sequence[Received[events_pb2.ItemChanged]], work: Work) -> None:
        await keeps(work).keep_items([master_data.item(each.tenant, each.message.item) for each in events])
        changed = {(each.tenant, each.message.item.sku) for each in events}
        for tenant, order_id in await waits(work).for_items(changed):
            work.set_timer(matched_again(tenant, order_id, work.now))

    async def on_locations(events: Sequence[Received[events_pb2.LocationChanged]], work: Work) -> None:
        await keeps(work).keep_locations([master_data.location(each.tenant, each.message.location) for each in events])

    async def on_parties(events: Sequence[Received[events_pb2.PartyChanged]], work: Work) -> None:
        await keeps(work).keep_parties([master_data.party(each.tenant, each.message.party) for each in events])

    return Subscription(
        name="procurement",
        source="catalog",
        handlers={
            events_pb2.ItemChanged: on_items,
            events_pb2.LocationChanged: on_locations,
            events_pb2.PartyChanged: on_parties,
        },
        owner="master-data",
    )


def profile_changes(keeps: Callable[[Work], ports.TermsBook]) -> Subscription:
    """How long suppliers have to answer, as connector announces their profiles."""

    async def on_profiles(events: Sequence[Received[connector.PartnerChanged]], work: Work) -> None:
        await keeps(work).keep([profiles.terms(each.tenant, each.message.profile) for each in events])

    return Subscription(
        name="procurement",
        source="connector",
        handlers={connector.PartnerChanged: on_profiles},
        owner="integration",
    )


def matched_again(tenant: str, order_id: str, at: datetime) -> NewTimer:
    """Each order in a work of its own: one item may be what thousands of invoices wait for."""
    return NewTimer(kind=UNIT_UNKNOWN, subject=order_id, due_at=at, transaction_ids=(order_id,), tenant=tenant)


def deadlines(opens: Opens) -> dict[str, TimerHandler]:
    """A handler for each kind of deadline."""

    def handler(look: Callable[[str, ports.Work], Awaitable[None]]) -> TimerHandler:
        async def run(timers: Sequence[DueTimer], work: Work) -> None:
            async with opens(work) as opened:
                for timer in timers:
                    await look(timer.subject, opened)

        return TimerHandler(run, owner="procurement")

    looks = {**HANDLERS, UNIT_UNKNOWN: match_again}
    return {kind: handler(look) for kind, look in looks.items()}
