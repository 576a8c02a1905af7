"""From the packed shipment to the truck: a label is nothing, the words of the warehouse and of its carrier are."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import grpc
import pytest
from crossdock.delivery.events.v1 import events_pb2
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.events.v1 import events_pb2 as fulfillment_pb2
from crossdock_kit import policy
from crossdock_kit.database import transaction
from crossdock_kit.peers import reason_in, status_in
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.process_timers import timer_kind
from crossdock_kit.timer_loop import TimerLoop
from crossdock_kit.unit_of_work import UnitOfWork
from delivery.consumers import deadlines
from delivery.domain.lifecycle import SHIPMENT
from delivery.store.unit_of_work import BILLING, on
from delivery_cases.calls import Caller, instant, reached, unique, word
from delivery_cases.road import at
from delivery_cases.warehouse import SSCC, cleared, hears, issued, ready, supplier_shipped
from google.type.date_pb2 import Date


def state(found: shipment_pb2.Shipment) -> str:
    return shipment_pb2.ShipmentState.Name(found.state).removeprefix("SHIPMENT_STATE_").lower()


@pytest.mark.feature("F122", "F138")
async def test_what_a_warehouse_packed_is_a_shipment_of_its_orders(caller: Caller, uow: UnitOfWork) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    fact = ready(shipment_id, number, order, f"{order}B")
    await hears(uow, caller.tenant, fact, fact)
    found = await caller.shipment(number)
    assert (found.shipment_id, found.business_unit, found.ship_from) == (shipment_id, "EU01", "WH-EAST")
    assert [(each.order_id, each.number) for each in found.orders] == [
        (f"order-{order}", order),
        (f"order-{order}B", f"{order}B"),
    ]
    assert [each.sscc for each in found.packages] == [SSCC]
    # The fourth of March is over everywhere at noon of the fifth in UTC.
    assert found.promised_by == instant(datetime(2026, 3, 5, 12, tzinfo=UTC))
    assert await caller.facts(shipment_id) == ["ShipmentPlanned"]
    both = (f"order-{order}", f"order-{order}B")
    steps = await caller.fetch("SELECT name FROM step WHERE transaction_ids @> ARRAY[$1, $2]", *both)
    assert len(steps) == 2


@pytest.mark.feature("F025", "F122")
async def test_a_declined_tender_is_somebodys_until_a_carrier_takes_it_with_its_eta(caller: Caller) -> None:
    number = unique("SH")
    created = await caller.create(number)
    await caller.decline(number, "no truck")
    assert ("TENDER_DECLINED", "delivery-desk", True) in await caller.exceptions(created.shipment_id)
    taken = await caller.assign(number, number, eta=instant(at(40)))
    assert (state(taken), taken.eta, reached(taken)) == ("assigned", instant(at(40)), [])
    assert ("TENDER_DECLINED", "delivery-desk", False) in await caller.exceptions(created.shipment_id)
    assert await caller.facts(created.shipment_id) == ["ShipmentPlanned", "EtaChanged", "CarrierAssigned"]
    [row] = await caller.fetch(
        "SELECT body FROM journal WHERE aggregate = $1 AND version = 3", f"shipment/{created.shipment_id}"
    )
    assert events_pb2.CarrierAssigned.FromString(row["body"]).eta == instant(at(40))


@pytest.mark.feature("F027", "F123", "F146")
async def test_a_shipment_is_dispatched_when_warehouse_and_carrier_have_both_said_so(
    caller: Caller, uow: UnitOfWork
) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    await hears(uow, caller.tenant, ready(shipment_id, number, order))
    await caller.assign(number, number)
    await caller.record(word("XB", 0, number), word("CP", 0.5, number))
    assert state(await caller.shipment(number)) == "assigned"
    await hears(uow, caller.tenant, issued(shipment_id, number, order))
    assert state(await caller.shipment(number)) == "handed_over"
    assert "ShipmentDispatched" not in await caller.facts(shipment_id)
    await caller.record(word("AF", 1, number))
    found = await caller.shipment(number)
    assert state(found) == "dispatched"
    [row] = await caller.fetch(
        "SELECT body FROM journal WHERE aggregate = $1 AND type LIKE '%ShipmentDispatched'", f"shipment/{shipment_id}"
    )
    told = events_pb2.ShipmentDispatched.FromString(row["body"])
    assert (told.carrier, told.tracking_number, told.issue_number) == ("SCAC", number, f"GI-{number}")
    assert [(each.order_number, each.sku, each.quantity.value) for each in told.lines] == [(order, "BOLT", "5")]
    assert told.dispatched_at == instant(at(1))
    assert found.billed_at == instant(at(1))


@pytest.mark.parametrize("issue_first", [True, False], ids=["issued first", "delivered first"])
async def test_what_the_warehouse_handed_over_and_the_carrier_delivered_has_left_though_nobody_said_so(
    caller: Caller, uow: UnitOfWork, issue_first: bool
) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    await hears(uow, caller.tenant, ready(shipment_id, number, order))
    await caller.assign(number, number)
    handed_over = issued(shipment_id, number, order)
    if issue_first:
        await hears(uow, caller.tenant, handed_over)
    await caller.record(word("D1", 23, number))
    if not issue_first:
        assert ("DELIVERED_BEFORE_DISPATCH", "delivery-desk", True) in await caller.exceptions(f"shipment:{number}")
        await hears(uow, caller.tenant, handed_over)
    found = await caller.shipment(number)
    assert (state(found), found.billed_at) == ("delivered", instant(at(23)))
    assert "ShipmentDispatched" in await caller.facts(shipment_id)
    open_ones = [code for code, _, is_open in await caller.exceptions(f"shipment:{number}") if is_open]
    assert "DELIVERED_BEFORE_DISPATCH" not in open_ones


@pytest.mark.feature("F027")
async def test_a_departure_before_the_warehouse_has_spoken_waits_for_it(caller: Caller, uow: UnitOfWork) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    said = issued(shipment_id, number, order, carrier="SCAC", tracking_number=number)
    await caller.record(word("AF", 1, number))
    await hears(uow, caller.tenant, said)
    found = await caller.shipment(number)
    assert (found.carrier, found.tracking_number) == ("SCAC", number)
    assert reached(found) == ["dispatched"]
    assert "ShipmentDispatched" in await caller.facts(shipment_id)
    second = issued(shipment_id, number, order, issue_number=f"GI-{number}-2")
    await hears(uow, caller.tenant, said, second)
    facts = await caller.facts(shipment_id)
    assert (facts.count("ShipmentDispatched"), facts.count("BillingTriggered")) == (2, 1)


@pytest.mark.feature("F138")
async def test_a_warehouse_that_names_another_shipments_number_takes_nothing_from_it(
    caller: Caller, uow: UnitOfWork
) -> None:
    number, other, order = unique("SH"), unique("SH"), unique("SO")
    await caller.create(other)
    await caller.assign(other, other)
    await hears(uow, caller.tenant, issued(str(uuid4()), number, order, carrier="SCAC", tracking_number=other))
    assert (await caller.shipment(number)).tracking_number == ""
    assert (await caller.exceptions(f"tracking/{other}/{number}"))[0][0] == "TRACKING_NUMBER_OF_ANOTHER_SHIPMENT"


async def paying_for_proof(caller: Caller) -> str:
    """A customer of that kind."""
    customer = unique("CUS")
    async with transaction(caller.engine, [caller.tenant]) as tx:
        rule = NewRule(key=BILLING, value="proof", valid_from=at(-24), scope=Scope(partner=customer))
        await policy.add(tx.driver, caller.tenant, rule)
    return customer


@pytest.mark.feature("F145")
async def test_a_customer_who_pays_for_proof_is_billed_by_the_proof(caller: Caller, uow: UnitOfWork) -> None:
    customer, number = await paying_for_proof(caller), unique("SH")
    shipment_id, order = str(uuid4()), unique("SO")
    await hears(uow, caller.tenant, ready(shipment_id, number, order, customer_id=customer))
    await hears(uow, caller.tenant, issued(shipment_id, number, order, carrier="SCAC", tracking_number=number))
    await caller.record(word("AF", 1, number), word("D1", 5, number))
    assert not (await caller.shipment(number)).HasField("billed_at")
    proven = await caller.prove(number, 5)
    assert state(proven) == "proven"
    assert proven.billing_basis == shipment_pb2.BILLING_BASIS_PROOF
    assert proven.billed_at == instant(at(5))
    [row] = await caller.fetch(
        "SELECT body FROM journal WHERE aggregate = $1 AND type LIKE '%BillingTriggered'", f"shipment/{shipment_id}"
    )
    told = events_pb2.BillingTriggered.FromString(row["body"])
    assert (told.customer_id, told.evidence) == (customer, "photo/1")


@pytest.mark.feature("F139", "F145", "F157")
@pytest.mark.parametrize("packed_after", [False, True], ids=["never packed", "packed afterwards"])
async def test_the_terms_of_a_customer_hold_though_its_warehouse_says_no_packing(
    caller: Caller, uow: UnitOfWork, packed_after: bool
) -> None:
    customer, shipment_id, number, order = await paying_for_proof(caller), str(uuid4()), unique("SH"), unique("SO")
    terms = {"promised_on": Date(year=2026, month=3, day=4), "consignee_id": "consignee/1"}
    known = (
        {}
        if packed_after
        else terms
        | {
            "orders": [fulfillment_pb2.IssuedOrder(order_id=f"order-{order}", number=order, customer_id=customer)],
            "ssccs": [SSCC],
        }
    )
    await hears(uow, caller.tenant, issued(shipment_id, number, order, carrier="SCAC", tracking_number=number, **known))
    if packed_after:
        await caller.record(word("AG", 0.2, number, estimated_at=instant(at(24 * 9))))
        await hears(uow, caller.tenant, ready(shipment_id, number, order, customer_id=customer))
        assert reached(await caller.shipment(number)) == ["delayed"]
    await caller.record(word("AF", 1, number), word("D1", 5, number))
    found = await caller.shipment(number)
    assert (found.customer_id, found.consignee_id) == (customer, "consignee/1")
    assert found.promised_by == instant(datetime(2026, 3, 5, 12, tzinfo=UTC))
    assert [each.sscc for each in found.packages] == [SSCC]
    assert (found.billing_basis, found.HasField("billed_at")) == (shipment_pb2.BILLING_BASIS_PROOF, False)
    assert (await caller.prove(number, 5)).billed_at == instant(at(5))
    assert (await caller.facts(shipment_id)).count("ShipmentPlanned") == 1


async def test_what_is_billed_stays_billed_whatever_is_said_of_the_customer_later(
    caller: Caller, uow: UnitOfWork
) -> None:
    customer, shipment_id, number, order = await paying_for_proof(caller), str(uuid4()), unique("SH"), unique("SO")
    await hears(uow, caller.tenant, issued(shipment_id, number, order, carrier="SCAC", tracking_number=number))
    await caller.record(word("AF", 1, number))
    await hears(uow, caller.tenant, ready(shipment_id, number, order, customer_id=customer))
    found = await caller.shipment(number)
    assert (found.customer_id, found.billing_basis) == (customer, shipment_pb2.BILLING_BASIS_DISPATCH)
    await caller.prove(number, 5)
    assert (await caller.facts(shipment_id)).count("BillingTriggered") == 1


@pytest.mark.feature("F142", "F144")
@pytest.mark.parametrize(
    ("codes", "wanted", "code", "owner"),
    [
        ((), "planned", "CARRIER_NOT_ASSIGNED", "delivery-desk"),
        (("AF",), "dispatched", "DELIVERY_OVERDUE", "delivery-desk"),
        (("AF", "X6", "AH"), "exception", "DELIVERY_EXCEPTION_UNDECIDED", "delivery-lead"),
        (("AF", "D1"), "delivered", "PROOF_OVERDUE", "delivery-desk"),
    ],
)
async def test_a_state_that_lasts_too_long_is_somebodys_and_ends_when_it_goes_on(
    caller: Caller, uow: UnitOfWork, codes: tuple[str, ...], wanted: str, code: str, owner: str
) -> None:
    number = unique("SH")
    created = await caller.create(number)
    if codes:
        await caller.assign(number, number)
        await caller.record(*(word(each, hours, number) for hours, each in enumerate(codes, start=1)))
    assert state(await caller.shipment(number)) == wanted
    # The clock of the tests stands in March, so every deadline of theirs has passed for the database.
    loop = TimerLoop(caller.engine, uow, [caller.tenant], {timer_kind(SHIPMENT): deadlines(on)})
    while await loop.round():
        pass
    subject = f"process/shipment/{created.shipment_id}"
    assert (code, owner, True) in await caller.exceptions(subject)
    if not codes:
        await caller.assign(number, number)
    else:
        await caller.prove(number, 9)
    assert (code, owner, False) in await caller.exceptions(subject)


@pytest.mark.feature("F115")
async def test_no_label_is_asked_for_before_tax_credit_and_export_are_final(caller: Caller, uow: UnitOfWork) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    barred = ready(shipment_id, number, order, f"{order}B", barred_order_numbers=[order])
    await hears(uow, caller.tenant, barred, barred)
    assert await caller.facts(shipment_id) == []
    assert (await caller.shipment(number)).kept_back
    assert await kept_back(caller, shipment_id) == [("delivery-desk", [f"order-{order}"], True)]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await caller.assign(number, number)
    assert reason_in(status_in(refused.value)) == "SHIPMENT_KEPT_BACK"
    # What is handed over nevertheless is a fact.
    await hears(uow, caller.tenant, issued(shipment_id, number, order))
    assert "ShipmentPlanned" in await caller.facts(shipment_id)
    assert await kept_back(caller, shipment_id) == [("delivery-desk", [f"order-{order}"], False)]


async def kept_back(caller: Caller, shipment_id: str) -> list[tuple[str, list[str], bool]]:
    """Who looks after what must not be labelled, of which orders, and whether it is so still."""
    rows = await caller.fetch(
        "SELECT owner, transaction_ids, resolved_at IS NULL AS open FROM exception"
        " WHERE code = 'LABEL_BEFORE_CHECKS' AND subject = $1",
        f"outbound_shipment/{shipment_id}",
    )
    return [(row["owner"], list(row["transaction_ids"]), row["open"]) for row in rows]


@pytest.mark.feature("F115", "F122")
async def test_what_was_kept_back_is_offered_by_itself_once_its_checks_are_final(
    caller: Caller, uow: UnitOfWork
) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    await hears(uow, caller.tenant, ready(shipment_id, number, order, barred_order_numbers=[order]))
    final = cleared(shipment_id, number, order)
    await hears(uow, caller.tenant, final, final)
    found = await caller.shipment(number)
    assert (state(found), found.kept_back) == ("planned", False)
    assert await caller.facts(shipment_id) == ["ShipmentPlanned"]
    assert await kept_back(caller, shipment_id) == [("delivery-desk", [f"order-{order}"], False)]
    assert state(await caller.assign(number, number)) == "assigned"
    # Of what nobody packed nothing is known.
    await hears(uow, caller.tenant, cleared(str(uuid4()), unique("SH"), order))


async def test_what_is_called_off_while_it_is_kept_back_is_offered_to_nobody(caller: Caller, uow: UnitOfWork) -> None:
    shipment_id, number, order = str(uuid4()), unique("SH"), unique("SO")
    await hears(uow, caller.tenant, ready(shipment_id, number, order, barred_order_numbers=[order]))
    assert state(await caller.cancel(number)) == "cancelled"
    await hears(uow, caller.tenant, cleared(shipment_id, number, order))
    assert (state(await caller.shipment(number)), await caller.facts(shipment_id)) == ("cancelled", [])
    assert await kept_back(caller, shipment_id) == [("delivery-desk", [f"order-{order}"], False)]


@pytest.mark.feature("F119")
async def test_what_a_supplier_sends_to_a_customer_is_on_the_road_by_its_notice_and_delivered_by_its_carrier(
    caller: Caller, uow: UnitOfWork
) -> None:
    shipment_id, number, order = str(uuid4()), unique("ASN"), unique("SO")
    fact = supplier_shipped(shipment_id, number, order)
    await hears(uow, caller.tenant, fact, fact)
    found = await caller.shipment(number)
    assert (state(found), found.carrier, found.tracking_number) == ("dispatched", "SCAC", number)
    assert (found.ship_from, found.customer_id) == ("", "CUS-SHOP")
    facts = await caller.facts(shipment_id)
    assert (facts.count("ShipmentDispatched"), facts.count("BillingTriggered")) == (1, 1)
    more = supplier_shipped(shipment_id, number, order, ship_notice_id="notice-more")
    await hears(uow, caller.tenant, more)
    assert (await caller.facts(shipment_id)).count("ShipmentDispatched") == 2
    assert (await caller.facts(shipment_id)).count("BillingTriggered") == 1
    await caller.record(word("AF", -1, number), word("D1", 5, number))
    assert [each for each, _ in await caller.milestones(number)][-1] == "delivered"
