"""x12.180: a customer on EDI asks to send goods back (in), and is answered that it may, or may not (out).

BGN02 is the number of the return. The order stands in PRF01 of the whole, or alike in that of each item; the line of an
item under N9 LI, or in its PRF05. The answer (BGN01 11) says in RDR01 RA or RD, and why not in RDR04.
"""

from __future__ import annotations

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2, return_pb2, return_service_pb2
from crossdock.options.v1 import options_pb2
from crossdock_edi.x12.parts import Note
from crossdock_edi.x12.return_authorization import OrderOfReturn, ReturnAuthorization, ReturnedItem, ReturnReason

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings import x12_customer_parts as customer
from connector.mappings import x12_warehouse_parts as parts
from connector.mappings.model import Command, Inbound, Outbound, Reading, Refusal, Writing
from connector.mappings.return_requests import MOST_LINES, wished

REQUESTS, RESPONSE = frozenset({"00", "13"}), "11"
AUTHORIZED, DENIED = "RA", "RD"
LONGEST_TEXT = 80


def read(document: ReturnAuthorization, reading: Reading) -> Command:
    if reading.partner.role != options_pb2.ROLE_CHANNEL:
        raise DocumentFault("ST", "only a customer sends goods back to us")
    if document.purpose not in REQUESTS:
        raise DocumentFault("BGN01", f"{document.purpose[:8]} asks for no return")
    if not 0 < len(document.lines) <= MOST_LINES:
        raise DocumentFault("BLI", f"a return has 1 to {MOST_LINES} lines")
    order = fulfillment_service_pb2.OrderRef(channel=reading.partner.name, number=_order_of(document))
    lines = [_line(position, each, reading) for position, each in enumerate(document.lines, start=1)]
    return wished(order, document.number.strip()[:64], lines, _reason(document), reading)


def _order_of(document: ReturnAuthorization) -> str:
    said = {each.number.strip() for each in (document.order, *(line.order for line in document.lines)) if each}
    named = said - {""}
    if len(named) != 1:
        raise DocumentFault("PRF01", "the order is missing" if not named else "a return is of one order")
    return named.pop()[:64]


def _line(position: int, line: ReturnedItem, reading: Reading) -> return_service_pb2.WantedBack:
    number = parts.note_of(line.notes, parts.LINE) or (line.order.line.strip() if line.order else "")
    if not number:
        raise DocumentFault(f"BLI {position}", "the line of the order is missing: it stands under N9 LI or in PRF05")
    amount = parts.amount(line.quantity, f"BLI03 of line {number[:32]}")
    unit = reading.codes.unit(line.unit or "EA")
    return return_service_pb2.WantedBack(
        line_number=number[:32], quantity=canonical.quantity(amount, unit, path=f"BLI03 of line {number[:32]}")
    )


def _reason(document: ReturnAuthorization) -> str:
    """The first that is given: its code, and its words."""
    reasons = (document.reason, *(each.reason for each in document.lines))
    said = (f"{each.request} {each.text}".strip() for each in reasons if each)
    return next(filter(None, said), "")[:200]


def write(event: events_pb2.ReturnAuthorized, writing: Writing) -> ReturnAuthorization:
    return ReturnAuthorization(
        purpose=RESPONSE,
        number=event.number,
        written_on=writing.written_at.date(),
        reason=ReturnReason(disposition=AUTHORIZED),
        order=OrderOfReturn(number=event.order_number),
        lines=tuple(_item(each, writing) for each in event.customer_return.lines),
    )


def _item(line: return_pb2.ReturnLine, writing: Writing) -> ReturnedItem:
    codes = writing.codes
    first, *more = customer.item_ids(line.sku, codes)
    return ReturnedItem(
        item_ids=(first,),
        quantity=canonical.exact(line.authorized),
        unit=codes.unit_code(line.authorized.unit),
        more_item_ids=tuple(more),
        notes=(Note(qualifier=parts.LINE, reference=line.line_number),),
    )


def denied(request: ReturnAuthorization, refusal: Refusal) -> ReturnAuthorization | None:
    """None for one without a number."""
    if not request.number.strip():
        return None
    return ReturnAuthorization(
        purpose=RESPONSE,
        number=request.number,
        written_on=refusal.at.date(),
        reason=ReturnReason(disposition=DENIED, text=refusal.reason[:LONGEST_TEXT]),
        order=request.order,
    )


INBOUND = Inbound("x12.180", read)
OUTBOUND = Outbound("x12.180", write)
