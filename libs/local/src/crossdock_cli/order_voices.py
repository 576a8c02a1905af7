"""What each system says of an order at this moment: its channel, ERP, warehouses, carriers, and Crossdock itself.

Pure: what was asked of the services comes in, sentences go out. They differ where one system knows more than another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from crossdock.common.v1 import values_pb2
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.v1 import posting_pb2

from crossdock_cli.order_calls import WholeOrder
from crossdock_cli.order_tables import day, order_state, reported
from crossdock_cli.order_told import Told, told_words

Said = tuple[str, str]
"""Who says it, and what."""
_POSTED = posting_pb2.POSTING_STATE_POSTED


@dataclass(frozen=True, slots=True)
class Heard:
    """What fulfillment knows of the ERP's books, delivery of the order's shipments, and connector of the channel."""

    postings: Sequence[posting_pb2.Posting] = ()
    shipments: Sequence[shipment_pb2.Shipment] = ()
    told: Told = field(default_factory=Told)


def voices(found: WholeOrder, heard: Heard) -> list[Said]:
    return [
        _channel(found, heard.told),
        *_erp(heard.postings),
        *_warehouses(found),
        *(_carrier(each) for each in heard.shipments),
        ("Crossdock", ", ".join(filter(None, (order_state(found.order), settled(heard.postings))))),
    ]


def _channel(found: WholeOrder, told: Told) -> Said:
    """What it ordered, and what it has heard of that since: it may show its customer less than is known here."""
    order = found.order
    confirmed = ", confirmed to its customer" if order.channel_confirmed else ""
    ordered = f"{order.number} ordered on {day(order.ordered_on)}, {order.line_count} lines{confirmed}"
    return order.channel, "; ".join([ordered, *told_words(told)])


def _erp(postings: Iterable[posting_pb2.Posting]) -> Iterator[Said]:
    """What it has posted, under its numbers; what it has not is said of it by Crossdock's list."""
    for each in postings:
        kind = posting_pb2.PostingKind.Name(each.kind).removeprefix("POSTING_KIND_").lower()
        if each.state == _POSTED:
            gross = each.totals.gross
            money = f", {gross.amount} {gross.currency} with tax" if each.HasField("totals") else ""
            yield each.system or "ERP", f"{kind} {each.number} posted{money}{_paid(each)}"
            continue
        state = posting_pb2.PostingState.Name(each.state).removeprefix("POSTING_STATE_").lower()
        why = f"{state}, {each.reason}" if each.reason else state
        yield each.system or "ERP", f"nothing yet of {kind} {each.reference}: {why}"


def _paid(posted: posting_pb2.Posting) -> str:
    """What is settled of an invoice, and how."""
    if not posted.HasField("settlement"):
        return ""
    sums = posted.settlement
    said = [f"{each.amount} {name}" for each, name in ((sums.paid, "paid"), (sums.credited, "credited")) if _some(each)]
    said += [f"{sums.overpaid.amount} too much"] if _some(sums.overpaid) else []
    said += [f"{sums.open.amount} open"] if _some(sums.open) else ["settled"]
    return f": {', '.join(said)}"


def settled(postings: Iterable[posting_pb2.Posting]) -> str:
    """Where an order's invoices stand, those of them that are posted: "1 of 2 invoices settled, 69.00 EUR open"."""
    invoices = [each for each in postings if each.HasField("settlement")]
    if not invoices:
        return ""
    done = sum(each.settlement.state == posting_pb2.SETTLEMENT_STATE_SETTLED for each in invoices)
    left: dict[str, Decimal] = defaultdict(Decimal)
    for each in invoices:
        left[each.settlement.open.currency] += Decimal(each.settlement.open.amount)
    rest = "".join(f", {amount} {currency} open" for currency, amount in left.items() if amount)
    return f"{done} of {len(invoices)} invoices settled{rest}"


def _some(money: values_pb2.Money) -> bool:
    return Decimal(money.amount) != 0


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
