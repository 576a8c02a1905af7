"""ups.track_alert, in: one activity of one parcel as UPS posts it (Track Alert). Who received it is personal data: it
goes into the command, and into no key, fault or finding.

The day for which delivery is scheduled is one of the place: it is the end of that day, as far from UTC as the local
time of the activity is. Nothing is foretold of a parcel that is delivered.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crossdock.delivery.v1 import delivery_service_pb2 as delivery

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical, carrier_updates
from connector.mappings.carrier_updates import LONGEST_NUMBER, LONGEST_TEXT
from connector.mappings.model import Command, Inbound, Reading

VOCABULARY, ESTIMATED, DELIVERED = "ups", "estimated_delivery", "D"
END_OF_DAY = "235959"
FARTHEST = timedelta(hours=14)
"""No place on earth is farther from UTC."""


def read(document: JsonObject, reading: Reading) -> Command:
    status = document.object("activityStatus")
    where = document.optional_object("activityLocation")
    found = [where.optional_text(name) for name in ("city", "stateProvince", "country")] if where else []
    kind = status.optional_text("type", longest=64)
    update = delivery.CarrierUpdate(
        carrier="UPS",
        tracking_number=document.text("trackingNumber", longest=LONGEST_NUMBER),
        vocabulary=VOCABULARY,
        code=status.optional_text("code", longest=64) or status.text("type", longest=64),
        occurred_at=canonical.stamp(_instant(document)),
        place=carrier_updates.place(*found),
        text=status.optional_text("description", longest=LONGEST_TEXT),
        received_by=carrier_updates.recipient(document, "receivedBy") if kind == DELIVERED else "",
    )
    return carrier_updates.command([update, *_estimate(document, update)], reading, "activityStatus")


def _estimate(document: JsonObject, update: delivery.CarrierUpdate) -> list[delivery.CarrierUpdate]:
    """As old as the activity. Without the activity's local time nobody knows whose day it is, and nothing is said."""
    gone = document.object("activityStatus").optional_text("type") == DELIVERED or document.has("actualDeliveryDate")
    if gone or not document.has("scheduledDeliveryDate") or not document.has("localActivityTime"):
        return []
    local = _read(document, "localActivityDate", document.text("localActivityTime"))
    ahead = local - _instant(document)
    if abs(ahead) > FARTHEST:
        raise document.fault("localActivityDate", "lies farther from gmtActivityDate than any place from UTC")
    try:
        foretold = _read(document, "scheduledDeliveryDate", END_OF_DAY) - ahead
    except OverflowError as error:
        raise document.fault("scheduledDeliveryDate", "lies beyond all days") from error
    found = delivery.CarrierUpdate(
        carrier=update.carrier,
        tracking_number=update.tracking_number,
        vocabulary=VOCABULARY,
        code=ESTIMATED,
        occurred_at=update.occurred_at,
        estimated_at=canonical.stamp(foretold),
    )
    return [found]


def _instant(document: JsonObject) -> datetime:
    return _read(document, "gmtActivityDate", document.text("gmtActivityTime"))


def _read(document: JsonObject, name: str, clock: str) -> datetime:
    day = document.text(name)
    try:
        return datetime.strptime(f"{day} {clock}", "%Y%m%d %H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise document.fault(name, f"{day} {clock} is no instant") from error


MAPPING = Inbound("ups.track_alert", read)
