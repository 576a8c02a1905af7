"""The state of an order, derived from how many of its schedules stand where. Nobody ever sets it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from fulfillment.domain.lifecycle import DROPPED, State


class OrderState(Enum):
    OPEN = "open"
    VALIDATING = "validating"
    EXCEPTION = "exception"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    BACKORDERED = "backordered"
    PARTLY_ALLOCATED = "partly_allocated"
    ALLOCATED = "allocated"
    PARTLY_RELEASED = "partly_released"
    RELEASED = "released"
    PARTLY_PICKED = "partly_picked"
    PICKED = "picked"
    PARTLY_PACKED = "partly_packed"
    PACKED = "packed"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    PARTLY_DELIVERED = "partly_delivered"
    DELIVERED = "delivered"
    CLOSED = "closed"
    CANCELLED = "cancelled"


# How far a state has come, as the order sees it: a picking schedule is a released one to the customer.
_REACHED = {
    State.RECEIVED: 0,
    State.VALIDATING: 0,
    State.EXCEPTION: 0,
    State.ACCEPTED: 1,
    State.BACKORDERED: 1,
    State.ALLOCATED: 2,
    State.SOURCED: 2,
    State.AT_SUPPLIER: 3,
    State.RELEASED: 3,
    State.PICKING: 3,
    State.PICKED: 4,
    State.PACKED: 5,
    State.LABEL_READY: 5,
    State.HANDED_OVER: 5,
    State.SHIPPED: 6,
    State.OUT_FOR_DELIVERY: 6,
    State.DELIVERY_EXCEPTION: 6,
    State.DELIVERED: 7,
    State.RETURN_REQUESTED: 7,
    State.RETURNED: 7,
    State.INSPECTED: 7,
    State.CLOSED: 8,
    State.CREDITED: 8,
}
_WHOLE = (
    OrderState.VALIDATING,
    OrderState.ACCEPTED,
    OrderState.ALLOCATED,
    OrderState.RELEASED,
    OrderState.PICKED,
    OrderState.PACKED,
    OrderState.SHIPPED,
    OrderState.DELIVERED,
    OrderState.CLOSED,
)
_PARTLY = {
    2: OrderState.PARTLY_ALLOCATED,
    3: OrderState.PARTLY_RELEASED,
    4: OrderState.PARTLY_PICKED,
    5: OrderState.PARTLY_PACKED,
    6: OrderState.PARTLY_SHIPPED,
    7: OrderState.PARTLY_DELIVERED,
    8: OrderState.PARTLY_DELIVERED,
}


def order_state(counts: Mapping[State, int]) -> OrderState:
    """What is dropped does not count, unless everything is."""
    standing = {state for state, count in counts.items() if count > 0}
    live = standing - DROPPED
    if not live:
        return _ended(standing)
    if State.RECEIVED in live:
        return OrderState.OPEN
    ranks = [_REACHED[state] for state in live]
    low, high = min(ranks), max(ranks)
    if high <= 1:
        return _before_stock(live)
    if low == high or (low, high) == (7, 8):
        return _WHOLE[low]
    return _PARTLY[high]


def _ended(standing: set[State]) -> OrderState:
    if not standing:
        return OrderState.OPEN
    return OrderState.CANCELLED if State.CANCELLED in standing else OrderState.REJECTED


def _before_stock(live: set[State]) -> OrderState:
    for state, shown in (
        (State.EXCEPTION, OrderState.EXCEPTION),
        (State.VALIDATING, OrderState.VALIDATING),
        (State.BACKORDERED, OrderState.BACKORDERED),
    ):
        if state in live:
            return shown
    return OrderState.ACCEPTED
