"""The address of a customer to whom a supplier ships straight: in no event, and put in when the order is sent.

A purchase order is for one sales order here, as an ERP buys what a customer has ordered; one whose lines are for
several, or that names a sales order by its number alone, says whose customer it is and no address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import purchase_order_pb2
from crossdock_edi.x12.parts import Party, party_of

from connector.mappings import consignees
from connector.mappings.model import Named
from connector.mappings.x12_order_parts import DELIVERED_TO

Ordered = events_pb2.PurchaseOrderReleased | events_pb2.PurchaseOrderRevised | events_pb2.PurchaseOrderCancelled
_CANCELLED = purchase_order_pb2.LINE_STATE_CANCELLED


def order_of(event: Ordered) -> str:
    """The sales order whose consignee receives what the supplier ships straight; what is cancelled goes to nobody."""
    if isinstance(event, events_pb2.PurchaseOrderCancelled):
        return ""
    lines = event.purchase_order.lines
    found = {each.sales_line.order_id for each in lines if each.drop_ship_party_id and each.state != _CANCELLED}
    return found.pop() if len(found) == 1 else ""


def _put_x12(document: Any, consignee: Consignee) -> Any:
    """N1 ST with N2, N3, N4 and PER in each line that goes straight to the customer. Raises DocumentFault."""
    party = consignees.order_party(consignee)
    return replace(document, lines=tuple(_to(each, party) for each in document.lines))


def _to(line: Any, party: Party) -> Any:
    if party_of(line.parties, DELIVERED_TO) is None:
        return line
    others: Sequence[Party] = [each for each in line.parties if each.role != party.role]
    return replace(line, parties=(party, *others))


def _put_json(document: dict[str, Any], consignee: Consignee) -> dict[str, Any]:
    order = document["order"]
    to = consignees.ship_to(consignee)
    lines = [each | {"dropShipAddress": to} if each["dropShipTo"] else each for each in order["lines"]]
    return document | {"order": order | {"lines": lines}}


X12, JSON = Named(order_of, _put_x12), Named(order_of, _put_json)
