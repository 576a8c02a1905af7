"""The supplier's answer: what each line is told, and which revision it is for."""

from __future__ import annotations

from datetime import datetime

from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock_kit import dates_wire

from procurement.domain.acknowledgment import AnsweredLine
from procurement.domain.answer import Answer, RevisionBasis
from procurement.domain.order_line import OrderLine
from procurement.domain.outcomes import LineAcknowledgment, Outcome, RepeatedPrice
from procurement.use_cases.commands import AcknowledgePurchaseOrder
from procurement.wire import values
from procurement.wire.ownership import CONFIRMED, must_own
from procurement.wire.purchase_order import order_name, origin
from procurement.wire.roles import acts_as

OUTCOMES = {
    Outcome.ACCEPTED: service_pb2.ACKNOWLEDGMENT_OUTCOME_ACCEPTED,
    Outcome.QUANTITY_CHANGED: service_pb2.ACKNOWLEDGMENT_OUTCOME_QUANTITY_CHANGED,
    Outcome.DATE_CHANGED: service_pb2.ACKNOWLEDGMENT_OUTCOME_DATE_CHANGED,
    Outcome.PRICE_CHANGED: service_pb2.ACKNOWLEDGMENT_OUTCOME_PRICE_CHANGED,
    Outcome.PRICE_OPEN: service_pb2.ACKNOWLEDGMENT_OUTCOME_PRICE_OPEN,
    Outcome.DATE_OPEN: service_pb2.ACKNOWLEDGMENT_OUTCOME_DATE_OPEN,
    Outcome.ITEM_SUBSTITUTED: service_pb2.ACKNOWLEDGMENT_OUTCOME_ITEM_SUBSTITUTED,
    Outcome.BACKORDERED: service_pb2.ACKNOWLEDGMENT_OUTCOME_BACKORDERED,
    Outcome.ON_HOLD: service_pb2.ACKNOWLEDGMENT_OUTCOME_ON_HOLD,
    Outcome.REJECTED: service_pb2.ACKNOWLEDGMENT_OUTCOME_REJECTED,
    Outcome.CHANGED: service_pb2.ACKNOWLEDGMENT_OUTCOME_CHANGED,
    Outcome.SOURCE_CHANGED: service_pb2.ACKNOWLEDGMENT_OUTCOME_SOURCE_CHANGED,
    Outcome.PARTIAL: service_pb2.ACKNOWLEDGMENT_OUTCOME_PARTIAL,
}
_OUTCOME_OF = {message: outcome for outcome, message in OUTCOMES.items()}
_BASIS_OF = {
    service_pb2.REVISION_BASIS_CARRIED: RevisionBasis.CARRIED,
    service_pb2.REVISION_BASIS_FUNCTIONAL_ACK: RevisionBasis.FUNCTIONAL_ACK,
    service_pb2.REVISION_BASIS_UNKNOWN: RevisionBasis.UNKNOWN,
}


def acknowledge(request: service_pb2.AcknowledgePurchaseOrderRequest, now: datetime) -> AcknowledgePurchaseOrder:
    """`now` stands in where the document does not say when it was written."""
    must_own(request, request.origin)
    source = origin(request.origin)
    answer = Answer(
        system=source.system,
        occurred_at=source.occurred_at or now,
        supplier_id=request.supplier_id,
        basis=_BASIS_OF[request.revision_basis],
        revision=request.revision,
        lines=tuple(_line(each, f"lines[{index}]") for index, each in enumerate(request.lines)),
        whole_order=_OUTCOME_OF.get(request.whole_order),
        supplier_number=request.supplier_number,
        acknowledged_on=dates_wire.day(request, "acknowledged_on"),
        role=acts_as(request.origin, CONFIRMED),
    )
    return AcknowledgePurchaseOrder(source, order_name(request.ref), answer)


def _line(message: service_pb2.AcknowledgedLine, path: str) -> AnsweredLine:
    return AnsweredLine(
        acknowledgments=tuple(
            _acknowledgment(each, f"{path}.acknowledgments[{part}]")
            for part, each in enumerate(message.acknowledgments)
        ),
        line_number=message.line_number,
        sku=message.sku,
        supplier_item=message.supplier_item,
        ordered=values.quantity(message.ordered) if message.HasField("ordered") else None,
    )


def _acknowledgment(message: service_pb2.LineAcknowledgment, path: str) -> LineAcknowledgment:
    return LineAcknowledgment(
        outcome=_OUTCOME_OF[message.outcome],
        code=message.code,
        quantity=values.quantity(message.quantity) if message.HasField("quantity") else None,
        on=dates_wire.day(message, "date"),
        price=values.price(message, "price", path),
        substitute_sku=message.substitute_sku,
        substitute_supplier_item=message.substitute_supplier_item,
        repeated=_repeated(message.repeated_price) if message.HasField("repeated_price") else None,
    )


def _repeated(message: service_pb2.RepeatedPrice) -> RepeatedPrice:
    return RepeatedPrice(values.number(message.amount), message.currency)


def line_answers(line: OrderLine) -> service_pb2.LineAnswers:
    return service_pb2.LineAnswers(
        line_id=line.line_id,
        line_number=line.line_number,
        revision=line.answered_revision,
        answered_at=dates_wire.timestamp(line.answered_at),
        acknowledgments=[_said(each) for each in line.answers],
    )


def _said(acknowledgment: LineAcknowledgment) -> service_pb2.LineAcknowledgment:
    return service_pb2.LineAcknowledgment(
        outcome=OUTCOMES[acknowledgment.outcome],
        code=acknowledgment.code,
        quantity=values.quantity_or_none(acknowledgment.quantity),
        date=dates_wire.date_message(acknowledgment.on),
        price=values.price_message(acknowledgment.price),
        substitute_sku=acknowledgment.substitute_sku,
        substitute_supplier_item=acknowledgment.substitute_supplier_item,
    )
