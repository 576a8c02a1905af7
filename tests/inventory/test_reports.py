"""What others read of the whole ledger: how it agrees with the financial books, and what lay where at an instant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import grpc
import pytest
from crossdock.common.v1 import values_pb2
from crossdock.connector.events.v1 import events_pb2 as connector
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment
from crossdock.fulfillment.v1 import posting_pb2
from crossdock.inventory.v1 import report_service_pb2 as pb
from crossdock.inventory.v1 import report_service_pb2_grpc as pb_grpc
from crossdock_kit.events import Received
from crossdock_kit.testing import RunningServer, start_service
from google.protobuf.message import Message
from inventory.api import ReportServicer
from inventory.consumers import Consumers
from inventory.domain.accounts import Account
from inventory.domain.movement import Document, Movement, StockKey
from inventory.queries import snapshot as snapshots
from inventory.store.work import InventoryWork
from inventory.use_cases.stock_reports import DecideAdjustment, decide_adjustment
from inventory.wire.outbound import issue_key
from inventory_stage import UNIT, Stage, new_cause, some_cause

D = Decimal
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
async def server(stage: Stage) -> AsyncIterator[RunningServer]:
    registration = (pb_grpc.add_ReportServiceServicer_to_server, ReportServicer(stage.engine))
    async with start_service(registration, uow=stage.uow.kit) as running:
        yield running


@pytest.fixture
def acme(server: RunningServer) -> Any:
    return server.caller(pb_grpc.ReportServiceStub, tenant="acme")


def event(message: Message, aggregate: str) -> Received[Any]:
    cause = new_cause()
    return Received(
        id=uuid4(),
        type=message.DESCRIPTOR.full_name,
        message=message,
        tenant="acme",
        business_unit=UNIT,
        aggregate_type=aggregate.partition("/")[0],
        aggregate_id=aggregate.partition("/")[2],
        version=1,
        subject="x",
        occurred_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        recorded_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        origin=None,
        correlation_id="c",
        causation_id="c",
        transaction_ids=("t",),
        keys=("po:1",),
        express=False,
        traceparent="",
        cause=cause,
    )


async def told(stage: Stage, *events: Received[Any]) -> None:
    consumers = Consumers(lambda work, causes: InventoryWork(work, causes, stage.availability.changed))
    handlers = {kind: handler for each in consumers.subscriptions() for kind, handler in each.handlers.items()}
    with some_cause():
        async with stage.uow.kit(tenants=("acme",)) as work:
            await handlers[type(events[0].message)](events, work)


async def book(stage: Stage, sku: str, pair: tuple[Account, Account], quantity: str, posting_key: str) -> None:
    name = f"{posting_key.partition('/')[0]}/N-{posting_key[-4:]}/1"
    document = Document(name, datetime.now(UTC), transaction_id=str(uuid4()), posting_key=posting_key)
    async with stage.work() as work:
        key = StockKey("acme", sku, "EAST", UNIT)
        await work.ledger.book([Movement(key, *pair, D(quantity), "TEST", document, "", "EA")])


RECEIVED, SHIPPED = (Account.SUPPLIER, Account.SELLABLE), (Account.STAGED, Account.CUSTOMER)
FOUND = (Account.ADJUSTMENT, Account.SELLABLE)


async def item(stage: Stage) -> str:
    sku = f"F-{uuid4().hex[:8]}"
    await stage.know(sku)
    return sku


async def records(acme: Any, sku: str, **more: Any) -> tuple[list[pb.FinanceRecord], dict[str, int]]:
    """Of an item, page by page, two at a time; the counts are those of everybody."""
    request = pb.ReconcileFinanceRequest(page_size=2, business_unit=UNIT, **more)
    now = datetime.now(UTC)
    request.recorded_from.FromDatetime(now - DAY)
    request.recorded_to.FromDatetime(now + DAY)
    found: list[pb.FinanceRecord] = []
    counts: dict[str, int] = {}
    first = True
    while first or request.page_token:
        answer = await acme.ReconcileFinance(request)
        assert first or not answer.counts
        counts |= {cause_of(each.cause): each.records for each in answer.counts}
        found.extend(answer.records)
        request.page_token, first = answer.next_page_token, False
    return [each for each in found if each.sku == sku], counts


def cause_of(cause: pb.FinanceCause.ValueType) -> str:
    return pb.FinanceCause.Name(cause).removeprefix("FINANCE_CAUSE_")


def shipped(order: str, issue: str, sku: str, quantity: str, number: str = "", refusal: str = "") -> Received[Any]:
    state = posting_pb2.POSTING_STATE_REFUSED if refusal else posting_pb2.POSTING_STATE_POSTED
    said = posting_pb2.Posting(
        posting_id=f"{order}.shipment.r",
        order_id=order,
        kind=posting_pb2.POSTING_KIND_SHIPMENT,
        reference=issue,
        shipment_id="sh",
        state=state,
        number=number,
        system="ERP-EU",
        reason=refusal,
        lines=[
            posting_pb2.PostingLine(line_number="1", sku=sku, quantity=values_pb2.Quantity(value=quantity, unit="EA"))
        ],
    )
    if refusal:
        message: Message = fulfillment.PostingRefused(posting_id=said.posting_id, posting=said, reason=refusal)
    else:
        message = fulfillment.PostingBooked(posting_id=said.posting_id, posting=said, document_number=number)
    return event(message, f"posting/{said.posting_id}")


def sent(aggregate: str, number: str) -> Received[Any]:
    message = connector.DocumentSent(
        document_id=str(uuid4()), partner="erp-eu", foreign_number=number, source_aggregate=aggregate
    )
    message.sent_at.FromDatetime(datetime(2026, 3, 2, 10, tzinfo=UTC))
    return event(message, f"document/{message.document_id}")


@pytest.mark.feature("F164")
async def test_what_the_ledger_moved_and_what_the_erp_posted_are_held_against_each_other(
    stage: Stage, acme: Any
) -> None:
    sku, order = await item(stage), uuid4().hex
    receipts = [f"receipt/{uuid4()}" for _ in range(3)]
    for each in receipts:
        await book(stage, sku, RECEIVED, "10", each)
    issues = [issue_key(order, "sh", f"GI-{n}") for n in range(4)]
    for each in issues[:3]:
        await book(stage, sku, SHIPPED, "4", each)
    await told(stage, sent(receipts[0], "5000000123"), sent(receipts[1], ""))
    await told(stage, shipped(order, "GI-0", sku, "4", "4900000001"), shipped(order, "GI-1", sku, "3", "4900000002"))
    await told(stage, shipped(order, "GI-3", sku, "1", "4900000003"))
    await told(stage, shipped(order, "GI-2", sku, "4", refusal="period closed"))
    found, counts = await records(acme, sku)
    assert sorted((each.kind, each.moved.value, each.posted.value, cause_of(each.cause)) for each in found) == sorted(
        [
            ("receipt", "10", "", "NONE"),
            ("receipt", "10", "", "NUMBER_MISSING"),
            ("receipt", "10", "", "PENDING"),
            ("shipment", "-4", "4", "NONE"),
            ("shipment", "-4", "3", "QUANTITY_DIFFERENT"),
            ("shipment", "-4", "", "REFUSED"),
            ("shipment", "0", "1", "NOT_IN_LEDGER"),
        ]
    )
    by_cause = {cause_of(each.cause): each for each in found if each.kind == "shipment"}
    assert (by_cause["NONE"].posting_number, by_cause["NONE"].posting_state) == ("4900000001", "posted")
    assert by_cause["REFUSED"].reason == "period closed"
    only, _ = await records(acme, sku, differences_only=True)
    assert len(only) == 5
    assert {cause_of(each.cause) for each in only} == {each for each in counts if each != "NONE"}


@pytest.mark.feature("F164")
async def test_what_was_refused_and_is_posted_later_agrees_and_the_first_number_stays(stage: Stage, acme: Any) -> None:
    sku, order = await item(stage), uuid4().hex
    await book(stage, sku, SHIPPED, "4", issue_key(order, "sh", "GI-1"))
    await told(stage, shipped(order, "GI-1", sku, "4", refusal="period closed"))
    await told(stage, shipped(order, "GI-1", sku, "4", "4900000010"))
    await told(stage, shipped(order, "GI-1", sku, "4", "4900000011"))
    [found], _ = await records(acme, sku)
    assert (cause_of(found.cause), found.posting_number, found.reason) == ("NONE", "4900000010", "")


@pytest.mark.feature("F164")
async def test_an_adjustment_waits_for_its_decision_and_one_that_is_taken_back_waits_for_nobody(
    stage: Stage, acme: Any
) -> None:
    sku, adjustment = await item(stage), uuid4()
    await stage.fetch(
        "INSERT INTO adjustment (tenant, adjustment_id, business_unit, location_id, system, number, content, state,"
        " found_at) VALUES ('acme', $1, $2, 'EAST', 'WMS-EAST', $1::uuid::text, '', 2, now())",
        *(adjustment, UNIT),
    )
    await book(stage, sku, FOUND, "500", f"stock_adjustment/{adjustment}")
    [waiting], _ = await records(acme, sku)
    assert (waiting.kind, cause_of(waiting.cause), waiting.posting_state) == (
        "adjustment",
        "AWAITING_DECISION",
        "pending",
    )
    with some_cause():
        command = DecideAdjustment("acme", adjustment, approved=False, decided_by="ann", reason="a typing error")
        await decide_adjustment(command, stage.uow)
    [found], _ = await records(acme, sku)
    assert (cause_of(found.cause), found.posting_state, found.reason) == (
        "NONE",
        "withdrawn",
        "taken back by ann: a typing error",
    )
    assert (await stage.row(sku))["sellable"] == 0


async def test_a_period_is_bounded_and_another_tenant_sees_nothing(
    stage: Stage, acme: Any, server: RunningServer
) -> None:
    sku = await item(stage)
    await book(stage, sku, RECEIVED, "10", f"receipt/{uuid4()}")
    assert len((await records(acme, sku))[0]) == 1
    globex = server.caller(pb_grpc.ReportServiceStub, tenant="globex")
    assert await records(globex, sku) == ([], {})
    for begins, ends in ((0, 0), (2, 1), (0, 367)):
        request = pb.ReconcileFinanceRequest()
        request.recorded_from.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC) + begins * DAY)
        request.recorded_to.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC) + ends * DAY)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await acme.ReconcileFinance(request)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


# --- snapshots


async def snapshot(acme: Any, as_of: datetime | None = None, **more: Any) -> tuple[datetime, list[pb.SnapshotRow]]:
    request = pb.ExportSnapshotRequest(**more)
    if as_of is not None:
        request.as_of.FromDatetime(as_of)
    answers = [each async for each in acme.ExportSnapshot(request, timeout=60)]
    assert not answers[-1].rows
    return answers[-1].as_of.ToDatetime(tzinfo=UTC), [row for each in answers for row in each.rows]


async def instant(stage: Stage) -> datetime:
    """By the database's clock, after all that was recorded."""
    [row] = await stage.fetch("SELECT clock_timestamp() AS now")
    found: datetime = row["now"]
    return found


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of these tests is under way when they ask."""
    monkeypatch.setattr(snapshots, "SETTLED_AFTER", timedelta(0))


@pytest.mark.feature("F099")
@pytest.mark.usefixtures("settled")
async def test_a_snapshot_shows_the_stock_of_its_instant_however_late_it_is_asked_for(
    stage: Stage, acme: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PAGE", 2)
    sku = await item(stage)
    await stage.stock(sku, 10, "EAST", lot="L1")
    await stage.stock(sku, 5, "WEST")
    then = await instant(stage)
    before = await snapshot(acme, then, business_unit=UNIT)
    mine = [(each.location_id, each.lot, each.sellable, each.unit) for each in before[1] if each.sku == sku]
    assert mine == [("EAST", "L1", "10", "EA"), ("WEST", "", "5", "EA")]
    await stage.stock(sku, 7, "EAST", lot="L1")
    await stage.stock(sku, 1, "SOUTH")
    await book(stage, sku, (Account.SELLABLE, Account.DAMAGED), "5", f"receipt/{uuid4()}")
    assert await snapshot(acme, then, business_unit=UNIT) == before
    _, now = await snapshot(acme, await instant(stage), location_id="EAST")
    assert [(each.lot, each.sellable, each.damaged) for each in now if each.sku == sku] == [
        ("", "-5", "5"),
        ("L1", "17", "0"),
    ]


@pytest.mark.feature("F099")
@pytest.mark.usefixtures("settled")
async def test_stock_goes_on_moving_while_a_snapshot_is_read(
    stage: Stage, acme: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two pages something moves, and still all of them are of one instant."""
    monkeypatch.setattr(snapshots, "PAGE", 1)
    skus = sorted([await item(stage) for _ in range(4)])
    for sku in skus:
        await stage.stock(sku, 10)
    request = pb.ExportSnapshotRequest()
    request.as_of.FromDatetime(await instant(stage))
    found: dict[str, str] = {}
    async for answer in acme.ExportSnapshot(request, timeout=60):
        found |= {row.sku: row.sellable for row in answer.rows if row.sku in skus}
        async with asyncio.timeout(10):
            await stage.stock(skus[-1], 1)
    assert found == dict.fromkeys(skus, "10")


async def test_an_instant_that_is_not_settled_or_too_old_is_refused(acme: Any) -> None:
    now = datetime.now(UTC)
    for as_of in (now, now + DAY, now - 36 * DAY):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await snapshot(acme, as_of)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    as_of, _ = await snapshot(acme)
    assert as_of < now


async def test_another_tenant_gets_none_of_it(stage: Stage, server: RunningServer) -> None:
    await stage.stock(await item(stage), 10)
    globex = server.caller(pb_grpc.ReportServiceStub, tenant="globex")
    rows: Sequence[pb.SnapshotRow] = (await snapshot(globex))[1]
    assert rows == []
