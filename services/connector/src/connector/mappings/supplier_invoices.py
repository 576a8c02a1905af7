"""What suppliers' invoices of every format share: the command, the orders that they are for, and how they are found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import supplier_invoice_pb2

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings.model import Command, Reading


def invoice(
    header: tuple[str, str, date],
    total: values_pb2.Money,
    lines: Sequence[supplier_invoice_pb2.SupplierInvoiceLine],
    reading: Reading,
    charges: Sequence[supplier_invoice_pb2.InvoiceCharge] = (),
) -> Command:
    """`header` is the supplier, its number and its day; `charges` are what the whole invoice asks for beside goods."""
    supplier_id, number, invoiced_on = header
    request = procurement.RecordSupplierInvoiceRequest(
        origin=reading.origin(),
        number=number,
        supplier_id=supplier_id,
        invoiced_on=canonical.to_day(invoiced_on),
        total=total,
        lines=lines,
        charges=charges,
    )
    return Command(request, invoice_orders(lines), invoice_keys(number, lines), len(lines))


def charged(amount: Decimal, path: str) -> Decimal:
    """What a line is for. Raises DocumentFault for nothing and for less: a credit is no invoice."""
    if amount <= 0:
        raise DocumentFault(path, f"{amount:f} is nothing to pay for: a credit is no invoice")
    return amount


def charge(said: tuple[str, str], amount: Decimal, currency: str, path: str) -> supplier_invoice_pb2.InvoiceCharge:
    """`said` is its code and its description; an allowance is less than nothing."""
    code, description = said
    money = values_pb2.Money(amount=canonical.plain(amount, path=path), currency=currency)
    return supplier_invoice_pb2.InvoiceCharge(code=code[:16], description=description[:200], amount=money)


def invoice_orders(lines: Iterable[supplier_invoice_pb2.SupplierInvoiceLine]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.purchase_order_number for line in lines if line.purchase_order_number))


def invoice_keys(number: str, lines: Iterable[supplier_invoice_pb2.SupplierInvoiceLine]) -> tuple[str, ...]:
    return (f"invoice:{number}", *(f"po:{order}" for order in invoice_orders(lines)))
