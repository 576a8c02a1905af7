"""easypost.tracker, in: a tracker as EasyPost's webhook posts it, alone or inside its event.

A tracker carries its whole history each time; what was told before is recognised where it is kept. Who signed is
personal data: it goes into the command with the delivery that it is about, and into no key, fault or finding.
"""

from __future__ import annotations

from crossdock.delivery.v1 import delivery_service_pb2 as delivery

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical, carrier_updates
from connector.mappings.carrier_updates import LONGEST_NUMBER, LONGEST_TEXT
from connector.mappings.model import Command, Inbound, Reading

VOCABULARY = "easypost"
ESTIMATED, DELIVERED = "estimated_delivery", "delivered"


def read(document: JsonObject, reading: Reading) -> Command:
    tracker = document.optional_object("result") or document
    tracker.one_of("object", ("Tracker",))
    number = tracker.text("tracking_code", longest=LONGEST_NUMBER)
    carrier = tracker.optional_text("carrier", longest=LONGEST_NUMBER)
    updates = [_update(each, number, carrier) for each in tracker.objects("tracking_details")]
    if delivered := [each for each in updates if each.code == DELIVERED]:
        delivered[-1].received_by = carrier_updates.recipient(tracker, "signed_by")
    updates += _estimate(tracker, number, carrier)
    return carrier_updates.command(updates, reading, "tracking_details")


def _update(detail: JsonObject, number: str, carrier: str) -> delivery.CarrierUpdate:
    where = detail.optional_object("tracking_location")
    found = [where.optional_text(name) for name in ("city", "state", "country")] if where else []
    return delivery.CarrierUpdate(
        carrier=carrier,
        tracking_number=number,
        vocabulary=VOCABULARY,
        code=detail.text("status", longest=64),
        occurred_at=canonical.stamp(detail.instant("datetime")),
        place=carrier_updates.place(*found),
        text=detail.optional_text("message", longest=LONGEST_TEXT),
    )


def _estimate(tracker: JsonObject, number: str, carrier: str) -> list[delivery.CarrierUpdate]:
    """The tracker's own estimate, as old as its last change."""
    foretold, told = tracker.optional_instant("est_delivery_date"), tracker.optional_instant("updated_at")
    if foretold is None or told is None:
        return []
    return [
        delivery.CarrierUpdate(
            carrier=carrier,
            tracking_number=number,
            vocabulary=VOCABULARY,
            code=ESTIMATED,
            occurred_at=canonical.stamp(told),
            estimated_at=canonical.stamp(foretold),
        )
    ]


MAPPING = Inbound("easypost.tracker", read)
