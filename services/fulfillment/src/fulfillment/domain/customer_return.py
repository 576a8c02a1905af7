"""A return: how much of which line was authorised, came back and was inspected, in whatever order that is said.

Reports are sums, so that they may come in any order; what was inspected has come back, whether that was said or not.
What exceeds what was authorised is booked and somebody is told. It must not know what orders or postings are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from fulfillment.domain.concerns import Concern, identity
from fulfillment.domain.lifecycle import CROSSDOCK, ERP, RETURNS_DESK, WMS
from fulfillment.domain.quantities import ZERO
from fulfillment.domain.return_lifecycle import State, moved

NOT_AUTHORIZED = "RETURN_NOT_AUTHORIZED"
_COMING = (State.AUTHORIZED, State.PARTLY_RECEIVED)
LineKey: TypeAlias = tuple[str, str]
"""Number of the order's line, and item."""


class Fact(Enum):
    """What a return announces; the wire says it with the return as it stands."""

    AUTHORIZED = "authorized"
    WITHDRAWN = "withdrawn"
    CREDITED = "credited"


@dataclass(slots=True)
class ReturnLine:
    """In the item's base unit."""

    line_number: str
    sku: str
    unit: str
    authorized: Decimal = ZERO
    received: Decimal = ZERO
    inspected: Decimal = ZERO

    @property
    def back(self) -> Decimal:
        """Of what was authorised, so much is at a warehouse."""
        return min(max(self.received, self.inspected), self.authorized)

    @property
    def decided(self) -> Decimal:
        """Of what was authorised, so much is inspected: credit follows from it."""
        return min(self.inspected, self.authorized)

    @property
    def surplus(self) -> Decimal:
        return max(max(self.received, self.inspected) - self.authorized, ZERO)


@dataclass(slots=True, eq=False)
class CustomerReturn:
    """`number` is unique within the order; `order_id` is empty where what came back belongs to none of ours."""

    return_id: str
    number: str
    business_unit: str
    created_at: datetime
    order_id: str = ""
    order_number: str = ""
    customer_id: str = ""
    reason: str = ""
    state: State = State.REQUESTED
    lines: dict[LineKey, ReturnLine] = field(default_factory=dict)
    credits_asked: int = 0
    credits_posted: int = 0
    event_version: int = 0
    watched: str = ""
    """The state whose deadline is running."""
    facts: list[Fact] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    @property
    def keys(self) -> tuple[str, ...]:
        return (f"return:{self.number}", *((f"order:{self.order_number}",) if self.order_number else ()))

    @property
    def transaction_ids(self) -> tuple[str, ...]:
        return (self.return_id, *((self.order_id,) if self.order_id else ()))

    @property
    def subject(self) -> str:
        return f"return/{self.return_id}"

    @property
    def known(self) -> bool:
        """Whether somebody has authorised it."""
        return any(each.authorized > ZERO for each in self.lines.values())

    def line(self, line_number: str, sku: str, unit: str) -> ReturnLine:
        """The line of this number, or the only one of the item where the warehouse named none; a new one if none is.
        What was told of the item without a number is of the line that is named next."""
        same = [each for each in self.lines.values() if each.sku == sku]
        if not line_number and len(same) == 1:
            return same[0]
        key = line_number, sku
        if key not in self.lines and ("", sku) in self.lines:
            self.lines[key] = self.lines.pop(("", sku))
            self.lines[key].line_number = line_number
        return self.lines.setdefault(key, ReturnLine(line_number, sku, unit))

    def authorize(self, wanted: Mapping[LineKey, tuple[Decimal, str]], role: str) -> None:
        """So much of each line may come back; what has come already counts. Raises TransitionUnknown,
        TransitionNotOwned."""
        self.state = moved(self.state, "authorize", role)
        for (line_number, sku), (quantity, unit) in wanted.items():
            self.line(line_number, sku, unit).authorized += quantity
        self.facts.append(Fact.AUTHORIZED)
        self._go_on()
        self._look()

    def withdraw(self, role: str) -> None:
        """Nothing more is expected. Raises TransitionUnknown where nothing was, TransitionNotOwned."""
        trigger = {State.PARTLY_RECEIVED: "settle_for_less", State.UNAUTHORIZED: "dismiss"}.get(self.state, "withdraw")
        self.state = moved(self.state, trigger, role)
        for each in self.lines.values():
            each.authorized = each.back
        self.facts.append(Fact.WITHDRAWN)
        if self.state is State.RECEIVED:
            self._go_on()
        else:
            self.settled.append(identity(NOT_AUTHORIZED, self.subject))

    def came_back(self, lines: Iterable[tuple[ReturnLine, Decimal]]) -> None:
        for line, quantity in lines:
            line.received += quantity
        self._told()

    def inspect(self, lines: Iterable[tuple[ReturnLine, Decimal]]) -> None:
        for line, quantity in lines:
            line.inspected += quantity
        self._told()

    def _told(self) -> None:
        """A warehouse has said something; where it stands follows from all that was said."""
        if self.state is State.REQUESTED:
            self.state = moved(self.state, "find", WMS)
        self._go_on()
        self._look()

    def _go_on(self) -> None:
        lines = [each for each in self.lines.values() if each.authorized > ZERO]
        if self.state not in (*_COMING, State.RECEIVED) or not lines:
            return
        if all(each.decided == each.authorized for each in lines):
            self.state = moved(self.state, "inspect", WMS)
        elif self.state in _COMING and all(each.back == each.authorized for each in lines):
            self.state = moved(self.state, "receive", WMS)
        elif self.state is State.AUTHORIZED and any(each.back > ZERO for each in lines):
            self.state = moved(self.state, "receive_some", WMS)

    def _look(self) -> None:
        """What nobody authorised is somebody's, until somebody does."""
        surplus = [each for each in self.lines.values() if each.surplus > ZERO]
        if not surplus:
            self.settled.append(identity(NOT_AUTHORIZED, self.subject))
            return
        named = ", ".join(f"{each.surplus} {each.unit} of {each.sku}" for each in surplus[:5])
        self.concerns.append(
            Concern(
                code=NOT_AUTHORIZED,
                owner=RETURNS_DESK,
                subject=self.subject,
                summary=f"return {self.number}: nobody authorised {named}"[:500],
                transaction_ids=self.transaction_ids,
                keys=self.keys,
            )
        )

    def close(self) -> None:
        """It never arrived; nothing where something of it was invoiced, so that a credit note was asked for."""
        if self.state is State.INSPECTED and not self.credits_asked:
            self.state = moved(self.state, "close", CROSSDOCK)

    def credit(self, *, asked: int = 0, posted: int = 0) -> None:
        """So many of its credit notes were asked for, or posted by the ERP; the last one ends it."""
        self.credits_asked += asked
        self.credits_posted += posted
        if self.state is State.INSPECTED and 0 < self.credits_asked <= self.credits_posted:
            self.state = moved(self.state, "credit", ERP)
            self.facts.append(Fact.CREDITED)
