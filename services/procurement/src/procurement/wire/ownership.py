"""Who may write what a document carries, by the contract's own ownership options, before anything is done with it."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import inbound_pb2, purchase_order_pb2, supplier_invoice_pb2
from crossdock_kit.ownership import Ownership, role_name
from google.protobuf.descriptor import Descriptor

from procurement.domain.refusals import FieldNotOwned

_OWNERSHIP = Ownership()
ORDERED = (purchase_order_pb2.PurchaseOrderLine.DESCRIPTOR, "ordered")
CONFIRMED = (purchase_order_pb2.PurchaseOrderLine.DESCRIPTOR, "confirmed")
SHIPPED = (inbound_pb2.ShipNotice.DESCRIPTOR, "number")
RECEIVED = (inbound_pb2.Receipt.DESCRIPTOR, "number")
INVOICED = (supplier_invoice_pb2.SupplierInvoice.DESCRIPTOR, "number")


def may_write(origin: values_pb2.Origin, attribute: tuple[Descriptor, str]) -> None:
    """Raises FieldNotOwned where the attribute that the document is about belongs to another role."""
    message, name = attribute
    writers = _OWNERSHIP.writers(message, name)
    if origin.role not in writers:
        owners = ", ".join(role_name(each) for each in writers)
        raise FieldNotOwned(f"{message.name}.{name}", role_name(origin.role), owners)
