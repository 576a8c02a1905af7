"""A supplier on EDI by file drop: reads 850, 860 and 997 from one folder, writes 997, 855, 865 and 856 into another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from partners import x12
from partners.day import Day
from partners.journal import Journal
from partners.mailbox import Mailbox
from partners.supplier import Packed, Said, Shipment, Supplier, Taken

DELETED = frozenset(("DI",))
PURPOSES = {"original": "00", "replace": "05", "cancel": "01"}


class EdiSupplier(Supplier):
    """`folder` holds `in` (we write, the suite reads) and `out` (the suite writes, we read)."""

    def __init__(
        self, partner: str, day: Day, journal: Journal, folder: Path, dialect: x12.Dialect | None = None
    ) -> None:
        super().__init__(partner, day, journal)
        self._writer = x12.Writer(partner.removeprefix("sup-").upper(), "ACME", dialect or x12.Dialect())
        self._mailbox = Mailbox(partner, folder, self._writer, journal, self.faults)

    def start(self) -> None:
        self._mailbox.start(self._hear, _key)

    async def stop(self) -> None:
        await self._mailbox.stop()

    def check(self) -> None:
        """Raises what ended the watching."""
        self._mailbox.check()

    async def _hear(self, sent: list[x12.Sent]) -> None:
        orders = [each for each in sent if each.set_id in ("850", "860")]
        if orders:
            await self._write("997", x12.functional_ack(sent), key=orders[0].group)
        for each in orders:
            self._take(each)

    def _take(self, sent: x12.Sent) -> None:
        head = sent.segments[0]
        if sent.set_id == "850":
            self.taken(head[3], 1, [_ordered(row) for row in sent.segments if row[0] == "PO1"])
            return
        lines = self.lines_of(head[3])
        for row in (row for row in sent.segments if row[0] == "POC"):
            change = _changed(row)
            lines[change.line] = replace(change, quantity=Decimal(0)) if row[2] in DELETED else change
        self.taken(head[3], int(head[5]), list(lines.values()), cancelled=head[1] == "01")

    async def send_answer(
        self, order: str, revision: int, said: Mapping[str, list[Said]], facts: Mapping[str, Any]
    ) -> None:
        as_change = revision > 1 and facts.get("with", "865") == "865"
        today = datetime.now(UTC).strftime("%Y%m%d")
        if as_change:
            head = ["BCA", "00", facts.get("header", "AC"), order, "", str(revision), today]
        else:
            head = [
                "BAK",
                "00",
                facts.get("header", "AC"),
                order,
                today,
                "",
                "",
                "",
                f"{self._writer.own}-{order}",
                today,
            ]
        rows = [head]
        lines = self._orders[order]
        for number, parts in said.items():
            line, price = lines[number], next((part.price for part in parts if part.price), lines[number].price)
            rows.append(_repeated(line, price, as_change=as_change))
            rows += [_ack(part, line.unit) for part in parts]
        rows.append(["CTT", str(len(said))])
        await self._write("865" if as_change else "855", rows, key=order)

    async def send_shipment(self, shipment: Shipment) -> None:
        now = datetime.now(UTC)
        rows = [
            ["BSN", PURPOSES[shipment.purpose], shipment.number, now.strftime("%Y%m%d"), now.strftime("%H%M%S"), "0001"]
        ]
        rows += [
            ["DTM", "011", now.strftime("%Y%m%d"), now.strftime("%H%M%S")],
            ["DTM", "017", x12.day(shipment.expected_on)],
        ]
        tree = _tree(shipment)
        await self._write(
            "856", [*rows, *tree, ["CTT", str(sum(1 for row in tree if row[0] == "HL"))]], key=shipment.number
        )

    async def _write(self, set_id: str, rows: list[list[str]], *, key: str) -> None:
        await self._mailbox.write(set_id, rows, key=key)


def _key(sent: x12.Sent) -> str:
    head = sent.segments[0]
    return head[2] if sent.set_id == "997" else head[3]


def _identifiers(cells: list[str]) -> dict[str, str]:
    return dict(zip(cells[::2], cells[1::2], strict=False))


def _ordered(row: list[str]) -> Taken:
    items = _identifiers(row[6:])
    return Taken(row[1], items.get("BP", ""), items.get("VP", ""), Decimal(row[2]), x12.CANONICAL_UNITS[row[3]], row[4])


def _changed(row: list[str]) -> Taken:
    items = _identifiers(row[8:])
    return Taken(row[1], items.get("BP", ""), items.get("VP", ""), Decimal(row[3]), x12.CANONICAL_UNITS[row[5]], row[6])


def _repeated(line: Taken, price: str, *, as_change: bool) -> list[str]:
    unit, amount = x12.UNITS[line.unit], f"{line.quantity:f}"
    items = [cell for pair in (("BP", line.sku), ("VP", line.item)) if pair[1] for cell in pair]
    if as_change:
        return ["POC", line.line, "CA", amount, amount, unit, price, "PE", *items]
    return ["PO1", line.line, amount, unit, price, "PE", *items]


def _ack(part: Said, unit: str) -> list[str]:
    dated = ["068", x12.day(part.date)] if part.date else ["", ""]
    row = ["ACK", part.code, f"{part.quantity:f}", x12.UNITS[unit], *dated]
    return [*row, "", "VP", part.substitute] if part.substitute else row


def _tree(shipment: Shipment) -> list[list[str]]:
    """Shipment, order, pallet, carton, item; children may come before others' parents, readers go by HL02."""
    rows: list[list[str]] = [["HL", "1", "", "S"], ["TD5", "B", "2", "DHLF"], ["REF", "BM", f"BL{shipment.number}"]]
    rows.append(["N1", "ST", "", "92", shipment.location])
    number = 1
    for order in sorted({packed.order for packed in shipment.contents}):
        mine = [packed for packed in shipment.contents if packed.order == order]
        number += 1
        parent = number
        rows += [["HL", str(number), "1", "O"], ["PRF", order, "", str(mine[0].revision)]]
        for packed in mine:
            rows += _branch(packed, number, parent)
            number += 3
    return rows


def _branch(packed: Packed, number: int, order: int) -> list[list[str]]:
    pallet, carton, item = number + 1, number + 2, number + 3
    rows = [["HL", str(pallet), str(order), "T"], ["MAN", "GM", packed.pallet]]
    rows += [["HL", str(carton), str(pallet), "P"], ["MAN", "GM", packed.carton], ["HL", str(item), str(carton), "I"]]
    items = [cell for pair in (("BP", packed.sku), ("VP", packed.item)) if pair[1] for cell in pair]
    rows += [["LIN", packed.line, *items], ["SN1", "", f"{packed.quantity:f}", x12.UNITS[packed.unit]]]
    return [*rows, ["REF", "LT", packed.lot]] if packed.lot else rows
