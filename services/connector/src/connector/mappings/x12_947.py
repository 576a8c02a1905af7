"""x12.947, in: stock that a warehouse found gone, spoiled or more than was booked, or that it put on hold and took off.

W1901 says which. What came or went has one of our reasons; catalog's code list or the profile's mapping may say which
("reasons") and which stock it speaks of ("buckets", by code). Codes that say that goods changed from one state into
another and stayed move them ("states", by code); a code that is neither is waited for. An adjustment speaks of the one
or of the other: each is booked as a report of its own. The sign of a move is that of what can be sold; a partner whose
moves have none says so ("unsigned": true).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.inventory.v1 import stock_move_pb2 as moves
from crossdock_edi.x12.inventory_adjustment import ADJUSTMENT_REASONS, AdjustedItem, InventoryAdjustment

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings import x12_order_parts as order_parts
from connector.mappings import x12_warehouse_parts as parts
from connector.mappings.model import Command, Inbound, Reading
from connector.mappings.stock_parts import reported
from connector.mappings.wms_a_stock import REASONS, STOCK, named_bucket, reason_of

SELLABLE = "SELLABLE"
STATES = {"05": "HOLD_PLACED", "55": "HOLD_RELEASED"}
_MOVE = "STOCK_MOVE_KIND_"
MOVES = tuple(each.removeprefix(_MOVE) for each, number in moves.StockMoveKind.items() if number)
_TAKES = frozenset({"HOLD_PLACED"})
_GIVES = frozenset({"HOLD_RELEASED"})

Head = tuple[str, str, datetime]
"""Number, location, and when it was found or done."""


def read(document: InventoryAdjustment, reading: Reading) -> Command:
    number = (document.number or document.depositor_adjustment).strip()
    if not number:
        raise DocumentFault("W1502", "the adjustment has no number")
    if not document.items:
        raise DocumentFault("W19", "an adjustment has at least one item")
    found_at = parts.instant_of(document.adjusted_on, document.dates, reading, "W1501")
    head = number[:64], parts.location_of(document.parties, reading), found_at
    return _which(document, reading)(document, reading, head)


def _which(document: InventoryAdjustment, reading: Reading) -> Callable[[InventoryAdjustment, Reading, Head], Command]:
    """Raises DocumentFault where some of it stays in the house and some does not. What nobody knows says neither."""
    moved = [_moves(item, reading) for item in document.items]
    known = [each for each in moved if each is not None]
    if any(known) and not all(known):
        place = moved.index(not known[0]) + 1
        raise DocumentFault(f"W1901 of W19 {place}", "goods that stay and goods that do not are adjusted apart")
    return _moved if any(known) else _adjusted


def _moves(item: AdjustedItem, reading: Reading) -> bool | None:
    """A reason of the partner's own goes before a change of state; None for what is neither."""
    if reading.known_word("reasons", item.reason, REASONS, tuple(REASONS.values())) is not None:
        return False
    return True if reading.known_word("states", item.reason, STATES, MOVES) is not None else None


def _adjusted(document: InventoryAdjustment, reading: Reading, head: Head) -> Command:
    number, location_id, found_at = head
    lines = [_change(place, item, reading) for place, item in enumerate(document.items, 1)]
    request = control.RecordStockReportRequest(
        origin=reading.origin(occurred_at=found_at),
        number=number,
        location_id=location_id,
        business_unit=reading.partner.business_unit,
        found_at=canonical.stamp(found_at),
    )
    return reported(request, lines, "W19")


def _change(place: int, item: AdjustedItem, reading: Reading) -> control.ReportedStock:
    path = f"W19 {place}"
    reason = reason_of(item.reason, reading)
    bucket = reading.known_word("buckets", item.reason, {}, STOCK) or SELLABLE
    return control.ReportedStock(
        sku=order_parts.resolved_item(item.item_ids, reading.codes, required=True),
        lot=_lot(item),
        bucket=named_bucket(bucket, f"W1901 of {path}"),
        change=_quantity(_amount(item, path), item, reading, path),
        reason=reason,
        serials=parts.serials_of(item.notes, path),
    )


def _moved(document: InventoryAdjustment, reading: Reading, head: Head) -> Command:
    number, location_id, moved_at = head
    lines = [_move(place, item, reading) for place, item in enumerate(document.items, 1)]
    request = moves.RecordStockMovesRequest(
        origin=reading.origin(occurred_at=moved_at),
        number=number,
        location_id=location_id,
        business_unit=reading.partner.business_unit,
        moved_at=canonical.stamp(moved_at),
        lines=lines,
    )
    keys = (f"stock_move:{number}", *dict.fromkeys(f"sku:{line.sku}" for line in lines))
    return Command(request, (), keys, len(lines))


def _move(place: int, item: AdjustedItem, reading: Reading) -> moves.MovedStock:
    """What is taken off hold can be sold at once: X12 has no word for a put-away that would follow."""
    path = f"W19 {place}"
    state = reading.word("states", item.reason, STATES, MOVES)
    if state not in MOVES:
        raise DocumentFault(f"W1901 of {path}", f"{state!r} is no move that the profile's mapping can name")
    return moves.MovedStock(
        sku=order_parts.resolved_item(item.item_ids, reading.codes, required=True),
        lot=_lot(item),
        kind=moves.StockMoveKind.Value(f"{_MOVE}{state}"),
        quantity=_quantity(_unsigned(state, item, reading, path), item, reading, path),
        shelved=True,
        reason=next((each.strip() for each in item.descriptions if each.strip()), item.reason)[:64],
        serials=parts.serials_of(item.notes, path),
    )


def _unsigned(state: str, item: AdjustedItem, reading: Reading, path: str) -> Decimal:
    """Raises DocumentFault for a sign that says the opposite of its code: which of the two is meant nobody knows."""
    amount = _amount(item, path)
    if reading.partner.options.get("unsigned") is True:
        return parts.amount(amount, f"W1902 of {path}")
    if (state in _TAKES and amount > 0) or (state in _GIVES and amount < 0):
        meaning = ADJUSTMENT_REASONS.get(item.reason, state)
        raise DocumentFault(f"W1902 of {path}", f"{amount} of {item.reason!r} ({meaning}) has the wrong sign")
    return abs(amount)


def _amount(item: AdjustedItem, path: str) -> Decimal:
    if item.quantity is None or not item.quantity:
        raise DocumentFault(f"W1902 of {path}", "nothing came or went")
    return item.quantity


def _quantity(amount: Decimal, item: AdjustedItem, reading: Reading, path: str) -> values_pb2.Quantity:
    return canonical.quantity(amount, reading.codes.unit(item.unit), path=f"W1902 of {path}")


def _lot(item: AdjustedItem) -> str:
    return (item.lot or parts.note_of(item.notes, parts.LOT))[:64]


MAPPING = Inbound("x12.947", read)
