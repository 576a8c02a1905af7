"""What every supplier does, whatever its channel: take orders, answer them, ship, and hold its own book of all that.

Codes of answers are those of X12 element 668 (ACK01); a channel turns them into its own words.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from partners.books import OrderBook
from partners.day import Day, Order, Step, read_step
from partners.faults import Faults
from partners.journal import Journal
from partners.script import Script

ZERO = Decimal(0)
# Codes by which the supplier takes the quantity into its own book of promises.
PROMISES = frozenset(["IA", "AC", "AR", "AA", "IC", "IQ", "IP", "IE", "DR", "SP", "IS", "BP"])
DEFAULT_STEPS = (read_step({"when": "order:1", "do": "answer"}), read_step({"when": "order:1", "do": "ship"}))


@dataclass(frozen=True, slots=True)
class Taken:
    """A line of an order as the supplier took it."""

    line: str
    sku: str
    item: str
    quantity: Decimal
    unit: str
    price: str


@dataclass(frozen=True, slots=True)
class Said:
    """One part of the answer to one line."""

    code: str
    quantity: Decimal
    date: str = ""
    price: str = ""
    substitute: str = ""


@dataclass(frozen=True, slots=True)
class Packed:
    """So much of one order line in one carton."""

    order: str
    line: str
    sku: str
    item: str
    quantity: Decimal
    unit: str
    pallet: str
    carton: str
    lot: str
    revision: int


@dataclass(frozen=True, slots=True)
class Shipment:
    number: str
    purpose: str
    location: str
    expected_on: str
    contents: tuple[Packed, ...]


@dataclass(frozen=True, slots=True)
class Billed:
    """So much of one order line, at this price for one."""

    order: str
    line: Taken
    price: str

    @property
    def amount(self) -> Decimal:
        return self.line.quantity * Decimal(self.price)


@dataclass(frozen=True, slots=True)
class Invoice:
    number: str
    currency: str
    lines: tuple[Billed, ...]


def check_digit(digits: str) -> str:
    """GS1 check digit: weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(digits)))
    return str((10 - total % 10) % 10)


class Supplier(ABC):
    """One supplier. Takes and ships every order in full unless the day says what it does instead."""

    def __init__(self, partner: str, day: Day, journal: Journal) -> None:
        self.partner, self._day, self.journal = partner, day, journal
        self.faults = Faults()
        self.book = OrderBook()
        self._orders: dict[str, dict[str, Taken]] = {}
        self._answered: dict[str, int] = {}
        self._shipments: dict[str, Shipment] = {}
        self._serial = sum(ord(letter) for letter in partner) * 1000
        steps = [(o, s) for o in day.of_supplier(partner) for s in o.steps.get("supplier_does", DEFAULT_STEPS)]
        self.script = Script(steps, self._act)

    @abstractmethod
    async def send_answer(
        self, order: str, revision: int, said: Mapping[str, list[Said]], facts: Mapping[str, Any]
    ) -> None: ...

    @abstractmethod
    async def send_shipment(self, shipment: Shipment) -> None: ...

    async def send_invoice(self, invoice: Invoice) -> None:
        raise ValueError(f"{self.partner} has no channel for invoices")

    async def certify(self, number: str, kind: str, sku: str) -> None:
        """Hands in a certificate of that kind for an item, good for all lots."""
        raise ValueError(f"{self.partner} has no channel for certificates")

    def check(self) -> None:  # noqa: B027 - most channels have nothing to say
        """Raises what keeps the supplier from hearing; a channel without a watcher has nothing to say."""

    def taken(self, order: str, revision: int, lines: list[Taken], *, cancelled: bool = False) -> None:
        """Books what the suite sent: a whole order, or all lines of it after a change."""
        self._orders[order] = {line.line: line for line in lines}
        self.book.revisions[order] = revision
        for line in lines:
            self.book.ordered[order, line.line] = ZERO if cancelled else line.quantity
            if cancelled or not line.quantity:
                self.book.confirmed[order, line.line] = ZERO
        self.script.saw(order, "cancelled" if cancelled else f"order:{revision}")

    def lines_of(self, order: str) -> dict[str, Taken]:
        return dict(self._orders.get(order, {}))

    async def _act(self, order: Order, step: Step) -> None:
        match step.do:
            case "answer":
                await self._answer(order, step)
            case "ship":
                await self._ship(order, step)
            case "ship again":
                await self.send_shipment(self._shipments[step.facts["asn"]])
            case "invoice":
                await self._invoice(order, step)
            case other:
                raise ValueError(f"a supplier cannot {other}")

    async def _answer(self, order: Order, step: Step) -> None:
        lines = self._orders[order.number]
        revision = int(step.facts.get("revision", self.book.revisions[order.number]))
        if "lines" in step.facts:
            said = {
                str(line): [_said(row, lines[str(line)]) for row in rows] for line, rows in step.facts["lines"].items()
            }
        else:
            code = step.facts.get("code", "IA")
            said = {number: [Said(code, line.quantity)] for number, line in lines.items() if line.quantity}
        for number, parts in said.items():
            promised = sum((part.quantity for part in parts if part.code in PROMISES), ZERO)
            self.book.confirmed[order.number, number] = promised
        await self.send_answer(order.number, revision, said, step.facts)

    async def _invoice(self, order: Order, step: Step) -> None:
        """All that was ordered, at the order's prices unless others are named; again under each further name."""
        facts, lines = step.facts, self._orders[order.number].values()
        prices = {str(line): str(price) for line, price in facts.get("prices", {}).items()}
        billed = tuple(Billed(order.number, line, prices.get(line.line, line.price)) for line in lines)
        for number in (facts["number"], *facts.get("again", ())):
            await self.send_invoice(Invoice(number, facts.get("currency", "EUR"), billed))

    async def _ship(self, order: Order, step: Step) -> None:
        facts = step.facts
        rows = facts.get("lines") or self._all_lines(order)
        contents = tuple(self._packed(order, row, facts) for row in rows)
        number = str(facts.get("asn", f"SH-{order.number[-4:]}"))
        shipment = Shipment(
            number,
            facts.get("purpose", "original"),
            order.location,
            str(facts.get("expected", order.lines[0].wanted)),
            contents,
        )
        self._count(shipment, self._shipments.get(number))
        self._shipments[number] = shipment
        for _ in range(int(facts.get("times", 1))):
            await self.send_shipment(shipment)

    def _count(self, shipment: Shipment, before: Shipment | None) -> None:
        """The supplier's own book: a replacement takes the place of what it replaces."""
        for packed in before.contents if before else ():
            self.book.shipped[packed.order, packed.line] -= packed.quantity
        for packed in shipment.contents:
            self.book.shipped[packed.order, packed.line] += packed.quantity

    def _all_lines(self, order: Order) -> list[dict[str, Any]]:
        lines = self._orders[order.number].values()
        return [{"line": line.line, "qty": str(line.quantity)} for line in lines if line.quantity]

    def _packed(self, order: Order, row: Mapping[str, Any], facts: Mapping[str, Any]) -> Packed:
        number = str(row.get("order", order.number))
        line = self._orders.get(number, {}).get(str(row["line"])) or self._unheard(row)
        revision = int(facts.get("revision", self.book.revisions.get(number, 1)))
        carton = self.sscc(bad=bool(row.get("bad_check_digit")))
        pallet = self.sscc()
        quantity, lot = Decimal(str(row["qty"])), str(row.get("lot", ""))
        return Packed(number, line.line, line.sku, line.item, quantity, line.unit, pallet, carton, lot, revision)

    @staticmethod
    def _unheard(row: Mapping[str, Any]) -> Taken:
        """A line of an order that the supplier mixed up: it never got it from the suite."""
        return Taken(str(row["line"]), row.get("sku", ""), row.get("item", ""), Decimal(0), "EA", "")

    def sscc(self, *, bad: bool = False) -> str:
        self._serial += 1
        digits = f"0{4_061_234:07d}{self._serial:09d}"
        check = check_digit(digits)
        return digits + (str((int(check) + 1) % 10) if bad else check)


def _said(row: Mapping[str, Any], line: Taken) -> Said:
    quantity = Decimal(str(row.get("qty", line.quantity)))
    return Said(
        row["code"], quantity, str(row.get("date", "")), str(row.get("price", "")), str(row.get("substitute", ""))
    )
