"""x12.214, in: a carrier reports statuses of its shipments.

An estimate's AT7 names the instant that it foretells; that of its telling is the document's. A local time is one of the
place where it happened: where a place's zone is not known, the message is refused rather than guessed. A profile's
mapping says zones by region ("zones"), for all places ("zone"), and which codes are estimates ("estimates").
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock_edi.x12.shipment_status import ShipmentStatus, StatusEvent

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical, carrier_updates
from connector.mappings.carrier_updates import LONGEST_NUMBER
from connector.mappings.model import Command, Inbound, Reading

VOCABULARY = "x12_214"
ESTIMATES = {"AG": "delivery", "X2": "arrival", "E1": "delivery", "B6": "terminal", "C1": "departure"}
# Element 623: letters name a zone, with or without its summer time; numbers are hours from Greenwich.
ZONES = {
    "A": "America/Anchorage",
    "C": "America/Chicago",
    "E": "America/New_York",
    "H": "Pacific/Honolulu",
    "M": "America/Denver",
    "N": "America/St_Johns",
    "P": "America/Los_Angeles",
    "T": "America/Halifax",
}
_UNIVERSAL = frozenset({"UT", "GM"})
_WINTER_OFFSETS = {"A": -9, "C": -6, "E": -5, "H": -10, "M": -7, "N": -3.5, "P": -8, "T": -4}


def read(document: ShipmentStatus, reading: Reading) -> Command:
    if not (document.pro_number or document.shipment):
        raise DocumentFault("B10", "neither the carrier's number nor the shipment's is given")
    updates = [
        _update(event, document, reading, f"AT7[{index}]") for index, event in enumerate(document.events, start=1)
    ]
    return carrier_updates.command(updates, reading, "AT7")


def _update(event: StatusEvent, document: ShipmentStatus, reading: Reading, path: str) -> delivery.CarrierUpdate:
    code = event.status or f"APPOINTMENT_{event.appointment}"
    at = _instant(event, reading, path)
    estimates = reading.partner.table("estimates", ESTIMATES)
    foretells = event.status in estimates or carrier_updates.meaning(code, reading) in estimates
    told_at = reading.written.at if reading.written else reading.received_at
    return delivery.CarrierUpdate(
        carrier=(document.carrier or reading.partner.party_id or reading.partner.name)[:LONGEST_NUMBER],
        tracking_number=document.pro_number[:LONGEST_NUMBER],
        shipment_number=document.shipment[:LONGEST_NUMBER],
        vocabulary=VOCABULARY,
        code=code,
        reason=event.reason or event.appointment_reason,
        occurred_at=canonical.stamp(told_at if foretells or not event.status else at),
        estimated_at=canonical.stamp(at) if foretells else None,
        place=carrier_updates.place(event.city, event.region, event.country),
    )


def _instant(event: StatusEvent, reading: Reading, path: str) -> datetime:
    if event.on is None:
        raise DocumentFault(f"{path}05", "says no day")
    local = datetime.combine(event.on, event.at or time())
    code = event.time_code
    if code in _UNIVERSAL:
        return local.replace(tzinfo=UTC)
    if code.isascii() and code.isdigit():
        return _offset(local, int(code), f"{path}07")
    if len(code) == 2 and code[0] in ZONES and code[1] in "DST":
        return _lettered(local, code)
    return carrier_updates.at_zone(local, _zone_of(event, reading, path), path)


def _offset(local: datetime, code: int, path: str) -> datetime:
    """01 to 12 are hours east of Greenwich, 13 to 24 west of it (13 is the twelfth)."""
    if not 1 <= code <= 24:
        raise DocumentFault(path, f"{code:02d} is no time code")
    return _east_of_greenwich(local, code if code <= 12 else code - 25)


def _lettered(local: datetime, code: str) -> datetime:
    """ET is what clocks there show; ES is winter time and ED summer time, whatever they show."""
    if code[1] == "T":
        return carrier_updates.at_zone(local, ZONES[code[0]], "AT707")
    return _east_of_greenwich(local, _WINTER_OFFSETS[code[0]] + (1 if code[1] == "D" else 0))


def _east_of_greenwich(local: datetime, hours: float) -> datetime:
    try:
        return (local - timedelta(hours=hours)).replace(tzinfo=UTC)
    except OverflowError as error:
        raise DocumentFault("AT705", "lies beyond all days") from error


def _zone_of(event: StatusEvent, reading: Reading, path: str) -> str:
    zones = reading.partner.table("zones", {})
    fallback = reading.partner.options.get("zone")
    named = zones.get(f"{event.city}, {event.region}") or zones.get(event.region) or zones.get(event.country)
    zone = named or (fallback if isinstance(fallback, str) else "")
    if not zone:
        where = carrier_updates.place(event.city, event.region, event.country) or "a place that is not named"
        raise DocumentFault(f"{path}07", f"a local time of {where}: the profile's mapping names no zone for it")
    return zone


MAPPING = Inbound("x12.214", read)
