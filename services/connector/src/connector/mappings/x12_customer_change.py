"""x12.860 from a customer on EDI, in, and x12.865, out: what it wants of its order from now on, and that it was taken.

POC03 is the new whole quantity of a line; a deleted one (DI) has none. What POC02 calls a change of price, of unit or
of item is refused: an order's line keeps them, and another item is another line. BCH05, the change's number, is
repeated in BCA05. A line that it sends to several places (SDQ), or to another than the change's own ship-to, and what
it takes off or puts on (SAC), is refused. What is refused is answered by an 865 that rejects all of it (BCA02 RJ) and
says why in an MSG, and is the order desk's, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2, sales_order_pb2
from crossdock_edi.x12.order_acknowledgment import LineAcknowledgment
from crossdock_edi.x12.order_change import (
    CHANGE_TYPES,
    ChangedLine,
    PurchaseOrderChange,
    PurchaseOrderChangeAcknowledgment,
)
from crossdock_edi.x12.parts import Note, Totals, date_of, party_of

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings import x12_customer_parts as customer
from connector.mappings import x12_order_parts as parts
from connector.mappings.cancellations import cancelled
from connector.mappings.model import Command, Outbound, Reading, Refusal, Writing
from connector.mappings.x12_customer_charges import refuse_any
from connector.mappings.x12_customer_order import (
    CANCELLATIONS,
    OUR_NUMBERS_FIRST,
    WANTED_ON,
    refuse_another_address,
)

MOST_LINES = 500
CHANGES = frozenset({"", "04", "05"})
"""BCH01: change, replace. What it replaces is named by its lines."""
DELETED, ADDED, UNCHANGED = "DI", "AI", "NC"
TAKEN = frozenset({"QD", "QI", "CA", "CT", "RQ", "RS", DELETED, ADDED})
ACCEPTED, GONE, WITH_DETAIL, ORIGINAL = "IA", "ID", "AC", "00"
REJECTED, NOTES = "RJ", "L1"


def read(document: PurchaseOrderChange, reading: Reading) -> Command:
    number = document.order_number.strip()[:64]
    if not number:
        raise DocumentFault("BCH03", "the number of the order is missing")
    origin = reading.origin(revision=document.change_sequence)
    if document.purpose in CANCELLATIONS:
        return cancelled(number, f"BCH01 {document.purpose}", origin, reading)
    if document.purpose not in CHANGES:
        raise DocumentFault("BCH01", f"{document.purpose[:8]} is no change of an order")
    if len(document.lines) > MOST_LINES:
        raise DocumentFault("POC", f"{len(document.lines)} lines are more than the {MOST_LINES} of one change")
    _refuse_what_stays(document, reading)
    currency = document.currency or str(reading.partner.options.get("currency", ""))
    request = fulfillment_service_pb2.ChangeOrderRequest(
        origin=origin,
        ref=fulfillment_service_pb2.OrderRef(channel=reading.partner.name, number=number),
        lines=[_line(each, currency, reading) for each in document.lines if each.change != UNCHANGED],
        requested_on=canonical.to_day(_wanted_on(document)),
        reason=f"860 {document.change_sequence}".strip()[:200],
        reference=document.change_sequence.strip()[:64],
    )
    if not request.lines and not request.HasField("requested_on"):
        raise DocumentFault("POC", "nothing is changed")
    key = f"order:{number}"
    return Command(request, (), (key,), len(request.lines), sequence=(key,))


def _refuse_what_stays(document: PurchaseOrderChange, reading: Reading) -> None:
    """Where it goes and what is taken off and put on is as it was ordered. A place that the change's own ship-to is, is
    no other."""
    ship_to = party_of(document.parties, customer.SHIP_TO)
    refuse_any(document.charges, "SAC", reading)
    for line in document.lines:
        refuse_any(line.charges, f"SAC of line {line.line or '?'}", reading)
        refuse_another_address(line, ship_to)


def _wanted_on(document: PurchaseOrderChange) -> date | None:
    """The day of the order; where its lines are given days, all of them have to be given one and the same."""
    of_order = date_of(document.dates, *WANTED_ON)
    days = [_day_of(each) for each in document.lines if each.change != DELETED]
    if of_order and of_order.on:
        return of_order.on
    named = {day for day in days if day}
    if len(named) > 1 or (named and not all(days)):
        raise DocumentFault("DTM of POC", "an order is wanted on one day")
    return named.pop() if named else None


def _day_of(line: ChangedLine) -> date | None:
    found = date_of(line.dates, *WANTED_ON)
    return found.on if found and found.on else next((each.on for each in line.schedules if each.on), None)


def _line(line: ChangedLine, currency: str, reading: Reading) -> fulfillment_service_pb2.LineChange:
    path = f"POC of line {line.line or '?'}"
    if not line.line:
        raise DocumentFault("POC01", "the number of a line is missing")
    if line.change not in TAKEN:
        meaning = CHANGE_TYPES.get(line.change, "unknown")
        raise DocumentFault(f"POC02 of line {line.line}", f"{line.change!r} ({meaning}) is none of {', '.join(TAKEN)}")
    quantity = Decimal() if line.change == DELETED else line.quantity
    if quantity is None or quantity < 0 or (not quantity and line.change == ADDED):
        raise DocumentFault(f"POC03 of line {line.line}", "the new quantity is missing, or less than nothing")
    named = line.change == ADDED or bool(line.item_ids)
    sku = parts.resolved_item(line.item_ids, reading.codes, required=named, ranks=OUR_NUMBERS_FIRST) if named else ""
    unit = reading.codes.unit(line.unit or "EA")
    return fulfillment_service_pb2.LineChange(
        line_number=line.line[:32],
        ordered=canonical.quantity(quantity, unit, path=path),
        sku=sku,
        description=next((each.text for each in line.descriptions if each.text), "")[:200],
        price=parts.read_price(line, currency) if line.change == ADDED else None,
    )


def write(event: events_pb2.OrderChanged, writing: Writing) -> PurchaseOrderChangeAcknowledgment:
    order = event.order
    lines = tuple(_answers(event, writing))
    return PurchaseOrderChangeAcknowledgment(
        purpose=ORIGINAL,
        type=WITH_DETAIL,
        order_number=order.number,
        change_sequence=event.reference,
        ordered_on=canonical.from_day(order.ordered_on),
        acknowledged_on=writing.written_at.date(),
        currency_party="SE",
        currency=order.currency,
        parties=customer.ship_to(order.ship_to_code),
        lines=lines,
        totals=Totals(lines=len(lines), hash_total=customer.total([each.quantity or Decimal() for each in lines])),
    )


def _answers(event: events_pb2.OrderChanged, writing: Writing) -> Iterator[ChangedLine]:
    added = frozenset(event.added_lines)
    for line in event.lines:
        quantity = Decimal(line.ordered.value)
        change = ADDED if line.line_number in added else "CA" if quantity else DELETED
        yield _answered(line, change, quantity, writing)


def _answered(line: sales_order_pb2.OrderLine, change: str, quantity: Decimal, writing: Writing) -> ChangedLine:
    codes = writing.codes
    price, basis = customer.unit_price(line.price)
    unit = codes.unit_code(line.ordered.unit)
    taken = LineAcknowledgment(status=ACCEPTED if quantity else GONE, quantity=quantity, unit=unit)
    return ChangedLine(
        line=line.line_number,
        change=change,
        quantity=quantity,
        left_to_receive=quantity,
        unit=unit,
        unit_price=price,
        price_basis=basis,
        item_ids=customer.item_ids(line.ordered_sku or line.sku, codes),
        descriptions=parts.descriptions(line.description),
        acknowledgments=(taken,),
    )


def rejected(change: PurchaseOrderChange, refusal: Refusal) -> PurchaseOrderChangeAcknowledgment | None:
    """None for one that names no order."""
    if not change.order_number.strip():
        return None
    return PurchaseOrderChangeAcknowledgment(
        purpose=ORIGINAL,
        type=REJECTED,
        order_number=change.order_number,
        change_sequence=change.change_sequence,
        ordered_on=change.ordered_on,
        acknowledged_on=refusal.at.date(),
        notes=(Note(qualifier=NOTES, reference="REFUSED", messages=(refusal.reason,)),),
    )


MAPPING = Outbound("x12.865", write)
