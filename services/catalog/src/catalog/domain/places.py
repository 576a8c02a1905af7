"""Places within places: a site holds warehouses, a warehouse zones, a zone bins; nothing stands within itself.

The hierarchy is checked on the newest word about each place, whenever that is valid: it may be loaded before its day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crossdock_kit.errors import Violation


@dataclass(frozen=True, slots=True)
class Place:
    """`width` orders the kinds: the widest has the least. `path` is where a load names it, empty if it stood before."""

    location_id: str
    width: int
    parent_id: str
    zone: str
    path: str = ""


PARENT_UNKNOWN = "location.parent_known"


def wrong_places(loaded: Sequence[Place], known: Mapping[str, Place]) -> tuple[Violation, ...]:
    """Names each zone that no clock keeps, and each parent that is unknown, narrower or within."""
    return tuple(each for place in loaded for each in (*_zone(place), *_parents(place, known)))


def _zone(place: Place) -> Iterator[Violation]:
    try:
        ZoneInfo(place.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Violation(f"{place.path}.zone", f"{place.zone!r} is no IANA time zone", "location.zone")


def _parents(place: Place, known: Mapping[str, Place]) -> Iterator[Violation]:
    path, seen = f"{place.path}.parent_id", {place.location_id}
    current = place
    while current.parent_id:
        parent = known.get(current.parent_id)
        if parent is None:
            yield Violation(path, f"no location {current.parent_id} is known", PARENT_UNKNOWN)
            return
        if parent.location_id in seen:
            yield Violation(path, f"{place.location_id} would stand within itself", "location.parent_acyclic")
            return
        if parent.width > current.width:
            narrower = f"{parent.location_id} is narrower than {current.location_id}"
            yield Violation(path, narrower, "location.parent_wider")
            return
        seen.add(parent.location_id)
        current = parent
