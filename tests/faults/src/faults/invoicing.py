"""Suppliers that ask for their money: for orders they have confirmed, before and after the goods came, for less and for
more than came, some at another price."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb2
from partners.books import OrderBook
from partners.day import Day, Line, Order
from partners.suite import Suite

from faults import world
from faults.caller import Caller, day, pieces

HIGHER, HIGHER_PRICE = 0.15, "2.60"
CURRENCY = "EUR"


@dataclass
class Invoicing(Caller):
    """`book` is the ERP's: what it heard confirmed is known to everybody."""

    suites: Sequence[Suite]
    day: Day
    book: OrderBook

    def __post_init__(self) -> None:
        self._chance = Random(f"invoicing/{self.seed}/{self.tenant}")

    async def run(self, pause_seconds: float, until: asyncio.Event) -> None:
        while not until.is_set():
            if known := [order for order in self.day.orders if order.number in self.book.revisions]:
                await self._invoice(self._chance.choice(known))
            await asyncio.sleep(self._chance.uniform(0.2, 1.8) * pause_seconds)

    async def _invoice(self, order: Order) -> None:
        number = self.name("INV")
        lines = self._chance.sample(order.lines, k=self._chance.randint(1, len(order.lines)))
        asked = [self._line(order, line) for line in lines]
        total = sum((Decimal(each.quantity.value) * Decimal(each.price.money.amount) for each in asked), Decimal(0))
        request = procurement.RecordSupplierInvoiceRequest(
            request_id=self.id(),
            origin=self.origin("SUPPLIER", number),
            number=number,
            supplier_id=world.party(order.supplier),
            invoiced_on=day(0),
            total=values_pb2.Money(amount=f"{total:.2f}", currency=CURRENCY),
            lines=asked,
        )
        operation = self.history.invoke(order.supplier, "RecordSupplierInvoice", number, self.tenant, request)
        await self.call(operation, self._chance.choice(self.suites).procurement.RecordSupplierInvoice)

    def _line(self, order: Order, line: Line) -> invoice_pb2.SupplierInvoiceLine:
        ordered = int(line.quantity)
        amount = self._chance.choice((ordered, ordered, max(1, ordered // 2), max(1, ordered // 3), ordered + 3))
        price = HIGHER_PRICE if self._chance.random() < HIGHER else line.price
        return invoice_pb2.SupplierInvoiceLine(
            purchase_order_number=order.number,
            line_number=line.number,
            sku=line.sku,
            quantity=pieces(amount),
            price=values_pb2.UnitPrice(money=values_pb2.Money(amount=price, currency=CURRENCY)),
        )
