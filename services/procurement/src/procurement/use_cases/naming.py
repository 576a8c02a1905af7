"""Finding the one order that a partner names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.refusals import PurchaseOrderAmbiguous, PurchaseOrderUnknown, SupplierMismatch
from procurement.ports import OrderName

NO_BUSINESS_UNIT = "UNASSIGNED"
"""Owner of what names no order of ours, at a place that no business unit owns."""

Mint: TypeAlias = Callable[[], str]
"""Makes the id of something new."""


def one_order(found: Sequence[PurchaseOrder], name: OrderName, supplier_id: str) -> PurchaseOrder:
    """The supplier's own order of that name. Raises PurchaseOrderUnknown, PurchaseOrderAmbiguous, SupplierMismatch."""
    if not found:
        raise PurchaseOrderUnknown(name.number or name.purchase_order_id)
    own = [each for each in found if each.supplier_id == supplier_id]
    if not own:
        raise SupplierMismatch(found[0].number, supplier_id)
    if len(own) > 1:
        raise PurchaseOrderAmbiguous(name.number)
    return own[0]
