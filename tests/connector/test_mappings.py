"""What each format says in canonical words, and back: codes, units, conditions, windows, revisions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from connector.codecs import json_document, x12_document
from connector.codecs.json_document import DocumentFault
from connector.domain.revision import Basis, SentRevision, Stamp, answered_revision
from connector.mappings import (
    json_goods_receipt,
    json_order_confirmation,
    json_order_response,
    json_purchase_order,
    json_ship_notice,
    json_supplier_order,
    registry,
    wms_a_expected_receipt,
    wms_a_receipt,
    wms_b_expected_receipt,
    wms_b_receipt,
    x12_855,
    x12_865,
    x12_answers,
)
from connector.mappings.model import Packing
from connector_samples import files, orders
from crossdock.common.v1 import values_pb2
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_edi.x12.order_acknowledgment import LINE_STATUSES

OUTCOME = procurement.AcknowledgmentOutcome


def parsed(body: dict[str, Any]) -> json_document.JsonObject:
    return json_document.decode(json.dumps(body).encode())


def answered(code: str, *, price: str = "12.5", date: str = "20261110") -> procurement.AcknowledgePurchaseOrderRequest:
    content = files.interchange(
        "855",
        [
            "BAK*00*AC*4500000001*20261102****ND-1*20261102",
            "CUR*BY*EUR",
            f"PO1*10*100*EA*{price}*PE*BP*A1001*VP*ND-77",
            f"ACK*{code}*60*EA*068*{date}**VP*ND-78",
            "ACK*IB*40*EA",
        ],
    )
    [message] = x12_document.read_file(content, {})[0].messages
    command = x12_855.read(message.document, orders.reading(x12=True))  # type: ignore[arg-type]
    assert isinstance(command.request, procurement.AcknowledgePurchaseOrderRequest)
    return command.request


# Trade reference C4, by canonical outcome.
EXPECTED = {
    "ACCEPTED": "IA AC AR",
    "SOURCE_CHANGED": "AA",
    "CHANGED": "IC",
    "QUANTITY_CHANGED": "IQ",
    "PRICE_CHANGED": "IP",
    "PRICE_OPEN": "IE",
    "DATE_CHANGED": "DR",
    "DATE_OPEN": "SP",
    "ITEM_SUBSTITUTED": "IS",
    "PARTIAL": "BP",
    "BACKORDERED": "IB",
    "ON_HOLD": "IF IH IW",
    "REJECTED": "ID IR R1 R2 R3 R4 R5 R6 R7 R8",
}
CODES = {code: name for name, codes in EXPECTED.items() for code in codes.split()}


@pytest.mark.feature("F060")
@pytest.mark.parametrize(("code", "outcome"), CODES.items())
def test_every_line_status_of_an_855_has_its_outcome(code: str, outcome: str) -> None:
    first, rest = answered(code).lines[0].acknowledgments
    assert OUTCOME.Name(first.outcome) == f"ACKNOWLEDGMENT_OUTCOME_{outcome}"
    assert (first.code, first.quantity.value, first.quantity.unit) == (code, "60", "EA")
    assert OUTCOME.Name(rest.outcome) == "ACKNOWLEDGMENT_OUTCOME_BACKORDERED"


@pytest.mark.feature("F060")
def test_all_26_codes_of_ack01_are_there_and_no_other() -> None:
    assert len(CODES) == 26
    assert set(CODES) == set(x12_answers.OUTCOMES) == set(LINE_STATUSES)


@pytest.mark.feature("F063")
def test_a_changed_price_a_substitute_and_a_split_are_carried() -> None:
    price = answered("IP", price="12.80").lines[0].acknowledgments[0].price
    assert (price.money.amount, price.money.currency) == ("12.8", "EUR")
    assert not answered("IA").lines[0].acknowledgments[0].HasField("price")
    substitute = answered("IS").lines[0].acknowledgments[0]
    assert (substitute.substitute_sku, substitute.substitute_supplier_item) == ("", "ND-78")
    line = answered("IQ").lines[0]
    assert [each.quantity.value for each in line.acknowledgments] == ["60", "40"]
    assert (line.ordered.value, line.acknowledgments[0].date.day) == ("100", 10)


@pytest.mark.parametrize(
    ("header", "outcome"), [("AD", "ACCEPTED"), ("AT", "ACCEPTED"), ("RJ", "REJECTED"), ("AH", "ON_HOLD")]
)
def test_a_header_alone_answers_the_whole_order(header: str, outcome: str) -> None:
    content = files.interchange("855", [f"BAK*00*{header}*4500000001*20261102"])
    [message] = x12_document.read_file(content, {})[0].messages
    request: Any = x12_855.read(message.document, orders.reading(x12=True)).request  # type: ignore[arg-type]
    assert OUTCOME.Name(request.whole_order) == f"ACKNOWLEDGMENT_OUTCOME_{outcome}"


def test_an_855_carries_a_revision_only_by_the_reference_that_the_profile_names() -> None:
    content = files.interchange("855", ["BAK*00*AT*4500000001*20261102", "REF*VN*3"])
    [message] = x12_document.read_file(content, {})[0].messages
    plain = x12_855.read(message.document, orders.reading(x12=True))  # type: ignore[arg-type]
    named = orders.reading(orders.partner(revision_reference="VN"), x12=True)
    carrying = x12_855.read(message.document, named)  # type: ignore[arg-type]
    assert plain.answer is not None
    assert carrying.answer is not None
    assert (plain.answer.carried, carrying.answer.carried) == (None, 3)


def test_an_865_carries_the_change_sequence() -> None:
    content = files.interchange(
        "865",
        ["BCA*00*AC*4500000001**2*20261102", "POC*10*CA*80*80*EA*12.5*PE*BP*A1001", "ACK*IA*80*EA*068*20261110"],
    )
    [message] = x12_document.read_file(content, {})[0].messages
    command = x12_865.read(message.document, orders.reading(x12=True))  # type: ignore[arg-type]
    assert command.answer is not None
    assert command.answer.carried == 2


AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "at", "carried", "expected"),
    [
        ([], AT, None, (0, Basis.UNKNOWN)),
        ([(1, None)], AT, None, (0, Basis.UNKNOWN)),
        ([(1, AT)], AT, None, (1, Basis.FUNCTIONAL_ACK)),
        ([(1, AT), (2, AT + timedelta(minutes=1))], AT, None, (1, Basis.FUNCTIONAL_ACK)),
        ([(1, AT), (2, AT)], AT + timedelta(minutes=1), None, (2, Basis.FUNCTIONAL_ACK)),
        ([(1, AT), (2, AT)], None, None, (0, Basis.UNKNOWN)),
        ([(2, AT)], AT, 1, (1, Basis.CARRIED)),
    ],
)
def test_the_revision_of_an_answer(
    sent: list[tuple[int, datetime | None]], at: datetime | None, carried: int | None, expected: tuple[int, Basis]
) -> None:
    revisions = [SentRevision(number, Stamp(accepted, 5) if accepted else None) for number, accepted in sent]
    found = answered_revision(revisions, Stamp(at, 9) if at else None, carried)
    assert (found.revision, found.basis) == expected


def test_in_the_same_minute_the_interchange_number_tells_what_came_first() -> None:
    sent = [SentRevision(1, Stamp(AT, 5)), SentRevision(2, Stamp(AT, 9))]
    assert answered_revision(sent, Stamp(AT, 7)).revision == 1


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


@pytest.mark.feature("F070")
@pytest.mark.parametrize(("code", "condition"), [("OK", "GOOD"), ("DMG", "DAMAGED"), ("QA", "HOLD")])
def test_a_receipt_of_format_a(code: str, condition: str) -> None:
    line = {"lineNo": 1, "order": "PO1", "orderLine": "10", "asn": "SH-1", "sku": "A1001", "qty": "46", "uom": "EACH"}
    body = {
        "type": "RECEIPT",
        "receiptNumber": "RC-1",
        "warehouse": "EAST1",
        "receivedAt": "2026-11-10T09:30:00Z",
        "final": True,
        "lines": [line | {"condition": code, "lot": {"number": "L1", "expires": "2027-01-01"}}],
    }
    command = wms_a_receipt.read(parsed(body), orders.reading())
    request: Any = command.request
    assert command.keys == ("receipt:RC-1", "po:PO1", "asn:SH-1")
    assert (request.location_id, request.final) == ("WH-EAST", True)
    [got] = request.lines
    assert inbound_pb2.Condition.Name(got.condition) == f"CONDITION_{condition}"
    assert (got.quantity.value, got.quantity.unit, got.lot.number) == ("46", "EA", "L1")


def test_a_partner_may_have_words_of_its_own_for_conditions() -> None:
    partner = orders.partner(options={"conditions": {"A-WARE": "GOOD"}})
    line = {"sku": "A1001", "qty": "1", "uom": "EACH", "condition": "A-WARE"}
    body = {
        "type": "RECEIPT",
        "receiptNumber": "RC-1",
        "warehouse": "EAST1",
        "receivedAt": "2026-11-10T09:30:00Z",
        "lines": [line],
    }
    request: Any = wms_a_receipt.read(parsed(body), orders.reading(partner)).request
    assert request.lines[0].condition == inbound_pb2.CONDITION_GOOD


@pytest.mark.feature("F203")
def test_a_receipt_of_format_b_is_the_same_fact_in_other_words() -> None:
    body = {
        "arrival": {"no": "7700123", "site": "S-07", "at": 1762770600000, "complete": True},
        "goods": [
            {
                "article": "770004",
                "purchase": {"po": "PO1", "pos": "20"},
                "notice": "SH-1",
                "batch": {"id": "L1", "bestBeforeMs": 1798761600000},
                "counted": {"fit": {"cases": "4", "units": "2"}, "broken": {"units": 3}, "blocked": {}},
            }
        ],
    }
    request: Any = wms_b_receipt.read(parsed(body), orders.reading()).request
    found = [(each.quantity.value, each.quantity.unit, each.condition) for each in request.lines]
    assert found == [
        ("4", "XCS", inbound_pb2.CONDITION_GOOD),
        ("2", "EA", inbound_pb2.CONDITION_GOOD),
        ("3", "EA", inbound_pb2.CONDITION_DAMAGED),
    ]
    assert {each.sku for each in request.lines} == {"A1004"}
    assert request.lines[0].lot.expires_on.year == 2027
    assert request.location_id == "WH-SOUTH"


def expected_receipt() -> events_pb2.InboundExpected:
    line = events_pb2.ExpectedLine(
        purchase_order_number="PO1",
        line_number="20",
        sku="A1004",
        quantity=orders.quantity("50"),
        expected_on=orders.day(11, 10),
        pallet_sscc="106141411234567897",
        flags=["OBSOLETE_REVISION"],
        revision=2,
    )
    return events_pb2.InboundExpected(
        reference="r1", location_id="WH-SOUTH", ship_notice_number="SH-1", sequence=2, lines=[line], supplier_id="S"
    )


@pytest.mark.feature("F066")
@pytest.mark.feature("F203")
def test_one_expectation_in_the_words_of_two_warehouses() -> None:
    own = {("item", "A1004"): "770004", ("location", "WH-SOUTH"): "S-07", ("unit", "EA"): "EACH"}
    writing = orders.writing(own=own)
    a = wms_a_expected_receipt.write(expected_receipt(), writing)
    assert (a["action"], a["sequence"], a["asn"], a["warehouse"]) == ("SET", 2, "SH-1", "S-07")
    assert (a["lines"][0]["qty"], a["lines"][0]["uom"], a["lines"][0]["due"]) == ("50", "EACH", "2026-11-10")
    b = wms_b_expected_receipt.write(expected_receipt(), writing)
    assert b["goods"][0]["article"] == "770004"
    assert b["goods"][0]["count"] == {"cases": "4", "units": "2"}
    assert b["goods"][0]["etaMs"] == int(datetime(2026, 11, 10, tzinfo=UTC).timestamp() * 1000)
    assert b["goods"][0]["remarks"] == ["OBSOLETE_REVISION"]


@pytest.mark.parametrize(
    ("quantity", "packing", "expected"),
    [
        (("50", "EA"), Packing("EA", {"XCS": Decimal(12)}), ("4", "2")),
        (("5", "XCS"), Packing("EA", {"XCS": Decimal(12)}), ("5", "0")),
        (("1", "XPX"), Packing("EA", {"XCS": Decimal(12), "XPX": Decimal(100)}), ("8", "4")),
        (("2.5", "KGM"), Packing("KGM"), ("0", "2.5")),
    ],
)
def test_cases_and_loose_units_are_exact(
    quantity: tuple[str, str], packing: Packing, expected: tuple[str, str]
) -> None:
    found = wms_b_expected_receipt.cases_and_units(orders.quantity(*quantity), packing)
    assert (found["cases"], found["units"]) == expected


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
