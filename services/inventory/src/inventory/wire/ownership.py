"""Who may report stock, by the contract or what stands in its place, before a report does anything."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock_kit.ownership_by_attribute import judge
from google.protobuf.message import Message

from inventory.domain.reporting import FieldNotOwned


def must_own(request: Message, origin: values_pb2.Origin) -> None:
    """Raises FieldNotOwned where any attribute that a report of stock writes belongs to another role: a count without
    what was counted is none, nor is a move or a transfer without what went."""
    judged = judge(request, origin)
    for foreign in (judged.refusal, *judged.left_out):
        if foreign is not None:
            raise FieldNotOwned(foreign.attribute, foreign.role, foreign.owners)
