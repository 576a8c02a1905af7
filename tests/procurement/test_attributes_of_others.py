"""A document that writes what another owns is taken without it, and whoever looks after the attribute hears of it."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from crossdock.common.v1 import values_pb2 as common
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import procurement_service_pb2_grpc as pb_grpc
from crossdock.procurement.v1.supplier_invoice_pb2 import VERDICT_RELEASED
from crossdock_kit.database import Engine, transaction
from crossdock_kit.ownership_overrides import Override
from crossdock_kit.testing import FixedClock, start_service
from crossdock_kit.unit_of_work import UnitOfWork
from procurement.__main__ import mint
from procurement.api import ProcurementService
from procurement.store.unit_of_work import ProcurementUnitOfWork
from procurement_cases.calls import (
    Caller,
    agreed,
    agreement,
    answer,
    answered,
    appointment,
    billed,
    booking,
    certified,
    counted,
    line,
    on,
    origin,
    packed,
    says,
    unique,
    verdict,
)
from procurement_cases.refusals import refused

ERP, WMS, SUPPLIER, CARRIER, MDM = (
    options_pb2.ROLE_ERP,
    options_pb2.ROLE_WMS,
    options_pb2.ROLE_SUPPLIER,
    options_pb2.ROLE_CARRIER,
    options_pb2.ROLE_MDM,
)
NOT_OWNED = (grpc.StatusCode.FAILED_PRECONDITION, "FIELD_NOT_OWNED")


def said_by(system: str, role: Any, attribute: str, *writers: Any) -> common.Origin:
    """Of a document of a partner whose profile says who else writes an attribute."""
    found = origin(system, role, 2, document=unique("DOC"))
    found.ownership.add(attribute=attribute, writers=writers)
    return found


async def told(caller: Caller, source: common.Origin) -> list[tuple[str, str, str]]:
    """Owner, attribute and words of what is open of a document."""
    async with transaction(caller.engine, [caller.tenant]) as tx:
        rows = await tx.driver.fetch(
            "SELECT owner, subject, summary FROM exception WHERE code = 'FIELD_NOT_OWNED' AND resolved_at IS NULL"
            " AND subject LIKE '%/' || $1",
            source.document,
        )
    return [(row["owner"], row["subject"].partition("/")[0], row["summary"]) for row in rows]


@pytest.mark.feature("F040")
async def test_a_notice_is_taken_without_the_carrier_that_its_supplier_may_not_name(caller: Caller) -> None:
    number, asn = unique("PO"), unique("SH")
    await caller.submit(number)
    source = said_by("SUP-NORDIC", SUPPLIER, "ShipNotice.carrier", CARRIER)
    facts: dict[str, Any] = {"origin": source, "carrier": "UPSN", "bill_of_lading": "B-1"}
    done = await caller.ship(asn, packed(number, 60), **facts)
    assert (done.ship_notice.carrier, done.ship_notice.bill_of_lading) == ("", "B-1")
    assert [each.shipped.value for each in done.ship_notice.lines] == ["60"]
    again = await caller.ship(asn, packed(number, 60), **facts)
    assert again.repeated_notice
    assert await told(caller, source) == [
        ("master-data", "ShipNotice.carrier", "SUP-NORDIC wrote ShipNotice.carrier, which it does not own: left out")
    ]


@pytest.mark.feature("F039", "F043", "F052")
async def test_what_the_configuration_says_of_an_attribute_holds_and_its_steward_hears_of_it(
    caller: Caller, engine: Engine, uow: UnitOfWork, clock: FixedClock
) -> None:
    number, asn = unique("PO"), unique("SH")
    await caller.submit(number)
    configured = {
        "ShipNotice.carrier": Override((CARRIER,), "road desk"),
        "ShipNotice.bill_of_lading": Override((CARRIER,), "paper desk"),
    }
    servicer = ProcurementService(ProcurementUnitOfWork(uow), mint, clock)
    add = pb_grpc.add_ProcurementServiceServicer_to_server
    async with start_service((add, servicer), uow=uow, clock=clock, ownership=configured) as running:
        stub: Any = running.caller(pb_grpc.ProcurementServiceStub, tenant="acme")
        there = Caller(stub, engine, "acme")
        source = origin("SUP-NORDIC", SUPPLIER, 2, document=unique("DOC"))
        facts: dict[str, Any] = {"origin": source, "carrier": "UPSN", "bill_of_lading": "B-1"}
        done = await there.ship(asn, packed(number, 60), **facts)
    assert (done.ship_notice.carrier, done.ship_notice.bill_of_lading) == ("", "")
    assert sorted(owner for owner, _, _ in await told(caller, source)) == ["paper desk", "road desk"]


async def test_in_orders_receipts_appointments_and_invoices_it_is_the_same(caller: Caller) -> None:
    number, asn = unique("PO"), unique("SH")
    by_erp = said_by("ERP-EU", ERP, "PurchaseOrderLine.description", MDM)
    order = (await caller.submit(number, [line(description="Bolt")], origin=by_erp)).purchase_order
    assert (order.lines[0].description, order.lines[0].ordered.value) == ("", "100")
    await caller.ship(asn, packed(number, 60))
    by_wms = said_by("WMS-EAST", WMS, "DockAppointment.door", SUPPLIER)
    asked = appointment(unique("AP"), asn)
    asked.origin.CopyFrom(by_wms)
    booked = await caller.stub.RecordDockAppointment(asked, timeout=20)
    assert booked.dock_appointment.door == ""
    counts = said_by("WMS-EAST", WMS, "ReceiptLine.lot", SUPPLIER)
    counted_line = counted(60, ship_notice_number=asn, lot=common.Lot(number="L1"))
    receipt = (await caller.receive(unique("RC"), counted_line, origin=counts)).receipt
    assert [(each.quantity.value, each.HasField("lot")) for each in receipt.lines] == [("60", False)]
    bills = said_by("SUP-NORDIC", SUPPLIER, "SupplierInvoiceLine.supplier_item", ERP)
    billed_line = billed(number, 60)
    billed_line.supplier_item = "ND-77"
    invoice = (await caller.invoice(unique("INV"), billed_line, origin=bills)).supplier_invoice
    assert [each.supplier_item for each in invoice.lines] == [""]
    for source, attribute in (
        (by_erp, "PurchaseOrderLine.description"),
        (by_wms, "DockAppointment.door"),
        (counts, "ReceiptLine.lot"),
        (bills, "SupplierInvoiceLine.supplier_item"),
    ):
        assert [each[1] for each in await told(caller, source)] == [attribute]


async def test_without_what_it_cannot_do_without_a_document_is_refused_and_nothing_is_told(caller: Caller) -> None:
    number = unique("PO")
    await caller.submit(number)
    source = said_by("SUP-NORDIC", SUPPLIER, "ShipNoticeLine.shipped", WMS)
    assert await refused(caller.ship(unique("SH"), packed(number, 60), origin=source)) == NOT_OWNED
    assert await told(caller, source) == []
    assert not (await caller.order(number)).ship_notices


def sent(request: Any, system: str, role: Any, attribute: str, *writers: Any) -> Any:
    """The same document of a partner whose profile says who else writes an attribute."""
    hours = request.origin.occurred_at
    request.origin.CopyFrom(said_by(system, role, attribute, *writers))
    request.origin.occurred_at.CopyFrom(hours)
    return request


@pytest.mark.feature("F040", "F043")
async def test_agreements_bookings_and_verdicts_are_taken_without_what_is_anothers(caller: Caller) -> None:
    number, frame = unique("PO"), unique("BO")
    await caller.submit(number)
    by_erp = sent(
        agreement(frame, agreed(100, supplier_item="ND-1")), "ERP-EU", ERP, "BlanketOrderLine.price", SUPPLIER
    )
    made = (await caller.stub.SubmitBlanketOrder(by_erp, timeout=20)).blanket_order
    assert [(each.agreed.value, each.supplier_item, each.HasField("price")) for each in made.lines] == [
        ("100", "ND-1", False)
    ]
    by_carrier = booking(number, 9, carrier="UPSN")
    role, system = by_carrier.origin.role, by_carrier.origin.system
    sent(by_carrier, system, role, "InboundBooking.carrier", SUPPLIER)
    booked = await caller.stub.RecordInboundBooking(by_carrier, timeout=20)
    carriage = booked.purchase_order.inbound_booking
    assert (carriage.carrier, carriage.number, carriage.expected_on) == ("", "BK-1", on(9))
    invoice = (await caller.invoice(unique("INV"), billed(number, 60))).supplier_invoice
    judged = sent(
        verdict(invoice.invoice_id, VERDICT_RELEASED, number="51056"), "ERP-EU", ERP, "InvoiceVerdict.number", MDM
    )
    told_of = (await caller.stub.RecordInvoiceVerdict(judged, timeout=20)).supplier_invoice
    assert [(each.verdict, each.number) for each in told_of.verdicts] == [(VERDICT_RELEASED, "")]
    for request, attribute in (
        (by_erp, "BlanketOrderLine.price"),
        (by_carrier, "InboundBooking.carrier"),
        (judged, "InvoiceVerdict.number"),
    ):
        assert [each[1] for each in await told(caller, request.origin)] == [attribute]


@pytest.mark.feature("F040")
async def test_what_says_more_without_a_part_of_it_is_refused_whole(caller: Caller) -> None:
    """A certificate without its lot is one of every lot, an answer without its quantity one to all of it."""
    number = unique("PO")
    await caller.submit(number)
    accepted = says(pb.ACKNOWLEDGMENT_OUTCOME_ACCEPTED, 60)
    reply = sent(answer(number, answered("10", accepted)), "SUP-NORDIC", SUPPLIER, "LineAcknowledgment.quantity", ERP)
    assert await refused(caller.stub.AcknowledgePurchaseOrder(reply, timeout=20)) == NOT_OWNED
    paper = sent(certified(unique("COA"), lot="L1"), "SUP-NORDIC", SUPPLIER, "Certificate.lot", WMS)
    assert await refused(caller.stub.RecordCertificate(paper, timeout=20)) == NOT_OWNED
    assert [each.confirmed_quantity for each in (await caller.order(number)).purchase_order.lines] == ["0"]


async def test_who_may_answer_is_still_said_of_what_an_answer_confirms(caller: Caller) -> None:
    number = unique("PO")
    await caller.submit(number)
    accepted = answered("10", says(pb.ACKNOWLEDGMENT_OUTCOME_ACCEPTED, 100))
    by_erp = answer(number, accepted)
    by_erp.origin.CopyFrom(origin("ERP-EU", ERP, 2))
    assert await refused(caller.stub.AcknowledgePurchaseOrder(by_erp, timeout=20)) == NOT_OWNED
    let_in = answer(number, accepted)
    let_in.origin.CopyFrom(said_by("ERP-EU", ERP, "PurchaseOrderLine.confirmed", ERP, SUPPLIER))
    await caller.stub.AcknowledgePurchaseOrder(let_in, timeout=20)
    assert [each.confirmed_quantity for each in (await caller.order(number)).purchase_order.lines] == ["100"]
