"""Why a statement differs: in flight, not reported, counted, or nobody knows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as stock_pb
from crossdock.inventory.v1 import stock_control_service_pb2 as pb
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as pb_grpc
from crossdock.options.v1 import options_pb2
from crossdock_kit.clock import SystemClock
from crossdock_kit.testing import RunningServer, start_service
from inventory.api import StockControlServicer
from inventory.domain.accounts import Account
from inventory.domain.inbound import NoticeChange
from inventory.domain.likely_cause import Awaited, Known, Near, explained
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.statement import Cause, Difference
from inventory.use_cases.allocating import AllocateStock, allocate_stock
from inventory.use_cases.reservations import CommitReservations, commit_reservations
from inventory_stage import UNIT, D, Stage, some_cause, wanted
from inventory_stage.movements import NINE, a_sku, moved, stocked

SELLABLE, DAMAGED = Account.SELLABLE, Account.DAMAGED
SHORT = Difference("A1", "", SELLABLE, stated=D(8), in_ledger=D(10), unit="EA")


def near(change: int, minutes: int, document: str = "pick/1", lot: str = "") -> Near:
    return Near(lot, SELLABLE, D(change), NINE + timedelta(minutes=minutes), document)


def cause_of(found: Difference, *known: Near, awaited: tuple[Awaited, ...] = ()) -> tuple[Cause, str]:
    [its] = explained([found], NINE, {"A1": Known(known, awaited)})
    return its.cause, its.document


@pytest.mark.feature("F100")
@pytest.mark.parametrize(
    ("known", "cause"),
    [
        ([near(-2, 5)], (Cause.IN_FLIGHT, "pick/1")),  # counted by the warehouse, later in the ledger
        ([near(2, -5, "receipt/R-1/1")], (Cause.IN_FLIGHT, "receipt/R-1/1")),  # in the ledger, not counted yet
        ([near(-1, 5), near(-1, 9, "pick/2"), near(-4, 30)], (Cause.IN_FLIGHT, "pick/2")),
        ([near(-2, 5, "adjustment/CC-1/1")], (Cause.COUNT, "adjustment/CC-1/1")),
        ([near(2, 5), near(-2, -5)], (Cause.UNKNOWN, "")),  # these explain two too many
        ([near(-3, 5)], (Cause.UNKNOWN, "")),
        ([], (Cause.UNKNOWN, "")),
    ],
)
def test_what_moved_near_the_instant_explains_its_own_quantity(known: list[Near], cause: tuple[Cause, str]) -> None:
    assert cause_of(SHORT, *known) == cause


@pytest.mark.feature("F100")
def test_what_nobody_reported_explains_what_it_would_have_moved() -> None:
    picked = Awaited("L1", SELLABLE, D(-2), "pick/SO-1")
    announced = Awaited("", SELLABLE, D(5), "ship_notice/n-1")
    assert cause_of(SHORT, awaited=(announced, picked)) == (Cause.MISSING, "pick/SO-1")
    assert cause_of(replace(SHORT, lot="L2"), awaited=(picked,)) == (Cause.UNKNOWN, "")
    more = replace(SHORT, lot="L2", stated=D(15))
    assert cause_of(more, awaited=(announced,)) == (Cause.MISSING, "ship_notice/n-1")


def test_what_one_bucket_lacks_and_another_has_too_many_of_was_moved_between_them() -> None:
    spoiled = replace(SHORT, bucket=DAMAGED, stated=D(2), in_ledger=D(0))
    elsewhere = replace(spoiled, sku="B2")
    assert [each.cause for each in explained([SHORT, spoiled], NINE, {})] == [Cause.MISSING, Cause.MISSING]
    assert [each.cause for each in explained([SHORT, elsewhere], NINE, {})] == [Cause.UNKNOWN, Cause.UNKNOWN]


# --- in the service


@pytest.fixture(scope="module")
async def server(stage: Stage) -> AsyncIterator[RunningServer]:
    servicer = StockControlServicer(stage.engine, stage.uow, SystemClock())
    registration = (pb_grpc.add_StockControlServiceServicer_to_server, servicer)
    async with start_service(registration, uow=stage.uow.kit) as running:
        yield running


@pytest.fixture
def acme(server: RunningServer) -> Any:
    return server.caller(pb_grpc.StockControlServiceStub, tenant="acme")


async def stated(acme: Any, quantities: dict[str, str], at: datetime = NINE) -> dict[str, tuple[int, str]]:
    """What differs in EAST, with its cause, when the warehouse states so much."""
    request = pb.RecordStatementRequest(
        request_id=str(uuid4()),
        origin=values_pb2.Origin(system="WMS-EAST", role=options_pb2.ROLE_WMS),
        number=f"ST-{uuid4().hex[:8]}",
        location_id="EAST",
        business_unit=UNIT,
        buckets=[stock_pb.ACCOUNT_SELLABLE],
        lines=[
            pb.StatedStock(
                sku=sku, bucket=stock_pb.ACCOUNT_SELLABLE, quantity=values_pb2.Quantity(value=value, unit="EA")
            )
            for sku, value in quantities.items()
        ],
    )
    request.as_of.FromDatetime(at)
    found = (await acme.RecordStatement(request)).statement
    return {each.sku: (each.cause, each.cause_document) for each in found.differences}


async def summary(stage: Stage, sku: str) -> str:
    query = "SELECT summary FROM exception WHERE code = 'STOCK_DIFFERENCE' AND subject LIKE $1"
    return str((await stage.fetch(query, f"%/{sku}"))[0]["summary"])


@pytest.mark.feature("F100")
async def test_a_difference_names_what_was_in_flight_or_was_not_reported(stage: Stage, acme: Any) -> None:
    flying, announced, picked, nobody = [await stocked(stage, 10) for _ in range(4)]
    await moved(stage, flying, "4", at=NINE + timedelta(minutes=10))
    notice = f"n-{uuid4().hex[:8]}"
    async with stage.work() as work:
        key = StockKey("acme", announced, "EAST", UNIT)
        await work.supply.apply([], [NoticeChange(key, notice, "line-1", Decimal(5))])
    reservation = (await stage.reserve_one(wanted((picked, 3), reference="SO-77"))).reservation
    with some_cause("AllocateStock"):
        from_id = (await stage.fetch("SELECT reservation_id FROM reservation WHERE reference = 'SO-77'"))[0][0]
        assert str(from_id) == reservation.reservation_id
        await commit_reservations(CommitReservations("acme", (from_id,)), stage.uow)
        await allocate_stock(AllocateStock("acme", from_id), stage.uow)
    found = await stated(acme, {flying: "6", announced: "15", picked: "7", nobody: "9"})
    assert found == {
        flying: (pb.DIFFERENCE_CAUSE_MOVEMENT_IN_FLIGHT, "pick/1"),
        announced: (pb.DIFFERENCE_CAUSE_MOVEMENT_MISSING, f"ship_notice/{notice}"),
        picked: (pb.DIFFERENCE_CAUSE_MOVEMENT_MISSING, "pick/SO-77"),
        nobody: (pb.DIFFERENCE_CAUSE_UNKNOWN, ""),
    }
    assert (await summary(stage, flying)).endswith("10 in the ledger (EA), likely a movement in flight, pick/1")
    assert (await summary(stage, nobody)).endswith("10 in the ledger (EA)")


@pytest.mark.feature("F100")
async def test_a_count_near_the_statement_explains_its_correction(stage: Stage, acme: Any) -> None:
    sku = await stocked(stage, 10)
    key = StockKey("acme", sku, "EAST", UNIT)
    for change, at, number in (("2", NINE - timedelta(minutes=30), "CC-7"), ("3", NINE - timedelta(hours=20), "OLD")):
        async with stage.work() as work:
            document = Document(f"adjustment/{number}/1", at, transaction_id=str(uuid4()))
            lost = Movement(key, Account.SELLABLE, Account.ADJUSTMENT, D(change), "AA", document)
            await work.ledger.book([lost])
    assert await stated(acme, {sku: "7"}) == {sku: (pb.DIFFERENCE_CAUSE_COUNT, "adjustment/CC-7/1")}
    assert await stated(acme, {sku: "8"}, NINE + timedelta(minutes=1)) == {sku: (pb.DIFFERENCE_CAUSE_UNKNOWN, "")}


async def test_goods_at_the_dock_that_lie_on_the_shelf_already_wait_for_the_word_of_their_put_away(
    stage: Stage, acme: Any
) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 1, lot="L1")
    await stage.fetch("UPDATE lot_stock SET to_put_away = 6 WHERE sku = $1", sku)
    found = await stated(acme, {sku: "6"}, NINE + timedelta(minutes=2))
    assert found == {sku: (pb.DIFFERENCE_CAUSE_MOVEMENT_MISSING, "put_away/L1")}
