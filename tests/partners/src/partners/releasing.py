"""How a third-party warehouse works off an X12 release (940): all of it goes, in one package, and a 945 says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from partners import x12
from partners.picking import Parcel, nobody_carries, sscc_of, usual_carrier

ZERO = Decimal(0)
ORDER, LINE, TRACKING, BILL_OF_LADING = "IL", "LI", "2I", "BM"


@dataclass(frozen=True, slots=True)
class ReleasedLine:
    line: str
    sku: str
    quantity: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Release:
    """`order_id` is the owner's id of the order, which a 945 repeats."""

    number: str
    order: str
    order_id: str
    lines: tuple[ReleasedLine, ...]


def read_release(segments: x12.Segments) -> Release:
    """Of a 940. References before the first line are those of the order."""
    head = segments[0]
    order = next((row for row in segments if row[0] == "N9" and row[1] == ORDER), None)
    lines = list[ReleasedLine]()
    for place, row in enumerate(segments):
        if row[0] == "W01":
            note = next(each for each in segments[place:] if each[0] == "N9" and each[1] == LINE)
            lines.append(ReleasedLine(note[2], row[5], Decimal(row[1]), row[2]))
    return Release(head[2], order[2] if order else head[3], order[3] if order else "", tuple(lines))


@dataclass(eq=False)
class ReleaseFloor:
    """`truck` takes what is handed over to the carrier that `carrier` names for an order; `issued` is what went, by
    order and line. `mark` makes the numbers of its papers its own."""

    mark: str
    carrier: Callable[[str], str] = usual_carrier
    truck: Callable[[Parcel], None] = nobody_carries
    issued: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    _serials: Any = field(default_factory=lambda: count(900_001))

    def pack(self, release: Release) -> tuple[Parcel, str]:
        """What goes, and the number of its package."""
        serial, carrier = next(self._serials), self.carrier(release.order)
        contents = {each.line: each.quantity for each in release.lines}
        tracking = f"{carrier}{self.mark}{serial:08d}"
        return Parcel(release.order, f"SH-{self.mark}-{release.number}", carrier, tracking, contents), sscc_of(serial)

    def hand_over(self, parcel: Parcel) -> None:
        for line, quantity in parcel.contents.items():
            key = parcel.order, line
            self.issued[key] = self.issued.get(key, ZERO) + quantity
        self.truck(parcel)


def references(release: Release, parcel: Parcel) -> x12.Segments:
    """Of a 945, as N9."""
    return [
        ["N9", ORDER, release.order, release.order_id],
        ["N9", TRACKING, parcel.tracking],
        ["N9", BILL_OF_LADING, parcel.shipment],
    ]


def shipped(release: Release, parcel: Parcel, sscc: str) -> x12.Segments:
    """Of a 945 what follows its dates: the carrier, the package, what is in it."""
    rows = [["W27", "M", parcel.carrier], ["LX", "1"], ["MAN", "GM", sscc]]
    for each in release.lines:
        amount = f"{each.quantity:f}"
        rows += [["W12", "CC", amount, amount, "0", each.unit, "", "VN", each.sku], ["N9", LINE, each.line]]
    return [*rows, ["W03", f"{sum((each.quantity for each in release.lines), ZERO):f}"]]
