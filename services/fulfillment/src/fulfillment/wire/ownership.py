"""Who may write what a document carries, by the contract's own ownership options, before anything is done with it."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import posting_pb2, return_pb2, sales_order_pb2, warehouse_pb2
from crossdock_kit.ownership import Ownership, role_name
from google.protobuf.descriptor import Descriptor

from fulfillment.domain.refusals import FieldNotOwned

_OWNERSHIP = Ownership()
ORDERED = (sales_order_pb2.OrderLine.DESCRIPTOR, "ordered")
CANCELLED = (sales_order_pb2.LineSchedule.DESCRIPTOR, "cancel_requested")
POSTED = (posting_pb2.Posting.DESCRIPTOR, "number")
WANTED = (posting_pb2.Posting.DESCRIPTOR, "wanted")
RETURN_AUTHORIZED = (return_pb2.ReturnLine.DESCRIPTOR, "authorized")
CAME_BACK = (return_pb2.ReturnLine.DESCRIPTOR, "received")
HANDLED = (warehouse_pb2.HandledLine.DESCRIPTOR, "quantity")


def may_write(origin: values_pb2.Origin, attribute: tuple[Descriptor, str]) -> None:
    """Raises FieldNotOwned where the attribute that the document is about belongs to another role."""
    message, name = attribute
    writers = _OWNERSHIP.writers(message, name)
    if origin.role not in writers:
        owners = ", ".join(role_name(each) for each in writers)
        raise FieldNotOwned(f"{message.name}.{name}", role_name(origin.role), owners)
