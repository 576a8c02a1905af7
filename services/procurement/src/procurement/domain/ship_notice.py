"""A ship notice (ASN): what a supplier says is on its way, one line for each item in each handling unit.

It counts on the orders that it names, and gives back what did not arrive. What looks wrong is flagged and still
expected, so that the dock is not blind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum

from procurement.domain import events
from procurement.domain import ship_notice_lifecycle as lifecycle
from procurement.domain.concerns import Concern
from procurement.domain.fingerprints import ADDED, fingerprint, unordered
from procurement.domain.quantities import ZERO, Quantity, plain
from procurement.domain.terms import SalesLine

NoticeState = lifecycle.State


class Flag(Enum):
    """What is wrong with a line that is expected all the same; the names travel in the contract."""

    OBSOLETE_REVISION = "OBSOLETE_REVISION"
    ABOVE_OPEN_QUANTITY = "ABOVE_OPEN_QUANTITY"
    CANCELLED_ORDER = "CANCELLED_ORDER"
    ITEM_DIFFERS = "ITEM_DIFFERS"
    OTHER_LOCATION = "OTHER_LOCATION"
    DROP_SHIP = "DROP_SHIP"
    SERIALS_DO_NOT_COUNT = "SERIALS_DO_NOT_COUNT"


@dataclass(frozen=True, slots=True)
class Lot:
    number: str
    expires_on: date | None = None
    made_on: date | None = None


@dataclass(frozen=True, slots=True)
class NoticeLineTerms:
    """As the supplier wrote it: the order by our id or by number, the line by number or by item."""

    shipped: Quantity
    purchase_order_id: str = ""
    purchase_order_number: str = ""
    line_number: str = ""
    sku: str = ""
    supplier_item: str = ""
    lot: Lot | None = None
    pallet_sscc: str = ""
    carton_sscc: str = ""
    packed_on_revision: int = 0
    serials: tuple[str, ...] = field(default=(), metadata={ADDED: True})


@dataclass(frozen=True, slots=True)
class NoticeTerms:
    number: str
    supplier_id: str
    ship_to_id: str = ""
    shipped_at: datetime | None = None
    expected_on: date | None = None
    carrier: str = ""
    bill_of_lading: str = ""
    carrier_reference: str = ""
    lines: tuple[NoticeLineTerms, ...] = ()

    @property
    def fingerprint(self) -> str:
        way = (self.shipped_at, self.expected_on, self.carrier, self.bill_of_lading, self.carrier_reference)
        return fingerprint(self.number, self.supplier_id, self.ship_to_id, *way, unordered(self.lines))


@dataclass(slots=True, kw_only=True)
class NoticeLine:
    """`base` is in the item's base unit, as are the balances; `from_on_order` is how much of it was on order when it
    was announced, at `ordered_at` if that is another place than the notice's. A line of another item than the order's
    counts on no order."""

    line_id: str
    terms: NoticeLineTerms
    purchase_order_id: str
    purchase_order_number: str
    order_line_id: str
    line_number: str
    sku: str
    base: Decimal
    base_unit: str
    factor: Decimal
    from_on_order: Decimal = ZERO
    ordered_at: str = ""
    sales_line: SalesLine | None = None
    flags: tuple[Flag, ...] = ()
    received: Decimal = ZERO
    short: Decimal = ZERO
    business_unit: str = ""

    @property
    def remaining(self) -> Decimal:
        """Announced and neither received nor closed."""
        return self.base - self.received - self.short

    @property
    def direct(self) -> Decimal:
        """So much of it left straight for a customer."""
        return plain(self.terms.shipped.value * self.factor) if self.goes_direct else ZERO

    @property
    def goes_direct(self) -> bool:
        return Flag.DROP_SHIP in self.flags

    @property
    def counts_on_order(self) -> bool:
        return Flag.ITEM_DIFFERS not in self.flags and Flag.DROP_SHIP not in self.flags


@dataclass(frozen=True, slots=True)
class Appointed:
    """When and at which door the warehouse takes the shipment in; local times. `said_at` is when it said so."""

    appointment_id: str
    number: str
    on: date
    begins: time
    ends: time
    said_at: datetime
    zone: str = ""
    door: str = ""


@dataclass(frozen=True, slots=True)
class CarrierEta:
    """When the carrier expects to arrive, a day at the ship-to, and when which system said so."""

    on: date
    said_at: datetime
    system: str


@dataclass(frozen=True, slots=True)
class ShortLine:
    """What did not arrive, in the base unit."""

    purchase_order_id: str
    order_line_id: str
    sku: str
    quantity: Quantity
    stays_on_order: bool
    ordered_at: str = ""
    business_unit: str = ""


@dataclass(frozen=True, slots=True)
class RefusedLine:
    terms: NoticeLineTerms
    reason: str


@dataclass(slots=True, kw_only=True, eq=False)
class ShipNotice:
    ship_notice_id: str
    business_unit: str
    terms: NoticeTerms
    ship_to_id: str
    recorded_at: datetime
    state: NoticeState = NoticeState.IN_TRANSIT
    express: bool = False
    lines: list[NoticeLine] = field(default_factory=list)
    appointed: Appointed | None = None
    carrier_eta: CarrierEta | None = None
    content: str = ""
    version: int = 0
    event_version: int = 0
    events: list[events.Event] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    @property
    def number(self) -> str:
        return self.terms.number

    @property
    def supplier_id(self) -> str:
        return self.terms.supplier_id

    @property
    def purchase_order_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.purchase_order_id for each in self.lines))

    @property
    def keys(self) -> tuple[str, ...]:
        orders = dict.fromkeys(f"po:{each.purchase_order_number}" for each in self.lines)
        return (f"asn:{self.number}", *orders)

    @property
    def handling_units(self) -> frozenset[str]:
        """The serial shipping container codes that it names."""
        named = {each for line in self.terms.lines for each in (line.pallet_sscc, line.carton_sscc)}
        return frozenset(named - {""})

    @property
    def expected_on(self) -> date | None:
        """The day at the ship-to: the warehouse's appointment goes before the carrier's estimate, and that before what
        the supplier announced."""
        if self.appointed:
            return self.appointed.on
        return self.carrier_eta.on if self.carrier_eta else self.terms.expected_on

    def estimate(self, eta: CarrierEta) -> bool:
        """Whether it is news of a shipment that is still to come: an older word changes nothing."""
        known = self.carrier_eta
        if not self.open or (known is not None and known.said_at >= eta.said_at):
            return False
        self.carrier_eta = eta
        self.events.append(events.ShipNoticeEtaChanged(self))
        return True

    @property
    def open(self) -> bool:
        return self.state in {NoticeState.IN_TRANSIT, NoticeState.PARTLY_RECEIVED}

    @property
    def comes_here(self) -> bool:
        """Whether any of it is for a place of ours."""
        return any(each.base > ZERO for each in self.lines)

    @property
    def arrived(self) -> bool:
        return any(each.received > ZERO for each in self.lines)

    def move(self, to: NoticeState, by: str) -> None:
        """Raises TransitionUnknown, TransitionNotOwned."""
        self.state = lifecycle.moved(self.state, to, by)

    def note_arrival(self, by: str) -> None:
        """Some of it was received: the notice ends when nothing more of it is on its way."""
        if not self.open:
            return
        if any(each.remaining > ZERO for each in self.lines):
            self.move(NoticeState.PARTLY_RECEIVED if self.arrived else NoticeState.IN_TRANSIT, by)
        else:
            self.end((), by)

    def end(self, short_lines: tuple[ShortLine, ...], by: str) -> None:
        self.move(NoticeState.CLOSED_SHORT if short_lines else NoticeState.RECEIVED, by)
        self.events.append(events.ShipNoticeClosed(self, short_lines))
