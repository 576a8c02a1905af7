"""What a sender does not own of a document is left out or refuses it, whatever stands in for the contract."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import dock_pb2, inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock_kit.document_attributes import attributes, decided_by, enforced
from crossdock_kit.ownership import contract_messages, owned_fields
from crossdock_kit.ownership_by_attribute import Judged, judge
from crossdock_kit.ownership_overrides import Override, deciding, deployments, unknown_attribute
from google.protobuf.descriptor import Descriptor

SUPPLIER, WMS, ERP, CARRIER = (
    options_pb2.ROLE_SUPPLIER,
    options_pb2.ROLE_WMS,
    options_pb2.ROLE_ERP,
    options_pb2.ROLE_CARRIER,
)
NOTICE: Descriptor = pb.RecordShipNoticeRequest.DESCRIPTOR


@pytest.fixture(autouse=True)
def nothing_configured() -> None:
    deployments.set({})


def notice(role: Any = SUPPLIER, **facts: Any) -> pb.RecordShipNoticeRequest:
    line = inbound_pb2.ShipNoticeLine(
        purchase_order_number="PO-1", line_number="10", shipped=values_pb2.Quantity(value="5", unit="EA")
    )
    known: dict[str, Any] = {
        "request_id": "0192d5a8-0000-7000-8000-000000000001",
        "origin": values_pb2.Origin(system="SUP", role=role),
        "purpose": pb.NOTICE_PURPOSE_ORIGINAL,
        "number": "SH-1",
        "supplier_id": "SUP-NORDIC",
        "carrier": "UPSN",
        "bill_of_lading": "B-1",
        "lines": [line],
    }
    return pb.RecordShipNoticeRequest(**known | facts)


def judged(request: Any) -> Judged[Any]:
    return judge(request, request.origin)


def left_out(found: Judged[Any]) -> list[str]:
    assert found.refusal is None
    return [each.attribute for each in found.left_out]


def test_a_documents_attributes_are_those_of_what_it_writes_and_of_its_parts() -> None:
    found = {each.short for each in attributes(NOTICE)}
    assert {"ShipNotice.number", "ShipNotice.carrier", "ShipNotice.expected_on", "ShipNoticeLine.lot"} <= found
    order = {each.short for each in attributes(pb.SubmitPurchaseOrderRequest.DESCRIPTOR)}
    assert {"PurchaseOrder.supplier_id", "PurchaseOrderLine.price", "PurchaseOrderLine.ordered"} <= order
    assert decided_by(pb.SubmitPurchaseOrderRequest.DESCRIPTOR).short == "PurchaseOrderLine.ordered"
    with pytest.raises(KeyError, match="does not say by which"):
        decided_by(inbound_pb2.ShipNotice.DESCRIPTOR)


@pytest.mark.feature("F043")
def test_every_document_is_decided_by_one_of_its_attributes_that_the_contract_says_decides() -> None:
    written = [each for each in contract_messages() if each.GetOptions().Extensions[options_pb2.writes].decided_by]
    assert len(written) >= 20
    for each in written:
        assert decided_by(each).short in deciding(), each.full_name
    known = {each.short for each in owned_fields()}
    assert set(enforced()) <= known


def test_what_its_owner_sends_is_taken_as_it_is() -> None:
    request = notice()
    assert judged(request).request is request
    assert judged(request).left_out == ()


def test_who_may_not_send_the_document_sends_nothing_of_it() -> None:
    found = judged(notice(ERP))
    assert found.decided is not None
    assert (found.decided.attribute, found.decided.role, found.decided.owners) == (
        "ShipNotice.number",
        "ERP",
        "SUPPLIER",
    )


@pytest.mark.feature("F040")
def test_an_attribute_of_anothers_is_left_out_and_the_rest_stays() -> None:
    deployments.set(
        {"ShipNotice.carrier": Override((CARRIER,), "road desk"), "ShipNotice": Override(steward="inbound")}
    )
    request = notice()
    found = judged(request)
    assert left_out(found) == ["ShipNotice.carrier"]
    [carrier] = found.left_out
    assert carrier.owner == "road desk"
    assert carrier.owners == (
        "CARRIER, as the deployment's configuration says over the contract's CARRIER, SUPPLIER;"
        " its steward is road desk"
    )
    assert (found.request.carrier, found.request.bill_of_lading, request.carrier) == ("", "B-1", "UPSN")
    assert left_out(judged(notice(carrier=""))) == [], "what is not said is not written"


def test_a_profile_says_it_before_the_configuration() -> None:
    deployments.set({"ShipNotice.carrier": Override((CARRIER,))})
    request = notice()
    request.origin.ownership.add(attribute="ShipNotice.carrier", writers=[SUPPLIER])
    assert left_out(judged(request)) == []
    request.origin.ownership.add(attribute="ShipNotice.bill_of_lading")
    found = judged(request)
    assert left_out(found) == ["ShipNotice.bill_of_lading"]
    assert found.left_out[0].owners.startswith("nobody outside, as the partner's profile says")


def test_in_lines_it_is_left_out_of_every_line_and_told_once() -> None:
    deployments.set({"ShipNoticeLine.lot": Override((WMS,))})
    lines = [notice().lines[0] for _ in range(3)]
    for each in lines[:2]:
        each.lot.number = "L1"
    found = judged(notice(lines=lines))
    assert left_out(found) == ["ShipNoticeLine.lot"]
    assert [each.HasField("lot") for each in found.request.lines] == [False, False, False]


@pytest.mark.parametrize("attribute", ["ShipNotice.supplier_id", "ShipNoticeLine.shipped"])
def test_what_the_document_cannot_do_without_refuses_it(attribute: str) -> None:
    deployments.set({attribute: Override((ERP,))})
    found = judged(notice())
    assert found.needed is not None
    assert found.needed.attribute == attribute


def test_who_is_let_in_may_write_the_rest_unless_it_is_said_to_be_anothers() -> None:
    deployments.set({"ShipNotice.number": Override((ERP, SUPPLIER))})
    assert left_out(judged(notice(ERP))) == []
    deployments.set({"ShipNotice.number": Override((ERP, SUPPLIER)), "ShipNotice.carrier": Override((SUPPLIER,))})
    assert left_out(judged(notice(ERP))) == ["ShipNotice.carrier"]
    assert left_out(judged(notice(SUPPLIER))) == []


def test_what_a_warehouse_receives_no_supplier_writes() -> None:
    line = notice().lines[0]
    line.received_quantity = "5"
    found = judged(notice(lines=[line]))
    assert left_out(found) == ["ShipNoticeLine.received_quantity"]


def test_a_count_without_what_was_counted_is_refused() -> None:
    deployments.set({"ReportedStock.counted": Override((ERP,))})
    line = control.ReportedStock(
        sku="A", bucket=inventory.ACCOUNT_SELLABLE, reason="AA", counted=values_pb2.Quantity(value="1", unit="EA")
    )
    request = control.RecordStockReportRequest(
        request_id="0192d5a8-0000-7000-8000-000000000001",
        origin=values_pb2.Origin(system="WMS", role=WMS),
        number="C-1",
        location_id="W",
        business_unit="EU01",
        lines=[line],
    )
    request.found_at.FromSeconds(1)
    found = judged(request)
    assert found.needed is not None
    assert found.needed.attribute == "ReportedStock.counted"


def test_a_document_may_be_decided_by_what_it_is_about_and_does_not_hold() -> None:
    answer: Descriptor = pb.AcknowledgePurchaseOrderRequest.DESCRIPTOR
    assert decided_by(answer).short == "PurchaseOrderLine.confirmed"
    found = {each.short for each in attributes(answer)}
    assert {"LineAcknowledgment.quantity", "LineAcknowledgment.price"} <= found
    assert not {each for each in found if each.startswith("PurchaseOrderLine")}, "what it repeats it does not write"


def test_only_what_is_judged_can_be_given_to_others() -> None:
    assert unknown_attribute("ShipNotice.carrier") == ""
    assert unknown_attribute("ShipNotice.number") == ""
    assert unknown_attribute("DockAppointment.door") == ""
    assert "is judged with none" in unknown_attribute("Shipment.eta")
    assert dock_pb2.DockAppointment.DESCRIPTOR.name == "DockAppointment"
