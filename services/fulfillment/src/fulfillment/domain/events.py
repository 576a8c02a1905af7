"""Facts that an order records. They point at what they tell of; the wire makes messages of them when a command ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from fulfillment.domain.lifecycle import State
from fulfillment.domain.quantities import Quantity

if TYPE_CHECKING:
    from fulfillment.domain.checks import Check
    from fulfillment.domain.order_line import OrderLine, Schedule
    from fulfillment.domain.sales_order import SalesOrder


@dataclass(frozen=True, slots=True)
class Step:
    """A schedule where it stood when the fact was recorded, `quantity` and place frozen with it."""

    line: OrderLine
    schedule_id: str
    quantity: Quantity
    location_id: str
    reservation_id: str
    reason: str
    promised_on: date | None = None
    supply: str = ""
    at_risk: bool = False
    shipment_id: str = ""

    @classmethod
    def of(cls, line: OrderLine, schedule: Schedule) -> Step:
        return cls(
            line,
            line.schedule_id(schedule),
            Quantity(schedule.quantity, line.base_unit),
            schedule.location_id,
            schedule.reservation_id,
            schedule.reason,
            schedule.promised_on,
            schedule.supply,
            schedule.at_risk,
            schedule.shipment_id,
        )


@dataclass(frozen=True, slots=True)
class OrderOpened:
    order: SalesOrder


@dataclass(frozen=True, slots=True)
class OrderLinesAppended:
    order: SalesOrder
    part: int
    lines: Sequence[OrderLine]


@dataclass(frozen=True, slots=True)
class OrderSubmitted:
    """`lines` where the order was placed whole."""

    order: SalesOrder
    lines: Sequence[OrderLine] = ()


@dataclass(frozen=True, slots=True)
class OrderAccepted:
    order: SalesOrder


@dataclass(frozen=True, slots=True)
class OrderCheckRequested:
    """`lines` where the order was placed whole."""

    order: SalesOrder
    check: Check
    lines: Sequence[OrderLine] = ()


@dataclass(frozen=True, slots=True)
class OrderCheckDecided:
    order: SalesOrder
    check: Check


@dataclass(frozen=True, slots=True)
class OrderRejected:
    order: SalesOrder
    check: Check


@dataclass(frozen=True, slots=True)
class OrderLinesAllocated:
    order: SalesOrder
    part: int
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class AllocationRequested:
    """`attempt` numbers the question within its part."""

    order: SalesOrder
    part: int
    steps: Sequence[Step]
    attempt: int


@dataclass(frozen=True, slots=True)
class AllocationWithdrawn:
    """The question `attempt`; or 0, and the steps that were allocated and are given back."""

    order: SalesOrder
    part: int
    steps: Sequence[Step]
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class OrderLinesSubstituted:
    order: SalesOrder
    part: int
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class OrderLinesDeallocated:
    order: SalesOrder
    part: int
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class OrderLinesBackordered:
    order: SalesOrder
    part: int
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class OrderLinesPromised:
    """Of lines that wait for supply, that a supplier ships to the customer, or whose stock has just been bound."""

    order: SalesOrder
    part: int
    steps: Sequence[Step]
    state: State = State.BACKORDERED


@dataclass(frozen=True, slots=True)
class OrderLinesSourced:
    order: SalesOrder
    part: int
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class OrderAcknowledged:
    order: SalesOrder
    part: int
    lines: Sequence[OrderLine]


@dataclass(frozen=True, slots=True)
class OrderReleased:
    order: SalesOrder
    part: int
    location_id: str
    steps: Sequence[Step]
    number: str = ""


@dataclass(frozen=True, slots=True)
class OrderLineChanged:
    order: SalesOrder
    line: OrderLine
    old: Quantity
    new: Quantity
    reason: str


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """`lines` are those that the change names, `added` the numbers of those that came by it."""

    order: SalesOrder
    lines: Sequence[OrderLine]
    added: Sequence[str]
    reason: str
    reference: str


@dataclass(frozen=True, slots=True)
class OrderLinesCancelled:
    """`acknowledged` where the customer had been told of this part what it gets."""

    order: SalesOrder
    part: int
    steps: Sequence[Step]
    reason: str
    acknowledged: bool = False

    @property
    def lines(self) -> Sequence[OrderLine]:
        return tuple({each.line.position: each.line for each in self.steps}.values())


@dataclass(frozen=True, slots=True)
class Compensation:
    """What undoes the steps that a schedule has taken, the last one first."""

    step: Step
    state: State
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderCancellationRequested:
    order: SalesOrder
    part: int
    compensations: Sequence[Compensation]
    reason: str


@dataclass(frozen=True, slots=True)
class OrderReleaseRecalled:
    """From one place, of one release; `remaining` is wanted still."""

    order: SalesOrder
    part: int
    location_id: str
    number: str
    steps: Sequence[Step]
    remaining: Sequence[Step]
    reason: str


@dataclass(frozen=True, slots=True)
class OrderCancellationRefused:
    order: SalesOrder
    part: int
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Sending:
    """A shipment, and by which the customer finds it: the sender's number, the carrier and the carrier's number."""

    shipment_id: str
    number: str = ""
    carrier: str = ""
    tracking_number: str = ""


@dataclass(frozen=True, slots=True)
class OrderStatusChanged:
    """On the road: by the word of a carrier, as delivery has heard it. `eta` and `delayed` are its newest word of what
    is to come."""

    order: SalesOrder
    part: int
    steps: Sequence[Step]
    state: State
    sending: Sending
    at: datetime | None
    eta: datetime | None = None
    delayed: bool = False


Event = (
    OrderOpened
    | OrderLinesAppended
    | OrderSubmitted
    | OrderAccepted
    | OrderCheckRequested
    | OrderCheckDecided
    | OrderRejected
    | OrderLinesAllocated
    | AllocationRequested
    | AllocationWithdrawn
    | OrderLinesSubstituted
    | OrderLinesDeallocated
    | OrderLinesBackordered
    | OrderLinesPromised
    | OrderLinesSourced
    | OrderAcknowledged
    | OrderReleased
    | OrderLineChanged
    | OrderChanged
    | OrderLinesCancelled
    | OrderCancellationRequested
    | OrderReleaseRecalled
    | OrderCancellationRefused
    | OrderStatusChanged
)
