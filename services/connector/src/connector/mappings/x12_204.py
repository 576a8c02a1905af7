"""x12.204, out: a load is offered to a motor carrier, or the offer is cancelled; it answers by 990 with the shipment's
number.

A profile's mapping may name the carrier's SCAC ("scac") and who pays the freight ("payment", PP if nothing is said).
"""

from __future__ import annotations

from dataclasses import replace

from crossdock.delivery.events.v1 import events_pb2
from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock_edi.x12.freight import FreightParty, Instant, LadingReference, Stop
from crossdock_edi.x12.load_tender import LoadTender

from connector.mappings import canonical, consignees
from connector.mappings.json_load_tender import order_of
from connector.mappings.model import Named, Outbound, Writing

ORIGINAL, CANCELLATION, LOAD_TENDER, PREPAID = "00", "01", "LT", "PP"
LOAD, UNLOAD = "CL", "CU"
SHIP_FROM, CONSIGNEE, ASSIGNED_BY_BUYER = "SF", "CN", "92"
ORDER, DELIVER_NO_LATER = "CO", "54"


Told = events_pb2.ShipmentPlanned | events_pb2.ShipmentCallOffRequested


def write(event: Told, writing: Writing) -> LoadTender:
    shipment, options = event.shipment, writing.partner.options
    from_code = writing.codes.location_code(shipment.ship_from) if shipment.ship_from else "UNKNOWN"
    customer = writing.codes.party_code(shipment.customer_id) if shipment.customer_id else "UNKNOWN"
    pieces = len(shipment.packages) or 1
    return LoadTender(
        carrier=str(options.get("scac", "")),
        shipment=shipment.number,
        freight_payment=str(options.get("payment", PREPAID)),
        purpose=CANCELLATION if shipment.HasField("call_off") else ORIGINAL,
        application=LOAD_TENDER,
        references=tuple(LadingReference(value=each.number, qualifier=ORDER) for each in shipment.orders),
        dates=_deliver_by(event),
        stops=(
            Stop(sequence=1, reason=LOAD, parties=(_party(SHIP_FROM, from_code),)),
            Stop(sequence=2, reason=UNLOAD, parties=(_party(CONSIGNEE, customer),)),
        ),
        total_pieces=pieces,
    )


def _party(role: str, code: str) -> FreightParty:
    return FreightParty(role=role, id_qualifier=ASSIGNED_BY_BUYER, id=code)


def _deliver_by(event: Told) -> tuple[Instant, ...]:
    if not event.shipment.HasField("promised_by"):
        return ()
    at = canonical.from_stamp(event.shipment.promised_by)
    return (Instant(qualifier=DELIVER_NO_LATER, on=at.date(), time_qualifier="K", at=at.time(), time_code="UT"),)


def _put(tender: LoadTender, consignee: Consignee) -> LoadTender:
    """The place where it is unloaded has a name and an address."""
    *before, unload = tender.stops
    (party,) = unload.parties
    named = replace(unload, parties=(consignees.freight_party(party, consignee),))
    return replace(tender, stops=(*before, named))


MAPPING = Outbound("x12.204", write, Named(order_of, _put))
