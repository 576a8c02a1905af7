"""Who may write what a document carries, by the contract or what stands in its place, before it does anything."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import posting_pb2, return_pb2, sales_order_pb2, warehouse_pb2
from crossdock_kit.ownership import role_name
from crossdock_kit.ownership_overrides import owners_of
from google.protobuf.descriptor import Descriptor

from fulfillment.domain.refusals import FieldNotOwned

ORDERED = (sales_order_pb2.OrderLine.DESCRIPTOR, "ordered")
CHECKED = (sales_order_pb2.OrderCheck.DESCRIPTOR, "state")
CANCELLED = (sales_order_pb2.LineSchedule.DESCRIPTOR, "cancel_requested")
POSTED = (posting_pb2.Posting.DESCRIPTOR, "number")
PAID = (posting_pb2.Settlement.DESCRIPTOR, "paid")
WANTED = (posting_pb2.Posting.DESCRIPTOR, "wanted")
RETURN_AUTHORIZED = (return_pb2.ReturnLine.DESCRIPTOR, "authorized")
CAME_BACK = (return_pb2.ReturnLine.DESCRIPTOR, "received")
ALLOCATED = (sales_order_pb2.LineSchedule.DESCRIPTOR, "location_id")
HANDLED = (warehouse_pb2.HandledLine.DESCRIPTOR, "quantity")


def may_write(origin: values_pb2.Origin, attribute: tuple[Descriptor, str]) -> None:
    """Raises FieldNotOwned where the attribute that the document is about belongs to another role."""
    owners = owners_of(*attribute, origin.ownership)
    if origin.role not in owners.writers:
        raise FieldNotOwned(owners.attribute, role_name(origin.role), str(owners))
