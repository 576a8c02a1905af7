"""Shipments in memory, and words of carriers about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from delivery.domain import events
from delivery.domain.carriage import Carriage, Package, Terms
from delivery.domain.milestone_table import X12, fault_of, meaning_of
from delivery.domain.milestones import Milestone
from delivery.domain.scan import Scan, identity
from delivery.domain.shipment import Shipment

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def scan(code: str, hours: float, number: str = "PRO1", vocabulary: str = X12, **more: Any) -> Scan:
    said: dict[str, Any] = {"reason": "", "estimated_at": None} | more
    return Scan(
        scan_id=identity("SCAC", number, at(hours), vocabulary, code),
        reported_by="acme-truck",
        carrier="SCAC",
        tracking_number=number,
        shipment_number="",
        vocabulary=vocabulary,
        code=code,
        occurred_at=at(hours),
        meaning=meaning_of(vocabulary, code, {}),
        fault=fault_of(vocabulary, said["reason"]),
        **said,
    )


def estimate(hours: float, foretold: float, number: str = "PRO1") -> Scan:
    return scan("AG", hours, number, estimated_at=at(foretold))


def shipment(*pieces: str, promised: float | None = None) -> Shipment:
    terms = Terms(
        business_unit="EU01",
        number="SH-1",
        orders=(("order-1", "SO-1"), ("order-2", "SO-2")),
        packages=tuple(Package(str(index), tracking_number=each) for index, each in enumerate(pieces, 1)),
        promised_by=None if promised is None else at(promised),
    )
    found = Shipment(shipment_id="0191-1", system="WMS-EAST", terms=terms, content="", created_at=NOON)
    found.carriage = Carriage(carrier="SCAC", tracking_number="PRO1")
    return found


def heard(found: Shipment, scans: Sequence[Scan]) -> list[str]:
    """What others hear when the shipment is judged by these scans, by name."""
    found.settle(scans, NOON)
    return names(found)


def names(found: Shipment) -> list[str]:
    told = [_name(each) for each in found.events]
    found.events.clear()
    return told


def _name(event: events.Event) -> str:
    milestone = getattr(event, "milestone", None)
    return f"{type(event).__name__} {milestone.value}" if milestone else type(event).__name__


def standing(found: Shipment) -> dict[Milestone, datetime]:
    return {milestone: each.at for milestone, each in found.told.reached.items()}
