"""Who may report stock, by the contract or what stands in its place, before a report does anything."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import stock_move_pb2, stock_transfer_pb2
from crossdock_kit.ownership import role_name
from crossdock_kit.ownership_by_attribute import judge
from crossdock_kit.ownership_overrides import owners_of
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from inventory.domain.reporting import FieldNotOwned

MOVED = (stock_move_pb2.StockMoveReport.DESCRIPTOR, "number")
SENT = (stock_transfer_pb2.StockTransfer.DESCRIPTOR, "number")
TRANSFER_RECEIVED = (stock_transfer_pb2.TransferReceipt.DESCRIPTOR, "number")


def may_write(origin: values_pb2.Origin, attribute: tuple[Descriptor, str]) -> None:
    """Raises FieldNotOwned where the attribute that the report is about belongs to another role."""
    owners = owners_of(*attribute, origin.ownership)
    if origin.role not in owners.writers:
        raise FieldNotOwned(owners.attribute, role_name(origin.role), str(owners))


def must_own(request: Message, origin: values_pb2.Origin) -> None:
    """Raises FieldNotOwned where any attribute that a report of stock writes belongs to another role: a count without
    what was counted is none."""
    judged = judge(request, origin)
    for foreign in (judged.refusal, *judged.left_out):
        if foreign is not None:
            raise FieldNotOwned(foreign.attribute, foreign.role, foreign.owners)
