"""An order against the blanket order that it names: what it calls off, and what of it the agreement does not cover.

The order is the ERP's and stands; each difference is the buyer's to look at, and goes when a revision mends it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from procurement.domain.blanket_order import BlanketLine, BlanketOrder
from procurement.domain.concerns import BUYER, Concern
from procurement.domain.order_line import OrderLine
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import ZERO, Item
from procurement.domain.refusals import UnitNotConvertible
from procurement.domain.unit_prices import per_base_unit

BLANKET_UNKNOWN = "BLANKET_UNKNOWN"
BLANKET_EXPIRED = "BLANKET_EXPIRED"
BLANKET_TERMS_DIFFER = "BLANKET_TERMS_DIFFER"
_CODES = (BLANKET_UNKNOWN, BLANKET_EXPIRED, BLANKET_TERMS_DIFFER)


def call_off(order: PurchaseOrder, known: Mapping[str, BlanketOrder], items: Mapping[str, Item]) -> None:
    """Counts the order on the blanket order that it names, and no longer on the one that it named before. `known` has
    both by number, as far as they are known."""
    named = order.blanket.number if order.blanket else ""
    blanket = known.get(named)
    if order.called_off_from not in {"", named}:
        known[order.called_off_from].draw(order, {})
        order.called_off = {}
    called = _called(order, blanket) if blanket else {}
    if blanket is not None:
        blanket.draw(order, called)
    order.called_off, order.called_off_from = called, named if blanket else ""
    standing = dict(_differences(order, named, blanket, items))
    for code in _CODES:
        if code in standing:
            order.concerns.append(_concern(order, code, standing[code]))
        else:
            order.settled.append(_concern(order, code, "").identity)


def _called(order: PurchaseOrder, blanket: BlanketOrder) -> dict[str, Decimal]:
    """By item in base units, what the order stands for of what the blanket order names."""
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in order.lines:
        if line.sku in blanket.lines and not line.cancelled and line.ordered > line.rejected:
            found[line.sku] += line.ordered - line.rejected
    return dict(found)


def _differences(
    order: PurchaseOrder, named: str, blanket: BlanketOrder | None, items: Mapping[str, Item]
) -> Iterator[tuple[str, str]]:
    if not named or order.cancelled:
        return
    if blanket is None:
        yield BLANKET_UNKNOWN, f"blanket order {named} is not known"
        return
    terms = blanket.terms
    if blanket.cancelled:
        yield BLANKET_EXPIRED, f"blanket order {named} was cancelled"
    elif not terms.valid_on(order.ordered_on):
        said = f"holds from {terms.valid_from} to {terms.valid_to}, the order is of {order.ordered_on}"
        yield BLANKET_EXPIRED, f"blanket order {named} {said}"
    found = list(_unlike(order, blanket, items))
    if found:
        yield BLANKET_TERMS_DIFFER, f"unlike blanket order {named}: {'; '.join(found)}"


def _unlike(order: PurchaseOrder, blanket: BlanketOrder, items: Mapping[str, Item]) -> Iterator[str]:
    if order.supplier_id != blanket.terms.supplier_id:
        yield f"it is {blanket.terms.supplier_id}'s"
    for line in order.lines:
        if line.cancelled:
            continue
        agreed = blanket.lines.get(line.sku)
        if agreed is None or agreed.base == ZERO:
            yield f"line {line.line_number}: {line.sku} is not in it"
        elif not _same_price(line, agreed, items.get(line.sku)):
            yield f"line {line.line_number}: {line.sku} has another price"


def _same_price(line: OrderLine, agreed: BlanketLine, item: Item | None) -> bool:
    """A blanket order without a price leaves it to each order."""
    theirs, ours = agreed.terms.price, line.price
    if theirs is None:
        return True
    if ours is None or item is None or theirs.currency != ours.currency:
        return False
    try:
        asked = per_base_unit(ours, line.quantity.unit, item)
        return asked == per_base_unit(theirs, agreed.terms.agreed.unit, item)
    except UnitNotConvertible:
        return False


def _concern(order: PurchaseOrder, code: str, text: str) -> Concern:
    return Concern(
        code=code,
        owner=BUYER,
        subject=f"purchase_order/{order.purchase_order_id}",
        summary=f"order {order.number}: {text}",
        transaction_ids=(order.purchase_order_id,),
        keys=order.keys,
    )
