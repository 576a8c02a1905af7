"""A third-party warehouse on X12 by file drop: 943 and 940 come in, 944, 945, 947 and 846 go out, 997 both ways.

It keeps the goods of others, so items have the owner's numbers (VN); its days and hours are those of its own clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from partners import x12
from partners.books import ItemCard
from partners.day import Day
from partners.journal import Journal
from partners.mailbox import Mailbox
from partners.releasing import Release, ReleaseFloor, read_release, references, shipped
from partners.warehouse import Counted, Expected, Warehouse

WITHDRAWN = "3"
VERSION, PURCHASE_ORDER, LINE, LOT, TRANSFER = "V0", "PO", "LI", "LT", "TN"
# A transfer's 944 is no receipt of an order, and the journal does not take it for one.
TRANSFER_RECEIPT = "x12.944/transfer"
LONGEST_RECEIPT = 12
CONDITIONS = {"damaged": "01", "hold": "07"}
PARTNER_ID = "LOGI"


class WarehouseX12(Warehouse):
    """`folder` holds `in` (it writes, the suite reads) and `out` (the suite writes, it reads)."""

    site = "LG-01"

    def __init__(
        self, partner: str, location: str, day: Day, cards: Mapping[str, ItemCard], journal: Journal, folder: Path
    ) -> None:
        super().__init__(partner, location, day, cards)
        self._mailbox = Mailbox(partner, folder, x12.Writer(PARTNER_ID, "ACME"), journal, self.faults)
        self._released: set[str] = set()
        self._transferred: set[str] = set()
        self.floor = ReleaseFloor(partner.removeprefix("wms-").upper())

    def start(self) -> None:
        self._mailbox.start(self._hear, _key)

    async def stop(self) -> None:
        await self._mailbox.stop()

    def check(self) -> None:
        """Raises what ended the watching."""
        self._mailbox.check()

    @property
    def unanswered(self) -> Mapping[str, str]:
        """Groups of its own that no 997 has accepted, with what is in them."""
        return self._mailbox.unanswered

    async def _hear(self, sent: list[x12.Sent]) -> None:
        await self._mailbox.acknowledge(sent)
        for each in sent:
            if each.set_id == "943" and (transfer := _transfer_of(each.segments)):
                self.begin(self._receive_transfer(transfer, each.segments))
            elif each.set_id == "943":
                self._advised(each.segments)
            elif each.set_id == "940" and (release := read_release(each.segments)).number not in self._released:
                # The same release may come again: its goods go out once.
                self._released.add(release.number)
                self.begin(self._work_off(release))

    def _advised(self, segments: x12.Segments) -> None:
        head = segments[0] + [""] * 13
        sequence = next(int(row[2]) for row in segments if row[0] == "N9" and row[1] == VERSION)
        lines = [] if head[12] == WITHDRAWN else [self._expected(rows) for rows in _items(segments)]
        self.expect(head[2], sequence, head[4], lines)

    def _expected(self, rows: x12.Segments) -> Expected:
        item, notes = rows[0], {row[1]: row[2] for row in rows if row[0] == "N9"}
        base = self.cards[item[5]].base(Decimal(item[1]), x12.CANONICAL_UNITS[item[2]])
        return Expected(notes[PURCHASE_ORDER], notes[LINE], item[5], base, notes.get(LOT, ""))

    def report(self, number: str, lines: list[Counted], final: bool) -> x12.Segments:
        notice = next((line.notice for line in lines if line.notice), "")
        rows = [["W17", "F" if final else "P", _today(), number, "", notice], *self._head()]
        for line in lines:
            rows += self._received(line)
        return [*rows, ["W14", f"{sum((sum(line.amounts.values()) for line in lines), Decimal(0)):f}"]]

    def _received(self, line: Counted) -> x12.Segments:
        unit = x12.UNITS[self.cards[line.sku].base_unit]
        rows = [["W07", f"{sum(line.amounts.values()):f}", unit, "", "VN", line.sku, "", "", line.lot]]
        rows += [["N9", name, value] for name, value in ((PURCHASE_ORDER, line.order), (LINE, line.line)) if value]
        return rows + [
            ["W13", f"{amount:f}", unit, CONDITIONS[name]]
            for name, amount in line.amounts.items()
            if amount and name in CONDITIONS
        ]

    async def _receive_transfer(self, transfer: str, segments: x12.Segments) -> None:
        """Whole, once, and named as it was announced."""
        if transfer in self._transferred:
            return
        self._transferred.add(transfer)
        number = f"TR-{transfer}"[:LONGEST_RECEIPT]
        where, when = self._head()
        rows = [["W17", "F", _today(), number], where, ["N9", TRANSFER, transfer[:30], transfer], when]
        parts = [rows[0] for rows in _items(segments)]
        rows += [["W07", each[1], each[2], "", "VN", each[5]] for each in parts]
        rows.append(["W14", f"{sum((Decimal(each[1]) for each in parts), Decimal(0)):f}"])
        await self._mailbox.write("944", rows, key=number, filed_as=TRANSFER_RECEIPT)

    async def hand_in(self, number: str, document: Any) -> None:
        await self._mailbox.write("944", document, key=number)

    async def _work_off(self, release: Release) -> None:
        parcel, sscc = self.floor.pack(release)
        number = f"GI-{self.floor.mark}-{release.number}"
        where, when = self._head()
        head = [["W06", "J", release.number, _today(), number], where, *references(release, parcel), when]
        await self._mailbox.write("945", [*head, *shipped(release, parcel, sscc)], key=number)
        self.floor.hand_over(parcel)

    async def adjust(self, number: str, lines: Sequence[Mapping[str, Any]]) -> None:
        """Each line says the item, why (element 426), how much more or less, and of which lot."""
        rows = [["W15", _today(), number], *self._head()]
        for line in lines:
            unit = x12.UNITS[self.cards[line["sku"]].base_unit]
            rows.append(
                ["W19", str(line["code"]), str(line["change"]), unit, "", "VN", line["sku"], str(line.get("lot", ""))]
            )
        await self._mailbox.write("947", rows, key=number)

    async def state(self, number: str, lines: Sequence[Mapping[str, Any]]) -> None:
        """What it holds now, by item: `stated` in the words of element 673."""
        now = datetime.now(UTC)
        rows = [["BIA", "00", "MM", number, now.strftime("%Y%m%d"), now.strftime("%H%M%S")]]
        rows.append(["N1", "WH", "", "92", self.site])
        for place, line in enumerate(lines, 1):
            unit = x12.UNITS[self.cards[line["sku"]].base_unit]
            rows.append(["LIN", str(place), "VN", line["sku"]])
            rows += [["QTY", code, str(amount), unit] for code, amount in line["stated"].items()]
        await self._mailbox.write("846", [*rows, ["CTT", str(len(lines))]], key=number)

    def _head(self) -> x12.Segments:
        """Which warehouse, and the hour of the day that the first segment names."""
        now = datetime.now(UTC)
        return [
            ["N1", "WH", "", "92", self.site],
            ["G62", "11", now.strftime("%Y%m%d"), "8", now.strftime("%H%M%S")],
        ]


def _today() -> str:
    return datetime.now(UTC).strftime("%Y%m%d")


def _transfer_of(segments: x12.Segments) -> str:
    """The number of a transfer between its owner's places; empty for a 943 about an order."""
    notes = (row + [""] * 4 for row in segments if row[0] == "N9")
    return next((row[3] or row[2] for row in notes if row[1] == TRANSFER), "")


def _items(segments: x12.Segments) -> list[x12.Segments]:
    """Each W04 with what follows it."""
    starts = [place for place, row in enumerate(segments) if row[0] == "W04"]
    return [segments[here:after] for here, after in zip(starts, [*starts[1:], len(segments)], strict=True)]


def _key(sent: x12.Sent) -> str:
    """The notice or the reference of a 943, the release of a 940, the group of a 997."""
    head = sent.segments[0] + [""] * 5
    return head[4] or head[2] if sent.set_id == "943" else head[2]
