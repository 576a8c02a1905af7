"""What a partner received and sent, in order: the evidence from which lost and doubled documents are counted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

Direction = Literal["received", "sent"]
# What warehouses call a receipt and a goods issue, each in its format.
RECEIPTS = ("wms_a.receipt", "wms_b.receipt", "x12.944")
ISSUES = ("wms_a.goods_issue", "x12.945")


@dataclass(frozen=True, slots=True)
class Entry:
    """One document at a partner's door. `key` is the business key that the partner files it under."""

    at: datetime
    partner: str
    direction: Direction
    kind: str
    key: str
    sha256: str
    repeated: bool = False
    note: str = ""


class Journal:
    """Append-only, in memory and as one JSON line per entry in a file, so that it survives the simulator's end."""

    def __init__(self, path: Path | None = None) -> None:
        self._entries: list[Entry] = []
        self._file = path.open("a", encoding="utf-8") if path else None

    def add(self, partner: str, direction: Direction, kind: str, key: str, content: bytes, **more: object) -> Entry:
        digest = hashlib.sha256(content).hexdigest()
        entry = Entry(datetime.now(UTC), partner, direction, kind, key, digest, **more)  # type: ignore[arg-type]
        self._entries.append(entry)
        if self._file:
            self._file.write(json.dumps(asdict(entry), default=str) + "\n")
            self._file.flush()
        return entry

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def of(self, partner: str, direction: Direction, kind: str = "") -> list[Entry]:
        return [e for e in self if e.partner == partner and e.direction == direction and kind in ("", e.kind)]

    def close(self) -> None:
        if self._file:
            self._file.close()
