"""What a question to inventory comes to where stock is reserved and then bound, or cannot be."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.deliveries import Delivered, NewDelivery
from crossdock_kit.deliveries.model import Declined
from fulfillment.domain.allocation import AllocatedLine, Allocation
from fulfillment.domain.planning import take
from fulfillment.domain.terms import Allocator
from fulfillment.inventory_calls import carriers
from fulfillment.wire.stock import ALLOCATE, ALLOCATE_LOTS, ANSWER, LET_GO, TAKE_OVER, give_back, question
from fulfillment_cases.trade import D, line, placed

HELD = "0190c0de-0000-7000-8000-000000000001"


class Inventory:
    """It reserves, or commits what a checkout holds, and says of the binding what it was made with."""

    def __init__(self, binding: inventory.AllocationResult | grpc.StatusCode) -> None:
        self.binding = binding
        self.bound: list[str] = []
        self.asked: list[Any] = []
        self.refuses: dict[str, grpc.StatusCode] = {}
        self.ReserveStock, self.CommitReservations = self.reserve, self.commit
        self.AllocateReservations, self.AllocateStock = self.bind, self.bind_lots
        self.ReleaseReservations = self.release

    async def reserve(self, request: inventory.ReserveStockRequest) -> inventory.ReserveStockResponse:
        held = inventory.Reservation(reservation_id=HELD)
        return inventory.ReserveStockResponse(results=[inventory.ReservationResult(reservation=held)])

    async def commit(self, request: inventory.CommitReservationsRequest) -> inventory.CommitReservationsResponse:
        self._hear("commit", request)
        return inventory.CommitReservationsResponse(reservations=[inventory.Reservation(reservation_id=HELD)])

    async def bind(self, request: inventory.AllocateReservationsRequest) -> inventory.AllocateReservationsResponse:
        self.bound += request.reservation_ids
        if isinstance(self.binding, grpc.StatusCode):
            raise refused(self.binding)
        return inventory.AllocateReservationsResponse(results=[self.binding])

    async def bind_lots(self, request: inventory.AllocateStockRequest) -> inventory.AllocateStockResponse:
        self._hear("lots", request)
        return inventory.AllocateStockResponse()

    async def release(self, request: inventory.ReleaseReservationsRequest) -> inventory.ReleaseReservationsResponse:
        self._hear("release", request)
        return inventory.ReleaseReservationsResponse()

    def _hear(self, what: str, request: Any) -> None:
        self.asked.append((what, request))
        if what in self.refuses:
            raise refused(self.refuses[what])


def refused(code: grpc.StatusCode) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), "away")


async def carried(kind: str, stub: Inventory, payload: bytes = b"") -> Any:
    opens: Any = None
    asked: Any = SimpleNamespace(tenant="acme", payload=payload, idempotency_key="0191-1:1:2")
    return await carriers(lambda tenant: stub, opens)[kind].carry(asked)


@pytest.mark.parametrize("kind", [ALLOCATE, TAKE_OVER])
async def test_what_is_bound_is_held_for_the_order(kind: str) -> None:
    stub = Inventory(inventory.AllocationResult(reservation_id=HELD, bound=inventory.BoundLots()))
    told = await carried(kind, stub)
    assert isinstance(told, Delivered)
    assert HELD in told.results[ANSWER]
    assert stub.bound == [HELD]


@pytest.mark.parametrize("kind", [ALLOCATE, TAKE_OVER])
async def test_what_inventory_cannot_bind_it_has_given_back_and_the_question_is_answered(kind: str) -> None:
    refused = inventory.NotBound(code="LOT_SHORT", reason="the lot has expired")
    told = await carried(kind, Inventory(inventory.AllocationResult(reservation_id=HELD, not_bound=refused)))
    assert told == Declined("the lot has expired", "LOT_SHORT")


@pytest.mark.parametrize("kind", [ALLOCATE, TAKE_OVER])
async def test_what_is_not_answered_is_asked_again(kind: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        await carried(kind, Inventory(grpc.StatusCode.UNAVAILABLE))


BECAUSE = Cause("call", "test", "acme", "test", "1", "1", "", datetime(2026, 3, 2, tzinfo=UTC))
BOUND = inventory.AllocationResult(reservation_id=HELD, bound=inventory.BoundLots())


def with_lots() -> bytes:
    """What asks for three bolts of a lot at a place."""
    order = placed(line("1", 3), allocator=Allocator("ERP"))
    lines = (AllocatedLine("1", "BOLT", "WH-EAST", D(3), "L-1"),)
    take(order, Allocation("ERP", 1, 1, "x", lines))
    with caused_by(BECAUSE):
        return question(order, order.questions[-1]).payload


def checkout_given_up() -> NewDelivery:
    with caused_by(BECAUSE):
        return give_back(placed(checkout=HELD, allocator=Allocator("ERP")), 1, HELD)


async def test_lots_that_were_named_are_bound_and_no_others() -> None:
    stub = Inventory(BOUND)
    told = await carried(ALLOCATE_LOTS, stub, with_lots())
    assert isinstance(told, Delivered)
    [(_, committed), (_, lots)] = stub.asked
    assert (list(committed.reservation_ids), lots.reservation_id, stub.bound) == ([HELD], HELD, [])
    assert [(each.sku, each.location_id, each.lot, each.quantity.value) for each in lots.lots] == [
        ("BOLT", "WH-EAST", "L-1", "3")
    ]


@pytest.mark.parametrize("times", [1, 2])
async def test_where_a_lot_cannot_be_bound_nothing_stays_reserved_however_often_it_is_tried(times: int) -> None:
    stub = Inventory(BOUND)
    stub.refuses["lots"] = grpc.StatusCode.FAILED_PRECONDITION
    told = [await carried(ALLOCATE_LOTS, stub, with_lots()) for _ in range(times)]
    assert all(isinstance(each, Declined) for each in told)
    released = [request for what, request in stub.asked if what == "release"]
    assert [list(each.reservation_ids) for each in released] == [[HELD]] * times
    assert len({each.request_id for each in released}) == 1


async def test_lots_that_inventory_does_not_answer_for_are_asked_for_again() -> None:
    stub = Inventory(BOUND)
    stub.refuses["lots"] = grpc.StatusCode.UNAVAILABLE
    with pytest.raises(grpc.aio.AioRpcError):
        await carried(ALLOCATE_LOTS, stub, with_lots())
    assert "release" not in [what for what, _ in stub.asked]


@pytest.mark.parametrize(
    ("code", "released"),
    [(None, 1), (grpc.StatusCode.NOT_FOUND, 0), (grpc.StatusCode.FAILED_PRECONDITION, 0)],
)
async def test_what_a_checkout_holds_is_let_go_where_it_is_its_channels(
    code: grpc.StatusCode | None, released: int
) -> None:
    stub = Inventory(BOUND)
    if code is not None:
        stub.refuses["commit"] = code
    told = checkout_given_up()
    assert told.kind == LET_GO
    assert isinstance(await carried(LET_GO, stub, told.payload), Delivered)
    [(_, committed), *rest] = stub.asked
    assert (committed.taken_over_from.channel, committed.taken_over_from.business_unit) == ("shop-eu", "EU01")
    assert [what for what, _ in rest] == ["release"] * released


async def test_an_inventory_that_is_away_is_asked_again_to_let_go() -> None:
    stub = Inventory(BOUND)
    stub.refuses["commit"] = grpc.StatusCode.UNAVAILABLE
    with pytest.raises(grpc.aio.AioRpcError):
        await carried(LET_GO, stub, checkout_given_up().payload)
