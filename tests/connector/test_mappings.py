"""The ERP's and the API suppliers' documents, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from connector.codecs import json_document, x12_document
from connector.codecs.json_document import DocumentFault
from connector.mappings import (
    json_blanket_order,
    json_goods_receipt,
    json_order_confirmation,
    json_order_response,
    json_purchase_order,
    json_ship_notice,
    json_supplier_order,
    registry,
)
from connector_samples import files, orders
from crossdock.common.v1 import values_pb2
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import inbound_pb2, purchase_order_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement


def parsed(body: dict[str, Any]) -> json_document.JsonObject:
    return json_document.decode(json.dumps(body).encode())


ORDER = {
    "number": "4500000001",
    "version": "7",
    "changedAt": "2026-11-02T08:00:00Z",
    "orderDate": "2026-11-02",
    "supplier": "V100010",
    "shipTo": "1010",
    "currency": "EUR",
    "incoterms": {"rule": "FCA", "place": "Rotterdam"},
    "priority": "express",
    "lines": [
        {
            "line": "10",
            "material": "A1001",
            "quantity": "100",
            "unit": "KAR",
            "price": {"amount": "12.50", "per": "100", "unit": "ST"},
            "window": {"from": "2026-11-10", "to": "2026-11-12", "fromTime": "08:00", "zone": "Europe/Berlin"},
            "schedules": [{"quantity": "60", "date": "2026-11-10"}, {"quantity": "40", "date": None}],
        }
    ],
}


def erp() -> Any:
    return orders.reading(orders.partner(options_pb2.ROLE_ERP, name="erp-eu", system="ERP-EU"))


@pytest.mark.feature("F055")
def test_an_order_of_the_erp_keeps_lines_units_windows_and_terms() -> None:
    body = {"documentType": "purchaseOrder", "action": "release", "companyCode": "EU01", "purchaseOrder": ORDER}
    request: Any = json_purchase_order.read(parsed(body), erp()).request
    assert (request.origin.system, request.origin.revision, request.system_revision) == ("ERP-EU", "7", "7")
    assert (request.supplier_id, request.ship_to_id, request.incoterms) == ("SUP-NORDIC", "WH-EAST", "FCA Rotterdam")
    assert request.express
    [line] = request.lines
    assert line.ordered == values_pb2.Quantity(value="100", unit="XCS")
    assert (line.price.money.amount, line.price.per, line.price.unit) == ("12.5", "100", "EA")
    assert (line.requested_window.from_time, line.requested_window.zone) == ("08:00", "Europe/Berlin")
    assert [each.quantity.value for each in line.requested] == ["60", "40"]


@pytest.mark.feature("F119")
def test_a_drop_shipments_line_says_for_which_line_of_which_customers_order_it_is() -> None:
    named = {"orderRef": "0191-1", "number": "S-1", "line": "3"}
    line = ORDER["lines"][0] | {"dropShipTo": "V100010", "salesOrder": named}  # type: ignore[index]
    body = {"documentType": "purchaseOrder", "action": "release", "purchaseOrder": ORDER | {"lines": [line]}}
    request: Any = json_purchase_order.read(parsed(body), erp()).request
    found = request.lines[0].sales_line
    assert (found.order_id, found.number, found.line_number) == ("0191-1", "S-1", "3")


@pytest.mark.feature("F059")
def test_a_cancellation_of_the_erp_is_a_cancellation() -> None:
    body = {"documentType": "purchaseOrder", "action": "cancel", "purchaseOrder": ORDER}
    request: Any = json_purchase_order.read(parsed(body), erp()).request
    assert request.purpose == procurement.ORDER_PURPOSE_CANCEL


@pytest.mark.parametrize("quantity", ["1e-9", "NaN", "0.0000001", "1" * 16, "", "١٢", "1,5", True, [1]])
def test_a_quantity_that_is_none_is_refused_with_its_path(quantity: Any) -> None:
    line = ORDER["lines"][0] | {"quantity": quantity}  # type: ignore[index]
    body = {"documentType": "purchaseOrder", "action": "release", "purchaseOrder": ORDER | {"lines": [line]}}
    with pytest.raises(DocumentFault) as fault:
        json_purchase_order.read(parsed(body), erp())
    assert fault.value.path == "purchaseOrder.lines[0].quantity"


def test_what_a_code_means_is_asked_and_what_nobody_knows_is_remembered() -> None:
    reading = erp()
    line = ORDER["lines"][0] | {"material": "B9999", "unit": "FASS"}  # type: ignore[index]
    body = {"documentType": "purchaseOrder", "action": "release", "purchaseOrder": ORDER | {"lines": [line]}}
    json_purchase_order.read(parsed(body), reading)
    assert list(reading.codes.unknown) == ["unit FASS", "item B9999"]


@pytest.mark.feature("F061")
def test_the_erp_gets_the_promises_in_its_own_words() -> None:
    order = orders.order()
    order.lines[0].confirmed.add(quantity=orders.quantity("60"), date=orders.day(11, 10))
    order.lines[0].confirmed_quantity = "60"
    event = events_pb2.PurchaseOrderAcknowledged(
        purchase_order=order,
        answers=[
            events_pb2.LineAnswer(line_id="line-10", outcome=procurement.ACKNOWLEDGMENT_OUTCOME_PARTIAL, code="BP")
        ],
    )
    found = json_order_confirmation.write(event, orders.writing(own={("unit", "EA"): "ST"}))
    line = found["lines"][0]
    assert found["aggregateVersion"] == 3
    assert (line["confirmedQuantity"], line["unit"]) == ("60", "ST")
    assert line["schedules"] == [{"quantity": "60", "date": "2026-11-10"}]
    assert line["outcomes"] == [{"outcome": "partial", "code": "BP"}]


def test_a_goods_receipt_for_the_erp() -> None:
    event = events_pb2.GoodsReceived(receipt_id="r", number="RC-1", location_id="WH-EAST")
    event.receipt.lines.add(
        purchase_order_number="PO1",
        line_number="10",
        sku="A1001",
        quantity=orders.quantity("2", "XCS"),
        base_quantity="200",
        base_unit="EA",
        condition=inbound_pb2.CONDITION_DAMAGED,
    )
    own = {("unit", "EA"): "ST", ("unit", "XCS"): "KAR", ("location", "WH-EAST"): "1010"}
    [line] = json_goods_receipt.write(event, orders.writing(own=own))["lines"]
    assert (line["quantity"], line["unit"], line["baseQuantity"], line["baseUnit"]) == ("2", "KAR", "200", "ST")
    assert line["condition"] == "damaged"


@pytest.mark.feature("F185")
def test_a_supplier_with_an_api_gets_the_whole_order_and_answers_with_its_revision() -> None:
    sent = json_supplier_order.write(orders.released(), orders.writing())
    assert sent["event"] == "order.created"
    assert [line["line"] for line in sent["order"]["lines"]] == ["10", "20"]
    assert sent["order"]["lines"][0]["window"]["zone"] == "Europe/Berlin"
    answer = {
        "event": "order.answered",
        "order": "4500000001",
        "revision": 1,
        "answeredAt": "2026-11-02T09:00:00Z",
        "lines": [
            {
                "line": "10",
                "parts": [
                    {
                        "status": "price_changed",
                        "quantity": "100",
                        "unit": "EA",
                        "price": {"amount": "12.80", "currency": "EUR"},
                    }
                ],
            }
        ],
    }
    command = json_order_response.read(parsed(answer), orders.reading())
    assert command.answer is not None
    assert command.answer.carried == 1
    request: Any = command.request
    assert request.lines[0].acknowledgments[0].outcome == procurement.ACKNOWLEDGMENT_OUTCOME_PRICE_CHANGED


@pytest.mark.feature("F064")
def test_a_ship_notice_by_api_keeps_pallets_and_cartons() -> None:
    content = {"order": "PO1", "line": "10", "item": "AT-1001", "quantity": "24", "unit": "EA", "revision": 2}
    body = {
        "event": "shipment.announced",
        "number": "SH-1",
        "shippedAt": "2026-11-09T12:00:00Z",
        "expectedOn": "2026-11-11",
        "shipTo": "WH-EAST",
        "pallets": [{"sscc": "106141411234567897", "cartons": [{"sscc": "106141411234567890", "contents": [content]}]}],
        "contents": [content | {"order": "PO2"}],
    }
    command = json_ship_notice.read(parsed(body), orders.reading())
    request: Any = command.request
    first, second = request.lines
    assert (first.pallet_sscc, first.carton_sscc, first.sku) == ("106141411234567897", "106141411234567890", "A1001")
    assert second.pallet_sscc == ""
    assert command.orders == ("PO1", "PO2")
    assert command.keys == ("asn:SH-1", "po:PO1", "po:PO2")
    assert [code for code, _ in command.findings] == ["check-digit"]


@pytest.mark.parametrize(
    ("set_id", "head", "place"),
    [
        ("855", "BAK*00*AT**20261102", "BAK03"),
        ("865", "BCA*00*AT", "BCA03"),
        ("856", "BSN*00**20261109*1200", "BSN02"),
        ("850", "BEG*00*NE***20261102", "BEG03"),
    ],
)
def test_a_document_without_its_number_says_where_it_is_missing(set_id: str, head: str, place: str) -> None:
    content = files.interchange(set_id, [head, "PO1*1*5*EA*1*PE*BP*A1001"] if set_id == "850" else [head])
    [message] = x12_document.read_file(content, {})[0].messages
    with pytest.raises(DocumentFault) as fault:
        registry.INBOUND[f"x12.{set_id}"].read(message.document, orders.reading(x12=True))
    assert fault.value.path == place


def test_a_blanket_order_becomes_a_command_and_an_order_names_the_one_it_is_under() -> None:
    body = {
        "documentType": "blanketOrder",
        "action": "agree",
        "companyCode": "EU01",
        "blanketOrder": {
            **{name: ORDER[name] for name in ("number", "version", "changedAt", "supplier", "currency", "incoterms")},
            "validFrom": "2026-11-02",
            "validTo": "2027-05-01",
            "lines": [{"line": "10", "material": "A1001", "quantity": "1000", "unit": "KAR"}],
        },
    }
    command = json_blanket_order.MAPPING.read(parsed(body), erp())
    request = command.request
    assert isinstance(request, procurement.SubmitBlanketOrderRequest)
    assert (request.number, request.supplier_id, request.incoterms) == ("4500000001", "SUP-NORDIC", "FCA Rotterdam")
    assert (request.valid_from.year, request.valid_to.year, request.origin.role) == (2026, 2027, options_pb2.ROLE_ERP)
    [line] = request.lines
    assert (line.sku, line.agreed.value, line.agreed.unit) == ("A1001", "1000", "XCS")
    under = ORDER | {"blanketOrder": {"number": "B-1", "release": "3"}}
    release = {"documentType": "purchaseOrder", "action": "release", "companyCode": "EU01", "purchaseOrder": under}
    read: Any = json_purchase_order.read(parsed(release), erp()).request
    assert (read.blanket_order.number, read.blanket_order.release_number) == ("B-1", "3")


def test_a_supplier_with_an_api_hears_which_agreement_an_order_is_under() -> None:
    reference = purchase_order_pb2.BlanketOrderRef(number="B-1", release_number="3")
    under = orders.released(orders.order(blanket_order=reference))
    assert json_supplier_order.write(under, orders.writing())["order"]["blanketOrder"] == {
        "number": "B-1",
        "release": "3",
    }
    assert json_supplier_order.write(orders.released(), orders.writing())["order"]["blanketOrder"] is None
