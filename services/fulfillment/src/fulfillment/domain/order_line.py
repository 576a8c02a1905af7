"""A line of an order and its schedules: so much that moves together. Nothing is ever lost or made between them.

The schedules of a line sum to all that was ever ordered of it (`total`), the cancelled included. Quantities are in the
item's base unit but for `quantity`, which is the customer's wish as it stands, in the customer's unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from fulfillment.domain.lifecycle import DROPPED, State
from fulfillment.domain.quantities import ZERO, Quantity, exact
from fulfillment.domain.terms import Price

PART_LINES = 200
"""Lines that are worked together: what inventory takes in one basket, and less than an event may tell."""

STOCK = "stock"
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
"""The turn of what waits for nobody."""
PICK_SHORT = "PICK_SHORT"
"""Why a schedule waits that its warehouse did not find."""
NOT_ALLOCATED = "NOT_ALLOCATED"
"""Why a schedule waits that its order's allocator left out."""
NOT_BOUND = "NOT_BOUND"
"""Why a schedule waits that its order's allocator took from where inventory does not have it."""
NOT_FROM_STOCK = frozenset({PICK_SHORT, NOT_ALLOCATED, NOT_BOUND})
"""Who waits for one of these is not promised what inventory has: whoever said so has to say something else first."""
RECALLED = "RECALLED"
"""Why a schedule is cancelled that was asked back: its warehouse has stopped it, or never found it."""


@dataclass(slots=True)
class Schedule:
    """`supply` is what the promise counts on; `reason` is why it stands where it stands, where that needs one.
    `owed_on` is the day that it was promised for first; `turn_at` its turn among all that wait;
    `released_as` the number of its newest release; `reached` is when it last came to a state, but for those that it has
    `passed` since it was stored."""

    number: int
    state: State
    quantity: Decimal
    location_id: str = ""
    reservation_id: str = ""
    promised_on: date | None = None
    supply: str = ""
    reason: str = ""
    cancel_requested: bool = False
    shipment_id: str = ""
    pick_reported: bool = False
    pack_reported: bool = False
    return_id: str = ""
    owed_on: date | None = None
    turn_at: datetime = FIRST
    released_as: str = ""
    reached: dict[State, datetime] = field(default_factory=dict)
    passed: list[State] = field(default_factory=list)

    def come_to(self, state: State) -> None:
        self.state = state
        self.passed.append(state)

    def stamp(self, at: datetime) -> None:
        """When it passed what it has passed."""
        self.reached |= dict.fromkeys(self.passed, at)
        self.passed.clear()

    @property
    def has_waited(self) -> bool:
        """For supply, or for its supplier: only of such a promise may have been at risk."""
        return any(state in self.reached or state in self.passed for state in (State.BACKORDERED, State.AT_SUPPLIER))

    @property
    def came_undelivered(self) -> bool:
        """Of what came back: nobody had to ask its customer for it."""
        return State.RETURN_REQUESTED not in self.reached and State.RETURN_REQUESTED not in self.passed

    @property
    def at_risk(self) -> bool:
        """It waits, and is promised for later than it is owed, or for no day any more."""
        waits = self.state in {State.ACCEPTED, State.BACKORDERED, State.AT_SUPPLIER}
        return waits and self.owed_on is not None and (self.promised_on is None or self.promised_on > self.owed_on)


@dataclass(frozen=True, slots=True)
class Offer:
    """An item that may go out in place of another, at the authority's price; None where nobody shows one."""

    sku: str
    price: Price | None = None


@dataclass(slots=True)
class OrderLine:
    """`position` counts from 1 over the whole order and never changes. `supplier_id` ships it straight to the customer;
    empty where it comes from stock. `ordered_sku` is what the channel ordered where `sku` goes out in place of it;
    `offer` is asked for in place of `sku` now, and `tried` was and did not reach."""

    order_id: str
    position: int
    line_number: str
    sku: str
    description: str
    quantity: Quantity
    factor: Decimal
    base_unit: str
    total: Decimal
    price: Price | None = None
    fingerprint: str = ""
    supplier_id: str = ""
    ordered_sku: str = ""
    offer: Offer | None = None
    tried: tuple[str, ...] = ()
    schedules: list[Schedule] = field(default_factory=list)

    @property
    def line_id(self) -> str:
        return f"{self.order_id}.{self.position}"

    @property
    def part(self) -> int:
        return part_of(self.position)

    @property
    def asked_sku(self) -> str:
        """What stock is asked for."""
        return self.offer.sku if self.offer else self.sku

    @property
    def live(self) -> list[Schedule]:
        """The schedules that are still wanted."""
        return [each for each in self.schedules if each.state not in DROPPED]

    @property
    def wanted(self) -> Decimal:
        """What is to be delivered: neither dropped nor to be cancelled."""
        return sum((each.quantity for each in self.live if not each.cancel_requested), ZERO)

    @property
    def conserved(self) -> bool:
        """True always: a line whose schedules do not sum to its total has lost goods."""
        return self.total == sum((each.quantity for each in self.schedules), ZERO) and all(
            each.quantity > ZERO for each in self.schedules
        )

    def schedule_id(self, schedule: Schedule) -> str:
        return f"{self.line_id}.{schedule.number}"

    def add(self, quantity: Decimal, state: State, turn_at: datetime | None = None) -> Schedule:
        """More is ordered; it has the turn of what there is of the line."""
        turn = turn_at or (self.schedules[0].turn_at if self.schedules else FIRST)
        made = Schedule(len(self.schedules) + 1, state, quantity, turn_at=turn, passed=[state])
        self.schedules.append(made)
        self.total = exact(self.total + quantity)
        return made

    def split(self, schedule: Schedule, quantity: Decimal, made: Callable[[State], None]) -> Schedule:
        """The part of a schedule that goes another way; itself if that is all of it. `made` is told of a new one."""
        if quantity >= schedule.quantity:
            return schedule
        apart = replace(
            schedule,
            number=len(self.schedules) + 1,
            quantity=quantity,
            reached=dict(schedule.reached),
            passed=list(schedule.passed),
        )
        schedule.quantity = exact(schedule.quantity - quantity)
        self.schedules.append(apart)
        made(apart.state)
        return apart


def part_of(position: int) -> int:
    return (position - 1) // PART_LINES + 1


def positions_of(part: int) -> tuple[int, int]:
    """The first and the last position of a part."""
    return (part - 1) * PART_LINES + 1, part * PART_LINES


def parts_in(line_count: int) -> int:
    return part_of(line_count) if line_count else 0
