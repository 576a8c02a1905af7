"""What a question to inventory comes to where stock is reserved and then bound, or cannot be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock_kit.deliveries import Delivered
from crossdock_kit.deliveries.model import Declined
from fulfillment.inventory_calls import carriers
from fulfillment.wire.stock import ALLOCATE, ANSWER, TAKE_OVER

HELD = "0190c0de-0000-7000-8000-000000000001"


class Inventory:
    """It reserves, or commits what a checkout holds, and says of the binding what it was made with."""

    def __init__(self, binding: inventory.AllocationResult | grpc.StatusCode) -> None:
        self.binding = binding
        self.bound: list[str] = []
        self.ReserveStock, self.CommitReservations = self.reserve, self.commit
        self.AllocateReservations = self.bind

    async def reserve(self, request: inventory.ReserveStockRequest) -> inventory.ReserveStockResponse:
        held = inventory.Reservation(reservation_id=HELD)
        return inventory.ReserveStockResponse(results=[inventory.ReservationResult(reservation=held)])

    async def commit(self, request: inventory.CommitReservationsRequest) -> inventory.CommitReservationsResponse:
        return inventory.CommitReservationsResponse(reservations=[inventory.Reservation(reservation_id=HELD)])

    async def bind(self, request: inventory.AllocateReservationsRequest) -> inventory.AllocateReservationsResponse:
        self.bound += request.reservation_ids
        if isinstance(self.binding, grpc.StatusCode):
            nothing = grpc.aio.Metadata()
            raise grpc.aio.AioRpcError(self.binding, nothing, nothing, "away")
        return inventory.AllocateReservationsResponse(results=[self.binding])


async def carried(kind: str, stub: Inventory) -> Any:
    opens: Any = None
    asked: Any = SimpleNamespace(tenant="acme", payload=b"")
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
