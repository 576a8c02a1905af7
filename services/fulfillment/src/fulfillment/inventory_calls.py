"""Carries an order's questions to inventory: reserve, commit and bind a basket, or give it back.

The reservation has the question's own id, so that a question that is carried again comes to the same. What a checkout
holds is taken over in its place, or given back where somebody else allocates. What is short is an answer. A refusal
ends the question and is settled like an answer; what is silent is tried again by the kit, and the part's deadline tells
somebody.
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
from crossdock_kit.ids import derived
from crossdock_kit.peers import reason_in, status_in
from crossdock_kit.unit_of_work import Work

from fulfillment import ports
from fulfillment.use_cases.stocking import Answer, lock_orders, take_answer
from fulfillment.wire.stock import (
    ALLOCATE,
    ALLOCATE_LOTS,
    GIVE_BACK,
    LET_GO,
    TAKE_OVER,
    answer,
    answered,
    lots_wanted,
    refusal,
)

Opens = Callable[[Work], AbstractAsyncContextManager[ports.Work]]
StubFor = Callable[[str], Any]


def carriers(stub_for: StubFor, opens: Opens) -> dict[str, Carrier]:
    """`stub_for` gives inventory's stub for a tenant."""
    return {
        ALLOCATE: Carrier(_asking(stub_for), settle=_settling(opens), refusals_are_answers=True),
        TAKE_OVER: Carrier(_taking_over(stub_for), settle=_settling(opens), refusals_are_answers=True),
        ALLOCATE_LOTS: Carrier(_asking_for_lots(stub_for), settle=_settling(opens), refusals_are_answers=True),
        GIVE_BACK: Carrier(_giving_back(stub_for)),
        LET_GO: Carrier(_letting_go(stub_for)),
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


def _asking_for_lots(stub_for: StubFor) -> Callable[[Leased], Awaitable[Outcome]]:
    async def carry(leased: Leased) -> Outcome:
        stub = stub_for(leased.tenant)
        wanted, lots = lots_wanted(leased.payload)
        result = (await stub.ReserveStock(wanted)).results[0]
        if result.WhichOneof("outcome") != "reservation":
            return Delivered(results=answered(result))
        identity, name = result.reservation.reservation_id, leased.idempotency_key
        await stub.CommitReservations(
            inventory.CommitReservationsRequest(
                request_id=str(derived("commit_lots", name)), reservation_ids=[identity]
            )
        )
        binding = inventory.AllocateStockRequest(
            request_id=str(derived("allocate_lots", name)), reservation_id=identity, lots=lots
        )
        try:
            await stub.AllocateStock(binding)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                raise
            # What cannot be bound as it was named is promised to nobody.
            await stub.ReleaseReservations(_releasing(identity, "its lots could not be bound"))
            return Declined(error.details() or "", reason_in(status_in(error)))
        return Delivered(results=answered(result))

    return carry


def _letting_go(stub_for: StubFor) -> Callable[[Leased], Awaitable[Outcome]]:
    async def carry(leased: Leased) -> Outcome:
        stub = stub_for(leased.tenant)
        request = inventory.CommitReservationsRequest.FromString(leased.payload)
        try:
            (taken,) = (await stub.CommitReservations(request)).reservations
        except grpc.aio.AioRpcError as error:
            # It has lapsed, or is none of this channel's: there is nothing to give back.
            if error.code() not in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION}:
                raise
            return Delivered()
        await stub.ReleaseReservations(_releasing(taken.reservation_id, "another allocates the order"))
        return Delivered()

    return carry


def _releasing(reservation_id: str, why: str) -> inventory.ReleaseReservationsRequest:
    return inventory.ReleaseReservationsRequest(
        request_id=str(derived("release", reservation_id)), reservation_ids=[reservation_id], reason=why
    )


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
