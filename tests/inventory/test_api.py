"""The API through a real server in this process: answers, refusals, bad input, and other tenants."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as pb
from crossdock.inventory.v1 import inventory_service_pb2_grpc as pb_grpc
from crossdock.options.v1 import options_pb2
from crossdock_kit.clock import SystemClock
from crossdock_kit.peers import status_in
from crossdock_kit.telemetry.names import CORRELATION_HEADER
from crossdock_kit.testing import RunningServer, start_service
from google.rpc import error_details_pb2, status_pb2
from google.type.date_pb2 import Date
from inventory.allocation_desk import AllocationDesk
from inventory.api import InventoryServicer
from inventory.store.desk.queue import MOST_IN_BATCH
from inventory_stage import UNIT, Stage

Stub = pb_grpc.InventoryServiceStub


@pytest.fixture(scope="module")
async def server(stage: Stage) -> AsyncIterator[RunningServer]:
    async with stage.owning():
        servicer = InventoryServicer(
            engine=stage.engine,
            uow=stage.uow,
            desk=stage.desk,
            allocations=AllocationDesk(stage.uow),
            items=stage.items,
            priorities=stage.priorities,
            availability=stage.availability,
            clock=SystemClock(),
        )
        registration = (pb_grpc.add_InventoryServiceServicer_to_server, servicer)
        async with start_service(registration, uow=stage.uow.kit) as running:
            yield running


@pytest.fixture
def acme(server: RunningServer) -> Any:
    return server.caller(Stub, tenant="acme")


def a_sku() -> str:
    return f"API-{uuid4().hex[:8].upper()}"


def each(value: str, unit: str = "EA") -> values_pb2.Quantity:
    return values_pb2.Quantity(value=value, unit=unit)


def basket(*lines: tuple[str, str], **facts: Any) -> pb.ReservationRequest:
    known: dict[str, Any] = {
        "request_id": str(uuid4()),
        "business_unit": UNIT,
        "channel": "web",
        "priority": 5,
        "locations": ["EAST"],
        "lines": [pb.ReservationLine(sku=sku, quantity=each(value)) for sku, value in lines],
    }
    return pb.ReservationRequest(**known | facts)


def adjustment(sku: str, value: str, role: int = options_pb2.ROLE_WMS, **facts: Any) -> pb.AdjustStockRequest:
    known: dict[str, Any] = {
        "sku": sku,
        "location_id": "EAST",
        "business_unit": UNIT,
        "bucket": pb.ACCOUNT_SELLABLE,
        "quantity": each(value),
        "reason": "AA",
    }
    return pb.AdjustStockRequest(
        request_id=str(uuid4()),
        origin=values_pb2.Origin(system="WMS-EAST", role=role, document="CC-7"),  # type: ignore[arg-type]
        adjustments=[pb.Adjustment(**known | facts)],
    )


def fields_of(error: grpc.aio.AioRpcError) -> list[str]:
    broken = error_details_pb2.BadRequest()
    assert any(detail.Unpack(broken) for detail in status_in(error).details)
    return [each.field for each in broken.field_violations]


def reason_of(error: grpc.aio.AioRpcError) -> str:
    trailing = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info.reason
    return ""


@pytest.mark.feature("F106")
async def test_a_reservation_goes_from_held_to_bound_and_back(stage: Stage, acme: Any) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 10, lot="L1")
    response = await acme.ReserveStock(pb.ReserveStockRequest(reservations=[basket((sku, "4"), reference="CART-9")]))
    held = response.results[0].reservation
    assert (held.state, held.reference) == (pb.RESERVATION_STATE_HELD, "CART-9")
    assert held.expires_at.ToDatetime(tzinfo=UTC) > datetime.now(UTC) + timedelta(minutes=14)
    ids = [held.reservation_id]
    committed = await acme.CommitReservations(
        pb.CommitReservationsRequest(request_id=str(uuid4()), reservation_ids=ids)
    )
    assert [each.state for each in committed.reservations] == [pb.RESERVATION_STATE_COMMITTED]
    bound = await acme.AllocateStock(pb.AllocateStockRequest(request_id=str(uuid4()), reservation_id=ids[0]))
    assert [(lot.lot, lot.quantity.value) for lot in bound.lots] == [("L1", "4")]
    back = await acme.DeallocateStock(pb.DeallocateStockRequest(request_id=str(uuid4()), reservation_id=ids[0]))
    assert back.reservation.state == pb.RESERVATION_STATE_COMMITTED
    released = await acme.ReleaseReservations(
        pb.ReleaseReservationsRequest(request_id=str(uuid4()), reservation_ids=ids, reason="cancelled")
    )
    assert released.reservations[0].state == pb.RESERVATION_STATE_RELEASED
    found = await acme.GetAvailability(pb.GetAvailabilityRequest(skus=[sku]))
    assert [(one.location_id, one.available.value) for one in found.availability] == [("EAST", "10")]


@pytest.mark.feature("F106")
async def test_what_many_orders_hold_is_committed_and_bound_in_one_call(stage: Stage, acme: Any) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 3, lot="L1")
    await stage.stock(sku, 3, lot="L2")
    held = await acme.ReserveStock(pb.ReserveStockRequest(reservations=[basket((sku, "2")) for _ in range(3)]))
    ids = [each.reservation.reservation_id for each in held.results]
    wanted = [ids[0], str(uuid4()), *ids[1:]]
    bound = await acme.AllocateReservations(pb.AllocateReservationsRequest(reservation_ids=wanted))
    assert [each.reservation_id for each in bound.results] == wanted
    assert [each.not_bound.code for each in bound.results] == ["", "RESERVATION_UNKNOWN", "", ""]
    lots = [[(lot.lot, lot.quantity.value) for lot in each.bound.lots] for each in bound.results]
    assert lots == [[("L1", "2")], [], [("L1", "1"), ("L2", "1")], [("L2", "2")]]
    assert await acme.AllocateReservations(pb.AllocateReservationsRequest(reservation_ids=wanted)) == bound


@pytest.mark.feature("F106")
async def test_many_baskets_in_one_call_answer_in_order(stage: Stage, acme: Any) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 2)
    request = pb.ReserveStockRequest(reservations=[basket((sku, "1")) for _ in range(4)])
    response = await acme.ReserveStock(request)
    assert [one.request_id for one in response.results] == [one.request_id for one in request.reservations]
    outcomes = [one.WhichOneof("outcome") for one in response.results]
    assert sorted(outcomes) == ["refusal", "refusal", "reservation", "reservation"]
    assert await acme.ReserveStock(request) == response


async def test_a_call_that_is_decided_in_several_batches_is_audited_once(stage: Stage, acme: Any) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 500)
    request = pb.ReserveStockRequest(reservations=[basket((sku, "1")) for _ in range(2 * MOST_IN_BATCH - 20)])
    correlation_id = str(uuid4())
    response = await acme.ReserveStock(request, metadata=((CORRELATION_HEADER, correlation_id),))
    assert all(one.HasField("reservation") for one in response.results)
    found = await stage.fetch("SELECT outcome FROM audit WHERE correlation_id = $1", correlation_id)
    assert [row["outcome"] for row in found] == ["advanced"]


@pytest.mark.feature("F105")
async def test_stock_and_movements_tell_where_everything_is_and_why(stage: Stage, acme: Any) -> None:
    sku = a_sku()
    await stage.know(sku)
    for value in ("7", "-2"):
        await acme.AdjustStock(adjustment(sku, value))
    await acme.ReserveStock(pb.ReserveStockRequest(reservations=[basket((sku, "1"))]))
    stock = await acme.GetStock(pb.GetStockRequest(sku=sku))
    balances = {pb.Account.Name(one.account): one.quantity.value for one in stock.balances}
    assert balances == {
        "ACCOUNT_SELLABLE": "5",
        "ACCOUNT_ADJUSTMENT": "-5",
        "ACCOUNT_RESERVED": "1",
        "ACCOUNT_OPEN_DEMAND": "-1",
    }
    first = await acme.ListMovements(pb.ListMovementsRequest(sku=sku, page_size=2))
    rest = await acme.ListMovements(pb.ListMovementsRequest(sku=sku, page_size=2, page_token=first.next_page_token))
    told = [(one.reason, one.quantity.value, one.to) for one in (*first.movements, *rest.movements)]
    assert told == [
        ("RESERVED", "1", pb.ACCOUNT_RESERVED),
        ("AA", "2", pb.ACCOUNT_ADJUSTMENT),
        ("AA", "7", pb.ACCOUNT_SELLABLE),
    ]
    assert rest.next_page_token == ""
    verdict = await acme.VerifyLedger(pb.VerifyLedgerRequest())
    assert list(verdict.differences) == []
    assert verdict.movements >= 3


@pytest.mark.feature("F088")
async def test_the_horizon_counts_confirmed_supply_by_its_date(stage: Stage, acme: Any) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 3)
    async with stage.work() as work:
        await work._work.driver.execute(  # the read model as procurement's events leave it
            "INSERT INTO supply_line (tenant, line_id, sku, location_id, business_unit, on_order, used)"
            " VALUES ('acme', $1, $1, 'EAST', 'EU01', 10, 0)",
            sku,
        )
        await work._work.driver.execute(
            "INSERT INTO confirmed (tenant, line_id, schedule_id, purchase_order_id, due_on, quantity, unit)"
            " VALUES ('acme', $1, '1', 'po', '2026-03-04', 10, 'EA')",
            sku,
        )
    request = pb.GetAvailableToPromiseRequest(sku=sku, horizon_days=3)
    getattr(request, "from").CopyFrom(Date(year=2026, month=3, day=2))
    found = await acme.GetAvailableToPromise(request)
    assert [(one.day.day, one.promisable.value, one.supply.value) for one in found.days] == [
        (2, "3", "0"),
        (3, "3", "0"),
        (4, "13", "10"),
    ]


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "1e-9", "1e3", "", "0.0000001", "99999999999999999"])
async def test_a_quantity_that_is_none_is_refused_and_nothing_is_booked(stage: Stage, acme: Any, value: str) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.ReserveStock(pb.ReserveStockRequest(reservations=[basket((sku, "1")), basket((sku, value))]))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert fields_of(refused.value) == ["reservations[1].lines[0].quantity.value"]
    assert (await stage.row(sku))["reserved"] == 0


@pytest.mark.parametrize("value", ["0", "NaN", "1e-9", ""])
async def test_an_adjustment_by_nothing_is_refused(stage: Stage, acme: Any, value: str) -> None:
    sku = a_sku()
    await stage.know(sku)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.AdjustStock(adjustment(sku, value))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert fields_of(refused.value) == ["adjustments[0].quantity.value"]


@pytest.mark.feature("F094")
async def test_an_adjustment_needs_a_reason_a_bucket_and_stock_to_take(stage: Stage, acme: Any) -> None:
    sku = a_sku()
    await stage.know(sku)
    wrong = [
        (adjustment(sku, "1", reason=""), grpc.StatusCode.INVALID_ARGUMENT, ""),
        (adjustment(sku, "1", reason="   "), grpc.StatusCode.INVALID_ARGUMENT, "REASON_MISSING"),
        (adjustment(sku, "1", bucket=pb.ACCOUNT_RESERVED), grpc.StatusCode.INVALID_ARGUMENT, ""),
        (adjustment(sku, "-1", role=options_pb2.ROLE_ERP), grpc.StatusCode.FAILED_PRECONDITION, "BUCKET_SHORT"),
        (adjustment(a_sku(), "1"), grpc.StatusCode.FAILED_PRECONDITION, "ITEM_UNKNOWN"),
        (adjustment(sku, "1", location_id="MOON"), grpc.StatusCode.FAILED_PRECONDITION, "LOCATION_UNKNOWN"),
        (adjustment(sku, "1", quantity=each("1", "KGM")), grpc.StatusCode.FAILED_PRECONDITION, "UNIT_NOT_CONVERTIBLE"),
    ]
    for request, code, reason in wrong:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await acme.AdjustStock(request)
        assert refused.value.code() is code
        assert not reason or reason_of(refused.value) == reason
    assert not await stage.row(sku), "nothing was booked"


async def test_the_same_adjustment_twice_is_one(stage: Stage, acme: Any) -> None:
    sku = a_sku()
    await stage.know(sku)
    request = adjustment(sku, "4")
    assert await acme.AdjustStock(request) == await acme.AdjustStock(request)
    assert (await stage.row(sku))["sellable"] == 4


async def test_another_tenant_finds_nothing_and_moves_nothing(stage: Stage, server: RunningServer, acme: Any) -> None:
    sku = a_sku()
    await stage.know(sku)
    await stage.stock(sku, 5)
    response = await acme.ReserveStock(pb.ReserveStockRequest(reservations=[basket((sku, "1"))]))
    identity = response.results[0].reservation.reservation_id
    other: Any = server.caller(Stub, tenant="globex")
    for call, request in (
        (other.GetStock, pb.GetStockRequest(sku=sku)),
        (other.CommitReservations, pb.CommitReservationsRequest(request_id=str(uuid4()), reservation_ids=[identity])),
        (other.ReleaseReservations, pb.ReleaseReservationsRequest(request_id=str(uuid4()), reservation_ids=[identity])),
        (other.AllocateStock, pb.AllocateStockRequest(request_id=str(uuid4()), reservation_id=identity)),
        (other.GetAvailableToPromise, pb.GetAvailableToPromiseRequest(sku=sku)),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(request)
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert not (await other.GetAvailability(pb.GetAvailabilityRequest(skus=[sku]))).availability
    assert not (await other.ListMovements(pb.ListMovementsRequest(sku=sku))).movements
    taken = await other.ReserveStock(pb.ReserveStockRequest(reservations=[basket((sku, "1"))]))
    assert {line.reason for line in taken.results[0].refusal.lines} <= {"ITEM_UNKNOWN", "LOCATION_UNKNOWN"}
    assert (await stage.row(sku))["reserved"] == 1


async def test_a_page_token_that_is_none_is_refused(acme: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.ListMovements(pb.ListMovementsRequest(sku="X", page_token="' OR 1=1 --"))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
