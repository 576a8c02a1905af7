"""A record of master data is valid for a span of days; a later one ends an earlier one.

What a record says (`content`) is opaque here: the rules of validity are the same for items, parties, locations and
the entries of a crosswalk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from crossdock_kit.errors import Invalid

ALWAYS = date.min


@dataclass
class ValidityReversed(Invalid):
    """A record ends before it begins."""

    subject: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """Whose history a record belongs to: an item, a party, a location, or the crosswalk of one partner."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Record:
    """One state of one thing, valid from `valid_from` until the day before `valid_to`; None means without end.

    `key` tells the entries of one subject apart (a crosswalk has many); it is empty where the subject is the thing.
    `said_at` is when its source said it, by its clock; None is since ever. It says nothing of the thing itself.
    """

    subject: Subject
    key: str
    valid_from: date
    valid_to: date | None
    content: bytes
    said_at: datetime | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValidityReversed(f"{self.subject.kind} {self.subject.id}", self.valid_from, self.valid_to)

    def is_older_than(self, other: Record) -> bool:
        """Of two words of one instant the greater counts, so that the order of arrival decides nothing."""
        if other.said_at is None or self.said_at is None:
            return other.said_at is not None
        return (self.said_at, self.content, self.valid_to or date.max) < (
            other.said_at,
            other.content,
            other.valid_to or date.max,
        )


def disagreeing(records: Sequence[Record], paths: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The path of each record that says something else than an earlier one of the same load does of the same thing and
    day, and the path of that: a code of two meanings, a price of two amounts. `paths` are where the load names them."""
    said: dict[tuple[Subject, str, date], tuple[Record, str]] = {}
    found = []
    for record, path in zip(records, paths, strict=True):
        first, at = said.setdefault((record.subject, record.key, record.valid_from), (record, path))
        if first != record:
            found.append((path, at))
    return tuple(found)


def place(standing: Sequence[Record], new: Record) -> tuple[Record, ...]:
    """What changes when `new` comes: the record itself, unless it stands already, and an earlier one that it ends.

    `standing` are the records of the same subject and key. A record that is already known to be followed by a later
    one ends where that begins, so that loading the same file again changes nothing. A word that was said before what is
    known of the same day changes nothing either; one that says the same later is returned, to be remembered so.
    """
    follower = min((old.valid_from for old in standing if old.valid_from > new.valid_from), default=None)
    if follower is not None and (new.valid_to is None or new.valid_to > follower):
        new = replace(new, valid_to=follower)
    known = next((old for old in standing if old.valid_from == new.valid_from), None)
    if known is not None and new.is_older_than(known):
        return ()
    if known == new:
        return (new,) if new.said_at != known.said_at else ()
    ended = [replace(old, valid_to=new.valid_from) for old in standing if _reaches_into(old, new.valid_from)]
    return (*ended, new)


def valid_on(standing: Sequence[Record], day: date) -> Record | None:
    """What is said of a thing for a day; of its records at most one is valid on it."""
    return next((old for old in standing if old.valid_from == day or _reaches_into(old, day)), None)


def _reaches_into(old: Record, day: date) -> bool:
    return old.valid_from < day and (old.valid_to is None or old.valid_to > day)
