"""Use cases on fakes of their ports: what they load, whom they tell, what they watch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from procurement.domain.order_line import LineState
from procurement.domain.outcomes import Outcome
from procurement.domain.purchase_order import OrderState, PurchaseOrder
from procurement.domain.receipt import Receipt, ReceiptLineTerms, ReceiptTerms
from procurement.domain.refusals import (
    DecisionOutdated,
    FieldMissing,
    LocationOfAnotherSystem,
    LocationUnknown,
    PartyUnknown,
    PurchaseOrderAmbiguous,
    PurchaseOrderUnknown,
    ReceiptNumberReused,
    ShipNoticeNamesNothing,
    ShipNoticeReused,
    ShipNoticeUnknown,
    SupplierMismatch,
)
from procurement.domain.ship_notice import Flag, NoticeLineTerms, NoticeState, NoticeTerms
from procurement.domain.terms import OrderDocument, Placement, SalesLine
from procurement.ports import NoticePurpose, OrderName, Origin
from procurement.use_cases import deadlines
from procurement.use_cases.commands import (
    AcknowledgePurchaseOrder,
    DecideProposedChange,
    RecordReceipt,
    RecordShipNotice,
    SubmitPurchaseOrder,
)
from procurement.use_cases.purchase_orders import (
    acknowledge_purchase_order,
    decide_proposed_change,
    submit_purchase_order,
)
from procurement.use_cases.receipts import RecordedReceipt, record_receipt
from procurement.use_cases.ship_notices import RecordedShipNotice, record_ship_notice
from procurement.wire import inbound, purchase_order
from procurement_cases import trade
from procurement_cases.fakes import FakeUnitOfWork
from procurement_cases.trade import NOW, document, line, packed, says

ERP = Origin("ERP-EU", 1, occurred_at=NOW)
SUPPLIER = Origin("SUP-NORDIC", 6, occurred_at=NOW)
WMS = Origin("WMS-EAST", 2, occurred_at=NOW)


@pytest.fixture
def uow() -> FakeUnitOfWork:
    return FakeUnitOfWork()


async def submit(uow: FakeUnitOfWork, *lines: Any, **more: Any) -> tuple[PurchaseOrder, Placement]:
    written: OrderDocument = document(*lines, **more)
    return await submit_purchase_order(SubmitPurchaseOrder(ERP, written), uow, uow.mint)


async def answer(uow: FakeUnitOfWork, *said: Any, number: str = "4711", **more: Any) -> PurchaseOrder:
    given = trade.answer(trade.of_line("10", *said), **more) if said else trade.answer(whole_order=Outcome.ACCEPTED)
    return await acknowledge_purchase_order(AcknowledgePurchaseOrder(SUPPLIER, OrderName(number=number), given), uow)


async def ship(
    uow: FakeUnitOfWork,
    number: str,
    *lines: NoticeLineTerms,
    purpose: NoticePurpose = NoticePurpose.ORIGINAL,
    **more: Any,
) -> RecordedShipNotice:
    terms = NoticeTerms(number, "SUP-NORDIC", lines=lines, expected_on=trade.day(5), **more)
    return await record_ship_notice(RecordShipNotice(SUPPLIER, purpose, terms), uow, uow.mint)


async def receive(uow: FakeUnitOfWork, number: str, *lines: ReceiptLineTerms, **more: Any) -> RecordedReceipt:
    terms = ReceiptTerms("WMS-EAST", number, more.pop("location_id", "WH-EAST"), NOW, lines, **more)
    return await record_receipt(RecordReceipt(WMS, terms), uow, uow.mint)


async def test_a_new_order_is_watched_for_its_answer(uow: FakeUnitOfWork) -> None:
    order, placement = await submit(uow)
    assert (placement, uow.work.names) == (Placement.CREATED, ["PurchaseOrderReleased"])
    (watched,) = uow.work.deadlines.values()
    assert (watched.kind, watched.subject) == (deadlines.UNACKNOWLEDGED, order.purchase_order_id)
    assert watched.due_at == NOW + timedelta(days=1)


async def test_a_repeat_leaves_the_watch_as_it_is(uow: FakeUnitOfWork) -> None:
    await submit(uow)
    before = dict(uow.work.deadlines)
    uow.work.now = NOW + timedelta(hours=5)
    _, placement = await submit(uow)
    assert (placement, uow.work.deadlines, uow.work.names) == (Placement.REPEATED, before, [])
    assert uow.work.notes[-1]["outcome"] == "duplicate"


async def test_what_master_data_does_not_know_stops_an_order(uow: FakeUnitOfWork) -> None:
    with pytest.raises(LocationUnknown):
        await submit(uow, ship_to_id="WH-MOON")
    with pytest.raises(PartyUnknown):
        await submit(uow, supplier_id="SUP-GHOST", number="2")
    order, _ = await submit(uow, line("10", ship_to_id="CUSTOMERS-PLACE", drop_ship_party_id="CUST-1"), number="3")
    assert order.state is OrderState.RELEASED, "somebody else's place need not be known"


async def run(uow: FakeUnitOfWork, kind: str, subject: str) -> list[str]:
    """The deadline is due and removed, as the loop of timers does it; what it told."""
    uow.work.deadlines.pop((kind, subject), None)
    async with uow() as work:
        await deadlines.HANDLERS[kind](subject, work)
    return uow.work.names


OVERDUE = "PurchaseOrderAnswerOverdue"


def waits(uow: FakeUnitOfWork) -> list[str]:
    return [kind for kind, _ in uow.work.deadlines if kind in {each.kind for each in deadlines.CHASE}]


@pytest.mark.feature("F062")
async def test_a_silent_supplier_is_reminded_then_the_buyer_told_then_it_is_an_exception(uow: FakeUnitOfWork) -> None:
    order, _ = await submit(uow)
    seen = list[tuple[list[str], list[str], int]]()
    for wait in deadlines.CHASE:
        told = await run(uow, wait.kind, order.purchase_order_id)
        seen.append((told, waits(uow), len(uow.work.concerns)))
    assert seen == [([OVERDUE], [deadlines.REMINDED], 0), ([OVERDUE], [deadlines.ESCALATED], 0), ([OVERDUE], [], 1)]
    (raised,) = uow.work.concerns
    assert (raised.code, raised.owner) == ("PURCHASE_ORDER_UNACKNOWLEDGED", "buyer")
    await answer(uow)
    assert raised.identity in uow.work.settled
    assert order.chase is None


@pytest.mark.feature("F062")
async def test_a_step_is_taken_once_however_often_its_timer_comes(uow: FakeUnitOfWork) -> None:
    order, _ = await submit(uow)
    first, second, third = deadlines.CHASE
    coming = (third, second, first, first, first, third, second, second)
    told = [len(await run(uow, each.kind, order.purchase_order_id)) for each in coming]
    assert told == [0, 0, 1, 0, 0, 0, 1, 0], "out of turn and again, nothing happens"
    assert uow.work.concerns == []


@pytest.mark.feature("F062")
async def test_an_answer_in_between_ends_the_chase(uow: FakeUnitOfWork) -> None:
    order, _ = await submit(uow)
    await run(uow, deadlines.UNACKNOWLEDGED, order.purchase_order_id)
    await answer(uow)
    assert waits(uow) == []
    told = [await run(uow, each.kind, order.purchase_order_id) for each in deadlines.CHASE]
    assert (told, uow.work.concerns) == ([[], [], []], []), "a timer that was under way finds nothing owed"


@pytest.mark.feature("F062")
async def test_an_answer_to_a_part_begins_the_chase_of_the_rest_anew_and_its_repetition_does_not(
    uow: FakeUnitOfWork,
) -> None:
    order, _ = await submit(uow, line("10", 5), line("20", 5))
    await run(uow, deadlines.UNACKNOWLEDGED, order.purchase_order_id)
    uow.work.now = NOW + timedelta(hours=30)
    await answer(uow, says(Outcome.ACCEPTED, 5, on=trade.day(5)))
    assert waits(uow) == [deadlines.UNACKNOWLEDGED]
    await run(uow, deadlines.UNACKNOWLEDGED, order.purchase_order_id)
    due = uow.work.deadlines[deadlines.REMINDED, order.purchase_order_id].due_at
    uow.work.now = NOW + timedelta(hours=50)
    await answer(uow, says(Outcome.ACCEPTED, 5, on=trade.day(5)))
    assert uow.work.deadlines[deadlines.REMINDED, order.purchase_order_id].due_at == due, "the same answer wins no time"


@pytest.mark.feature("F062")
async def test_another_revision_is_owed_an_answer_of_its_own(uow: FakeUnitOfWork) -> None:
    order, _ = await submit(uow)
    await run(uow, deadlines.UNACKNOWLEDGED, order.purchase_order_id)
    await submit(uow, line("10", 7), revision="2", hours=3)
    assert waits(uow) == [deadlines.UNACKNOWLEDGED]


async def test_an_answer_tells_the_warehouses_what_to_expect(uow: FakeUnitOfWork) -> None:
    await submit(uow, line("10"), line("20", 5, ship_to_id="WH-WEST"))
    await answer(uow)
    assert uow.work.names == ["PurchaseOrderAcknowledged", "InboundExpected", "InboundExpected"]
    assert {kind for kind, _ in uow.work.deadlines} == {deadlines.NOT_SHIPPED}


async def test_an_answer_finds_its_order_or_none(uow: FakeUnitOfWork) -> None:
    await submit(uow)
    with pytest.raises(PurchaseOrderUnknown):
        await answer(uow, number="4712")
    with pytest.raises(SupplierMismatch):
        await answer(uow, says(Outcome.ACCEPTED), supplier_id="SUP-DELTA")
    with pytest.raises(FieldMissing):
        await acknowledge_purchase_order(
            AcknowledgePurchaseOrder(SUPPLIER, OrderName(number="4711"), trade.answer()), uow
        )


async def test_one_number_of_two_erps_is_two_orders(uow: FakeUnitOfWork) -> None:
    first, _ = await submit(uow)
    other = replace(document(), system="ERP-US")
    second, placement = await submit_purchase_order(SubmitPurchaseOrder(ERP, other), uow, uow.mint)
    assert (placement, first.purchase_order_id != second.purchase_order_id) == (Placement.CREATED, True)
    with pytest.raises(PurchaseOrderAmbiguous):
        await answer(uow)


async def test_a_proposal_is_watched_until_the_buyer_decides(uow: FakeUnitOfWork) -> None:
    order, _ = await submit(uow)
    await answer(uow, says(Outcome.PRICE_CHANGED, 100))
    line_id = order.lines[0].line_id
    assert list(uow.work.deadlines) == [(deadlines.UNDECIDED, line_id)]
    async with uow() as work:
        await deadlines.undecided(line_id, work)
    assert [(each.code, each.owner) for each in uow.work.concerns] == [("DECISION_OVERDUE", "buyer")]
    raised = uow.work.concerns[0].identity
    command = DecideProposedChange(order.purchase_order_id, "10", accept=True)
    with pytest.raises(DecisionOutdated):
        await decide_proposed_change(replace(command, etag="77"), uow)
    await decide_proposed_change(command, uow)
    assert (deadlines.UNDECIDED, line_id) not in uow.work.deadlines
    assert raised in uow.work.settled
    with pytest.raises(PurchaseOrderUnknown):
        await decide_proposed_change(replace(command, purchase_order_id="none"), uow)


async def test_a_shipment_replaces_the_promise_at_the_dock_and_is_watched(uow: FakeUnitOfWork) -> None:
    await submit(uow)
    await answer(uow)
    done = await ship(uow, "SH-1", packed("4711", 60))
    assert uow.work.names == ["ShipNoticeReceived", "InboundExpected", "InboundExpected"]
    assert (deadlines.NOT_ARRIVED, done.notice.ship_notice_id) in uow.work.deadlines
    assert done.notice.ship_to_id == "WH-EAST", "where the order goes, because the notice does not say"


@pytest.mark.feature("F068")
async def test_a_shipment_that_does_not_arrive_is_the_supplier_desks(uow: FakeUnitOfWork) -> None:
    await submit(uow)
    notice = (await ship(uow, "SH-1", packed("4711", 60))).notice
    async with uow() as work:
        await deadlines.not_arrived(notice.ship_notice_id, work)
    assert [(each.code, each.owner) for each in uow.work.concerns] == [("SHIP_NOTICE_NOT_RECEIVED", "supplier-desk")]
    await receive(uow, "RC-1", trade.counted(60, ship_notice_number="SH-1"))
    assert (deadlines.NOT_ARRIVED, notice.ship_notice_id) not in uow.work.deadlines
    assert uow.work.concerns[0].identity in uow.work.settled


async def test_a_notice_is_recorded_once_replaced_and_cancelled(uow: FakeUnitOfWork) -> None:
    order, _ = await submit(uow)
    first = (await ship(uow, "SH-1", packed("4711", 60))).notice
    assert (await ship(uow, "SH-1", packed("4711", 60))).repeated
    with pytest.raises(ShipNoticeReused):
        await ship(uow, "SH-1", packed("4711", 50))
    second = (await ship(uow, "SH-1", packed("4711", 50), purpose=NoticePurpose.REPLACE)).notice
    assert (first.state, second.state) == (NoticeState.REPLACED, NoticeState.IN_TRANSIT)
    assert order.lines[0].in_transit == 50
    back = (await ship(uow, "SH-1", packed("4711", 60), purpose=NoticePurpose.REPLACE)).notice
    assert (back.state, second.state) == (NoticeState.IN_TRANSIT, NoticeState.REPLACED), "back to the first content"
    await ship(uow, "SH-1", purpose=NoticePurpose.CANCEL)
    assert order.lines[0].in_transit == 0
    assert uow.work.names[0] == "ShipNoticeWithdrawn"
    assert (await ship(uow, "SH-1", purpose=NoticePurpose.CANCEL)).repeated


async def test_a_handling_unit_of_another_shipment_is_told_and_the_goods_are_expected(uow: FakeUnitOfWork) -> None:
    order, _ = await submit(uow)
    await ship(uow, "SH-1", packed("4711", 20, carton_sscc="106141411234567897"))
    await ship(uow, "SH-1", packed("4711", 21, carton_sscc="106141411234567897"), purpose=NoticePurpose.REPLACE)
    assert uow.work.concerns == [], "the same shipment may name its units again"
    await ship(uow, "SH-2", packed("4711", 30, carton_sscc="106141411234567897"))
    (raised,) = uow.work.concerns
    assert (raised.code, raised.owner, raised.failure_class.value) == ("SSCC_REUSED", "supplier-desk", "partner")
    assert raised.details == {"106141411234567897": "SUP-NORDIC/SH-1"}
    assert order.lines[0].in_transit == 51
    uow.work.concerns.clear()
    uow.work.now = NOW + timedelta(days=366)
    await ship(uow, "SH-3", packed("4711", 10, carton_sscc="106141411234567897"))
    assert uow.work.concerns == [], "after a year a code is free again"


async def test_a_notice_for_a_drop_ship_line_makes_nothing_of_ours(uow: FakeUnitOfWork) -> None:
    order, _ = await submit(uow, line("10", ship_to_id="CUSTOMERS-PLACE", drop_ship_party_id="CUST-1"))
    await answer(uow)
    done = await ship(uow, "SH-1", packed("4711", 60))
    (written,) = done.notice.lines
    assert written.flags == (Flag.DROP_SHIP,)
    assert written.base == 0
    assert not written.counts_on_order
    assert order.lines[0].in_transit == 0
    assert [each.lines for of in uow.work.expected.all.values() for each in of.values() if each.lines] == []
    assert deadlines.NOT_ARRIVED not in {kind for kind, _ in uow.work.deadlines}, "it never arrives here"
    assert uow.work.concerns == []


@pytest.mark.feature("F119")
async def test_a_drop_shipment_ends_with_its_notice_and_says_for_which_customers_line_it_is(
    uow: FakeUnitOfWork,
) -> None:
    ours = SalesLine("3", "0191-1", "S-1")
    asked = line("10", ship_to_id="CUSTOMERS-PLACE", drop_ship_party_id="CUST-1", sales_line=ours)
    order, _ = await submit(uow, asked)
    await answer(uow)
    assert purchase_order.order_line(order.lines[0], None).committed.value == "100"
    done = await ship(uow, "SH-1", packed("4711", 60))
    [told] = inbound.ship_notice(done.notice).lines
    assert (told.sales_line.order_id, told.sales_line.line_number) == ("0191-1", "3")
    assert (told.direct.value, told.base_quantity) == ("60", "0")
    assert order.lines[0].open == 40
    assert order.state.value == "confirmed"
    await ship(uow, "SH-2", packed("4711", 40))
    assert order.lines[0].state is LineState.SHIPPED_DIRECT
    assert order.state.value == "completed"
    assert "PurchaseOrderCompleted" in uow.work.names
    await ship(uow, "SH-2", packed("4711", 40), purpose=NoticePurpose.CANCEL)
    assert order.lines[0].open == 40
    done = await ship(uow, "SH-3", packed("4711", 70))
    assert set(done.notice.lines[0].flags) == {Flag.ABOVE_OPEN_QUANTITY, Flag.DROP_SHIP}


async def test_a_notice_of_nothing_is_refused(uow: FakeUnitOfWork) -> None:
    with pytest.raises(ShipNoticeNamesNothing):
        await ship(uow, "SH-1", packed("4599", 60))
    with pytest.raises(ShipNoticeUnknown):
        await ship(uow, "SH-1", purpose=NoticePurpose.CANCEL)


async def test_a_receipt_is_booked_once(uow: FakeUnitOfWork) -> None:
    order, _ = await submit(uow)
    report = trade.counted(100, purchase_order_number="4711", line_number="10")
    first = await receive(uow, "RC-1", report)
    assert uow.work.names.count("GoodsReceived") == 1
    again = await receive(uow, "RC-1", report)
    assert (again.repeated, again.receipt is first.receipt, uow.work.names) == (True, True, [])
    with pytest.raises(ReceiptNumberReused):
        await receive(uow, "RC-1", replace(report, quantity=trade.each(99)))
    assert order.lines[0].state is LineState.RECEIVED


async def test_a_receipt_comes_from_the_system_that_runs_the_place(uow: FakeUnitOfWork) -> None:
    with pytest.raises(LocationUnknown):
        await receive(uow, "RC-1", trade.counted(1), location_id="WH-MOON")
    with pytest.raises(LocationOfAnotherSystem):
        await receive(uow, "RC-1", trade.counted(1), location_id="WH-WEST")


async def test_the_warehouse_is_not_told_what_it_has_just_reported(uow: FakeUnitOfWork) -> None:
    await submit(uow)
    await answer(uow)
    await receive(uow, "RC-1", trade.counted(60, purchase_order_number="4711", line_number="10"))
    assert "InboundExpected" not in uow.work.names


async def test_goods_of_nobodys_order_belong_to_the_place_they_lie_at(uow: FakeUnitOfWork) -> None:
    receipt: Receipt = (await receive(uow, "RC-1", trade.counted(7))).receipt
    assert (receipt.business_unit, receipt.transaction_ids) == ("EU01", (receipt.receipt_id,))


@pytest.mark.feature("F062")
async def test_a_promise_is_watched_until_it_is_kept(uow: FakeUnitOfWork) -> None:
    order, _ = await submit(uow, line("10", requested=trade.on_days((60, 3), (40, 9))))
    await answer(uow)
    watched = (deadlines.NOT_SHIPPED, order.purchase_order_id)
    start = datetime.combine(NOW.date(), time(0), UTC)
    assert uow.work.deadlines[watched].due_at == start + timedelta(days=3 + 1), "the first day and the policy's one"
    await ship(uow, "SH-1", packed("4711", 60))
    assert uow.work.deadlines[watched].due_at == start + timedelta(days=9 + 1)
    uow.work.now = NOW + timedelta(days=11)
    async with uow() as work:
        await deadlines.not_shipped(order.purchase_order_id, work)
    assert [(each.code, each.owner) for each in uow.work.concerns] == [("PROMISE_OVERDUE", "supplier-desk")]
    raised = uow.work.concerns[0].identity
    uow.work.settled.clear()
    await ship(uow, "SH-2", packed("4711", 40))
    assert watched not in uow.work.deadlines
    assert raised in uow.work.settled


async def test_a_backorder_without_a_day_does_not_wait_for_ever_unseen(uow: FakeUnitOfWork) -> None:
    order, _ = await submit(uow)
    await answer(uow, says(Outcome.BACKORDERED))
    assert (deadlines.NOT_SHIPPED, order.purchase_order_id) in uow.work.deadlines
    async with uow() as work:
        await deadlines.not_shipped(order.purchase_order_id, work)
    assert [each.code for each in uow.work.concerns] == ["PROMISE_OVERDUE"]


async def test_a_promise_that_moved_is_watched_for_its_new_day(uow: FakeUnitOfWork) -> None:
    order, _ = await submit(uow, line("10", requested=trade.on_days((100, 3))))
    await answer(uow)
    async with uow() as work:
        await deadlines.not_shipped(order.purchase_order_id, work)
    assert uow.work.concerns == []
    assert (deadlines.NOT_SHIPPED, order.purchase_order_id) in uow.work.deadlines
