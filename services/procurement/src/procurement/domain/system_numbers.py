"""What other systems call an order. A system has one number for it at a time; an earlier one stays known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class SystemNumber:
    """What another system calls the order, from which day on, and until the day before which."""

    system: str
    number: str
    valid_from: date | None = None
    valid_to: date | None = None


def numbered(known: Sequence[SystemNumber], new: SystemNumber) -> list[SystemNumber]:
    """With the new number, which ends the one that its system had; what is current already changes nothing."""
    current = [each for each in known if each.system == new.system and each.valid_to is None]
    if any(each.number == new.number for each in current):
        return list(known)
    ended = [replace(each, valid_to=_end(each, new)) if each in current else each for each in known]
    return [*ended, new]


def _end(old: SystemNumber, new: SystemNumber) -> date | None:
    """Not before its own beginning: answers may come in another order than they were written."""
    return max(filter(None, (old.valid_from, new.valid_from)), default=None)
