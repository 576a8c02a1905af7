"""What the use cases need of the outside: shipments with the scans that they are judged by, and how codes are read.

Whoever changes shipments locks their heads in the order of their ids; scans belong to whoever holds the head. A number
that no shipment has is claimed before it is given or waited for, so that no scan falls between the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from delivery.domain.carriage import Billing, Terms
from delivery.domain.concerns import Concern
from delivery.domain.events import Proof
from delivery.domain.milestone_table import Key, Meaning
from delivery.domain.milestones import Fault, Milestone, Trouble
from delivery.domain.scan import Scan
from delivery.domain.shipment import Shipment


@dataclass(frozen=True, slots=True)
class Origin:
    """The system instance, its document, and when it happened there; `role` by its name, "CARRIER"."""

    system: str
    role: str
    document: str = ""
    revision: str = ""
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShipmentName:
    """A shipment by our id, by its number or by a tracking number."""

    shipment_id: str = ""
    number: str = ""
    tracking_number: str = ""


@dataclass(frozen=True, slots=True)
class ShipmentPage:
    """`after` is the id of the last shipment of the page before; newest first."""

    milestone: Milestone | None
    order_number: str
    carrier: str
    size: int
    after: str


@dataclass(frozen=True, slots=True)
class Addressed:
    """Whose number a carrier names: a tracking number, the shipper's own number, or both."""

    carrier: str
    tracking_number: str
    shipment_number: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """`shipment_id` is empty where nobody has the number; `mismatched` where the two numbers name two shipments."""

    shipment_id: str = ""
    mismatched: str = ""


@dataclass(frozen=True, slots=True)
class KeptScan:
    """A scan as it is shown: with whose it is and when it came."""

    scan: Scan
    shipment_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class MilestoneEntry:
    """One thing that others were told. `effect`: reached, moved, withdrawn, ended."""

    position: int
    milestone: Milestone
    effect: str
    at: datetime
    recorded_at: datetime
    scan_id: str = ""
    code: str = ""
    reason: str = ""
    trouble: Trouble | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedLine:
    """So much of an order's line that a warehouse handed over, in its base unit; `quantity` in plain notation."""

    order_id: str
    order_number: str
    line_id: str
    line_number: str
    sku: str
    quantity: str
    unit: str


class Shipments(Protocol):
    async def claim(self, system: str, number: str) -> Shipment | None:
        """The shipment of this number, locked; where there is none, nobody else creates it until this work ends."""

    async def lock(self, shipment_ids: Iterable[str]) -> list[Shipment]:
        """Those that are known, locked in the order of their ids."""

    async def find(self, name: ShipmentName) -> list[Shipment]:
        """To read only; at most two."""

    async def page(self, page: ShipmentPage) -> list[Shipment]: ...

    async def addressees(self, wanted: Sequence[Addressed]) -> list[Addressee]:
        """One for each, in their order. Numbers that nobody has are claimed until this work ends."""

    async def take_numbers(self, shipment: Shipment) -> list[str]:
        """Gives the shipment its tracking numbers. Raises TrackingNumberTaken. Returns the scans that waited."""

    async def entries(self, shipment_id: str) -> list[MilestoneEntry]: ...

    def add(self, shipment: Shipment) -> None: ...


class Scans(Protocol):
    async def keep(self, scans: Sequence[tuple[Addressee, Scan]]) -> frozenset[str]:
        """The ids of those that were new."""

    async def of(self, shipment_ids: Sequence[str]) -> Mapping[str, list[Scan]]: ...

    async def page(self, shipment_id: str, after: tuple[str, ...], size: int) -> list[KeptScan]: ...

    async def void(self, scan_ids: Sequence[str]) -> None: ...

    async def unmapped(self, partner: str, key: Key, limit: int) -> list[tuple[str, Scan]]:
        """Kept without a meaning, with the shipment of each."""

    async def count_unmapped(self, partner: str, key: Key) -> int: ...

    async def read_again(self, scans: Sequence[tuple[str, Scan]]) -> None:
        """Writes what they are now read as."""


class Contents(Protocol):
    """What shipments hold, by the id of an order's line and in its base unit. Written before the shipment is locked."""

    async def pack(self, shipment_id: str, lines: Mapping[str, Decimal]) -> None: ...

    async def issue(self, shipment_id: str, lines: Mapping[str, Decimal]) -> None: ...

    async def call_off(self, shipment_id: str, lines: Mapping[str, Decimal], *, to_stop: bool) -> None:
        """`to_stop`: though it has left."""

    async def to_stop(self, shipment_id: str) -> bool:
        """Whether it is to be stopped on the road: nothing in it is wanted any more, and it was asked for."""

    async def wanted(self, shipment_id: str) -> bool:
        """Whether something of it is. So it is while nobody has said what it holds."""


class Codes(Protocol):
    async def overrides(self, partner: str) -> Mapping[Key, Meaning]: ...

    async def override(self, partner: str, key: Key, meaning: Meaning) -> int:
        """Its version, which counts 1, 2, 3."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a partner handed in at once, in numbers; `milestones` is how many of them others were told of."""

    updates: int
    unmapped: int
    errors: int
    milestones: int


@dataclass(frozen=True, slots=True)
class Feed:
    """How a partner's reports come: `gap` is what is usual between two of them."""

    partner: str
    last_heard_at: datetime
    gap: timedelta
    reports: int
    updates: int
    unmapped: int
    errors: int
    milestones: int


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """A feed, from when on it counts as silent, and the moment that this was looked at."""

    feed: Feed
    silent_from: datetime
    now: datetime


class Feeds(Protocol):
    async def heard(self, partner: str, found: Heard) -> Feed:
        """Counts them, and learns its cadence."""

    async def read(self, partner: str) -> Feed | None: ...

    async def page(self, after: str, size: int) -> list[Feed]:
        """By partner."""

    async def on_the_road(self, partner: str) -> int:
        """How many shipments that it has spoken of are under way."""


@dataclass(frozen=True, slots=True)
class KeptProof:
    """Evidence of a delivery, and when it came."""

    evidence: Proof
    delivered_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidProof:
    """Evidence of a delivery as a system reports it; `tracking_number` is the package's, if it names one."""

    evidence: Proof
    reported_by: str
    tracking_number: str
    delivered_at: datetime
    received_at: datetime


class Proofs(Protocol):
    async def page(self, shipment_id: str, after: str, size: int) -> list[KeptProof]:
        """By reference."""

    async def keep(self, shipment_id: str, evidence: Proof, at: datetime) -> bool:
        """False where it was kept before."""

    async def recipient(self, shipment_id: str) -> str:
        """Row of personal data of the last proof; empty where there is none."""

    async def wait(self, subject: str, said: SaidProof) -> bool:
        """Keeps it until a shipment has the number that `subject` names. False where it waits already."""

    async def waiting(self, subject: str) -> list[SaidProof]:
        """Oldest first."""

    async def count_waiting(self, reported_by: str) -> int: ...

    async def take(self, subjects: Sequence[str], since: datetime) -> list[tuple[str, SaidProof]]:
        """Those that wait under these and came after `since`, oldest first; they wait no longer."""

    async def drop(self, subject: str, until: datetime) -> list[SaidProof]:
        """Those that came by then; they wait no longer."""


class PersonalData(Protocol):
    async def keep(self, facts: Mapping[str, bytes]) -> None: ...

    async def read(self, personal_data_id: str) -> bytes | None:
        """None where there is none, or none any more."""

    async def erase(self, personal_data_id: str, reason: str, at: datetime) -> datetime | None: ...


class Work(Protocol):
    """An open transaction."""

    @property
    def shipments(self) -> Shipments: ...

    @property
    def scans(self) -> Scans: ...

    @property
    def contents(self) -> Contents: ...

    @property
    def codes(self) -> Codes: ...

    @property
    def proofs(self) -> Proofs: ...

    @property
    def feeds(self) -> Feeds: ...

    @property
    def personal_data(self) -> PersonalData: ...

    @property
    def now(self) -> datetime: ...

    def new_id(self) -> str: ...

    async def put(self, shipment: Shipment) -> None:
        """Announces what the shipment recorded, and writes it."""

    async def billing_of(self, terms: Terms) -> Billing:
        """What the customer's terms wait for."""

    async def delay_tolerance(self, terms: Terms) -> timedelta:
        """By how much an estimate may be later than the promise before it is a delay."""

    async def keep_issue(self, shipment_id: str, issue_number: str, lines: Sequence[IssuedLine]) -> None: ...

    async def least_patience(self, partner: str) -> timedelta:
        """How long a feed may be silent at least."""

    async def proof_patience(self, partner: str) -> timedelta:
        """How long a proof that a system reports may wait for its shipment before somebody is told."""

    def wait(self, kind: str, subject: str, until: datetime, partner: str = "") -> None:
        """Something is looked at then, if nothing comes before. Waiting anew moves it."""

    def stop_waiting(self, kind: str, subject: str) -> None: ...

    def tell(self, concern: Concern) -> None: ...

    def resolve(self, name: str, why: str) -> None:
        """Closes the exception of this identity, if it is open."""

    def read_again_later(self, partner: str, key: Key, means: str = "") -> None:
        """Scans of this code that wait for a meaning are read again after this work; `means` is what master data say
        of it."""

    def count(self, vocabulary: str, outcomes: Mapping[str, int]) -> None:
        """What became of updates, for the metrics, once this work is durable."""

    def note(
        self, *, keys: Iterable[str] = (), transaction_ids: Sequence[str] = (), outcome: str = "", reason: str = ""
    ) -> None: ...


class UnitOfWork(Protocol):
    def __call__(self, origin: Origin | None = None) -> AbstractAsyncContextManager[Work]: ...


class Snapshots(Protocol):
    def reading(self) -> AbstractAsyncContextManager[Work]:
        """To read only, all of one moment."""
