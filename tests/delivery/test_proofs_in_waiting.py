"""A proof of delivery that comes before its shipment is known is kept, and counts once it is."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import grpc
import pytest
from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.options.v1 import options_pb2
from crossdock_kit.context import caused_by
from crossdock_kit.testing import FixedClock
from crossdock_kit.timer_loop import TimerLoop
from crossdock_kit.unit_of_work import UnitOfWork
from delivery.consumers import silences
from delivery.ports import Origin, ShipmentName
from delivery.store.unit_of_work import on
from delivery.use_cases import proofs_in_waiting
from delivery.use_cases.commands import RecordProofOfDelivery
from delivery.use_cases.proofs_in_waiting import PROOF_TIMER
from delivery_cases.calls import SECONDS, Caller, instant, origin, reached, unique, word
from delivery_cases.road import at
from delivery_cases.warehouse import cleared, hears, issued, ready, received

LOST = ("PROOF_WITHOUT_SHIPMENT", "delivery-desk")
LEFT = ("DELIVERED_BEFORE_DISPATCH", "delivery-desk")


def by_number(number: str) -> pb.ShipmentRef:
    return pb.ShipmentRef(number=number)


async def look(caller: Caller, uow: UnitOfWork) -> None:
    """For the database the tests' March is long over, so every proof that waits is looked at."""
    loop = TimerLoop(caller.engine, uow, [caller.tenant], {PROOF_TIMER: silences(on)[PROOF_TIMER]})
    [waiting] = await caller.fetch("SELECT count(*) AS n FROM timer WHERE kind = $1", PROOF_TIMER)
    for _ in range(waiting["n"]):
        await loop.round()


async def left_waiting(caller: Caller, subject: str) -> int:
    rows = await caller.fetch("SELECT 1 FROM waiting_proof WHERE subject = $1", subject)
    timers = await caller.fetch("SELECT 1 FROM timer WHERE kind = $1 AND subject = $2", PROOF_TIMER, subject)
    assert bool(rows) == bool(timers), "what waits is looked after, and nothing else"
    return len(rows)


async def recipient(caller: Caller, number: str) -> str:
    request = pb.GetRecipientRequest(ref=by_number(number))
    return (await caller.stub.GetRecipient(request, timeout=SECONDS)).received_by


@pytest.mark.feature("F030", "F143", "F145")
@pytest.mark.parametrize("known_by", ["packing", "handing over", "a call", "a tracking number"])
async def test_a_proof_that_comes_first_counts_once_its_shipment_is_known(
    caller: Caller, uow: UnitOfWork, known_by: str
) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    by_tracking = known_by == "a tracking number"
    ref = pb.ShipmentRef(tracking_number=number) if by_tracking else by_number(number)
    for _ in range(2):
        answer = await caller.proof(ref, 9)
        assert (answer.waits, answer.HasField("shipment")) == (True, False)
    assert await left_waiting(caller, f"{'tracking' if by_tracking else 'shipment'}/{number}") == 1
    match known_by:
        case "packing":
            await hears(uow, caller.tenant, ready(shipment_id, number, order))
        case "handing over":
            await hears(uow, caller.tenant, issued(shipment_id, number, order))
        case "a call":
            shipment_id = (await caller.create(number)).shipment_id
        case _:
            shipment_id = (await caller.create(f"{number}-S")).shipment_id
            assert not (await caller.shipment(f"{number}-S")).HasField("proven_at")
            await caller.assign(f"{number}-S", number)
            number = f"{number}-S"
    found = await caller.shipment(number)
    assert (found.proven_at, reached(found)) == (instant(at(9)), ["delivered"])
    facts = await caller.facts(shipment_id)
    assert (facts[0], facts.count("ProofOfDeliveryReceived")) == ("ShipmentPlanned", 1)
    assert await recipient(caller, number) == "Kim Doe"
    assert await left_waiting(caller, f"shipment/{number}") == 0
    # Told again once it is known it is the same proof.
    assert not (await caller.proof(by_number(number), 9)).waits
    assert (await caller.facts(shipment_id)).count("ProofOfDeliveryReceived") == 1


async def test_what_was_handed_over_before_it_was_proven_is_no_delivery_of_what_never_left(
    caller: Caller, uow: UnitOfWork
) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    await caller.proof(pb.ShipmentRef(tracking_number=number), 9)
    await caller.record(word("D1", 9, number))
    await hears(uow, caller.tenant, issued(shipment_id, number, order, carrier="SCAC", tracking_number=number))
    assert (await caller.shipment(number)).HasField("proven_at")
    assert (*LEFT, True) not in await caller.exceptions(shipment_id)
    assert "ShipmentDispatched" in await caller.facts(shipment_id)


async def test_what_is_kept_back_is_planned_before_it_is_proven(caller: Caller, uow: UnitOfWork) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    await caller.proof(by_number(number), 9)
    await hears(uow, caller.tenant, ready(shipment_id, number, order, barred_order_numbers=[order]))
    assert await caller.facts(shipment_id) == []
    await hears(uow, caller.tenant, cleared(shipment_id, number, order))
    assert (await caller.facts(shipment_id))[0] == "ShipmentPlanned"
    assert (await caller.shipment(number)).HasField("proven_at")


async def test_a_proof_and_its_shipment_that_miss_each_other_are_brought_together(
    caller: Caller, uow: UnitOfWork
) -> None:
    number = unique("SH")
    await caller.create(number)
    # As a work keeps it that did not see the shipment, because that was not committed yet.
    missed = RecordProofOfDelivery(
        origin=Origin("pod-app", "POD"),
        name=ShipmentName(number=number),
        kind="photo",
        reference="photo/1",
        content_sha256="",
        delivered_at=at(9),
    )
    with caused_by(received(ready("", ""), caller.tenant).cause):
        async with uow(tenants=(caller.tenant,)) as work, on(work) as opened:
            await proofs_in_waiting.keep_waiting(missed, opened)
    await look(caller, uow)
    assert (await caller.shipment(number)).proven_at == instant(at(9))
    assert await left_waiting(caller, f"shipment/{number}") == 0


async def test_a_proof_without_a_shipment_is_somebodys_after_a_day_and_dropped_with_its_name_in_the_end(
    caller: Caller, uow: UnitOfWork, clock: FixedClock
) -> None:
    number = unique("SH")
    subject = f"shipment/{number}"
    await caller.proof(by_number(number), 9)
    await look(caller, uow)
    assert await caller.exceptions(subject) == []
    clock.advance(timedelta(hours=25))
    await caller.proof(by_number(number), 9, "paper/2", received_by="")
    await look(caller, uow)
    assert await caller.exceptions(subject) == [(*LOST, True)]
    clock.advance(timedelta(days=59, hours=1))
    await look(caller, uow)
    assert await left_waiting(caller, subject) == 1
    named = "SELECT facts FROM personal_data WHERE reason = 'PROOF_WITHOUT_SHIPMENT'"
    assert [row["facts"] for row in await caller.fetch(named)] == [None]
    clock.advance(timedelta(days=2))
    await look(caller, uow)
    assert await left_waiting(caller, subject) == 0
    await caller.create(number)
    assert not (await caller.shipment(number)).HasField("proven_at"), "carriers use their numbers again"
    assert await caller.exceptions(subject) == [(*LOST, True)]


async def test_what_was_told_is_settled_once_a_shipment_has_the_number(
    caller: Caller, uow: UnitOfWork, clock: FixedClock
) -> None:
    number = unique("SH")
    await caller.proof(by_number(number), 9)
    clock.advance(timedelta(hours=25))
    await look(caller, uow)
    assert await caller.exceptions(f"shipment/{number}") == [(*LOST, True)]
    await caller.create(number)
    assert await caller.exceptions(f"shipment/{number}") == [(*LOST, False)]


async def test_no_system_fills_the_room_with_numbers_of_nobody(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs_in_waiting, "MOST_WAITING", 2)
    system = origin(options_pb2.ROLE_POD, unique("pod").lower())
    numbers = [unique("SH") for _ in range(2)]
    for number in (*numbers, *numbers):
        assert (await caller.proof(by_number(number), 9, origin=system)).waits
    with pytest.raises(grpc.aio.AioRpcError, match="too many proofs waiting") as caught:
        await caller.proof(by_number(unique("SH")), 9, origin=system)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert (await caller.proof(by_number(unique("SH")), 9)).waits


async def test_a_shipment_that_is_named_by_an_id_of_ours_is_there_or_is_not(caller: Caller, stranger: Caller) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match="shipment unknown"):
        await caller.proof(pb.ShipmentRef(shipment_id=str(uuid4())), 9)
    number = unique("SH")
    await stranger.create(number)
    assert (await caller.proof(by_number(number), 9)).waits
    assert not (await stranger.shipment(number)).HasField("proven_at")
