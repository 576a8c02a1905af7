"""Facts as messages: one case for each event of the domain. Their envelopes stand in envelopes.py."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock_kit import dates_wire
from google.protobuf.message import Message

from procurement.domain import events
from procurement.domain.blanket_order import BlanketOrder
from procurement.domain.expected import ExpectedLine
from procurement.domain.order_line import LineState
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import in_unit
from procurement.domain.schedules import Promise
from procurement.domain.ship_notice import ShipNotice
from procurement.wire import blanket_orders, compliance, docks, inbound, supplier_invoices, values
from procurement.wire.answers import OUTCOMES
from procurement.wire.purchase_order import CHASE_STEPS, LINE_STATES, ORDER_STATES, order, proposed


@singledispatch
def to_message(event: events.Event) -> Message:
    raise TypeError(f"{type(event).__name__} has no wire form")


@to_message.register
def _(event: events.PurchaseOrderReleased) -> Message:
    return events_pb2.PurchaseOrderReleased(**_order(event.order), lines=[_delta(each) for each in event.lines])


@to_message.register
def _(event: events.PurchaseOrderRevised) -> Message:
    lines = [_delta(each) for each in event.lines]
    return events_pb2.PurchaseOrderRevised(
        **_order(event.order), previous_revision=event.previous_revision, lines=lines
    )


@to_message.register
def _(event: events.PurchaseOrderCancelled) -> Message:
    return events_pb2.PurchaseOrderCancelled(**_order(event.order), lines=[_delta(each) for each in event.lines])


@to_message.register
def _(event: events.PurchaseOrderAcknowledged) -> Message:
    return events_pb2.PurchaseOrderAcknowledged(
        **_order(event.order),
        revision=event.revision,
        answers=[_answer(each) for each in event.answers],
        changes=[_change(each) for each in event.changes],
    )


@to_message.register
def _(event: events.PurchaseOrderChangeProposed) -> Message:
    return events_pb2.PurchaseOrderChangeProposed(
        **_named(event.order),
        line_id=event.line_id,
        line_number=event.line_number,
        proposed=proposed(event.proposed),
    )


@to_message.register
def _(event: events.PurchaseOrderChangeDecided) -> Message:
    return events_pb2.PurchaseOrderChangeDecided(
        **_order(event.order),
        line_id=event.line_id,
        line_number=event.line_number,
        decision=service_pb2.DECISION_ACCEPT if event.accepted else service_pb2.DECISION_REFUSE,
        changes=[_change(each) for each in event.changes],
    )


@to_message.register
def _(event: events.PurchaseOrderAnswerOverdue) -> Message:
    open_lines = [each.line_number for each in event.order.lines if each.state is LineState.OPEN]
    return events_pb2.PurchaseOrderAnswerOverdue(
        **_order(event.order), step=CHASE_STEPS[event.step], line_numbers=open_lines
    )


@to_message.register
def _(event: events.PurchaseOrderReceived) -> Message:
    return events_pb2.PurchaseOrderReceived(**_order(event.order), receipt_id=event.receipt_id)


@to_message.register
def _(event: events.PurchaseOrderCompleted) -> Message:
    return events_pb2.PurchaseOrderCompleted(**_named(event.order), state=ORDER_STATES[event.order.state])


@to_message.register
def _(event: events.ShipNoticeReceived) -> Message:
    return events_pb2.ShipNoticeReceived(**_notice(event.notice))


@to_message.register
def _(event: events.ShipNoticeWithdrawn) -> Message:
    return events_pb2.ShipNoticeWithdrawn(**_notice(event.notice), replaced=event.replaced)


@to_message.register
def _(event: events.ShipNoticeClosed) -> Message:
    return events_pb2.ShipNoticeClosed(
        ship_notice_id=event.notice.ship_notice_id,
        number=event.notice.number,
        ship_to_id=event.notice.ship_to_id,
        short_lines=[
            events_pb2.ShortLine(
                purchase_order_id=each.purchase_order_id,
                purchase_order_line_id=each.order_line_id,
                sku=each.sku,
                quantity=values.quantity_message(each.quantity),
                stays_on_order=each.stays_on_order,
                ordered_at=each.ordered_at,
                business_unit=each.business_unit,
            )
            for each in event.short_lines
        ],
    )


@to_message.register
def _(event: events.PurchaseOrderCarriageChanged) -> Message:
    return events_pb2.PurchaseOrderCarriageChanged(**_order(event.order))


@to_message.register
def _(event: events.ShipNoticeEtaChanged) -> Message:
    return events_pb2.ShipNoticeEtaChanged(**_notice(event.notice))


@to_message.register
def _(event: events.DockAppointmentChanged) -> Message:
    return events_pb2.DockAppointmentChanged(
        appointment_id=event.appointment.appointment_id,
        number=event.appointment.number,
        dock_appointment=docks.appointment(event.appointment),
    )


@to_message.register
def _(event: events.CertificateUploaded) -> Message:
    found = event.certificate
    return events_pb2.CertificateUploaded(
        certificate_id=found.certificate_id, number=found.terms.number, certificate=compliance.certificate(found)
    )


@to_message.register
def _(event: events.CertificateMissing) -> Message:
    found = event.hold
    return events_pb2.CertificateMissing(
        hold_id=found.hold_id, receipt_number=found.receipt_number, hold=compliance.hold(found)
    )


@to_message.register
def _(event: events.ComplianceHoldReleased) -> Message:
    found = event.hold
    return events_pb2.ComplianceHoldReleased(
        hold_id=found.hold_id,
        receipt_number=found.receipt_number,
        hold=compliance.hold(found),
        certificate_id=event.certificate_id,
    )


@to_message.register
def _(event: events.InboundExpected) -> Message:
    found = event.expected
    return events_pb2.InboundExpected(
        reference=found.reference,
        location_id=found.location_id,
        business_unit=found.business_unit,
        ship_notice_number=found.ship_notice_number,
        sequence=found.sequence,
        lines=[_expected_line(each) for each in found.lines],
        withdrawn=found.withdrawn,
        supplier_id=found.supplier_id,
    )


@to_message.register
def _(event: events.GoodsReceived) -> Message:
    return events_pb2.GoodsReceived(
        receipt_id=event.receipt.receipt_id,
        number=event.receipt.number,
        location_id=event.receipt.terms.location_id,
        receipt=inbound.receipt(event.receipt),
    )


@to_message.register
def _(event: events.DiscrepancyReported) -> Message:
    return events_pb2.DiscrepancyReported(
        receipt_id=event.receipt.receipt_id,
        number=event.receipt.number,
        discrepancy=inbound.discrepancy(event.discrepancy),
    )


@to_message.register
def _(event: events.SupplierInvoiceMatched) -> Message:
    return events_pb2.SupplierInvoiceMatched(
        invoice_id=event.invoice.invoice_id,
        number=event.invoice.number,
        supplier_invoice=supplier_invoices.supplier_invoice(event.invoice),
    )


@to_message.register
def _(event: events.SupplierInvoiceRepeated) -> Message:
    return events_pb2.SupplierInvoiceRepeated(
        invoice_id=event.invoice.invoice_id,
        number=event.invoice.number,
        supplier_invoice=supplier_invoices.supplier_invoice(event.invoice),
        system=event.system,
        document=event.document,
    )


@to_message.register
def _(event: events.SupplierInvoiceDecided) -> Message:
    return events_pb2.SupplierInvoiceDecided(
        invoice_id=event.invoice.invoice_id,
        number=event.invoice.number,
        supplier_invoice=supplier_invoices.supplier_invoice(event.invoice),
        decision=service_pb2.DECISION_ACCEPT if event.accepted else service_pb2.DECISION_REFUSE,
        line_ids=event.lines,
        charges=event.charges,
        decided=supplier_invoices.decision(event.decision),
    )


@to_message.register
def _(event: events.SupplierInvoiceVerdictGiven) -> Message:
    return events_pb2.SupplierInvoiceVerdictGiven(
        invoice_id=event.invoice.invoice_id,
        number=event.invoice.number,
        supplier_invoice=supplier_invoices.supplier_invoice(event.invoice),
        verdict=supplier_invoices.verdict(event.business_unit, event.verdict),
    )


@to_message.register
def _(event: events.BlanketOrderAgreed) -> Message:
    return events_pb2.BlanketOrderAgreed(**_blanket(event.blanket))


@to_message.register
def _(event: events.BlanketOrderReleased) -> Message:
    return events_pb2.BlanketOrderReleased(
        **_blanket(event.blanket),
        purchase_order_id=event.purchase_order_id,
        purchase_order_number=event.purchase_order_number,
        called_off=blanket_orders.called_off(event.called_off),
    )


def _blanket(found: BlanketOrder) -> dict[str, Any]:
    return {
        "blanket_order_id": found.blanket_order_id,
        "number": found.number,
        "blanket_order": blanket_orders.blanket_order(found),
    }


def _named(found: PurchaseOrder) -> dict[str, str]:
    return {"purchase_order_id": found.purchase_order_id, "number": found.number}


def _order(found: PurchaseOrder) -> dict[str, Any]:
    return {**_named(found), "purchase_order": order(found)}


def _notice(found: ShipNotice) -> dict[str, Any]:
    return {
        "ship_notice_id": found.ship_notice_id,
        "number": found.number,
        "ship_notice": inbound.ship_notice(found),
    }


def _delta(delta: events.LineDelta) -> events_pb2.LineDelta:
    return events_pb2.LineDelta(
        line_id=delta.line_id,
        line_number=delta.line_number,
        sku=delta.sku,
        old_quantity=values.quantity_or_none(delta.old_quantity),
        new_quantity=values.quantity_or_none(delta.new_quantity),
        old_date=dates_wire.date_message(delta.old_date),
        new_date=dates_wire.date_message(delta.new_date),
        old_price=values.price_message(delta.old_price),
        new_price=values.price_message(delta.new_price),
        added=delta.added,
        deleted=delta.deleted,
        on_order_change=values.text(delta.on_order_change),
        base_unit=delta.base_unit,
        ship_to_id=delta.ship_to_id,
    )


def _change(change: events.ScheduleChange) -> events_pb2.ScheduleChange:
    old, new = change.old, change.new
    return events_pb2.ScheduleChange(
        line_id=change.line_id,
        line_number=change.line_number,
        sku=change.sku,
        schedule_id=change.schedule_id,
        old_quantity=_promised(change, old),
        new_quantity=_promised(change, new),
        old_date=dates_wire.date_message(old.on) if old else None,
        new_date=dates_wire.date_message(new.on) if new else None,
        on_order_change=values.text(change.on_order_change),
        base_unit=change.base_unit,
        ship_to_id=change.ship_to_id,
    )


def _promised(change: events.ScheduleChange, promise: Promise | None) -> values_pb2.Quantity | None:
    if promise is None:
        return None
    return values.quantity_message(in_unit(promise.quantity, change.unit, change.factor, change.base_unit))


def _answer(answer: events.LineAnswer) -> events_pb2.LineAnswer:
    return events_pb2.LineAnswer(
        line_id=answer.line_id,
        line_number=answer.line_number,
        outcome=OUTCOMES[answer.outcome],
        code=answer.code,
        state=LINE_STATES[answer.state],
        confirmed_quantity=values.text(answer.confirmed),
    )


def _expected_line(line: ExpectedLine) -> events_pb2.ExpectedLine:
    return events_pb2.ExpectedLine(
        purchase_order_id=line.purchase_order_id,
        purchase_order_number=line.purchase_order_number,
        purchase_order_line_id=line.order_line_id,
        line_number=line.line_number,
        sku=line.sku,
        quantity=values.quantity_message(line.quantity),
        expected_on=dates_wire.date_message(line.expected_on),
        lot=values.lot_message(line.lot),
        pallet_sscc=line.pallet_sscc,
        carton_sscc=line.carton_sscc,
        flags=list(line.flags),
        revision=line.revision,
        business_unit=line.business_unit,
        serials=line.serials,
    )
