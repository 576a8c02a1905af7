"""What other contexts announce: master data is copied, orders are remembered, and partners are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crossdock.catalog.events.v1 import events_pb2 as catalog
from crossdock.procurement.events.v1 import events_pb2 as procurement
from crossdock_kit.events import Received
from crossdock_kit.subscriptions import Subscription, each
from crossdock_kit.unit_of_work import Work

from connector import wire
from connector.ports import Surroundings
from connector.use_cases import remember, tell_partners


def subscriptions(around: Surroundings) -> tuple[Subscription, ...]:
    return (MasterData(around).subscription(), Orders(around).subscription())


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
                procurement.PurchaseOrderReleased: each(self.ordered),
                procurement.PurchaseOrderRevised: each(self.ordered),
                procurement.PurchaseOrderCancelled: each(self.ordered),
                procurement.PurchaseOrderAcknowledged: each(self.confirmed),
                procurement.PurchaseOrderChangeDecided: each(self.confirmed),
                procurement.GoodsReceived: each(self.received),
                procurement.InboundExpected: each(self.expected),
            },
            owner="integration",
        )

    async def ordered(self, event: Received[Any], work: Work) -> None:
        await remember.remember_order(event.tenant, event.message.purchase_order, work)
        await tell_partners.tell_supplier(event, work, self.around)

    async def confirmed(self, event: Received[Any], work: Work) -> None:
        await tell_partners.tell_erp_of_order(event, work, self.around)

    async def received(self, event: Received[procurement.GoodsReceived], work: Work) -> None:
        await tell_partners.tell_erp_of_receipt(event, work, self.around)

    async def expected(self, event: Received[procurement.InboundExpected], work: Work) -> None:
        await tell_partners.tell_warehouse(event, work, self.around)
