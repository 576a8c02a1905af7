"""Lines that suppliers ship straight to the customer: who ships them, what purchase orders say of them, and what left.

Purchase orders and ship notices are procurement's; here they are heard, and only what refers to a line of ours counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fulfillment.domain.concerns import Concern
from fulfillment.domain.drop_shipment import DropShipment, SupplierNotice, by_line
from fulfillment.domain.drop_shipping import Purchased, stand_for
from fulfillment.domain.lifecycle import PROCUREMENT
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.quantities import ZERO, Item
from fulfillment.domain.refusals import PartyUnknown
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.domain.warehouse_report import Shipment
from fulfillment.ports import Work
from fulfillment.use_cases.naming import Name, orders_named
from fulfillment.use_cases.owing import owe_drop_shipment

PURCHASE_WITHOUT_ORDER, PURCHASE_ABOVE_ORDER = "PURCHASE_WITHOUT_ORDER", "PURCHASE_ABOVE_ORDER"


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    """A purchase order's line and the customer's line that it refers to."""

    order_name: Name
    line_number: str
    sku: str
    said: Purchased

    @property
    def words(self) -> str:
        order_id, number = self.order_name
        return (
            f"purchase order {self.said.purchase_order_number} for order {number or order_id} line {self.line_number}"
        )


async def find_suppliers(order: SalesOrder, lines: Sequence[OrderLine], items: Mapping[str, Item], work: Work) -> None:
    """As the channel says, else as policy says of the item. Raises PartyUnknown where the channel names nobody that
    is known as a supplier."""
    named = {each.supplier_id for each in lines if each.supplier_id}
    if unknown := sorted(named - await work.master_data.suppliers(named)) if named else []:
        raise PartyUnknown(unknown[0])
    by_policy = await work.suppliers_for(order, items.values())
    for line in lines:
        line.supplier_id = line.supplier_id or by_policy.get(line.sku, "")


async def purchased(lines: Sequence[PurchaseLine], work: Work) -> None:
    """What a purchase order stands for now, of each of its lines that refers to a customer's."""
    orders = await orders_named({each.order_name for each in lines}, work)
    found = await _lines(orders, [(each.order_name, each.line_number) for each in lines], work)
    for each in lines:
        order, line = orders.get(each.order_name), found.get((each.order_name, each.line_number))
        if order is None or line is None or line.sku != each.sku:
            work.tell(_concern(each, PURCHASE_WITHOUT_ORDER, "there is no such line", order))
        elif (beyond := stand_for(order, line, each.said)) > ZERO:
            work.tell(_concern(each, PURCHASE_ABOVE_ORDER, f"{beyond:f} of {each.sku} is for nobody", order))
    for order in _once(orders):
        await work.put(order)


async def supplier_shipped(notice: SupplierNotice, work: Work, *, withdrawn: bool = False) -> None:
    """A ship notice says what a shipment holds in all: what has not left yet leaves, its orders' customers are told and
    the ERP is owed it. An older state of a notice that was replaced says nothing any more."""
    orders = await orders_named({each.order_name for each in notice.lines}, work)
    known = await work.warehouse_reports.claim_supplier_shipment(notice.supplier_id, notice.number)
    if (withdrawn and known is None) or (known is not None and known.ship_notice_id > notice.ship_notice_id):
        work.note(outcome="duplicate", reason="obsolete")
        return
    shipment = known or Shipment(work.new_id(), "", notice.number, notice.business_unit, supplier_id=notice.supplier_id)
    shipment.ship_notice_id = notice.ship_notice_id
    found = DropShipment(notice, shipment, _once(orders))
    await _take(found, orders, work)
    found.end()
    for order in found.orders:
        await work.put(order)
    work.note(keys=found.keys, transaction_ids=found.transaction_ids)
    await work.record_drop_shipment(found)
    await owe_drop_shipment(found, work)


async def _take(found: DropShipment, orders: Mapping[Name, SalesOrder], work: Work) -> None:
    lines = await _lines(orders, [(each.order_name, each.line_number) for each in found.notice.lines], work)
    for said in by_line(found.notice.lines):
        order, line = orders.get(said[0].order_name), lines.get((said[0].order_name, said[0].line_number))
        if order is None or line is None or any(each.sku != line.sku for each in said):
            for each in said:
                found.stray(each, order)
        else:
            found.take(order, line, said)


async def _lines(
    orders: Mapping[Name, SalesOrder], named: Iterable[tuple[Name, str]], work: Work
) -> dict[tuple[Name, str], OrderLine]:
    numbers: dict[Name, set[str]] = {}
    for name, number in named:
        numbers.setdefault(name, set()).add(number)
    found: dict[tuple[Name, str], OrderLine] = {}
    for name, order in orders.items():
        loaded = await work.sales_orders.load_lines(order, numbers[name])
        found |= {(name, number): line for number, line in loaded.items()}
    return found


def _once(orders: Mapping[Name, SalesOrder]) -> list[SalesOrder]:
    return list(dict.fromkeys(orders.values()))


def _concern(each: PurchaseLine, code: str, why: str, order: SalesOrder | None) -> Concern:
    return Concern(
        code=code,
        owner=PROCUREMENT,
        subject=f"purchase_order_line/{each.said.purchase_line_id}",
        summary=f"{each.words}: {why}",
        transaction_ids=(order.order_id,) if order else (),
        keys=(f"po:{each.said.purchase_order_number}", *(order.keys if order else ())),
    )
