"""One line of an order and its balances.

All balances are in the item's base unit and follow from a few counts: what was ordered, what left the order (rejected,
cancelled, closed short), what is on its way, what arrived. What is on order is derived from them, so that it can never
drift: `on_order = max(0, committed - in_transit - received)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from procurement.domain import order_line_lifecycle as lifecycle
from procurement.domain.outcomes import LineAcknowledgment, Outcome
from procurement.domain.quantities import ZERO, Item, Quantity, ordered_quantity
from procurement.domain.refusals import SchedulesDoNotSum
from procurement.domain.schedules import Promise, Schedule, capped, rescheduled, without_first
from procurement.domain.terms import LineTerms, Price, SalesLine, ScheduleTerms, Window

LineState = lifecycle.State


@dataclass(frozen=True, slots=True)
class ProposedChange:
    """A price or an item that the supplier changed, with the promises that hold if the buyer accepts."""

    outcome: Outcome
    code: str
    promises: tuple[Promise, ...]
    price: Price | None = None
    sku: str = ""
    supplier_item: str = ""
    decide_by: datetime | None = None

    @property
    def quantity(self) -> Decimal:
        return sum((each.quantity for each in self.promises), ZERO)

    @property
    def substitutes(self) -> bool:
        return self.outcome is Outcome.ITEM_SUBSTITUTED or bool(self.sku or self.supplier_item)


@dataclass(slots=True, kw_only=True)
class OrderLine:
    line_id: str
    line_number: str
    sku: str
    quantity: Quantity
    base_unit: str
    factor: Decimal
    ordered: Decimal
    ship_to_id: str
    supplier_item: str = ""
    description: str = ""
    price: Price | None = None
    drop_ship_party_id: str = ""
    sales_line: SalesLine | None = None
    window: Window | None = None
    requested: list[Schedule] = field(default_factory=list)
    confirmed: list[Schedule] = field(default_factory=list)
    proposed: ProposedChange | None = None
    answers: tuple[LineAcknowledgment, ...] = ()
    answered_revision: int = 0
    answered_at: datetime | None = None
    cancelled: bool = False
    rejected: Decimal = ZERO
    backordered: Decimal = ZERO
    on_hold: Decimal = ZERO
    in_transit: Decimal = ZERO
    shipped: Decimal = ZERO
    received: Decimal = ZERO
    damaged: Decimal = ZERO
    closed_short: Decimal = ZERO
    invoiced: Decimal = ZERO
    announced_on: date | None = None
    schedules_made: int = 0

    @property
    def committed(self) -> Decimal:
        """What the order still stands for: neither rejected, nor cancelled, nor given up as short."""
        return ZERO if self.cancelled else self.ordered - self.rejected - self.closed_short

    @property
    def on_order(self) -> Decimal:
        """Expected by us and not yet announced as shipped. Goods for somebody else's place never come on order here."""
        return ZERO if self.drop_ship_party_id else max(ZERO, self.committed - self.in_transit - self.received)

    @property
    def direct(self) -> Decimal:
        """What the supplier has shipped straight to a customer."""
        return self.shipped if self.drop_ship_party_id else ZERO

    @property
    def delivered(self) -> Decimal:
        """What the supplier has done its part of: it arrived here, or left for the customer."""
        return self.received + self.direct

    @property
    def open(self) -> Decimal:
        """Ordered, not rejected or cancelled, and neither received nor shipped to a customer."""
        return max(ZERO, self.committed - self.delivered)

    @property
    def confirmed_total(self) -> Decimal:
        return sum((each.quantity for each in self.confirmed), ZERO)

    @property
    def unanswered(self) -> Decimal:
        """What the supplier has said nothing about."""
        pending = self.proposed.quantity if self.proposed else ZERO
        said = self.confirmed_total + self.backordered + self.on_hold + pending
        return max(ZERO, self.committed - said)

    @property
    def state(self) -> LineState:
        if self.cancelled and (self.delivered == ZERO or self.in_transit > ZERO):
            return LineState.CANCELLED
        if self.committed - self.in_transit - self.delivered <= ZERO and self.in_transit == ZERO:
            return self._finished_state()
        if self.proposed is not None:
            return LineState.AWAITING_DECISION
        if self.on_hold > ZERO:
            return LineState.ON_HOLD
        if self.backordered > ZERO:
            return LineState.BACKORDERED
        answered = self.answered_revision > 0 and self.unanswered == ZERO
        return LineState.CONFIRMED if answered else LineState.OPEN

    def _finished_state(self) -> LineState:
        if self.closed_short > ZERO:
            return LineState.CLOSED_SHORT
        if self.direct > ZERO:
            return LineState.SHIPPED_DIRECT
        return LineState.RECEIVED if self.received > ZERO else LineState.REJECTED

    @property
    def finished(self) -> bool:
        """Nothing more will arrive. Goods for a cancelled line may still be on their way."""
        return self.state.value in lifecycle.ORDER_LINE.ends and self.in_transit == ZERO

    @property
    def open_promises(self) -> list[Schedule]:
        """What was promised and is neither on its way nor here."""
        left = without_first(self.confirmed, self.in_transit + self.received)
        return capped(left, self.on_order)

    @property
    def owed_promises(self) -> list[Schedule]:
        """What was promised and the supplier has still to ship, wherever it goes."""
        if not self.drop_ship_party_id:
            return self.open_promises
        return capped(without_first(self.confirmed, self.delivered), self.open)

    @property
    def expected_on(self) -> date | None:
        """The ship notice's day, else the first promise that is still open."""
        days = [each.on for each in self.confirmed if each.on is not None]
        return self.announced_on if self.in_transit > ZERO and self.announced_on else min(days, default=None)

    @property
    def current_schedules(self) -> list[Schedule]:
        """What holds today: the supplier's promises, else what the buyer asked for."""
        return self.confirmed if self.confirmed or self.answered_revision else self.requested

    @contextmanager
    def led(self, by: str) -> Iterator[None]:
        """What happens inside leads the line nowhere that `by` may not lead it. Raises TransitionUnknown,
        TransitionNotOwned."""
        before = self.state
        yield
        lifecycle.step(before, self.state, by)

    def mint_schedule(self) -> str:
        self.schedules_made += 1
        return f"{self.line_id}.{self.schedules_made}"

    def promise(self, promises: Iterable[Promise]) -> None:
        self.confirmed = rescheduled(self.current_schedules, promises, self.mint_schedule)

    # --- goods

    def ship(self, base: Decimal, expected_on: date | None) -> Decimal:
        """Announced as on its way; returns how much of it was on order."""
        before = self.on_order
        self.in_transit += base
        self.shipped += base
        self.announced_on = expected_on or self.announced_on
        return before - self.on_order

    def move_arrival(self, expected_on: date | None) -> None:
        """What is on its way is expected on another day than was announced."""
        self.announced_on = expected_on or self.announced_on

    def unship(self, base: Decimal) -> Decimal:
        """Will not arrive under that announcement; returns how much of it is on order again."""
        before = self.on_order
        self.in_transit -= base
        self.shipped -= base
        return self.on_order - before

    def ship_direct(self, base: Decimal) -> None:
        """The supplier has sent it straight to the customer; less where it takes that back."""
        self.shipped += base

    def receive(self, base: Decimal, *, announced: Decimal, damaged: bool) -> Decimal:
        """Arrived, `announced` of it out of what was on its way; returns how much more of it was on order."""
        before = self.on_order
        self.in_transit -= announced
        self.received += base
        self.damaged += base if damaged else ZERO
        # What was given up as short and comes after all is no longer short.
        self.closed_short -= min(self.closed_short, max(ZERO, self.received - self.committed))
        return before - self.on_order

    def close_short(self, base: Decimal, *, stays: bool) -> Decimal:
        """The rest of an announcement did not arrive. It stays on order, or it is given up; returns what is on order
        again."""
        before = self.on_order
        self.in_transit -= base
        if not stays:
            self.closed_short += min(base, max(ZERO, self.committed - self.in_transit - self.received))
        return self.on_order - before


def line_from(terms: LineTerms, line_id: str, item: Item, ship_to_id: str) -> OrderLine:
    quantity = ordered_quantity(terms.ordered.value, terms.ordered.unit)
    line = OrderLine(
        line_id=line_id,
        line_number=terms.line_number,
        sku=terms.sku,
        quantity=quantity,
        base_unit=item.base_unit,
        factor=item.factor(quantity.unit),
        ordered=item.to_base(quantity),
        ship_to_id=terms.ship_to_id or ship_to_id,
    )
    describe(line, terms, ship_to_id)
    request(line, terms, item)
    return line


def describe(line: OrderLine, terms: LineTerms, ship_to_id: str) -> None:
    """What the ERP says of a line beside its quantities."""
    line.supplier_item = terms.supplier_item
    line.description = terms.description
    line.price = terms.price
    line.ship_to_id = terms.ship_to_id or ship_to_id
    line.drop_ship_party_id = terms.drop_ship_party_id
    line.sales_line = terms.sales_line
    line.window = terms.window


def request(line: OrderLine, terms: LineTerms, item: Item) -> None:
    """What the buyer asks for by date; without dates, all of it on the window's first day."""
    first_day = terms.window.from_date if terms.window else None
    asked = terms.requested or (ScheduleTerms(terms.ordered, first_day),)
    promises = [Promise(item.to_base(ordered_quantity(s.quantity.value, s.quantity.unit)), s.on) for s in asked]
    scheduled = sum((each.quantity for each in promises), ZERO)
    if scheduled != line.ordered:
        raise SchedulesDoNotSum(line.line_number, str(line.ordered), str(scheduled))
    line.requested = rescheduled(line.requested, promises, line.mint_schedule)
