"""Number 4711 of two ERPs is two orders, whoever speaks of it: supplier, carrier's notice, warehouse or a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from crossdock.catalog.v1 import master_data_pb2
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2 as facts
from crossdock.procurement.v1 import inbound_pb2 as inbound
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb
from crossdock_kit.database import Engine, transaction
from procurement.store.master_data import MasterDataRows
from procurement.wire import master_data
from procurement_cases.calls import Caller, billed, counted, line, origin, packed, unique
from procurement_cases.refusals import refused


@dataclass(frozen=True, slots=True)
class Both:
    """The same number of an ERP in Europe and of one in America, each with its own supplier and warehouse."""

    number: str
    eu: order_pb.PurchaseOrder
    us: order_pb.PurchaseOrder


async def ordered(caller: Caller, number: str, **more: Any) -> order_pb.PurchaseOrder:
    placed = await caller.submit(number, [line("10", 100)], **more)
    assert placed.placement == pb.PLACEMENT_CREATED
    return placed.purchase_order


@pytest.fixture
async def both(caller: Caller, engine: Engine) -> Both:
    place = master_data_pb2.Location(location_id="WH-US", zone="America/Chicago", system="WMS-US", business_unit="US01")
    async with transaction(engine, ["acme"]) as tx:
        await MasterDataRows(tx.driver).keep_locations([master_data.location("acme", place)])
    number = unique("4711")
    eu = await ordered(caller, number)
    of_us = origin("ERP-US", options_pb2.ROLE_ERP, 0)
    us = await ordered(caller, number, origin=of_us, business_unit="US01", supplier_id="SUP-DELTA", ship_to_id="WH-US")
    return Both(number, eu, us)


async def found(caller: Caller, ref: inbound.PurchaseOrderRef) -> order_pb.PurchaseOrder:
    answer = await caller.stub.GetPurchaseOrder(pb.GetPurchaseOrderRequest(ref=ref), timeout=20)
    return answer.purchase_order


async def received(caller: Caller, order: order_pb.PurchaseOrder) -> str:
    now = await found(caller, inbound.PurchaseOrderRef(purchase_order_id=order.purchase_order_id))
    return now.lines[0].received_quantity or "0"


@pytest.mark.feature("F179", "F182")
async def test_it_is_two_orders_and_who_asks_by_number_alone_is_told_so(caller: Caller, both: Both) -> None:
    assert both.eu.purchase_order_id != both.us.purchase_order_id
    by_number = caller.order(both.number)
    assert await refused(by_number) == (grpc.StatusCode.FAILED_PRECONDITION, "PURCHASE_ORDER_AMBIGUOUS")
    for order in (both.eu, both.us):
        ref = inbound.PurchaseOrderRef(number=both.number, business_unit=order.business_unit)
        assert (await found(caller, ref)).purchase_order_id == order.purchase_order_id
    again = await caller.submit(both.number, [line("10", 100)], origin=origin("ERP-EU", options_pb2.ROLE_ERP, 0))
    assert again.purchase_order.purchase_order_id == both.eu.purchase_order_id


@pytest.mark.feature("F179")
async def test_each_supplier_answers_and_ships_its_own(caller: Caller, both: Both) -> None:
    for order in (both.eu, both.us):
        await caller.answer(both.number, supplier_id=order.supplier_id)
        supplier: dict[str, Any] = {"supplier_id": order.supplier_id, "ship_to_id": order.lines[0].ship_to_id}
        shipped = await caller.ship(unique("SH"), packed(both.number, 60), **supplier)
        assert [each.purchase_order_id for each in shipped.ship_notice.lines] == [order.purchase_order_id]
        told = await caller.facts(order.purchase_order_id)
        assert (told.count("PurchaseOrderAcknowledged"), told.count("ShipNoticeReceived")) == (1, 1)


@pytest.mark.feature("F179")
async def test_a_receipt_by_number_is_that_of_the_business_unit_whose_place_it_is(caller: Caller, both: Both) -> None:
    for place, count, order in (("EAST", 7, both.eu), ("US", 9, both.us)):
        report = counted(count, purchase_order_number=both.number, line_number="10")
        await caller.receive(unique("RC"), report, system=f"WMS-{place}", location_id=f"WH-{place}")
        journal = await caller.journal(order.purchase_order_id)
        [told] = [each for each in journal if isinstance(each, facts.GoodsReceived)]
        # The business unit says which ERP posts it.
        assert told.receipt.business_unit == order.business_unit
        assert told.receipt.lines[0].purchase_order_id == order.purchase_order_id
    assert [await received(caller, each) for each in (both.eu, both.us)] == ["7", "9"]


@pytest.mark.feature("F179")
async def test_a_receipt_that_names_the_notice_is_that_of_the_notices_order(caller: Caller, both: Both) -> None:
    """Goods of the American order that were sent to the European warehouse."""
    asn = unique("SH")
    await caller.ship(asn, packed(both.number, 60), supplier_id=both.us.supplier_id, ship_to_id="WH-EAST")
    report = counted(60, purchase_order_number=both.number, line_number="10", ship_notice_number=asn)
    done = await caller.receive(unique("RC"), report)
    assert (done.receipt.business_unit, done.receipt.lines[0].from_in_transit) == ("US01", "60")
    assert [await received(caller, each) for each in (both.eu, both.us)] == ["0", "60"]


async def test_a_receipt_at_a_place_of_neither_is_booked_for_none_and_is_somebodys(
    caller: Caller, engine: Engine, both: Both
) -> None:
    place = master_data_pb2.Location(location_id="WH-3PL", zone="Europe/Paris", system="WMS-3PL")
    async with transaction(engine, ["acme"]) as tx:
        await MasterDataRows(tx.driver).keep_locations([master_data.location("acme", place)])
    report = counted(5, purchase_order_number=both.number, line_number="10")
    done = await caller.receive(unique("RC"), report, system="WMS-3PL", location_id="WH-3PL")
    assert done.receipt.lines[0].beyond_order == "5"
    assert [await received(caller, each) for each in (both.eu, both.us)] == ["0", "0"]
    raised = await caller.exceptions(done.receipt.receipt_id)
    assert [(owner, is_open) for _, owner, is_open in raised] == [("procurement", True)]


@dataclass(frozen=True, slots=True)
class OneTruck:
    """Two numbers, of an order of each ERP with the same supplier, for the same warehouse."""

    eu: order_pb.PurchaseOrder
    us: order_pb.PurchaseOrder


@pytest.fixture
async def truck(caller: Caller) -> OneTruck:
    eu = await ordered(caller, unique("PO-EU"))
    of_us = origin("ERP-US", options_pb2.ROLE_ERP, 0)
    return OneTruck(eu, await ordered(caller, unique("PO-US"), origin=of_us, business_unit="US01"))


async def shipped_and_received(caller: Caller, truck: OneTruck) -> inbound.Receipt:
    asn = unique("SH")
    await caller.ship(asn, packed(truck.eu.number, 100), packed(truck.us.number, 60))
    of_notice: dict[str, Any] = {"line_number": "10", "ship_notice_number": asn}
    reports = [
        counted(amount, purchase_order_number=number, **of_notice)
        for number, amount in ((truck.eu.number, 100), (truck.us.number, 40))
    ]
    done = await caller.receive(unique("RC"), *reports, counted(3, "NUT"), final=True)
    return done.receipt


@pytest.mark.feature("F179", "F182")
async def test_one_truck_for_two_business_units_is_announced_and_received_for_each(
    caller: Caller, truck: OneTruck
) -> None:
    receipt = await shipped_and_received(caller, truck)
    assert [(each.business_unit, each.base_quantity) for each in receipt.lines] == [
        ("EU01", "100"),
        ("US01", "40"),
        ("EU01", "3"),
    ]
    assert receipt.business_unit == "EU01", "what nobody ordered is with the first"
    journal = await caller.journal(truck.us.purchase_order_id)
    [announced] = [each for each in journal if isinstance(each, facts.ShipNoticeReceived)]
    assert [each.business_unit for each in announced.ship_notice.lines] == ["EU01", "US01"]
    [ended] = [each for each in journal if isinstance(each, facts.ShipNoticeClosed)]
    assert [(each.business_unit, each.quantity.value) for each in ended.short_lines] == [("US01", "20")]
    kept = await caller.stub.GetReceipt(pb.GetReceiptRequest(receipt_id=receipt.receipt_id), timeout=20)
    assert list(kept.receipt.lines) == list(receipt.lines)


@pytest.mark.feature("F179")
async def test_an_invoice_over_both_is_ready_for_the_unit_whose_lines_have_passed(
    caller: Caller, truck: OneTruck
) -> None:
    await shipped_and_received(caller, truck)
    lines = [billed(truck.eu.number, 100), billed(truck.us.number, 60)]
    invoice = (await caller.invoice(unique("INV"), *lines)).supplier_invoice
    assert [(each.business_unit, each.state) for each in invoice.parts] == [
        ("EU01", invoice_pb.SUPPLIER_INVOICE_STATE_READY),
        ("US01", invoice_pb.SUPPLIER_INVOICE_STATE_BLOCKED),
    ]
    assert (invoice.business_unit, invoice.state) == ("EU01", invoice_pb.SUPPLIER_INVOICE_STATE_BLOCKED)
    assert [each.business_unit for each in invoice.lines] == ["EU01", "US01"]
