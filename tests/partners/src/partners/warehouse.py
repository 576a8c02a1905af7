"""What every warehouse does, whatever its format: expect, count at the dock, report, and report again what it forgot.

Amounts inside are in the item's base unit; a format turns them into its own words.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from partners.books import ItemCard, OrderBook
from partners.day import Day, Order, Step
from partners.faults import Faults
from partners.journal import Journal
from partners.script import Script
from partners.web import Door, Post

ZERO = Decimal(0)
CONDITIONS = ("good", "damaged", "hold")


@dataclass(frozen=True, slots=True)
class Expected:
    """One line that the suite told the dock to expect."""

    order: str
    line: str
    sku: str
    base: Decimal
    lot: str = ""
    box: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """One line as counted. `order` may be empty where the paper is missing."""

    order: str
    line: str
    notice: str
    sku: str
    amounts: Mapping[str, Decimal]
    lot: str = ""
    box: str = ""


class Warehouse(ABC):
    """One site. Receives every announced shipment in full unless the day says what it does instead."""

    def __init__(self, partner: str, location: str, day: Day, cards: Mapping[str, ItemCard]) -> None:
        self.partner, self.location, self._day, self.cards = partner, location, day, cards
        self.book = OrderBook()
        self.faults = Faults()
        self._notices: dict[str, list[Expected]] = {}
        self._sequences: dict[str, int] = {}
        self._received_notices: set[str] = set()
        self._numbers = 0
        self._reports: dict[str, Any] = {}
        steps = [(o, s) for o in day.orders if o.location == location for s in o.steps_of("warehouse_does")]
        self.script = Script(steps, self._act)
        self._tasks: set[asyncio.Task[None]] = set()

    @abstractmethod
    def report(self, number: str, lines: list[Counted], final: bool) -> Any:
        """A receipt in its own format."""

    @abstractmethod
    async def hand_in(self, number: str, document: Any) -> None:
        """Gives the suite what `report` made."""

    def check(self) -> None:  # noqa: B027 - most have nothing to say
        """Raises what keeps it from hearing; who is called at its door has nothing to say."""

    def expect(self, reference: str, sequence: int, notice: str, lines: list[Expected]) -> None:
        """Books what to expect; an older sequence is ignored."""
        if sequence <= self._sequences.get(reference, 0):
            return
        self._sequences[reference] = sequence
        if not notice:
            for order in {line.order for line in lines}:
                self.script.saw(order, "expected")
            return
        self._notices[notice] = lines
        for order in {line.order for line in lines}:
            self.script.saw(order, f"asn:{notice}")
        orders = [self._day.order(line.order, self.location) for line in lines]
        if notice not in self._received_notices and not any(o and o.steps_of("warehouse_does") for o in orders):
            self._received_notices.add(notice)
            self.begin(self.send(self._whole(notice), final=True))

    def expects(self, notice: str) -> bool:
        """Whether it was told of that ship notice."""
        return notice in self._notices

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """It is busy until this is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _whole(self, notice: str) -> list[Counted]:
        return [
            Counted(e.order, e.line, notice, e.sku, {"good": e.base}, e.lot, e.box)
            for e in self._notices.get(notice, [])
        ]

    async def _act(self, order: Order, step: Step) -> None:
        facts = step.facts
        if step.do == "receive":
            lines = self._whole(facts["asn"]) if "lines" not in facts else self._counts(order, facts)
            await self.send(lines, final=facts.get("final", True), number=facts.get("receipt", ""))
        elif step.do == "repeat":
            await self._report(facts["receipt"], [], final=True)
        else:
            raise ValueError(f"a warehouse cannot {step.do}")

    def _counts(self, order: Order, facts: Mapping[str, Any]) -> list[Counted]:
        return [self._count(order, row, facts) for row in facts["lines"]]

    def _count(self, order: Order, row: Mapping[str, Any], facts: Mapping[str, Any]) -> Counted:
        line = next((each for each in order.lines if each.number == str(row.get("line"))), None)
        sku = row.get("sku") or (line.sku if line else "")
        unit = row.get("unit") or (line.unit if line else self.cards[sku].base_unit)
        amounts = {c: self.cards[sku].base(Decimal(str(row[c])), unit) for c in CONDITIONS if c in row}
        owner = str(row.get("order", facts.get("order", order.number)))
        number = str(row.get("line", "")) if owner else ""
        return Counted(owner, number, facts.get("asn", ""), sku, amounts, str(row.get("lot", "")))

    async def send(self, lines: list[Counted], *, final: bool, number: str = "") -> None:
        """Counts the lines into the book and reports them."""
        self._numbers += 1
        name = number or f"{self.partner.removeprefix('wms-').upper()}-{self._numbers:04d}"
        for line in lines:
            self._book(line)
        await self._report(name, lines, final)

    def _book(self, line: Counted) -> None:
        order = self._day.order(line.order, self.location)
        ordered = next((each for each in order.lines if each.number == line.line), None) if order else None
        if ordered is None:
            return
        card, key = self.cards[line.sku], (line.order, line.line)
        self.book.received[key] += card.in_unit(sum(line.amounts.values(), ZERO), ordered.unit)
        self.book.damaged[key] += card.in_unit(line.amounts.get("damaged", ZERO), ordered.unit)

    async def _report(self, number: str, lines: list[Counted], final: bool) -> None:
        """Reports; the same number again is the same document to the letter."""
        document = self._reports.setdefault(number, self.report(number, lines, final))
        await self.hand_in(number, document)

    @property
    def busy(self) -> bool:
        return bool(self._tasks) or self.script.busy


class WebWarehouse(Warehouse):
    """One that is called at its door, and posts its receipts to `path`."""

    path: str
    kind: str

    def __init__(self, partner: str, location: str, day: Day, cards: Mapping[str, ItemCard], post: Post) -> None:
        super().__init__(partner, location, day, cards)
        self._post = post

    @abstractmethod
    def door(self, token: str, journal: Journal) -> Door: ...

    async def hand_in(self, number: str, document: Any) -> None:
        await self.faults.deliver(lambda: self._post.send(self.partner, self.path, self.kind, number, document))
