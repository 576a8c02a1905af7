"""The canonical model: each thing of the trade is one message with its key, told by events and answered by calls."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from crossdock.options.v1 import options_pb2
from google.protobuf.descriptor import Descriptor, FileDescriptor

CONTRACTS = Path(__file__).resolve().parents[2] / "libs" / "contracts" / "src"
# What it is, the message that says it, the field by which people know it, and an event that tells of it.
MODEL = {
    "supplier": ("catalog.v1.Party", "party_id", "catalog.events.v1.PartyChanged"),
    "item": ("catalog.v1.Item", "sku", "catalog.events.v1.ItemChanged"),
    "purchase order": ("procurement.v1.PurchaseOrder", "number", "procurement.events.v1.PurchaseOrderReleased"),
    "purchase order line": (
        *("procurement.v1.PurchaseOrderLine", "line_number"),
        "procurement.events.v1.PurchaseOrderRevised",
    ),
    "announced shipment": ("procurement.v1.ShipNotice", "number", "procurement.events.v1.ShipNoticeReceived"),
    "receipt": ("procurement.v1.Receipt", "number", "procurement.events.v1.GoodsReceived"),
    "discrepancy": ("procurement.v1.Discrepancy", "code", "procurement.events.v1.DiscrepancyReported"),
    "invoice": ("procurement.v1.SupplierInvoice", "number", "procurement.events.v1.SupplierInvoiceMatched"),
    "inventory position": ("inventory.v1.Availability", "sku", "inventory.events.v1.AvailabilityChanged"),
    "inventory adjustment": (
        *("inventory.v1.StockAdjustment", "adjustment_id"),
        "inventory.events.v1.StockAdjusted",
    ),
    "order": ("fulfillment.v1.SalesOrder", "number", "fulfillment.events.v1.OrderSubmitted"),
    "customer invoice": ("fulfillment.v1.Posting", "number", "fulfillment.events.v1.PostingRequested"),
    "return": ("fulfillment.v1.CustomerReturn", "number", "fulfillment.events.v1.ReturnAuthorized"),
    "shipment": ("delivery.v1.Shipment", "number", "delivery.events.v1.ShipmentPlanned"),
}


def files() -> Iterator[FileDescriptor]:
    for path in sorted(CONTRACTS.glob("crossdock/**/*_pb2.py")):
        module = ".".join(path.relative_to(CONTRACTS).with_suffix("").parts)
        yield importlib.import_module(module).DESCRIPTOR


FILES = list(files())
MESSAGES = {each.full_name: each for file in FILES for each in file.message_types_by_name.values()}
EVENTS = {name: each for name, each in MESSAGES.items() if each.GetOptions().HasExtension(options_pb2.event)}
ANSWERS = [
    method.output_type for file in FILES for service in file.services_by_name.values() for method in service.methods
]


def holds(message: Descriptor, wanted: Descriptor, seen: set[str]) -> bool:
    """Whether a message carries another one, at whatever depth."""
    if message.full_name in seen:
        return False
    seen.add(message.full_name)
    inner = [field.message_type for field in message.fields if field.message_type is not None]
    return message is wanted or any(holds(each, wanted, seen) for each in inner)


@pytest.mark.feature("F165")
@pytest.mark.parametrize("thing", MODEL)
def test_a_thing_of_the_trade_is_one_message_that_events_tell_and_calls_answer_with(thing: str) -> None:
    name, key, event = MODEL[thing]
    message = MESSAGES[f"crossdock.{name}"]
    assert key in message.fields_by_name
    same = [each for each in MESSAGES.values() if each.name == message.name]
    assert same == [message], "one word, one meaning"
    told = EVENTS[f"crossdock.{event}"]
    assert holds(told, message, set()) or key in told.fields_by_name, "the event does not say which it is"
    assert any(holds(each, message, set()) for each in ANSWERS), "no call answers with it"


@pytest.mark.feature("F165")
def test_a_proof_of_delivery_is_told_with_its_evidence_and_names_nobody() -> None:
    told = EVENTS["crossdock.delivery.events.v1.ProofOfDeliveryReceived"]
    assert {"shipment_id", "evidence_reference", "content_sha256", "delivered_at"} <= set(told.fields_by_name)
    # Who signed is an id of the one table in which people stand.
    assert ("recipient_id" in told.fields_by_name, "received_by" in told.fields_by_name) == (True, False)
