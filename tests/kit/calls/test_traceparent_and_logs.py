"""The traceparent in all its spellings, and logs that name their trace and transaction."""

from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.telemetry.logs import JsonFormatter
from crossdock_kit.telemetry.spans import Place, SpanKind, current_traceparent, parse_traceparent, root_span

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("03", True), ("ff", True)])
def test_only_bit_zero_of_the_flags_counts(flags: str, sampled: bool) -> None:
    assert parse_traceparent(f"00-{TRACE}-{SPAN}-{flags}") == Place(int(TRACE, 16), int(SPAN, 16), sampled)


MALFORMED = [
    None,
    "",
    "00",
    f"ff-{TRACE}-{SPAN}-01",
    f"00-{'0' * 32}-{SPAN}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"00-{TRACE[1:]}-{SPAN}-01",
]


@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_traceparent_is_none(text: str | None) -> None:
    assert parse_traceparent(text) is None


def test_a_traceparent_survives_its_own_parser() -> None:
    with root_span("step", SpanKind.CONSUMER):
        place = parse_traceparent(current_traceparent())
    assert place is not None
    assert str(place) == f"00-{place.trace_id:032x}-{place.span_id:016x}-01"


def test_a_log_line_names_trace_transaction_step_and_attempt() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("inventory"))
    logger = logging.getLogger("test_logs")
    logger.propagate = False
    logger.addHandler(handler)
    cause = Cause("event", "GoodsReceived", "acme", "wms-east", "corr", "cause", "", datetime.now(UTC), attempt=3)
    with root_span("process", SpanKind.CONSUMER, transaction_ids=["tx-1"]) as span, caused_by(cause):
        logger.warning("held %s", "back", extra={"why": "gap"})
    line = json.loads(stream.getvalue())
    assert (line["service"], line["level"], line["message"], line["why"]) == (
        "inventory",
        "warning",
        "held back",
        "gap",
    )
    assert (line["trace_id"], line["transaction_ids"]) == (f"{span.trace_id:032x}", ["tx-1"])
    assert (line["step"], line["attempt"], line["tenant"], line["correlation_id"]) == (
        "GoodsReceived",
        3,
        "acme",
        "corr",
    )


def test_an_exception_is_one_line_too() -> None:
    formatter = JsonFormatter("x")
    try:
        Decimal(1) / 0
    except ZeroDivisionError as error:
        record = logging.LogRecord("n", logging.ERROR, __file__, 1, "m", (), (type(error), error, error.__traceback__))
    text = formatter.format(record)
    assert "\n" not in text
    assert "DivisionByZero" in json.loads(text)["exception"]
