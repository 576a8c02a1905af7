"""Whatever a partner sends, reading it ends in a command, a wait or a refusal, never in an error of ours."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from connector import references
from connector.codecs import json_document
from connector.codecs.json_document import DocumentFault, JsonObject
from connector.mappings import registry
from connector.mappings.model import Reading
from connector.profiles import profile_of
from connector.use_cases.taking_apart import take_apart
from connector_samples import files, orders
from crossdock_kit.errors import CrossdockError, Verdict, kind_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LOT = {"number": "L1", "expires": "2027-01-01"}
CONTENT = {"order": "PO1", "line": "10", "item": "AT-1001", "quantity": "24", "unit": "EA", "revision": 2, "lot": LOT}
PICKED = {
    "order": "S-1",
    "orderRef": "0191-1",
    "orderLine": "1",
    "sku": "A1001",
    "qty": "44",
    "uom": "EACH",
    "lot": LOT,
}
CAME_BACK = {"orderLine": "1", "sku": "A1001", "qty": "2", "uom": "EACH"}
SAMPLES: dict[str, dict[str, Any]] = {
    "json.purchase_order": {
        "documentType": "purchaseOrder",
        "action": "change",
        "companyCode": "EU01",
        "purchaseOrder": {
            "number": "1",
            "version": "1",
            "changedAt": "2026-11-02T08:00:00Z",
            "orderDate": "2026-11-02",
            "supplier": "V100010",
            "shipTo": "1010",
            "currency": "EUR",
            "incoterms": {"rule": "FCA", "place": "Rotterdam"},
            "blanketOrder": {"number": "B-1", "release": "3"},
            "lines": [
                {
                    "line": "10",
                    "material": "A1001",
                    "quantity": "1",
                    "unit": "ST",
                    "price": {"amount": "1", "per": "10", "unit": "ST"},
                    "window": {"from": "2026-11-10", "to": "2026-11-12", "fromTime": "08:00", "zone": "Europe/Berlin"},
                    "schedules": [{"quantity": "1", "date": "2026-11-10"}],
                }
            ],
        },
    },
    "json.order_response": {
        "event": "order.answered",
        "order": "1",
        "revision": 1,
        "answeredAt": "2026-11-02T09:00:00Z",
        "lines": [
            {
                "line": "10",
                "item": "AT-1001",
                "ordered": {"quantity": "1", "unit": "EA"},
                "parts": [
                    {
                        "status": "item_substituted",
                        "quantity": "1",
                        "unit": "EA",
                        "date": "2026-11-10",
                        "price": {"amount": "1", "currency": "EUR"},
                        "substitute": {"item": "AT-1002"},
                    }
                ],
            }
        ],
    },
    "json.ship_notice": {
        "event": "shipment.announced",
        "number": "SH-1",
        "shippedAt": "2026-11-09T12:00:00Z",
        "expectedOn": "2026-11-11",
        "shipTo": "WH-EAST",
        "pallets": [{"sscc": "106141411234567897", "cartons": [{"sscc": "1", "contents": [CONTENT]}]}],
        "cartons": [{"contents": [CONTENT]}],
        "contents": [CONTENT],
    },
    "json.supplier_invoice": {
        "documentType": "supplierInvoice",
        "supplier": "V100010",
        "number": "INV-1",
        "invoiceDate": "2026-11-20",
        "currency": "EUR",
        "total": "297.50",
        "lines": [
            {
                "order": "PO1",
                "line": "10",
                "item": "AT-1001",
                "quantity": "100",
                "unit": "EA",
                "price": {"amount": "2.50", "per": "1", "unit": "EA"},
            }
        ],
        "charges": [{"code": "D240", "description": "Freight", "amount": "47.50"}],
    },
    "wms_a.receipt": {
        "type": "RECEIPT",
        "receiptNumber": "RC-1",
        "warehouse": "EAST1",
        "receivedAt": "2026-11-10T09:30:00Z",
        "final": True,
        "lines": [
            {"lineNo": 1, "order": "PO1", "sku": "A1001", "qty": "46", "uom": "EACH", "condition": "OK", "lot": LOT}
        ],
    },
    "wms_a.appointment": {
        "type": "APPOINTMENT",
        "action": "SET",
        "appointmentNumber": "AP-1",
        "warehouse": "EAST1",
        "changedAt": "2026-11-10T09:30:00Z",
        "date": "2026-11-12",
        "from": "08:00",
        "to": "09:30",
        "zone": "Europe/Berlin",
        "door": "D1",
        "shipments": [{"reference": "0192-a", "asn": "SH-1"}],
    },
    "wms_a.pick": {
        "type": "PICK",
        "pickNumber": "P-1",
        "warehouse": "EAST1",
        "pickedAt": "2026-11-10T09:30:00Z",
        "lines": [PICKED | {"short": "2"}],
    },
    "wms_a.packing": {
        "type": "PACKING",
        "shipment": "SH-1",
        "warehouse": "EAST1",
        "packedAt": "2026-11-10T09:40:00Z",
        "packages": [{"sscc": "106141411234567897", "kind": "CARTON", "weightKg": "3.2", "contents": [PICKED]}],
    },
    "wms_a.goods_issue": {
        "type": "GOODS_ISSUE",
        "issueNumber": "GI-1",
        "shipment": "SH-1",
        "warehouse": "EAST1",
        "issuedAt": "2026-11-10T10:00:00Z",
        "carrier": "UPSN",
        "tracking": "1Z999",
        "packages": [{"sscc": "106141411234567897"}],
        "lines": [PICKED],
    },
    "shop.order": {
        "id": 9001,
        "name": "#1001",
        "created_at": "2026-11-20T10:00:00-05:00",
        "currency": "EUR",
        "email": "kim@example.com",
        "shipping_address": {"name": "Kim Doe", "address1": "1 Quay", "city": "Hamburg", "country_code": "DE"},
        "shipping_lines": [{"code": "EXPRESS"}],
        "line_items": [{"id": 7, "sku": "A1001", "quantity": 2, "price": "2.50", "title": "Bolt"}],
    },
    "json.sales_order": {
        "documentType": "salesOrder",
        "action": "release",
        "companyCode": "EU01",
        "salesOrder": {
            "number": "20000001",
            "version": "1",
            "changedAt": "2026-11-20T10:00:00+01:00",
            "orderDate": "2026-11-20",
            "requestedOn": "2026-11-24",
            "customer": "V100010",
            "currency": "EUR",
            "confirmed": False,
            "priority": "sameDay",
            "shortage": "complete",
            "plant": "1010",
            "customerOrder": "PO-7",
            "shipTo": {"name": "Kim Doe", "street": "1 Quay", "city": "Hamburg", "country": "DE"},
            "lines": [
                {
                    "line": "10",
                    "material": "A1001",
                    "quantity": "2",
                    "unit": "ST",
                    "price": {"amount": "2.50", "per": "1", "unit": "ST"},
                }
            ],
        },
    },
    "wms_a.return_receipt": {
        "type": "RETURN_RECEIPT",
        "receiptNumber": "RR-1",
        "warehouse": "EAST1",
        "receivedAt": "2026-11-20T10:00:00Z",
        "return": "R-1",
        "order": "S-1",
        "orderRef": "0191-1",
        "lines": [CAME_BACK | {"area": "QA", "lot": LOT}],
    },
    "wms_a.return_inspection": {
        "type": "RETURN_INSPECTION",
        "inspectionNumber": "RI-1",
        "warehouse": "EAST1",
        "inspectedAt": "2026-11-20T11:00:00Z",
        "return": "R-1",
        "lines": [CAME_BACK | {"disposition": "RESTOCK"}],
    },
    "json.blanket_order": {
        "documentType": "blanketOrder",
        "action": "agree",
        "companyCode": "EU01",
        "blanketOrder": {
            "number": "B-1",
            "version": "1",
            "changedAt": "2026-11-02T08:00:00Z",
            "validFrom": "2026-11-02",
            "validTo": "2027-05-01",
            "supplier": "V100010",
            "currency": "EUR",
            "incoterms": {"rule": "FCA", "place": "Rotterdam"},
            "lines": [
                {
                    "line": "10",
                    "material": "A1001",
                    "supplierMaterial": "ND-77",
                    "quantity": "1000",
                    "unit": "ST",
                    "price": {"amount": "1", "per": "10", "unit": "ST"},
                }
            ],
        },
    },
    "json.compliance_certificate": {
        "documentType": "complianceCertificate",
        "supplier": "V100010",
        "number": "COA-17",
        "certificateType": "COA",
        "item": "AT-1001",
        "lot": "L1",
        "validFrom": "2026-01-01",
        "validTo": "2026-12-31",
        "file": {"mediaType": "application/pdf", "content": "JVBERi0xLjQ="},
    },
    "wms_a.put_away": {
        "type": "PUT_AWAY",
        "number": "PA-1",
        "warehouse": "EAST1",
        "completedAt": "2026-11-10T09:30:00Z",
        "lines": [{"sku": "A1001", "lot": "L1", "qty": "2", "uom": "EACH", "status": "DONE", "serials": ["S1", "S2"]}],
    },
    "wms_a.quality_hold": {
        "type": "QUALITY_HOLD",
        "number": "QH-1",
        "warehouse": "EAST1",
        "decidedAt": "2026-11-10T09:30:00Z",
        "lines": [
            {"sku": "A1001", "qty": "4", "uom": "EACH", "decision": "RELEASE", "reason": "lab 17", "shelved": True}
        ],
    },
    "json.master_data": {
        "documentType": "masterData",
        "changedAt": "2026-11-20T09:00:00Z",
        "items": [
            {
                "number": "B-1",
                "baseUnit": "ST",
                "gtin": "4006381333931",
                "packaging": [{"unit": "KAR", "quantity": "12"}],
                "substitutes": ["B-2"],
                "validFrom": "2026-12-01",
            }
        ],
        "parties": [
            {
                "number": "CUS-1",
                "name": "Kim Doe",
                "roles": ["customer"],
                "trading": "open",
                "contact": {"person": "Kim Doe", "street": "1 Quay", "country": "DE"},
            }
        ],
        "locations": [{"number": "HALL-1", "kind": "warehouse", "parent": "SITE-1", "zone": "UTC"}],
        "prices": [{"item": "B-1", "amount": "2.50", "currency": "EUR", "per": "1", "unit": "ST", "customer": "CUS-1"}],
        "codes": [{"kind": "code", "list": "condition", "code": "DMG", "means": "DAMAGED"}],
    },
    "wms_a.transfer_shipment": {
        "type": "TRANSFER_SHIPMENT",
        "transfer": "TO-1",
        "warehouse": "EAST1",
        "to": "EAST1",
        "shippedAt": "2026-11-10T09:30:00Z",
        "expectedOn": "2026-11-12",
        "lines": [{"sku": "A1001", "lot": "L1", "qty": "1", "uom": "EACH", "serials": ["S1"]}],
    },
    "wms_a.transfer_receipt": {
        "type": "TRANSFER_RECEIPT",
        "receiptNumber": "TR-1",
        "transfer": "TO-1",
        "warehouse": "EAST1",
        "receivedAt": "2026-11-10T09:30:00Z",
        "final": True,
        "lines": [{"sku": "A1001", "lot": "L1", "qty": "1", "uom": "EACH", "condition": "DMG", "serials": ["S1"]}],
    },
    "wms_b.receipt": {
        "arrival": {"no": "7", "site": "S-07", "at": 1762770600000, "complete": True},
        "goods": [
            {
                "article": "770004",
                "purchase": {"po": "PO1", "pos": "20"},
                "batch": {"id": "L1", "bestBeforeMs": 1798761600000},
                "counted": {"fit": {"cases": "4", "units": "2"}, "broken": {"units": 3}},
            }
        ],
    },
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=300),
    st.sampled_from(
        ["", " ", "-1", "0", "1e999", "2026-02-30", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document."""
    found = [path] if path else []
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        found += places(child, (*path, key))
    return found


@st.composite
def spoiled(draw: st.DrawFn, kind: str) -> bytes:
    document = copy.deepcopy(SAMPLES[kind])
    for _ in range(draw(st.integers(1, 3))):
        options = places(document)
        if not options:
            break
        *way, last = draw(st.sampled_from(options))
        holder: Any = document
        for step in way:
            holder = holder[step]
        holder[last] = draw(ODD)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def read(kind: str, content: bytes, reading: Reading) -> None:
    try:
        registry.INBOUND[kind].read(json_document.decode(content), reading)
    except CrossdockError as error:
        assert kind_of(error).verdict is Verdict.ACK_REFUSED, error  # noqa: PT017


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_samples_are_good_ones(kind: str) -> None:
    command = registry.INBOUND[kind].read(JsonObject(SAMPLES[kind], ""), orders.reading())
    assert command.lines


@pytest.mark.parametrize("kind", SAMPLES)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=50)
@given(data=st.data())
def test_a_spoiled_document_is_refused_or_understood(kind: str, data: st.DataObject) -> None:
    read(kind, data.draw(spoiled(kind)), orders.reading())


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_json_or_a_fault(content: bytes) -> None:
    try:
        json_document.decode(content)
    except DocumentFault:
        return


PROFILE = profile_of(
    {
        "apiVersion": "crossdock.dev/v1alpha1",
        "kind": "PartnerConnector",
        "metadata": {"name": "p"},
        "spec": {
            "role": "SUPPLIER",
            "partyId": "P",
            "businessUnit": "EU01",
            "transport": {"fileDrop": {"inbox": "i", "outbox": "o"}},
            "edi": {"partnerId": "ZZ:*", "ownId": "ZZ:ACME"},
            "documents": [{"kind": f"x12.{each}", "direction": "IN"} for each in sorted(files.FUNCTIONAL)],
            "severities": dict.fromkeys(
                ("element-missing", "segment-missing", "value-date", "value-number"), "warning"
            ),
        },
    }
)
X12 = (
    files.acknowledgment(),
    files.ship_notice(),
    files.functional_acknowledgment("7", control=1, written="20261102*0900"),
    files.invoice(),
    files.interchange(
        "850", ["BEG*00*NE*PO1**20261102", "CUR*BY*EUR", "PO1*1*5*EA*1*PE*BP*A1001", "SCH*5*EA***002*20261110"]
    ),
    files.interchange(
        "865", ["BCA*00*AC*PO1**2*20261102", "POC*1*CA*5*5*EA*1*PE*BP*A1001", "ACK*IA*5*EA*068*20261110"]
    ),
)


@st.composite
def spoiled_x12(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from(X12)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(content) - 1))
        match draw(st.sampled_from(["change", "remove", "insert", "cut", "double"])):
            case "change":
                content[place] = draw(st.integers(0, 255))
            case "remove":
                del content[place : place + draw(st.integers(1, 20))]
            case "insert":
                content[place:place] = draw(st.binary(max_size=6))
            case "cut":
                del content[max(place, 1) :]
            case _:
                content[place:place] = content[place : place + 60]
        if not content:
            break
    return bytes(content)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)
@given(spoiled_x12())
def test_a_spoiled_interchange_is_taken_apart_and_read_or_refused(content: bytes) -> None:
    references.read(content)
    taken = take_apart(content, "", PROFILE)
    assert taken.parts or taken.refusal
    for part in taken.parts:
        if part.mapping is None or part.refusal:
            continue
        try:
            part.mapping.read(part.parsed, orders.reading(x12=True, written=datetime(2026, 1, 1, tzinfo=UTC)))
        except CrossdockError as error:
            assert kind_of(error).verdict is Verdict.ACK_REFUSED, error  # noqa: PT017
