"""Carries an order's questions to inventory: reserve, commit and bind a basket, or give it back.

The reservation has the question's own id, so that a question that is carried again comes to the same. What a checkout
holds is taken over in its place. What is short is an answer. A refusal ends the question and is settled like an answer;
what is silent is tried again by the kit, and the part's deadline tells somebody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import grpc
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock_kit import crash_points
from crossdock_kit.courtesy import others_first
from crossdock_kit.deliveries import Delivered, Leased, Outcome
from crossdock_kit.deliveries.dispatcher import Carrier
from crossdock_kit.deliveries.model import Dead, Declined
from crossdock_kit.deliveries.settling import Ended
from crossdock_kit.unit_of_work import Work

from fulfillment import ports
from fulfillment.use_cases.stocking import Answer, lock_orders, take_answer
from fulfillment.wire.stock import ALLOCATE, GIVE_BACK, TAKE_OVER, answer, answered, refusal

Opens = Callable[[Work], AbstractAsyncContextManager[ports.Work]]
StubFor = Callable[[str], Any]


def carriers(stub_for: StubFor, opens: Opens) -> dict[str, Carrier]:
    """`stub_for` gives inventory's stub for a tenant."""
    return {
        ALLOCATE: Carrier(_asking(stub_for), settle=_settling(opens), refusals_are_answers=True),
        TAKE_OVER: Carrier(_taking_over(stub_for), settle=_settling(opens), refusals_are_answers=True),
        GIVE_BACK: Carrier(_giving_back(stub_for)),
    }


def _asking(stub_for: StubFor) -> Callable[[Leased], Awaitable[Outcome]]:
    async def carry(leased: Leased) -> Outcome:
        stub = stub_for(leased.tenant)
        request = inventory.ReserveStockRequest.FromString(leased.payload)
        result = (await stub.ReserveStock(request)).results[0]
        if result.WhichOneof("outcome") == "reservation":
            return await _bound(stub, result)
        return Delivered(results=answered(result))

    return carry


def _taking_over(stub_for: StubFor) -> Callable[[Leased], Awaitable[Outcome]]:
    async def carry(leased: Leased) -> Outcome:
        stub = stub_for(leased.tenant)
        request = inventory.CommitReservationsRequest.FromString(leased.payload)
        (taken,) = (await stub.CommitReservations(request)).reservations
        return await _bound(stub, inventory.ReservationResult(reservation=taken))

    return carry


async def _bound(stub: Any, held: inventory.ReservationResult) -> Outcome:
    """From here on it neither lapses nor moves to another lot; inventory gives back what it cannot bind."""
    identity = held.reservation.reservation_id
    (result,) = (await stub.AllocateReservations(_binding(identity))).results
    if result.WhichOneof("outcome") == "not_bound":
        return Declined(result.not_bound.reason, result.not_bound.code)
    return Delivered(results=answered(held))


def _binding(reservation_id: str) -> inventory.AllocateReservationsRequest:
    return inventory.AllocateReservationsRequest(reservation_ids=[reservation_id])


def _giving_back(stub_for: StubFor) -> Callable[[Leased], Awaitable[Outcome]]:
    async def carry(leased: Leased) -> Outcome:
        request = inventory.ReleaseReservationsRequest.FromString(leased.payload)
        # The order has taken its own step back; its stock is still held.
        crash_points.reached(crash_points.BETWEEN_COMPENSATION_STEPS)
        try:
            await stub_for(leased.tenant).ReleaseReservations(request)
        except grpc.aio.AioRpcError as error:
            # What inventory never held is given back.
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
        return Delivered()

    return carry


def _settling(opens: Opens) -> Callable[[Sequence[Ended], Work], Awaitable[None]]:
    async def settle(ends: Sequence[Ended], work: Work) -> None:
        async with opens(work) as opened:
            answers = list[tuple[Ended, Answer]]()
            for each in ends:
                answers.append((each, told := _told(each)))
                await others_first(len(told.held))
            await opened.supplies.claim(shortage.sku for _, told in answers for shortage in told.short)
            orders = await lock_orders([told.order_id for _, told in answers], opened)
            for each, told in answers:
                with each.step():
                    await take_answer(told, orders[told.order_id], opened)

    return settle


def _told(ended: Ended) -> Answer:
    key = ended.leased.idempotency_key
    match ended.outcome:
        case Delivered(results=results):
            return answer(key, dict(results))
        case Declined(reason=why, code=code) | Dead(reason=why, code=code):
            return refusal(key, code, why)
        case _:
            return refusal(key, "INVENTORY_SILENT", "no answer in all the time that was given")
