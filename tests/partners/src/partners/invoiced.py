"""What accounts payable was told of an order's invoices and decided on them, against what the day requires."""

from __future__ import annotations

from collections.abc import Iterator

from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb2

from partners.api_supplier import ApiSupplier
from partners.cast import DayCast
from partners.day import Order


def told_differences(order: Order, cast: DayCast) -> Iterator[str]:
    """What accounts payable knows of the order's invoices, and who was told that nobody answers."""
    for number, required in order.end.get("invoices", {}).items():
        known = cast.erp_of(order).payables.readiness(number)
        if known != [required]:
            said = ", ".join(known) or "unknown"
            yield f"{order.number}: invoice {number} is {said} at the ERP, required {required} once"
    supplier = cast.suppliers[order.supplier]
    reminded = supplier.reminders if isinstance(supplier, ApiSupplier) else []
    for who, told in (("its supplier", reminded), ("the buyer", cast.erp_of(order).payables.unanswered)):
        times, required_times = told.count(order.number), int(bool(order.end.get("chased")))
        if times != required_times:
            yield f"{order.number}: {who} was told {times} times that no answer has come, required {required_times}"


def verdict_differences(order: Order, found: procurement.GetPurchaseOrderResponse) -> Iterator[str]:
    """What the ERP decided counts: an invoice that it let pass may be paid here too."""
    invoices = {each.number: each for each in found.supplier_invoices}
    for number, required in order.end.get("verdicts", {}).items():
        invoice = invoices.get(number)
        said = [_word_of(each.verdict) for each in invoice.verdicts] if invoice else []
        if said != [required]:
            heard = ", ".join(said) or "unknown"
            yield f"{order.number}: the ERP's verdict on {number} is {heard}, required {required}"
        elif required == "released" and invoice and invoice.state != invoice_pb2.SUPPLIER_INVOICE_STATE_READY:
            state = invoice_pb2.SupplierInvoiceState.Name(invoice.state)
            yield f"{order.number}: invoice {number} is {state} in Crossdock, though the ERP has released it"


def _word_of(said: invoice_pb2.Verdict.ValueType) -> str:
    return invoice_pb2.Verdict.Name(said).removeprefix("VERDICT_").lower()
