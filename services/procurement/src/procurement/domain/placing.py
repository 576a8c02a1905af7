"""Where a document of the ERP stands among those that are known. When it arrives says nothing.

`content` is the fingerprint of what the document says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procurement.domain.refusals import RevisionAmbiguous
from procurement.domain.terms import OrderDocument, Placement, position

if TYPE_CHECKING:
    from procurement.domain.purchase_order import PurchaseOrder


def seen(order: PurchaseOrder, document: OrderDocument, content: str) -> bool:
    """The very same document was placed before, in force or not."""
    known = (document.occurred_at, document.system_revision, content)
    return any((each.occurred_at, each.system_revision, each.fingerprint) == known for each in order.documents)


def placement_of(order: PurchaseOrder, document: OrderDocument, content: str) -> Placement:
    """Newer than what is in force, or not; one that says what is in force repeats it. Raises RevisionAmbiguous."""
    if order.in_force_at is None:
        return Placement.CANCELLED if document.cancels else Placement.CREATED
    in_force = position(order.in_force_at, order.system_revision)
    if document.position < in_force:
        return Placement.LATE
    if content == order.content:
        return Placement.REPEATED
    if document.position == in_force:
        raise RevisionAmbiguous(order.number, document.system_revision)
    return Placement.CANCELLED if document.cancels else Placement.REVISED
