"""One word of a carrier about one tracking number, as it came and as it was read. Never changed once it is kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from delivery.domain.milestone_table import Meaning
from delivery.domain.milestones import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """`reported_by` is the system that handed it in; `voided` is said by a correction and by nothing else."""

    scan_id: str
    reported_by: str
    carrier: str
    tracking_number: str
    shipment_number: str
    vocabulary: str
    code: str
    reason: str
    occurred_at: datetime
    meaning: Meaning
    fault: Fault = Fault.UNKNOWN
    estimated_at: datetime | None = None
    place: str = ""
    text: str = ""
    voided: bool = False

    @property
    def order(self) -> tuple[datetime, str]:
        """By when it happened there, never by when it was heard of; equal instants by identity."""
        return self.occurred_at, self.scan_id


def identity(carrier: str, tracking: str, occurred_at: datetime, vocabulary: str, code: str) -> str:
    """A scan that is told twice is one (trade: C1): carrier, number, the carrier's instant and its raw code, and never
    the text of a place."""
    said = f"{carrier}\x1f{tracking}\x1f{occurred_at.isoformat()}\x1f{vocabulary}\x1f{code}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]
