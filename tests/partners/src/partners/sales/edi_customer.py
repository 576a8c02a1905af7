"""A customer on EDI by file drop: writes 850 and 997, reads 997, 855, 856 and 810, and keeps its own book of each."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from partners import x12
from partners.faults import Faults
from partners.journal import Journal
from partners.sales.books import SalesBook
from partners.sales.day import SalesOrder

PARTNER = "edi-mercato"
GROUPS = {"850": "PO", "997": "FA"}
CONFIRMED = frozenset({"IA", "DR"})


class EdiCustomer:
    """`folder` holds `in` (it writes, the suite reads) and `out` (the suite writes, it reads)."""

    def __init__(self, journal: Journal, folder: Path) -> None:
        self._writes, self._reads = folder / "in", folder / "out"
        for each in (self._writes, self._reads):
            each.mkdir(parents=True, exist_ok=True)
        self._journal = journal
        self._writer = x12.Writer("MERCATO", "ACME")
        self._files = 0
        self.faults = Faults()
        self.book = SalesBook()
        self.confirmed: dict[tuple[str, str], Decimal] = {}
        self.acknowledged: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def check(self) -> None:
        """Raises what ended the watching."""
        if self._task and self._task.done():
            self._task.result()

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
        await self._write("850", rows, key=order.number)

    async def _write(self, set_id: str, rows: list[list[str]], *, key: str) -> None:
        content = self._writer.interchange(set_id, GROUPS[set_id], rows)
        self._files += 1
        name = f"{self._files:05d}_{set_id}.edi"
        temporary = self._writes / f"{name}.tmp"
        temporary.write_bytes(content)
        temporary.rename(self._writes / name)
        self._journal.add(PARTNER, "sent", f"x12.{set_id}", key, content)

    async def _watch(self) -> None:
        while True:
            if not self.faults.silent:
                ready = [path for path in self._reads.iterdir() if path.suffix not in (".tmp", ".part")]
                for path in sorted(ready, key=lambda each: (each.stat().st_mtime_ns, each.name)):
                    await self._read(path)
            await asyncio.sleep(0.05)

    async def _read(self, path: Path) -> None:
        content = path.read_bytes()
        path.unlink()
        sent = x12.read(content)
        for each in sent:
            self._journal.add(PARTNER, "received", f"x12.{each.set_id}", _key(each), content, note=path.name)
            self._take(each)
        answerable = [each for each in sent if each.set_id != "997"]
        if answerable:
            await self._write("997", x12.functional_ack(answerable), key=answerable[0].group)

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
            case "997":
                self.acknowledged |= {row[2] for row in sent.segments if row[0] == "AK1"}

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
