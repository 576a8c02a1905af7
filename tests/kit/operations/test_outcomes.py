"""What an error means for a delivery: silence is the breaker's business, a refusal is final, a bug is ours."""

from __future__ import annotations

from datetime import timedelta

import grpc
import pytest
from crossdock_kit.deliveries import Dead, Outcome, Retry
from crossdock_kit.deliveries.outcomes import outcome_of
from crossdock_kit.errors import Conflict, FailureClass, Invalid, NotFound, Refused, Unavailable, Waiting
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2


class StockShort(Refused):
    """A refusal with a code of its own."""


class ItemNotYetKnown(Waiting):
    """Comes with the master data."""


def answered(code: grpc.StatusCode, *details: object) -> grpc.aio.AioRpcError:
    """A status as a service of ours sends it."""
    status = status_pb2.Status(code=code.value[0])
    for detail in details:
        status.details.add().Pack(detail)  # type: ignore[arg-type]
    trailing = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details="in words")


REASON = error_details_pb2.ErrorInfo(reason="STOCK_SHORT", domain="inventory.crossdock.dev")
IN_5_S = error_details_pb2.RetryInfo(retry_delay=Duration(seconds=5))
BUSINESS, TRANSIENT, BUG = FailureClass.BUSINESS, FailureClass.TRANSIENT, FailureClass.BUG


@pytest.mark.feature("F228")
@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (StockShort("three short"), Dead("three short", "STOCK_SHORT", BUSINESS)),
        (Invalid("no number"), Dead("no number", "INVALID", BUSINESS)),
        (NotFound("no order"), Dead("no order", "NOT_FOUND", BUSINESS)),
        (Unavailable("away"), Retry("UNAVAILABLE", failure_class=TRANSIENT)),
        (ItemNotYetKnown("X"), Retry("ITEM_NOT_YET_KNOWN", answered=True, failure_class=TRANSIENT)),
        (Conflict("moved on"), Retry("CONFLICT", answered=True, failure_class=TRANSIENT)),
        (TimeoutError(), Retry("TIMEOUT_ERROR")),
        (ConnectionRefusedError(), Retry("CONNECTION_REFUSED_ERROR")),
        (KeyError("x"), Retry("KEY_ERROR", answered=True, failure_class=BUG)),
        (answered(grpc.StatusCode.UNAVAILABLE), Retry("UNAVAILABLE")),
        (answered(grpc.StatusCode.DEADLINE_EXCEEDED), Retry("DEADLINE_EXCEEDED")),
        (answered(grpc.StatusCode.UNAVAILABLE, IN_5_S), Retry("UNAVAILABLE", timedelta(seconds=5))),
        (answered(grpc.StatusCode.FAILED_PRECONDITION, REASON), Dead("in words", "STOCK_SHORT", BUSINESS)),
        (answered(grpc.StatusCode.INVALID_ARGUMENT), Dead("in words", "INVALID_ARGUMENT", BUSINESS)),
        (
            answered(grpc.StatusCode.RESOURCE_EXHAUSTED, IN_5_S),
            Retry("RESOURCE_EXHAUSTED", timedelta(seconds=5)),
        ),
        # A message that is too large for the receiver has the same status, and no time that would mend it.
        (
            answered(grpc.StatusCode.RESOURCE_EXHAUSTED),
            Retry("RESOURCE_EXHAUSTED", answered=True, failure_class=TRANSIENT),
        ),
        (answered(grpc.StatusCode.INTERNAL), Retry("INTERNAL", answered=True, failure_class=BUG)),
        (answered(grpc.StatusCode.UNAUTHENTICATED), Retry("UNAUTHENTICATED", answered=True, failure_class=BUG)),
    ],
)
def test_an_error_is_read_as_an_outcome(error: Exception, outcome: Outcome) -> None:
    assert outcome_of(error) == outcome


def test_details_that_are_damaged_do_no_harm() -> None:
    trailing = grpc.aio.Metadata(("grpc-status-details-bin", b"\xff\xff"))
    error = grpc.aio.AioRpcError(grpc.StatusCode.ABORTED, grpc.aio.Metadata(), trailing)
    assert outcome_of(error) == Retry("ABORTED", answered=True, failure_class=TRANSIENT)
