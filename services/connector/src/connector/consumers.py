"""What other contexts announce: master data is copied, orders are remembered, and partners are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crossdock.catalog.events.v1 import events_pb2 as catalog
from crossdock.catalog.v1 import master_data_pb2
from crossdock.procurement.events.v1 import events_pb2 as procurement
from crossdock_kit.errors import FailureClass
from crossdock_kit.events import Received
from crossdock_kit.exceptions import NewException
from crossdock_kit.subscriptions import Subscription, each
from crossdock_kit.unit_of_work import Work
from google.type.date_pb2 import Date

from connector.mappings.canonical import from_day
from connector.ports import Surroundings
from connector.store import codes, documents, orders, partners
from connector.store.codes import Entry, Thing
from connector.store.partners import StoredPartner
from connector.use_cases.send import tell

_SINCE_EVER = date(1, 1, 1)
_KINDS = {
    master_data_pb2.CODE_KIND_ITEM: "item",
    master_data_pb2.CODE_KIND_UNIT: "unit",
    master_data_pb2.CODE_KIND_LOCATION: "location",
    master_data_pb2.CODE_KIND_PARTY: "party",
    master_data_pb2.CODE_KIND_CODE: "code",
}


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
        await self._things(work, [_item(event.tenant, event.message.item) for event in events])

    async def locations(self, events: Sequence[Received[catalog.LocationChanged]], work: Work) -> None:
        found = [
            Thing(
                event.tenant,
                "location",
                event.message.location.location_id,
                _numbers(event.message.location.gln),
                valid_from=_from(event.message.location.valid_from),
                valid_to=from_day(event.message.location.valid_to),
            )
            for event in events
        ]
        await self._things(work, found)

    async def parties(self, events: Sequence[Received[catalog.PartyChanged]], work: Work) -> None:
        found = [
            Thing(
                event.tenant,
                "party",
                event.message.party.party_id,
                _numbers(event.message.party.gln, event.message.party.duns),
                valid_from=_from(event.message.party.valid_from),
                valid_to=from_day(event.message.party.valid_to),
            )
            for event in events
        ]
        await self._things(work, found)

    async def crosswalk(self, events: Sequence[Received[catalog.CrosswalkChanged]], work: Work) -> None:
        entries = [_entry(event.tenant, entry) for event in events for entry in event.message.entries]
        await codes.put_entries(work.driver, entries)
        await self._wake(work)

    async def _things(self, work: Work, things: list[Thing]) -> None:
        await codes.put_things(work.driver, things)
        await self._wake(work)

    async def _wake(self, work: Work) -> None:
        await documents.wake_waiting(work.driver, work.tenants)
        work.after_commit(self.around.nudge)


def _item(tenant: str, item: master_data_pb2.Item) -> Thing:
    return Thing(
        tenant,
        "item",
        item.sku,
        _numbers(item.gtin, *(level.gtin for level in item.packaging)),
        item.base_unit,
        {level.unit: level.base_quantity for level in item.packaging},
        _from(item.valid_from),
        from_day(item.valid_to),
    )


def _entry(tenant: str, entry: master_data_pb2.CrosswalkEntry) -> Entry:
    return Entry(
        tenant,
        entry.partner,
        _KINDS[entry.kind],
        entry.list,
        entry.partner_code,
        entry.canonical,
        _from(entry.valid_from),
        from_day(entry.valid_to),
    )


def _numbers(*numbers: str) -> tuple[str, ...]:
    return tuple(number for number in numbers if number)


def _from(day: Date) -> date:
    return from_day(day) or _SINCE_EVER


Find = Callable[[Received[Any], Work], Awaitable[list[StoredPartner]]]


@dataclass(frozen=True, slots=True)
class Orders:
    """Procurement's facts: each is told to the partners that its profile lets know."""

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
        """The supplier is told; 850 and 860 of one order never overtake each other."""
        order = event.message.purchase_order
        await orders.learn(
            work.driver,
            tenant=event.tenant,
            purchase_order_id=order.purchase_order_id,
            business_unit=order.business_unit,
            number=order.number,
            supplier_id=order.supplier_id,
            revision=order.revision,
        )
        found = await partners.of_supplier(work.driver, event.tenant, order.supplier_id)
        await self._tell(event, found, work, f"po:{order.purchase_order_id}", f"supplier {order.supplier_id}")

    async def confirmed(self, event: Received[Any], work: Work) -> None:
        order = event.message.purchase_order
        found = await partners.of_business_unit(work.driver, event.tenant, order.business_unit)
        await self._tell(event, found, work, f"po:{order.purchase_order_id}", f"ERP of {order.business_unit}")

    async def received(self, event: Received[procurement.GoodsReceived], work: Work) -> None:
        unit = event.message.receipt.business_unit or event.business_unit
        found = await partners.of_business_unit(work.driver, event.tenant, unit)
        await self._tell(event, found, work, f"receipt:{event.message.receipt_id}", f"ERP of {unit}")

    async def expected(self, event: Received[procurement.InboundExpected], work: Work) -> None:
        fact = event.message
        found = await partners.of_location(work.driver, event.tenant, fact.location_id)
        ordering = f"expected:{fact.reference}:{fact.location_id}"
        await self._tell(event, found, work, ordering, f"WMS of {fact.location_id}")

    async def _tell(
        self, event: Received[Any], found: list[StoredPartner], work: Work, ordering: str, wanted: str
    ) -> None:
        for stored in found:
            await tell(event, stored, work, self.around, ordering)
        if not found:
            work.raise_exception(_nobody(event, wanted))


def _nobody(event: Received[Any], wanted: str) -> NewException:
    """Somebody has to be told and there is no partner: without this the order would silently stay with us."""
    return NewException(
        tenant=event.tenant,
        failure_class=FailureClass.BUSINESS,
        code="NO_PARTNER",
        summary=f"no partner is configured as {wanted}; {event.message.DESCRIPTOR.name} was not told",
        owner="integration",
        subject=f"{event.aggregate_type}/{event.aggregate_id}",
        transaction_ids=event.transaction_ids,
        keys=event.keys,
        dedupe_key=f"NO_PARTNER:{wanted}:{event.aggregate_id}",
    )
