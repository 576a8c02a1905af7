"""x12.855, out: a customer is told of each line of its order what it gets: held, waiting for supply, or not at all.

A line that is held in part has an ACK for each part, and together they are what was ordered. Where another item is held
than was ordered, PO1 names what was ordered and ACK what goes out. Where lines are cancelled after that, another 855
says how these stand now.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import sales_order_pb2
from crossdock_edi.x12.order_acknowledgment import AcknowledgedLine, LineAcknowledgment, PurchaseOrderAcknowledgment
from crossdock_edi.x12.parts import Charge, Totals

from connector.mappings import canonical
from connector.mappings import x12_customer_parts as customer
from connector.mappings import x12_order_parts as parts
from connector.mappings.model import Outbound, Writing

ORIGINAL, CONFIRMATION, CURRENT_DELIVERY = "00", "06", "067"
ACCEPTED, RESCHEDULED, BACKORDERED, REJECTED, SUBSTITUTED = "IA", "DR", "IB", "IR", "IS"
UNCHANGED, CHANGED, NOTHING = "AD", "AC", "RD"
_WAITING = frozenset(
    sales_order_pb2.ScheduleState.Value(f"SCHEDULE_STATE_{name}")
    for name in ("RECEIVED", "VALIDATING", "EXCEPTION", "ACCEPTED", "BACKORDERED")
)
_DROPPED = frozenset({sales_order_pb2.SCHEDULE_STATE_CANCELLED, sales_order_pb2.SCHEDULE_STATE_REJECTED})


Answered = events_pb2.OrderAcknowledged | events_pb2.OrderLinesCancelled


def write(event: Answered, writing: Writing) -> PurchaseOrderAcknowledgment:
    order = event.order
    lines = tuple(_line(each, order, writing) for each in event.lines)
    first = isinstance(event, events_pb2.OrderAcknowledged)
    return PurchaseOrderAcknowledgment(
        purpose=ORIGINAL if first else CONFIRMATION,
        type=_type(lines) if first or order.state == sales_order_pb2.ORDER_STATE_CANCELLED else CHANGED,
        order_number=order.number,
        ordered_on=canonical.from_day(order.ordered_on),
        acknowledged_on=writing.written_at.date(),
        currency_party="SE",
        currency=order.currency,
        charges=_charges(event, writing),
        parties=customer.ship_to(order.ship_to_code),
        lines=lines,
        totals=Totals(lines=len(lines), hash_total=customer.total([each.quantity or Decimal() for each in lines])),
    )


def _charges(event: Answered, writing: Writing) -> tuple[Charge, ...]:
    """What is paid besides the goods, said once of an order, however many parts it has."""
    if not isinstance(event, events_pb2.OrderAcknowledged) or event.part > 1:
        return ()
    return tuple(Charge(**customer.charge(each, writing)) for each in event.order.charges)


def _type(lines: tuple[AcknowledgedLine, ...]) -> str:
    codes = {each.status for line in lines for each in line.acknowledgments}
    return UNCHANGED if codes <= {ACCEPTED} else NOTHING if codes == {REJECTED} else CHANGED


def _line(line: sales_order_pb2.OrderLine, order: sales_order_pb2.SalesOrder, writing: Writing) -> AcknowledgedLine:
    codes = writing.codes
    price, basis = customer.unit_price(line.price)
    return AcknowledgedLine(
        line=line.line_number,
        quantity=Decimal(line.ordered.value),
        unit=codes.unit_code(line.ordered.unit),
        unit_price=price,
        price_basis=basis,
        item_ids=customer.item_ids(line.ordered_sku or line.sku, codes),
        descriptions=parts.descriptions(line.description),
        acknowledgments=tuple(_answers(line, order, writing)),
    )


def _answers(
    line: sales_order_pb2.OrderLine, order: sales_order_pb2.SalesOrder, writing: Writing
) -> Iterator[LineAcknowledgment]:
    codes, wished = writing.codes, line.ordered.unit
    base_unit = line.schedules[0].quantity.unit if line.schedules else wished
    found = _sums(line, order)
    in_base = customer.in_base(wished, base_unit, line.sku, codes)
    missing = Decimal(line.ordered.value) * in_base - sum(found.values()) if in_base else Decimal()
    if missing > 0:
        found[REJECTED, None] = missing
    for (status, on), value in found.items():
        amount, unit = customer.in_unit(value, base_unit, wished, line.sku, codes)
        yield LineAcknowledgment(
            status=status,
            quantity=amount,
            unit=codes.unit_code(unit),
            date_qualifier=CURRENT_DELIVERY if on else "",
            on=on,
            item_ids=customer.item_ids(line.sku, codes) if status == SUBSTITUTED else (),
        )


def _sums(line: sales_order_pb2.OrderLine, order: sales_order_pb2.SalesOrder) -> dict[tuple[str, date | None], Decimal]:
    """How much of a line has which answer, in its base unit; what was given up has none."""
    found: dict[tuple[str, date | None], Decimal] = {}
    for each in line.schedules:
        if each.state not in _DROPPED:
            answer = _status(line, each, order), canonical.from_day(each.promised_on)
            found[answer] = found.get(answer, Decimal()) + Decimal(each.quantity.value)
    return found


def _status(
    line: sales_order_pb2.OrderLine, schedule: sales_order_pb2.LineSchedule, order: sales_order_pb2.SalesOrder
) -> str:
    if schedule.state in _WAITING:
        return BACKORDERED
    if line.ordered_sku:
        return SUBSTITUTED
    wanted, promised = canonical.from_day(order.requested_on), canonical.from_day(schedule.promised_on)
    return RESCHEDULED if wanted and promised and promised > wanted else ACCEPTED


MAPPING = Outbound("x12.855", write)
