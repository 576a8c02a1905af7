"""Days and instants on the wire: what no calendar or clock has is refused by the name of its field."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from crossdock.catalog.v1.master_data_pb2 import Item
from crossdock.ops.v1.repair_service_pb2 import ReconcileRequest
from crossdock_kit import dates_wire
from crossdock_kit.errors import InvalidFields
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date


def test_days_and_instants_come_back_as_they_went_and_absent_ones_stay_absent() -> None:
    today, now = date(2026, 2, 28), datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
    assert dates_wire.day(Item(valid_from=dates_wire.date_message(today)), "valid_from") == today
    assert dates_wire.instant(ReconcileRequest(recorded_from=dates_wire.timestamp(now)), "recorded_from") == now
    assert dates_wire.day(Item(valid_from=dates_wire.date_message(None)), "valid_from") is None
    assert dates_wire.instant(ReconcileRequest(recorded_from=dates_wire.timestamp(None)), "recorded_from") is None


@pytest.mark.parametrize("day", [Date(year=2026, month=2, day=30), Date(year=2026, month=2), Date()])
def test_a_day_that_no_calendar_has_is_refused_by_its_field(day: Date) -> None:
    with pytest.raises(InvalidFields) as refused:
        dates_wire.day(Item(valid_from=day), "valid_from")
    assert [(each.field, each.rule) for each in refused.value.violations] == [("valid_from", "date.whole_day")]


@pytest.mark.parametrize("seconds", [2**62, -(2**62), int(timedelta.max.total_seconds())])
def test_an_instant_that_no_clock_shows_is_refused_by_its_field(seconds: int) -> None:
    with pytest.raises(InvalidFields) as refused:
        dates_wire.instant(ReconcileRequest(recorded_from=Timestamp(seconds=seconds)), "recorded_from")
    assert [each.field for each in refused.value.violations] == ["recorded_from"]
