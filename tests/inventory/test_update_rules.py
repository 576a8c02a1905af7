"""The table of C10: which accounts each event moves, and by how much."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from inventory.domain.accounts import DEMAND, Account
from inventory.domain.adjusting import Adjustment, ReasonMissing
from inventory.domain.movement import Document, Movement, StockKey, balances_of
from inventory.domain.quantity import Measure
from inventory.domain.rules import (
    RECEIPT_TARGET,
    UPDATE_RULES,
    Condition,
    Event,
    ReceivedFrom,
    receipt_pair,
)

KEY = StockKey("acme", "A1", "EAST", "EU01")
DOCUMENT = Document("test/1", datetime(2026, 3, 2, tzinfo=UTC))
Q = Decimal(7)

# By event: the accounts that grow and those that shrink, contra and open demand left out, as the trade writes it.
C10 = {
    Event.ORDERED: {Account.ON_ORDER: +1},
    Event.ORDER_REDUCED: {Account.ON_ORDER: -1},
    Event.ANNOUNCED: {Account.IN_TRANSIT: +1, Account.ON_ORDER: -1},
    Event.ANNOUNCED_BEYOND_ORDER: {Account.IN_TRANSIT: +1},
    Event.ANNOUNCEMENT_BACK_TO_ORDER: {Account.IN_TRANSIT: -1, Account.ON_ORDER: +1},
    Event.ANNOUNCEMENT_DROPPED: {Account.IN_TRANSIT: -1},
    Event.RESERVED: {Account.RESERVED: +1},
    Event.RESERVATION_RELEASED: {Account.RESERVED: -1},
    Event.COMMITTED: {Account.RESERVED: -1, Account.COMMITTED: +1},
    Event.COMMITMENT_CANCELLED: {Account.COMMITTED: -1},
    Event.ALLOCATED: {Account.COMMITTED: -1, Account.ALLOCATED: +1},
    Event.DEALLOCATED: {Account.COMMITTED: +1, Account.ALLOCATED: -1},
    Event.ALLOCATION_CANCELLED: {Account.ALLOCATED: -1},
    Event.PUT_AWAY: {Account.STAGED: -1, Account.SELLABLE: +1},
    Event.PUT_AWAY_TAKEN_BACK: {Account.SELLABLE: -1, Account.STAGED: +1},
    Event.QUALITY_RELEASED_AT_DOCK: {Account.QUARANTINED: -1, Account.STAGED: +1},
    Event.QUARANTINED_AT_DOCK: {Account.STAGED: -1, Account.QUARANTINED: +1},
    Event.QUALITY_RELEASED: {Account.QUARANTINED: -1, Account.SELLABLE: +1},
    Event.QUALITY_REJECTED: {Account.QUARANTINED: -1, Account.DAMAGED: +1},
    Event.QUARANTINE_SCRAPPED: {Account.QUARANTINED: -1},
    Event.QUARANTINED: {Account.SELLABLE: -1, Account.QUARANTINED: +1},
    Event.PICKED: {Account.SELLABLE: -1, Account.STAGED: +1, Account.ALLOCATED: -1},
    Event.PICKED_SHORT: {Account.ALLOCATED: -1},
    Event.PUT_BACK: {Account.STAGED: -1, Account.SELLABLE: +1},
    Event.SHIPPED: {Account.STAGED: -1},
    Event.RETURNED: {Account.RETURNED: +1},
    Event.RETURN_RESTOCKED: {Account.RETURNED: -1, Account.SELLABLE: +1},
    Event.RETURN_SCRAPPED: {Account.RETURNED: -1},
    Event.RETURN_QUARANTINED: {Account.RETURNED: -1, Account.QUARANTINED: +1},
    Event.RETURN_DAMAGED: {Account.RETURNED: -1, Account.DAMAGED: +1},
    Event.TRANSFER_SENT: {Account.SELLABLE: -1},
    Event.TRANSFER_ANNOUNCED: {Account.IN_TRANSIT: +1},
    Event.TRANSFER_RECEIVED: {Account.IN_TRANSIT: -1, Account.SELLABLE: +1},
    Event.TRANSFER_RECEIVED_AT_DOCK: {Account.IN_TRANSIT: -1, Account.STAGED: +1},
    Event.TRANSFER_OVER: {Account.IN_TRANSIT: +1},
    Event.TRANSFER_SHORT: {Account.IN_TRANSIT: -1},
}
HIDDEN = {Account.SUPPLIER, Account.CUSTOMER, Account.ADJUSTMENT, Account.SCRAP, Account.OPEN_DEMAND}


def booked(event: Event) -> dict[Account, Decimal]:
    movements = [Movement(KEY, *pair, Q, event.name, DOCUMENT) for pair in UPDATE_RULES[event]]
    return {account: quantity for (_, _, account), quantity in balances_of(movements).items()}


@pytest.mark.feature("F084")
@pytest.mark.feature("F087")
@pytest.mark.parametrize("event", Event)
def test_every_event_moves_the_accounts_that_the_trade_says(event: Event) -> None:
    seen = {account: quantity for account, quantity in booked(event).items() if account not in HIDDEN}
    assert seen == {account: sign * Q for account, sign in C10[event].items()}


@pytest.mark.feature("F087")
@pytest.mark.parametrize("event", Event)
def test_goods_and_demand_each_sum_to_zero(event: Event) -> None:
    balances = booked(event)
    assert sum(quantity for account, quantity in balances.items() if account in DEMAND) == 0
    assert sum(quantity for account, quantity in balances.items() if account not in DEMAND) == 0


@pytest.mark.feature("F102")
def test_a_shipment_takes_what_was_picked_out_of_the_house() -> None:
    movements = [
        Movement(KEY, *pair, Q, event.name, DOCUMENT)
        for event in (Event.PICKED, Event.SHIPPED)
        for pair in UPDATE_RULES[event]
    ]
    balances = {account: quantity for (_, _, account), quantity in balances_of(movements).items()}
    assert balances == {
        Account.SELLABLE: -Q,
        Account.CUSTOMER: Q,
        Account.ALLOCATED: -Q,
        Account.OPEN_DEMAND: Q,
    }


@pytest.mark.feature("F103")
@pytest.mark.parametrize(
    ("disposition", "ends"),
    [
        (Event.RETURN_RESTOCKED, Account.SELLABLE),
        (Event.RETURN_QUARANTINED, Account.QUARANTINED),
        (Event.RETURN_SCRAPPED, Account.SCRAP),
        (Event.RETURN_DAMAGED, Account.DAMAGED),
    ],
)
def test_a_return_waits_for_its_disposition(disposition: Event, ends: Account) -> None:
    movements = [
        Movement(KEY, *pair, Q, event.name, DOCUMENT)
        for event in (Event.RETURNED, disposition)
        for pair in UPDATE_RULES[event]
    ]
    balances = {account: quantity for (_, _, account), quantity in balances_of(movements).items()}
    assert balances == {Account.CUSTOMER: -Q, ends: Q}


@pytest.mark.feature("F104")
def test_a_transfer_is_in_transit_to_the_other_place_and_level_over_both() -> None:
    other = KEY._replace(location_id="WEST")
    steps = [(KEY, Event.TRANSFER_SENT), (other, Event.TRANSFER_ANNOUNCED)]
    under_way = [Movement(key, *pair, Q, each.name, DOCUMENT) for key, each in steps for pair in UPDATE_RULES[each]]
    received = [
        Movement(other, *pair, Q, "TRANSFER_RECEIVED", DOCUMENT) for pair in UPDATE_RULES[Event.TRANSFER_RECEIVED]
    ]
    balances = {(key.location_id, account): quantity for (key, _, account), quantity in balances_of(under_way).items()}
    assert balances["EAST", Account.SELLABLE] == -Q
    assert balances["WEST", Account.IN_TRANSIT] == Q
    ended = balances_of([*under_way, *received])
    assert {(key.location_id, account): quantity for (key, _, account), quantity in ended.items()} == {
        ("EAST", Account.SELLABLE): -Q,
        ("WEST", Account.SELLABLE): Q,
        ("EAST", Account.ADJUSTMENT): Q,
        ("WEST", Account.ADJUSTMENT): -Q,
    }


@pytest.mark.parametrize("source", ReceivedFrom)
@pytest.mark.parametrize(("condition", "put_away"), RECEIPT_TARGET)
def test_received_goods_go_where_their_condition_says(
    source: ReceivedFrom, condition: Condition, put_away: bool
) -> None:
    out_of, into = receipt_pair(source, condition, put_away)
    assert out_of in {Account.IN_TRANSIT, Account.ON_ORDER, Account.SUPPLIER}
    expected = {
        Condition.GOOD: Account.STAGED if put_away else Account.SELLABLE,
        Condition.DAMAGED: Account.DAMAGED,
        Condition.HOLD: Account.QUARANTINED,
    }
    assert into is expected[condition]


@pytest.mark.parametrize("quantity", ["0", "-1", "0.0000001"])
def test_a_movement_of_nothing_or_of_less_than_can_be_kept_cannot_be_written(quantity: str) -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        Movement(KEY, Account.SUPPLIER, Account.ON_ORDER, Decimal(quantity), "X", DOCUMENT)


def test_no_movement_leads_from_goods_to_demand() -> None:
    with pytest.raises(ValueError, match="no movement leads"):
        Movement(KEY, Account.SELLABLE, Account.RESERVED, Q, "X", DOCUMENT)


@pytest.mark.feature("F094")
@pytest.mark.parametrize("reason", ["", "  "])
def test_an_adjustment_without_a_reason_is_no_adjustment(reason: str) -> None:
    adjustment = Adjustment(KEY, "", Account.SELLABLE, Q, reason, Measure(Q, "EA"), DOCUMENT)
    with pytest.raises(ReasonMissing):
        adjustment.movement()
