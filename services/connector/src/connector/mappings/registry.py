"""Every kind of document with its mapping. Adding one is a module and a line here."""

from __future__ import annotations

from crossdock.fulfillment.v1 import sales_order_pb2

from connector.mappings import (
    csv_stock,
    easypost_tracker,
    edifact_iftsta,
    json_allocation_request,
    json_allocation_result,
    json_availability,
    json_blanket_order,
    json_certificate,
    json_check_result,
    json_goods_receipt,
    json_inbound_booking,
    json_inbound_booking_request,
    json_inbound_eta,
    json_invoice_match,
    json_invoice_verdict,
    json_load_tender,
    json_master_data,
    json_order_check,
    json_order_confirmation,
    json_order_reminder,
    json_order_response,
    json_order_status,
    json_payment_status,
    json_posting_request,
    json_posting_result,
    json_proof_of_delivery,
    json_purchase_order,
    json_return_request,
    json_return_status,
    json_sales_order,
    json_ship_notice,
    json_stock_movement,
    json_stock_transfer,
    json_supplier_invoice,
    json_supplier_order,
    json_tender_response,
    shop_order,
    shop_order_cancellation,
    ups_track_alert,
    wms_a_appointment,
    wms_a_appointment_request,
    wms_a_expected_receipt,
    wms_a_goods_issue,
    wms_a_packing,
    wms_a_pick,
    wms_a_pick_recall,
    wms_a_pick_request,
    wms_a_recall_result,
    wms_a_receipt,
    wms_a_return,
    wms_a_stock,
    wms_a_stock_move,
    wms_a_transfer,
    wms_b_expected_receipt,
    wms_b_outbound,
    wms_b_pick_request,
    wms_b_receipt,
    x12_180,
    x12_204,
    x12_214,
    x12_810,
    x12_812,
    x12_846,
    x12_850,
    x12_855,
    x12_856,
    x12_860,
    x12_865,
    x12_940,
    x12_943,
    x12_944,
    x12_945,
    x12_947,
    x12_990,
    x12_customer_acknowledgment,
    x12_customer_change,
    x12_customer_invoice,
    x12_customer_ship_notice,
)
from connector.mappings.model import Inbound, Outbound, Refusing

INBOUND: dict[str, Inbound] = {
    each.kind: each
    for each in (
        json_purchase_order.MAPPING,
        json_blanket_order.MAPPING,
        json_sales_order.MAPPING,
        json_return_request.MAPPING,
        json_posting_result.MAPPING,
        json_payment_status.MAPPING,
        json_check_result.MAPPING,
        json_allocation_result.MAPPING,
        json_order_response.MAPPING,
        json_ship_notice.MAPPING,
        json_supplier_invoice.MAPPING,
        json_certificate.MAPPING,
        json_master_data.MAPPING,
        json_inbound_booking.MAPPING,
        json_inbound_eta.MAPPING,
        json_invoice_verdict.MAPPING,
        wms_a_appointment.MAPPING,
        wms_a_receipt.MAPPING,
        wms_a_pick.MAPPING,
        wms_a_packing.MAPPING,
        wms_a_goods_issue.MAPPING,
        wms_a_recall_result.MAPPING,
        wms_a_return.RECEIPT,
        wms_a_return.INSPECTION,
        wms_a_stock.COUNT_MAPPING,
        wms_a_stock.ADJUSTMENT_MAPPING,
        wms_a_stock.STATEMENT_MAPPING,
        csv_stock.COUNT_MAPPING,
        csv_stock.STATEMENT_MAPPING,
        wms_a_stock_move.PUT_AWAY_MAPPING,
        wms_a_stock_move.QUALITY_HOLD_MAPPING,
        wms_a_transfer.SHIPMENT,
        wms_a_transfer.RECEIPT,
        wms_b_receipt.MAPPING,
        wms_b_outbound.PICK,
        wms_b_outbound.PACKING,
        wms_b_outbound.GOODS_ISSUE,
        wms_b_outbound.RECALL_RESULT,
        easypost_tracker.MAPPING,
        edifact_iftsta.MAPPING,
        shop_order.MAPPING,
        shop_order_cancellation.MAPPING,
        ups_track_alert.MAPPING,
        x12_214.MAPPING,
        json_tender_response.MAPPING,
        json_proof_of_delivery.MAPPING,
        x12_990.MAPPING,
        x12_180.INBOUND,
        x12_810.MAPPING,
        x12_846.MAPPING,
        x12_850.INBOUND,
        x12_855.MAPPING,
        x12_856.MAPPING,
        x12_860.INBOUND,
        x12_865.MAPPING,
        x12_943.INBOUND,
        x12_944.MAPPING,
        x12_945.MAPPING,
        x12_947.MAPPING,
    )
}
OUTBOUND: dict[str, Outbound] = {
    each.kind: each
    for each in (
        json_order_check.CREDIT,
        json_order_check.TAX,
        json_order_check.EXPORT,
        json_allocation_request.MAPPING,
        json_order_confirmation.MAPPING,
        json_order_reminder.MAPPING,
        json_order_status.MAPPING,
        json_return_status.MAPPING,
        json_availability.MAPPING,
        json_goods_receipt.MAPPING,
        json_invoice_match.MAPPING,
        json_posting_request.MAPPING,
        json_stock_movement.MAPPING,
        json_stock_transfer.MAPPING,
        json_supplier_order.MAPPING,
        json_load_tender.MAPPING,
        json_inbound_booking_request.MAPPING,
        x12_204.MAPPING,
        wms_a_appointment_request.MAPPING,
        wms_a_expected_receipt.MAPPING,
        wms_a_transfer.EXPECTED,
        wms_a_pick_request.MAPPING,
        wms_a_pick_recall.MAPPING,
        wms_b_expected_receipt.MAPPING,
        wms_b_pick_request.MAPPING,
        x12_180.OUTBOUND,
        x12_812.MAPPING,
        x12_850.OUTBOUND,
        x12_860.MAPPING,
        x12_940.MAPPING,
        x12_943.MAPPING,
        x12_customer_acknowledgment.MAPPING,
        x12_customer_change.MAPPING,
        x12_customer_ship_notice.MAPPING,
        x12_customer_invoice.MAPPING,
    )
}
# Not translated to a command: it says what became of a document of ours, and we say it of theirs.
FUNCTIONAL_ACKNOWLEDGMENT = "x12.997"
KINDS = frozenset({*INBOUND, *OUTBOUND, FUNCTIONAL_ACKNOWLEDGMENT})

# What a channel hands in as orders, and what a customer on EDI is answered.
FROM_CUSTOMERS = frozenset({"shop.order", "x12.850", "x12.860"})
TO_CUSTOMERS = frozenset({"x12.180", "x12.855", "x12.856", "x12.810", "x12.812", "x12.865"})
ORDER_STATUS = json_order_status.MAPPING.kind
ACKNOWLEDGMENT = x12_customer_acknowledgment.MAPPING.kind

# An invoice's document that is a credit memo too, where its route says so.
CREDIT_MEMO = x12_customer_invoice.MAPPING.kind

# Says that a return may come, to whoever has asked by the same kind.
RETURN_ANSWER = x12_180.OUTBOUND.kind

# Taken by channels that sell, and by whoever plans: any partner of the business unit whose profile asks for it.
AVAILABILITY = json_availability.MAPPING.kind

# The document that asks for each kind of check.
CHECKS = {
    sales_order_pb2.CHECK_KIND_CREDIT: json_order_check.CREDIT.kind,
    sales_order_pb2.CHECK_KIND_TAX: json_order_check.TAX.kind,
    sales_order_pb2.CHECK_KIND_EXPORT: json_order_check.EXPORT.kind,
}

# Asked of whoever allocates a business unit's orders, where Crossdock does not.
ALLOCATION = json_allocation_request.MAPPING.kind

# Requests that are answered where they are not granted.
REFUSALS: dict[str, Refusing] = {
    "x12.860": Refusing(x12_customer_change.MAPPING.kind, x12_customer_change.rejected),
    x12_180.INBOUND.kind: Refusing(x12_180.OUTBOUND.kind, x12_180.denied),
    json_return_request.MAPPING.kind: Refusing(json_return_status.MAPPING.kind, json_return_status.refused),
}

# Asked of whoever arranges carriage, beside what the supplier and the ERP are told of the same facts.
CARRIAGE = json_inbound_booking_request.MAPPING.kind

# Which kinds may tell a partner of which fact; the partner's profile says which of them it takes.
TELLS: dict[str, tuple[str, ...]] = {
    "PurchaseOrderReleased": ("x12.850", "json.supplier_order"),
    "PurchaseOrderRevised": ("x12.860", "json.supplier_order"),
    "PurchaseOrderCancelled": ("x12.860", "json.supplier_order"),
    "PurchaseOrderAcknowledged": ("json.order_confirmation",),
    "PurchaseOrderChangeDecided": ("json.order_confirmation",),
    "PurchaseOrderAnswerOverdue": ("json.order_reminder",),
    "GoodsReceived": ("json.goods_receipt",),
    "StockAdjusted": ("json.stock_movement",),
    "AdjustmentDecided": ("json.stock_movement",),
    "QualityHoldChanged": ("json.stock_movement",),
    "StockTransferSent": ("json.stock_transfer", "wms_a.expected_transfer", "x12.943"),
    "StockTransferReceived": ("json.stock_transfer",),
    "SupplierInvoiceMatched": ("json.invoice_match",),
    "SupplierInvoiceDecided": ("json.invoice_match",),
    "ShipmentPlanned": ("x12.204", "json.load_tender"),
    "ShipmentCallOffRequested": ("x12.204", "json.load_tender"),
    "OrderCheckRequested": tuple(CHECKS.values()),
    "AllocationRequested": (ALLOCATION,),
    "AllocationWithdrawn": (ALLOCATION,),
    "OrderAccepted": ("json.order_status",),
    "OrderRejected": ("json.order_status",),
    "OrderReleased": ("wms_a.pick_request", "wms_b.pick_request", "x12.940"),
    "OrderReleaseRecalled": ("wms_a.pick_recall", "wms_b.pick_request", "x12.940"),
    "OrderAcknowledged": ("x12.855",),
    "OrderChanged": ("x12.865",),
    "GoodsIssued": ("x12.856",),
    "SupplierShipped": ("x12.856",),
    "InvoicePosted": ("x12.810",),
    "ReturnAuthorized": ("json.return_status", RETURN_ANSWER),
    "ReturnReceived": ("json.return_status",),
    "ReturnInspected": ("json.return_status",),
    "ReturnWithdrawn": ("json.return_status",),
    "CreditIssued": ("json.return_status", x12_812.MAPPING.kind, CREDIT_MEMO),
    "OrderLinesSubstituted": ("json.order_status",),
    "OrderLinesCancelled": ("json.order_status", ACKNOWLEDGMENT),
    "OrderLinesBackordered": ("json.order_status",),
    "OrderLinesPromised": ("json.order_status",),
    "OrderStatusChanged": ("json.order_status",),
    "AvailabilityChanged": ("json.availability",),
    "PostingRequested": ("json.posting_request",),
    "ShipNoticeReceived": ("wms_a.appointment_request",),
    "ShipNoticeWithdrawn": ("wms_a.appointment_request",),
    "InboundExpected": ("wms_a.expected_receipt", "wms_b.expected_receipt", "x12.943"),
}
