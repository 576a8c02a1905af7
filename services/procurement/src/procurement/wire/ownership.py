"""Who may write what a document carries, by the contract or what stands in its place, before it does anything."""

from __future__ import annotations

from typing import TypeVar

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import (
    compliance_pb2,
    inbound_pb2,
    purchase_order_pb2,
    supplier_invoice_pb2,
)
from crossdock_kit.ownership import role_name
from crossdock_kit.ownership_by_attribute import NotOwned, judge
from crossdock_kit.ownership_overrides import owners_of
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from procurement.domain.refusals import FieldNotOwned

M = TypeVar("M", bound=Message)
RELEASED = (purchase_order_pb2.PurchaseOrder.DESCRIPTOR, "blanket_order")
ORDERED = (purchase_order_pb2.PurchaseOrderLine.DESCRIPTOR, "ordered")
CONFIRMED = (purchase_order_pb2.PurchaseOrderLine.DESCRIPTOR, "confirmed")
SHIPPED = (inbound_pb2.ShipNotice.DESCRIPTOR, "number")
CERTIFIED = (compliance_pb2.Certificate.DESCRIPTOR, "number")
RECEIVED = (inbound_pb2.Receipt.DESCRIPTOR, "number")
JUDGED = (supplier_invoice_pb2.InvoiceVerdict.DESCRIPTOR, "verdict")


def may_write(origin: values_pb2.Origin, attribute: tuple[Descriptor, str]) -> None:
    """Raises FieldNotOwned where the attribute that the document is about belongs to another role."""
    owners = owners_of(*attribute, origin.ownership)
    if origin.role not in owners.writers:
        raise FieldNotOwned(owners.attribute, role_name(origin.role), str(owners))


def owned(request: M, origin: values_pb2.Origin) -> tuple[M, tuple[NotOwned, ...]]:
    """The document without the attributes that its sender may not write, and which those are. Raises FieldNotOwned
    where it may not send the document, or the document says nothing without them."""
    judged = judge(request, origin)
    if judged.refusal is not None:
        raise FieldNotOwned(judged.refusal.attribute, judged.refusal.role, judged.refusal.owners)
    return judged.request, judged.left_out


def must_own(request: Message, origin: values_pb2.Origin) -> None:
    """For a document that says more without a part of it: a certificate without its lot is one of every lot, an answer
    without its quantity one to all of it. Raises FieldNotOwned where any of it belongs to another role."""
    _, left_out = owned(request, origin)
    for foreign in left_out:
        raise FieldNotOwned(foreign.attribute, foreign.role, foreign.owners)
