"""What one fact holds for each business unit: a supplier sends, and a warehouse receives, for several of them at once.

The first is the one that the fact belongs to. A part is the same fact with the lines of that business unit alone; of a
fact that is one unit's whole the only part is the fact itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from crossdock.procurement.v1 import inbound_pb2, supplier_invoice_pb2
from crossdock_kit.events import Received

Lines = Iterable[inbound_pb2.ReceiptLine | supplier_invoice_pb2.SupplierInvoiceLine]


def receipt_parts(event: Received[Any]) -> Iterator[tuple[str, Received[Any]]]:
    receipt = event.message.receipt
    first = receipt.business_unit or event.business_unit
    for unit in _units(first, receipt.lines):
        yield unit, _part(event, "receipt", first, unit)


def invoice_parts(event: Received[Any]) -> Iterator[tuple[str, Received[Any]]]:
    """The charges are with the first; whether a part may be paid does not depend on the others."""
    invoice = event.message.supplier_invoice
    states = {each.business_unit: each.state for each in invoice.parts}
    for unit in _units(invoice.business_unit, invoice.lines):
        part = _part(event, "supplier_invoice", invoice.business_unit, unit)
        if unit in states:
            part.message.supplier_invoice.state = states[unit]
        if unit != invoice.business_unit:
            part.message.supplier_invoice.ClearField("charges")
        yield unit, part


def _units(first: str, lines: Lines) -> list[str]:
    named = dict.fromkeys(line.business_unit or first for line in lines)
    return sorted(named, key=lambda unit: unit != first) or [first]


def _part(event: Received[Any], name: str, first: str, unit: str) -> Received[Any]:
    message = type(event.message)()
    message.CopyFrom(event.message)
    document = getattr(message, name)
    mine = [line for line in document.lines if (line.business_unit or first) == unit]
    del document.lines[:]
    document.lines.extend(mine)
    document.business_unit = unit
    return replace(event, message=message)
