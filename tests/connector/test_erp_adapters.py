"""The contract of an ERP's adapter: what it orders becomes the same command, and what it is to post it hears once.

The formats stand in `adapter_contract.erps`; nothing here knows one of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from adapter_contract.erps import ERPS, Erp, Posted, Typed
from adapter_contract.facts import AT, LINE, SKU
from connector.domain.documents import State
from connector.store.codes import Entry, Thing
from connector.store.document import Document
from connector_samples import orders
from connector_samples.calls import ItemUnknown, ObsoleteRevision, refusal
from connector_samples.rig import TENANT, Rig
from connector_samples.rig import received as event_of
from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment
from crossdock.fulfillment.v1 import posting_pb2, posting_service_pb2
from crossdock.inventory.events.v1 import events_pb2 as inventory_events
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_kit.deliveries import Delivered, Outcome, Retry

every_format = pytest.mark.parametrize("format_", ERPS, ids=[each.name for each in ERPS])


@dataclass(frozen=True, slots=True)
class Office:
    """An ERP of a format beside the connector, with a business unit of its own."""

    rig: Rig
    format: Erp
    partner: str
    unit: str

    @property
    def requests(self) -> list[Any]:
        return list(self.rig.procurement.requests)

    def typed(self, number: str = "", **changes: Any) -> Typed:
        return Typed(number or f"PO-{uuid4().hex[:10].upper()}", self.unit, **changes)

    async def says(self, written: tuple[str, bytes]) -> Document:
        path, content = written
        name = f"{path}-{uuid4().hex}"
        return await self.rig.given(self.partner, content, name=name, path="" if self.format.batch else path)

    async def commanded(self, written: tuple[str, bytes]) -> Any:
        self.rig.procurement.requests.clear()
        document = await self.says(written)
        assert document.state is State.UNDERSTOOD, document.reason or document.messages
        [request] = self.requests
        assert (request.origin.system, request.origin.role) == (self.partner.upper(), options_pb2.ROLE_ERP)
        return request

    async def hears(self, outcome: Outcome | None = None) -> list[tuple[Document, Posted]]:
        """What goes to it now, or with its next batch; nothing goes before that."""
        if self.format.batch:
            assert await self.rig.send(self.partner) == [], "not before its time"
            await self.comes_due()
        sent = await self.rig.send(self.partner, outcome or Delivered(foreign_number="5000000001"))
        return [(document, self.format.heard(content)) for document, content in sent]

    async def comes_due(self) -> None:
        due = "UPDATE delivery SET next_attempt_at = now() WHERE partner = $1 AND state = 'waiting'"
        await self.rig.value(due, self.partner)


@pytest.fixture
async def office(rig: Rig, accepting: None, format_: Erp) -> AsyncIterator[Office]:
    name = f"erp-{format_.name}"
    unit = f"UNIT-{format_.name.upper()}"
    await rig.partner(name, role="ERP", system=name.upper(), businessUnit=unit, **format_.profile)
    words = [Entry(TENANT, name, kind, "", code, ours) for (kind, code), ours in format_.codes.items()]
    await rig.knows(entries=words)
    rig.procurement.accepts("RecordPosting", posting_service_pb2.RecordPostingResponse())
    running = Office(rig, format_, name, unit)
    yield running
    accepted = procurement.SubmitPurchaseOrderResponse()
    rig.procurement.accepts("SubmitPurchaseOrder", accepted)
    await running.comes_due()
    await rig.send(name)


@every_format
@pytest.mark.feature("F045")
async def test_an_order_is_the_same_command_whoever_typed_it(office: Office) -> None:
    typed = office.typed()
    request = await office.commanded(office.format.order(typed))
    assert isinstance(request, procurement.SubmitPurchaseOrderRequest)
    assert (request.number, request.business_unit, request.system_revision) == (typed.number, office.unit, "1")
    assert request.purpose == procurement.ORDER_PURPOSE_UPSERT
    assert (request.supplier_id, request.ship_to_id, request.currency) == ("SUP-NORDIC", "WH-EAST", "EUR")
    line = next(each for each in request.lines if each.line_number == LINE)
    assert (line.sku, line.ordered.value, line.ordered.unit) == (SKU, "100", "EA")
    assert (line.price.money.amount, line.price.per, line.price.unit) == ("12.5", "10", "EA")


@every_format
async def test_a_change_a_deleted_line_and_a_cancellation_are_versions_of_one_order(office: Office) -> None:
    number = office.typed().number
    said = [
        office.typed(number, version=2, pieces=60),
        office.typed(number, version=3, pieces=None),
        office.typed(number, version=4, cancelled=True),
    ]
    requests = [await office.commanded(office.format.order(each)) for each in said]
    assert [each.system_revision for each in requests] == ["2", "3", "4"]
    first = [next(line for line in each.lines if line.line_number == LINE) for each in requests]
    assert [(each.ordered.value, each.deleted) for each in first[:2]] == [("60", False), ("1", True)]
    upsert, cancel = procurement.ORDER_PURPOSE_UPSERT, procurement.ORDER_PURPOSE_CANCEL
    assert [each.purpose for each in requests] == [upsert, upsert, cancel]


@every_format
async def test_the_same_order_again_is_one_command(office: Office) -> None:
    written = office.format.order(office.typed())
    await office.commanded(written)
    again = await office.says(written)
    assert (again.state, len(office.requests)) == (State.DUPLICATE, 1)


@every_format
@pytest.mark.feature("F178")
async def test_an_unknown_material_waits_and_its_order_goes_on_when_catalog_knows_it(office: Office) -> None:
    sku = f"NEW-{uuid4().hex[:8].upper()}"
    document = await office.says(office.format.order(office.typed(sku=sku)))
    assert (document.state, office.requests) == (State.WAITING, [])
    assert f"item {sku}" in document.messages[0].reason
    await office.rig.knows(Thing(TENANT, "item", sku, (), "EA"))
    await office.rig.due_now(document.document_id)
    await office.rig.translate(office.partner)
    await office.rig.dispatch()
    [request] = office.requests
    assert sku in {each.sku for each in request.lines}


@every_format
@pytest.mark.parametrize("error", [ItemUnknown(SKU), ObsoleteRevision(2)], ids=["waits", "refused"])
async def test_what_procurement_does_not_take_waits_or_is_somebodys_and_is_never_lost(
    office: Office, error: Any
) -> None:
    office.rig.procurement.refuses("SubmitPurchaseOrder", refusal(error))
    document = await office.says(office.format.order(office.typed()))
    if isinstance(error, ItemUnknown):
        assert document.state is State.WAITING
        accepted = procurement.SubmitPurchaseOrderResponse()
        office.rig.procurement.accepts("SubmitPurchaseOrder", accepted)
        await office.rig.due_now(document.document_id)
        await office.rig.translate(office.partner)
        await office.rig.dispatch()
        assert (await office.rig.document(document.document_id)).state is State.UNDERSTOOD
    else:
        [(_, code, owner)] = await office.rig.exceptions(document.document_id)
        assert (document.state, code, bool(owner)) == (State.EXCEPTION, "OBSOLETE_REVISION", True)


def received(office: Office, receipt_id: str) -> events_pb2.GoodsReceived:
    event = events_pb2.GoodsReceived(receipt_id=receipt_id, number=f"RC-{receipt_id[:8]}", location_id="WH-EAST")
    event.receipt.business_unit = office.unit
    event.receipt.received_at.FromDatetime(AT)
    for value, unit in (("4", "XCS"), ("2", "EA")):
        line = inbound_pb2.ReceiptLine(sku=SKU, quantity=orders.quantity(value, unit))
        event.receipt.lines.append(line)
    return event


@every_format
@pytest.mark.feature("F072", "F073")
async def test_a_receipt_is_posted_once_and_the_number_that_comes_back_is_kept(office: Office) -> None:
    receipt_id = str(uuid4())
    for version in (1, 2):
        await office.rig.tell(received(office, receipt_id), aggregate=f"receipt/{receipt_id}", version=version)
    [(document, posted)] = await office.hears()
    assert posted == Posted("goodsReceipt", receipt_id, "1010", {SKU: Decimal(50)})
    assert document.foreign_number == "5000000001"
    assert await office.rig.send(office.partner) == []


@every_format
async def test_what_it_could_not_take_is_the_same_document_the_next_time(office: Office) -> None:
    receipt_id = str(uuid4())
    await office.rig.tell(received(office, receipt_id), aggregate=f"receipt/{receipt_id}")
    [(first, _)] = await office.hears(Retry("HTTP 503: busy", timedelta(0)))
    await office.comes_due()
    [(second, content)] = await office.rig.send(office.partner, Delivered())
    posted = office.format.heard(content)
    assert (first.document_id, posted.identity) == (second.document_id, receipt_id)
    assert second.state is State.SENT


@every_format
@pytest.mark.feature("F017", "F045")
async def test_what_a_warehouse_adjusted_is_posted_as_what_changed(office: Office) -> None:
    identity = str(uuid4())
    accounts: dict[str, Any] = {"from": inventory.ACCOUNT_SELLABLE, "to": inventory.ACCOUNT_ADJUSTMENT}
    movement = inventory.Movement(
        sku=SKU,
        location_id="WH-EAST",
        business_unit=office.unit,
        quantity=values_pb2.Quantity(value="3", unit="EA"),
        reason="AU",
        **accounts,
    )
    movement.occurred_at.FromDatetime(AT)
    event = inventory_events.StockAdjusted(
        adjustment_id=identity, number="ADJ-1", movements=[movement], to_be_posted=True
    )
    told = event_of(event, f"stock_adjustment/{identity}")
    await office.rig.tell_together([replace(told, business_unit=office.unit)])
    [(_, posted)] = await office.hears()
    assert posted == Posted("stockMovement", identity, "1010", {SKU: Decimal(-3)})


@every_format
@pytest.mark.feature("F155")
@pytest.mark.parametrize("number", ["90000001", ""], ids=["posted", "refused"])
async def test_a_posting_is_asked_for_and_its_number_or_refusal_comes_back(office: Office, number: str) -> None:
    posting_id = str(uuid4())
    posting = posting_pb2.Posting(
        posting_id=posting_id,
        kind=posting_pb2.POSTING_KIND_SHIPMENT,
        business_unit=office.unit,
        reference="SH-1",
        lines=[posting_pb2.PostingLine(line_number="1", sku=SKU, quantity=orders.quantity("2", "XCS"))],
    )
    event = fulfillment.PostingRequested(
        order_id="o-1", order_number="S-1", posting_id=posting_id, posting=posting, customer_id="SUP-NORDIC"
    )
    await office.rig.tell(event, aggregate=f"sales_order/{posting_id}")
    [(_, posted)] = await office.hears()
    assert (posted.what, posted.identity, posted.amounts) == ("postingRequest", posting_id, {SKU: Decimal(24)})
    request = await office.commanded(office.format.result(posting_id, number))
    assert isinstance(request, posting_service_pb2.RecordPostingRequest)
    assert (request.posting_id, request.number, bool(request.refusal)) == (posting_id, number, not number)


@every_format
async def test_what_another_business_unit_received_is_no_business_of_it(office: Office) -> None:
    event = received(office, str(uuid4()))
    event.receipt.business_unit = "EU01"
    await office.rig.tell(event, aggregate=f"receipt/{event.receipt_id}")
    assert await office.rig.send(office.partner) == []
