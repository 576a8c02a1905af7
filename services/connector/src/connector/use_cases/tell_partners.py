"""Who has to hear of a fact: the order's supplier or customer, the business unit's ERP, the location's WMS."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crossdock.connector.v1 import partner_pb2
from crossdock.delivery.v1 import shipment_pb2
from crossdock.inventory.events.v1 import events_pb2 as stock_events
from crossdock.inventory.v1 import stock_transfer_pb2
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import purchase_order_pb2
from crossdock_kit.errors import FailureClass
from crossdock_kit.events import Received
from crossdock_kit.exceptions import NewException

from connector.mappings import json_inbound_booking_request, registry
from connector.store import partners
from connector.store.partners import StoredPartner
from connector.use_cases import business_units
from connector.use_cases.telling import Telling
from connector.use_cases.vocabulary import partner_of

_OFFICE = frozenset({options_pb2.ROLE_ERP, options_pb2.ROLE_CRM})

_EXPECTED_TRANSFER = ("wms_a.expected_transfer", "x12.943")
ON_THE_ROAD = "intercept_or_return"


async def tell_supplier(event: Received[Any], telling: Telling) -> None:
    """850 and 860 of one order never overtake each other."""
    order = event.message.purchase_order
    found = await telling.supplier(event.tenant, order.supplier_id)
    _tell(event, found, telling, f"po:{order.purchase_order_id}", f"supplier {order.supplier_id}")


async def tell_erp_of_order(event: Received[Any], telling: Telling) -> None:
    order = event.message.purchase_order
    found = await telling.erp(event.tenant, order.business_unit)
    _tell(event, found, telling, f"po:{order.purchase_order_id}", f"ERP of {order.business_unit}")


async def ask_for_carriage(event: Received[Any], telling: Telling) -> None:
    """Whoever arranges the business unit's carriage, of an order that is ours to fetch, once its supplier has promised
    something; after that of all that becomes of it, the newest alone."""
    order = event.message.purchase_order
    if not (order.acknowledged_revision and json_inbound_booking_request.buyer_carries(order)):
        return
    for stored in await telling.carriage(event.tenant, order.business_unit):
        ordering = f"carriage:{order.purchase_order_id}"
        telling.tell(event, stored, ordering, replaces=True, kinds=(registry.CARRIAGE,))


async def chase_answer(event: Received[Any], telling: Telling) -> None:
    """First the supplier is reminded, behind the order itself; then the buyer hears of it in the ERP. The last step is
    an exception of procurement's, of which nobody else is told."""
    match event.message.step:
        case purchase_order_pb2.CHASE_STEP_REMINDED:
            await tell_supplier(event, telling)
        case purchase_order_pb2.CHASE_STEP_ESCALATED:
            await tell_erp_of_order(event, telling)


async def tell_erp_of_receipt(event: Received[Any], telling: Telling) -> None:
    """Each business unit's ERP of what it ordered."""
    for unit, part in business_units.receipt_parts(event):
        own = unit == (event.message.receipt.business_unit or event.business_unit)
        found = await telling.erp(event.tenant, unit)
        ordering = f"receipt:{event.message.receipt_id}"
        _tell(part, found, telling, ordering, f"ERP of {unit}", part="" if own else unit)


async def tell_erp_of_match(event: Received[Any], telling: Telling) -> None:
    """Each business unit's ERP of what it ordered. An invoice that names no order of ours has no business unit yet, and
    so no ERP: its exception has an owner."""
    invoice = event.message.supplier_invoice
    if not any(line.purchase_order_id for line in invoice.lines):
        return
    for unit, part in business_units.invoice_parts(event):
        found = await telling.erp(event.tenant, unit)
        own = unit == invoice.business_unit
        ordering = f"invoice:{event.message.invoice_id}"
        _tell(part, found, telling, ordering, f"ERP of {unit}", part="" if own else unit)


async def tell_erp_of_adjustment(event: Received[Any], telling: Telling) -> None:
    """What the ERP posts of one place never overtakes. Whoever said it has it in its books, and is not told its own
    word."""
    found = await telling.erp(event.tenant, event.business_unit)
    place = event.message.movements[0].location_id
    others = [each for each in found if not _said_it(each, event)]
    if others or not found:
        _tell(event, others, telling, f"stock:{event.business_unit}:{place}", f"ERP of {event.business_unit}")


async def tell_of_transfer(event: Received[Any], telling: Telling) -> None:
    """The ERP posts what left and each receipt, where its profile takes them and unless it said so itself; the place
    that goods are under way to learns what to expect."""
    fact = event.message
    transfer = fact.transfer
    ordering = f"transfer:{transfer.business_unit}:{transfer.number}"
    sent = isinstance(fact, stock_events.StockTransferSent)
    part = "sent" if sent else f"received/{fact.number}"
    for stored in await telling.erp(event.tenant, event.business_unit):
        if not (sent and _said_it(stored, event)):
            telling.tell(event, stored, ordering, kinds=("json.stock_transfer",), part=part)
    if sent and transfer.state == stock_transfer_pb2.TRANSFER_STATE_IN_TRANSIT:
        for stored in await telling.warehouse(event.tenant, transfer.to_location_id):
            telling.tell(event, stored, ordering, kinds=_EXPECTED_TRANSFER)


async def tell_warehouse(event: Received[Any], telling: Telling) -> None:
    fact = event.message
    found = await telling.warehouse(event.tenant, fact.location_id)
    ordering = f"expected:{fact.reference}:{fact.location_id}"
    _tell(event, found, telling, ordering, f"WMS of {fact.location_id}")


async def ask_for_appointment(event: Received[Any], telling: Telling) -> None:
    """A warehouse that gives appointments is asked for one by every ship notice whose goods it will receive, and told
    when the shipment does not come; one that takes no such question plans its dock by what it is told to expect."""
    notice = event.message.ship_notice
    if isinstance(event.message, events_pb2.ShipNoticeWithdrawn) and event.message.replaced:
        return  # The truck is the same: the notice that replaces this one asks again, under the same number.
    if any(Decimal(line.base_quantity or "0") > 0 for line in notice.lines):
        for stored in await telling.warehouse(event.tenant, notice.ship_to_id):
            telling.tell(event, stored, f"appointment:{notice.ship_notice_id}")


async def tell_carriage(event: Received[Any], telling: Telling) -> None:
    """A shipment without a carrier is offered to whoever takes offers; who planned it itself is not told. Where nobody
    takes any, a desk assigns the carrier, and the shipment's deadline tells it to."""
    shipment = event.message.shipment
    if shipment.carrier or shipment.state != shipment_pb2.SHIPMENT_STATE_PLANNED:
        return
    for stored in await telling.carriage(event.tenant, shipment.business_unit):
        if not _said_it(stored, event):
            telling.tell(event, stored, f"shipment:{shipment.shipment_id}")


async def call_off_carriage(event: Received[Any], telling: Telling) -> None:
    """Whoever was offered a shipment is told that it is to be carried no further, behind the offer. A load tender by
    204 can be withdrawn and cancelled, and has no word for what is on the road: there the exception is all."""
    shipment = event.message.shipment
    on_the_road = shipment.call_off.command == ON_THE_ROAD
    kinds = ("json.load_tender",) if on_the_road else ()
    for stored in await telling.carriage(event.tenant, shipment.business_unit):
        telling.tell(event, stored, f"shipment:{shipment.shipment_id}", kinds=kinds)


async def ask_to_pick(event: Received[Any], telling: Telling) -> None:
    """What concerns one order at one place never overtakes."""
    fact = event.message
    found = await telling.warehouse(event.tenant, fact.location_id)
    _tell(event, found, telling, f"order:{fact.order_id}:{fact.location_id}", f"WMS of {fact.location_id}")


async def ask_to_post(event: Received[Any], telling: Telling) -> None:
    """What the ERP posts of one order never overtakes."""
    unit = event.message.posting.business_unit
    found = await telling.erp(event.tenant, unit)
    _tell(event, found, telling, f"order:{event.message.order_id}", f"ERP of {unit}")


async def ask_to_check(event: Received[Any], telling: Telling) -> None:
    """Whoever of the business unit's partners takes this kind of check. A silent one keeps no other waiting."""
    fact = event.message
    unit, kind = fact.order.business_unit, registry.CHECKS[fact.kind]
    found = await telling.asked(event.tenant, unit, kind)
    for stored in found:
        telling.tell(event, stored, f"check:{fact.check_id}", kinds=(kind,))
    if not found:
        telling.work.raise_exception(_nobody(event, f"{kind} of {unit}"))


async def ask_to_allocate(event: Received[Any], telling: Telling) -> None:
    """The warehouse of the place that allocates, or whoever else of the business unit's partners takes the question.
    What concerns one part of an order never overtakes."""
    fact = event.message
    if fact.allocator == options_pb2.ROLE_WMS:
        asked = await telling.warehouse(event.tenant, fact.location_id)
        wanted = f"WMS of {fact.location_id}"
    else:
        asked = await telling.asked(event.tenant, fact.order.business_unit, registry.ALLOCATION)
        asked = [each for each in asked if each.profile.role != options_pb2.ROLE_WMS]
        wanted = f"{options_pb2.Role.Name(fact.allocator).removeprefix('ROLE_')} of {fact.order.business_unit}"
    out, taken = partner_pb2.DIRECTION_OUT, (registry.ALLOCATION,)
    found = [each for each in asked if partners.route_of(each.profile, taken, out)]
    _tell(event, found, telling, f"allocation:{fact.order_id}:{fact.part}", f"{registry.ALLOCATION} to {wanted}")


async def tell_customer(event: Received[Any], telling: Telling) -> None:
    """What a channel takes of a fact about an order of its; one that takes nothing of it tells its customers itself."""
    fact = event.message
    for stored in await telling.channel(event.tenant, fact.channel):
        telling.tell(event, stored, f"order:{fact.order_id}")


async def tell_customer_of_return(event: Received[Any], telling: Telling) -> None:
    """That it may come. An answer is only for who asked: a carrier brings things back, too."""
    fact = event.message
    for stored in await telling.channel(event.tenant, fact.channel):
        told = registry.TELLS["ReturnAuthorized"]
        kinds = told if _said_it(stored, event) else tuple(each for each in told if each != registry.RETURN_ANSWER)
        telling.tell(event, stored, f"order:{fact.order_id}", kinds=kinds)


async def tell_customer_of_credit(event: Received[Any], telling: Telling) -> None:
    """By the document for it, or by an invoice's own where the profile calls that a credit memo."""
    fact = event.message
    for stored in await telling.channel(event.tenant, fact.channel):
        kinds = [
            each
            for each in registry.TELLS["CreditIssued"]
            if each != registry.CREDIT_MEMO or _takes_credit_memos(stored.profile)
        ]
        telling.tell(event, stored, f"order:{fact.order_id}", kinds=kinds)


def _takes_credit_memos(profile: partner_pb2.PartnerProfile) -> bool:
    route = partners.route_of(profile, (registry.CREDIT_MEMO,), partner_pb2.DIRECTION_OUT)
    return route is not None and partner_of(profile, route).options.get("creditMemo") is True


async def tell_office_of_road(event: Received[Any], telling: Telling) -> None:
    """The business unit's ERP and customer service, where they ask for it, and are not the order's own channel."""
    fact = event.message
    for stored in await telling.asked(event.tenant, event.business_unit, registry.ORDER_STATUS):
        profile = stored.profile
        if profile.role in _OFFICE and profile.partner != fact.channel:
            telling.tell(event, stored, f"status:{fact.order_id}", kinds=(registry.ORDER_STATUS,))


async def tell_customer_of_cancellation(event: Received[Any], telling: Telling) -> None:
    """Whoever cancelled it itself knows. Of a document that acknowledges lines only what was acknowledged is told anew:
    else its first one is still to come, and says it."""
    fact = event.message
    told = registry.TELLS["OrderLinesCancelled"]
    fitting = told if fact.lines else tuple(each for each in told if each != registry.ACKNOWLEDGMENT)
    for stored in await telling.channel(event.tenant, fact.channel):
        if not _said_it(stored, event):
            telling.tell(event, stored, f"order:{fact.order_id}", kinds=fitting)


async def tell_customers_of_goods(event: Received[Any], telling: Telling) -> None:
    """A goods issue or a supplier's shipment may hold orders of several channels: each is told of its own. Where
    nothing of it has left now nobody is."""
    if not event.message.lines:
        return
    first: dict[str, str] = {}
    for each in event.message.orders:
        first.setdefault(each.channel, each.order_id)
    for channel, order_id in first.items():
        for stored in await telling.channel(event.tenant, channel):
            telling.tell(event, stored, f"order:{order_id}")


async def tell_of_stock(event: Received[Any], telling: Telling) -> None:
    """What may be promised, to the channels that ask to be told and to planning; of one item at one place the newest
    alone."""
    fact = event.message
    for stored in await telling.asked(event.tenant, fact.business_unit, registry.AVAILABILITY):
        telling.tell(event, stored, f"availability:{fact.sku}:{fact.location_id}", replaces=True)


def _tell(
    event: Received[Any], found: list[StoredPartner], telling: Telling, ordering: str, wanted: str, *, part: str = ""
) -> None:
    """`wanted` says in words who is looked for."""
    for stored in found:
        telling.tell(event, stored, ordering, part=part)
    if not found:
        telling.work.raise_exception(_nobody(event, wanted))


def _nobody(event: Received[Any], wanted: str) -> NewException:
    """Somebody has to be told and there is no partner: without this the fact would silently stay with us."""
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


def _said_it(stored: StoredPartner, event: Received[Any]) -> bool:
    """Whether a fact came from this partner; what no document of a system caused came from none."""
    said_by = event.origin.system if event.origin else ""
    return bool(said_by) and said_by in (stored.profile.partner, stored.profile.system)
