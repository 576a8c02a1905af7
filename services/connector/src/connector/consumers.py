"""What other contexts announce: master data is copied, orders are remembered, and partners are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from crossdock.catalog.events.v1 import events_pb2 as catalog
from crossdock.delivery.events.v1 import events_pb2 as delivery
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment
from crossdock.inventory.events.v1 import events_pb2 as inventory
from crossdock.procurement.events.v1 import events_pb2 as procurement
from crossdock_kit.context import caused_by
from crossdock_kit.events import Received
from crossdock_kit.subscriptions import Subscription
from crossdock_kit.subscriptions.model import EventFailed, Handler
from crossdock_kit.unit_of_work import Work

from connector import wire
from connector.ports import Surroundings
from connector.use_cases import remember, tell_partners
from connector.use_cases.telling import Telling


def subscriptions(around: Surroundings) -> tuple[Subscription, ...]:
    return (
        MasterData(around).subscription(),
        Orders(around).subscription(),
        SalesOrders(around).subscription(),
        Shipments(around).subscription(),
        Stock(around).subscription(),
    )


@dataclass(frozen=True, slots=True)
class MasterData:
    """Catalog's changes, kept as far as translation needs them. Every change may be what a document waits for."""

    around: Surroundings

    def subscription(self) -> Subscription:
        return Subscription(
            name="connector",
            source="catalog",
            handlers={
                catalog.ItemChanged: self.items,
                catalog.LocationChanged: self.locations,
                catalog.PartyChanged: self.parties,
                catalog.CrosswalkChanged: self.crosswalk,
            },
            owner="master-data",
        )

    async def items(self, events: Sequence[Received[catalog.ItemChanged]], work: Work) -> None:
        things = [wire.item(event.tenant, event.message.item) for event in events]
        await remember.remember_things(things, work, self.around)

    async def locations(self, events: Sequence[Received[catalog.LocationChanged]], work: Work) -> None:
        things = [wire.location(event.tenant, event.message.location) for event in events]
        await remember.remember_things(things, work, self.around)

    async def parties(self, events: Sequence[Received[catalog.PartyChanged]], work: Work) -> None:
        things = [wire.party(event.tenant, event.message.party) for event in events]
        await remember.remember_things(things, work, self.around)

    async def crosswalk(self, events: Sequence[Received[catalog.CrosswalkChanged]], work: Work) -> None:
        entries = [wire.crosswalk_entry(event.tenant, entry) for event in events for entry in event.message.entries]
        await remember.remember_codes(entries, work, self.around)


@dataclass(frozen=True, slots=True)
class Orders:
    """Procurement's facts: each is told to the partners whose profiles take it."""

    around: Surroundings

    def subscription(self) -> Subscription:
        return Subscription(
            name="connector",
            source="procurement",
            handlers={
                procurement.PurchaseOrderReleased: _together(self.around, self.ordered),
                procurement.PurchaseOrderRevised: _together(self.around, self.ordered),
                procurement.PurchaseOrderCancelled: _together(self.around, self.ordered),
                procurement.PurchaseOrderAcknowledged: _together(self.around, self.confirmed),
                procurement.PurchaseOrderChangeDecided: _together(self.around, self.confirmed),
                procurement.PurchaseOrderAnswerOverdue: _together(self.around, self.unanswered),
                procurement.GoodsReceived: _together(self.around, self.received),
                procurement.ShipNoticeReceived: _together(self.around, self.announced),
                procurement.ShipNoticeWithdrawn: _together(self.around, self.announced),
                procurement.InboundExpected: _together(self.around, self.expected),
                procurement.SupplierInvoiceMatched: _together(self.around, self.matched),
                procurement.SupplierInvoiceDecided: _together(self.around, self.matched),
            },
            # A document is rendered for each event: a smaller batch reaches the partners sooner.
            batch=100,
            owner="integration",
        )

    async def ordered(self, event: Received[Any], telling: Telling) -> None:
        remember.remember_order(event.tenant, event.message.purchase_order, telling)
        await tell_partners.tell_supplier(event, telling)
        await tell_partners.ask_for_carriage(event, telling)

    async def confirmed(self, event: Received[Any], telling: Telling) -> None:
        await tell_partners.tell_erp_of_order(event, telling)
        await tell_partners.ask_for_carriage(event, telling)

    async def unanswered(self, event: Received[procurement.PurchaseOrderAnswerOverdue], telling: Telling) -> None:
        await tell_partners.chase_answer(event, telling)

    async def received(self, event: Received[procurement.GoodsReceived], telling: Telling) -> None:
        await tell_partners.tell_erp_of_receipt(event, telling)

    async def announced(self, event: Received[Any], telling: Telling) -> None:
        await tell_partners.ask_for_appointment(event, telling)

    async def expected(self, event: Received[procurement.InboundExpected], telling: Telling) -> None:
        await tell_partners.tell_warehouse(event, telling)

    async def matched(self, event: Received[Any], telling: Telling) -> None:
        await tell_partners.tell_erp_of_match(event, telling)


@dataclass(frozen=True, slots=True)
class Shipments:
    """Delivery's facts: a shipment that is planned is offered to who carries it, and called off there."""

    around: Surroundings

    def subscription(self) -> Subscription:
        return Subscription(
            name="connector",
            source="delivery",
            handlers={
                delivery.ShipmentPlanned: _together(self.around, self.planned),
                delivery.ShipmentCallOffRequested: _together(self.around, self.called_off),
            },
            batch=100,
            owner="integration",
        )

    async def planned(self, event: Received[delivery.ShipmentPlanned], telling: Telling) -> None:
        await tell_partners.tell_carriage(event, telling)

    async def called_off(self, event: Received[delivery.ShipmentCallOffRequested], telling: Telling) -> None:
        await tell_partners.call_off_carriage(event, telling)


@dataclass(frozen=True, slots=True)
class SalesOrders:
    """Fulfillment's facts: what is released is picked by the warehouse that holds it, the ERP is asked to post,
    whoever has the authority to check, and whoever allocates which stock serves; channels and customers on EDI are told
    what they get, what has left for them and what they owe."""

    around: Surroundings

    def subscription(self) -> Subscription:
        return Subscription(
            name="connector",
            source="fulfillment",
            handlers={
                fulfillment.OrderReleased: _together(self.around, self.released),
                fulfillment.OrderReleaseRecalled: _together(self.around, self.released),
                fulfillment.PostingRequested: _together(self.around, self.to_be_posted),
                fulfillment.OrderCheckRequested: _together(self.around, self.to_be_checked),
                fulfillment.AllocationRequested: _together(self.around, self.to_be_allocated),
                fulfillment.AllocationWithdrawn: _together(self.around, self.to_be_allocated),
                fulfillment.OrderAccepted: _together(self.around, self.to_its_customer),
                fulfillment.OrderRejected: _together(self.around, self.to_its_customer),
                fulfillment.OrderAcknowledged: _together(self.around, self.to_its_customer),
                fulfillment.OrderChanged: _together(self.around, self.to_its_customer),
                fulfillment.InvoicePosted: _together(self.around, self.to_its_customer),
                fulfillment.ReturnAuthorized: _together(self.around, self.authorized),
                fulfillment.ReturnReceived: _together(self.around, self.to_its_customer),
                fulfillment.ReturnInspected: _together(self.around, self.to_its_customer),
                fulfillment.ReturnWithdrawn: _together(self.around, self.to_its_customer),
                fulfillment.CreditIssued: _together(self.around, self.credited),
                fulfillment.OrderLinesCancelled: _together(self.around, self.cancelled),
                fulfillment.OrderLinesSubstituted: _together(self.around, self.to_its_customer),
                fulfillment.OrderLinesBackordered: _together(self.around, self.to_its_customer),
                fulfillment.OrderLinesPromised: _together(self.around, self.to_its_customer),
                fulfillment.OrderStatusChanged: _together(self.around, self.on_the_road),
                fulfillment.GoodsIssued: _together(self.around, self.gone),
                fulfillment.SupplierShipped: _together(self.around, self.gone),
            },
            batch=100,
            owner="integration",
        )

    async def released(self, event: Received[Any], telling: Telling) -> None:
        """And what is asked back, behind it."""
        await tell_partners.ask_to_pick(event, telling)

    async def to_be_posted(self, event: Received[fulfillment.PostingRequested], telling: Telling) -> None:
        await tell_partners.ask_to_post(event, telling)

    async def to_be_checked(self, event: Received[fulfillment.OrderCheckRequested], telling: Telling) -> None:
        await tell_partners.ask_to_check(event, telling)

    async def to_be_allocated(self, event: Received[Any], telling: Telling) -> None:
        """And what is not wanted any more, behind it."""
        await tell_partners.ask_to_allocate(event, telling)

    async def to_its_customer(self, event: Received[Any], telling: Telling) -> None:
        await tell_partners.tell_customer(event, telling)

    async def authorized(self, event: Received[fulfillment.ReturnAuthorized], telling: Telling) -> None:
        await tell_partners.tell_customer_of_return(event, telling)

    async def credited(self, event: Received[fulfillment.CreditIssued], telling: Telling) -> None:
        await tell_partners.tell_customer_of_credit(event, telling)

    async def on_the_road(self, event: Received[fulfillment.OrderStatusChanged], telling: Telling) -> None:
        await tell_partners.tell_customer(event, telling)
        await tell_partners.tell_office_of_road(event, telling)

    async def cancelled(self, event: Received[fulfillment.OrderLinesCancelled], telling: Telling) -> None:
        await tell_partners.tell_customer_of_cancellation(event, telling)

    async def gone(self, event: Received[Any], telling: Telling) -> None:
        await tell_partners.tell_customers_of_goods(event, telling)


@dataclass(frozen=True, slots=True)
class Stock:
    """Inventory's facts: the ERP posts what warehouses adjusted, as far as nobody has to decide on it; channels hear
    what they may promise."""

    around: Surroundings

    def subscription(self) -> Subscription:
        return Subscription(
            name="connector",
            source="inventory",
            handlers={
                inventory.StockAdjusted: _together(self.around, self.adjusted),
                inventory.AdjustmentDecided: _together(self.around, self.decided),
                inventory.QualityHoldChanged: _together(self.around, self.held),
                inventory.StockTransferSent: _together(self.around, self.transferred),
                inventory.StockTransferReceived: _together(self.around, self.transferred),
                inventory.AvailabilityChanged: _together(self.around, self.changed),
            },
            batch=100,
            owner="integration",
        )

    async def adjusted(self, event: Received[inventory.StockAdjusted], telling: Telling) -> None:
        if event.message.to_be_posted:
            await tell_partners.tell_erp_of_adjustment(event, telling)

    async def decided(self, event: Received[inventory.AdjustmentDecided], telling: Telling) -> None:
        if event.message.approved:
            await tell_partners.tell_erp_of_adjustment(event, telling)

    async def held(self, event: Received[inventory.QualityHoldChanged], telling: Telling) -> None:
        await tell_partners.tell_erp_of_adjustment(event, telling)

    async def transferred(
        self, event: Received[inventory.StockTransferSent] | Received[inventory.StockTransferReceived], telling: Telling
    ) -> None:
        await tell_partners.tell_of_transfer(event, telling)

    async def changed(self, event: Received[inventory.AvailabilityChanged], telling: Telling) -> None:
        await tell_partners.tell_of_stock(event, telling)


def _together(around: Surroundings, handle: Callable[[Any, Telling], Awaitable[None]]) -> Handler:
    """As the kit's `each`, with what the events of a batch share."""

    async def handle_all(events: Sequence[Received[Any]], work: Work) -> None:
        telling = Telling(work, around)
        for event in events:
            try:
                with caused_by(event.cause):
                    await handle(event, telling)
            except Exception as error:
                raise EventFailed(event.id) from error
        await telling.write()

    return handle_all
