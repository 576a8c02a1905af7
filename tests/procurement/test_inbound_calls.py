"""Answers, notices and receipts through real calls: what they announce, what they raise, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import uuid4

import crossdock.procurement.events.v1.events_pb2 as facts
import grpc
import pytest
from crossdock.common.v1 import values_pb2 as common
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import inbound_pb2 as inbound
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import procurement_service_pb2_grpc as pb_grpc
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from crossdock_kit.database import Engine, transaction
from crossdock_kit.ownership_overrides import Override
from crossdock_kit.testing import FixedClock, start_service
from crossdock_kit.unit_of_work import UnitOfWork
from procurement.__main__ import mint
from procurement.api import ProcurementService
from procurement.store.unit_of_work import ProcurementUnitOfWork
from procurement_cases.calls import Caller, answered, at, counted, line, on, origin, packed, quantity, says, unique
from procurement_cases.refusals import refused

PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION


async def ordered(
    caller: Caller, *lines: pb.OrderedLine, confirmed: bool = True, **more: Any
) -> order_pb.PurchaseOrder:
    number = unique("PO")
    done = await caller.submit(number, lines or None, **more)
    if confirmed:
        return (await caller.answer(number, supplier_id=more.get("supplier_id", "SUP-NORDIC"))).purchase_order
    return done.purchase_order


def dearer() -> common.UnitPrice:
    return common.UnitPrice(money=common.Money(amount="2.75", currency="EUR"))


# --- answers


@pytest.mark.feature("F008", "F009", "F061")
async def test_a_split_answer_is_announced_with_old_and_new_quantity_and_date(caller: Caller) -> None:
    asked = line("10", 100, requested=[order_pb.ScheduleLine(quantity=quantity(100), date=on(7))])
    order = await ordered(caller, asked, confirmed=False)
    accepted = says(pb.ACKNOWLEDGMENT_OUTCOME_ACCEPTED, 60, code="IA")
    later = says(pb.ACKNOWLEDGMENT_OUTCOME_DATE_CHANGED, 40, code="DR", date=on(14))
    done = await caller.answer(order.number, answered("10", accepted, later))
    assert done.purchase_order.state == order_pb.PURCHASE_ORDER_STATE_CONFIRMED
    told = await caller.journal(order.purchase_order_id)
    fact = next(each for each in told if isinstance(each, facts.PurchaseOrderAcknowledged))
    first, second = fact.changes
    assert (first.old_quantity, first.new_quantity, first.old_date, first.new_date) == (
        quantity(100),
        quantity(60),
        on(7),
        on(7),
    )
    assert (second.new_quantity, second.new_date) == (quantity(40), on(14))
    assert [(each.code, each.confirmed_quantity) for each in fact.answers] == [("IA", "100"), ("DR", "100")]
    expected = next(each for each in told if isinstance(each, facts.InboundExpected))
    assert [(each.quantity, each.expected_on) for each in expected.lines] == [
        (quantity(60), on(7)),
        (quantity(40), on(14)),
    ]
    assert "procurement.unacknowledged" not in await caller.timers(order.purchase_order_id)


@pytest.mark.feature("F057")
async def test_an_answer_to_an_obsolete_revision_is_refused_without_effect(caller: Caller) -> None:
    order = await ordered(caller, confirmed=False)
    await caller.submit(order.number, [line("10", 80)], hours=1)
    before = await caller.facts(order.purchase_order_id)
    assert await refused(caller.answer(order.number, revision=1)) == (PRECONDITION, "OBSOLETE_REVISION")
    undecided = caller.answer(order.number, revision=0, revision_basis=pb.REVISION_BASIS_UNKNOWN)
    assert await refused(undecided) == (PRECONDITION, "REVISION_UNDECIDABLE")
    assert await caller.facts(order.purchase_order_id) == before


async def test_an_unknown_order_or_line_or_another_supplier_cannot_be_answered(caller: Caller) -> None:
    order = await ordered(caller, confirmed=False)
    assert await refused(caller.answer("NONE")) == (grpc.StatusCode.NOT_FOUND, "PURCHASE_ORDER_UNKNOWN")
    wrong = caller.answer(order.number, answered("99", says(pb.ACKNOWLEDGMENT_OUTCOME_ACCEPTED)))
    assert await refused(wrong) == (PRECONDITION, "LINE_UNKNOWN")
    assert await refused(caller.answer(order.number, supplier_id="SUP-DELTA")) == (PRECONDITION, "SUPPLIER_MISMATCH")
    empty = caller.answer(order.number, whole_order=pb.ACKNOWLEDGMENT_OUTCOME_UNSPECIFIED)
    assert await refused(empty) == (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_MISSING")


async def test_lines_on_hold_are_the_buyers_until_the_supplier_says_more(caller: Caller) -> None:
    order = await ordered(caller, confirmed=False)
    await caller.answer(order.number, answered("10", says(pb.ACKNOWLEDGMENT_OUTCOME_ON_HOLD, code="IF")))
    assert await caller.exceptions(order.purchase_order_id) == [("HOLD_NEEDS_BUYER", "buyer", True)]
    await caller.answer(order.number, hours=2)
    assert await caller.exceptions(order.purchase_order_id) == [("HOLD_NEEDS_BUYER", "buyer", False)]


@pytest.mark.feature("F060")
async def test_the_buyer_decides_on_a_price_under_the_state_that_was_seen(caller: Caller) -> None:
    order = await ordered(caller, confirmed=False)
    offer = says(pb.ACKNOWLEDGMENT_OUTCOME_PRICE_CHANGED, 100, code="IP", price=dearer())
    waiting = (await caller.answer(order.number, answered("10", offer))).purchase_order
    assert waiting.lines[0].state == order_pb.LINE_STATE_AWAITING_DECISION
    assert waiting.lines[0].proposed.price == dearer()
    assert "procurement.undecided" in await caller.timers(order.purchase_order_id)
    decision = pb.DecideProposedChangeRequest(
        request_id=str(uuid4()),
        purchase_order_id=order.purchase_order_id,
        line_number="10",
        decision=pb.DECISION_ACCEPT,
        etag=order.etag,
    )
    assert await refused(caller.stub.DecideProposedChange(decision, timeout=20)) == (
        grpc.StatusCode.ABORTED,
        "DECISION_OUTDATED",
    )
    decision.request_id, decision.etag = str(uuid4()), waiting.etag
    decided = (await caller.stub.DecideProposedChange(decision, timeout=20)).purchase_order
    assert (decided.lines[0].price, decided.state) == (dearer(), order_pb.PURCHASE_ORDER_STATE_CONFIRMED)
    assert (await caller.facts(order.purchase_order_id)).count("PurchaseOrderChangeDecided") == 1
    assert list(await caller.timers(order.purchase_order_id)) == ["procurement.not_shipped"]


# --- notices


@pytest.mark.feature("F010", "F011", "F065")
async def test_a_notice_becomes_an_expected_receipt_with_cartons_and_lots(caller: Caller) -> None:
    order = await ordered(caller)
    asn = unique("SH")
    content = packed(
        order.number,
        2,
        unit="XCS",
        pallet_sscc="1" * 18,
        carton_sscc="2" * 18,
        lot=common.Lot(number="L1", expires_on=on(300)),
    )
    notice = (await caller.ship(asn, content)).ship_notice
    placed = notice.lines[0]
    assert (placed.base_quantity, placed.from_on_order, placed.sku) == ("24", "24", "BOLT")
    told = await caller.journal(notice.ship_notice_id)
    expected = next(each for each in told if isinstance(each, facts.InboundExpected))
    (due,) = expected.lines
    assert (due.quantity, due.pallet_sscc, due.carton_sscc, due.lot.number) == (
        quantity(2, "XCS"),
        "1" * 18,
        "2" * 18,
        "L1",
    )
    assert (expected.location_id, expected.ship_notice_number, due.expected_on) == ("WH-EAST", asn, on(5))
    rest = [each for each in await caller.journal(order.purchase_order_id) if isinstance(each, facts.InboundExpected)]
    assert {each.reference: each.lines[0].quantity for each in rest}[order.purchase_order_id] == quantity(76)
    found = await caller.stub.GetShipNotice(pb.GetShipNoticeRequest(supplier_id="SUP-NORDIC", number=asn), timeout=20)
    assert found.ship_notice == notice
    assert "procurement.not_arrived" in await caller.timers(order.purchase_order_id)


async def test_the_same_notice_again_changes_nothing_and_other_content_is_refused(caller: Caller) -> None:
    order = await ordered(caller)
    asn = unique("SH")
    first = await caller.ship(asn, packed(order.number, 60))
    told = await caller.facts(order.purchase_order_id)
    again = await caller.ship(asn, packed(order.number, 60))
    assert (again.repeated_notice, again.ship_notice) == (True, first.ship_notice)
    assert await refused(caller.ship(asn, packed(order.number, 50))) == (PRECONDITION, "SHIP_NOTICE_REUSED")
    assert await caller.facts(order.purchase_order_id) == told


async def test_a_notice_is_replaced_and_cancelled(caller: Caller) -> None:
    order = await ordered(caller)
    asn = unique("SH")
    first = (await caller.ship(asn, packed(order.number, 60))).ship_notice
    second = (await caller.ship(asn, packed(order.number, 50), purpose=pb.NOTICE_PURPOSE_REPLACE)).ship_notice
    assert second.ship_notice_id != first.ship_notice_id
    line_now = (await caller.order(order.number)).purchase_order.lines[0]
    assert line_now.shipped_quantity == "50"
    again = await caller.ship(asn, packed(order.number, 60))
    assert again.repeated_notice, "the first notice, late"
    await caller.ship(asn, purpose=pb.NOTICE_PURPOSE_CANCEL)
    gone = await caller.ship(asn, purpose=pb.NOTICE_PURPOSE_CANCEL)
    assert (gone.repeated_notice, gone.ship_notice.state) == (True, inbound.SHIP_NOTICE_STATE_CANCELLED)
    told = await caller.journal(order.purchase_order_id)
    withdrawn = [each for each in told if isinstance(each, facts.ShipNoticeWithdrawn)]
    assert [(each.replaced, each.ship_notice.lines[0].from_on_order) for each in withdrawn] == [
        (True, "60"),
        (False, "50"),
    ]
    last = [each for each in told if isinstance(each, facts.InboundExpected)][-1]
    assert (last.reference, last.lines[0].quantity) == (order.purchase_order_id, quantity(100))


async def test_a_notice_can_only_cancel_what_is_there(caller: Caller) -> None:
    cancel = caller.ship(unique("SH"), purpose=pb.NOTICE_PURPOSE_CANCEL)
    assert await refused(cancel) == (grpc.StatusCode.NOT_FOUND, "SHIP_NOTICE_UNKNOWN")
    assert await refused(caller.ship(unique("SH"))) == (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_MISSING")


@pytest.mark.feature("F058")
async def test_what_looks_wrong_is_flagged_and_still_expected(caller: Caller) -> None:
    order = await ordered(caller)
    await caller.submit(order.number, [line("10", 80)], hours=1)
    notice = (await caller.ship(unique("SH"), packed(order.number, 100, packed_on_revision=1))).ship_notice
    assert list(notice.lines[0].flags) == ["OBSOLETE_REVISION", "ABOVE_OPEN_QUANTITY"]
    raised = [("SHIPPED_ON_OBSOLETE_REVISION", "procurement", True)]
    assert await caller.exceptions(order.purchase_order_id) == raised


async def test_a_line_of_an_unknown_order_is_an_exception_and_the_rest_goes_on(caller: Caller) -> None:
    order = await ordered(caller)
    done = await caller.ship(unique("SH"), packed(order.number, 20), packed("4599999999", 5))
    assert len(done.ship_notice.lines) == len(done.refused_lines) == 1
    assert await caller.exceptions(order.purchase_order_id) == [("SHIP_NOTICE_LINE_UNKNOWN", "supplier-desk", True)]
    nothing = caller.ship(unique("SH"), packed("4599999999", 5))
    assert await refused(nothing) == (PRECONDITION, "SHIP_NOTICE_NAMES_NOTHING")


async def test_another_suppliers_order_is_unknown_to_a_notice(caller: Caller) -> None:
    order = await ordered(caller)
    foreign = caller.ship(unique("SH"), packed(order.number, 20), supplier_id="SUP-DELTA")
    assert await refused(foreign) == (PRECONDITION, "SHIP_NOTICE_NAMES_NOTHING")


# --- receipts


@pytest.mark.feature("F013", "F070", "F076")
async def test_a_receipt_closes_the_order_and_is_announced_with_what_it_was_taken_from(caller: Caller) -> None:
    order = await ordered(caller)
    asn = unique("SH")
    await caller.ship(asn, packed(order.number, 100))
    lot = common.Lot(number="L1")
    done = await caller.receive(unique("RC"), counted(100, ship_notice_number=asn, lot=lot), final=True)
    taken = done.receipt.lines[0]
    assert (taken.from_in_transit, taken.from_on_order, taken.beyond_order, taken.lot) == ("100", "0", "0", lot)
    found = await caller.order(order.number)
    assert found.purchase_order.state == order_pb.PURCHASE_ORDER_STATE_COMPLETED
    assert [each.state for each in found.ship_notices] == [inbound.SHIP_NOTICE_STATE_RECEIVED]
    assert list(found.receipts) == [done.receipt]
    told = await caller.facts(order.purchase_order_id)
    for once in ("GoodsReceived", "ShipNoticeClosed", "PurchaseOrderReceived", "PurchaseOrderCompleted"):
        assert told.count(once) == 1, once
    assert await caller.exceptions(order.purchase_order_id) == []
    assert await caller.timers(order.purchase_order_id) == {}


@pytest.mark.feature("F075", "F077")
async def test_short_and_damaged_goods_alert_and_the_rest_stays_on_order(caller: Caller) -> None:
    order = await ordered(caller)
    asn = unique("SH")
    await caller.ship(asn, packed(order.number, 100))
    good = counted(85, ship_notice_number=asn)
    damaged = counted(5, ship_notice_number=asn, condition=inbound.CONDITION_DAMAGED)
    done = await caller.receive(unique("RC"), good, damaged, final=True)
    codes = [each.code for each in done.discrepancies]
    assert codes == [inbound.DISCREPANCY_CODE_DAMAGED, inbound.DISCREPANCY_CODE_SHORT]
    assert await caller.exceptions(order.purchase_order_id) == [("SHORT_BEYOND_TOLERANCE", "replenishment", True)]
    told = await caller.journal(order.purchase_order_id)
    closed = next(each for each in told if isinstance(each, facts.ShipNoticeClosed))
    assert [(each.quantity, each.stays_on_order) for each in closed.short_lines] == [(quantity(10), True)]
    expected = [each for each in told if isinstance(each, facts.InboundExpected)]
    mine = [each for each in expected if each.reference == order.purchase_order_id]
    assert [(each.sequence, each.withdrawn) for each in mine] == [(1, False), (2, True), (3, False)]
    assert mine[-1].lines[0].quantity == quantity(10)


@pytest.mark.feature("F073")
async def test_a_repeated_report_is_booked_once_and_a_used_number_is_refused(caller: Caller) -> None:
    order = await ordered(caller)
    number = unique("RC")
    report = counted(30, purchase_order_number=order.number, line_number="10")
    done = await asyncio.gather(*(caller.receive(number, report) for _ in range(4)))
    assert sorted(each.repeated_receipt for each in done) == [False, True, True, True]
    assert (await caller.order(order.number)).purchase_order.lines[0].received_quantity == "30"
    other = caller.receive(number, counted(31, purchase_order_number=order.number, line_number="10"))
    assert await refused(other) == (PRECONDITION, "RECEIPT_NUMBER_REUSED")
    found = await caller.stub.GetReceipt(pb.GetReceiptRequest(system="WMS-EAST", number=number), timeout=20)
    assert found.receipt == done[0].receipt


@pytest.mark.feature("F073")
async def test_the_same_goods_under_another_number_are_booked_and_raised(caller: Caller) -> None:
    order = await ordered(caller)
    asn = unique("SH")
    await caller.ship(asn, packed(order.number, 100))
    part = counted(30, ship_notice_number=asn, purchase_order_number=order.number, line_number="10")
    first, second, later = unique("RC"), unique("RC"), unique("RC")
    await caller.receive(first, part)
    await caller.receive(later, part, received_at=at(4))
    assert await caller.exceptions(order.purchase_order_id) == []
    again = (await caller.receive(second, part)).receipt
    assert (await caller.order(order.number)).purchase_order.lines[0].received_quantity == "90"
    assert await caller.exceptions(order.purchase_order_id) == [("RECEIPT_LIKE_ANOTHER", "warehouse", True)]
    async with transaction(caller.engine, ["acme"]) as tx:
        told = "SELECT summary FROM exception WHERE subject = $1"
        assert (await tx.driver.fetchval(told, f"receipt/{again.receipt_id}")).endswith(f"as receipt {first}")


async def test_the_same_goods_at_once_under_two_numbers_are_raised_once(caller: Caller) -> None:
    order = await ordered(caller)
    asn = unique("SH")
    await caller.ship(asn, packed(order.number, 100))
    part = counted(30, ship_notice_number=asn, purchase_order_number=order.number, line_number="10")
    await asyncio.gather(*(caller.receive(unique("RC"), part) for _ in range(2)))
    assert await caller.exceptions(order.purchase_order_id) == [("RECEIPT_LIKE_ANOTHER", "warehouse", True)]


async def test_goods_without_a_notice_are_booked_and_raised(caller: Caller) -> None:
    order = await ordered(caller)
    await caller.receive(unique("RC"), counted(100, purchase_order_number=order.number, line_number="10"))
    assert await caller.exceptions(order.purchase_order_id) == [("NO_SHIP_NOTICE", "supplier-desk", True)]
    told = [each for each in await caller.journal(order.purchase_order_id) if isinstance(each, facts.GoodsReceived)]
    assert [each.receipt.lines[0].from_on_order for each in told] == ["100"]


async def test_goods_of_nobodys_order_are_a_transaction_of_their_own(caller: Caller) -> None:
    number = unique("RC")
    receipt = (await caller.receive(number, counted(7))).receipt
    assert receipt.lines[0].beyond_order == "7"
    assert receipt.business_unit == "EU01"
    raised = [("RECEIPT_WITHOUT_ORDER", "procurement", True)]
    assert await caller.exceptions(receipt.receipt_id) == raised
    assert await caller.facts(receipt.receipt_id) == ["GoodsReceived", "DiscrepancyReported"]


@pytest.mark.feature("F181")
async def test_a_warehouse_reports_for_its_own_places_only(caller: Caller) -> None:
    report = counted(7)
    foreign = caller.receive(unique("RC"), report, system="WMS-WEST")
    assert await refused(foreign) == (PRECONDITION, "LOCATION_OF_ANOTHER_SYSTEM")
    nowhere = caller.receive(unique("RC"), report, location_id="WH-MOON")
    assert await refused(nowhere) == (PRECONDITION, "LOCATION_UNKNOWN")
    unknown = caller.receive(unique("RC"), counted(7, "GHOST"))
    assert await refused(unknown) == (PRECONDITION, "ITEM_UNKNOWN")


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "1e-9"])
async def test_a_count_that_is_none_is_invalid_and_nothing_is_booked(caller: Caller, value: str) -> None:
    order = await ordered(caller)
    number = unique("RC")
    wrong = counted(value, purchase_order_number=order.number, line_number="10")
    right = counted(5, purchase_order_number=order.number, line_number="10")
    status, _ = await refused(caller.receive(number, right, wrong))
    assert status is grpc.StatusCode.INVALID_ARGUMENT
    assert (await caller.order(order.number)).purchase_order.lines[0].received_quantity == "0"
    shipped, _ = await refused(caller.ship(unique("SH"), packed(order.number, value)))
    assert shipped is grpc.StatusCode.INVALID_ARGUMENT


async def test_one_receipt_over_two_orders_stands_in_both_timelines(caller: Caller) -> None:
    first, second = await ordered(caller), await ordered(caller)
    asn = unique("SH")
    await caller.ship(asn, packed(first.number, 100), packed(second.number, 100))
    report = [counted(100, ship_notice_number=asn, purchase_order_number=each.number) for each in (first, second)]
    await caller.receive(unique("RC"), *report)
    for order in (first, second):
        told = await caller.facts(order.purchase_order_id)
        assert (
            told.count("GoodsReceived") == told.count("ShipNoticeReceived") == told.count("PurchaseOrderCompleted") == 1
        )


async def test_receipts_at_once_for_orders_that_share_a_notice_end_with_the_right_sums(caller: Caller) -> None:
    orders = [await ordered(caller) for _ in range(3)]
    asn = unique("SH")
    await caller.ship(asn, *(packed(each.number, 100) for each in orders))
    reports = [
        caller.receive(unique("RC"), counted(10, ship_notice_number=asn, purchase_order_number=each.number))
        for each in orders
        for _ in range(5)
    ]
    await asyncio.gather(*reports)
    for order in orders:
        assert (await caller.order(order.number)).purchase_order.lines[0].received_quantity == "50"
    found = await caller.stub.GetShipNotice(pb.GetShipNoticeRequest(supplier_id="SUP-NORDIC", number=asn), timeout=20)
    assert [each.received_quantity for each in found.ship_notice.lines] == ["50"] * 3


@pytest.mark.feature("F040")
async def test_a_document_may_only_write_what_its_role_owns(caller: Caller) -> None:
    order = await ordered(caller)
    supplier = origin("SUP-NORDIC", options_pb2.ROLE_SUPPLIER, 9)
    erp = origin("ERP-EU", options_pb2.ROLE_ERP, 9)
    foreign = [
        caller.submit(order.number, [line("10", 1)], origin=supplier),
        caller.answer(order.number, answered("10", says(pb.ACKNOWLEDGMENT_OUTCOME_REJECTED)), origin=erp),
        caller.ship(unique("SH"), packed(order.number, 1), origin=erp),
        caller.receive(unique("RC"), counted(1), origin=supplier),
    ]
    for call in foreign:
        assert await refused(call) == (PRECONDITION, "FIELD_NOT_OWNED")
    assert (await caller.order(order.number)).purchase_order == order


@pytest.mark.feature("F039")
async def test_who_may_write_is_said_by_the_profile_or_the_configuration_and_a_refusal_says_so(
    caller: Caller, engine: Engine, uow: UnitOfWork, clock: FixedClock
) -> None:
    order = await ordered(caller)
    supplier, erp = origin("SUP-NORDIC", options_pb2.ROLE_SUPPLIER, 9), origin("ERP-EU", options_pb2.ROLE_ERP, 9)
    mine = origin("SUP-NORDIC", options_pb2.ROLE_SUPPLIER, 9)
    mine.ownership.add(attribute="ShipNotice.number", writers=[options_pb2.ROLE_ERP])
    with pytest.raises(grpc.aio.AioRpcError) as by_profile:
        await caller.ship(unique("SH"), packed(order.number, 1), origin=mine)
    assert "ERP, as the partner's profile says over the contract's SUPPLIER" in str(by_profile.value.details())
    told = {"ShipNotice.number": Override((options_pb2.ROLE_ERP,), "inbound desk")}
    servicer = ProcurementService(ProcurementUnitOfWork(uow), mint, clock)
    add = pb_grpc.add_ProcurementServiceServicer_to_server
    async with start_service((add, servicer), uow=uow, clock=clock, ownership=told) as configured:
        stub: Any = configured.caller(pb_grpc.ProcurementServiceStub, tenant="acme")
        there = Caller(stub, engine, "acme")
        with pytest.raises(grpc.aio.AioRpcError) as by_configuration:
            await there.ship(unique("SH"), packed(order.number, 1), origin=supplier)
        said = str(by_configuration.value.details())
        assert "ERP, as the deployment's configuration says over the contract's SUPPLIER" in said
        assert "its steward is inbound desk" in said
        asn = unique("SH")
        assert (await there.ship(asn, packed(order.number, 1), origin=erp)).ship_notice.number == asn


async def test_another_tenants_notices_and_receipts_do_not_exist(caller: Caller, stranger: Caller) -> None:
    order = await ordered(caller)
    asn, number = unique("SH"), unique("RC")
    notice = (await caller.ship(asn, packed(order.number, 60))).ship_notice
    receipt = (await caller.receive(number, counted(10, ship_notice_number=asn))).receipt
    hidden: list[Awaitable[object]] = [
        stranger.stub.GetShipNotice(pb.GetShipNoticeRequest(ship_notice_id=notice.ship_notice_id), timeout=20),
        stranger.stub.GetShipNotice(pb.GetShipNoticeRequest(supplier_id="SUP-NORDIC", number=asn), timeout=20),
        stranger.stub.GetReceipt(pb.GetReceiptRequest(receipt_id=receipt.receipt_id), timeout=20),
        stranger.stub.GetReceipt(pb.GetReceiptRequest(system="WMS-EAST", number=number), timeout=20),
    ]
    for call in hidden:
        status, _ = await refused(call)
        assert status is grpc.StatusCode.NOT_FOUND
    foreign_order = inbound.ShipNoticeLine(
        purchase_order_id=order.purchase_order_id, line_number="10", shipped=quantity(5)
    )
    assert await refused(stranger.ship(asn, foreign_order)) == (PRECONDITION, "SHIP_NOTICE_NAMES_NOTHING")
    theirs = counted(10, ship_notice_id=notice.ship_notice_id, purchase_order_id=order.purchase_order_id)
    booked = await stranger.receive(number, theirs)
    assert booked.receipt.lines[0].beyond_order == "10", "the number is free there, the order unknown"
    assert (await caller.order(order.number)).purchase_order.lines[0].received_quantity == "10"


async def test_an_order_of_a_thousand_lines_goes_all_the_way(caller: Caller) -> None:
    numbers = [str(number) for number in range(1, 1001)]
    order = await ordered(caller, *(line(number, 2) for number in numbers))
    assert order.state == order_pb.PURCHASE_ORDER_STATE_CONFIRMED
    asn = unique("SH")
    await caller.ship(asn, *(packed(order.number, 2, number) for number in numbers))
    named = {"ship_notice_number": asn, "purchase_order_number": order.number}
    await caller.receive(unique("RC"), *(counted(2, line_number=number, **named) for number in numbers), final=True)
    assert (await caller.order(order.number)).purchase_order.state == order_pb.PURCHASE_ORDER_STATE_COMPLETED
