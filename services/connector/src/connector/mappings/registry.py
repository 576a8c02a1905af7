"""Every kind of document with its mapping. Adding one is a module and a line here."""

from __future__ import annotations

from crossdock.fulfillment.v1 import sales_order_pb2

from connector.mappings import (
    easypost_tracker,
    json_availability,
    json_blanket_order,
    json_certificate,
    json_check_result,
    json_goods_receipt,
    json_invoice_match,
    json_load_tender,
    json_order_check,
    json_order_confirmation,
    json_order_reminder,
    json_order_response,
    json_order_status,
    json_payment_status,
    json_posting_request,
    json_posting_result,
    json_purchase_order,
    json_sales_order,
    json_ship_notice,
    json_stock_movement,
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
    wms_a_pick_request,
    wms_a_receipt,
    wms_a_return,
    wms_a_stock,
    wms_a_stock_move,
    wms_b_expected_receipt,
    wms_b_receipt,
    x12_204,
    x12_214,
    x12_810,
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
    x12_customer_invoice,
    x12_customer_ship_notice,
)
from connector.mappings.model import Inbound, Outbound

INBOUND: dict[str, Inbound] = {
    each.kind: each
    for each in (
        json_purchase_order.MAPPING,
        json_blanket_order.MAPPING,
        json_sales_order.MAPPING,
        json_posting_result.MAPPING,
        json_payment_status.MAPPING,
        json_check_result.MAPPING,
        json_order_response.MAPPING,
        json_ship_notice.MAPPING,
        json_supplier_invoice.MAPPING,
        json_certificate.MAPPING,
        wms_a_appointment.MAPPING,
        wms_a_receipt.MAPPING,
        wms_a_pick.MAPPING,
        wms_a_packing.MAPPING,
        wms_a_goods_issue.MAPPING,
        wms_a_return.RECEIPT,
        wms_a_return.INSPECTION,
        wms_a_stock.COUNT_MAPPING,
        wms_a_stock.ADJUSTMENT_MAPPING,
        wms_a_stock.STATEMENT_MAPPING,
        wms_a_stock_move.PUT_AWAY_MAPPING,
        wms_a_stock_move.QUALITY_HOLD_MAPPING,
        wms_b_receipt.MAPPING,
        easypost_tracker.MAPPING,
        shop_order.MAPPING,
        shop_order_cancellation.MAPPING,
        ups_track_alert.MAPPING,
        x12_214.MAPPING,
        json_tender_response.MAPPING,
        x12_990.MAPPING,
        x12_810.MAPPING,
        x12_846.MAPPING,
        x12_850.INBOUND,
        x12_855.MAPPING,
        x12_856.MAPPING,
        x12_865.MAPPING,
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
        json_order_confirmation.MAPPING,
        json_order_reminder.MAPPING,
        json_order_status.MAPPING,
        json_availability.MAPPING,
        json_goods_receipt.MAPPING,
        json_invoice_match.MAPPING,
        json_posting_request.MAPPING,
        json_stock_movement.MAPPING,
        json_supplier_order.MAPPING,
        json_load_tender.MAPPING,
        x12_204.MAPPING,
        wms_a_appointment_request.MAPPING,
        wms_a_expected_receipt.MAPPING,
        wms_a_pick_request.MAPPING,
        wms_b_expected_receipt.MAPPING,
        x12_850.OUTBOUND,
        x12_860.MAPPING,
        x12_940.MAPPING,
        x12_943.MAPPING,
        x12_customer_acknowledgment.MAPPING,
        x12_customer_ship_notice.MAPPING,
        x12_customer_invoice.MAPPING,
    )
}
# Not translated to a command: it says what became of a document of ours, and we say it of theirs.
FUNCTIONAL_ACKNOWLEDGMENT = "x12.997"
KINDS = frozenset({*INBOUND, *OUTBOUND, FUNCTIONAL_ACKNOWLEDGMENT})

# What a channel hands in as orders, and what a customer on EDI is answered.
FROM_CUSTOMERS = frozenset({"shop.order", "x12.850"})
TO_CUSTOMERS = frozenset({"x12.855", "x12.856", "x12.810"})

# Taken by channels that sell, and by whoever plans: any partner of the business unit whose profile asks for it.
AVAILABILITY = json_availability.MAPPING.kind

# The document that asks for each kind of check.
CHECKS = {
    sales_order_pb2.CHECK_KIND_CREDIT: json_order_check.CREDIT.kind,
    sales_order_pb2.CHECK_KIND_TAX: json_order_check.TAX.kind,
    sales_order_pb2.CHECK_KIND_EXPORT: json_order_check.EXPORT.kind,
}

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
    "SupplierInvoiceMatched": ("json.invoice_match",),
    "SupplierInvoiceDecided": ("json.invoice_match",),
    "ShipmentPlanned": ("x12.204", "json.load_tender"),
    "OrderCheckRequested": tuple(CHECKS.values()),
    "OrderRejected": ("json.order_status",),
    "OrderReleased": ("wms_a.pick_request", "x12.940"),
    "OrderAcknowledged": ("x12.855",),
    "GoodsIssued": ("x12.856",),
    "SupplierShipped": ("x12.856",),
    "InvoicePosted": ("x12.810",),
    "OrderLinesSubstituted": ("json.order_status",),
    "OrderLinesBackordered": ("json.order_status",),
    "OrderLinesPromised": ("json.order_status",),
    "OrderStatusChanged": ("json.order_status",),
    "AvailabilityChanged": ("json.availability",),
    "PostingRequested": ("json.posting_request",),
    "ShipNoticeReceived": ("wms_a.appointment_request",),
    "ShipNoticeWithdrawn": ("wms_a.appointment_request",),
    "InboundExpected": ("wms_a.expected_receipt", "wms_b.expected_receipt", "x12.943"),
}
