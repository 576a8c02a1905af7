"""What fulfillment hears: master data, what inventory can promise, what carriers and terms say of shipments, its own
deadlines, and operators who want a posting or an allocation asked for again.

How the ports stand on the kit's work is brought by the wiring, so that nothing here reaches the storage.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

from crossdock.catalog.events.v1 import events_pb2
from crossdock.delivery.events.v1 import events_pb2 as delivery
from crossdock.inventory.events.v1 import events_pb2 as inventory
from crossdock.procurement.events.v1 import events_pb2 as procurement
from crossdock_kit.context import caused_by
from crossdock_kit.events import Received
from crossdock_kit.process_timers import expiry
from crossdock_kit.processes import Process
from crossdock_kit.repairs.redoing import NothingToRetry
from crossdock_kit.subscriptions import Subscription
from crossdock_kit.subscriptions.model import Handler, each
from crossdock_kit.timer_loop import TimerHandler
from crossdock_kit.unit_of_work import Work

from fulfillment import ports
from fulfillment.domain.check_lifecycle import CHECKS, Kind
from fulfillment.domain.lifecycle import SCHEDULE, State
from fulfillment.domain.on_the_road import Word
from fulfillment.domain.posting_lifecycle import POSTING
from fulfillment.use_cases.checking import check_lapsed, customer_changed
from fulfillment.use_cases.delivering import departed, told
from fulfillment.use_cases.drop_shipping import purchased, supplier_shipped
from fulfillment.use_cases.owing import bill
from fulfillment.use_cases.planning import ask_allocator_again
from fulfillment.use_cases.posting import ask_again
from fulfillment.use_cases.promising import supply_changed
from fulfillment.use_cases.stocking import deadline_passed, supplied, waited_for
from fulfillment.wire import drop_shipping, master_data, posting, road, stock

Opens: TypeAlias = Callable[[Work], AbstractAsyncContextManager[ports.Work]]


def catalog_changes(keeps: Callable[[Work], ports.MasterDataBook], opens: Opens) -> Subscription:
    """Items, customers, prices and places as catalog announces them. What was held because nothing was sold to its
    customer goes on once that is over."""

    async def on_items(events: Sequence[Received[events_pb2.ItemChanged]], work: Work) -> None:
        await keeps(work).keep_items([master_data.item(one.tenant, one.message.item) for one in events])

    async def on_parties(events: Sequence[Received[events_pb2.PartyChanged]], work: Work) -> None:
        records = [master_data.party(one.tenant, one.message.party) for one in events]
        await keeps(work).keep_parties(records)
        for one, record in zip(events, records, strict=True):
            if record.customer:
                with caused_by(one.cause):
                    async with opens(work) as opened:
                        await customer_changed(record.party_id, opened)

    async def on_prices(events: Sequence[Received[events_pb2.PricesChanged]], work: Work) -> None:
        records = [master_data.price(one.tenant, each) for one in events for each in one.message.prices]
        await keeps(work).keep_prices(records)

    async def on_locations(events: Sequence[Received[events_pb2.LocationChanged]], work: Work) -> None:
        await keeps(work).keep_locations([master_data.location(one.tenant, one.message.location) for one in events])

    return Subscription(
        name="fulfillment",
        source="catalog",
        handlers={
            events_pb2.ItemChanged: on_items,
            events_pb2.PartyChanged: on_parties,
            events_pb2.PricesChanged: on_prices,
            events_pb2.LocationChanged: on_locations,
        },
        owner="master-data",
    )


def availability(opens: Opens) -> Subscription:
    """What inventory can promise again, and what is to come. A batch may be of several tenants; all items whose
    promises are counted anew are claimed before the first order is locked. Of one place's changes in a batch the newest
    counts, and where nobody waits there is nothing to do: a scarce item changes a hundred times a second."""

    async def on_supply(events: Sequence[Received[inventory.SupplyChanged]], work: Work) -> None:
        for tenant in sorted({one.tenant for one in events}):
            mine = [one for one in events if one.tenant == tenant]
            with caused_by(mine[0].cause):
                async with opens(work) as opened:
                    await opened.supplies.claim(one.message.sku for one in mine)
        await renewed(events, work)

    async def on_one(event: Received[inventory.SupplyChanged], work: Work) -> None:
        async with opens(work) as opened:
            await supply_changed(stock.statement(event.message, event.version), opened)

    renewed = each(on_one)

    async def on_changes(events: Sequence[Received[inventory.AvailabilityChanged]], work: Work) -> None:
        for tenant in sorted({one.tenant for one in events}):
            newest = {stock.place(one.message): one for one in events if one.tenant == tenant}
            supplies = {supply: one for one in newest.values() if (supply := stock.supply(one.message))}
            with caused_by(next(iter(newest.values())).cause):
                async with opens(work) as opened:
                    wanted = await waited_for(list(supplies), opened)
            await asked([one for supply, one in supplies.items() if supply in wanted], work)

    async def on_change(event: Received[inventory.AvailabilityChanged], work: Work) -> None:
        if supply := stock.supply(event.message):
            async with opens(work) as opened:
                await supplied(supply, opened)

    asked = each(on_change)

    return Subscription(
        name="fulfillment",
        source="inventory",
        handlers={inventory.AvailabilityChanged: on_changes, inventory.SupplyChanged: on_supply},
        owner="order-desk",
    )


def shipments(opens: Opens) -> Subscription:
    """What carriers and customers' terms say of shipments, as delivery announces it."""

    async def on_billing(event: Received[delivery.BillingTriggered], work: Work) -> None:
        async with opens(work) as opened:
            await bill(posting.billed(event), opened)

    async def on_departure(event: Received[delivery.ShipmentDispatched], work: Work) -> None:
        async with opens(work) as opened:
            await departed(road.departure(event.message), opened)

    def on_word(meaning: Callable[[Any], Word | None]) -> Handler:
        async def on_one(event: Received[Any], work: Work) -> None:
            if word := meaning(event.message):
                async with opens(work) as opened:
                    await told(word, opened)

        return each(on_one)

    return Subscription(
        name="fulfillment",
        source="delivery",
        handlers={
            delivery.BillingTriggered: each(on_billing),
            delivery.ShipmentDispatched: each(on_departure),
            delivery.MilestoneReached: on_word(road.reached),
            delivery.MilestoneCorrected: on_word(road.corrected),
            delivery.EtaChanged: on_word(road.foretold),
            delivery.DelayEnded: on_word(road.on_time_again),
            delivery.DeliveryExceptionRaised: on_word(road.failed),
            delivery.DeliveryExceptionResolved: on_word(road.settled),
        },
        owner="order-desk",
    )


def drop_shipments(opens: Opens) -> Subscription:
    """What the ERP has ordered from suppliers for lines of ours, what suppliers promise, and what they ship straight to
    customers, as procurement announces it."""

    async def on_order(event: Received[Any], work: Work) -> None:
        if lines := drop_shipping.purchase_lines(event.message.purchase_order):
            async with opens(work) as opened:
                await purchased(lines, opened)

    async def on_notice(event: Received[procurement.ShipNoticeReceived], work: Work) -> None:
        if notice := drop_shipping.notice(event.message.ship_notice):
            async with opens(work) as opened:
                await supplier_shipped(notice, opened)

    async def on_withdrawal(event: Received[procurement.ShipNoticeWithdrawn], work: Work) -> None:
        """What replaces it says itself what has left."""
        if event.message.replaced:
            return
        if notice := drop_shipping.notice(event.message.ship_notice, withdrawn=True):
            async with opens(work) as opened:
                await supplier_shipped(notice, opened, withdrawn=True)

    return Subscription(
        name="fulfillment",
        source="procurement",
        handlers={
            procurement.PurchaseOrderReleased: each(on_order),
            procurement.PurchaseOrderRevised: each(on_order),
            procurement.PurchaseOrderCancelled: each(on_order),
            procurement.PurchaseOrderAcknowledged: each(on_order),
            procurement.PurchaseOrderChangeDecided: each(on_order),
            procurement.ShipNoticeReceived: each(on_notice),
            procurement.ShipNoticeWithdrawn: each(on_withdrawal),
        },
        owner="order-desk",
    )


def told_when_late(process: Process) -> TimerHandler:
    """The deadlines of a process that only somebody can settle."""

    async def fire(subject: str, state: str, trigger: str, work: Work) -> None:
        raise LookupError(f"{process.name} has no deadline that fires {trigger}")

    return expiry(process, fire)


def deadlines(opens: Opens) -> TimerHandler:
    """The deadlines of the lifecycle: what only somebody can settle is raised by the kit, the rest is done here."""

    async def fire(subject: str, state: str, trigger: str, work: Work) -> None:
        order_id, _, part = subject.rpartition("/")
        async with opens(work) as opened:
            await deadline_passed(order_id, int(part), State(state), trigger, opened)

    return expiry(SCHEDULE, fire)


def checks_lapsed(opens: Opens, kind: Kind) -> TimerHandler:
    """The deadlines of a kind of check: what nobody answered goes where its fallback says."""

    async def fire(subject: str, state: str, trigger: str, work: Work) -> None:
        async with opens(work) as opened:
            await check_lapsed(subject, kind, opened)

    return expiry(CHECKS[kind], fire)


def asked_again(opens: Opens) -> Callable[[str, Work], Awaitable[str]]:
    """Somebody has the ERP asked again for what it refused or never answered, or an order's allocator, by the subject
    of the exception: "posting/..", "process/posting/.." or "process/order_schedule/..". Raises NothingToRetry where
    that is another process, or nobody else allocates."""

    async def retry(subject: str, work: Work) -> str:
        _, scheduled, part = subject.removeprefix("process/").partition(f"{SCHEDULE.name}/")
        if scheduled:
            return await allocated_again(part, work)
        _, named, posting_id = subject.removeprefix("process/").partition(f"{POSTING.name}/")
        if not named:
            raise NothingToRetry(subject)
        async with opens(work) as opened:
            found = await ask_again(posting_id, opened)
            return f"{found.kind.value} {found.reference} is asked for again"

    async def allocated_again(subject: str, work: Work) -> str:
        order_id, _, part = subject.rpartition("/")
        async with opens(work) as opened:
            order = await ask_allocator_again(order_id, int(part), opened)
            if order is None:
                raise NothingToRetry(subject)
            return f"the {order.allocator.role} is asked again to allocate order {order.terms.number}"

    return retry
