"""How a warehouse of the first kind works off a pick request: it picks, packs and hands over, and reports each."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from partners.faults import Faults
from partners.web import Answer, Post

Line = dict[str, Any]
ZERO = Decimal(0)
USUAL = ("picked", "packed", "issued")
NAMES = {"picked": "PICK", "packed": "PACKING", "issued": "GOODS_ISSUE", "answered": "PICK_RECALL_RESULT"}
LONGEST_WAIT_SECONDS = 240.0


def sscc_of(serial: int) -> str:
    """A package's number with its check digit."""
    base = f"0406123{serial:010d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(base)))
    return f"{base}{-total % 10}"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What lies at the dock for a carrier, with its label on it."""

    order: str
    shipment: str
    carrier: str
    tracking: str
    contents: Mapping[str, Decimal]


def usual_carrier(order: str) -> str:
    return "UPSN"


def usual_reports(order: str) -> tuple[str, ...]:
    return USUAL


def nobody_carries(parcel: Parcel) -> None:
    """What is handed over stands at the dock."""


@dataclass(eq=False)
class PickFloor:
    """`missing`: of these items so much is not found. `hold_back`: reports that it does not make. By order: which
    carrier it goes with (`carrier`) and in which sequence it is reported (`reports`). `truck` takes what is handed
    over; labels have numbers where `labels` is set, and `mark` makes the numbers of its papers its own. What is packed
    waits for a truck for `patience_seconds`. Its papers about one request leave one after the other."""

    partner: str
    site: str
    post: Post
    faults: Faults
    missing: dict[str, Decimal] = field(default_factory=dict)
    hold_back: set[str] = field(default_factory=set)
    requests: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    carrier: Callable[[str], str] = usual_carrier
    reports: Callable[[str], tuple[str, ...]] = usual_reports
    truck: Callable[[Parcel], None] = nobody_carries
    labels: bool = False
    mark: str = ""
    patience_seconds: float = LONGEST_WAIT_SECONDS
    # By shipment, the carrier and the tracking number that somebody else has given it.
    trucks: dict[str, tuple[str, str]] = field(default_factory=dict)
    # By order and line, what it handed over.
    issued: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    # Requests that it was asked to stop in time, those whose goods are gone, and those of which it has said that some
    # of it goes out.
    stopped: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    too_late: set[str] = field(default_factory=set)
    _papers: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _serials: Any = field(default_factory=lambda: count(1))

    def shipment_of(self, request: str) -> str:
        """The number of what is packed for a request."""
        return f"SH-{self.mark}{request}"

    def take(self, document: Mapping[str, Any]) -> Answer:
        self.requests[document["number"]] = document
        return 201, {"pickTask": f"T-{document['number']}"}

    async def work_off(self, document: Mapping[str, Any]) -> None:
        number, order = f"{self.mark}{document['number']}", document["order"]
        picked = [self._picked(document, line) for line in document["lines"]]
        found = [_without_short(line) for line in picked if Decimal(line["qty"]) > ZERO]
        serial = next(self._serials)
        package = {"sscc": sscc_of(serial), "kind": "CARTON", "weightKg": "3.2", "contents": found}
        parcel = self._parcel(document, found, serial)
        pick = {"pickNumber": f"P-{number}", "lines": picked}
        packing = {"shipment": parcel.shipment, "packages": [package]}
        says: dict[str, Callable[[], Awaitable[None]]] = {
            "picked": lambda: self._say("picks", "wms_a.pick", f"P-{number}", pick, "picked"),
            "packed": lambda: self._say("packings", "wms_a.packing", parcel.shipment, packing, "packed"),
            "issued": lambda: self._issue(f"GI-{number}", parcel, package),
        }
        for report in self.reports(order):
            if report == "issued" and found and not parcel.carrier:
                parcel = await self._collected(parcel, document["number"])
            async with self._papers[document["number"]]:
                if document["number"] in self.stopped:
                    return
                if report == "issued" and found:
                    self.gone.add(document["number"])
                if found or report == "picked":
                    await says[report]()
        if document["number"] in self.gone:
            self._hand_over(parcel)

    async def stop(self, recall: Mapping[str, Any]) -> None:
        """All of a request is put back, unless it leaves, or only some of it is asked for: that is too late here, and
        then the rest of it stays wanted."""
        request = recall["pickRequest"]
        leaves = request in self.gone | self.too_late
        in_time = request in self.stopped or (recall["whole"] and not leaves)
        (self.stopped if in_time else self.too_late).add(request)
        lines = [self._stopped(recall, line, in_time) for line in recall["lines"]]
        content = {"recallNumber": recall["number"], "lines": lines}
        async with self._papers[request]:
            await self._say("recall-results", "wms_a.recall_result", recall["number"], content, "answered")

    @staticmethod
    def _stopped(recall: Mapping[str, Any], line: Mapping[str, Any], in_time: bool) -> Line:
        said = {"order": recall["order"], "orderRef": recall["orderRef"], "orderLine": line["orderLine"]}
        said |= {"sku": line["sku"], "uom": line["uom"], "stopped": line["qty"] if in_time else "0"}
        return said if in_time else said | {"tooLate": line["qty"]}

    async def _issue(self, number: str, parcel: Parcel, package: Line) -> None:
        issue = {
            "issueNumber": number,
            "shipment": parcel.shipment,
            "carrier": parcel.carrier,
            "packages": [{"sscc": package["sscc"]}],
            "lines": package["contents"],
        } | ({"tracking": parcel.tracking} if parcel.tracking else {})
        await self._say("goods-issues", "wms_a.goods_issue", number, issue, "issued")

    async def _collected(self, parcel: Parcel, request: str) -> Parcel:
        """Waits for the truck of whoever was found to carry it, or until it is put back."""
        async with asyncio.timeout(self.patience_seconds):
            while parcel.shipment not in self.trucks and request not in self.stopped:
                await asyncio.sleep(0.05)
        carrier, tracking = self.trucks.get(parcel.shipment, ("", ""))
        return replace(parcel, carrier=carrier, tracking=tracking)

    def _parcel(self, document: Mapping[str, Any], found: list[Line], serial: int) -> Parcel:
        order, carrier = document["order"], self.carrier(document["order"])
        contents: dict[str, Decimal] = {}
        for line in found:
            # A line of which more was wanted later stands in the request twice.
            contents[line["orderLine"]] = contents.get(line["orderLine"], ZERO) + Decimal(line["qty"])
        tracking = f"{carrier}{self.site}{serial:08d}" if self.labels and carrier else ""
        return Parcel(order, self.shipment_of(document["number"]), carrier, tracking, contents)

    def _hand_over(self, parcel: Parcel) -> None:
        for line, quantity in parcel.contents.items():
            key = parcel.order, line
            self.issued[key] = self.issued.get(key, ZERO) + quantity
        self.truck(parcel)

    def _picked(self, request: Mapping[str, Any], line: Mapping[str, Any]) -> Line:
        wanted = Decimal(line["qty"])
        short = min(self.missing.get(line["sku"], ZERO), wanted)
        said = {
            "order": request["order"],
            "orderRef": request["orderRef"],
            "orderLine": line["orderLine"],
            "sku": line["sku"],
            "qty": f"{wanted - short:f}",
            "uom": line["uom"],
        }
        return said | ({"short": f"{short:f}"} if short else {})

    async def _say(self, path: str, kind: str, key: str, content: Line, at: str) -> None:
        if kind in self.hold_back:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        name = NAMES[at]
        document = {"type": name, "warehouse": self.site, f"{at}At": now} | content
        await self.faults.deliver(lambda: self.post.send(self.partner, path, kind, key, document))


def _without_short(line: Line) -> Line:
    return {name: value for name, value in line.items() if name != "short"}
