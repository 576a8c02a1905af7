"""Which revision of an order a supplier's answer is for. An 855 carries none; a guess would confirm the wrong goods.

Rule: what the document carries counts; else the last order or change that the supplier's own acknowledgment accepted
before the answer's time; else it cannot be told. Both instants are of the supplier's clock, so ours does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Basis(Enum):
    CARRIED = "carried"
    FUNCTIONAL_ACK = "functional_ack"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """When a partner wrote something, by its own clock; a rising interchange number tells equal ones apart."""

    at: datetime
    interchange: int = 0


@dataclass(frozen=True, slots=True)
class SentRevision:
    """A revision that went to the supplier, and when the supplier accepted it, if it did."""

    revision: int
    accepted: Stamp | None


@dataclass(frozen=True, slots=True)
class AnsweredRevision:
    revision: int
    basis: Basis


def answered_revision(
    sent: Iterable[SentRevision], answered: Stamp | None, carried: int | None = None
) -> AnsweredRevision:
    """The revision that an answer of `answered` is for; revision 0 with UNKNOWN."""
    if carried is not None:
        return AnsweredRevision(carried, Basis.CARRIED)
    if answered is None:
        return AnsweredRevision(0, Basis.UNKNOWN)
    accepted = [each.revision for each in sent if each.accepted is not None and each.accepted <= answered]
    return AnsweredRevision(max(accepted), Basis.FUNCTIONAL_ACK) if accepted else AnsweredRevision(0, Basis.UNKNOWN)
