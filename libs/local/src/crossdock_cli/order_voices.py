"""What each system says of an order at this moment: its channel, ERP, warehouses, carriers, and Crossdock itself.

Pure: what was asked of the services comes in, sentences go out. They differ where one system knows more than another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.v1 import posting_pb2

from crossdock_cli.order_calls import WholeOrder
from crossdock_cli.order_tables import day, order_state, reported

Said = tuple[str, str]
"""Who says it, and what."""
_POSTED = posting_pb2.POSTING_STATE_POSTED


@dataclass(frozen=True, slots=True)
class Heard:
    """What fulfillment knows of the ERP's books, and delivery of the order's shipments."""

    postings: Sequence[posting_pb2.Posting] = ()
    shipments: Sequence[shipment_pb2.Shipment] = ()


def voices(found: WholeOrder, heard: Heard) -> list[Said]:
    return [
        _channel(found),
        *_erp(heard.postings),
        *_warehouses(found),
        *(_carrier(each) for each in heard.shipments),
        ("Crossdock", order_state(found.order)),
    ]


def _channel(found: WholeOrder) -> Said:
    order = found.order
    confirmed = ", confirmed to its customer" if order.channel_confirmed else ""
    return order.channel, f"{order.number} ordered on {day(order.ordered_on)}, {order.line_count} lines{confirmed}"


def _erp(postings: Iterable[posting_pb2.Posting]) -> Iterator[Said]:
    """What it has posted, under its numbers; what it has not is said of it by Crossdock's list."""
    for each in postings:
        kind = posting_pb2.PostingKind.Name(each.kind).removeprefix("POSTING_KIND_").lower()
        if each.state == _POSTED:
            gross = each.totals.gross
            money = f", {gross.amount} {gross.currency} with tax" if each.HasField("totals") else ""
            yield each.system or "ERP", f"{kind} {each.number} posted{money}"
            continue
        state = posting_pb2.PostingState.Name(each.state).removeprefix("POSTING_STATE_").lower()
        why = f"{state}, {each.reason}" if each.reason else state
        yield each.system or "ERP", f"nothing yet of {kind} {each.reference}: {why}"


def _warehouses(found: WholeOrder) -> Iterator[Said]:
    sums: dict[str, dict[tuple[str, str], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in found.lines:
        for each in line.schedules:
            if word := reported(each):
                sums[each.location_id][word, each.quantity.unit] += Decimal(each.quantity.value)
    for place, words in sorted(sums.items()):
        yield place, ", ".join(f"{word} {amount.normalize():f} {unit}" for (word, unit), amount in words.items())


def _carrier(shipment: shipment_pb2.Shipment) -> Said:
    reached = [shipment_pb2.Milestone.Name(each.milestone) for each in shipment.milestones]
    said = ", ".join(each.removeprefix("MILESTONE_").lower() for each in reached) or "nothing yet"
    trouble = f", {shipment.open_exceptions} exceptions open" if shipment.open_exceptions else ""
    return shipment.carrier or "carrier", f"{shipment.number}: {said}{trouble}"
