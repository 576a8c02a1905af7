"""What suppliers' invoices of every format share: the command, the orders that they are for, and how they are found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    credit: Credit | None = None,
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
        kind=supplier_invoice_pb2.INVOICE_KIND_CREDIT if credit else supplier_invoice_pb2.INVOICE_KIND_INVOICE,
        credits=credit.number[:64] if credit else "",
    )
    return Command(request, invoice_orders(lines), invoice_keys(number, lines), len(lines))


@dataclass(frozen=True, slots=True)
class Credit:
    """Of a credit memo: the number of the invoice that it is for, if it says one. `negative` where it writes what it
    gives back as less than nothing; then it does so everywhere."""

    number: str = ""
    negative: bool = False

    def given(self, amount: Decimal) -> Decimal:
        """What is given back is more than nothing."""
        return -amount if self.negative else amount


def charged(amount: Decimal, path: str, credit: Credit | None = None) -> Decimal:
    """What a line is for. Raises DocumentFault for nothing, and for less: a credit memo says that it is one."""
    found = credit.given(amount) if credit else amount
    if found <= 0:
        raise DocumentFault(path, f"{amount:f} is nothing to pay for: a credit memo says that it is one")
    return found


def charge(said: tuple[str, str], amount: Decimal, currency: str, path: str) -> supplier_invoice_pb2.InvoiceCharge:
    """`said` is its code and its description; an allowance is less than nothing."""
    code, description = said
    money = values_pb2.Money(amount=canonical.plain(amount, path=path), currency=currency)
    return supplier_invoice_pb2.InvoiceCharge(code=code[:16], description=description[:200], amount=money)


def invoice_orders(lines: Iterable[supplier_invoice_pb2.SupplierInvoiceLine]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.purchase_order_number for line in lines if line.purchase_order_number))


def invoice_keys(number: str, lines: Iterable[supplier_invoice_pb2.SupplierInvoiceLine]) -> tuple[str, ...]:
    return (f"invoice:{number}", *(f"po:{order}" for order in invoice_orders(lines)))
