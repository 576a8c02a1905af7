"""Who may write what a document carries, by the contract or what stands in its place, before it does anything."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import (
    blanket_order_pb2,
    compliance_pb2,
    dock_pb2,
    inbound_pb2,
    purchase_order_pb2,
    supplier_invoice_pb2,
)
from crossdock_kit.ownership import role_name
from crossdock_kit.ownership_overrides import owners_of
from google.protobuf.descriptor import Descriptor

from procurement.domain.refusals import FieldNotOwned

AGREED = (blanket_order_pb2.BlanketOrder.DESCRIPTOR, "number")
RELEASED = (purchase_order_pb2.PurchaseOrder.DESCRIPTOR, "blanket_order")
ORDERED = (purchase_order_pb2.PurchaseOrderLine.DESCRIPTOR, "ordered")
CONFIRMED = (purchase_order_pb2.PurchaseOrderLine.DESCRIPTOR, "confirmed")
SHIPPED = (inbound_pb2.ShipNotice.DESCRIPTOR, "number")
ESTIMATED = (inbound_pb2.InboundEta.DESCRIPTOR, "expected_on")
APPOINTED = (dock_pb2.DockAppointment.DESCRIPTOR, "number")
CERTIFIED = (compliance_pb2.Certificate.DESCRIPTOR, "number")
RECEIVED = (inbound_pb2.Receipt.DESCRIPTOR, "number")
JUDGED = (supplier_invoice_pb2.InvoiceVerdict.DESCRIPTOR, "verdict")
INVOICED = (supplier_invoice_pb2.SupplierInvoice.DESCRIPTOR, "number")


def may_write(origin: values_pb2.Origin, attribute: tuple[Descriptor, str]) -> None:
    """Raises FieldNotOwned where the attribute that the document is about belongs to another role."""
    owners = owners_of(*attribute, origin.ownership)
    if origin.role not in owners.writers:
        raise FieldNotOwned(owners.attribute, role_name(origin.role), str(owners))
