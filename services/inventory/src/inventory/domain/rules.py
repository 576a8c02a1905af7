"""Which accounts each event of the trade moves: the table of C10, and the only place where it is written.

A rule is one or two posting pairs for the same quantity. Whoever books something looks its accounts up here, so that
the table and the ledger cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from inventory.domain.accounts import Account


class Event(Enum):
    """What happened to a quantity of an item."""

    # what suppliers owe
    ORDERED = auto()
    ORDER_REDUCED = auto()
    ANNOUNCED = auto()
    ANNOUNCED_BEYOND_ORDER = auto()
    ANNOUNCEMENT_BACK_TO_ORDER = auto()
    ANNOUNCEMENT_DROPPED = auto()
    # what customers are promised
    RESERVED = auto()
    RESERVATION_RELEASED = auto()
    COMMITTED = auto()
    COMMITMENT_CANCELLED = auto()
    ALLOCATED = auto()
    DEALLOCATED = auto()
    ALLOCATION_CANCELLED = auto()
    # what happens in the house
    PUT_AWAY = auto()
    PUT_AWAY_TAKEN_BACK = auto()
    QUALITY_RELEASED = auto()
    QUALITY_RELEASED_AT_DOCK = auto()
    QUALITY_REJECTED = auto()
    QUARANTINED = auto()
    QUARANTINED_AT_DOCK = auto()
    QUARANTINE_SCRAPPED = auto()
    PICKED = auto()
    PICKED_SHORT = auto()
    PUT_BACK = auto()
    SHIPPED = auto()
    # what comes back
    RETURNED = auto()
    RETURN_RESTOCKED = auto()
    RETURN_SCRAPPED = auto()
    RETURN_QUARANTINED = auto()
    RETURN_DAMAGED = auto()
    # what goes from one place of ours to another
    TRANSFER_SENT = auto()
    TRANSFER_ANNOUNCED = auto()
    TRANSFER_RECEIVED = auto()
    TRANSFER_RECEIVED_AT_DOCK = auto()
    TRANSFER_OVER = auto()
    TRANSFER_SHORT = auto()


Pair = tuple[Account, Account]

UPDATE_RULES: Mapping[Event, tuple[Pair, ...]] = {
    Event.ORDERED: ((Account.SUPPLIER, Account.ON_ORDER),),
    Event.ORDER_REDUCED: ((Account.ON_ORDER, Account.SUPPLIER),),
    Event.ANNOUNCED: ((Account.ON_ORDER, Account.IN_TRANSIT),),
    Event.ANNOUNCED_BEYOND_ORDER: ((Account.SUPPLIER, Account.IN_TRANSIT),),
    Event.ANNOUNCEMENT_BACK_TO_ORDER: ((Account.IN_TRANSIT, Account.ON_ORDER),),
    Event.ANNOUNCEMENT_DROPPED: ((Account.IN_TRANSIT, Account.SUPPLIER),),
    Event.RESERVED: ((Account.OPEN_DEMAND, Account.RESERVED),),
    Event.RESERVATION_RELEASED: ((Account.RESERVED, Account.OPEN_DEMAND),),
    Event.COMMITTED: ((Account.RESERVED, Account.COMMITTED),),
    Event.COMMITMENT_CANCELLED: ((Account.COMMITTED, Account.OPEN_DEMAND),),
    Event.ALLOCATED: ((Account.COMMITTED, Account.ALLOCATED),),
    Event.DEALLOCATED: ((Account.ALLOCATED, Account.COMMITTED),),
    Event.ALLOCATION_CANCELLED: ((Account.ALLOCATED, Account.OPEN_DEMAND),),
    Event.PUT_AWAY: ((Account.STAGED, Account.SELLABLE),),
    Event.PUT_AWAY_TAKEN_BACK: ((Account.SELLABLE, Account.STAGED),),
    Event.QUALITY_RELEASED: ((Account.QUARANTINED, Account.SELLABLE),),
    # What waits for put-away is sellable by that, and by nothing before it.
    Event.QUALITY_RELEASED_AT_DOCK: ((Account.QUARANTINED, Account.STAGED),),
    Event.QUALITY_REJECTED: ((Account.QUARANTINED, Account.DAMAGED),),
    Event.QUARANTINED: ((Account.SELLABLE, Account.QUARANTINED),),
    Event.QUARANTINED_AT_DOCK: ((Account.STAGED, Account.QUARANTINED),),
    Event.QUARANTINE_SCRAPPED: ((Account.QUARANTINED, Account.SCRAP),),
    # The goods leave the shelf and the promise that bound them is kept.
    Event.PICKED: ((Account.SELLABLE, Account.STAGED), (Account.ALLOCATED, Account.OPEN_DEMAND)),
    # Whoever wants it still asks anew.
    Event.PICKED_SHORT: ((Account.ALLOCATED, Account.OPEN_DEMAND),),
    # Asked back from its warehouse after it was picked.
    Event.PUT_BACK: ((Account.STAGED, Account.SELLABLE),),
    Event.SHIPPED: ((Account.STAGED, Account.CUSTOMER),),
    Event.RETURNED: ((Account.CUSTOMER, Account.RETURNED),),
    Event.RETURN_RESTOCKED: ((Account.RETURNED, Account.SELLABLE),),
    Event.RETURN_SCRAPPED: ((Account.RETURNED, Account.SCRAP),),
    Event.RETURN_QUARANTINED: ((Account.RETURNED, Account.QUARANTINED),),
    Event.RETURN_DAMAGED: ((Account.RETURNED, Account.DAMAGED),),
    # A movement stands at one place: both places book against adjustments, which are level again over the two.
    Event.TRANSFER_SENT: ((Account.SELLABLE, Account.ADJUSTMENT),),
    Event.TRANSFER_ANNOUNCED: ((Account.ADJUSTMENT, Account.IN_TRANSIT),),
    Event.TRANSFER_RECEIVED: ((Account.IN_TRANSIT, Account.SELLABLE),),
    Event.TRANSFER_RECEIVED_AT_DOCK: ((Account.IN_TRANSIT, Account.STAGED),),
    # More arrived than was sent, or less: under way was what the other place had said.
    Event.TRANSFER_OVER: ((Account.ADJUSTMENT, Account.IN_TRANSIT),),
    Event.TRANSFER_SHORT: ((Account.IN_TRANSIT, Account.ADJUSTMENT),),
}


class Condition(Enum):
    """What a warehouse says of received goods."""

    GOOD = auto()
    DAMAGED = auto()
    HOLD = auto()


class ReceivedFrom(Enum):
    """What received goods were until they arrived: announced, ordered without announcement, or neither."""

    IN_TRANSIT = auto()
    ON_ORDER = auto()
    BEYOND_ORDER = auto()


RECEIPT_SOURCE: Mapping[ReceivedFrom, Account] = {
    ReceivedFrom.IN_TRANSIT: Account.IN_TRANSIT,
    ReceivedFrom.ON_ORDER: Account.ON_ORDER,
    ReceivedFrom.BEYOND_ORDER: Account.SUPPLIER,
}

RECEIPT_TARGET: Mapping[tuple[Condition, bool], Account] = {
    (Condition.GOOD, False): Account.SELLABLE,
    (Condition.GOOD, True): Account.STAGED,
    (Condition.DAMAGED, False): Account.DAMAGED,
    (Condition.DAMAGED, True): Account.DAMAGED,
    (Condition.HOLD, False): Account.QUARANTINED,
    (Condition.HOLD, True): Account.QUARANTINED,
}
"""By condition and whether the location wants put-away."""


def receipt_pair(source: ReceivedFrom, condition: Condition, put_away: bool) -> Pair:
    return RECEIPT_SOURCE[source], RECEIPT_TARGET[condition, put_away]


def adjustment_pair(bucket: Account, *, increases: bool) -> Pair:
    """An adjustment moves a physical bucket against its contra account."""
    return (Account.ADJUSTMENT, bucket) if increases else (bucket, Account.ADJUSTMENT)
