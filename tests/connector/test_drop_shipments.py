"""A supplier who ships straight to a customer is told the address when its order is sent, and no event has it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs import x12_document
from connector.mappings import drop_shipments
from connector_samples import orders
from connector_samples.partners import EDI, http
from connector_samples.rig import Rig
from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import purchase_order_pb2
from crossdock_edi.x12.parts import Contact

JANE = Consignee(
    name="Jane Roe",
    company="Harbour Bikes",
    address_lines=["7 Quay", "2nd floor"],
    postal_code="20457",
    city="Hamburg",
    country="DE",
    phone="+49 40 1234",
)
JSON, EDI_KIND = "json.supplier_order", "x12.850"


def direct(order_id: str, number: str = "30", **more: Any) -> purchase_order_pb2.PurchaseOrderLine:
    line = orders.bolts()
    line.line_id, line.line_number, line.drop_ship_party_id = f"line-{number}", number, "CUS-JANE"
    line.sales_line.order_id, line.sales_line.number, line.sales_line.line_number = order_id, "S-1", "1"
    line.MergeFrom(purchase_order_pb2.PurchaseOrderLine(**more))
    return line


def order_for(supplier: str, *lines: purchase_order_pb2.PurchaseOrderLine) -> purchase_order_pb2.PurchaseOrder:
    facts = {"purchase_order_id": str(uuid4()), "supplier_id": supplier, "lines": [orders.bolts(), *lines]}
    return orders.order(**facts)


async def supplier(rig: Rig, name: str, *kinds: str) -> str:
    """A supplier that takes these kinds; its party."""
    party = f"SUP-{name.upper()}"
    routes = [{"kind": each, "direction": "OUT", **({"path": "/orders"} if each == JSON else {})} for each in kinds]
    drop = {"fileDrop": {"inbox": f"{name}/in", "outbox": f"{name}/out"}}
    over: dict[str, Any] = {"transport": http()} if kinds == (JSON,) else {"transport": drop, "edi": EDI}
    await rig.partner(name, **{"role": "SUPPLIER", "partyId": party, "documents": routes} | over)
    return party


async def tell(rig: Rig, order: purchase_order_pb2.PurchaseOrder, event: Any, version: int = 1) -> None:
    message = event(purchase_order_id=order.purchase_order_id, number=order.number, purchase_order=order)
    await rig.tell(message, aggregate=f"purchase_order/{order.purchase_order_id}", version=version)


def parsed(content: bytes) -> Any:
    [message] = x12_document.read_file(content, {})[0].messages
    assert message.wrong == ""
    return message.document


@pytest.mark.feature("F119")
async def test_a_supplier_with_an_api_is_told_where_its_lines_go(rig: Rig) -> None:
    party, order_id = await supplier(rig, "drop-api", JSON), str(uuid4())
    rig.persons.known[order_id] = JANE
    await tell(rig, order_for(party, direct(order_id)), events_pb2.PurchaseOrderReleased)
    kept = await rig.rows("SELECT consignee_of FROM document WHERE partner = 'drop-api'")
    assert [row["consignee_of"] for row in kept] == [order_id]
    [(document, content)] = await rig.send("drop-api")
    ours, straight = json.loads(content)["order"]["lines"]
    assert "dropShipAddress" not in ours
    assert (straight["dropShipTo"], straight["dropShipAddress"]["name"]) == ("CUS-JANE", "Jane Roe")
    assert straight["dropShipAddress"]["addressLines"] == ["7 Quay", "2nd floor"]
    assert document.consignee_of == ""


@pytest.mark.feature("F119")
async def test_an_850_and_its_860_name_the_address_in_each_line_that_goes_straight(rig: Rig) -> None:
    party, order_id = await supplier(rig, "drop-edi", EDI_KIND, "x12.860"), str(uuid4())
    rig.persons.known[order_id] = JANE
    order = order_for(party, direct(order_id, ship_to_id="WH-SOUTH"))
    await tell(rig, order, events_pb2.PurchaseOrderReleased)
    order.revision = 2
    await tell(rig, order, events_pb2.PurchaseOrderRevised, version=2)
    sent = [parsed(content) for _ in range(2) for _, content in await rig.send("drop-edi")]
    assert [each.TYPE for each in sent] == ["850", "860"]
    for document in sent:
        assert [(each.role, each.id) for each in document.parties] == [("ST", "WH-EAST")]
        ours, straight = document.lines
        assert ours.parties == ()
        to, customer = straight.parties
        assert (to.role, to.name, to.more_names, to.id) == ("ST", "Harbour Bikes", ("Jane Roe",), "")
        assert (to.address_lines, to.city, to.postal_code) == (("7 Quay", "2nd floor"), "Hamburg", "20457")
        assert to.country == "DE"
        assert to.contacts == (Contact(function="DC", first_qualifier="TE", first_number="+49 40 1234"),)
        assert (customer.role, customer.id) == ("DA", "CUS-JANE")
        assert [each.quantity for each in straight.schedules] == [each.quantity for each in ours.schedules]


async def test_what_names_no_order_of_ours_or_several_is_sent_without_an_address(rig: Rig) -> None:
    party = await supplier(rig, "drop-plain", JSON)
    several = order_for(party, direct(str(uuid4())), direct(str(uuid4()), "40"))
    unknown = order_for(party, direct(str(uuid4())))
    for order in (order_for(party), order_for(party, direct("")), several, unknown):
        await tell(rig, order, events_pb2.PurchaseOrderReleased)
    sent = await rig.send("drop-plain")
    assert len(sent) == 4
    assert all(b"dropShipAddress" not in content for _, content in sent)


def test_what_is_cancelled_goes_to_nobody() -> None:
    gone = direct("order-1", state=purchase_order_pb2.LINE_STATE_CANCELLED)
    order = orders.order(lines=[gone, direct("order-2", "40")])
    assert drop_shipments.order_of(orders.released(order)) == "order-2"
    assert drop_shipments.order_of(events_pb2.PurchaseOrderCancelled(purchase_order=order)) == ""
    assert drop_shipments.order_of(orders.released(orders.order(lines=[gone]))) == ""


async def test_an_order_for_somebody_who_was_erased_is_not_sent_and_its_cancellation_neither(rig: Rig) -> None:
    party, order_id = await supplier(rig, "drop-erased", JSON), str(uuid4())
    rig.persons.known[order_id] = None
    order = order_for(party, direct(order_id))
    await tell(rig, order, events_pb2.PurchaseOrderReleased)
    await tell(rig, order, events_pb2.PurchaseOrderCancelled, version=2)
    for _ in range(2):
        assert await rig.send("drop-erased") == []
    rows = await rig.rows("SELECT state, last_error FROM delivery WHERE partner = 'drop-erased' ORDER BY position")
    assert [(row["state"], row["last_error"].partition(":")[0]) for row in rows] == [
        ("cancelled", "CONSIGNEE_ERASED"),
        ("cancelled", "NEVER_SENT"),
    ]
