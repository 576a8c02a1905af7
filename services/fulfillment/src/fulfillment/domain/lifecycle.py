"""The life of a schedule, which is so much of an order line that moves together, as one table (trade: C12).

Who may fire what, what must hold before, how each effect is undone and how long a state may last are all said here and
nowhere else; docs/lifecycles.md is rendered from it. It must not know what an order is made of.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from crossdock_kit.processes import Deadline, Fire, Process, Raise, Transition, advance, compensation

CROSSDOCK, ERP, WMS, TMS, CARRIER, POD, CHANNEL, CRM, SUPPLIER = (
    "CROSSDOCK",
    "ERP",
    "WMS",
    "TMS",
    "CARRIER",
    "POD",
    "CHANNEL",
    "CRM",
    "SUPPLIER",
)
_OURS = frozenset({CROSSDOCK})
_VERDICT = frozenset({CROSSDOCK, ERP})
_ALLOCATES = frozenset({CROSSDOCK, ERP, WMS})
_CUSTOMER = frozenset({CHANNEL, CRM, ERP})
_CANCELS = frozenset({CHANNEL, CRM, ERP, CROSSDOCK})
_WAREHOUSE = frozenset({WMS})
_LABELS = frozenset({WMS, TMS, CARRIER})
_ROAD = frozenset({TMS, CARRIER})
_PROOF = frozenset({TMS, CARRIER, POD})

ORDER_DESK = "order-desk"
WAREHOUSE = "warehouse"
DELIVERY_DESK = "delivery-desk"
RETURNS_DESK = "returns-desk"
PROCUREMENT = "procurement"


class State(Enum):
    """In the order in which a schedule comes through them; those at the side stand where they branch off."""

    RECEIVED = "received"
    VALIDATING = "validating"
    EXCEPTION = "exception"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    BACKORDERED = "backordered"
    ALLOCATED = "allocated"
    SOURCED = "sourced"
    AT_SUPPLIER = "at_supplier"
    RELEASED = "released"
    PICKING = "picking"
    PICKED = "picked"
    PACKED = "packed"
    LABEL_READY = "label_ready"
    HANDED_OVER = "handed_over"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERY_EXCEPTION = "delivery_exception"
    DELIVERED = "delivered"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    RETURN_REQUESTED = "return_requested"
    RETURNED = "returned"
    INSPECTED = "inspected"
    CREDITED = "credited"


def _way(from_: str, trigger: str, to: str, who: frozenset[str], *, guard: str = "", undo: str = "") -> Transition:
    return Transition(from_, trigger, to, who, undo=undo, guard=guard)


TRANSITIONS = (
    _way("received", "validate", "validating", _OURS, guard="the order is complete as its channel counted it"),
    _way(
        "validating",
        "accept",
        "accepted",
        _VERDICT,
        guard="channel and number are new; customer, items and units are known; every check passed or has its fallback",
    ),
    _way("validating", "reject", "rejected", _VERDICT, guard="the channel has not confirmed the order"),
    _way("validating", "suspend", "exception", _VERDICT),
    _way("exception", "resume", "validating", _CANCELS),
    _way("exception", "reject", "rejected", _VERDICT),
    _way(
        "accepted",
        "allocate",
        "allocated",
        _ALLOCATES,
        guard="a reservation holds it, asked for by the newest question about its part, for the order's own allocator",
        undo="deallocate",
    ),
    _way(
        "accepted",
        "backorder",
        "backordered",
        _ALLOCATES,
        guard="stock was asked and does not reach, or whoever allocates the order leaves it out",
    ),
    _way("backordered", "retry", "accepted", _OURS),
    _way("allocated", "deallocate", "accepted", _ALLOCATES),
    _way(
        "allocated",
        "release",
        "released",
        _VERDICT,
        guard="the allocation is the newest one; no check is open or holds the order; all is allocated where it ships"
        " complete",
        undo="recall",
    ),
    _way(
        "allocated",
        "take_unasked",
        "released",
        _WAREHOUSE,
        guard="its warehouse reports what it did with it, though nobody had released it",
    ),
    _way("accepted", "source", "sourced", _OURS, guard="a supplier ships the line straight to the customer"),
    _way(
        "sourced",
        "buy",
        "at_supplier",
        _OURS,
        guard="no check is open or holds the order; the ERP is asked for the purchase order",
        undo="cancel_purchase",
    ),
    _way(
        "at_supplier",
        "ship_direct",
        "shipped",
        frozenset({SUPPLIER}),
        guard="its ship notice names the purchase order's line that refers to this one, and no more than was ordered",
        undo="intercept_or_return",
    ),
    _way(
        "at_supplier",
        "confirm_recall",
        "cancelled",
        frozenset({ERP, SUPPLIER}),
        guard="it was asked back, and the purchase order no longer stands for it",
    ),
    _way("released", "start_picking", "picking", _WAREHOUSE),
    _way("released", "pick", "picked", _WAREHOUSE, guard="line detail and instants", undo="put_back"),
    _way("picking", "pick", "picked", _WAREHOUSE, guard="line detail and instants", undo="put_back"),
    *(
        _way(state, "short_pick", "backordered", _WAREHOUSE, guard="the missing quantity is named")
        for state in ("released", "picking")
    ),
    _way("picked", "pack", "packed", _WAREHOUSE, guard="packed quantities by package"),
    _way("packed", "label", "label_ready", _LABELS, guard="tax, credit and export are final", undo="void_label"),
    _way("label_ready", "void_label", "packed", _LABELS),
    _way("packed", "issue", "handed_over", _WAREHOUSE, guard="a goods issue names it: a label is none"),
    _way("label_ready", "issue", "handed_over", _WAREHOUSE, guard="a goods issue names it: a label is none"),
    _way(
        "handed_over",
        "ship",
        "shipped",
        _ROAD,
        guard="its carrier says that it left: tracking, ship notice and notice to the customer follow from it",
        undo="intercept_or_return",
    ),
    _way("shipped", "go_out", "out_for_delivery", _ROAD),
    _way("shipped", "deliver", "delivered", _PROOF),
    _way("shipped", "fail_delivery", "delivery_exception", _PROOF, guard="a code of the taxonomy"),
    _way("shipped", "take_back", "handed_over", _ROAD, guard="a correction: it did not leave"),
    *(
        _way(state, "take_back", "shipped", _PROOF, guard="a correction: it did not happen")
        for state in ("out_for_delivery", "delivered")
    ),
    _way("delivery_exception", "go_on", "shipped", _PROOF, guard="what went wrong is settled"),
    _way("out_for_delivery", "deliver", "delivered", _PROOF),
    _way("out_for_delivery", "fail_delivery", "delivery_exception", _PROOF, guard="a code of the taxonomy"),
    _way("delivery_exception", "go_out", "out_for_delivery", _ROAD),
    _way("delivery_exception", "deliver", "delivered", _PROOF),
    _way(
        "delivery_exception",
        "turn_back",
        "returned",
        _WAREHOUSE,
        guard="it is under a return that its carrier, or whoever decided on the exception, has opened",
    ),
    _way("delivered", "close", "closed", _OURS, guard="the time for returns is over"),
    _way("delivered", "request_return", "return_requested", _CUSTOMER),
    _way("return_requested", "withdraw_return", "closed", _CANCELS),
    _way("return_requested", "receive_return", "returned", _WAREHOUSE),
    _way("returned", "inspect", "inspected", _WAREHOUSE),
    _way("inspected", "credit", "credited", frozenset({ERP}), guard="never above what was invoiced"),
    _way("inspected", "settle", "closed", _OURS, guard="it came back undelivered, and was never invoiced"),
    *(
        _way(state, "cancel", "cancelled", _CANCELS)
        for state in ("received", "validating", "exception", "accepted", "backordered", "allocated", "sourced")
    ),
    *(
        _way(state, "confirm_recall", "cancelled", _WAREHOUSE, guard="it was asked back")
        for state in ("released", "picking", "picked", "packed")
    ),
)


def _told(hours: float, code: str, owner: str, key: str) -> Deadline:
    return Deadline(timedelta(hours=hours), Raise(code, owner), f"fulfillment.{key}_hours")


DEADLINES = {
    "received": _told(24, "ORDER_LEFT_OPEN", ORDER_DESK, "submit"),
    "validating": _told(1, "VALIDATION_OVERDUE", ORDER_DESK, "validation"),
    "exception": _told(24, "ORDER_EXCEPTION_UNDECIDED", ORDER_DESK, "decision"),
    "accepted": _told(0.25, "ALLOCATION_OVERDUE", ORDER_DESK, "allocation"),
    "backordered": Deadline(timedelta(hours=1), Fire("retry"), "fulfillment.backorder_retry_hours"),
    "allocated": _told(7 * 24, "RELEASE_OVERDUE", ORDER_DESK, "release"),
    "sourced": _told(7 * 24, "RELEASE_OVERDUE", ORDER_DESK, "release"),
    "at_supplier": _told(14 * 24, "SUPPLIER_SHIPMENT_OVERDUE", PROCUREMENT, "supplier_shipment"),
    "released": _told(24, "PICKING_OVERDUE", WAREHOUSE, "picking"),
    "picking": _told(24, "PICKING_OVERDUE", WAREHOUSE, "picking"),
    "picked": _told(24, "PACKING_OVERDUE", WAREHOUSE, "packing"),
    "packed": _told(24, "SHIPPING_OVERDUE", WAREHOUSE, "shipping"),
    "label_ready": _told(24, "SHIPPING_OVERDUE", WAREHOUSE, "shipping"),
    "handed_over": _told(24, "DEPARTURE_NOT_CONFIRMED", DELIVERY_DESK, "departure"),
    "shipped": _told(7 * 24, "DELIVERY_OVERDUE", DELIVERY_DESK, "delivery"),
    "out_for_delivery": _told(48, "DELIVERY_OVERDUE", DELIVERY_DESK, "out_for_delivery"),
    "delivery_exception": _told(72, "DELIVERY_EXCEPTION_UNDECIDED", DELIVERY_DESK, "delivery_exception"),
    "delivered": Deadline(timedelta(days=30), Fire("close"), "fulfillment.return_window_hours"),
    "return_requested": _told(30 * 24, "RETURN_NOT_RECEIVED", RETURNS_DESK, "return"),
    "returned": _told(5 * 24, "INSPECTION_OVERDUE", RETURNS_DESK, "inspection"),
    "inspected": _told(5 * 24, "CREDIT_OVERDUE", RETURNS_DESK, "credit"),
}
SCHEDULE = Process("order_schedule", tuple(each.value for each in State), TRANSITIONS, DEADLINES)
POLICY_KEYS = sorted({each.policy_key for each in DEADLINES.values()})

RETREATS = frozenset({"resume", "retry", "deallocate", "void_label", "short_pick", "go_out", "go_on", "take_back"})
"""The only triggers that may lead back; any other leads on."""
_MAIN = (
    ("received", "validate"),
    ("validating", "accept"),
    ("accepted", "allocate"),
    ("allocated", "release"),
    ("released", "start_picking"),
    ("picking", "pick"),
    ("picked", "pack"),
    ("packed", "label"),
    ("label_ready", "issue"),
    ("handed_over", "ship"),
)
_PLACE = {state: place for place, state in enumerate(State)}


def moved(state: State, trigger: str, role: str) -> State:
    """Where a trigger that `role` fires leads. Raises TransitionUnknown or TransitionNotOwned."""
    return State(advance(SCHEDULE, state.value, trigger, role))


def may(state: State, trigger: str) -> bool:
    return SCHEDULE.way(state.value, trigger) is not None


def place_of(state: State) -> int:
    """How far it has come; what stands lower has more before it."""
    return _PLACE[state]


def undoing(state: State) -> list[str]:
    """The commands that cancel something in this state, the last effect first. What is on the road cannot be put back
    by anybody but the carrier: then only its own command counts, and once it is coming back none is needed."""
    if state in OUT:
        return compensation(SCHEDULE, _MAIN[-1:])
    if state is State.AT_SUPPLIER:
        return compensation(SCHEDULE, (("sourced", "buy"),))
    passed = [(at, trigger) for at, trigger in _MAIN if place_of(State(at)) < place_of(state)]
    return compensation(SCHEDULE, passed) if state in IN_HANDS or state is State.ALLOCATED else []


IN_HANDS = frozenset({State.AT_SUPPLIER, State.RELEASED, State.PICKING, State.PICKED, State.PACKED, State.LABEL_READY})
"""A warehouse or a supplier has it: to cancel it, somebody has to answer."""
OUT = frozenset({State.HANDED_OVER, State.SHIPPED, State.OUT_FOR_DELIVERY, State.DELIVERY_EXCEPTION, State.DELIVERED})
"""The carrier or the customer has it."""
_ARRIVED = frozenset({State.DELIVERED})
GONE = OUT | {State.CLOSED, State.RETURN_REQUESTED, State.RETURNED, State.INSPECTED, State.CREDITED}
"""It has left: it can come back, and cannot be cancelled."""
DROPPED = frozenset({State.CANCELLED, State.REJECTED})


def on_its_way(state: State) -> bool:
    """It has left and has not arrived: its carrier may stop it."""
    return state in OUT - _ARRIVED
