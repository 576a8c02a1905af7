"""What the ERP needs to accrue goods that are received and not yet invoiced: each part, as soon as it is there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from connector.mappings import json_goods_receipt
from connector_samples import orders
from crossdock.procurement.events.v1 import events_pb2 as facts
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb
from procurement_cases.calls import Caller, billed, counted, packed, unique


def accrued(found: pb.GetPurchaseOrderResponse) -> Decimal:
    """Received and not invoiced of the order's one line, at the price of the revision in force."""
    [line] = found.purchase_order.lines
    ready = [each for each in found.supplier_invoices if each.state == invoice_pb.SUPPLIER_INVOICE_STATE_READY]
    invoiced = sum((Decimal(line.quantity.value) for each in ready for line in each.lines), Decimal())
    return (Decimal(line.received_quantity) - invoiced) * Decimal(line.price.money.amount)


@pytest.mark.feature("F160")
async def test_each_part_that_arrives_is_told_to_the_erp_at_once_and_counts_until_it_is_invoiced(
    caller: Caller,
) -> None:
    number, asn = unique("PO"), unique("SH")
    order = (await caller.submit(number)).purchase_order
    await caller.answer(number)
    await caller.ship(asn, packed(number, 100))
    told: list[tuple[str, str, str]] = []
    for part, accrual in ((40, "100.00"), (25, "162.50")):
        report = counted(part, purchase_order_number=number, line_number="10", ship_notice_number=asn)
        await caller.receive(unique("RC"), report)
        journal = await caller.journal(order.purchase_order_id)
        received = [each for each in journal if isinstance(each, facts.GoodsReceived)]
        # The notice is still open: nobody waits for the rest before this part is posted.
        assert not [each for each in journal if isinstance(each, facts.ShipNoticeClosed)]
        document = json_goods_receipt.write(received[-1], orders.writing())
        told += [(line["order"], line["line"], line["baseQuantity"]) for line in document["lines"]]
        assert accrued(await caller.order(number)) == Decimal(accrual)
    assert told == [(number, "10", "40"), (number, "10", "25")]
    await caller.invoice(unique("INV"), billed(number, 40))
    assert accrued(await caller.order(number)) == Decimal("62.50")
