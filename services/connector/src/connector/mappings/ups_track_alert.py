"""ups.track_alert, in: one activity of one parcel as UPS posts it (Track Alert). Who received it is personal data: it
goes into the command, and into no key, fault or finding."""

from __future__ import annotations

from datetime import UTC, datetime

from crossdock.delivery.v1 import delivery_service_pb2 as delivery

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical, carrier_updates
from connector.mappings.carrier_updates import LONGEST_NUMBER, LONGEST_TEXT
from connector.mappings.model import Command, Inbound, Reading

VOCABULARY, DELIVERED = "ups", "D"


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
    return carrier_updates.command([update], reading, "activityStatus")


def _instant(document: JsonObject) -> datetime:
    day, clock = document.text("gmtActivityDate"), document.text("gmtActivityTime")
    try:
        return datetime.strptime(f"{day} {clock}", "%Y%m%d %H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise document.fault("gmtActivityDate", f"{day} {clock} is no instant") from error


MAPPING = Inbound("ups.track_alert", read)
