"""What a partner's file names: orders, items and places, as far as its sets are understood; for others what it holds.

Pure, and never raises for what a file is. A trial with somebody's files uses it to create first what they refer to, so
that their content decides and not what happens to be in the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from crossdock_edi import Document
from crossdock_edi.x12.invoice import Invoice
from crossdock_edi.x12.order_acknowledgment import PurchaseOrderAcknowledgment
from crossdock_edi.x12.order_change import PurchaseOrderChangeAcknowledgment
from crossdock_edi.x12.parts import ItemId, Party, party_of
from crossdock_edi.x12.purchase_order import PurchaseOrder
from crossdock_edi.x12.ship_notice import ShipNotice

from connector.codecs import x12_document

_MOST_ORDERS = 1000
# X12 element 327: up to eight digits, often with leading zeros.
_LONGEST_SEQUENCE = 8


@dataclass(frozen=True, slots=True)
class SetSummary:
    """One kind of transaction set in a file: how many messages and, where the set is known, how many lines."""

    set_id: str
    messages: int
    lines: int


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A line as the file names it. `ids` are qualifier and code; `number` is empty where the file gives none."""

    number: str
    ids: tuple[tuple[str, str], ...]
    quantity: Decimal
    unit: str
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NamedOrder:
    """An order that the file refers to. `created_here`: the file itself hands it over. `revision`: what it answers."""

    number: str
    lines: tuple[NamedLine, ...]
    ship_to: str = ""
    currency: str = ""
    ordered_on: date | None = None
    revision: int = 1
    created_here: bool = False


@dataclass(frozen=True, slots=True)
class References:
    standard: str
    sets: tuple[SetSummary, ...] = ()
    orders: tuple[NamedOrder, ...] = ()
    locations: tuple[str, ...] = ()


@dataclass(slots=True)
class _Gathering:
    orders: dict[str, NamedOrder] = field(default_factory=dict)
    locations: dict[str, None] = field(default_factory=dict)

    def add(self, order: NamedOrder) -> None:
        """Of several messages about one order the lines come together."""
        if not order.number or len(self.orders) >= _MOST_ORDERS:
            return
        before = self.orders.get(order.number)
        if before is None:
            self.orders[order.number] = order
            return
        known = {(line.number, line.ids) for line in before.lines}
        more = tuple(line for line in order.lines if (line.number, line.ids) not in known)
        self.orders[order.number] = NamedOrder(
            order.number,
            (*before.lines, *more),
            before.ship_to or order.ship_to,
            before.currency or order.currency,
            before.ordered_on or order.ordered_on,
            max(before.revision, order.revision),
            before.created_here or order.created_here,
        )


def read(content: bytes) -> References:
    """Everything that a file of X12 names."""
    interchanges = x12_document.read_file(content, {})
    gathered, counted = _Gathering(), dict[str, tuple[int, int]]()
    for interchange in interchanges:
        for message in interchange.messages:
            lines = _take(message.document, gathered)
            messages, before = counted.get(message.set_id, (0, 0))
            counted[message.set_id] = (messages + 1, before + lines)
    return References(
        standard=interchanges[0].standard,
        sets=tuple(SetSummary(set_id, messages, lines) for set_id, (messages, lines) in counted.items()),
        orders=tuple(gathered.orders.values()),
        locations=tuple(gathered.locations),
    )


def _take(document: Document | None, gathered: _Gathering) -> int:
    """Gathers what a message names; its number of lines."""
    match document:
        case PurchaseOrder():
            gathered.add(_order(document, document.number, _ship_to(document.parties, gathered), created_here=True))
            for line in document.lines:
                _ship_to(line.parties, gathered)
            return len(document.lines)
        case PurchaseOrderAcknowledgment():
            gathered.add(_order(document, document.order_number, _ship_to(document.parties, gathered)))
            return len(document.lines)
        case PurchaseOrderChangeAcknowledgment():
            place = _ship_to(document.parties, gathered)
            revision = _revision(document.change_sequence)
            gathered.add(_order(document, document.order_number, place, revision=revision))
            return len(document.lines)
        case ShipNotice():
            return _take_notice(document, gathered)
        case Invoice():
            return _take_invoice(document, gathered)
        case _:
            return 0


def _order(document: Any, number: str, ship_to: str, *, revision: int = 1, created_here: bool = False) -> NamedOrder:
    lines = tuple(
        NamedLine(line.line, _ids(line.item_ids), _quantity(line), line.unit, line.unit_price)
        for line in document.lines
    )
    return NamedOrder(number, lines, ship_to, document.currency, document.ordered_on, revision, created_here)


def _quantity(line: Any) -> Decimal:
    """What the line repeats of the order; where it repeats nothing, what its answers add up to."""
    if line.quantity is not None and line.quantity > 0:
        return Decimal(line.quantity)
    answered = sum((ack.quantity or Decimal() for ack in getattr(line, "acknowledgments", ())), Decimal())
    return answered if answered > 0 else Decimal(1)


def _take_notice(document: ShipNotice, gathered: _Gathering) -> int:
    parties = tuple(party for level in document.levels for party in level.parties)
    place = _ship_to(parties, gathered)
    shipped = document.ship_lines()
    by_order: dict[str, list[Any]] = {}
    for line in shipped:
        by_order.setdefault(line.order_number, []).append(line)
    for number, lines in by_order.items():
        revision = max(_revision(line.change_sequence) for line in lines)
        gathered.add(NamedOrder(number, tuple(_merged(lines)), place, revision=revision))
    return len(shipped)


def _take_invoice(document: Invoice, gathered: _Gathering) -> int:
    place = _ship_to(document.parties, gathered)
    whole = _order(document, document.order_number, place, revision=_revision(document.change_sequence))
    gathered.add(whole)
    return len(document.lines)


def _merged(lines: Iterable[Any]) -> Iterator[NamedLine]:
    """The same line in several cartons is one line of the order, over all that was shipped of it."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], NamedLine] = {}
    for line in lines:
        key = (line.order_line, _ids(line.item_ids))
        quantity = line.quantity if line.quantity is not None and line.quantity > 0 else Decimal(1)
        before = found.get(key)
        total = quantity + (before.quantity if before else Decimal())
        found[key] = NamedLine(*key, total, before.unit if before else line.unit)
    yield from found.values()


def _ids(ids: Iterable[ItemId]) -> tuple[tuple[str, str], ...]:
    return tuple((each.qualifier, each.value.strip()) for each in ids if each.value.strip())


def _ship_to(parties: Iterable[Party], gathered: _Gathering) -> str:
    found = party_of(parties, "ST")
    code = (found.id or found.name) if found else ""
    if code:
        gathered.locations[code] = None
    return code


def _revision(change_sequence: str) -> int:
    text = change_sequence.strip()
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_SEQUENCE else 1
