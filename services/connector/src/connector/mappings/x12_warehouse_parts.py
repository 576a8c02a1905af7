"""What 943, 944, 945 and 947 share: whose place, when by its own clock, and numbers that stand as references (N9).

Warehouse sets say days; an hour, if any, stands beside a day of the same document (G62). The profile's mapping names
the zone of both ("zone"), because a day alone is 24 hours somewhere.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal

from crossdock_edi.x12.freight import Instant, WarehouseParty
from crossdock_edi.x12.parts import Note

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings.carrier_updates import at_zone
from connector.mappings.model import Codes, Reading

WAREHOUSE, SHIP_FROM = "WH", "SF"
ORDER, PURCHASE_ORDER, LINE, LOT, SERIAL = "IL", "PO", "LI", "LT", "SE"
TRACKING, CARRIERS_NUMBER, BILL_OF_LADING, SHIP_NOTICE = "2I", "CN", "BM", "SI"
LONGEST_ORDER, DIGEST = 22, 20
_NOON = time(12)


def digest(reference: str) -> str:
    """The same for the same reference, in capitals and digits (100 bits of its SHA-256)."""
    return base64.b32encode(hashlib.sha256(reference.encode()).digest()).decode()[:DIGEST]


def at_warehouse(location_id: str, codes: Codes) -> WarehouseParty:
    return WarehouseParty(role=WAREHOUSE, id_qualifier="92", id=codes.location_code(location_id))


def location_of(parties: Iterable[WarehouseParty], reading: Reading) -> str:
    """Raises DocumentFault where none is named."""
    named = {each.role: each for each in parties if each.id}
    found = named.get(WAREHOUSE) or named.get(SHIP_FROM)
    if found is None:
        raise DocumentFault("N104", f"no warehouse is named under {WAREHOUSE} or {SHIP_FROM}")
    return reading.codes.location(found.id, found.id_qualifier)


def instant_of(day: date | None, instants: Iterable[Instant], reading: Reading, path: str) -> datetime:
    """The day with the hour that is given beside it; without one when the document was written, if that was the same
    day, else noon. Raises DocumentFault for no day, or no zone."""
    if day is None:
        raise DocumentFault(path, "the day is missing")
    zone = reading.partner.options.get("zone")
    if not isinstance(zone, str):
        raise DocumentFault(path, "a local day: the profile's mapping names no zone for it")
    hour = next((each.at for each in instants if each.on == day and each.at), None)
    begins, written = at_zone(datetime.combine(day, time()), zone, path), reading.written
    if hour is None and written is not None and 0 <= (written.at - begins).total_seconds() < 86_400:
        return written.at
    return at_zone(datetime.combine(day, hour or _NOON), zone, path)


def note_of(notes: Iterable[Note], *qualifiers: str) -> str:
    """The reference under the first of these qualifiers that is there."""
    said = {each.qualifier: each.reference.strip() for each in reversed(list(notes))}
    return next((said[each] for each in qualifiers if said.get(each)), "")


def serials_of(notes: Iterable[Note], path: str) -> list[str]:
    """The pieces that are named under N9 SE. Raises DocumentFault for more than a line may name."""
    found = [each.reference.strip() for each in notes if each.qualifier == SERIAL and each.reference.strip()]
    return canonical.bounded_serials(found, path)


def required_note(notes: Iterable[Note], qualifier: str, path: str, what: str) -> str:
    found = note_of(notes, qualifier)
    if not found:
        raise DocumentFault(path, f"{what} is missing: it stands under N9 {qualifier}")
    return found


def amount(quantity: Decimal | None, path: str) -> Decimal:
    """Raises DocumentFault where it is missing or less than nothing."""
    if quantity is None or quantity < 0:
        raise DocumentFault(path, "the quantity is missing" if quantity is None else f"{quantity} is less than nothing")
    return quantity
