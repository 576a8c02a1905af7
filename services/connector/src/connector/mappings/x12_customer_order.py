"""x12.850 from a customer on EDI: what it orders of us is a sales order of the channel that the customer is.

The same capture as a shop's order, with one difference: nobody has told the customer that it stands, our 855 does. Who
receives it is personal data: it goes into the command, and into no key, fault or finding.
"""

from __future__ import annotations

from datetime import date

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2, sales_order_pb2
from crossdock_edi.x12.order_change import ChangedLine
from crossdock_edi.x12.parts import Contact, Party, date_of, party_of
from crossdock_edi.x12.purchase_order import OrderLine, PurchaseOrder

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings import x12_order_parts as parts
from connector.mappings.cancellations import cancelled
from connector.mappings.model import Command, Reading
from connector.mappings.sales_orders import placed
from connector.mappings.shop_order import SAME_DAY
from connector.mappings.x12_customer_charges import billed

ORIGINALS = frozenset({"", "00", "07"})
"""BEG01: what is an order, and no change of one. A duplicate is recognised by its number."""
CANCELLATIONS = frozenset({"01", "03"})
SHORTAGE = {"N": sales_order_pb2.SHORTAGE_RULE_CANCEL, "SC": sales_order_pb2.SHORTAGE_RULE_SHIP_COMPLETE}
"""CSH01: no backorder, ship complete. What a customer says of neither waits for supply."""
WANTED_ON = ("002", "010", "063")
OUR_NUMBERS_FIRST = (parts.SUPPLIER_ITEM, parts.GTIN, parts.OWN_ITEM)
"""To a customer we are the vendor: its own number comes last, because it may look like one of ours."""


def read(document: PurchaseOrder, reading: Reading) -> Command:
    if document.purpose in CANCELLATIONS and document.number:
        return cancelled(document.number[:64], f"BEG01 {document.purpose}", reading.origin(), reading)
    _refuse_what_is_no_order(document)
    partner = reading.partner
    currency = document.currency or str(partner.options.get("currency", ""))
    if not currency:
        raise DocumentFault("CUR02", "the currency is missing, and the partner's profile names none")
    ship_to = party_of(document.parties, "ST")
    bill = billed(document, currency, reading)
    lines = [
        _line(each, position, price, reading)
        for position, (each, price) in enumerate(zip(document.lines, bill.prices, strict=True), start=1)
    ]
    for each in document.lines:
        refuse_another_address(each, ship_to)
    terms = fulfillment_service_pb2.OrderTerms(
        business_unit=partner.business_unit,
        channel=partner.name,
        number=document.number[:64],
        customer_id=partner.party_id,
        currency=currency,
        ordered_on=canonical.to_day(document.ordered_on),
        requested_on=canonical.to_day(_wanted_on(document)),
        same_day=_same_day(document, reading),
        shortage=_shortage(document),
        charges=bill.charges,
        consignee=_consignee(ship_to) if ship_to else None,
        customer_order_number=document.number[:64],
        ship_to_code=f"{ship_to.id_qualifier}:{ship_to.id}" if ship_to and ship_to.id else "",
    )
    return placed(reading.origin(revision=document.release), terms, lines, "PO1")


def _refuse_what_is_no_order(document: PurchaseOrder) -> None:
    if document.purpose not in ORIGINALS:
        raise DocumentFault("BEG01", f"{document.purpose[:8]} is no original order")
    if not document.number:
        raise DocumentFault("BEG03", "the number of the order is missing")
    if document.ordered_on is None:
        raise DocumentFault("BEG05", "the date of the order is missing")
    if not document.lines:
        raise DocumentFault("PO1", "an order has at least one line")


def refuse_another_address(line: OrderLine | ChangedLine, of_order: Party | None) -> None:
    """An order has one address: rather none of it than a line of it to the wrong place. Raises DocumentFault."""
    own = party_of(line.parties, "ST")
    if own is not None and (of_order is None or (own.id, own.name) != (of_order.id, of_order.name)):
        raise DocumentFault(f"N1 of line {line.line or '?'}", "the line goes to another address than its order")
    places = {place.id for each in line.destinations for place in each.places}
    if places and (of_order is None or places != {of_order.id}):
        raise DocumentFault(f"SDQ of line {line.line or '?'}", "the line goes to another address than its order")


def _wanted_on(document: PurchaseOrder) -> date | None:
    """The day of the order, else the earliest of its lines."""
    of_order = date_of(document.dates, *WANTED_ON)
    if of_order and of_order.on:
        return of_order.on
    dated = [found.on for line in document.lines if (found := date_of(line.dates, *WANTED_ON)) and found.on]
    return min((*dated, *(each.on for line in document.lines for each in line.schedules if each.on)), default=None)


def _same_day(document: PurchaseOrder, reading: Reading) -> bool:
    meanings = reading.partner.table("shipping", {})
    return any(meanings.get(each.service_level) == SAME_DAY for each in document.carriers)


def _shortage(document: PurchaseOrder) -> sales_order_pb2.ShortageRule.ValueType:
    said = (SHORTAGE.get(each.code) for each in document.sales_requirements)
    return next(filter(None, said), sales_order_pb2.SHORTAGE_RULE_BACKORDER)


def _line(
    line: OrderLine, position: int, price: values_pb2.UnitPrice | None, reading: Reading
) -> fulfillment_service_pb2.OrderedLine:
    number = line.line or str(position)
    if line.quantity is None or line.quantity <= 0:
        raise DocumentFault(f"PO102 of line {number}", "the quantity is missing, or nothing is ordered")
    sku = parts.resolved_item(line.item_ids, reading.codes, required=True, ranks=OUR_NUMBERS_FIRST)
    if not sku:
        raise DocumentFault(f"PO1 of line {number}", "no item is named")
    unit = reading.codes.unit(line.unit or "EA")
    return fulfillment_service_pb2.OrderedLine(
        line_number=number[:32],
        sku=sku,
        description=line.description[:200],
        ordered=canonical.quantity(line.quantity, unit, path=f"PO102 of line {number}"),
        price=price,
    )


def _consignee(ship_to: Party) -> sales_order_pb2.Consignee:
    """A store that is named by its number alone stands there as that number: its address is known to who delivers."""
    country = ship_to.country.strip().upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise DocumentFault("N404 of the ship-to", "is no country of two letters")
    streets = [each.strip()[:100] for each in ship_to.address_lines]
    return sales_order_pb2.Consignee(
        name=" ".join(ship_to.more_names)[:100],
        company=(ship_to.name or ship_to.id)[:100],
        address_lines=[each for each in streets if each],
        postal_code=ship_to.postal_code[:20],
        city=ship_to.city[:100],
        region=ship_to.region[:100],
        country=country,
        phone=_number_of(ship_to.contacts, "TE")[:40],
        email=_number_of(ship_to.contacts, "EM")[:254],
    )


def _number_of(contacts: tuple[Contact, ...], qualifier: str) -> str:
    """Telephone or mail of the first contact that has one."""
    pairs = (
        pair
        for each in contacts
        for pair in (
            (each.first_qualifier, each.first_number),
            (each.second_qualifier, each.second_number),
            (each.third_qualifier, each.third_number),
        )
    )
    return next((number for found, number in pairs if found == qualifier), "")
