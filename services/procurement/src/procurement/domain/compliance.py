"""Certificates that goods need, and received goods that lack one: neither sold nor paid for until it comes.

What is required is the policy's word; what a certificate covers is its supplier's. It must not know how documents are
kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from procurement.domain import events
from procurement.domain.concerns import COMPLIANCE, Concern
from procurement.domain.fingerprints import fingerprint
from procurement.domain.quantities import plain
from procurement.domain.receipt import Condition, Receipt, ReceiptLine
from procurement.domain.receipt_lifecycle import CERTIFICATE_MISSING, State, moved
from procurement.domain.roles import CROSSDOCK, SUPPLIER


@dataclass(frozen=True, slots=True)
class Required:
    """Kinds of certificates, and the rule that asks for them."""

    kinds: tuple[str, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True)
class CertificateTerms:
    """As the supplier certifies it; without a lot for all lots, the days of arrival inclusive. The document is kept
    elsewhere, under the name `document`."""

    supplier_id: str
    kind: str
    number: str
    sku: str
    lot: str
    document: str
    sha256: str
    size_bytes: int
    media_type: str
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def fingerprint(self) -> str:
        """Where the document is kept is no part of what it says."""
        days = self.valid_from, self.valid_to
        return fingerprint(self.supplier_id, self.kind, self.number, self.sku, self.lot, self.sha256, *days)

    def covers(self, kind: str, sku: str, lot: str, day: date) -> bool:
        begun = self.valid_from is None or self.valid_from <= day
        over = self.valid_to is not None and day > self.valid_to
        return (self.kind, self.sku) == (kind, sku) and self.lot in {"", lot} and begun and not over


@dataclass(slots=True, kw_only=True, eq=False)
class Certificate:
    certificate_id: str
    terms: CertificateTerms
    business_unit: str = ""
    content: str = ""
    transaction_ids: tuple[str, ...] = ()
    event_version: int = 0
    events: list[events.Event] = field(default_factory=list)

    @property
    def root_id(self) -> str:
        """A certificate that nothing waits for is a transaction of its own."""
        return "" if self.transaction_ids else self.certificate_id

    @property
    def keys(self) -> tuple[str, ...]:
        return (f"certificate:{self.terms.number}", f"sku:{self.terms.sku}")

    def upload(self, holds: Sequence[ComplianceHold], by: str = SUPPLIER) -> list[ComplianceHold]:
        """What it releases of what waits for it; each hold is released once, by the last that it lacked. Raises
        TransitionNotOwned."""
        waited = [each for each in holds if each.waits_for(self.terms)]
        self.content = self.terms.fingerprint
        self.transaction_ids = tuple(dict.fromkeys(each.purchase_order_id for each in waited))
        self.events.append(events.CertificateUploaded(self))
        return [each for each in waited if each.take(self, by)]


@dataclass(slots=True, kw_only=True, eq=False)
class ComplianceHold:
    """One received line. `quantity` is in the base unit; `holds_stock` where the goods are held for this alone."""

    hold_id: str
    business_unit: str
    supplier_id: str
    receipt_id: str
    receipt_number: str
    receipt_line_id: str
    location_id: str
    purchase_order_id: str
    purchase_order_number: str
    order_line_id: str
    sku: str
    lot: str
    base: Decimal
    base_unit: str
    received_on: date
    missing: tuple[str, ...]
    holds_stock: bool
    rule: str
    express: bool = False
    event_version: int = 0
    events: list[events.Event] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    @property
    def keys(self) -> tuple[str, ...]:
        order, receipt = f"po:{self.purchase_order_number}", f"receipt:{self.receipt_number}"
        return (receipt, order, f"sku:{self.sku}", f"location:{self.location_id}")

    @property
    def state(self) -> State:
        return State.HELD if self.missing else State.RELEASED

    def place(self) -> None:
        moved(State.BOOKED, "hold", CROSSDOCK)
        self.events.append(events.CertificateMissing(self))
        self.concerns.append(self._concern())

    def waits_for(self, terms: CertificateTerms) -> bool:
        return self.supplier_id == terms.supplier_id and any(self._covered(kind, terms) for kind in self.missing)

    def take(self, certificate: Certificate, by: str) -> bool:
        """Whether that was the last."""
        stood = self.state
        self.missing = tuple(kind for kind in self.missing if not self._covered(kind, certificate.terms))
        if self.missing:
            return False
        moved(stood, "release", by)
        self.settled.append(self._concern().identity)
        self.events.append(events.ComplianceHoldReleased(self, certificate.certificate_id))
        return True

    def _covered(self, kind: str, terms: CertificateTerms) -> bool:
        return terms.covers(kind, self.sku, self.lot, self.received_on)

    def _concern(self) -> Concern:
        goods = f"{plain(self.base):f} {self.base_unit} of {self.sku}" + (f" lot {self.lot}" if self.lot else "")
        return Concern(
            code=CERTIFICATE_MISSING,
            owner=COMPLIANCE,
            subject=f"receipt/{self.receipt_id}/{self.receipt_line_id}",
            summary=f"receipt {self.receipt_number}: {goods} of {self.supplier_id} lack {', '.join(self.missing)}",
            transaction_ids=(self.purchase_order_id,),
            keys=self.keys,
            details={"policy": self.rule} if self.rule else {},
        )


def lacking(
    line: ReceiptLine, supplier_id: str, day: date, required: Required, on_file: Iterable[CertificateTerms]
) -> tuple[str, ...]:
    """The kinds that this line needs and nobody has uploaded. What is damaged is not for sale anyway."""
    if line.terms.condition is Condition.DAMAGED:
        return ()
    mine = [each for each in on_file if each.supplier_id == supplier_id]
    lot = line.terms.lot.number if line.terms.lot else ""
    return tuple(
        kind for kind in required.kinds if not any(each.covers(kind, line.terms.sku, lot, day) for each in mine)
    )


def hold(receipt: Receipt, line: ReceiptLine, supplier_id: str, rule: str, hold_id: str) -> ComplianceHold:
    """Of a line that says which certificates it lacks."""
    found = ComplianceHold(
        hold_id=hold_id,
        business_unit=line.business_unit,
        supplier_id=supplier_id,
        receipt_id=receipt.receipt_id,
        receipt_number=receipt.number,
        receipt_line_id=line.line_id,
        location_id=receipt.terms.location_id,
        purchase_order_id=line.purchase_order_id,
        purchase_order_number=line.purchase_order_number,
        order_line_id=line.order_line_id,
        sku=line.terms.sku,
        lot=line.terms.lot.number if line.terms.lot else "",
        base=line.base,
        base_unit=line.base_unit,
        received_on=receipt.terms.received_at.date(),
        missing=line.missing_certificates,
        holds_stock=line.terms.condition is Condition.GOOD,
        rule=rule,
        express=receipt.express,
    )
    found.place()
    return found
