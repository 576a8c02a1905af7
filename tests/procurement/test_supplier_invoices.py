"""Invoices through real calls: recorded once, matched again by what happens later, and shown with their orders."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc
import pytest
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.common.v1 import values_pb2 as common
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2 as facts
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb
from crossdock_kit import policy
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.unit_of_work import UnitOfWork
from procurement.domain.supplier_invoice import MOST_DOCUMENTS
from procurement.store.master_data import MasterDataRows
from procurement.store.unit_of_work import ProcurementUnitOfWork
from procurement.use_cases.supplier_invoices import match_again
from procurement.wire import master_data
from procurement_cases import trade
from procurement_cases.calls import DAY_ZERO, Caller, billed, counted, invoicing, line, origin, packed, unique
from procurement_cases.refusals import refused

PRECONDITION, NOT_FOUND = grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND
READY = invoice_pb.SUPPLIER_INVOICE_STATE_READY
AWAITING = invoice_pb.SUPPLIER_INVOICE_STATE_AWAITING_RECEIPT
BLOCKED = invoice_pb.SUPPLIER_INVOICE_STATE_BLOCKED


async def ordered(caller: Caller, *lines: pb.OrderedLine) -> order_pb.PurchaseOrder:
    number = unique("PO")
    await caller.submit(number, lines or None)
    return (await caller.answer(number)).purchase_order


async def arrive(caller: Caller, order: order_pb.PurchaseOrder, value: int, sku: str = "BOLT") -> None:
    await caller.receive(unique("RC"), counted(value, sku, purchase_order_number=order.number, line_number="10"))


async def keep(engine: Engine, item: catalog.Item) -> None:
    async with transaction(engine, ["acme"]) as tx:
        await MasterDataRows(tx.driver).keep_items([master_data.item("acme", item)])


async def states(caller: Caller, order: order_pb.PurchaseOrder) -> list[int]:
    return [each.state for each in (await caller.order(order.number)).supplier_invoices]


@pytest.mark.feature("F150", "F151", "F152")
async def test_an_invoice_waits_for_the_goods_and_its_exception_goes_when_they_come(caller: Caller) -> None:
    order = await ordered(caller)
    done = await caller.invoice(unique("INV"), billed(order.number, 100))
    assert done.supplier_invoice.state == AWAITING
    assert ("INVOICE_NO_RECEIPT", "procurement", True) in await caller.exceptions(order.purchase_order_id)
    await arrive(caller, order, 100)
    assert await states(caller, order) == [READY]
    assert ("INVOICE_NO_RECEIPT", "procurement", False) in await caller.exceptions(order.purchase_order_id)
    told = (await caller.facts(order.purchase_order_id)).count("SupplierInvoiceMatched")
    assert told == 2


@pytest.mark.feature("F178")
async def test_an_invoice_without_a_known_unit_is_looked_at_again_though_the_item_changes_at_the_same_moment(
    caller: Caller, uow: UnitOfWork, engine: Engine
) -> None:
    sku = unique("ITEM").upper()
    await keep(engine, catalog.Item(sku=sku, base_unit="EA"))
    order = await ordered(caller, line("10", 100, sku))
    await arrive(caller, order, 100, sku)
    in_boxes = billed(order.number, 2, "125.00")
    in_boxes.quantity.unit = "XBX"
    await caller.invoice(unique("INV"), in_boxes)
    assert await states(caller, order) == [BLOCKED]
    assert "procurement.invoice_unit_unknown" in await caller.timers(order.purchase_order_id)
    boxes = [catalog.Packaging(unit="XBX", base_quantity="50")]
    await keep(engine, catalog.Item(sku=sku, base_unit="EA", packaging=boxes))
    for _ in range(2):
        due = Cause("timer", "test", "acme", "tests", str(uuid4()), str(uuid4()), "", datetime.now(UTC))
        with caused_by(due):
            async with ProcurementUnitOfWork(uow)() as work:
                await match_again(order.purchase_order_id, work)
    assert await states(caller, order) == [READY]
    told = (await caller.facts(order.purchase_order_id)).count("SupplierInvoiceMatched")
    assert told == 2


@pytest.mark.feature("F152", "F154")
async def test_an_invoice_by_another_document_is_told_once_and_by_the_same_one_is_nothing(caller: Caller) -> None:
    order, number = await ordered(caller), unique("INV")
    asked = invoicing(number, billed(order.number, 100))

    async def by(document: str, written: str = number) -> pb.RecordSupplierInvoiceResponse:
        again = pb.RecordSupplierInvoiceRequest()
        again.CopyFrom(asked)
        again.request_id, again.number, again.origin.document = str(uuid4()), written, document
        return await caller.stub.RecordSupplierInvoice(again, timeout=20)

    first = await by("ISA 17")
    assert not first.repeated_invoice
    for document, written in (("ISA 17", number), ("ISA 23", number.lower()), ("", number), ("ISA 23", number)):
        found = await by(document, written)
        assert (found.repeated_invoice, found.supplier_invoice.invoice_id) == (True, first.supplier_invoice.invoice_id)
    await asyncio.gather(*(by("ISA 31") for _ in range(4)))
    told = await caller.journal(first.supplier_invoice.invoice_id)
    repeated = [each for each in told if isinstance(each, facts.SupplierInvoiceRepeated)]
    assert [(each.system, each.document) for each in repeated] == [("SUP-NORDIC", "ISA 23"), ("SUP-NORDIC", "ISA 31")]
    assert await states(caller, order) == [AWAITING], "it counts once"


def test_who_asks_for_one_invoice_for_ever_has_been_heard() -> None:
    invoice = trade.invoice(trade.billed(5))
    assert not invoice.ask_again("SUP-NORDIC", "ISA 1"), "it came before its documents were kept"
    invoice.documents = [("SUP-NORDIC", "ISA 0")]
    told = [invoice.ask_again("SUP-NORDIC", f"ISA {each}") for each in range(2 * MOST_DOCUMENTS)]
    assert told.count(True) == MOST_DOCUMENTS - 1
    assert len(invoice.events) == MOST_DOCUMENTS - 1


@pytest.mark.feature("F150")
async def test_an_invoice_for_a_drop_shipment_waits_for_its_notice_which_also_ends_the_chase(caller: Caller) -> None:
    number = unique("PO")
    asked = line("10", 100, ship_to_id="CUSTOMERS-PLACE", drop_ship_party_id="CUST-1")
    order = (await caller.submit(number, [asked])).purchase_order
    await caller.invoice(unique("INV"), billed(number, 100))
    assert await states(caller, order) == [AWAITING]
    await caller.ship(unique("SH"), packed(number, 100))
    assert await states(caller, order) == [READY]
    assert "procurement.unacknowledged" not in await caller.timers(order.purchase_order_id)


async def test_what_goes_straight_to_a_customer_is_watched_until_it_is_shipped(caller: Caller) -> None:
    number = unique("PO")
    asked = line("10", 100, ship_to_id="CUSTOMERS-PLACE", drop_ship_party_id="CUST-1")
    order = (await caller.submit(number, [asked])).purchase_order
    await caller.answer(number)
    assert list(await caller.timers(order.purchase_order_id)) == ["procurement.not_shipped"]
    await caller.ship(unique("SH"), packed(number, 100))
    assert await caller.timers(order.purchase_order_id) == {}


@pytest.mark.feature("F151")
async def test_a_price_that_the_erp_corrects_unblocks_the_invoice(caller: Caller) -> None:
    order = await ordered(caller)
    await arrive(caller, order, 100)
    await caller.invoice(unique("INV"), billed(order.number, 100, "2.75"))
    assert await states(caller, order) == [BLOCKED]
    await caller.submit(order.number, [line("10", 100, price="2.75")], hours=60)
    assert await states(caller, order) == [READY]


async def test_an_invoice_for_an_order_that_comes_later_is_matched_when_it_comes(caller: Caller) -> None:
    number = unique("PO")
    found = (await caller.invoice(unique("INV"), billed(number, 100))).supplier_invoice
    assert (found.state, found.business_unit) == (BLOCKED, "UNASSIGNED")
    await caller.submit(number)
    [shown] = (await caller.order(number)).supplier_invoices
    assert (shown.invoice_id, shown.state) == (found.invoice_id, AWAITING)
    assert shown.business_unit == "EU01", "an ERP is told of it"
    told = [each for each in await caller.journal(found.invoice_id) if isinstance(each, facts.SupplierInvoiceMatched)]
    assert told[-1].supplier_invoice.business_unit == "EU01"


async def test_invoices_and_their_orders_at_the_same_moment_find_each_other(caller: Caller) -> None:
    numbers = [unique("PO") for _ in range(20)]
    await asyncio.gather(
        *(caller.submit(each) for each in numbers),
        *(caller.invoice(unique("INV"), billed(each, 100)) for each in numbers),
    )
    shown = [(await caller.order(each)).supplier_invoices for each in numbers]
    assert [[each.state for each in invoices] for invoices in shown] == [[AWAITING]] * len(numbers)


@pytest.mark.feature("F151")
async def test_a_price_may_differ_by_what_its_items_category_and_its_currency_allow(
    caller: Caller, engine: Engine
) -> None:
    """Both items at 3 percent above; goods in bulk may differ by 5 percent, in euros by 20 and in no other currency."""
    unit, category = unique("BU"), unique("CAT")
    bulky, place_of_all = unique("ITEM").upper(), unique("WH")
    await keep(engine, catalog.Item(sku=bulky, base_unit="EA", category=category))
    async with transaction(engine, ["acme"]) as tx:
        anywhere = catalog.Location(location_id=place_of_all, zone="Europe/Berlin", system="WMS-ANY")
        await MasterDataRows(tx.driver).keep_locations([master_data.location("acme", anywhere)])
        scope = Scope(business_unit=unit, item_category=category)
        for key, value in (("price_percent", "5"), ("price_amount", {"EUR": "20"})):
            rule = NewRule(key=f"procurement.invoice_{key}", value=value, valid_from=DAY_ZERO, scope=scope)
            await policy.add(tx.driver, "acme", rule)
    within, beyond = invoice_pb.MATCH_OUTCOME_WITHIN_TOLERANCE, invoice_pb.MATCH_OUTCOME_PRICE_VARIANCE
    found = {}
    for currency in ("EUR", "USD"):
        lines = [line("10", 100, bulky, price="1.00"), line("20", 100, "BOLT", price="1.00")]
        for wanted in lines:
            wanted.price.money.currency = currency
        number = unique("PO")
        await caller.submit(number, lines, business_unit=unit, currency=currency)
        for place, sku in (("10", bulky), ("20", "BOLT")):
            report = counted(100, sku, purchase_order_number=number, line_number=place)
            await caller.receive(unique("RC"), report, system="WMS-ANY", location_id=place_of_all)
        asked = [billed(number, 100, "1.03", place) for place in ("10", "20")]
        for each in asked:
            each.price.money.currency = currency
        total = common.Money(amount="206.00", currency=currency)
        invoice = (await caller.invoice(unique("INV"), *asked, total=total)).supplier_invoice
        found[currency] = [each.outcome for each in invoice.lines]
    assert found == {"EUR": [within, beyond], "USD": [beyond, beyond]}


@pytest.mark.feature("F154")
async def test_the_same_invoice_is_recorded_once_at_once_and_later_and_with_other_lines_refused(caller: Caller) -> None:
    order, number = await ordered(caller), unique("INV")
    both = await asyncio.gather(*(caller.invoice(number, billed(order.number, 100)) for _ in range(2)))
    again = await caller.invoice(number.lower(), billed(order.number, 100))
    assert {each.supplier_invoice.invoice_id for each in (*both, again)} == {again.supplier_invoice.invoice_id}
    assert sorted(each.repeated_invoice for each in both) == [False, True]
    assert again.repeated_invoice
    assert len(await states(caller, order)) == 1
    other = caller.invoice(number, billed(order.number, 99))
    assert await refused(other) == (PRECONDITION, "INVOICE_NUMBER_REUSED")


@pytest.mark.feature("F153")
async def test_of_invoices_at_once_for_the_same_goods_only_one_passes(caller: Caller) -> None:
    order = await ordered(caller)
    await arrive(caller, order, 100)
    await asyncio.gather(*(caller.invoice(unique("INV"), billed(order.number, 100)) for _ in range(4)))
    assert sorted(await states(caller, order)) == [BLOCKED] * 3 + [READY]


async def test_it_is_found_by_id_and_by_the_suppliers_number_but_not_by_another_tenant(
    caller: Caller, stranger: Caller
) -> None:
    order, number = await ordered(caller), unique("INV")
    done = await caller.invoice(number, billed(order.number, 100))
    by_id = pb.GetSupplierInvoiceRequest(invoice_id=done.supplier_invoice.invoice_id)
    by_number = pb.GetSupplierInvoiceRequest(supplier_id="SUP-NORDIC", number=number)
    for name in (by_id, by_number):
        found = await caller.stub.GetSupplierInvoice(name, timeout=20)
        assert found.supplier_invoice == done.supplier_invoice
        asked = stranger.stub.GetSupplierInvoice(name, timeout=20)
        assert await refused(asked) == (NOT_FOUND, "SUPPLIER_INVOICE_UNKNOWN")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lines": [billed("PO", 0)]}, "lines[0].quantity.value"),
        ({"lines": [billed("PO", 1, "-1")]}, "lines[0].price.money.amount"),
        ({"total": common.Money(amount="-1", currency="EUR")}, "total.amount"),
        ({"total": common.Money(amount="1", currency="USD")}, "lines[0].price.money.currency"),
        ({"lines": []}, "lines"),
        ({"number": ""}, "number"),
    ],
)
async def test_what_is_wrong_is_named_by_its_field(caller: Caller, wrong: dict[str, Any], field: str) -> None:
    more = {"number": unique("INV"), "lines": [billed("PO", 1)]} | wrong
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await caller.stub.RecordSupplierInvoice(invoicing(**more), timeout=20)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert field in str(error.value.details()) + str(error.value.trailing_metadata())


async def test_only_supplier_and_erp_may_say_what_is_invoiced(caller: Caller) -> None:
    by_warehouse = origin("WMS-EAST", options_pb2.ROLE_WMS, 50)
    call = caller.invoice(unique("INV"), billed("PO", 1), origin=by_warehouse)
    assert await refused(call) == (PRECONDITION, "FIELD_NOT_OWNED")


async def test_an_invoice_of_two_orders_shows_with_each_and_is_judged_line_by_line(caller: Caller) -> None:
    first, second = await ordered(caller), await ordered(caller)
    await arrive(caller, first, 100)
    await caller.invoice(unique("INV"), billed(first.number, 100), billed(second.number, 100))
    for order in (first, second):
        [found] = (await caller.order(order.number)).supplier_invoices
        outcomes = [each.outcome for each in found.lines]
        assert outcomes == [invoice_pb.MATCH_OUTCOME_MATCHED, invoice_pb.MATCH_OUTCOME_NO_RECEIPT]
    await arrive(caller, second, 100)
    assert await states(caller, first) == await states(caller, second) == [READY]
