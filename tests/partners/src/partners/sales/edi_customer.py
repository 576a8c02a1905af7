"""A customer on EDI by file drop: writes 850 and 997, reads 997, 855, 856 and 810, and keeps its own book of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from partners import x12
from partners.faults import Faults
from partners.journal import Journal
from partners.mailbox import Mailbox
from partners.sales.books import SalesBook
from partners.sales.day import SalesOrder

PARTNER = "edi-mercato"
CONFIRMED = frozenset({"IA", "DR"})


class EdiCustomer:
    """`folder` holds `in` (it writes, the suite reads) and `out` (the suite writes, it reads)."""

    def __init__(self, journal: Journal, folder: Path) -> None:
        self.faults = Faults()
        self.book = SalesBook()
        self.confirmed: dict[tuple[str, str], Decimal] = {}
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
        today = datetime.now(UTC).strftime("%Y%m%d")
        rows = [["BEG", "00", "SA", order.number, "", today], ["CUR", "BY", "EUR"]]
        rows += [["CSH", "N"]] if order.no_backorder else []
        rows += [["N1", "ST", "MERCATO STORE 42", "92", "0042"], ["N3", "1 NOWHERE STREET"]]
        rows.append(["N4", "HAMBURG", "", "20457", "DE"])
        for line in order.lines:
            self.book.ordered[order.number, line.number] = line.quantity
            rows.append(["PO1", line.number, f"{line.quantity:f}", "EA", line.price, "PE", "VP", line.sku])
        rows.append(["CTT", str(len(order.lines))])
        await self._mailbox.write("850", rows, key=order.number)

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
    """The order's number; of a 997 the group's, of a 856 the notice's."""
    head = sent.segments[0]
    places: Mapping[str, int] = {"997": 2, "856": 2, "810": 4}
    return head[places.get(sent.set_id, 3)]
