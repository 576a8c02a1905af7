"""edifact.iftsta, in: a carrier reports statuses of consignments (STS), by element 9011 or a list of its own.

A status names its consignment by references of its own, else by those of its consignment or of the document; which of
them are the carrier's number and which the shipment's the profile's mapping may say ("tracking", "shipment"). Times
are local to their place: the mapping names zones by place or country of UN/LOCODE ("zones"), or one for all ("zone").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock_edi.edifact.carriage import Location
from crossdock_edi.edifact.parts import DateTime, date_of
from crossdock_edi.edifact.transport import Consignment, Status, TransportStatus

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical, carrier_updates
from connector.mappings.carrier_updates import LONGEST_NUMBER, LONGEST_TEXT
from connector.mappings.model import Command, Inbound, Reading

VOCABULARY = "edifact_iftsta"
HAPPENED = ("334", "7", "178", "186", "35", "11")
"""When the status came about: changed, effective, arrived, departed, delivered, despatched."""
TRACKING = ("CN", "AAM", "BM", "BN")
SHIPMENT = ("CU", "SRN")
ACTIVITY = ("175", "14", "7")
WITH_ZONE = frozenset({"303"})
CARRIER = ("CA",)


def read(document: TransportStatus, reading: Reading) -> Command:
    updates = [
        _update(status, consignment, document, reading, f"STS {place} of CNI {consignment.number or '?'}")
        for consignment in document.consignments
        for place, status in enumerate(consignment.statuses, start=1)
    ]
    return carrier_updates.command(updates, reading, "STS")


def _update(
    status: Status, consignment: Consignment, document: TransportStatus, reading: Reading, path: str
) -> delivery.CarrierUpdate:
    found = _references(status, consignment, document)
    tracking, shipment = (_named(found, name, default, reading) for name, default in _NUMBERS)
    if not (tracking or shipment):
        raise DocumentFault(path, "neither the carrier's number nor the shipment's is given")
    if not status.event:
        raise DocumentFault(path, "says no status")
    where = next((each for name in ACTIVITY for each in status.locations if each.qualifier == name), None)
    sender = document.party(*CARRIER)
    return delivery.CarrierUpdate(
        carrier=((sender.id if sender else "") or reading.partner.party_id or reading.partner.name)[:LONGEST_NUMBER],
        tracking_number=tracking[:LONGEST_NUMBER],
        shipment_number=shipment[:LONGEST_NUMBER],
        vocabulary=VOCABULARY,
        code=status.event[:LONGEST_NUMBER],
        reason=status.reason[:LONGEST_NUMBER],
        occurred_at=canonical.stamp(_instant(date_of(status.dates, *HAPPENED), where, reading, path)),
        place=carrier_updates.place(where.name or where.id, where.first_related) if where else "",
        text=status.event_text[:LONGEST_TEXT],
    )


_NUMBERS = (("tracking", TRACKING), ("shipment", SHIPMENT))
Named = Sequence[tuple[str, str]]


def _references(status: Status, consignment: Consignment, document: TransportStatus) -> Named:
    """The nearest first; the number of the consignment's own document (CNI02) is a carrier's."""
    of_parties = (each for party in document.parties for each in party.references)
    return (
        *((each.qualifier, each.value) for each in status.references),
        ("BM", consignment.document),
        *((each.qualifier, each.value) for each in document.references),
        *((each.qualifier, each.value) for each in of_parties),
    )


def _named(found: Named, name: str, default: Sequence[str], reading: Reading) -> str:
    said = reading.partner.options.get(name, default)
    wanted: Iterable[object] = said if isinstance(said, list | tuple) else default
    return next((value.strip() for each in wanted for at, value in found if at == each and value.strip()), "")


def _instant(said: DateTime | None, where: Location | None, reading: Reading, path: str) -> datetime:
    if said is None or not said.value:
        raise DocumentFault(f"DTM of {path}", "says no time of the status")
    if said.format in WITH_ZONE and said.value.endswith(("UTC", "GMT")):
        said = DateTime(qualifier=said.qualifier, value=said.value[:12], format="203")
        return _moment(said, path).replace(tzinfo=UTC)
    return carrier_updates.at_zone(_moment(said, path), _zone_of(where, reading, path), path)


def _moment(said: DateTime, path: str) -> datetime:
    if said.moment is None:
        raise DocumentFault(f"DTM of {path}", f"{said.value[:40]!r} is no moment in the format {said.format[:8]!r}")
    return said.moment


def _zone_of(where: Location | None, reading: Reading, path: str) -> str:
    zones, fallback = reading.partner.table("zones", {}), reading.partner.options.get("zone")
    code = where.id if where else ""
    zone = zones.get(code) or zones.get(code[:2]) or (fallback if isinstance(fallback, str) else "")
    if not zone:
        named = code or "a place that is not named"
        raise DocumentFault(f"DTM of {path}", f"a local time of {named}: the profile's mapping names no zone for it")
    return zone


MAPPING = Inbound("edifact.iftsta", read)
