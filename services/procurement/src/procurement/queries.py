"""Reads: they change nothing and lock nothing."""

from __future__ import annotations

from dataclasses import dataclass

from procurement.domain.accrual import Accrual
from procurement.domain.blanket_order import BlanketOrder
from procurement.domain.inbound_plan import ToCome, to_come
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.receipt import Receipt
from procurement.domain.refusals import (
    PurchaseOrderAmbiguous,
    PurchaseOrderUnknown,
    ReceiptUnknown,
    ShipNoticeUnknown,
    SupplierInvoiceUnknown,
)
from procurement.domain.score import Score, ScoreScope
from procurement.domain.ship_notice import ShipNotice
from procurement.domain.supplier_invoice import SupplierInvoice
from procurement.ports import AccrualPage, BlanketName, DockDays, DockUse, InboundPage, OrderName, OrderPage, Snapshots
from procurement.use_cases.naming import named_blanket


@dataclass(frozen=True, slots=True)
class OrderWithGoods:
    order: PurchaseOrder
    notices: list[ShipNotice]
    receipts: list[Receipt]
    invoices: list[SupplierInvoice]


async def get_purchase_order(name: OrderName, snapshots: Snapshots) -> OrderWithGoods:
    """Raises PurchaseOrderUnknown, PurchaseOrderAmbiguous."""
    async with snapshots.reading() as work:
        found = await work.purchase_orders.find([name])
        if not found:
            raise PurchaseOrderUnknown(name.number or name.purchase_order_id)
        if len(found) > 1:
            raise PurchaseOrderAmbiguous(name.number)
        order_id = found[0].purchase_order_id
        return OrderWithGoods(
            found[0],
            await work.ship_notices.of_order(order_id),
            await work.receipts.of_order(order_id),
            await work.supplier_invoices.of_order(found[0]),
        )


async def list_purchase_orders(page: OrderPage, snapshots: Snapshots) -> tuple[list[PurchaseOrder], str]:
    """A page and the token of the next one, empty at the end."""
    async with snapshots.reading() as work:
        found = await work.purchase_orders.page(page)
    more = found[-1].purchase_order_id if len(found) == page.size else ""
    return found, more


async def list_inbound(page: InboundPage, snapshots: Snapshots) -> tuple[list[tuple[PurchaseOrder, list[ToCome]]], str]:
    """Orders of which something is to come, with it, and the token of the next page, empty at the end."""
    async with snapshots.reading() as work:
        orders = await work.purchase_orders.unfinished(page.after, page.size)
        notices = await work.ship_notices.on_the_way(each.purchase_order_id for each in orders)
    more = orders[-1].purchase_order_id if len(orders) == page.size else ""
    found = [(order, [each for each in to_come(order, notices) if _wanted(each, page)]) for order in orders]
    return [(order, quantities) for order, quantities in found if quantities], more


def _wanted(found: ToCome, page: InboundPage) -> bool:
    in_time = found.on is None or page.to_date is None or found.on <= page.to_date
    return in_time and page.location_id in {"", found.location_id} and page.sku in {"", found.sku}


async def get_ship_notice(supplier_id: str, number: str, ship_notice_id: str, snapshots: Snapshots) -> ShipNotice:
    """Raises ShipNoticeUnknown."""
    async with snapshots.reading() as work:
        found = await work.ship_notices.find(supplier_id, number, ship_notice_id)
    if found is None:
        raise ShipNoticeUnknown(number or ship_notice_id)
    return found


async def get_receipt(system: str, number: str, receipt_id: str, snapshots: Snapshots) -> Receipt:
    """Raises ReceiptUnknown."""
    async with snapshots.reading() as work:
        found = await work.receipts.find(system, number, receipt_id)
    if found is None:
        raise ReceiptUnknown(number or receipt_id)
    return found


async def get_supplier_invoice(supplier_id: str, number: str, invoice_id: str, snapshots: Snapshots) -> SupplierInvoice:
    """Raises SupplierInvoiceUnknown."""
    async with snapshots.reading() as work:
        found = await work.supplier_invoices.find(supplier_id, number, invoice_id)
    if found is None:
        raise SupplierInvoiceUnknown(number or invoice_id)
    return found


@dataclass(frozen=True, slots=True)
class BlanketWithReleases:
    blanket: BlanketOrder
    releases: list[PurchaseOrder]


async def get_blanket_order(name: BlanketName, snapshots: Snapshots) -> BlanketWithReleases:
    """Raises BlanketOrderUnknown, BlanketOrderAmbiguous."""
    async with snapshots.reading() as work:
        found = await named_blanket(work.blanket_orders, name)
        return BlanketWithReleases(found, await work.blanket_orders.releases(found))


async def get_dock_use(days: DockDays, snapshots: Snapshots) -> list[DockUse]:
    async with snapshots.reading() as work:
        return await work.dock_uses.count(days)


async def get_supplier_score(scope: ScoreScope, snapshots: Snapshots) -> Score:
    """Of one moment, though it is counted in several statements."""
    async with snapshots.reading() as work:
        return await work.supplier_scores.count(scope)


async def list_accruals(page: AccrualPage, snapshots: Snapshots) -> tuple[list[Accrual], str]:
    """With the token of the next page, empty after the last."""
    async with snapshots.reading() as work:
        found = await work.accruals.page(page)
    return found, found[-1].line_id if len(found) == page.size else ""
