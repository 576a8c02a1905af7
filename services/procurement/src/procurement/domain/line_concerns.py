"""What somebody has to look at in a line, and who: a line on hold, an item number that the supplier does not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from procurement.domain.concerns import BUYER, MASTER_DATA, SUPPLIER_DESK, Concern, identity
from procurement.domain.order_line import OrderLine
from procurement.domain.order_line_lifecycle import DECISION_OVERDUE, LINE_ON_HOLD
from procurement.domain.outcomes import ASKS_THE_BUYER, MASTER_DATA_CODES
from procurement.domain.quantities import ZERO

if TYPE_CHECKING:
    from procurement.domain.purchase_order import PurchaseOrder

HOLD_NEEDS_BUYER = "HOLD_NEEDS_BUYER"
SUPPLIER_REJECTED_MASTER_DATA = "SUPPLIER_REJECTED_MASTER_DATA"


def subject_of(line: OrderLine) -> str:
    return f"purchase_order/{line.line_id}"


def about_line(order: PurchaseOrder, line: OrderLine, code: str, owner: str, summary: str) -> Concern:
    return Concern(
        code=code,
        owner=owner,
        subject=subject_of(line),
        summary=f"order {order.number} line {line.line_number} ({line.sku}): {summary}",
        transaction_ids=(order.purchase_order_id,),
        keys=(*order.keys, f"sku:{line.sku}"),
    )


def line_concerns(order: PurchaseOrder, line: OrderLine) -> Iterator[Concern]:
    """What holds now after the supplier's answers."""
    said = {each.code for each in line.answers}
    if line.on_hold > ZERO and (asked := [text for code, text in ASKS_THE_BUYER.items() if code in said]):
        yield about_line(order, line, HOLD_NEEDS_BUYER, BUYER, f"the supplier holds it: {' and '.join(asked)}")
    elif line.on_hold > ZERO:
        yield about_line(order, line, LINE_ON_HOLD, SUPPLIER_DESK, "the supplier holds it and does not say why")
    codes = sorted(said & MASTER_DATA_CODES)
    if codes:
        unknown = f"the supplier does not know our item number or unit ({', '.join(codes)})"
        yield about_line(order, line, SUPPLIER_REJECTED_MASTER_DATA, MASTER_DATA, unknown)


def open_concerns(order: PurchaseOrder, line: OrderLine) -> list[str]:
    """The identities of what may be open for the line, to settle when it goes."""
    overdue = [identity(DECISION_OVERDUE, subject_of(line))] if line.proposed is not None else []
    return [each.identity for each in line_concerns(order, line)] + overdue
