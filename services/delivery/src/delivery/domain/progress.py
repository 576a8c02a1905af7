"""What all scans of a shipment come to: a function of their set, so that neither order nor repetition matters.

A milestone is reached by its own evidence and never by time passing. It must not know what was announced before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from delivery.domain.milestones import PLACES, CodeClass, Milestone, Stage, Trouble
from delivery.domain.scan import Scan

_GOES_BACK = frozenset({Trouble.RETURNED, Trouble.CANCELLED})
"""What arrives after these arrives at its sender: only a correction opens the way to delivery again."""
_STAYS = _GOES_BACK | {Trouble.DAMAGED, Trouble.SHORTAGE}
"""What going on does not settle."""
_FAILED = frozenset({Trouble.ATTEMPTED, Trouble.REFUSED, Trouble.FAILED})


@dataclass(frozen=True, slots=True)
class Evidence:
    """The instant of a milestone, and the scan that says so."""

    at: datetime
    scan_id: str


@dataclass(slots=True)
class Piece:
    """What the scans of one tracking number come to."""

    reached: dict[Milestone, Evidence] = field(default_factory=dict)
    troubles: dict[Trouble, Scan] = field(default_factory=dict)
    delayed: Evidence | None = None
    last: Scan | None = None
    stage: Stage = Stage.UNKNOWN
    eta: datetime | None = None
    attempts: set[datetime] = field(default_factory=set)
    """When its carrier tried to deliver it and could not: however many words it finds for that."""

    def passed(self, milestone: Milestone) -> Evidence | None:
        """Its own evidence, or that of what comes after it."""
        own = self.reached.get(milestone)
        later = [self.reached[each] for each in PLACES[PLACES.index(milestone) :] if each in self.reached]
        return own or min(later, key=lambda each: (each.at, each.scan_id), default=None)


@dataclass(frozen=True, slots=True)
class Progress:
    """Of a shipment. `troubles` are open; `eta` is that of its last piece, `attempts` those of the piece that was tried
    most: a truck tries all at once."""

    reached: Mapping[Milestone, Evidence]
    troubles: Mapping[str, Scan]
    delayed: Evidence | None
    stage: Stage
    eta: datetime | None
    last_at: datetime | None
    attempts: int

    @property
    def place(self) -> Milestone | None:
        return next((each for each in reversed(PLACES) if each in self.reached), None)


def progress(scans: Iterable[Scan], pieces: Sequence[str], promised_by: datetime | None) -> Progress:
    """`pieces` are the numbers of packages; a scan of any other number of the shipment is about all of them."""
    counted = sorted((each for each in scans if not each.voided), key=lambda each: each.order)
    numbers = [number for number in pieces if number] or [""]
    found = [_piece([each for each in counted if _about(each, number, numbers)], promised_by) for number in numbers]
    seen = [each.last for each in found if each.last is not None]
    delays = [each.delayed for each in found if each.delayed is not None]
    etas = [each.eta for each in found if each.eta is not None]
    return Progress(
        reached=_together(found),
        troubles={each.scan_id: each for piece in found for each in piece.troubles.values()},
        delayed=min(delays, key=lambda each: (each.at, each.scan_id), default=None),
        stage=min(found, key=lambda each: each.last.order if each.last else _NEVER).stage,
        eta=max(etas, default=None),
        last_at=max((each.occurred_at for each in seen), default=None),
        attempts=max(len(each.attempts) for each in found),
    )


_NEVER = (datetime.min.replace(tzinfo=UTC), "")


def _about(scan: Scan, number: str, numbers: Sequence[str]) -> bool:
    return scan.tracking_number == number or scan.tracking_number not in numbers


def _together(pieces: Sequence[Piece]) -> dict[Milestone, Evidence]:
    """All pieces have passed it, and one of them was seen there."""
    found = {}
    for milestone in PLACES:
        passed = [each.passed(milestone) for each in pieces]
        if all(passed) and any(milestone in each.reached for each in pieces):
            found[milestone] = max((each for each in passed if each), key=lambda each: (each.at, each.scan_id))
    return found


def _piece(scans: Sequence[Scan], promised_by: datetime | None) -> Piece:
    piece = Piece()
    for scan in scans:
        match scan.meaning.code_class:
            case CodeClass.FACT | CodeClass.ADMINISTRATIVE:
                _happened(piece, scan)
            case CodeClass.ESTIMATE:
                _foretold(piece, scan, promised_by)
            case _:
                continue
    if Milestone.DELIVERED in piece.reached:
        piece.delayed = None
    return piece


def _happened(piece: Piece, scan: Scan) -> None:
    meaning = scan.meaning
    evidence = Evidence(scan.occurred_at, scan.scan_id)
    if meaning.stage is not None:
        piece.stage, piece.last = meaning.stage, scan
    if meaning.milestone is Milestone.DELAYED:
        piece.delayed = piece.delayed or evidence
    elif meaning.milestone is not None and _counts(piece, scan):
        piece.troubles = {kind: each for kind, each in piece.troubles.items() if kind in _STAYS}
        piece.reached.setdefault(meaning.milestone, evidence)
    if meaning.trouble is Trouble.ATTEMPTED:
        piece.attempts.add(scan.occurred_at)
    if meaning.trouble is not None:
        piece.troubles.setdefault(meaning.trouble, scan)


def _counts(piece: Piece, scan: Scan) -> bool:
    """A truck that leaves after a failed attempt has not delivered, nor has what comes back to its sender."""
    if scan.meaning.milestone is not Milestone.DELIVERED:
        return True
    stopped = _GOES_BACK | _FAILED if scan.meaning.if_untroubled else _GOES_BACK
    return not stopped & set(piece.troubles)


def _foretold(piece: Piece, scan: Scan, promised_by: datetime | None) -> None:
    """An estimate moves the ETA and, against a promise, opens or closes the delay. It is never a place."""
    if scan.meaning.milestone is not Milestone.DELIVERED or scan.estimated_at is None:
        return
    piece.eta = scan.estimated_at
    if promised_by is None:
        return
    late = scan.estimated_at > promised_by
    piece.delayed = (piece.delayed or Evidence(scan.occurred_at, scan.scan_id)) if late else None
