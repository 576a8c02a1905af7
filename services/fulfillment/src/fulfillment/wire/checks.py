"""Answers to checks and people's releases, as commands."""

from __future__ import annotations

from crossdock.fulfillment.v1 import check_service_pb2 as pb
from crossdock_kit.dates_wire import instant

from fulfillment.domain.refusals import FieldMissing
from fulfillment.use_cases.commands import RecordCheck, ReleaseHold
from fulfillment.wire import values
from fulfillment.wire.ownership import CHECKED, may_write
from fulfillment.wire.sales_order import CHECK_KINDS

_KIND_OF = {message: kind for kind, message in CHECK_KINDS.items()}


def answered(request: pb.RecordCheckRequest) -> RecordCheck:
    may_write(request.origin, CHECKED)
    passed = request.verdict == pb.CHECK_VERDICT_PASSED
    if not (passed or request.reason):
        raise FieldMissing("reason")
    answered_at = instant(request, "answered_at")
    if answered_at is None:
        raise FieldMissing("answered_at")
    origin = values.origin(request.origin)
    withdrawn = request.verdict == pb.CHECK_VERDICT_WITHDRAWN
    return RecordCheck(origin, request.check_id, passed, answered_at, request.reference, request.reason, withdrawn)


def released(request: pb.ReleaseHoldRequest, by: str) -> ReleaseHold:
    return ReleaseHold(request.order_id, _KIND_OF[request.kind], by, request.reason)
