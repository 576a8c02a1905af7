"""A sales order: its head, and as many of its lines as a piece of work needs. Its verbs may refuse, and record events.

A big order is never held as a whole: lines are loaded and worked by part, and the head keeps how many schedules stand
in which state, so that its own state is known without them. It must not know how stock is asked or where rows are kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from fulfillment.domain import events
from fulfillment.domain.check_lifecycle import Kind
from fulfillment.domain.check_lifecycle import State as Checked
from fulfillment.domain.checks import Check
from fulfillment.domain.concerns import Concern
from fulfillment.domain.events import Step
from fulfillment.domain.lifecycle import CROSSDOCK, DROPPED, GONE, State, moved, on_its_way, place_of
from fulfillment.domain.order_line import OrderLine, Schedule, part_of, parts_in, positions_of
from fulfillment.domain.order_state import OrderState, order_state
from fulfillment.domain.quantities import ZERO, Item, exact, in_base, worth
from fulfillment.domain.questions import Part, Question
from fulfillment.domain.refusals import (
    ChargeNotPositive,
    CurrencyMixed,
    ItemUnknown,
    LineNumberTwice,
    LinesMissing,
    OrderAlreadyShipped,
    OrderNotOpen,
    OrderWithoutLines,
    QuantityInvalid,
    TooManyLines,
)
from fulfillment.domain.terms import OURS, Allocator, LineTerms, OrderTerms, ShortageRule, grown

MOST_LINES = 100_000


@dataclass(slots=True, eq=False)
class SalesOrder:
    order_id: str
    system: str
    terms: OrderTerms
    content: str
    created_at: datetime
    turn_at: datetime | None = None
    consignee_id: str = ""
    allocator: Allocator = OURS
    erp_system: str = ""
    erp_number: str = ""
    submitted: bool = False
    cancelled: bool = False
    accepted: bool = False
    net: Decimal = ZERO
    """What its lines come to at the prices that the channel showed, and its charges."""
    charged_by: str = ""
    """The invoice that its charges stand on; empty until there is one."""
    checks: dict[Kind, Check] = field(default_factory=dict)
    line_count: int = 0
    counts: Counter[State] = field(default_factory=Counter)
    version: int = 0
    event_version: int = 0
    updated_at: datetime | None = None
    lines: dict[int, OrderLine] = field(default_factory=dict)
    """Those that are loaded, by position."""
    parts: dict[int, Part] = field(default_factory=dict)
    events: list[events.Event] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    """To be asked when the work ends."""
    given_back: dict[int, list[str]] = field(default_factory=dict)
    """Reservations that are to be given back when the work ends, by part."""

    @property
    def state(self) -> OrderState:
        derived = order_state(self.counts)
        return OrderState.CANCELLED if self.cancelled and derived is OrderState.OPEN else derived

    @property
    def etag(self) -> str:
        return f"{self.order_id}-{self.version}"

    @property
    def express(self) -> bool:
        return self.terms.same_day

    @property
    def turn(self) -> datetime:
        """Among all that wait for the same."""
        return self.turn_at or self.created_at

    @property
    def owed(self) -> bool:
        """Its customer was told that it stands: what speaks against it now can hold it, and cannot refuse it."""
        return self.accepted or self.terms.channel_confirmed

    @property
    def awaited(self) -> bool:
        """Whether the answer to a check is."""
        return any(each.state is Checked.ASKED for each in self.checks.values())

    @property
    def barred(self) -> bool:
        """Whether a check keeps it from its warehouses."""
        return any(each.bars for each in self.checks.values())

    @property
    def stoppable(self) -> bool:
        """Whether something of it has neither left nor been dropped."""
        return any(count > 0 for state, count in self.counts.items() if state not in GONE | DROPPED)

    @property
    def keys(self) -> tuple[str, ...]:
        return f"order:{self.terms.number}", f"customer:{self.terms.customer_id}", f"channel:{self.terms.channel}"

    # --- lines

    def of_part(self, part: int) -> list[OrderLine]:
        """In their order. Several parts may be loaded, and each is asked for again and again."""
        first, last = positions_of(part)
        return [line for position in range(first, last + 1) if (line := self.lines.get(position)) is not None]

    def append(self, terms: Sequence[LineTerms], items: Mapping[str, Item]) -> list[OrderLine]:
        """Raises OrderNotOpen, TooManyLines, LineNumberTwice, CurrencyMixed, ItemUnknown, UnitNotConvertible."""
        if self.submitted or self.cancelled:
            raise OrderNotOpen(self.terms.number, self.state.value)
        if self.line_count + len(terms) > MOST_LINES:
            raise TooManyLines(self.terms.number, self.line_count + len(terms), MOST_LINES)
        twice = [number for number, count in Counter(each.line_number for each in terms).items() if count > 1]
        if twice:
            raise LineNumberTwice(twice[0])
        added = [self._new_line(each, items) for each in terms]
        self.content = grown(self.content, *(each.fingerprint for each in terms))
        return added

    def extend(self, terms: Sequence[LineTerms], items: Mapping[str, Item]) -> list[OrderLine]:
        """Lines that its customer orders besides, of an order that is accepted; the parts that they come to stand in
        are loaded. What its channel said at first stays its content. Raises TooManyLines, CurrencyMixed, ItemUnknown,
        QuantityInvalid, UnitNotConvertible."""
        if self.line_count + len(terms) > MOST_LINES:
            raise TooManyLines(self.terms.number, self.line_count + len(terms), MOST_LINES)
        added = [self._new_line(each, items) for each in terms]
        for line in added:
            for trigger in ("validate", "accept"):
                self.move(line.schedules[0], trigger, CROSSDOCK)
        return added

    def _new_line(self, terms: LineTerms, items: Mapping[str, Item]) -> OrderLine:
        item = items.get(terms.sku)
        if item is None:
            raise ItemUnknown(terms.sku)
        if terms.ordered.value <= ZERO:
            raise QuantityInvalid(str(terms.ordered.value))
        if terms.price is not None and terms.price.currency != self.terms.currency:
            raise CurrencyMixed(terms.line_number, terms.price.currency, self.terms.currency)
        self.line_count += 1
        factor = item.factor(terms.ordered.unit)
        line = OrderLine(
            order_id=self.order_id,
            position=self.line_count,
            line_number=terms.line_number,
            sku=terms.sku,
            description=terms.description,
            quantity=terms.ordered,
            factor=factor,
            base_unit=item.base_unit,
            total=ZERO,
            price=terms.price,
            fingerprint=f"{terms.fingerprint:064x}",
            supplier_id=terms.supplier_id,
        )
        line.add(in_base(terms.ordered.value, factor), State.RECEIVED, self.turn)
        self.net += worth(terms.price, line.total, terms.ordered.unit, item)
        self.counts[State.RECEIVED] += 1
        self.lines[line.position] = line
        return line

    def hold(self, lines: Iterable[OrderLine]) -> None:
        """Lines that were loaded."""
        self.lines |= {each.position: each for each in lines}

    def let_go(self) -> None:
        """Lines that are saved and no longer needed."""
        self.lines.clear()
        self.parts.clear()

    # --- acceptance

    def charge(self) -> None:
        """What its customer pays besides goods counts from its beginning. Raises CurrencyMixed, ChargeNotPositive."""
        for each in self.terms.charges:
            if each.currency != self.terms.currency:
                raise CurrencyMixed(each.kind.value, each.currency, self.terms.currency)
            if each.amount <= ZERO:
                raise ChargeNotPositive(str(each.amount))
        self.net += exact(self.terms.charged)

    def open(self) -> None:
        self.events.append(events.OrderOpened(self))

    def tell_appended(self) -> None:
        """One fact for each part that got lines."""
        for part in sorted({part_of(position) for position in self.lines}):
            self.events.append(events.OrderLinesAppended(self, part, self.of_part(part)))

    def end(self) -> None:
        """Nothing more is wanted of it: it takes no more lines."""
        self.cancelled = True

    def submit(self, counted: int, *, whole: bool) -> State:
        """Complete as its channel counted it: every schedule of it moves on. Returns to which state, for those that
        are not loaded. Raises OrderNotOpen, OrderWithoutLines, LinesMissing."""
        if self.submitted or self.cancelled:
            raise OrderNotOpen(self.terms.number, self.state.value)
        if not self.line_count:
            raise OrderWithoutLines(self.terms.number)
        if counted != self.line_count:
            raise LinesMissing(self.terms.number, counted, self.line_count)
        self.submitted = True
        state = self._all(State.RECEIVED, "validate")
        told = tuple(self.lines.values()) if whole else ()
        self.parts = {part: Part(part) for part in range(1, parts_in(self.line_count) + 1)}
        self.events.append(events.OrderSubmitted(self, told))
        return state

    def accept(self) -> State:
        """Every check passed or has its fallback; from here on it is owed. Returns as `submit` does."""
        self.accepted = True
        state = self._all(State.VALIDATING, "accept")
        self.events.append(events.OrderAccepted(self))
        return state

    def reject(self, check: Check) -> State:
        """A check refuses it, before anything was promised. Returns as `submit` does."""
        state = self._all(State.VALIDATING, "reject")
        self.events.append(events.OrderRejected(self, check))
        return state

    def _all(self, before: State, trigger: str) -> State:
        state = moved(before, trigger, CROSSDOCK)
        self.counts[state] += self.counts.pop(before, 0)
        for line in self.lines.values():
            for schedule in line.schedules:
                if schedule.state is before:
                    schedule.come_to(state)
        return state

    # --- what every verb uses

    def move(self, schedule: Schedule, trigger: str, role: str) -> None:
        """Raises TransitionUnknown, TransitionNotOwned."""
        state = moved(schedule.state, trigger, role)
        self.counts[schedule.state] -= 1
        self.counts[state] += 1
        schedule.come_to(state)

    def split(self, line: OrderLine, schedule: Schedule, quantity: Decimal) -> Schedule:
        return line.split(schedule, quantity, self._one_more)

    def _one_more(self, state: State) -> None:
        self.counts[state] += 1

    def tell_cancelled(self, part: int, pairs: Iterable[tuple[OrderLine, Schedule]], reason: str) -> None:
        """These are no longer wanted, or not to be had."""
        found = self.parts.get(part)
        known = found is not None and found.acknowledged
        self.events.append(events.OrderLinesCancelled(self, part, steps_of(pairs), reason, known))

    def in_state(self, part: int, state: State) -> list[tuple[OrderLine, Schedule]]:
        return [(line, each) for line in self.of_part(part) for each in line.schedules if each.state is state]

    def laggard(self, part: int) -> State:
        """The state of what has come least far in a part; an end if nothing of it is under way any more. What is to
        come back is watched by its return; an order that nobody has filled yet stands where its first line will."""
        if not (self.line_count or self.cancelled):
            return State.RECEIVED
        states = [each.state for line in self.of_part(part) for each in line.schedules if not each.return_id]
        live = [state for state in states if state not in DROPPED]
        return min(live or states or [State.CLOSED], key=place_of)

    @property
    def ships_incomplete(self) -> bool:
        """Whether something that has to go out with the rest is not there yet."""
        early = {state for state in State if place_of(state) < place_of(State.ALLOCATED)} - DROPPED
        waiting = sum(self.counts[state] for state in early)
        return self.terms.shortage is ShortageRule.SHIP_COMPLETE and waiting > 0

    @property
    def waits_for_the_rest(self) -> bool:
        """Whether something of it is held back until all is there. What a supplier ships goes its own way."""
        held_back = self.counts[State.ALLOCATED] > 0 and not self.barred
        return self.terms.shortage is ShortageRule.SHIP_COMPLETE and held_back

    def refuse_if_gone(self, *, intercept: bool = False) -> None:
        """Raises OrderAlreadyShipped where all that is wanted of it has left and, with `intercept`, arrived."""
        gone = [state for state in State if state in GONE and self.counts[state] > 0]
        stopped = intercept and any(map(on_its_way, gone))
        if gone and not (self.stoppable or self.cancelled or stopped):
            raise OrderAlreadyShipped(self.terms.number, gone[0].value)


def promised(schedule: Schedule, supply: str, day: date | None) -> None:
    """What the customer is told, and what that counts on."""
    schedule.supply, schedule.promised_on = supply, day


def steps_of(pairs: Iterable[tuple[OrderLine, Schedule]]) -> tuple[Step, ...]:
    return tuple(Step.of(line, schedule) for line, schedule in pairs)
