"""Served orders of which a supplier ships lines straight to the customer: from the order to the invoice, and what goes
wrong on the way is somebody's and leaves no order half changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import posting_pb2, sales_order_pb2
from crossdock_kit import policy
from crossdock_kit.database import transaction
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment_cases.calls import Caller, line, reason, standing, state_of, unique
from fulfillment_cases.ledger import Ledger, totals
from fulfillment_cases.suppliers import SUPPLIER, Suppliers
from google.type.date_pb2 import Date


@pytest.fixture
def suppliers(uow: UnitOfWork) -> Suppliers:
    return Suppliers(uow)


def direct(number: str = "1", ordered: int = 10, supplier: str = SUPPLIER) -> pb.OrderedLine:
    found = line(number, ordered)
    found.supplier_id = supplier
    return found


async def stands(caller: Caller, order_id: str) -> dict[str, str]:
    return standing((await caller.order(order_id)).lines[0])


async def shipment_of(caller: Caller, order_id: str) -> str:
    return (await caller.order(order_id)).lines[0].schedules[0].shipment_id


async def shipments_told(caller: Caller, shipment_id: str) -> list[events_pb2.SupplierShipped]:
    rows = await caller.fetch(
        "SELECT body FROM journal WHERE aggregate = $1 ORDER BY version", f"outbound_shipment/{shipment_id}"
    )
    return [events_pb2.SupplierShipped.FromString(row["body"]) for row in rows]


@pytest.mark.feature("F119")
async def test_a_suppliers_line_goes_from_the_order_to_its_invoice_without_touching_stock(
    caller: Caller, ledger: Ledger, suppliers: Suppliers
) -> None:
    number, asn = unique("S"), unique("ASN")
    order_id = (await caller.place(number, direct())).order.order_id
    assert await caller.deliveries(order_id) == [], "nothing is asked of inventory"
    assert await stands(caller, order_id) == {"at_supplier": "10"}
    books = await ledger.books(order_id)
    assert sorted(books) == ["order requested", "purchase waiting"]
    await ledger.answer(books["order requested"], "4711")
    [bought] = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_PURCHASE)
    assert (bought.supplier_id, bought.lines[0].quantity.value) == (SUPPLIER, "10")
    assert not bought.lines[0].HasField("price"), "what the customer pays is not the supplier's to know"
    await ledger.answer(bought.posting_id, "4500000001")
    await suppliers.ordered(number, 10, "4500000001", on=Date(year=2026, month=3, day=9))
    promised = (await caller.order(order_id)).lines[0].schedules[0]
    assert (promised.promised_on, promised.supply) == (Date(year=2026, month=3, day=9), "4500000001.1")
    notice = suppliers.notice(asn, (number, 6), (number, 4))
    await suppliers.ships(notice)
    await suppliers.ships(notice)
    assert await stands(caller, order_id) == {"shipped": "10"}
    assert state_of((await caller.order(order_id)).order) == "shipped"
    facts = await caller.facts(order_id)
    assert [each for each in facts if each in ("OrderReleased", "OrderLinesAllocated")] == []
    assert facts[-2:] == ["OrderLinesPromised", "OrderStatusChanged"], "its channel hears both"
    shipment_id = await shipment_of(caller, order_id)
    [told] = [each for each in await shipments_told(caller, shipment_id) if each.lines]
    assert (told.carrier, told.tracking_number, list(told.order_numbers)) == ("DHLF", f"PRO-{asn}", [number])
    await ledger.triggered(shipment_id, order_id)
    await ledger.triggered(shipment_id, order_id)
    books = await ledger.books(order_id)
    await ledger.answer(books["shipment requested"], "8001")
    books = await ledger.books(order_id)
    await ledger.answer(books["invoice requested"], "9001", totals=totals())
    invoices = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_INVOICE)
    assert [(each.supplier_id, each.lines[0].quantity.value) for each in invoices] == [(SUPPLIER, "10")]
    assert [code for code, _, is_open in await caller.exceptions(order_id) if is_open] == []


@pytest.mark.feature("F119")
async def test_policy_says_who_ships_an_items_category_and_the_line_itself_says_more(caller: Caller) -> None:
    rules = [
        NewRule(key="fulfillment.drop_ship", value=value, valid_from=datetime(2020, 1, 1, tzinfo=UTC), scope=scope)
        for value, scope in (
            ({"supplier": "SUP-POLICY"}, Scope(business_unit="EU-DIRECT", item_category="FURNITURE")),
            ({"supplier": ""}, Scope(business_unit="EU-DIRECT", partner="CUS-PRICED", item_category="FURNITURE")),
        )
    ]
    async with transaction(caller.engine, ["acme"]) as tx:
        for rule in rules:
            await policy.add(tx.driver, "acme", rule)
    lines = (line("1", 2, "TABLE"), line("2", 2, "BOLT"), direct("3"))
    found = await caller.place(unique("S"), *lines, business_unit="EU-DIRECT")
    assert [each.supplier_id for each in found.lines] == ["SUP-POLICY", "", SUPPLIER]
    found = await caller.place(unique("S"), line("1", 2, "TABLE"), business_unit="EU-DIRECT", customer_id="CUS-PRICED")
    assert [each.supplier_id for each in found.lines] == [""], "this customer is served from stock"


async def test_a_supplier_that_nobody_knows_refuses_the_order(caller: Caller) -> None:
    assert await reason(caller.place(unique("S"), direct(supplier="CUS-SHOP"))) == "PARTY_UNKNOWN"


@pytest.mark.feature("F119")
async def test_cancelling_before_the_supplier_has_shipped_asks_for_less_and_waits_for_the_purchase_order(
    caller: Caller, ledger: Ledger, suppliers: Suppliers
) -> None:
    number, po = unique("S"), unique("PO")
    order_id = (await caller.place(number, direct())).order.order_id
    books = await ledger.books(order_id)
    await ledger.answer(books["order requested"], "4711")
    await ledger.answer((await ledger.books(order_id))["purchase requested"], po)
    await suppliers.ordered(number, 10, po)
    await caller.cancel(order_id)
    assert await stands(caller, order_id) == {"at_supplier": "10"}
    assert ("PURCHASE_NOT_CANCELLED", "procurement", True) in await caller.exceptions(order_id)
    purchases = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_PURCHASE)
    assert [each.lines[0].quantity.value for each in purchases] == ["10", "0"]
    assert purchases[1].follows == [f"{order_id}.order.1", purchases[0].posting_id]
    await ledger.answer(purchases[1].posting_id, po)
    assert await stands(caller, order_id) == {"at_supplier": "10"}, "the supplier has not heard of it"
    await suppliers.ordered(number, 0, po)
    assert await stands(caller, order_id) == {"cancelled": "10"}
    assert ("PURCHASE_NOT_CANCELLED", "procurement", False) in await caller.exceptions(order_id)
    await suppliers.ships(suppliers.notice(unique("ASN"), (number, 10)))
    assert await stands(caller, order_id) == {"cancelled": "10"}
    assert ("DROP_SHIPPED_ABOVE_ORDER", "order-desk", True) in await caller.exceptions(order_id)


@pytest.mark.feature("F119")
async def test_a_notice_of_more_than_was_ordered_ships_what_was_ordered_and_the_rest_is_somebodys(
    caller: Caller, ledger: Ledger, suppliers: Suppliers
) -> None:
    number = unique("S")
    order_id = (await caller.place(number, direct())).order.order_id
    await suppliers.ships(suppliers.notice(unique("ASN"), (number, 12)))
    assert await stands(caller, order_id) == {"shipped": "10"}, "though no purchase order is known yet"
    assert ("DROP_SHIPPED_ABOVE_ORDER", "order-desk", True) in await caller.exceptions(order_id)
    shipped = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_SHIPMENT)
    assert [each.lines[0].quantity.value for each in shipped] == ["10"]


@pytest.mark.feature("F119")
async def test_what_refers_to_no_order_of_ours_is_somebodys_and_moves_nothing(
    caller: Caller, suppliers: Suppliers
) -> None:
    number, ghost, po = unique("S"), unique("GHOST"), unique("PO")
    order_id = (await caller.place(number, direct())).order.order_id
    await suppliers.ordered(ghost, 10, po)
    await suppliers.ships(suppliers.notice(unique("ASN"), (ghost, 5), (number, 10)))
    assert await stands(caller, order_id) == {"shipped": "10"}
    rows = await caller.fetch("SELECT code, owner FROM exception WHERE summary LIKE $1", f"%{ghost}%")
    assert sorted((row["code"], row["owner"]) for row in rows) == [
        ("DROP_SHIPPED_WITHOUT_ORDER", "procurement"),
        ("PURCHASE_WITHOUT_ORDER", "procurement"),
    ]


async def test_a_replaced_notice_says_what_left_in_all_and_its_old_state_says_nothing_more(
    caller: Caller, ledger: Ledger, suppliers: Suppliers
) -> None:
    number, asn = unique("S"), unique("ASN")
    order_id = (await caller.place(number, direct())).order.order_id
    old, new = suppliers.notice(asn, (number, 10)), suppliers.notice(asn, (number, 7))
    await suppliers.ships(new)
    await suppliers.ships(old)
    await suppliers.withdraws(old, replaced=True)
    assert await stands(caller, order_id) == {"shipped": "7", "at_supplier": "3"}
    await suppliers.ships(suppliers.notice(asn, (number, 10)))
    [found] = (await caller.order(order_id)).lines
    assert {each.state for each in found.schedules} == {sales_order_pb2.SCHEDULE_STATE_SHIPPED}
    shipped = await ledger.postings(order_id=order_id, kind=posting_pb2.POSTING_KIND_SHIPMENT)
    assert sorted(each.lines[0].quantity.value for each in shipped) == ["3", "7"]
    assert await caller.exceptions(order_id) == []


@pytest.mark.feature("F119")
async def test_a_shipment_that_is_taken_back_after_it_was_told_is_the_order_desks(
    caller: Caller, suppliers: Suppliers
) -> None:
    number = unique("S")
    order_id = (await caller.place(number, direct())).order.order_id
    notice = suppliers.notice(unique("ASN"), (number, 10))
    await suppliers.ships(notice)
    await suppliers.withdraws(notice)
    assert await stands(caller, order_id) == {"shipped": "10"}
    assert await caller.exceptions(order_id) == [("DROP_SHIPMENT_TAKEN_BACK", "order-desk", True)]
