"""What procurement, catalog and connector announced, as inventory books it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crossdock.catalog.events.v1 import events_pb2 as catalog
from crossdock.connector.events.v1 import events_pb2 as connector
from crossdock.procurement.events.v1 import events_pb2 as pb
from crossdock.procurement.v1 import inbound_pb2, purchase_order_pb2
from crossdock_kit import dates_wire
from crossdock_kit.events import Received as Event

from inventory.domain.inbound import (
    Announced,
    ClosedShort,
    Confirmed,
    InboundFact,
    OnOrderChange,
    Received,
    Withdrawn,
    part_of,
)
from inventory.domain.item import Item, Location
from inventory.domain.movement import Document, StockKey
from inventory.domain.quantity import Measure, exact
from inventory.domain.rules import Condition, ReceivedFrom
from inventory.domain.supply import Arrival
from inventory.ports import ItemRecord, LocationRecord, Posting
from inventory.use_cases.inbound import BookedReceipt, BookInbound
from inventory.wire.values import decimal_in, instant_in

WithChanges = (
    pb.PurchaseOrderReleased
    | pb.PurchaseOrderRevised
    | pb.PurchaseOrderCancelled
    | pb.PurchaseOrderAcknowledged
    | pb.PurchaseOrderChangeDecided
)
WithOrder = WithChanges | pb.PurchaseOrderCarriageChanged
_CONDITIONS: Mapping[int, Condition] = {
    inbound_pb2.CONDITION_GOOD: Condition.GOOD,
    inbound_pb2.CONDITION_DAMAGED: Condition.DAMAGED,
    inbound_pb2.CONDITION_HOLD: Condition.HOLD,
}


# --- orders


def ordered(events: Sequence[Event[WithOrder]]) -> BookInbound:
    """Changes of what is on order, and the promises as the last event of each order leaves them."""
    facts = tuple(change for event in events for change in _on_order_changes(event))
    last = {(event.tenant, event.message.purchase_order_id): event for event in events}
    confirmed = tuple(promise for event in last.values() for promise in _confirmed(event))
    return BookInbound(facts, tuple(last), confirmed)


def _on_order_changes(event: Event[WithOrder]) -> Iterator[InboundFact]:
    message = event.message
    owner = message.purchase_order.business_unit or event.business_unit
    if isinstance(message, pb.PurchaseOrderCarriageChanged):
        yield from _fetched(event, message.purchase_order.lines, owner)
        return
    for change in _told(message):
        # Goods for somebody else's place stand nowhere in our books.
        if change.ship_to_id:
            document = _document(event, f"purchase_order/{message.number}/{change.line_number}", event.occurred_at)
            key = StockKey(event.tenant, change.sku, change.ship_to_id, owner)
            yield OnOrderChange(key, change.line_id, decimal_in(change.on_order_change), document)


def _fetched(
    event: Event[WithOrder], lines: Iterable[purchase_order_pb2.PurchaseOrderLine], owner: str
) -> Iterator[InboundFact]:
    """Nothing more or less is on order; it may come on another day."""
    for line in lines:
        if not line.drop_ship_party_id:
            document = _document(event, f"purchase_order/{event.message.number}/{line.line_number}", event.occurred_at)
            key = StockKey(event.tenant, line.sku, line.ship_to_id, owner)
            yield OnOrderChange(key, line.line_id, Decimal(0), document)


def _told(message: WithChanges) -> Iterable[pb.LineDelta | pb.ScheduleChange]:
    if isinstance(message, pb.PurchaseOrderAcknowledged | pb.PurchaseOrderChangeDecided):
        return message.changes
    return message.lines


def _confirmed(event: Event[WithOrder]) -> Iterator[Confirmed]:
    order: purchase_order_pb2.PurchaseOrder = event.message.purchase_order
    for line in order.lines:
        for schedule in line.confirmed:
            measure = Measure(exact(schedule.quantity.value), schedule.quantity.unit)
            if measure.value > 0:
                yield Confirmed(
                    event.tenant,
                    event.message.purchase_order_id,
                    line.line_id,
                    schedule.schedule_id,
                    measure,
                    dates_wire.day(schedule, "expected_on") or dates_wire.day(schedule, "date"),
                )


def _document(
    event: Event[WithOrder]
    | Event[pb.ShipNoticeReceived]
    | Event[pb.ShipNoticeWithdrawn]
    | Event[pb.ShipNoticeClosed]
    | Event[pb.InboundExpected]
    | Event[pb.GoodsReceived],
    name: str,
    occurred_at: datetime,
    transaction_id: str = "",
) -> Document:
    return Document(
        name=name,
        occurred_at=occurred_at,
        system=event.origin.system if event.origin else "",
        transaction_id=transaction_id or next(iter(event.transaction_ids), ""),
        cause_id=str(event.id),
    )


# --- ship notices


def announced(events: Sequence[Event[pb.ShipNoticeReceived]]) -> BookInbound:
    return BookInbound(tuple(line for event in events for line, _ in _notice_lines(event, event.message.ship_notice)))


def withdrawn(events: Sequence[Event[pb.ShipNoticeWithdrawn]]) -> BookInbound:
    return BookInbound(
        tuple(
            Withdrawn(line, part_of(line.shipped, received, line.said.value))
            for event in events
            for line, received in _notice_lines(event, event.message.ship_notice)
        )
    )


def _notice_lines(
    event: Event[pb.ShipNoticeReceived] | Event[pb.ShipNoticeWithdrawn], notice: inbound_pb2.ShipNotice
) -> Iterator[tuple[Announced, Decimal]]:
    """Each line with what was received of it by then, in the unit of the line."""
    for line in notice.lines:
        base = decimal_in(line.base_quantity)
        if base == 0:
            continue
        name = f"ship_notice/{notice.number}/{line.line_id}"
        shipped_at = instant_in(notice.shipped_at, event.occurred_at)
        yield (
            Announced(
                key=StockKey(event.tenant, line.sku, notice.ship_to_id, _owner(event, notice, line)),
                notice_id=event.message.ship_notice_id,
                order_line_id=line.purchase_order_line_id,
                shipped=base,
                from_on_order=decimal_in(line.from_on_order) if line.from_on_order else base,
                document=_document(event, name, shipped_at, line.purchase_order_id),
                said=Measure(exact(line.shipped.value), line.shipped.unit),
                due_on=dates_wire.day(notice, "expected_on"),
                ordered_at=line.ordered_at,
            ),
            decimal_in(line.received_quantity),
        )


def arrivals(events: Sequence[Event[pb.InboundExpected]]) -> list[Arrival]:
    """The day that counts of each ship notice; what a warehouse expects of an order has its days from the promises."""
    last = {
        (event.tenant, event.message.reference, event.message.location_id): event
        for event in events
        if event.message.ship_notice_number and event.message.lines
    }
    return [_arrival(event) for event in last.values()]


def _arrival(event: Event[pb.InboundExpected]) -> Arrival:
    message = event.message
    documents = {}
    for line in message.lines:
        owner = line.business_unit or message.business_unit or event.business_unit
        key = StockKey(event.tenant, line.sku, message.location_id, owner)
        name = f"ship_notice/{message.ship_notice_number}"
        documents[key] = _document(event, name, event.occurred_at, line.purchase_order_id)
    due_on = dates_wire.day(message.lines[0], "expected_on")
    return Arrival(event.tenant, message.reference, message.location_id, due_on, documents)


def closed(events: Sequence[Event[pb.ShipNoticeClosed]]) -> BookInbound:
    return BookInbound(
        tuple(
            ClosedShort(
                key=StockKey(
                    event.tenant, short.sku, event.message.ship_to_id, short.business_unit or event.business_unit
                ),
                notice_id=event.message.ship_notice_id,
                order_line_id=short.purchase_order_line_id,
                quantity=exact(short.quantity.value),
                stays_on_order=short.stays_on_order,
                document=_document(
                    event, f"ship_notice/{event.message.number}", event.occurred_at, short.purchase_order_id
                ),
                ordered_at=short.ordered_at,
            )
            for event in events
            for short in event.message.short_lines
        )
    )


# --- receipts


def receipts(
    events: Sequence[Event[pb.GoodsReceived]], locations: Mapping[tuple[str, str], Location]
) -> list[BookedReceipt]:
    """`locations` by tenant and id: some stage what they receive until it is put away."""
    return [_receipt(event, locations.get((event.tenant, event.message.location_id))) for event in events]


def _receipt(event: Event[pb.GoodsReceived], location: Location | None) -> BookedReceipt:
    message = event.message
    put_away = location is not None and location.put_away
    return BookedReceipt(
        tenant=event.tenant,
        business_unit=message.receipt.business_unit or event.business_unit,
        receipt_id=message.receipt_id,
        receipt_number=message.number,
        location_id=message.location_id,
        transaction_ids=event.transaction_ids,
        occurred_at=event.occurred_at,
        cause_id=str(event.id),
        lines=tuple(_receipt_line(event, line, put_away) for line in message.receipt.lines),
    )


def _receipt_line(event: Event[pb.GoodsReceived], line: inbound_pb2.ReceiptLine, put_away: bool) -> Received:
    message = event.message
    owner = _owner(event, message.receipt, line)
    received_at = instant_in(message.receipt.received_at, event.occurred_at)
    document = Document(
        name=f"receipt/{message.number}/{line.line_id}",
        occurred_at=received_at,
        system=message.receipt.system,
        transaction_id=line.purchase_order_id or next(iter(event.transaction_ids), ""),
        posting_key=_posting_key(event, owner),
        cause_id=str(event.id),
    )
    return Received(
        key=StockKey(event.tenant, line.sku, message.location_id, owner),
        order_line_id=line.purchase_order_line_id,
        notice_id=line.ship_notice_id,
        lot=line.lot.number,
        expires_on=dates_wire.day(line.lot, "expires_on"),
        condition=_condition(line),
        put_away=put_away,
        shares=_shares(line),
        said=Measure(exact(line.quantity.value), line.quantity.unit),
        unit=line.base_unit,
        document=document,
        expected_at=line.expected_at,
        serials=tuple(line.serials),
    )


def _posting_key(event: Event[pb.GoodsReceived], owner: str) -> str:
    """Each business unit's ERP posts its own part, under a number of its own."""
    posted = f"receipt/{event.message.receipt_id}"
    return posted if owner == (event.message.receipt.business_unit or event.business_unit) else f"{posted}/{owner}"


def _owner(
    event: Event[Any],
    document: inbound_pb2.ShipNotice | inbound_pb2.Receipt,
    line: inbound_pb2.ShipNoticeLine | inbound_pb2.ReceiptLine,
) -> str:
    """Whose goods they are: one document may serve orders of several business units."""
    return line.business_unit or document.business_unit or event.business_unit


def _condition(line: inbound_pb2.ReceiptLine) -> Condition:
    """What lacks a certificate waits with what the warehouse holds, however good it is."""
    said = _CONDITIONS[line.condition]
    return Condition.HOLD if said is Condition.GOOD and line.missing_certificates else said


def _shares(line: inbound_pb2.ReceiptLine) -> tuple[tuple[ReceivedFrom, Decimal], ...]:
    """What the goods were until then; what procurement left open was ordered by nobody."""
    in_transit, on_order = decimal_in(line.from_in_transit), decimal_in(line.from_on_order)
    beyond = decimal_in(line.base_quantity) - in_transit - on_order
    return (
        (ReceivedFrom.IN_TRANSIT, in_transit),
        (ReceivedFrom.ON_ORDER, on_order),
        (ReceivedFrom.BEYOND_ORDER, beyond),
    )


# --- master data and postings


def items(events: Sequence[Event[catalog.ItemChanged]]) -> list[ItemRecord]:
    return [
        ItemRecord(
            tenant=event.tenant,
            item=Item(
                sku=event.message.sku,
                base_unit=its.base_unit,
                packaging={level.unit: exact(level.base_quantity) for level in its.packaging},
                lot_controlled=its.lot_controlled,
                category=its.category,
                version=event.version,
            ),
            valid_from=dates_wire.day(its, "valid_from") or date.min,
            valid_to=dates_wire.day(its, "valid_to"),
        )
        for event in events
        for its in [event.message.item]
    ]


def locations(events: Sequence[Event[catalog.LocationChanged]]) -> list[LocationRecord]:
    return [
        LocationRecord(
            tenant=event.tenant,
            location=Location(event.message.location_id, its.business_unit, its.put_away, event.version, its.system),
            valid_from=dates_wire.day(its, "valid_from") or date.min,
            valid_to=dates_wire.day(its, "valid_to"),
        )
        for event in events
        for its in [event.message.location]
    ]


POSTED_AGGREGATES = ("receipt/", "stock_adjustment/", "stock_move/")
_TRANSFER = "stock_transfer/"


def _is_posted(aggregate: str) -> bool:
    """Of a transfer warehouses are told too; what the ERP posts of it is one of its parts."""
    return aggregate.startswith(POSTED_AGGREGATES) or (aggregate.startswith(_TRANSFER) and aggregate.count("/") > 1)


def postings(events: Sequence[Event[connector.DocumentSent]]) -> list[Posting]:
    """Numbers that a partner's system gave to what it booked from a receipt, an adjustment or a transfer; empty where
    it said none."""
    return [
        Posting(
            tenant=event.tenant,
            posting_key=event.message.source_aggregate,
            number=event.message.foreign_number,
            partner=event.message.partner,
            posted_on=instant_in(event.message.sent_at, event.occurred_at).date(),
            business_unit=event.business_unit,
        )
        for event in events
        if _is_posted(event.message.source_aggregate)
    ]
