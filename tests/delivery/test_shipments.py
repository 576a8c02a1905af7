"""Shipments as their callers see them: what is said of them is kept, judged, told once, and corrected openly."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import grpc
import pytest
from crossdock.delivery.events.v1 import events_pb2
from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.delivery.v1 import shipment_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit import policy
from crossdock_kit.database import transaction
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.timer_loop import TimerLoop
from crossdock_kit.unit_of_work import UnitOfWork
from delivery.consumers import mapped_codes
from delivery.store.unit_of_work import ATTEMPTS, READ_AGAIN, on
from delivery_cases.calls import SECONDS, Caller, instant, origin, planned, reached, unique, word
from delivery_cases.road import at


async def refusal(call: object) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call  # type: ignore[misc]
    return f"{caught.value.code().name} {caught.value.details()}"


@pytest.mark.feature("F025", "F138")
async def test_a_shipment_is_found_by_each_of_its_numbers(caller: Caller) -> None:
    number, box = unique("SH"), unique("1Z")
    created = await caller.create(number, box)
    assigned = await caller.assign(number, f" {number.lower()} pro ")
    assert (assigned.carrier, assigned.service_level, assigned.tracking_number) == ("SCAC", "GROUND", f"{number}PRO")
    for ref in (
        pb.ShipmentRef(shipment_id=created.shipment_id),
        pb.ShipmentRef(number=number),
        pb.ShipmentRef(tracking_number=box.lower()),
        pb.ShipmentRef(tracking_number=f"{number}PRO"),
    ):
        assert (await caller.stub.GetShipment(pb.GetShipmentRequest(ref=ref), timeout=SECONDS)).shipment == assigned
    listed = await caller.stub.ListShipments(pb.ListShipmentsRequest(order_number=f"SO-{number}"), timeout=SECONDS)
    assert list(listed.shipments) == [assigned]
    assert await caller.facts(created.shipment_id) == ["ShipmentPlanned", "CarrierAssigned"]


async def test_the_same_shipment_twice_is_one_and_another_under_its_number_is_refused(caller: Caller) -> None:
    number = unique("SH")
    first = await caller.create(number, "", ship_from="WH-EAST")
    assert (await caller.create(number, "", ship_from="WH-EAST")).shipment_id == first.shipment_id
    assert "shipment number reused" in await refusal(caller.create(number, "", ship_from="WH-WEST"))


@pytest.mark.feature("F138")
async def test_a_tracking_number_belongs_to_one_shipment(caller: Caller) -> None:
    number, other = unique("SH"), unique("SH")
    await caller.create(number)
    await caller.assign(number, f"{number}PRO")
    await caller.create(other)
    assert "tracking number taken" in await refusal(caller.assign(other, f"{number}PRO"))
    assert (await caller.shipment(other)).tracking_number == ""


@pytest.mark.feature("F136", "F028", "F135", "F147")
async def test_of_a_hundred_words_others_hear_the_milestones(caller: Caller) -> None:
    number = unique("SH")
    created = await caller.create(number)
    await caller.assign(number, number)
    pings = [word("X4", 2 + minute / 10, number) for minute in range(97)]
    outcomes = await caller.record(word("AF", 1, number), *pings, word("X6", 20, number), word("D1", 23, number))
    assert set(outcomes) == {"kept"}
    found = await caller.shipment(number)
    assert reached(found) == ["dispatched", "out_for_delivery", "delivered"]
    assert (found.update_count, found.milestone_count) == (100, 3)
    assert await caller.facts(created.shipment_id) == ["ShipmentPlanned", "CarrierAssigned", *["MilestoneReached"] * 3]
    kept = await caller.stub.ListTrackingUpdates(
        pb.ListTrackingUpdatesRequest(ref=pb.ShipmentRef(number=number), page_size=60), timeout=SECONDS
    )
    more = pb.ListTrackingUpdatesRequest(
        ref=pb.ShipmentRef(number=number), page_size=60, page_token=kept.next_page_token
    )
    rest = await caller.stub.ListTrackingUpdates(more, timeout=SECONDS)
    codes = [each.said.code for each in (*kept.updates, *rest.updates)]
    assert codes == ["AF", *["X4"] * 97, "X6", "D1"]


@pytest.mark.feature("F141")
async def test_words_told_again_and_late_are_placed_and_counted_once(caller: Caller) -> None:
    number = unique("SH")
    await caller.create(number)
    await caller.assign(number, number)
    assert await caller.record(word("D1", 23, number)) == ["kept"]
    assert ("DELIVERED_BEFORE_DISPATCH", "delivery-desk", True) in await caller.exceptions(f"shipment:{number}")
    assert await caller.record(word("D1", 23, number), word("P1", 5, number), word("AF", 1, number)) == [
        "repeated",
        "kept",
        "kept",
    ]
    assert ("DELIVERED_BEFORE_DISPATCH", "delivery-desk", False) in await caller.exceptions(f"shipment:{number}")
    assert reached(await caller.shipment(number)) == ["dispatched", "delivered"]
    assert await caller.record(word("AF", 0.5, number), word("AF", 0.5, number)) == ["kept", "repeated"]
    assert (await caller.shipment(number)).update_count == 4
    assert await caller.milestones(number) == [
        ("dispatched", "moved"),
        ("dispatched", "reached"),
        ("delivered", "reached"),
    ]


@pytest.mark.feature("F138")
async def test_what_nobody_ships_yet_waits_for_its_shipment(caller: Caller) -> None:
    number = unique("SH")
    assert await caller.record(word("AF", 1, number), word("X4", 2, number)) == ["unassigned"] * 2
    assert await caller.exceptions(f"tracking/{number}") == [("TRACKING_NUMBER_UNKNOWN", "delivery-desk", True)]
    await caller.create(number)
    assert reached(await caller.assign(number, number)) == ["dispatched"]
    assert await caller.exceptions(f"tracking/{number}") == [("TRACKING_NUMBER_UNKNOWN", "delivery-desk", False)]
    named = word("X6", 9, shipment_number=number)
    assert await caller.record(named) == ["kept"]


@pytest.mark.feature("F138")
async def test_a_tracking_number_of_another_shipment_moves_neither(caller: Caller) -> None:
    mine, other = unique("SH"), unique("SH")
    for number in (mine, other):
        await caller.create(number)
        await caller.assign(number, number)
    assert await caller.record(word("D1", 5, other, shipment_number=mine)) == ["mismatched"]
    assert reached(await caller.shipment(mine)) == reached(await caller.shipment(other)) == []
    [raised] = await caller.exceptions(f"tracking/{other}/{mine}")
    assert raised == ("TRACKING_NUMBER_OF_ANOTHER_SHIPMENT", "delivery-desk", True)


@pytest.mark.feature("F135")
async def test_a_code_that_nobody_knows_is_a_task_and_counts_once_it_is_mapped(caller: Caller, uow: UnitOfWork) -> None:
    number, code = unique("SH"), unique("Q")
    await caller.create(number)
    await caller.assign(number, number)
    assert await caller.record(word("AF", 1, number), word(code, 9, number)) == ["kept", "unmapped"]
    subject = f"code/acme-truck/x12_214/{code}"
    assert await caller.exceptions(subject) == [("CARRIER_CODE_UNMAPPED", "mapping-desk", True)]
    assert reached(await caller.shipment(number)) == ["dispatched"]
    mapped = await caller.stub.MapCarrierCode(
        pb.MapCarrierCodeRequest(
            request_id=str(uuid4()),
            partner="acme-truck",
            vocabulary="x12_214",
            code=code,
            code_class=shipment_pb2.CODE_CLASS_FACT,
            milestone=shipment_pb2.MILESTONE_DELIVERED,
            stage=shipment_pb2.STAGE_DELIVERED,
        ),
        timeout=SECONDS,
    )
    assert (mapped.version, mapped.waiting_updates) == (1, 1)
    assert await caller.exceptions(subject) == [("CARRIER_CODE_UNMAPPED", "mapping-desk", False)]
    assert await TimerLoop(caller.engine, uow, [caller.tenant], {READ_AGAIN: mapped_codes(on)}).round() == 1
    assert reached(await caller.shipment(number)) == ["dispatched", "delivered"]
    # Another partner's word is still its own.
    await caller.record(word(code, 9.5, number), origin=origin(system="other-truck"))
    assert await caller.exceptions(f"code/other-truck/x12_214/{code}") == [
        ("CARRIER_CODE_UNMAPPED", "mapping-desk", True)
    ]


@pytest.mark.feature("F141")
async def test_a_correction_is_a_fact_of_its_own_and_what_is_said_later_counts_again(caller: Caller) -> None:
    number = unique("SH")
    created = await caller.create(number)
    await caller.assign(number, number)
    await caller.record(word("AF", 1, number), word("D1", 5, number))
    found = await caller.shipment(number)
    stale = refusal(caller.correct(number, shipment_pb2.MILESTONE_DELIVERED, "wrong door", f"{found.shipment_id}-1"))
    assert (await stale).startswith("ABORTED")
    corrected = await caller.correct(number, shipment_pb2.MILESTONE_DELIVERED, "wrong door", found.etag)
    assert reached(corrected) == ["dispatched"]
    assert (await caller.facts(created.shipment_id))[-1] == "MilestoneCorrected"
    assert await caller.record(word("D1", 5, number)) == ["repeated"]
    assert reached(await caller.shipment(number)) == ["dispatched"]
    assert await caller.record(word("D1", 30, number)) == ["kept"]
    assert reached(await caller.shipment(number)) == ["dispatched", "delivered"]
    assert "milestone not reached" in await refusal(
        caller.correct(number, shipment_pb2.MILESTONE_OUT_FOR_DELIVERY, "never")
    )


@pytest.mark.feature("F030", "F143")
async def test_a_proof_of_delivery_keeps_its_evidence_and_hides_who_signed(caller: Caller) -> None:
    number = unique("SH")
    created = await caller.create(number)
    await caller.assign(number, number)
    await caller.record(word("AF", 1, number))
    proven = await caller.prove(number, 9)
    assert reached(proven) == ["dispatched", "delivered"]
    assert proven.proven_at == instant(at(9))
    facts = await caller.facts(created.shipment_id)
    assert facts[-2:] == ["MilestoneReached", "ProofOfDeliveryReceived"]
    await caller.prove(number, 9)
    assert await caller.facts(created.shipment_id) == facts
    ref = pb.ShipmentRef(number=number)
    assert (await caller.stub.GetRecipient(pb.GetRecipientRequest(ref=ref), timeout=SECONDS)).received_by == "Kim Doe"
    await caller.prove(number, 10, "paper/2", received_by="")
    page = await caller.stub.ListProofs(pb.ListProofsRequest(ref=ref, page_size=1), timeout=SECONDS)
    more = pb.ListProofsRequest(ref=ref, page_size=1, page_token=page.next_page_token)
    found = [*page.proofs, *(await caller.stub.ListProofs(more, timeout=SECONDS)).proofs]
    assert [(each.evidence_reference, bool(each.recipient_id)) for each in found] == [
        ("paper/2", False),
        ("photo/1", True),
    ]
    assert (found[1].kind, found[1].content_sha256) == (pb.EVIDENCE_KIND_PHOTO, "ab" * 32)
    assert found[1].delivered_at == instant(at(9))
    assert "Kim" not in str(found)
    bodies = await caller.fetch("SELECT body FROM journal WHERE aggregate = $1", f"shipment/{created.shipment_id}")
    assert not any(b"Kim" in row["body"] for row in bodies)
    assert any(b"photo/1" in row["body"] for row in bodies)


@pytest.mark.feature("F030", "F143", "F145")
@pytest.mark.parametrize("known", [True, False], ids=["its number is known", "its number comes later"])
async def test_who_took_it_by_the_carriers_word_proves_the_delivery_and_is_shown_to_nobody_else(
    caller: Caller, known: bool
) -> None:
    number = unique("SH")
    created = await caller.create(number)
    words = (word("X6", 8, number, received_by="Not Yet"), word("D1", 9, number, received_by="Lee Roe"))
    if known:
        await caller.assign(number, number)
        await caller.record(word("D1", 9, number))
        await caller.record(*words)
        await caller.record(word("D1", 9, number, received_by="Somebody Else"))
    else:
        assert await caller.record(*words) == ["unassigned", "unassigned"]
        await caller.assign(number, number)
    found = await caller.shipment(number)
    assert found.proven_at == instant(at(9))
    ref = pb.ShipmentRef(number=number)
    [proof] = (await caller.stub.ListProofs(pb.ListProofsRequest(ref=ref), timeout=SECONDS)).proofs
    assert (proof.kind, proof.delivered_at) == (pb.EVIDENCE_KIND_SIGNATURE, instant(at(9)))
    assert (await caller.stub.GetRecipient(pb.GetRecipientRequest(ref=ref), timeout=SECONDS)).received_by == "Lee Roe"
    assert (await caller.facts(created.shipment_id)).count("ProofOfDeliveryReceived") == 1
    kept = await caller.stub.ListTrackingUpdates(pb.ListTrackingUpdatesRequest(ref=ref), timeout=SECONDS)
    bodies = await caller.fetch("SELECT body FROM journal WHERE aggregate = $1", f"shipment/{created.shipment_id}")
    assert not any(name in str(kept) for name in ("Lee", "Not Yet"))
    assert not any(b"Lee" in row["body"] for row in bodies)


async def test_who_took_back_what_was_returned_proves_no_delivery(caller: Caller) -> None:
    number = unique("SH")
    await caller.create(number)
    await caller.assign(number, number)
    back = word("return_to_sender", 5, number, vocabulary="easypost")
    home = word("delivered", 9, number, vocabulary="easypost", received_by="Our Dock")
    await caller.record(word("AF", 1, number), back, home)
    assert not (await caller.shipment(number)).HasField("proven_at")


@pytest.mark.feature("F029", "F031")
@pytest.mark.parametrize("role", ["ROLE_WMS", "ROLE_ERP", "ROLE_CHANNEL", "ROLE_SUPPLIER"])
async def test_only_carrier_tms_and_proof_services_say_delivered(caller: Caller, role: str) -> None:
    number = unique("SH")
    await caller.create(number)
    said = origin(options_pb2.Role.Value(role), "WMS-EAST")
    assert "field not owned" in await refusal(caller.record(word("D1", 5, number), origin=said))
    assert "field not owned" in await refusal(caller.prove(number, 5, origin=said))
    assert reached(await caller.shipment(number)) == []


@pytest.mark.feature("F140", "F031")
async def test_a_failed_attempt_is_an_exception_of_its_owner_until_it_is_delivered(caller: Caller) -> None:
    number = unique("SH")
    await caller.create(number)
    await caller.assign(number, number)
    await caller.record(word("AF", 1, number), word("AH", 6, number, reason="AI"))
    assert (await caller.shipment(number)).open_exceptions == 1
    assert await caller.exceptions(f"shipment:{number}") == [("DELIVERY_EXCEPTION", "delivery-desk", True)]
    await caller.record(word("D1", 26, number))
    assert await caller.exceptions(f"shipment:{number}") == [("DELIVERY_EXCEPTION", "delivery-desk", False)]
    assert ("exception", "ended") in await caller.milestones(number)


@pytest.mark.feature("F140", "F144")
async def test_what_is_tried_too_often_is_the_leads_until_it_is_delivered(caller: Caller) -> None:
    number, customer = unique("SH"), unique("CUS")
    async with transaction(caller.engine, [caller.tenant]) as tx:
        rule = NewRule(key=ATTEMPTS, value=2, valid_from=at(-24), scope=Scope(partner=customer))
        await policy.add(tx.driver, caller.tenant, rule)
    patient = unique("SH")
    for each, whose in ((number, customer), (patient, "CUS-SHOP")):
        await caller.create(each, customer_id=whose)
        await caller.assign(each, each)
        await caller.record(word("AF", 1, each), word("AH", 6, each))
        await caller.record(word("X6", 7, each))
    assert [code for code, _, _ in await caller.exceptions(f"shipment:{number}")] == ["DELIVERY_EXCEPTION"]
    for each in (number, patient):
        await caller.record(word("AH", 9, each))
        assert (await caller.shipment(each)).attempts == 2
    exhausted = ("DELIVERY_ATTEMPTS_EXHAUSTED", "delivery-lead")
    assert (*exhausted, True) in await caller.exceptions(f"shipment:{number}")
    assert exhausted not in {(code, owner) for code, owner, _ in await caller.exceptions(f"shipment:{patient}")}
    # A fourth and a fifth are the same matter; the truck that goes out once more does not end it, the delivery does.
    await caller.record(word("X6", 27, number), word("AH", 30, number), word("X6", 31, number))
    assert [each for each in await caller.exceptions(f"shipment:{number}") if each[:2] == exhausted] == [
        (*exhausted, True)
    ]
    await caller.record(word("D1", 32, number))
    assert (*exhausted, False) in await caller.exceptions(f"shipment:{number}")
    [row, *_] = await caller.fetch(
        "SELECT body FROM journal WHERE aggregate = $1 AND type LIKE '%DeliveryExceptionRaised' ORDER BY version DESC",
        f"shipment/{(await caller.shipment(number)).shipment_id}",
    )
    assert events_pb2.DeliveryExceptionRaised.FromString(row["body"]).attempts == 2


@pytest.mark.feature("F139")
async def test_an_estimate_beyond_the_promise_is_a_delay(caller: Caller) -> None:
    number = unique("SH")
    await caller.create(number, promised_by=instant(at(24)))
    await caller.assign(number, number)
    await caller.record(word("AG", 2, number, estimated_at=instant(at(20))))
    assert reached(await caller.shipment(number)) == []
    await caller.record(word("AG", 3, number, estimated_at=instant(at(24) + timedelta(minutes=1))))
    found = await caller.shipment(number)
    assert reached(found) == ["delayed"]
    assert found.eta == instant(at(24) + timedelta(minutes=1))


async def test_another_tenant_sees_and_changes_nothing(caller: Caller, stranger: Caller) -> None:
    number = unique("SH")
    created = await caller.create(number)
    await caller.assign(number, number)
    assert (await refusal(stranger.shipment(number))).startswith("NOT_FOUND")
    assert await stranger.record(word("D1", 5, number)) == ["unassigned"]
    assert reached(await caller.shipment(number)) == []
    assert (await stranger.create(number)).shipment_id != created.shipment_id


async def test_an_update_without_any_number_and_a_shipment_without_a_name_are_invalid(caller: Caller) -> None:
    assert (await refusal(caller.record(word("D1", 5)))).startswith("INVALID_ARGUMENT")
    nameless = caller.stub.GetShipment(pb.GetShipmentRequest(ref=pb.ShipmentRef()), timeout=SECONDS)
    assert (await refusal(nameless)).startswith("INVALID_ARGUMENT")
    request = planned(unique("SH"))
    request.number = ""
    assert (await refusal(caller.stub.CreateShipment(request, timeout=SECONDS))).startswith("INVALID_ARGUMENT")
