"""What is not wanted any more is undone outside: an offer withdrawn, a label voided, a truck stopped by its carrier."""

from __future__ import annotations

from uuid import uuid4

import grpc
import pytest
from crossdock.delivery.events.v1 import events_pb2
from crossdock.delivery.v1 import shipment_pb2
from crossdock_kit.unit_of_work import UnitOfWork
from delivery_cases.calls import Caller, unique, word
from delivery_cases.warehouse import cancelled, hears, issued, ready, to_be_stopped


def state(found: shipment_pb2.Shipment) -> tuple[str, str, str]:
    """Of the shipment, and what undoes it with its answer."""
    name = shipment_pb2.ShipmentState.Name(found.state).removeprefix("SHIPMENT_STATE_").lower()
    answered = shipment_pb2.CallOffState.Name(found.call_off.state).removeprefix("CALL_OFF_STATE_").lower()
    return name, found.call_off.command, answered


async def packed(caller: Caller, uow: UnitOfWork, *orders: str) -> tuple[str, str]:
    """Id and number of a shipment of five of each order."""
    shipment_id, number = str(uuid4()), unique("SH")
    await hears(uow, caller.tenant, ready(shipment_id, number, *orders))
    return shipment_id, number


async def standing(caller: Caller, number: str) -> set[str]:
    return {code for code, _, is_open in await caller.exceptions(f"shipment:{number}") if is_open}


@pytest.mark.feature("F132")
async def test_an_offer_that_nobody_took_is_withdrawn_once_nothing_in_it_is_wanted(
    caller: Caller, uow: UnitOfWork
) -> None:
    one, other = unique("SO"), unique("SO")
    shipment_id, number = await packed(caller, uow, one, other)
    await hears(uow, caller.tenant, cancelled(shipment_id, one), cancelled(shipment_id, other, "3"))
    assert state(await caller.shipment(number)) == ("planned", "", "unspecified")
    await hears(uow, caller.tenant, cancelled(shipment_id, other, "2"))
    assert state(await caller.shipment(number)) == ("cancelled", "withdraw_tender", "done")
    facts = await caller.facts(shipment_id)
    assert facts == ["ShipmentPlanned", "ShipmentCallOffRequested", "ShipmentCallOffAnswered"]
    assert await standing(caller, number) == set()
    [row] = await caller.fetch(
        "SELECT body FROM journal WHERE aggregate = $1 AND version = 2", f"shipment/{shipment_id}"
    )
    told = events_pb2.ShipmentCallOffRequested.FromString(row["body"])
    assert (told.shipment.call_off.command, told.shipment.call_off.reason) == (
        "withdraw_tender",
        "nothing in it is wanted any more",
    )
    # A carrier's word that crossed it is no carriage that stands: its label is asked back.
    assert state(await caller.assign(number, number)) == ("assigned", "void_label", "awaited")
    assert await standing(caller, number) == {"CALL_OFF_UNANSWERED"}


@pytest.mark.feature("F132")
@pytest.mark.parametrize("how", ["answer", "reservation", "scan"])
async def test_a_label_is_voided_by_the_carriers_answer_and_is_somebodys_until_then(
    caller: Caller, uow: UnitOfWork, how: str
) -> None:
    order = unique("SO")
    shipment_id, number = await packed(caller, uow, order)
    await caller.assign(number, number)
    await hears(uow, caller.tenant, cancelled(shipment_id, order))
    assert state(await caller.shipment(number)) == ("assigned", "void_label", "awaited")
    assert ("CALL_OFF_UNANSWERED", "delivery-desk", True) in await caller.exceptions(shipment_id)
    match how:
        case "answer":
            await caller.answer(number, stopped=True)
            await caller.answer(number, stopped=True)
        case "reservation":
            await caller.decline(number, "")
        case _:
            await caller.record(word("CA", 1, number))
    assert state(await caller.shipment(number)) == ("cancelled", "void_label", "done")
    assert (await caller.facts(shipment_id)).count("ShipmentCallOffAnswered") == 1
    assert await standing(caller, number) == set()


@pytest.mark.feature("F132")
async def test_what_was_called_off_before_its_packing_was_heard_of_is_offered_and_withdrawn(
    caller: Caller, uow: UnitOfWork
) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    await hears(uow, caller.tenant, cancelled(shipment_id, order), ready(shipment_id, number, order))
    assert state(await caller.shipment(number))[0] == "cancelled"
    # What is packed under its number afterwards is carried.
    await hears(uow, caller.tenant, ready(shipment_id, number, f"{order}B"))
    assert state(await caller.shipment(number)) == ("planned", "", "unspecified")
    assert (await caller.facts(shipment_id))[-1] == "ShipmentPlanned"


@pytest.mark.feature("F132")
@pytest.mark.parametrize("assigned", [False, True])
async def test_what_is_handed_over_though_it_was_called_off_has_left_and_somebody_knows(
    caller: Caller, uow: UnitOfWork, assigned: bool
) -> None:
    order = unique("SO")
    shipment_id, number = await packed(caller, uow, order)
    if assigned:
        await caller.assign(number, number)
    await hears(uow, caller.tenant, cancelled(shipment_id, order))
    await hears(uow, caller.tenant, issued(shipment_id, number, order, carrier="SCAC", tracking_number=number))
    assert state(await caller.shipment(number)) == ("handed_over", "", "unspecified")
    assert await standing(caller, number) == {"CARRIED_THOUGH_CALLED_OFF"}
    await caller.record(word("AF", 1, number))
    assert (await caller.facts(shipment_id)).count("ShipmentDispatched") == 1


@pytest.mark.feature("F132")
async def test_what_is_on_the_road_is_stopped_by_its_carrier_or_cannot_be(caller: Caller) -> None:
    number = unique("SH")
    created = await caller.create(number)
    await caller.assign(number, number)
    await caller.record(word("AF", 1, number))
    assert state(await caller.cancel(number)) == ("dispatched", "intercept_or_return", "awaited")
    assert state(await caller.cancel(number)) == ("dispatched", "intercept_or_return", "awaited")
    refused = await caller.answer(number, stopped=False, reason="out for delivery already")
    assert state(refused) == ("dispatched", "intercept_or_return", "refused")
    assert ("CALL_OFF_REFUSED", "order-desk", True) in await caller.exceptions(created.shipment_id)
    with pytest.raises(grpc.aio.AioRpcError, match="shipment not stoppable"):
        await caller.cancel(number)
    # The newest word counts, and what was stopped comes back as any other parcel does.
    assert state(await caller.answer(number, stopped=True)) == ("dispatched", "intercept_or_return", "done")
    assert await standing(caller, number) == set()
    await caller.record(word("A3", 9, number))
    assert state(await caller.shipment(number))[0] == "returned"


@pytest.mark.feature("F132")
@pytest.mark.parametrize("heard_first", [False, True], ids=["after it left", "before it was heard to leave"])
async def test_what_left_and_is_not_wanted_is_to_be_stopped_by_its_carrier(
    caller: Caller, uow: UnitOfWork, heard_first: bool
) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    left = issued(shipment_id, number, order, carrier="SCAC", tracking_number=number)
    stop = to_be_stopped(shipment_id, order)
    await hears(uow, caller.tenant, *((stop, left) if heard_first else (left, stop)))
    assert state(await caller.shipment(number)) == ("handed_over", "intercept_or_return", "awaited")
    assert await standing(caller, number) == {"CALL_OFF_UNANSWERED"}


@pytest.mark.feature("F132")
async def test_a_truck_with_other_goods_goes_on_and_one_that_has_arrived_is_not_turned_back(
    caller: Caller, uow: UnitOfWork
) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    await hears(uow, caller.tenant, issued(shipment_id, number, order, carrier="SCAC", tracking_number=number))
    await hears(uow, caller.tenant, to_be_stopped(shipment_id, order, "3"))
    assert state(await caller.shipment(number))[1] == ""
    assert await standing(caller, number) == {"PART_OF_SHIPMENT_NOT_WANTED"}
    await caller.record(word("AF", 1, number), word("D1", 5, number))
    await hears(uow, caller.tenant, to_be_stopped(shipment_id, order, "2"))
    assert state(await caller.shipment(number))[1] == ""
    assert "CALL_OFF_REFUSED" in await standing(caller, number)


async def test_an_answer_that_nobody_asked_for_is_refused_and_what_is_delivered_is_not_stopped(caller: Caller) -> None:
    number = unique("SH")
    await caller.create(number)
    await caller.assign(number, number)
    with pytest.raises(grpc.aio.AioRpcError, match="call off not asked"):
        await caller.answer(number, stopped=True)
    await caller.record(word("AF", 1, number), word("D1", 5, number))
    with pytest.raises(grpc.aio.AioRpcError, match="shipment not stoppable"):
        await caller.cancel(number)
