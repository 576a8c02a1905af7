"""A customer on EDI by file drop: writes 850, 180 and 997, reads 997, 855, 856, 810, 180 and 812, and keeps its own
books."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from partners import x12
from partners.faults import Faults
from partners.journal import Journal
from partners.mailbox import Mailbox
from partners.sales.books import ZERO, SalesBook
from partners.sales.day import Back, SalesOrder

PARTNER = "edi-mercato"
CONFIRMED = frozenset({"IA", "DR"})
MAY_COME = "RA"
ANSWERED_SECONDS = 180.0


class EdiCustomer:
    """`folder` holds `in` (it writes, the suite reads) and `out` (the suite writes, it reads)."""

    def __init__(self, journal: Journal, folder: Path) -> None:
        self.faults = Faults()
        self.book = SalesBook()
        self.confirmed: dict[tuple[str, str], Decimal] = {}
        # By order, what its invoices and its credit notes come to, tax included; by return, how it was answered.
        self.billed: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self.refunded: dict[str, Decimal] = defaultdict(lambda: ZERO)
        self.returns: dict[str, str] = {}
        writer = x12.Writer("MERCATO", "ACME")
        self._mailbox = Mailbox(PARTNER, folder, writer, journal, self.faults)

    def start(self) -> None:
        self._mailbox.start(self._hear, _key)

    async def stop(self) -> None:
        await self._mailbox.stop()

    def check(self) -> None:
        """Raises what ended the watching."""
        self._mailbox.check()

    @property
    def unanswered(self) -> dict[str, str]:
        return self._mailbox.unanswered

    async def order(self, order: SalesOrder) -> None:
        rows = [["BEG", "00", "SA", order.number, "", _today()], ["CUR", "BY", "EUR"]]
        rows += [["CSH", "N"]] if order.no_backorder else []
        rows += _sac("A", "C310", order.off) + _sac("C", "D240", order.carriage)
        rows += [["N1", "ST", "MERCATO STORE 42", "92", "0042"], ["N3", "1 NOWHERE STREET"]]
        rows.append(["N4", "HAMBURG", "", "20457", "DE"])
        for line in order.lines:
            self.book.ordered[order.number, line.number] = line.quantity
            rows.append(["PO1", line.number, f"{line.quantity:f}", "EA", line.price, "PE", "VP", line.sku])
            rows += _sac("A", "C310", line.off)
        rows.append(["CTT", str(len(order.lines))])
        await self._mailbox.write("850", rows, key=order.number)

    async def ask_back(self, order: SalesOrder, back: Back) -> None:
        """Asks whether so much may come back, and waits until it may. Raises where it may not, or nobody answers."""
        skus = {line.number: line.sku for line in order.lines}
        rows = [["BGN", "13", back.number, _today()], ["RDR", "", "NA", "", "NOT AS EXPECTED"], ["PRF", order.number]]
        for line, quantity in back.quantities.items():
            rows += [["BLI", "VP", skus[line], f"{quantity:f}", "EA"], ["N9", "LI", line]]
        await self._mailbox.write("180", rows, key=back.number)
        async with asyncio.timeout(ANSWERED_SECONDS):
            while back.number not in self.returns:
                await asyncio.sleep(0.1)
        if self.returns[back.number] != MAY_COME:
            raise ValueError(f"return {back.number} is answered by {self.returns[back.number]}")

    async def _hear(self, sent: list[x12.Sent]) -> None:
        for each in sent:
            self._take(each)
        await self._mailbox.acknowledge(sent)

    def _take(self, sent: x12.Sent) -> None:
        match sent.set_id:
            case "855":
                self._hear_answer(sent)
            case "856":
                self._expect(sent)
            case "810":
                order = sent.segments[0][4]
                for row in (row for row in sent.segments if row[0] == "IT1"):
                    self.book.invoiced[order, row[1]] += Decimal(row[2])
                self.billed[order] += sum((_cents(row[1]) for row in sent.segments if row[0] == "TDS"), ZERO)
            case "812":
                self._take_credit(sent)
            case "180":
                answer = next((row[1] for row in sent.segments if row[0] == "RDR"), "")
                self.returns[sent.segments[0][2]] = answer

    def _take_credit(self, sent: x12.Sent) -> None:
        head = sent.segments[0]
        order = head[10]
        self.refunded[order] += _cents(head[4])
        for row in (row for row in sent.segments if row[0] == "CDD" and len(row) > 7):
            self.book.credited[order, row[3]] += Decimal(row[7])

    def _hear_answer(self, sent: x12.Sent) -> None:
        """The newest answer of a line replaces the one before it."""
        order, line = sent.segments[0][3], ""
        for row in sent.segments:
            if row[0] == "PO1":
                line = row[1]
                self.confirmed[order, line] = Decimal(0)
            elif row[0] == "ACK" and row[1] in CONFIRMED:
                self.confirmed[order, line] += Decimal(row[2])

    def _expect(self, sent: x12.Sent) -> None:
        order = line = ""
        for row in sent.segments:
            if row[0] == "PRF":
                order = row[1]
            elif row[0] == "LIN":
                line = row[1]
            elif row[0] == "SN1":
                self.book.shipped[order, line] += Decimal(row[2])


def _key(sent: x12.Sent) -> str:
    """The order's number; of a 997 the group's, of a 856 the notice's, of a 180 the return's, of an 812 the note's."""
    head = sent.segments[0]
    places: Mapping[str, int] = {"997": 2, "856": 2, "810": 4, "180": 2, "812": 2}
    return head[places.get(sent.set_id, 3)]


def _sac(indicator: str, code: str, amount: Decimal) -> list[list[str]]:
    return [["SAC", indicator, code, "", "", f"{amount * 100:.0f}"]] if amount else []


def _cents(text: str) -> Decimal:
    """Two decimals are implied."""
    return Decimal(text) / 100


def _today() -> str:
    return datetime.now(UTC).strftime("%Y%m%d")
