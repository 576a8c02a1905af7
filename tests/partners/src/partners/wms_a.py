"""Warehouses of the first kind: one flat line per count, units and conditions as words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from partners.journal import Journal
from partners.moving import TransferDock
from partners.picking import PickFloor
from partners.returning import ReturnsDock
from partners.shelving import Shelves
from partners.warehouse import Counted, Expected, WebWarehouse
from partners.web import Answer, Door

UNITS = {"EA": "EACH", "XCS": "CASE", "KGM": "KILO"}
CANONICAL = {own: unit for unit, own in UNITS.items()}
CONDITIONS = {"good": "OK", "damaged": "DMG", "hold": "QA"}


class WarehouseA(WebWarehouse):
    path = "receipts"
    kind = "wms_a.receipt"

    def door(self, token: str, journal: Journal) -> Door:
        door = Door(self.partner, token, journal, self.faults)
        door.accept("/expected-receipts", "wms_a.expected_receipt", lambda d: d["asn"] or d["reference"], self._advised)
        door.accept("/pick-requests", "wms_a.pick_request", lambda d: d["number"], self._asked_to_pick)
        door.accept("/expected-transfers", "wms_a.expected_transfer", lambda d: d["transfer"], self._transfer_advised)
        door.accept("/pick-recalls", "wms_a.pick_recall", lambda d: d["number"], self._asked_to_stop)
        return door

    @cached_property
    def floor(self) -> PickFloor:
        return PickFloor(self.partner, self.site, self._post, self.faults)

    @cached_property
    def returns(self) -> ReturnsDock:
        return ReturnsDock(self.partner, self.site, self._post, self.faults)

    @cached_property
    def shelves(self) -> Shelves:
        return Shelves(self.partner, self.site, self._post, self.faults)

    @cached_property
    def transfers(self) -> TransferDock:
        return TransferDock(self.partner, self.site, self._post, self.faults)

    async def _transfer_advised(self, document: Mapping[str, Any]) -> Answer:
        self.begin(self.transfers.receive(document))
        return 201, {"expectedTransfer": document["transfer"]}

    async def _asked_to_pick(self, document: Mapping[str, Any]) -> Answer:
        self.begin(self.floor.work_off(document))
        return self.floor.take(document)

    async def _asked_to_stop(self, document: Mapping[str, Any]) -> Answer:
        self.begin(self.floor.stop(document))
        return 201, {"recall": document["number"]}

    @property
    def site(self) -> str:
        return f"{self.partner.removeprefix('wms-').upper()}1"

    async def _advised(self, document: Mapping[str, Any]) -> Answer:
        lines = [] if document["action"] == "CANCEL" else [self._expected(line) for line in document["lines"]]
        self.expect(document["reference"], document["sequence"], document["asn"] or "", lines)
        return 201, {"expectedReceipt": f"X-{document['reference'][:8]}-{document['sequence']}"}

    def _expected(self, line: Mapping[str, Any]) -> Expected:
        base = self.cards[line["sku"]].base(Decimal(line["qty"]), CANONICAL[line["uom"]])
        lot = (line.get("lot") or {}).get("number", "")
        box = line.get("carton") or ""
        return Expected(line["order"], line["orderLine"], line["sku"], base, lot, box, tuple(line.get("flags", ())))

    def report(self, number: str, lines: list[Counted], final: bool) -> dict[str, Any]:
        rows = [(line, condition, base) for line in lines for condition, base in line.amounts.items() if base]
        return {
            "type": "RECEIPT",
            "receiptNumber": number,
            "warehouse": self.site,
            "receivedAt": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "final": final,
            "lines": [self._row(index, *row) for index, row in enumerate(rows, 1)],
        }

    def _row(self, index: int, line: Counted, condition: str, base: Decimal) -> dict[str, Any]:
        row: dict[str, Any] = {
            "lineNo": index,
            "sku": line.sku,
            "qty": f"{base:f}",
            "uom": UNITS[self.cards[line.sku].base_unit],
        }
        row["condition"] = CONDITIONS[condition]
        optional = {"order": line.order, "orderLine": line.line, "asn": line.notice, "sscc": line.box}
        row.update({name: value for name, value in optional.items() if value})
        if line.lot:
            row["lot"] = {"number": line.lot}
        return row
