"""What a question to inventory leaves behind where stock is reserved and then cannot be bound."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from fulfillment.inventory_calls import carriers
from fulfillment.wire.stock import ALLOCATE, TAKE_OVER

HELD = "0190c0de-0000-7000-8000-000000000001"


class Refusing:
    """Inventory, which reserves and commits and then refuses to bind."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self.code = code
        self.released: list[str] = []
        self.ReserveStock, self.CommitReservations = self.reserve, self.commit
        self.AllocateStock, self.ReleaseReservations = self.bind, self.release

    async def reserve(self, request: inventory.ReserveStockRequest) -> inventory.ReserveStockResponse:
        held = inventory.Reservation(reservation_id=HELD)
        return inventory.ReserveStockResponse(results=[inventory.ReservationResult(reservation=held)])

    async def commit(self, request: inventory.CommitReservationsRequest) -> inventory.CommitReservationsResponse:
        return inventory.CommitReservationsResponse(reservations=[inventory.Reservation(reservation_id=HELD)])

    async def bind(self, request: inventory.AllocateStockRequest) -> None:
        nothing = grpc.aio.Metadata()
        raise grpc.aio.AioRpcError(self.code, nothing, nothing, "LOT_SHORT")

    async def release(self, request: inventory.ReleaseReservationsRequest) -> None:
        self.released += request.reservation_ids


@pytest.mark.parametrize("kind", [ALLOCATE, TAKE_OVER])
@pytest.mark.parametrize(
    ("code", "released"), [(grpc.StatusCode.FAILED_PRECONDITION, [HELD]), (grpc.StatusCode.UNAVAILABLE, [])]
)
async def test_what_cannot_be_bound_is_given_back_and_what_may_yet_be_is_kept(
    kind: str, code: grpc.StatusCode, released: list[str]
) -> None:
    stub = Refusing(code)
    opens: Any = None
    asked: Any = SimpleNamespace(tenant="acme", payload=b"")
    with pytest.raises(grpc.aio.AioRpcError):
        await carriers(lambda tenant: stub, opens)[kind].carry(asked)
    assert stub.released == released
