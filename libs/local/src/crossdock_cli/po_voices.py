"""What each system says of a purchase order at this moment: ERP, supplier, warehouses, the partners that were told, and
Crossdock itself. They differ where one knows more than another.

Pure: what was asked of the services comes in, sentences go out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.procurement.v1 import inbound_pb2, supplier_invoice_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb

from crossdock_cli.po_tables import (
    condition,
    day,
    instant,
    invoice_kind,
    invoice_state,
    name_of,
    notice_state,
    order_state,
)

Said = tuple[str, str]
"""Who says it, and what."""


def voices(found: pb.GetPurchaseOrderResponse, told: Iterable[ops.Delivery]) -> list[Said]:
    return [
        *_erp(found),
        *_supplier(found),
        *_carriers(found),
        *_payers(found),
        *_warehouses(found),
        *_told(told),
        ("Crossdock", order_state(found.purchase_order)),
    ]


def _erp(found: pb.GetPurchaseOrderResponse) -> Iterator[Said]:
    order = found.purchase_order
    made = [each for each in found.documents if each.revision]
    written = f", last changed {instant(made[-1].occurred_at)}" if made else ""
    for each in order.system_numbers:
        if each.number == order.number:
            yield each.system, f"{order.number} ordered on {day(order.ordered_on)}, revision {order.revision}{written}"
        else:
            yield each.system, f"calls it {each.number}"


def _supplier(found: pb.GetPurchaseOrderResponse) -> Iterator[Said]:
    order, who = found.purchase_order, found.purchase_order.supplier_id
    late = f", not yet revision {order.revision}" if order.acknowledged_revision < order.revision else ""
    answered = f"answered revision {order.acknowledged_revision}{late}" if order.acknowledged_revision else "no answer"
    yield who, answered
    for notice in found.ship_notices:
        due = f", expected {day(notice.expected_on)}" if notice.expected_on.year else ""
        yield who, f"ASN {notice.number}: {notice_state(notice)}{due}"
    for invoice in found.supplier_invoices:
        total = f"{invoice.total.amount} {invoice.total.currency}"
        named = f"{invoice_kind(invoice)} {invoice.number} of {day(invoice.invoiced_on)}"
        yield who, f"{named}, {total}: {invoice_state(invoice)}"


def _carriers(found: pb.GetPurchaseOrderResponse) -> Iterator[Said]:
    booking = found.purchase_order.inbound_booking
    if booking.number:
        said = order_pb.BookingState.Name(booking.state).removeprefix("BOOKING_STATE_").lower()
        comes = f", comes on {day(booking.expected_on)}" if booking.HasField("expected_on") else ""
        yield booking.system, f"booking {booking.number} {said}{comes}"
    for notice in found.ship_notices:
        if notice.HasField("carrier_eta"):
            yield notice.carrier_eta.system, f"ASN {notice.number} comes on {day(notice.carrier_eta.expected_on)}"


def _payers(found: pb.GetPurchaseOrderResponse) -> Iterator[Said]:
    """What the ERPs decided on its invoices."""
    for invoice in found.supplier_invoices:
        for each in invoice.verdicts:
            verdict = name_of(supplier_invoice_pb2.Verdict.Name(each.verdict), "VERDICT_")
            said = " ".join(filter(None, (verdict, each.number and f"as {each.number}")))
            reason = f": {each.reason}" if each.reason else ""
            yield each.system, f"invoice {invoice.number} {said}{reason}, {instant(each.given_at)}"


def _warehouses(found: pb.GetPurchaseOrderResponse) -> Iterator[Said]:
    """What was counted for this order, of receipts that may serve others too."""
    own = {line.line_id for line in found.purchase_order.lines}
    for receipt in found.receipts:
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for line in receipt.lines:
            if line.purchase_order_line_id in own:
                sums[condition(line), line.quantity.unit] += Decimal(line.quantity.value)
        words = ", ".join(f"{amount.normalize():f} {unit} {state}" for (state, unit), amount in sums.items())
        yield _place(receipt), f"receipt {receipt.number} of {instant(receipt.received_at)}: {words or 'nothing of it'}"


def _place(receipt: inbound_pb2.Receipt) -> str:
    return receipt.system or receipt.location_id


def _told(deliveries: Iterable[ops.Delivery]) -> Iterator[Said]:
    """Per partner and kind of document: how many, what became of them, and the numbers that it gave back. A delivery to
    another service is a command and no document: its kind begins with that service."""
    states: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    numbers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in deliveries:
        if each.kind.partition(".")[0] == each.partner:
            continue
        states[each.partner, each.kind][each.state] += 1
        if each.foreign_number:
            numbers[each.partner, each.kind].append(each.foreign_number)
    for (partner, kind), counted in states.items():
        words = ", ".join(f"{count} {state}" for state, count in counted.items())
        given = ", ".join(numbers[partner, kind])
        yield partner, f"was sent {kind}: {words}{f'; gave number {given}' if given else ''}"
