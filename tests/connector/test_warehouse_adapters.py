"""The contract of a warehouse's adapter: the same facts in every format become the same commands, and come out again.

The formats stand in `adapter_contract.warehouses`; nothing here knows one of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from adapter_contract.facts import AT, LINE, LOT, NOTICE, ORDER, SKU, Expectation, Goods, Report, by
from adapter_contract.warehouses import WAREHOUSES, Warehouse, Written
from connector.domain.documents import State
from connector.store.codes import Entry, Thing
from connector.store.document import Document
from connector_samples import orders
from connector_samples.calls import refusal
from connector_samples.rig import TENANT, Rig
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.inventory.v1 import stock_move_pb2 as moves
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import inbound_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from inventory.domain.stock_report import LocationOfAnotherSystem

GOOD, DAMAGED, HOLD = (getattr(inbound_pb2, f"CONDITION_{name}") for name in ("GOOD", "DAMAGED", "HOLD"))


def that_say(fact: str = "receipt") -> pytest.MarkDecorator:
    """Every format that has a word for it."""
    having = [each for each in WAREHOUSES if getattr(each, fact) is not None]
    return pytest.mark.parametrize("format_", having, ids=[each.name for each in having])


@dataclass(frozen=True, slots=True)
class Site:
    """A warehouse of a format beside the connector."""

    rig: Rig
    format: Warehouse
    place: str
    partner: str

    @property
    def requests(self) -> list[Any]:
        """What was asked of the services since the last command."""
        return list(self.rig.procurement.requests)

    def report(self, *goods: Goods, **changes: Any) -> Report:
        return Report(**{"number": uuid4().hex[:12].upper(), "place": self.place, "goods": goods} | changes)

    async def says(self, written: Written) -> Document:
        path, content = written
        return await self.rig.given(self.partner, content, name=uuid4().hex, path=path)

    async def commanded(self, written: Written) -> Any:
        """The one command that the document became."""
        self.rig.procurement.requests.clear()
        document = await self.says(written)
        assert document.state is State.UNDERSTOOD, document.reason or document.messages
        [request] = self.requests
        assert (request.origin.system, request.origin.role) == (self.partner.upper(), options_pb2.ROLE_WMS)
        return request


@pytest.fixture
async def site(rig: Rig, accepting: None, format_: Warehouse) -> AsyncIterator[Site]:
    name = f"wms-{format_.name}"
    place = f"WH-{format_.name.upper()}"
    await rig.partner(name, role="WMS", system=name.upper(), locations=[place], **format_.profile)
    words = [Entry(TENANT, name, kind, "", code, ours) for (kind, code), ours in format_.codes.items()]
    await rig.knows(Thing(TENANT, "location", place), entries=words)
    rig.procurement.accepts("RecordStatement", control.RecordStatementResponse())
    rig.procurement.accepts("RecordStockReport", control.RecordStockReportResponse())
    rig.procurement.accepts("RecordStockMoves", moves.RecordStockMovesResponse())
    yield Site(rig, format_, place, name)
    rig.procurement.accepts("RecordReceipt", procurement.RecordReceiptResponse())
    await rig.send(name)


@that_say()
@pytest.mark.feature("F070", "F203")
async def test_a_receipt_says_what_arrived_in_which_condition_and_of_what(site: Site) -> None:
    report = site.report(Goods(good=50, damaged=3, held=14))
    request = await site.commanded(site.format.receipt(report))
    assert isinstance(request, procurement.RecordReceiptRequest)
    assert (request.number, request.location_id, request.final) == (report.number, site.place, True)
    assert request.received_at.ToDatetime(tzinfo=UTC) == AT
    assert by("condition", request.lines) == {GOOD: 50, DAMAGED: 3, HOLD: 14}
    assert {
        (each.sku, each.purchase_order_number, each.line_number, each.ship_notice_number, each.lot.number)
        for each in request.lines
    } == {(SKU, ORDER, LINE, NOTICE, LOT)}


@that_say()
@pytest.mark.feature("F071", "F203")
async def test_what_is_received_in_part_is_not_final_and_each_part_is_a_receipt_of_its_own(site: Site) -> None:
    parts = [site.report(Goods(good=12), final=False), site.report(Goods(good=5), final=True)]
    requests = [await site.commanded(site.format.receipt(each)) for each in parts]
    assert [each.final for each in requests] == [False, True]
    assert [by("sku", each.lines) for each in requests] == [{SKU: 12}, {SKU: 5}]
    assert requests[0].request_id != requests[1].request_id


@that_say()
@pytest.mark.feature("F073", "F203")
async def test_the_same_receipt_again_is_one_command(site: Site) -> None:
    written = site.format.receipt(site.report(Goods(good=7)))
    await site.commanded(written)
    again = await site.says(written)
    assert (again.state, len(site.requests)) == (State.DUPLICATE, 1)


@that_say()
@pytest.mark.parametrize("goods", [(Goods(good=-1),), (Goods(damaged=-2, good=5),), ()], ids=["less", "part", "none"])
async def test_less_than_nothing_or_nothing_at_all_is_refused_and_owned(site: Site, goods: tuple[Goods, ...]) -> None:
    document = await site.says(site.format.receipt(site.report(*goods)))
    assert (document.state, site.requests) == (State.REFUSED, [])
    assert document.reason
    assert [each[1:] for each in await site.rig.exceptions(document.document_id)] == [
        ("DOCUMENT_REFUSED", "integration")
    ]


@that_say()
@pytest.mark.feature("F178")
@pytest.mark.parametrize("kind", ["item", "location"])
async def test_an_unknown_code_waits_and_its_receipt_goes_on_when_it_is_known(site: Site, kind: str) -> None:
    code = f"{kind[:4].upper()}-{uuid4().hex[:8].upper()}"
    report = site.report(Goods(good=4, sku=code)) if kind == "item" else site.report(Goods(good=4), place=code)
    document = await site.says(site.format.receipt(report))
    assert (document.state, site.requests) == (State.WAITING, [])
    assert f"{kind} {code}" in document.messages[0].reason
    known = Thing(TENANT, "item", code, (), "EA") if kind == "item" else Thing(TENANT, "location", code)
    await site.rig.knows(known)
    await site.rig.due_now(document.document_id)
    await site.rig.translate(site.partner)
    await site.rig.dispatch()
    [request] = site.requests
    assert code in {request.location_id, *by("sku", request.lines)}


@that_say()
@pytest.mark.feature("F017")
async def test_a_place_of_another_system_is_refused_by_its_owner_and_somebody_has_to_look(site: Site) -> None:
    site.rig.procurement.refuses("RecordReceipt", refusal(LocationOfAnotherSystem(site.place, "WMS-WEST")))
    document = await site.says(site.format.receipt(site.report(Goods(good=7))))
    assert document.state is State.EXCEPTION
    assert await site.rig.exceptions(document.document_id) == [
        ("business", "LOCATION_OF_ANOTHER_SYSTEM", "integration")
    ]


async def told(site: Site, event: events_pb2.InboundExpected) -> list[Expectation]:
    aggregate = f"expected_receipt/{event.reference}"
    await site.rig.tell(event, aggregate=aggregate, version=event.sequence)
    return [site.format.heard(content) for _, content in await site.rig.send(site.partner)]


def expected(site: Site, reference: str, **changes: Any) -> events_pb2.InboundExpected:
    line = events_pb2.ExpectedLine(
        purchase_order_number=ORDER, line_number=LINE, sku=SKU, expected_on=orders.day(11, 10)
    )
    line.quantity.CopyFrom(orders.quantity(str(changes.pop("amount", 50))))
    facts: dict[str, Any] = {
        "reference": reference,
        "location_id": site.place,
        "ship_notice_number": NOTICE,
        "sequence": 1,
    }
    lines = [] if changes.get("withdrawn") else [line]
    return events_pb2.InboundExpected(lines=lines, supplier_id="SUP-NORDIC", **(facts | changes))


@that_say()
@pytest.mark.feature("F066", "F203")
async def test_what_is_expected_is_said_changed_and_withdrawn_under_one_reference(site: Site) -> None:
    reference = str(uuid4())
    [first] = await told(site, expected(site, reference))
    assert first == Expectation(reference, 1, site.place, NOTICE, False, {SKU: Decimal(50)})
    [changed] = await told(site, expected(site, reference, sequence=2, amount=29))
    assert (changed.reference, changed.sequence, changed.amounts) == (reference, 2, {SKU: Decimal(29)})
    [gone] = await told(site, expected(site, reference, sequence=3, withdrawn=True))
    assert (gone.reference, gone.sequence, gone.withdrawn, gone.amounts) == (reference, 3, True, {})


@that_say()
@pytest.mark.feature("F203")
async def test_what_another_place_expects_is_no_business_of_it(site: Site) -> None:
    assert await told(site, expected(site, str(uuid4()), location_id="WH-EAST")) == []


@that_say("statement")
@pytest.mark.feature("F101", "F203")
async def test_a_statement_says_what_lies_there_in_which_state_as_of_when(site: Site) -> None:
    report = site.report(Goods(good=46, held=4))
    request = await site.commanded(site.format.statement(report) if site.format.statement else ("", b""))
    assert isinstance(request, control.RecordStatementRequest)
    assert (request.number, request.location_id, request.complete) == (report.number, site.place, True)
    assert request.as_of.ToDatetime(tzinfo=UTC) == AT
    assert list(request.buckets) == [inventory.ACCOUNT_SELLABLE, inventory.ACCOUNT_QUARANTINED]
    assert by("bucket", request.lines) == {inventory.ACCOUNT_SELLABLE: 46, inventory.ACCOUNT_QUARANTINED: 4}
    assert {(each.sku, each.lot) for each in request.lines} == {(SKU, LOT)}


@that_say("gone")
@pytest.mark.feature("F094", "F203")
async def test_what_is_gone_is_a_change_with_its_reason(site: Site) -> None:
    report = site.report(Goods(good=3))
    request = await site.commanded(site.format.gone(report) if site.format.gone else ("", b""))
    assert isinstance(request, control.RecordStockReportRequest)
    assert (request.number, request.location_id) == (report.number, site.place)
    assert request.found_at.ToDatetime(tzinfo=UTC) == AT
    [line] = request.lines
    assert (line.sku, line.change.value, line.reason, line.bucket) == (SKU, "-3", "AU", inventory.ACCOUNT_SELLABLE)


@that_say("counted")
@pytest.mark.feature("F098", "F203")
async def test_a_count_says_what_is_there_in_which_state(site: Site) -> None:
    report = site.report(Goods(good=30), Goods(held=0, damaged=2))
    request = await site.commanded(site.format.counted(report) if site.format.counted else ("", b""))
    assert isinstance(request, control.RecordStockReportRequest)
    assert request.found_at.ToDatetime(tzinfo=UTC) == AT
    found = {(each.sku, each.bucket, each.lot, each.counted.value, each.counted.unit) for each in request.lines}
    assert found == {
        (SKU, inventory.ACCOUNT_SELLABLE, LOT, "30", "EA"),
        (SKU, inventory.ACCOUNT_DAMAGED, LOT, "2", "EA"),
    }


@that_say("hold")
@pytest.mark.feature("F015", "F203")
async def test_what_is_put_on_hold_moves_and_is_not_gone(site: Site) -> None:
    report = site.report(Goods(held=5))
    request = await site.commanded(site.format.hold(report) if site.format.hold else ("", b""))
    assert isinstance(request, moves.RecordStockMovesRequest)
    [line] = request.lines
    kind, reason = moves.STOCK_MOVE_KIND_HOLD_PLACED, "lab 17"
    assert (line.sku, line.quantity.value, line.kind, line.reason) == (SKU, "5", kind, reason)
