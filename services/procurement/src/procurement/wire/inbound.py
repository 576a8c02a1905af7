"""Ship notices and receipts: documents in, records out."""

from __future__ import annotations

from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock_kit import dates_wire

from procurement.domain.quantities import Quantity, total_in_unit
from procurement.domain.receipt import (
    Condition,
    Discrepancy,
    DiscrepancyCode,
    Receipt,
    ReceiptLine,
    ReceiptLineTerms,
    ReceiptTerms,
)
from procurement.domain.refusals import FieldMissing
from procurement.domain.ship_notice import (
    NoticeLine,
    NoticeLineTerms,
    NoticeState,
    NoticeTerms,
    RefusedLine,
    ShipNotice,
)
from procurement.ports import NoticePurpose
from procurement.use_cases.commands import RecordReceipt, RecordShipNotice
from procurement.use_cases.ship_notices import RecordedShipNotice
from procurement.wire import docks, inbound_eta, values
from procurement.wire.ownership import RECEIVED, SHIPPED, owned
from procurement.wire.purchase_order import origin
from procurement.wire.roles import acts_as

NOTICE_STATES = {
    NoticeState.IN_TRANSIT: inbound_pb2.SHIP_NOTICE_STATE_IN_TRANSIT,
    NoticeState.PARTLY_RECEIVED: inbound_pb2.SHIP_NOTICE_STATE_PARTLY_RECEIVED,
    NoticeState.RECEIVED: inbound_pb2.SHIP_NOTICE_STATE_RECEIVED,
    NoticeState.CLOSED_SHORT: inbound_pb2.SHIP_NOTICE_STATE_CLOSED_SHORT,
    NoticeState.REPLACED: inbound_pb2.SHIP_NOTICE_STATE_REPLACED,
    NoticeState.CANCELLED: inbound_pb2.SHIP_NOTICE_STATE_CANCELLED,
}
_PURPOSES = {
    service_pb2.NOTICE_PURPOSE_ORIGINAL: NoticePurpose.ORIGINAL,
    service_pb2.NOTICE_PURPOSE_REPLACE: NoticePurpose.REPLACE,
    service_pb2.NOTICE_PURPOSE_CANCEL: NoticePurpose.CANCEL,
}
CONDITIONS = {
    Condition.GOOD: inbound_pb2.CONDITION_GOOD,
    Condition.DAMAGED: inbound_pb2.CONDITION_DAMAGED,
    Condition.HOLD: inbound_pb2.CONDITION_HOLD,
}
_CONDITION_OF = {message: condition for condition, message in CONDITIONS.items()}
DISCREPANCIES = {
    DiscrepancyCode.SHORT: inbound_pb2.DISCREPANCY_CODE_SHORT,
    DiscrepancyCode.OVER: inbound_pb2.DISCREPANCY_CODE_OVER,
    DiscrepancyCode.DAMAGED: inbound_pb2.DISCREPANCY_CODE_DAMAGED,
    DiscrepancyCode.WRONG_ITEM: inbound_pb2.DISCREPANCY_CODE_WRONG_ITEM,
    DiscrepancyCode.SUBSTITUTED: inbound_pb2.DISCREPANCY_CODE_SUBSTITUTED,
    DiscrepancyCode.NO_SHIP_NOTICE: inbound_pb2.DISCREPANCY_CODE_NO_SHIP_NOTICE,
    DiscrepancyCode.UNKNOWN_ORDER: inbound_pb2.DISCREPANCY_CODE_UNKNOWN_ORDER,
    DiscrepancyCode.QUALITY_HOLD: inbound_pb2.DISCREPANCY_CODE_QUALITY_HOLD,
    DiscrepancyCode.MISSING_CERTIFICATE: inbound_pb2.DISCREPANCY_CODE_MISSING_CERTIFICATE,
}


# --- ship notices


def record_ship_notice(request: service_pb2.RecordShipNoticeRequest) -> RecordShipNotice:
    request, not_owned = owned(request, request.origin)
    purpose = _PURPOSES[request.purpose]
    if not request.lines and purpose is not NoticePurpose.CANCEL:
        raise FieldMissing("lines")
    terms = NoticeTerms(
        number=request.number,
        supplier_id=request.supplier_id,
        ship_to_id=request.ship_to_id,
        shipped_at=dates_wire.instant(request, "shipped_at"),
        expected_on=dates_wire.day(request, "expected_on"),
        carrier=request.carrier,
        bill_of_lading=request.bill_of_lading,
        carrier_reference=request.carrier_reference,
        lines=tuple(_notice_line_terms(each) for each in request.lines),
    )
    return RecordShipNotice(origin(request.origin, not_owned), purpose, terms, acts_as(request.origin, SHIPPED))


def _notice_line_terms(message: inbound_pb2.ShipNoticeLine) -> NoticeLineTerms:
    return NoticeLineTerms(
        shipped=values.quantity(message.shipped),
        purchase_order_id=message.purchase_order_id,
        purchase_order_number=message.purchase_order_number,
        line_number=message.line_number,
        sku=message.sku,
        supplier_item=message.supplier_item,
        lot=values.lot(message, "lot"),
        pallet_sscc=message.pallet_sscc,
        carton_sscc=message.carton_sscc,
        packed_on_revision=message.packed_on_revision,
        serials=tuple(message.serials),
    )


def recorded_ship_notice(done: RecordedShipNotice) -> service_pb2.RecordShipNoticeResponse:
    return service_pb2.RecordShipNoticeResponse(
        ship_notice=ship_notice(done.notice),
        repeated_notice=done.repeated,
        refused_lines=[_refused(each) for each in done.refused],
    )


def _refused(line: RefusedLine) -> str:
    named = line.terms.line_number or line.terms.sku or line.terms.supplier_item
    return f"{line.terms.purchase_order_number} line {named}: {line.reason}"


def ship_notice(notice: ShipNotice) -> inbound_pb2.ShipNotice:
    terms = notice.terms
    return inbound_pb2.ShipNotice(
        ship_notice_id=notice.ship_notice_id,
        business_unit=notice.business_unit,
        number=terms.number,
        supplier_id=terms.supplier_id,
        ship_to_id=notice.ship_to_id,
        shipped_at=dates_wire.timestamp(terms.shipped_at),
        expected_on=dates_wire.date_message(notice.expected_on),
        announced_on=dates_wire.date_message(terms.expected_on),
        appointment=docks.appointed(notice.appointed),
        carrier_eta=inbound_eta.carrier_eta(notice.carrier_eta),
        carrier=terms.carrier,
        bill_of_lading=terms.bill_of_lading,
        carrier_reference=terms.carrier_reference,
        lines=[_notice_line(each) for each in notice.lines],
        state=NOTICE_STATES[notice.state],
        etag=str(notice.version),
    )


def _notice_line(line: NoticeLine) -> inbound_pb2.ShipNoticeLine:
    return inbound_pb2.ShipNoticeLine(
        line_id=line.line_id,
        purchase_order_id=line.purchase_order_id,
        purchase_order_number=line.purchase_order_number,
        purchase_order_line_id=line.order_line_id,
        line_number=line.line_number,
        sku=line.sku,
        supplier_item=line.terms.supplier_item,
        shipped=values.quantity_message(line.terms.shipped),
        lot=values.lot_message(line.terms.lot),
        pallet_sscc=line.terms.pallet_sscc,
        carton_sscc=line.terms.carton_sscc,
        packed_on_revision=line.terms.packed_on_revision,
        flags=[flag.value for flag in line.flags],
        received_quantity=values.text(total_in_unit(line.received, line.factor)),
        base_quantity=values.text(line.base),
        from_on_order=values.text(line.from_on_order),
        ordered_at=line.ordered_at,
        sales_line=values.sales_line_message(line.sales_line),
        direct=values.quantity_message(Quantity(line.direct, line.base_unit)) if line.goes_direct else None,
        business_unit=line.business_unit,
        serials=line.terms.serials,
    )


# --- receipts


def record_receipt(request: service_pb2.RecordReceiptRequest) -> RecordReceipt:
    request, not_owned = owned(request, request.origin)
    source = origin(request.origin, not_owned)
    received_at = dates_wire.instant(request, "received_at")
    if received_at is None:
        raise FieldMissing("received_at")
    terms = ReceiptTerms(
        system=source.system,
        number=request.number,
        location_id=request.location_id,
        received_at=received_at,
        lines=tuple(_receipt_line_terms(each) for each in request.lines),
        final=request.final,
    )
    return RecordReceipt(source, terms, acts_as(request.origin, RECEIVED))


def _receipt_line_terms(message: inbound_pb2.ReceiptLine) -> ReceiptLineTerms:
    return ReceiptLineTerms(
        sku=message.sku,
        quantity=values.quantity(message.quantity),
        condition=_CONDITION_OF[message.condition],
        purchase_order_id=message.purchase_order_id,
        purchase_order_number=message.purchase_order_number,
        line_number=message.line_number,
        lot=values.lot(message, "lot"),
        ship_notice_id=message.ship_notice_id,
        ship_notice_number=message.ship_notice_number,
        sscc=message.sscc,
        serials=tuple(message.serials),
    )


def receipt(found: Receipt) -> inbound_pb2.Receipt:
    return inbound_pb2.Receipt(
        receipt_id=found.receipt_id,
        business_unit=found.business_unit,
        number=found.number,
        system=found.terms.system,
        location_id=found.terms.location_id,
        received_at=dates_wire.timestamp(found.terms.received_at),
        lines=[_receipt_line(each) for each in found.lines],
    )


def _receipt_line(line: ReceiptLine) -> inbound_pb2.ReceiptLine:
    return inbound_pb2.ReceiptLine(
        line_id=line.line_id,
        purchase_order_id=line.purchase_order_id,
        purchase_order_number=line.purchase_order_number,
        purchase_order_line_id=line.order_line_id,
        line_number=line.line_number,
        sku=line.terms.sku,
        quantity=values.quantity_message(line.terms.quantity),
        condition=CONDITIONS[line.terms.condition],
        lot=values.lot_message(line.terms.lot),
        ship_notice_id=line.ship_notice_id,
        ship_notice_number=line.ship_notice_number,
        sscc=line.terms.sscc,
        serials=line.terms.serials,
        from_in_transit=values.text(line.from_in_transit),
        from_on_order=values.text(line.from_on_order),
        beyond_order=values.text(line.beyond_order),
        base_quantity=values.text(line.base),
        base_unit=line.base_unit,
        expected_at=line.expected_at,
        missing_certificates=line.missing_certificates,
        business_unit=line.business_unit,
    )


def discrepancy(found: Discrepancy) -> inbound_pb2.Discrepancy:
    return inbound_pb2.Discrepancy(
        code=DISCREPANCIES[found.code],
        sku=found.sku,
        purchase_order_id=found.purchase_order_id,
        purchase_order_line_id=found.order_line_id,
        quantity=values.quantity_message(found.quantity),
        beyond_tolerance=found.beyond_tolerance,
    )


# --- names


def named_notice(request: service_pb2.GetShipNoticeRequest) -> tuple[str, str, str]:
    """Supplier, number and id: the id, or both of the others."""
    if not request.ship_notice_id and not (request.supplier_id and request.number):
        raise FieldMissing("ship_notice_id, or supplier_id and number")
    return request.supplier_id, request.number, request.ship_notice_id


def named_receipt(request: service_pb2.GetReceiptRequest) -> tuple[str, str, str]:
    """System, number and id: the id, or both of the others."""
    if not request.receipt_id and not (request.system and request.number):
        raise FieldMissing("receipt_id, or system and number")
    return request.system, request.number, request.receipt_id
