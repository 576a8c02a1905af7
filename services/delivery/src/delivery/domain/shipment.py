"""A shipment: goods of one or more orders that travel together, and what others were told of their way.

Scans are judged as a whole (progress.py); what differs from what was told before becomes an event. A milestone that was
told never goes away silently: that is a correction, with its reason. It must not know how scans are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from delivery.domain import calling_off, events
from delivery.domain.carriage import UNNAMED, Billing, CallOff, Carriage, Issue, Terms, Told
from delivery.domain.concerns import DELIVERY_DESK, LABEL_BEFORE_CHECKS, Concern, identity, packed_subject
from delivery.domain.events import Proof
from delivery.domain.lifecycle import DELIVERY_LEAD, State
from delivery.domain.milestones import PLACES, CodeClass, Milestone, Stage, Trouble
from delivery.domain.progress import Evidence, Progress, progress
from delivery.domain.refusals import CarrierAlreadyAssigned, MilestoneNotReached, ShipmentKeptBack
from delivery.domain.scan import Scan
from delivery.domain.taxonomy import owner_of

ON_THE_ROAD = frozenset({State.DISPATCHED, State.OUT_FOR_DELIVERY, State.EXCEPTION})
EXHAUSTED = "DELIVERY_ATTEMPTS_EXHAUSTED"
BEFORE_DISPATCH, EXCEPTION = "DELIVERED_BEFORE_DISPATCH", "DELIVERY_EXCEPTION"
_GONE = {Trouble.RETURNED: State.RETURNED, Trouble.CANCELLED: State.CANCELLED}
EARLIER_SCAN, NO_EVIDENCE = "EARLIER_SCAN", "EVIDENCE_CONTRADICTED"


@dataclass(slots=True, eq=False)
class Shipment:
    shipment_id: str
    system: str
    terms: Terms
    content: str
    created_at: datetime
    carriage: Carriage | None = None
    stage: Stage = Stage.UNKNOWN
    stage_at: datetime | None = None
    told: Told = field(default_factory=Told)
    proven_at: datetime | None = None
    issues: list[Issue] = field(default_factory=list)
    billing: Billing = Billing.DISPATCH
    billed_at: datetime | None = None
    attempts: int = 0
    """How often its carrier has tried to deliver it and could not."""
    called_off: CallOff | None = None
    kept_back: bool = False
    """A check keeps an order of it from leaving: nobody is offered it, and no label is asked for."""
    closed: bool = False
    watched: str = ""
    """The state whose deadline is running."""
    update_count: int = 0
    milestone_count: int = 0
    version: int = 0
    event_version: int = 0
    updated_at: datetime | None = None
    events: list[events.Event] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    @property
    def etag(self) -> str:
        return f"{self.shipment_id}-{self.version}"

    @property
    def transaction_ids(self) -> tuple[str, ...]:
        """Those of its orders; a shipment of no order is a transaction of its own."""
        return tuple(order_id for order_id, _ in self.terms.orders if order_id) or (self.shipment_id,)

    @property
    def keys(self) -> tuple[str, ...]:
        orders = (f"order:{number}" for _, number in self.terms.orders if number)
        return (f"shipment:{self.terms.number}", *orders, *(f"tracking:{each}" for each in self.tracking_numbers))

    @property
    def tracking_numbers(self) -> tuple[str, ...]:
        master = self.carriage.tracking_number if self.carriage else ""
        return tuple(dict.fromkeys(each for each in (master, *self.pieces) if each))

    @property
    def pieces(self) -> tuple[str, ...]:
        return tuple(each.tracking_number for each in self.terms.packages if each.tracking_number)

    @property
    def milestone(self) -> Milestone | None:
        return next((each for each in reversed(PLACES) if each in self.told.reached), None)

    @property
    def state(self) -> State:
        troubles = set(self.told.exceptions.values())
        gone = next((state for trouble, state in _GONE.items() if trouble in troubles), None)
        if self.closed:
            return State.CLOSED
        if gone is not None:
            return gone
        if calling_off.is_cancelled(self):
            return State.CANCELLED
        if troubles and self.milestone is not Milestone.DELIVERED:
            return State.EXCEPTION
        return self._place

    @property
    def _place(self) -> State:
        if self.milestone is Milestone.DELIVERED and self.proven_at:
            return State.PROVEN
        if self.milestone is not None:
            return State(self.milestone.value)
        if self.issues:
            return State.HANDED_OVER
        return State.ASSIGNED if self.carriage else State.PLANNED

    @property
    def on_the_road(self) -> bool:
        return self.state in ON_THE_ROAD

    @property
    def billable_since(self) -> datetime | None:
        """When goods of it had left, by whoever said so first; None while nothing has, and for what comes back."""
        if self.state in (State.RETURNED, State.CANCELLED):
            return None
        said = [each.at for each in self.told.reached.values()] + [each.issued_at for each in self.issues]
        return min(said, default=None)

    def plan(self) -> None:
        self.events.append(events.ShipmentPlanned(self, self.created_at))

    def clear(self) -> None:
        """Nothing keeps it back any more, or it has left all the same."""
        self.settled.append(identity(LABEL_BEFORE_CHECKS, packed_subject(self.shipment_id)))
        if self.kept_back:
            self.kept_back, self.watched = False, ""
            if self.called_off is None:
                self.plan()

    def assign(self, carriage: Carriage, at: datetime) -> bool:
        """Whether anything changed; one that nobody had named is named now. Raises CarrierAlreadyAssigned once it is on
        the road with another, and ShipmentKeptBack."""
        if self.kept_back:
            raise ShipmentKeptBack(self.terms.number)
        if carriage == self.carriage:
            return False
        if self.told.reached and self.carriage and self.carriage.carrier not in {UNNAMED, carriage.carrier}:
            raise CarrierAlreadyAssigned(self.terms.number, self.carriage.carrier)
        self.carriage = carriage
        self.events.append(events.CarrierAssigned(self, carriage, at))
        calling_off.crossed(self, at)
        return True

    def issue(self, number: str, at: datetime) -> bool:
        """Whether the warehouse's handing over is new."""
        if any(each.number == number for each in self.issues):
            return False
        self.issues.append(Issue(number, at))
        calling_off.left_nevertheless(self)
        if Milestone.DELIVERED in self.told.reached:
            self._watch_order()
        self._tell_dispatch()
        return True

    def close(self) -> None:
        self.closed = True

    # --- progress

    def settle(
        self, scans: Sequence[Scan], at: datetime, reason: str = "", tolerance: timedelta = timedelta(0)
    ) -> Progress:
        """Judges all scans anew and tells what is different; `reason` is a correction's. An estimate is a delay once it
        is later than the promise by more than `tolerance`."""
        promised_by = self.terms.promised_by
        found = progress(scans, self.pieces, promised_by and promised_by + tolerance)
        by_id = {each.scan_id: each for each in scans}
        for milestone in PLACES:
            self._tell_place(milestone, found.reached.get(milestone), by_id, reason)
        self._tell_delay(found, by_id, at)
        self._tell_eta(found, at)
        self.attempts = found.attempts
        self._tell_exceptions(found.troubles, at)
        self.stage, self.stage_at = found.stage, found.last_at
        self._watch_order()
        calling_off.left_nevertheless(self)
        self._tell_dispatch()
        if Milestone.DELIVERED not in found.reached:
            self.proven_at = None
        return found

    def _tell_dispatch(self) -> None:
        """What has left is what the warehouse issued, and only once the carrier has it: a label alone does nothing.
        What a carrier drives out or delivers has left, whether it said so or not."""
        left = min((each.at for each in self.told.reached.values()), default=None)
        if left is None:
            return
        for index, each in enumerate(self.issues):
            if not each.dispatched:
                self.issues[index] = replace(each, dispatched=True)
                self.events.append(events.ShipmentDispatched(self, each.number, each.issued_at, left))
        if self.issues and self.billing is Billing.DISPATCH:
            self._bill(self.issues[0].number, left)

    def _bill(self, evidence: str, at: datetime) -> None:
        """Once: what is billed is billed, and what is corrected afterwards is credited where invoices are."""
        if self.billed_at is None:
            self.billed_at = at
            self.events.append(events.BillingTriggered(self, self.billing.value, evidence, at))

    def _tell_place(self, milestone: Milestone, now: Evidence | None, scans: dict[str, Scan], reason: str) -> None:
        before = self.told.reached.get(milestone)
        if now is None:
            if before is not None:
                del self.told.reached[milestone]
                self.events.append(events.MilestoneCorrected(self, milestone, before.at, None, reason or NO_EVIDENCE))
            return
        self.told.reached[milestone] = now
        if before is None:
            self.events.append(events.MilestoneReached(self, milestone, now.at, scans[now.scan_id]))
        elif before.at != now.at:
            why = reason or EARLIER_SCAN
            self.events.append(events.MilestoneCorrected(self, milestone, before.at, now.at, why))

    def _tell_delay(self, found: Progress, scans: dict[str, Scan], at: datetime) -> None:
        before, self.told.delayed_since = self.told.delayed_since, found.delayed.at if found.delayed else None
        if found.delayed is not None and before is None:
            scan = scans[found.delayed.scan_id]
            self.events.append(events.MilestoneReached(self, Milestone.DELAYED, found.delayed.at, scan))
        elif found.delayed is None and before is not None:
            self.events.append(events.DelayEnded(self, at))

    def _tell_eta(self, found: Progress, at: datetime) -> None:
        before, self.told.eta = self.told.eta, found.eta
        if before != found.eta:
            self.events.append(events.EtaChanged(self, before, found.eta, at))

    def _tell_exceptions(self, open_now: Mapping[str, Scan], at: datetime) -> None:
        for scan_id in [each for each in self.told.exceptions if each not in open_now]:
            del self.told.exceptions[scan_id]
            self.settled.append(identity(EXCEPTION, f"{self.shipment_id}/{scan_id}"))
            self.events.append(events.DeliveryExceptionResolved(self, scan_id, at))
        for scan_id, scan in sorted(open_now.items(), key=lambda each: each[1].order):
            if scan_id not in self.told.exceptions and scan.meaning.trouble is not None:
                self._raise(scan.meaning.trouble, scan)

    def _raise(self, trouble: Trouble, scan: Scan) -> None:
        owner = owner_of(trouble, scan.fault)
        self.told.exceptions[scan.scan_id] = trouble
        self.events.append(events.DeliveryExceptionRaised(self, trouble, scan, owner))
        if trouble is Trouble.CANCELLED and self.called_off is not None:
            calling_off.answer(self, True, "", scan.occurred_at)
            return
        said = f"{scan.code} {scan.reason}".strip()
        self.concerns.append(
            self.concern(
                EXCEPTION,
                owner,
                f"shipment {self.terms.number}: {trouble.value}, said {scan.carrier or scan.reported_by} ({said})",
                f"{self.shipment_id}/{scan.scan_id}",
                {"kind": trouble.value, "fault": scan.fault.value, "code": scan.code, "reason": scan.reason},
            )
        )

    def judge_attempts(self, allowed: int) -> None:
        """So many may fail before somebody has to find another way. What is tried for ever is never late."""
        if self.attempts < allowed or not self.on_the_road:
            self.settled.append(identity(EXHAUSTED, self.shipment_id))
            return
        times = f"tried {self.attempts} times to deliver shipment {self.terms.number}"
        summary = f"{self.carriage.carrier if self.carriage else 'its carrier'} has {times}: it needs another way"
        self.concerns.append(self.concern(EXHAUSTED, DELIVERY_LEAD, summary, "", {"attempts": str(self.attempts)}))

    def _watch_order(self) -> None:
        """A delivery of what never left is booked as reported, and somebody has to find out how that can be."""
        delivered, left = (self.told.reached.get(each) for each in (Milestone.DELIVERED, Milestone.DISPATCHED))
        issued = delivered is not None and any(each.issued_at <= delivered.at for each in self.issues)
        if delivered is None or issued or (left is not None and left.at <= delivered.at):
            name = identity(BEFORE_DISPATCH, self.shipment_id)
            # What is heard later in the same work may settle what was not told yet.
            self.concerns = [each for each in self.concerns if each.identity != name]
            self.settled.append(name)
            return
        summary = f"shipment {self.terms.number} was delivered, and nobody has said before that it left"
        self.concerns.append(self.concern(BEFORE_DISPATCH, DELIVERY_DESK, summary))

    def withdrawn(self, milestone: Milestone, scans: Sequence[Scan]) -> list[str]:
        """The scans that a correction takes out: all that say this milestone or a later one. Raises
        MilestoneNotReached."""
        if milestone not in self.told.reached:
            raise MilestoneNotReached(self.terms.number, milestone.value)
        gone = PLACES[PLACES.index(milestone) :]
        said = [each for each in scans if each.meaning.code_class is not CodeClass.ESTIMATE and not each.voided]
        return [each.scan_id for each in said if each.meaning.milestone in gone]

    def prove(self, evidence: Proof, at: datetime) -> None:
        self.proven_at = self.proven_at or at
        self.events.append(events.ProofOfDeliveryReceived(self, evidence, at))
        if self.billing is Billing.PROOF:
            self._bill(evidence.reference, at)

    def concern(
        self, code: str, owner: str, summary: str, subject: str = "", details: dict[str, str] | None = None
    ) -> Concern:
        return Concern(
            code=code,
            owner=owner,
            subject=subject or self.shipment_id,
            summary=summary,
            transaction_ids=self.transaction_ids,
            keys=self.keys,
            details=details or {},
        )
