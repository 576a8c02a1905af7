"""How partners' reports come, as messages."""

from __future__ import annotations

from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock_kit.dates_wire import timestamp
from google.protobuf.duration_pb2 import Duration

from delivery.ports import FeedHealth


def message(found: FeedHealth) -> pb.CarrierFeed:
    feed, gap = found.feed, Duration()
    gap.FromTimedelta(feed.gap)
    return pb.CarrierFeed(
        partner=feed.partner,
        last_heard_at=timestamp(feed.last_heard_at),
        usual_gap=gap,
        silent_from=timestamp(found.silent_from),
        silent=found.silent_from <= found.now,
        report_count=feed.reports,
        update_count=feed.updates,
        milestone_count=feed.milestones,
        unmapped_count=feed.unmapped,
        error_count=feed.errors,
    )
