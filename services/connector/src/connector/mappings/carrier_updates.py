"""What all carriers' reports share: words about a shipment as delivery takes them, and where a local time is.

A status keeps the carrier's own code, and beside it goes what catalog's list `statuses` or the profile's table of that
name says that it means: a code of the same vocabulary, or of another one behind its name (easypost/delivered). Which of
them counts is delivery's to say. A report never waits for a word that means nothing: it is kept, and becomes a task.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crossdock.delivery.v1 import delivery_service_pb2 as delivery

from connector.codecs.json_document import DocumentFault, JsonObject
from connector.mappings.model import Command, Reading

MOST_UPDATES = 500
LONGEST_NUMBER, LONGEST_TEXT, LONGEST_PLACE, LONGEST_NAME, LONGEST_MEANING = 64, 500, 200, 200, 105


def command(updates: Sequence[delivery.CarrierUpdate], reading: Reading, path: str) -> Command:
    """Raises DocumentFault for a report that says nothing, or more than one call takes."""
    if not updates:
        raise DocumentFault(path, "no status is reported")
    if len(updates) > MOST_UPDATES:
        raise DocumentFault(path, f"{len(updates)} statuses; up to {MOST_UPDATES} are read at once")
    for each in updates:
        each.means = meaning(each.code, reading)
    request = delivery.RecordCarrierUpdatesRequest(origin=reading.origin(), updates=updates)
    return Command(request, (), tuple(dict.fromkeys(_keys(updates))), len(updates))


def meaning(code: str, reading: Reading) -> str:
    """What a carrier's code means by master data or the profile; empty where they say nothing, or no code."""
    found = reading.meant("statuses", code)
    return found if len(found) <= LONGEST_MEANING else ""


def _keys(updates: Iterable[delivery.CarrierUpdate]) -> Iterable[str]:
    for each in updates:
        if each.tracking_number:
            yield f"tracking:{each.tracking_number}"
        if each.shipment_number:
            yield f"shipment:{each.shipment_number}"


def at_zone(local: datetime, zone: str, path: str) -> datetime:
    """A local time of a zone in UTC. Raises DocumentFault for a zone that there is not."""
    try:
        return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ZoneInfoNotFoundError, ValueError, OverflowError) as error:
        raise DocumentFault(path, f"{zone!r} is no time zone that is known here") from error


def recipient(said: JsonObject, name: str) -> str:
    """Who took it, as far as a name reaches; a fault would show it."""
    found = said.values.get(name)
    return found.strip()[:LONGEST_NAME] if isinstance(found, str) else ""


def place(*parts: str) -> str:
    return ", ".join(part for part in parts if part)[:LONGEST_PLACE]
