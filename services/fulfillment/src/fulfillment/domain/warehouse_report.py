"""A warehouse's report on released orders, and the shipment that some of them are about.

A report is booked once under its place and number. What it says of goods that were never released to the place is
booked too, and somebody is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from fulfillment.domain.concerns import Concern
from fulfillment.domain.events import Sending
from fulfillment.domain.handling import Outcome, Reported, named_pieces
from fulfillment.domain.lifecycle import WAREHOUSE
from fulfillment.domain.posting import Evidence
from fulfillment.domain.quantities import ZERO, Quantity
from fulfillment.domain.sales_order import SalesOrder

HANDLED_WITHOUT_RELEASE = "HANDLED_WITHOUT_RELEASE"
SAME_DAY, STANDARD = "SAME_DAY", "STANDARD"
_NAMED_IN_A_SENTENCE = 5


class Kind(Enum):
    PICK = "pick"
    PACKING = "packing"
    GOODS_ISSUE = "goods_issue"
    RECALL = "recall"


@dataclass(frozen=True, slots=True)
class Package:
    sscc: str
    packaging: str
    gross_weight: Quantity | None
    contents: tuple[Reported, ...]


@dataclass(frozen=True, slots=True)
class Carriage:
    """What the warehouse knows of it: the packages that left, the carrier and its number."""

    ssccs: tuple[str, ...] = ()
    carrier: str = ""
    tracking_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTerms:
    """As the warehouse says it. `business_unit` owns what no order of ours names; quantities are in base units."""

    kind: Kind
    system: str
    business_unit: str
    location_id: str
    number: str
    happened_at: datetime
    lines: tuple[Reported, ...]
    shipment_number: str = ""
    packages: tuple[Package, ...] = ()
    carriage: Carriage = Carriage()

    @property
    def fingerprint(self) -> str:
        said = (self.kind.value, self.shipment_number, self.lines, self.packages, self.carriage)
        return hashlib.sha256(repr(said + named_pieces(self.lines)).encode()).hexdigest()


@dataclass(slots=True, eq=False)
class Shipment:
    """`event_version` counts its facts; `number` is the warehouse's, unique at the place. `billable` once the
    customer's terms allow to invoice it: what is issued of it later is billed at once. `reached` are the milestones
    that hold, `troubles` the delivery exceptions that are open, as delivery tells them. `packages` are packed and have
    not left. A drop shipment has no place: `number` is its supplier's, `ship_notice_id` the newest state of its
    notice. `carrier` and `tracking_number` are as they were said last; `billed_by` is what the terms waited for."""

    shipment_id: str
    location_id: str
    number: str
    business_unit: str
    event_version: int = 0
    billable: bool = False
    billed_by: Evidence | None = None
    reached: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    packages: tuple[Package, ...] = ()
    supplier_id: str = ""
    ship_notice_id: str = ""
    carrier: str = ""
    tracking_number: str = ""
    coming_back: tuple[str, ...] = ()
    """Those of its troubles by which it is on its way back undelivered."""
    eta: datetime | None = None
    delayed: bool = False
    barred: tuple[str, ...] = ()
    """The orders in it that a check kept from leaving when they were packed, and still does."""

    @property
    def forecast(self) -> tuple[date | None, bool]:
        """What a customer plans by: an estimate that moves within its day, in UTC, changes nothing."""
        return self.eta.date() if self.eta else None, self.delayed

    @property
    def sending(self) -> Sending:
        return Sending(self.shipment_id, self.number, self.carrier, self.tracking_number)

    def carried_by(self, carrier: str, tracking_number: str) -> None:
        """What is not said stays as it was said before."""
        self.carrier = carrier or self.carrier
        self.tracking_number = tracking_number or self.tracking_number

    def pack(self, packages: Iterable[Package]) -> None:
        """What is packed anew under a number replaces what lay in it."""
        added = tuple(packages)
        named = {each.sscc for each in added if each.sscc}
        self.packages = (*(each for each in self.packages if each.sscc not in named), *added)

    def bar(self, order_ids: Iterable[str]) -> None:
        self.barred = tuple(dict.fromkeys((*self.barred, *order_ids)))

    def clear(self, order_id: str) -> bool:
        """Nothing keeps this order any more. Whether that is true of the whole shipment by now."""
        self.barred = tuple(each for each in self.barred if each != order_id)
        return not self.barred

    def let_go(self, ssccs: Sequence[str], lines: Sequence[Reported]) -> tuple[Package, ...]:
        """The packages that leave with these lines: those that are named, else all, if exactly that lies in them."""
        named = set(ssccs)
        left = tuple(each for each in self.packages if not named or each.sscc in named)
        if not named and _goods(line for each in left for line in each.contents) != _goods(lines):
            return ()
        self.packages = tuple(each for each in self.packages if each not in left)
        return left


@dataclass(slots=True, eq=False)
class WarehouseReport:
    report_id: str
    kind: Kind
    location_id: str
    number: str
    content: str
    order_ids: tuple[str, ...] = ()
    shipment_id: str = ""
    unreleased_count: int = 0


@dataclass(slots=True, eq=False)
class Booking:
    """A report, the orders that it is about, and what became of its lines."""

    terms: ReportTerms
    report: WarehouseReport
    orders: Sequence[SalesOrder]
    shipment: Shipment | None = None
    outcome: Outcome = field(default_factory=Outcome)
    event_version: int = 0
    packages_left: tuple[Package, ...] = ()

    @property
    def aggregate(self) -> tuple[str, str]:
        """A pick and the answer to a recall are ones of their own; packing and goods issue are facts of their
        shipment."""
        if self.shipment is None:
            return self.terms.kind.value, self.report.report_id
        return "outbound_shipment", self.shipment.shipment_id

    @property
    def business_unit(self) -> str:
        return self.orders[0].terms.business_unit if self.orders else self.terms.business_unit

    @property
    def order_numbers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.order_number for each in self.terms.lines))

    @property
    def keys(self) -> tuple[str, ...]:
        kind = "shipment" if self.terms.kind is Kind.PACKING else self.terms.kind.value
        shipment = (f"shipment:{self.shipment.number}",) if self.shipment else ()
        named = (f"{kind}:{self.terms.number}", *shipment, f"location:{self.terms.location_id}")
        return tuple(dict.fromkeys((*named, *(f"order:{each}" for each in self.order_numbers))))

    @property
    def transaction_ids(self) -> tuple[str, ...]:
        """What names no order of ours is a transaction of its own."""
        return self.report.order_ids or (self.report.report_id,)

    @property
    def express(self) -> bool:
        return any(each.express for each in self.orders)

    @property
    def service_level(self) -> str:
        return SAME_DAY if self.express else STANDARD

    def end(self) -> None:
        terms = self.terms
        if self.shipment is not None and terms.kind is Kind.PACKING:
            self.shipment.pack(terms.packages)
            self.shipment.bar(each.order_id for each in self.orders if each.barred)
        if self.shipment is not None and terms.kind is Kind.GOODS_ISSUE:
            self.packages_left = self.shipment.let_go(terms.carriage.ssccs, terms.lines)
            self.shipment.barred = ()
        self.report.order_ids = tuple(each.order_id for each in self.orders)
        self.report.unreleased_count = len({each.said for each in self.outcome.unreleased})

    def concern(self) -> Concern | None:
        """Of what was never released to the place, or more of it than was."""
        strange = list(dict.fromkeys(each.said for each in self.outcome.unreleased))
        if not strange:
            return None
        named = ", ".join(_named(each) for each in strange[:_NAMED_IN_A_SENTENCE])
        more = "" if len(strange) <= _NAMED_IN_A_SENTENCE else f" and {len(strange) - _NAMED_IN_A_SENTENCE} more"
        kind = self.terms.kind.value.replace("_", " ")
        never = "asked back" if self.terms.kind is Kind.RECALL else "released"
        return Concern(
            code=HANDLED_WITHOUT_RELEASE,
            owner=WAREHOUSE,
            subject=f"{self.terms.kind.value}/{self.report.report_id}",
            summary=f"{kind} {self.terms.number} of {self.terms.location_id}: {named}{more} was not {never} there",
            transaction_ids=self.transaction_ids,
            keys=self.keys,
            details={f"line_{number}": _named(each) for number, each in enumerate(strange[:20], 1)},
        )


def _goods(lines: Iterable[Reported]) -> dict[tuple[str, str, str], Decimal]:
    """How much of which line."""
    found: dict[tuple[str, str, str], Decimal] = {}
    for each in lines:
        name = each.order_number, each.line_number, each.sku
        found[name] = found.get(name, ZERO) + each.quantity
    return found


def _named(said: Reported) -> str:
    return f"{said.sku} for line {said.line_number} of order {said.order_number}"


def earliest(days: Iterable[date | None]) -> date | None:
    return min((each for each in days if each is not None), default=None)
