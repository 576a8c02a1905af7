"""What the ERP needs to accrue goods that are received and not yet invoiced: each part, as soon as it is there."""

from __future__ import annotations

import io
from collections import defaultdict
from decimal import Decimal
from typing import Any, cast

import pytest
from connector.mappings import json_goods_receipt
from connector_samples import orders
from crossdock.procurement.events.v1 import events_pb2 as facts
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb
from crossdock_cli.supplier_accruals import COLUMNS, accruals_table, summary, totals
from procurement_cases.calls import Caller, billed, counted, line, packed, unique
from rich.console import Console


async def accrued(caller: Caller, unit: str, **more: Any) -> list[invoice_pb.Accrual]:
    """Of a business unit of this test alone, read two lines at a time."""
    found: list[invoice_pb.Accrual] = []
    token = ""
    while True:
        request = pb.ListAccrualsRequest(business_unit=unit, page_size=2, page_token=token, **more)
        page = await caller.stub.ListAccruals(request, timeout=20)
        found += page.accruals
        if not (token := page.next_page_token):
            return found


async def owed(caller: Caller, unit: str) -> dict[str, Decimal]:
    """By currency."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in await accrued(caller, unit):
        sums[each.amount.currency] += Decimal(each.amount.amount)
    return dict(sums)


@pytest.mark.feature("F160")
async def test_each_part_that_arrives_is_told_to_the_erp_at_once_and_counts_until_it_is_invoiced(
    caller: Caller,
) -> None:
    number, asn, unit = unique("PO"), unique("SH"), unique("BU")
    order = (await caller.submit(number, business_unit=unit)).purchase_order
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
        assert await owed(caller, unit) == {"EUR": Decimal(accrual)}
    assert told == [(number, "10", "40"), (number, "10", "25")]
    await caller.invoice(unique("INV"), billed(number, 40))
    assert await owed(caller, unit) == {"EUR": Decimal("62.50")}
    [left] = await accrued(caller, unit, supplier_id="SUP-NORDIC")
    assert (left.number, left.received_quantity, left.invoiced_quantity, left.sku) == (number, "65", "40", "BOLT")
    assert await accrued(caller, unit, supplier_id="SUP-DELTA") == []
    await caller.invoice(unique("INV"), billed(number, 25))
    assert await owed(caller, unit) == {}


@pytest.mark.feature("F160")
async def test_what_is_accrued_is_exact_and_of_each_currency_apart(caller: Caller) -> None:
    """Sevenths and dozens have no end as decimals; a drop shipment is owed when it has left."""
    unit, at = unique("BU"), {"system": "WMS-EAST"}
    for currency, amount, per in (("EUR", "1.00", "7"), ("USD", "2.50", "")):
        number = unique("PO")
        cases = line("10", 2, unit="XCS", price=amount)
        direct = line("20", 6, price=amount, ship_to_id="CUSTOMERS-PLACE", drop_ship_party_id="CUST-1")
        for each in (cases, direct):
            each.price.money.currency, each.price.per = currency, per
        await caller.submit(number, [cases, direct], business_unit=unit, currency=currency)
        found = counted(1, unit="XCS", purchase_order_number=number, line_number="10")
        await caller.receive(unique("RC"), found, **at)
        await caller.ship(unique("SH"), packed(number, 6, "20"))
    lines = await accrued(caller, unit)
    assert [(each.amount.currency, each.amount.amount) for each in lines] == [
        ("EUR", "0.142857"),
        ("EUR", "0.857143"),
        ("USD", "2.5"),
        ("USD", "15"),
    ]
    assert await owed(caller, unit) == {"EUR": Decimal(1), "USD": Decimal("17.5")}
    assert summary(totals(lines)) == "1 EUR, 17.5 USD"


@pytest.mark.feature("F160")
async def test_the_command_shows_what_is_accrued_and_what_nobody_can_say(caller: Caller) -> None:
    number, unit = unique("PO"), unique("BU")
    unpriced = line("20", 5, "NUT")
    unpriced.ClearField("price")
    await caller.submit(number, [line("10", 100), unpriced], business_unit=unit)
    for of, sku, amount in (("10", "BOLT", 40), ("20", "NUT", 5)):
        await caller.receive(unique("RC"), counted(amount, sku, purchase_order_number=number, line_number=of))
    lines = await accrued(caller, unit)
    console = Console(file=io.StringIO(), width=200)
    console.print(accruals_table(lines))
    shown = [row.split() for row in cast(io.StringIO, console.file).getvalue().splitlines()]
    assert shown == [
        list(COLUMNS),
        [number, "10", "BOLT", "SUP-NORDIC", "40", "0", "EA", "100", "EUR"],
        [number, "20", "NUT", "SUP-NORDIC", "5", "0", "EA", "no", "price"],
    ]
    assert summary(totals(lines)) == "100 EUR, 1 lines without a price"
    assert summary(totals([])) == "nothing is accrued"
