"""What others were told, as the entries of a shipment's milestones, and these as messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.delivery.v1.shipment_pb2 import FAULT_UNSPECIFIED, TROUBLE_UNSPECIFIED
from crossdock_kit.dates_wire import timestamp

from delivery.domain import events
from delivery.domain.milestones import Milestone
from delivery.domain.scan import Scan
from delivery.ports import MilestoneEntry
from delivery.wire import values

_EFFECTS = {
    name: pb.MilestoneEffect.Value(f"MILESTONE_EFFECT_{name.upper()}")
    for name in ("reached", "moved", "withdrawn", "ended")
}


def entry(event: events.Event, position: int, now: datetime) -> MilestoneEntry | None:
    """None for a fact that is about no milestone."""

    def told(milestone: Milestone, effect: str, at: datetime, **more: Any) -> MilestoneEntry:
        return MilestoneEntry(position, milestone, effect, at, now, **more)

    match event:
        case events.MilestoneReached(milestone=milestone, at=at, scan=scan):
            return told(milestone, "reached", at, **_said(scan))
        case events.MilestoneCorrected(milestone=milestone, old_at=old, new_at=new, reason=why):
            return told(milestone, "moved" if new else "withdrawn", new or old, reason=why)
        case events.DelayEnded(at=at):
            return told(Milestone.DELAYED, "ended", at)
        case events.DeliveryExceptionRaised(trouble=trouble, scan=scan):
            return told(Milestone.EXCEPTION, "reached", scan.occurred_at, **_said(scan), trouble=trouble)
        case events.DeliveryExceptionResolved(exception_id=scan_id, at=at):
            return told(Milestone.EXCEPTION, "ended", at, scan_id=scan_id)
        case _:
            return None


def _said(scan: Scan) -> dict[str, Any]:
    return {"scan_id": scan.scan_id, "code": scan.code, "reason": scan.reason, "fault": scan.fault}


def message(found: MilestoneEntry) -> pb.MilestoneEntry:
    return pb.MilestoneEntry(
        position=found.position,
        milestone=values.MILESTONES[found.milestone],
        effect=_EFFECTS[found.effect],
        at=timestamp(found.at),
        recorded_at=timestamp(found.recorded_at),
        update_id=found.scan_id,
        code=found.code,
        reason=found.reason,
        trouble=values.TROUBLES[found.trouble] if found.trouble else TROUBLE_UNSPECIFIED,
        fault=values.FAULTS[found.fault] if found.fault else FAULT_UNSPECIFIED,
    )
