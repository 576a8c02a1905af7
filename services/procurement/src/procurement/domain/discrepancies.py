"""Who must look at a receipt that differs from what was ordered or announced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from procurement.domain.closing import Shortage
from procurement.domain.concerns import PROCUREMENT, REPLENISHMENT, SUPPLIER_DESK, WAREHOUSE, Concern
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.receipt import Receipt, ReceiptLine
from procurement.domain.ship_notice import ShipNotice
from procurement.domain.tolerances import Tolerances

MOST_SAID = 400


def without_order(receipt: Receipt, line: ReceiptLine) -> Concern:
    number = line.terms.purchase_order_number
    named = f"for order {number}, which is not known here" if number else "and names no order"
    return Concern(
        code="RECEIPT_WITHOUT_ORDER",
        owner=PROCUREMENT,
        subject=f"receipt/{receipt.receipt_id}",
        summary=f"receipt {receipt.number} holds {line.terms.sku} {named}",
        transaction_ids=receipt.transaction_ids,
        keys=(f"receipt:{receipt.number}", f"sku:{line.terms.sku}"),
    )


def fraction_of_a_piece(receipt: Receipt, lines: Sequence[ReceiptLine]) -> Concern:
    """Booked as it was counted, though nobody has half a piece: of another unit, or wrongly typed."""
    said = ", ".join(f"{line.base} {line.base_unit} of {line.terms.sku}" for line in lines)
    return Concern(
        code="FRACTION_OF_A_PIECE",
        owner=WAREHOUSE,
        subject=f"receipt/{receipt.receipt_id}",
        summary=f"receipt {receipt.number} counts parts of pieces: {said}"[:MOST_SAID],
        transaction_ids=receipt.transaction_ids,
        keys=(f"receipt:{receipt.number}", *dict.fromkeys(f"sku:{line.terms.sku}" for line in lines)),
    )


def like_another(receipt: Receipt, number: str) -> Concern:
    """A report may not be refused, and the same goods may have come twice in one moment: somebody says which it is."""
    return Concern(
        code="RECEIPT_LIKE_ANOTHER",
        owner=WAREHOUSE,
        subject=f"receipt/{receipt.receipt_id}",
        summary=f"receipt {receipt.number} holds the same goods at the same place and instant as receipt {number}",
        transaction_ids=receipt.transaction_ids,
        keys=(*receipt.keys, f"receipt:{number}"),
        details={"receipt": number},
    )


def wrong_item(receipt: Receipt, line: ReceiptLine, order: PurchaseOrder) -> Concern:
    words = f"holds {line.terms.sku} for line {line.line_number or '?'}, which was not ordered there"
    return _about(receipt, line, order, ("RECEIVED_WRONG_ITEM", PROCUREMENT, words))


def no_notice(receipt: Receipt, line: ReceiptLine, order: PurchaseOrder) -> Concern:
    words = f"holds {line.terms.sku} that no ship notice announced"
    return _about(receipt, line, order, ("NO_SHIP_NOTICE", SUPPLIER_DESK, words))


def after_end(receipt: Receipt, line: ReceiptLine, order: PurchaseOrder) -> Concern:
    words = f"holds {line.base} {line.base_unit} of {line.terms.sku}, though nothing more of it was expected"
    return _about(receipt, line, order, ("RECEIPT_AFTER_END", PROCUREMENT, words))


def over_receipt(receipt: Receipt, line: ReceiptLine, order: PurchaseOrder, tolerances: Tolerances) -> Concern:
    words = f"holds {line.beyond_order} {line.base_unit} of {line.terms.sku} beyond the order"
    concern = _about(receipt, line, order, ("OVER_RECEIPT", PROCUREMENT, words))
    return replace(concern, details={"policy": tolerances.over_rule})


def short_delivery(receipt: Receipt, notice: ShipNotice, shortage: Shortage, tolerances: Tolerances) -> Concern:
    line, short = shortage.line, shortage.quantity
    return Concern(
        code="SHORT_BEYOND_TOLERANCE",
        owner=REPLENISHMENT,
        subject=f"ship_notice/{notice.ship_notice_id}/{line.order_line_id}",
        summary=f"of {line.sku} on ship notice {notice.number} {short.value} {short.unit} did not arrive",
        transaction_ids=(line.purchase_order_id,),
        keys=(f"asn:{notice.number}", f"po:{line.purchase_order_number}", f"sku:{line.sku}"),
        details={
            "receipt": receipt.number,
            "quantity": str(short.value),
            "unit": short.unit,
            "policy": tolerances.short_rule,
        },
    )


def _about(receipt: Receipt, line: ReceiptLine, order: PurchaseOrder, what: tuple[str, str, str]) -> Concern:
    code, owner, words = what
    return Concern(
        code=code,
        owner=owner,
        subject=f"receipt/{receipt.receipt_id}/{line.line_id}",
        summary=f"receipt {receipt.number} for order {order.number} {words}",
        transaction_ids=(order.purchase_order_id,),
        keys=(f"receipt:{receipt.number}", *order.keys, f"sku:{line.terms.sku}"),
    )
