"""A good document of each kind that is JSON, with whatever it may say."""

from __future__ import annotations

from typing import Any

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
HEAD = {"no": "WB-1", "site": "EAST1", "at": 1762770600000}
GOODS = {
    "ref": "0191-1",
    "order": "S-1",
    "line": "1",
    "article": "A1001",
    "count": {"cases": "1", "units": "2"},
    "missing": {"units": "1"},
    "batch": {"id": "L1", "bestBeforeMs": 1798761600000, "madeMs": 1762770600000},
}
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
    "json.allocation_result": {
        "documentType": "allocationResult",
        "allocationId": "0191-1:1:1",
        "allocatedAt": "2026-11-02T08:00:00Z",
        "lines": [
            {"line": "1", "material": "A1001", "location": "1010", "quantity": "5", "unit": "ST", "lot": "L1"},
        ],
    },
    "json.check_result": {
        "documentType": "checkResult",
        "checkId": "0191-1/credit/1",
        "verdict": "passed",
        "answeredAt": "2026-11-02T08:00:00Z",
        "reference": "CR-1",
        "reason": "fine",
    },
    "json.inbound_booking": {
        "documentType": "inboundBooking",
        "purchaseOrder": "PO1",
        "companyCode": "EU01",
        "booking": "BK-1",
        "decision": "booked",
        "saidAt": "2026-11-02T08:00:00Z",
        "carrier": "HAUL",
        "carrierReference": "PRO-1",
        "billOfLading": "BOL-1",
        "pickUpOn": "2026-11-05",
        "expectedOn": "2026-11-07",
        "reason": "as asked",
    },
    "json.inbound_eta": {
        "documentType": "inboundEta",
        "saidAt": "2026-11-02T08:00:00Z",
        "carrierReference": "PRO-1",
        "billOfLading": "BOL-1",
        "shipNotice": "SH-1",
        "supplier": "V100010",
        "expectedOn": "2026-11-07",
    },
    "json.invoice_verdict": {
        "documentType": "invoiceVerdict",
        "decidedAt": "2026-11-02T08:00:00Z",
        "supplier": "V100010",
        "invoice": "INV-1",
        "verdict": "released",
        "reason": "fine",
        "documentNumber": "51000",
    },
    "json.payment_status": {
        "documentType": "paymentStatus",
        "invoice": "INV-1",
        "payment": "P-1",
        "paidAt": "2026-11-02T08:00:00Z",
        "amount": "12.50",
        "currency": "EUR",
    },
    "json.posting_result": {
        "documentType": "postingResult",
        "postingId": "0191-1.invoice.1",
        "status": "posted",
        "number": "90001",
        "postedAt": "2026-11-02T08:00:00Z",
        "totals": {"currency": "EUR", "net": "100.00", "tax": "19.00", "gross": "119.00"},
    },
    "json.proof_of_delivery": {
        "shipment": "SH-1",
        "trackingNumber": "1Z1",
        "deliveredAt": "2026-11-02T08:00:00Z",
        "kind": "signature",
        "evidence": "scan-1.png",
        "sha256": "0" * 64,
        "receivedBy": "Jane Roe",
    },
    "json.return_request": {
        "documentType": "returnRequest",
        "order": "S-1",
        "channel": "shop-eu",
        "return": "R-1",
        "reason": "too small",
        "lines": [{"line": "1", "quantity": "2", "unit": "EA"}],
    },
    "json.tender_response": {
        "shipmentId": "0191-2",
        "shipment": "SH-1",
        "decision": "accepted",
        "carrier": "HAUL",
        "serviceLevel": "GROUND",
        "trackingNumber": "1Z1",
        "eta": "2026-11-04T15:00:00Z",
        "reason": "gladly",
    },
    "shop.order_cancellation": {
        "name": "#1001",
        "cancelled_at": "2026-11-02T08:00:00+01:00",
        "cancel_reason": "customer",
    },
    "easypost.tracker": {
        "result": {
            "object": "Tracker",
            "tracking_code": "1Z1",
            "carrier": "UPS",
            "signed_by": "Jane Roe",
            "est_delivery_date": "2026-11-04T15:00:00Z",
            "updated_at": "2026-11-02T08:00:00Z",
            "tracking_details": [
                {
                    "status": "in_transit",
                    "datetime": "2026-11-01T08:00:00Z",
                    "message": "left",
                    "tracking_location": {"city": "Hamburg", "state": "HH", "country": "DE"},
                },
                {"status": "delivered", "datetime": "2026-11-02T08:00:00Z"},
            ],
        }
    },
    "ups.track_alert": {
        "trackingNumber": "1Z1",
        "gmtActivityDate": "20261102",
        "gmtActivityTime": "130000",
        "localActivityDate": "20261102",
        "localActivityTime": "080000",
        "scheduledDeliveryDate": "20261104",
        "activityLocation": {"city": "Boston", "stateProvince": "MA", "country": "US"},
        "activityStatus": {"type": "I", "code": "DP", "description": "Departed"},
    },
    "wms_a.count": {
        "type": "COUNT",
        "number": "CC-1",
        "warehouse": "EAST1",
        "countedAt": "2026-11-02T08:00:00Z",
        "lines": [
            {"sku": "A1001", "lot": "L1", "condition": "OK", "counted": "5", "uom": "EACH", "serials": ["S1", "S2"]}
        ],
    },
    "wms_a.adjustment": {
        "type": "ADJUSTMENT",
        "number": "AD-1",
        "warehouse": "EAST1",
        "adjustedAt": "2026-11-02T08:00:00Z",
        "lines": [{"sku": "A1001", "condition": "OK", "change": "-2", "uom": "EACH", "reason": "AU"}],
    },
    "wms_a.stock_statement": {
        "type": "STOCK_STATEMENT",
        "number": "ST-1",
        "warehouse": "EAST1",
        "asOf": "2026-11-02T08:00:00Z",
        "speaksOf": "OK, DMG",
        "complete": True,
        "lines": [{"sku": "A1001", "condition": "OK", "qty": "5", "uom": "EACH"}],
    },
    "wms_a.recall_result": {
        "type": "PICK_RECALL_RESULT",
        "recallNumber": "S-1/1.1/R",
        "warehouse": "EAST1",
        "answeredAt": "2026-11-02T08:00:00Z",
        "lines": [
            {
                "order": "S-1",
                "orderRef": "0191-1",
                "orderLine": "1",
                "sku": "A1001",
                "stopped": "2",
                "tooLate": "1",
                "uom": "EACH",
                "lot": LOT,
            }
        ],
    },
    "wms_b.pick": {"picked": HEAD, "goods": [GOODS]},
    "wms_b.packing": {
        "packed": HEAD,
        "parcels": [{"box": "340123450000000017", "kind": "C", "grams": 1200, "goods": [GOODS]}],
    },
    "wms_b.goods_issue": {
        "left": HEAD | {"shipment": "SH-1", "carrier": "HAUL", "track": "1Z1"},
        "goods": [GOODS],
        "parcels": [{"box": "340123450000000017"}],
    },
    "wms_b.recall_result": {
        "recalled": HEAD,
        "goods": [GOODS | {"stopped": {"units": "2"}, "late": {"units": "1"}}],
    },
}
