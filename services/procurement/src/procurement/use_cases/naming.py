"""Finding the one order, blanket order or place that a partner names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from procurement.domain.blanket_order import BlanketOrder
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.refusals import (
    BlanketOrderAmbiguous,
    BlanketOrderUnknown,
    LocationOfAnotherSystem,
    LocationUnknown,
    PurchaseOrderAmbiguous,
    PurchaseOrderUnknown,
    SupplierMismatch,
)
from procurement.ports import BlanketName, BlanketOrders, Location, OrderName, Work

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


def received_for(found: Sequence[PurchaseOrder], named: Collection[str], business_unit: str) -> list[PurchaseOrder]:
    """Of orders to which several ERPs gave one number the one that a receipt means: by id or by a ship notice
    (`named`), else that of the business unit whose place it is. Where neither tells, all remain: it is not guessed."""
    return [
        each for each in found if each in _meant([o for o in found if o.number == each.number], named, business_unit)
    ]


def _meant(same: Sequence[PurchaseOrder], named: Collection[str], business_unit: str) -> Sequence[PurchaseOrder]:
    told = [each for each in same if each.purchase_order_id in named]
    return told or [each for each in same if each.business_unit == business_unit] or same


async def named_blanket(orders: BlanketOrders, name: BlanketName) -> BlanketOrder:
    """Raises BlanketOrderUnknown, BlanketOrderAmbiguous."""
    found = await orders.find(name)
    if not found:
        raise BlanketOrderUnknown(name.number)
    if len(found) > 1:
        raise BlanketOrderAmbiguous(name.number)
    return found[0]


async def location_of(work: Work, location_id: str, system: str) -> Location:
    """A warehouse's system reports for its own places only. Raises LocationUnknown, LocationOfAnotherSystem."""
    location = (await work.master_data.locations([location_id])).get(location_id)
    if location is None:
        raise LocationUnknown(location_id)
    if location.system not in {"", system}:
        raise LocationOfAnotherSystem(location_id, system, location.system)
    return location
