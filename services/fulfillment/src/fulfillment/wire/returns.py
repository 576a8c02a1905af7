"""Returns between the contract and the domain: wishes and reports in, returns and their facts out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock.fulfillment.v1 import return_pb2
from crossdock.fulfillment.v1 import return_service_pb2 as pb
from crossdock_kit import dates_wire
from crossdock_kit.paging import Page, page_of
from google.protobuf.message import Message

from fulfillment.domain.customer_return import CustomerReturn, Fact, ReturnLine
from fulfillment.domain.quantities import Quantity, exact
from fulfillment.domain.refusals import FieldMissing
from fulfillment.domain.return_lifecycle import State
from fulfillment.domain.return_report import BookedReport, Disposition, Holding, ReportKind, Returned, ReturnReport
from fulfillment.ports import OrderName, ReturnPage
from fulfillment.use_cases.commands import AuthorizeReturn, RecordReturn, WithdrawReturn
from fulfillment.wire import values
from fulfillment.wire.lots import lot, lot_message
from fulfillment.wire.ownership import CAME_BACK, RETURN_AUTHORIZED, may_write
from fulfillment.wire.sales_order import order_name

STATES = {state: return_pb2.ReturnState.Value(f"RETURN_STATE_{state.name}") for state in State}
HOLDINGS = {each: return_pb2.ReturnHolding.Value(f"RETURN_HOLDING_{each.name}") for each in Holding}
DISPOSITIONS = {each: return_pb2.Disposition.Value(f"DISPOSITION_{each.name}") for each in Disposition}
_STATE_OF = {message: state for state, message in STATES.items()}
_HOLDING_OF = {message: each for each, message in HOLDINGS.items()}
_DISPOSITION_OF = {message: each for each, message in DISPOSITIONS.items()}
_FACTS: Mapping[Fact, type[Message]] = {
    Fact.AUTHORIZED: events_pb2.ReturnAuthorized,
    Fact.WITHDRAWN: events_pb2.ReturnWithdrawn,
    Fact.CREDITED: events_pb2.ReturnCredited,
}


# --- in


def authorize(request: pb.AuthorizeReturnRequest) -> AuthorizeReturn:
    may_write(request.origin, RETURN_AUTHORIZED)
    lines = tuple(
        (each.line_number, values.asked_for(each.quantity, f"lines[{index}].quantity"))
        for index, each in enumerate(request.lines)
    )
    name = OrderName(request.order_id) if request.order_id else order_name(request.ref)
    return AuthorizeReturn(values.origin(request.origin), name, request.number, lines, request.reason)


def withdraw(request: pb.WithdrawReturnRequest) -> WithdrawReturn:
    may_write(request.origin, RETURN_AUTHORIZED)
    return WithdrawReturn(values.origin(request.origin), request.return_id, request.reason)


def received(request: pb.RecordReturnReceiptRequest) -> RecordReturn:
    return _report(request, ReportKind.RECEIPT, "received_at")


def inspected(request: pb.RecordReturnInspectionRequest) -> RecordReturn:
    return _report(request, ReportKind.INSPECTION, "inspected_at")


def _report(said: Any, kind: ReportKind, at: str) -> RecordReturn:
    """What both requests say alike; `at` is the field that says when it happened."""
    may_write(said.origin, CAME_BACK)
    happened_at = dates_wire.instant(said, at)
    if happened_at is None:
        raise FieldMissing(at)
    report = ReturnReport(
        kind=kind,
        system=said.origin.system,
        business_unit=said.business_unit,
        location_id=said.location_id,
        number=said.number,
        happened_at=happened_at,
        lines=tuple(_returned(each, kind, f"lines[{index}]") for index, each in enumerate(said.lines)),
        return_number=said.return_number,
        order_id=said.order_id,
        order_number=said.order_number,
    )
    return RecordReturn(values.origin(said.origin), report)


def _returned(line: return_pb2.ReturnedLine, kind: ReportKind, path: str) -> Returned:
    decided = _DISPOSITION_OF.get(line.disposition)
    if kind is ReportKind.INSPECTION and decided is None:
        raise FieldMissing(f"{path}.disposition")
    quantity = values.asked_for(line.quantity, f"{path}.quantity")
    return Returned(
        line_number=line.line_number,
        sku=line.sku,
        unit=quantity.unit,
        quantity=exact(quantity.value),
        lot=lot(line),
        held=_HOLDING_OF.get(line.held, Holding.RETURNED),
        disposition=decided if kind is ReportKind.INSPECTION else None,
        serials=tuple(line.serials),
    )


def page(request: pb.ListReturnsRequest) -> tuple[ReturnPage, Page]:
    asked = page_of(request)
    after = (datetime.fromisoformat(asked.after[0]), asked.after[1]) if asked.after else None
    state = _STATE_OF.get(request.state)
    return ReturnPage(request.order_id, state, request.awaiting_credit, asked.size, after), asked


# --- out


def customer_return(found: CustomerReturn) -> return_pb2.CustomerReturn:
    return return_pb2.CustomerReturn(
        return_id=found.return_id,
        business_unit=found.business_unit,
        number=found.number,
        order_id=found.order_id,
        order_number=found.order_number,
        customer_id=found.customer_id,
        state=STATES[found.state],
        reason=found.reason,
        lines=map(_line, found.lines.values()),
        credits_asked=found.credits_asked,
        credits_posted=found.credits_posted,
        created_at=dates_wire.timestamp(found.created_at),
    )


def place_of(found: CustomerReturn) -> tuple[str, str]:
    """Where a page ends."""
    return found.created_at.isoformat(), found.return_id


def booked(report: BookedReport, *, repeated: bool) -> dict[str, Any]:
    return {
        "return_id": report.return_id,
        "repeated": repeated,
        "order_id": report.order_id,
        "unauthorized": report.unauthorized,
    }


def fact_of(fact: Fact, found: CustomerReturn, channel: str = "") -> Message:
    """`channel` is the order's."""
    said = _named(found) | ({} if fact is Fact.CREDITED else {"channel": channel})
    reason = {"reason": found.reason} if fact is Fact.WITHDRAWN else {}
    return _FACTS[fact](**said, **reason)


def reported(report: ReturnReport, found: CustomerReturn, channel: str = "") -> Message:
    """What a warehouse's report announces; `channel` is the order's."""
    said: dict[str, Any] = {
        **_named(found),
        "report_number": report.number,
        "location_id": report.location_id,
        "business_unit": found.business_unit,
        "lines": [_returned_message(each) for each in report.lines],
        "channel": channel,
    }
    at = dates_wire.timestamp(report.happened_at)
    if report.kind is ReportKind.RECEIPT:
        return events_pb2.ReturnReceived(**said, received_at=at)
    return events_pb2.ReturnInspected(**said, inspected_at=at)


def _named(found: CustomerReturn) -> dict[str, Any]:
    return {
        "return_id": found.return_id,
        "number": found.number,
        "order_id": found.order_id,
        "order_number": found.order_number,
        "customer_return": customer_return(found),
    }


def _line(line: ReturnLine) -> return_pb2.ReturnLine:
    def amount(value: Any) -> values_pb2.Quantity:
        return values.quantity_message(Quantity(value, line.unit))

    return return_pb2.ReturnLine(
        line_number=line.line_number,
        sku=line.sku,
        authorized=amount(line.authorized),
        received=amount(line.received),
        inspected=amount(line.inspected),
    )


def _returned_message(line: Returned) -> return_pb2.ReturnedLine:
    return return_pb2.ReturnedLine(
        line_number=line.line_number,
        sku=line.sku,
        quantity=values.quantity_message(Quantity(line.quantity, line.unit)),
        lot=lot_message(line.lot),
        held=HOLDINGS[line.held],
        disposition=DISPOSITIONS[line.disposition] if line.disposition else return_pb2.DISPOSITION_UNSPECIFIED,
        serials=line.serials,
    )
