"""A blanket order: what the ERP agreed with a supplier over a time, and how much of it orders have called off.

What counts as called off is what orders stand for: what is cancelled, deleted or rejected by the supplier is left to
call off again. An order of the ERP may go beyond what was agreed, since the ERP has bought already: then somebody is
told. It must not know who asks for a release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from procurement.domain import events
from procurement.domain.concerns import BUYER, Concern
from procurement.domain.fingerprints import fingerprint, unordered
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import ZERO, Item, Quantity, plain
from procurement.domain.refusals import (
    BlanketBeyondAgreed,
    BlanketExpired,
    BlanketItemUnknown,
    BlanketTermsInvalid,
    ItemUnknown,
    RevisionAmbiguous,
    SupplierChanged,
)
from procurement.domain.terms import Placement, Price, position

BLANKET_EXCEEDED = "BLANKET_EXCEEDED"


@dataclass(frozen=True, slots=True)
class BlanketLineTerms:
    line_number: str
    sku: str
    agreed: Quantity
    supplier_item: str = ""
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class BlanketTerms:
    """Orders may be placed under it from `valid_from` to `valid_to`, both inclusive."""

    business_unit: str
    number: str
    supplier_id: str
    currency: str
    incoterms: str
    valid_from: date
    valid_to: date
    lines: tuple[BlanketLineTerms, ...]

    def __post_init__(self) -> None:
        if self.valid_to < self.valid_from:
            raise BlanketTermsInvalid("valid_to", str(self.valid_to))
        for name in ("line_number", "sku"):
            named = [getattr(each, name) for each in self.lines]
            twice = next((each for each in named if named.count(each) > 1), None)
            if twice is not None:
                raise BlanketTermsInvalid(name, twice)

    @property
    def fingerprint(self) -> str:
        head = (self.business_unit, self.number, self.supplier_id, self.currency, self.incoterms)
        return fingerprint(*head, self.valid_from, self.valid_to, unordered(self.lines))

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to


@dataclass(frozen=True, slots=True)
class BlanketDocument:
    """Always the whole agreement; `occurred_at` and the ERP's own name of the state place it among the others."""

    system: str
    system_revision: str
    occurred_at: datetime
    terms: BlanketTerms
    cancels: bool = False

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.cancels, self.terms.fingerprint)


@dataclass(slots=True, kw_only=True)
class BlanketLine:
    """`base` was agreed and `released` was called off, in base units."""

    terms: BlanketLineTerms
    base: Decimal
    base_unit: str
    released: Decimal = ZERO

    @property
    def open(self) -> Decimal:
        return self.base - self.released


@dataclass(slots=True, kw_only=True, eq=False)
class BlanketOrder:
    blanket_order_id: str
    system: str
    terms: BlanketTerms
    cancelled: bool = False
    revision: int = 0
    in_force_at: datetime | None = None
    system_revision: str = ""
    content: str = ""
    lines: dict[str, BlanketLine] = field(default_factory=dict)
    version: int = 0
    event_version: int = 0
    events: list[events.Event] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    @property
    def etag(self) -> str:
        return str(self.version)

    @property
    def number(self) -> str:
        return self.terms.number

    @property
    def keys(self) -> tuple[str, ...]:
        return (f"blanket:{self.number}", *(f"sku:{sku}" for sku in self.lines))

    def place(self, document: BlanketDocument, items: Mapping[str, Item]) -> Placement:
        """Applies the document if it is newer than what is in force. Raises RevisionAmbiguous, SupplierChanged,
        ItemUnknown, UnitNotConvertible."""
        placement = self._placement(document)
        if placement in {Placement.LATE, Placement.REPEATED}:
            return placement
        if document.terms.supplier_id != self.terms.supplier_id:
            raise SupplierChanged(self.number, document.terms.supplier_id)
        self.in_force_at, self.system_revision = document.occurred_at, document.system_revision
        self.content, self.cancelled = document.fingerprint, document.cancels
        self.revision += 1
        if not document.cancels or self.revision == 1:
            self.terms = document.terms
            self.lines = self._agreed(document.terms, items)
        self._weigh(self.lines, (self.blanket_order_id,))
        self.events.append(events.BlanketOrderAgreed(self))
        return placement

    def _placement(self, document: BlanketDocument) -> Placement:
        if self.in_force_at is None:
            return Placement.CANCELLED if document.cancels else Placement.CREATED
        theirs, ours = (document.occurred_at, document.system_revision), (self.in_force_at, self.system_revision)
        if position(*theirs) < position(*ours):
            return Placement.LATE
        if document.fingerprint == self.content:
            return Placement.REPEATED
        if theirs == ours:
            raise RevisionAmbiguous(self.number, document.system_revision)
        return Placement.CANCELLED if document.cancels else Placement.REVISED

    def _agreed(self, terms: BlanketTerms, items: Mapping[str, Item]) -> dict[str, BlanketLine]:
        """An item that is dropped after something of it was called off stays, with nothing agreed."""
        found: dict[str, BlanketLine] = {}
        for each in terms.lines:
            item = items.get(each.sku)
            if item is None:
                raise ItemUnknown(each.sku)
            known = self.lines.get(each.sku)
            released = known.released if known else ZERO
            base = item.to_base(each.agreed)
            found[each.sku] = BlanketLine(terms=each, base=base, base_unit=item.base_unit, released=released)
        for sku, line in self.lines.items():
            if sku not in found and line.released > ZERO:
                line.base = ZERO
                found[sku] = line
        return found

    def admit(self, called: Mapping[str, Decimal], on: date) -> None:
        """What somebody asks to call off, in base units. Raises BlanketExpired, BlanketItemUnknown,
        BlanketBeyondAgreed."""
        if self.cancelled or not self.terms.valid_on(on):
            raise BlanketExpired(self.number, str(on), str(self.terms.valid_to))
        for sku, wanted in called.items():
            line = self.lines.get(sku)
            if line is None:
                raise BlanketItemUnknown(self.number, sku)
            if wanted > line.open:
                raise BlanketBeyondAgreed(self.number, sku, f"{wanted:f}", f"{line.open:f}")

    def draw(self, order: PurchaseOrder, called: Mapping[str, Decimal]) -> None:
        """All that this order calls off now of its lines, in the place of what it did before."""
        before = order.called_off
        changed = [sku for sku in {**before, **called} if before.get(sku, ZERO) != called.get(sku, ZERO)]
        if not changed:
            return
        for sku in changed:
            self.lines[sku].released += called.get(sku, ZERO) - before.get(sku, ZERO)
        self._weigh(changed, (order.purchase_order_id,))
        self.events.append(
            events.BlanketOrderReleased(self, order.purchase_order_id, order.number, tuple(sorted(called.items())))
        )

    def _weigh(self, skus: Iterable[str], transaction_ids: tuple[str, ...]) -> None:
        """More than was agreed is an exception of the buyer, for each item, until it is no more."""
        for sku in skus:
            line = self.lines[sku]
            concern = self._exceeded(sku, line, transaction_ids)
            if line.open < ZERO:
                self.concerns.append(concern)
            else:
                self.settled.append(concern.identity)

    def _exceeded(self, sku: str, line: BlanketLine, transaction_ids: tuple[str, ...]) -> Concern:
        agreed, released = f"{plain(line.base):f}", f"{plain(line.released):f}"
        return Concern(
            code=BLANKET_EXCEEDED,
            owner=BUYER,
            subject=f"blanket_order/{self.blanket_order_id}/{sku}",
            summary=f"blanket order {self.number}: {released} {line.base_unit} of {sku} called off, {agreed} agreed",
            transaction_ids=transaction_ids,
            keys=self.keys,
        )
