"""`crossdock po show`: what was said of an order, line by line and system by system, as procurement answers it."""

from __future__ import annotations

import pytest
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.procurement.v1 import inbound_pb2 as inbound
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock_cli.po_tables import headline, lines_table, revisions_table
from crossdock_cli.po_voices import voices
from procurement_cases.calls import Caller, answered, billed, counted, line, packed, says, unique
from rich.console import Console
from rich.table import Table


def shown(table: Table) -> list[list[str]]:
    """The table's rows, without its heading and the blanks at their ends."""
    console = Console(width=400, markup=False)
    with console.capture() as captured:
        console.print(table)
    return [[cell for cell in row.split("  ") if cell.strip()] for row in captured.get().splitlines()[1:]]


async def lived(caller: Caller) -> tuple[pb.GetPurchaseOrderResponse, str]:
    """An order that was changed, answered in two parts, shipped, received with damage, and invoiced too high."""
    number = unique("PO")
    await caller.submit(number, [line("10", 120), line("20", 5)], system_revision="A")
    await caller.submit(number, [line("10", 100), line("20", 5)], hours=2, system_revision="B")
    parts = (says(pb.ACKNOWLEDGMENT_OUTCOME_ACCEPTED, 60, code="IA"), says(pb.ACKNOWLEDGMENT_OUTCOME_BACKORDERED, 40))
    await caller.answer(number, answered("10", *parts), revision=2, hours=3)
    notice, receipt = f"SH-{number}", f"RC-{number}"
    await caller.ship(notice, packed(number, 60))
    said = {"purchase_order_number": number, "line_number": "10", "ship_notice_number": notice}
    await caller.receive(receipt, counted(58, **said), counted(2, condition=inbound.CONDITION_DAMAGED, **said))
    await caller.invoice(f"INV-{number}", billed(number, 60, "2.75"))
    return await caller.order(number), number


@pytest.mark.feature("F057")
async def test_every_line_shows_what_each_side_said_of_it(caller: Caller) -> None:
    found, number = await lived(caller)
    assert headline(found.purchase_order).endswith("partly received, revision 2, revision 2 answered, 2 lines")
    first, second = shown(revisions_table(found))
    assert [first[0].strip(), first[1].strip(), first[3].strip()] == ["1", "A", "created"]
    assert [second[0].strip(), second[1].strip(), second[3].strip()] == ["2", "B", "revised"]
    assert len(second) == 5, "the second revision was answered"
    assert len(first) == 4, "the first never was"
    text = "\n".join(" ".join(row) for row in shown(lines_table(found)))
    for words in (
        "100 EA at 2.50 EUR",
        "accepted 60 EA (IA)",
        "backordered 40 EA",
        f"SH-{number} 60 EA",
        f"RC-{number} 58 EA good",
        f"RC-{number} 2 EA damaged",
        f"INV-{number} 60 EA at 2.75 EUR: price variance (invoiced at 2.75",
        "nothing yet",
    ):
        assert words in text, f"{words!r} is missing in\n{text}"


@pytest.mark.feature("F057")
async def test_each_system_says_its_own_of_a_purchase_order(caller: Caller) -> None:
    found, number = await lived(caller)
    told = [
        ops.Delivery(partner="erp-eu", kind="json.goods_receipt", state="delivered", foreign_number="5000000001"),
        ops.Delivery(partner="erp-eu", kind="json.goods_receipt", state="dead"),
        ops.Delivery(partner="procurement", kind="procurement.RecordReceipt", state="delivered"),
    ]
    said = voices(found, told)
    order = found.purchase_order
    assert [who for who, _ in said] == ["ERP-EU", *["SUP-NORDIC"] * 3, "WMS-EAST", "erp-eu", "Crossdock"]
    words = [what for _, what in said]
    assert words[0].startswith(f"{number} ordered on {order.ordered_on.year:04d}-")
    assert "revision 2, last changed" in words[0]
    assert words[1] == "answered revision 2"
    assert words[2].startswith(f"ASN SH-{number}: received")
    assert words[3].endswith(": blocked")
    assert words[4].startswith(f"receipt RC-{number} of ")
    assert words[4].endswith(": 58 EA good, 2 EA damaged")
    assert words[5] == "was sent json.goods_receipt: 1 delivered, 1 dead; gave number 5000000001"
    assert words[6] == "partly received"
