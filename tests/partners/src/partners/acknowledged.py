"""Functional acknowledgments both ways: of what third parties' warehouses sent, and of what was sent to them."""

from __future__ import annotations

from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.connector.v1 import partner_pb2

from partners.cast import Cast
from partners.suite import Suite

# How files of that kind are named.
ACKNOWLEDGMENT = "997_"


async def unacknowledged(cast: Cast, suite: Suite) -> list[str]:
    """What no 997 has accepted, in sentences. A 997 itself never is."""
    found = list[str]()
    for warehouse in cast.third_parties.values():
        partner = warehouse.partner
        found += [f"no 997 accepts {what} of {partner}" for what in warehouse.unanswered.values()]
        for document in await suite.documents(partner):
            if document.direction != partner_pb2.DIRECTION_OUT or document.name.startswith(ACKNOWLEDGMENT):
                continue
            if document.state != connector.DOCUMENT_STATE_ACKNOWLEDGED:
                found.append(f"no 997 of {partner} accepts {document.name}")
    return found
