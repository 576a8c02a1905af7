"""A purchase order: one supplier's commitment over all its revisions, from the ERP's release to the last receipt.

Its verbs may refuse; what they do they record as events, and what somebody must look at as concerns. It must not know
how documents look, where it is stored, or who is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from procurement.domain import changes, events
from procurement.domain.acknowledgment import divide, proposal
from procurement.domain.answer import Answer, admit, item_of, spread
from procurement.domain.carriage import Booking, nobody_carries
from procurement.domain.chasing import Chase
from procurement.domain.concerns import Concern, identity
from procurement.domain.decision import accept_change, refuse_change
from procurement.domain.events import ScheduleChange
from procurement.domain.line_concerns import line_concerns, open_concerns, subject_of
from procurement.domain.order_line import LineState, OrderLine
from procurement.domain.order_line_lifecycle import DECISION_OVERDUE, step
from procurement.domain.outcomes import LineAcknowledgment
from procurement.domain.placing import placement_of, seen
from procurement.domain.quantities import ZERO, Item, total_in_unit
from procurement.domain.refusals import (
    AnswerOvertaken,
    LineAmbiguous,
    LineUnknown,
    NothingToDecide,
    SupplierChanged,
)
from procurement.domain.revision import cancel_line, revise_lines
from procurement.domain.roles import CROSSDOCK
from procurement.domain.schedules import moves
from procurement.domain.system_numbers import SystemNumber, numbered
from procurement.domain.terms import BlanketRef, OrderDocument, OrderTerms, PlacedDocument, Placement

Items = Mapping[str, Item]
_OURS, _THEIRS = "ours", "theirs"


class OrderState(Enum):
    RELEASED = "released"
    PARTLY_CONFIRMED = "partly_confirmed"
    CONFIRMED = "confirmed"
    PARTLY_RECEIVED = "partly_received"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


TERMINAL = frozenset({OrderState.COMPLETED, OrderState.CANCELLED, OrderState.REJECTED})


@dataclass(slots=True, kw_only=True, eq=False)
class PurchaseOrder:
    purchase_order_id: str
    system: str
    number: str
    business_unit: str
    supplier_id: str
    created_at: datetime
    currency: str = ""
    incoterms: str = ""
    ordered_on: date = date.min
    ship_to_id: str = ""
    express: bool = False
    blanket: BlanketRef | None = None
    called_off: dict[str, Decimal] = field(default_factory=dict)
    called_off_from: str = ""
    revision: int = 0
    acknowledged_revision: int = 0
    cancelled: bool = False
    content: str = ""
    in_force_at: datetime | None = None
    system_revision: str = ""
    documents: list[PlacedDocument] = field(default_factory=list)
    system_numbers: list[SystemNumber] = field(default_factory=list)
    lines: list[OrderLine] = field(default_factory=list)
    lines_made: int = 0
    chase: Chase | None = None
    booking: Booking | None = None
    updated_at: datetime | None = None
    version: int = 0
    event_version: int = 0
    events: list[events.Event] = field(default_factory=list)
    concerns: list[Concern] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    _numbered: dict[str, OrderLine] = field(default_factory=dict, repr=False)
    _identified: dict[str, OrderLine] = field(default_factory=dict, repr=False)
    _by_item: dict[tuple[str, str], list[int]] = field(default_factory=dict, repr=False)

    @property
    def etag(self) -> str:
        return str(self.version)

    @property
    def keys(self) -> tuple[str, ...]:
        blanket = (f"blanket:{self.blanket.number}",) if self.blanket else ()
        return (f"po:{self.number}", *blanket)

    @property
    def state(self) -> OrderState:
        states = {line.state for line in self.lines}
        if self.cancelled or states <= {LineState.CANCELLED}:
            return OrderState.CANCELLED
        if all(line.finished for line in self.lines):
            received = states - {LineState.REJECTED, LineState.CANCELLED}
            return OrderState.COMPLETED if received else OrderState.REJECTED
        if any(line.received > ZERO for line in self.lines):
            return OrderState.PARTLY_RECEIVED
        if all(line.finished or line.state is LineState.CONFIRMED for line in self.lines):
            return OrderState.CONFIRMED
        promised = any(line.confirmed or line.proposed for line in self.lines)
        return OrderState.PARTLY_CONFIRMED if promised else OrderState.RELEASED

    @property
    def finished(self) -> bool:
        return self.state in TERMINAL

    @property
    def has_ended(self) -> bool:
        """Nothing more is expected, though nobody cancelled it."""
        return self.revision > 0 and self.state in {OrderState.COMPLETED, OrderState.REJECTED}

    @property
    def awaits_answer(self) -> bool:
        """The supplier owes an answer to the revision in force, or to a part of a line."""
        return not self.finished and any(line.state is LineState.OPEN for line in self.lines)

    @property
    def promised_days(self) -> list[date]:
        """The days on which something is still to be shipped."""
        return [each.on for line in self.lines for each in line.owed_promises if each.on is not None]

    @property
    def promised_without_a_day(self) -> bool:
        """Something is backordered or accepted, and the supplier has not said for when."""
        undated = any(each.on is None for line in self.lines for each in line.owed_promises)
        return undated or any(
            line.state is LineState.BACKORDERED and (line.on_order > ZERO or line.drop_ship_party_id)
            for line in self.lines
        )

    def line(self, line_number: str = "", sku: str = "", supplier_item: str = "") -> OrderLine:
        """By its number; else the only line of that item. Raises LineUnknown, LineAmbiguous."""
        if line_number:
            numbered = self.line_by_number(line_number)
            found = [numbered] if numbered is not None else []
        else:
            same_item = self._of_item(sku, supplier_item)
            found = [each for each in same_item if not each.cancelled] or same_item
        if not found:
            raise LineUnknown(self.number, line_number or sku or supplier_item)
        if len(found) > 1:
            raise LineAmbiguous(self.number, sku or supplier_item)
        return found[0]

    def _of_item(self, sku: str, supplier_item: str) -> list[OrderLine]:
        """By our number or the supplier's. Found once for a whole document, which may name thousands."""
        if not self._by_item:
            for place, line in enumerate(self.lines):
                for name in {(_OURS, line.sku), (_THEIRS, line.supplier_item)}:
                    self._by_item.setdefault(name, []).append(place)
        named = [each for each in ((_OURS, sku), (_THEIRS, supplier_item)) if each[1]]
        places = {place for each in named for place in self._by_item.get(each, ())}
        return [self.lines[place] for place in sorted(places)]

    # --- the ERP's documents

    def place(self, document: OrderDocument, items: Items) -> Placement:
        """Finds the document's place among those that are known, and applies it if it is newer than what is in force.

        Raises RevisionAmbiguous for two different documents of one instant and revision, SupplierChanged,
        LineAlreadyShipped, ItemUnknown, UnitNotConvertible, SchedulesDoNotSum; as every verb TransitionNotOwned where
        a line would go where whoever speaks may not lead it.
        """
        content = document.fingerprint
        if seen(self, document, content):
            return Placement.REPEATED
        placement = placement_of(self, document, content)
        if placement in {Placement.REVISED, Placement.CREATED}:
            self._revise(document, items)
        elif placement is Placement.CANCELLED:
            self._cancel(document)
        self._note(document, placement, content)
        return placement

    def _note(self, document: OrderDocument, placement: Placement, content: str) -> None:
        made = placement in {Placement.CREATED, Placement.REVISED, Placement.CANCELLED}
        if placement is not Placement.LATE:
            self.in_force_at, self.system_revision = document.occurred_at, document.system_revision
            self.content = content
        self.documents.append(
            PlacedDocument(
                document.system_revision,
                document.document,
                document.occurred_at,
                content,
                placement,
                self.revision if made else 0,
            )
        )

    def _revise(self, document: OrderDocument, items: Items) -> None:
        terms = document.terms
        if terms.supplier_id != self.supplier_id:
            raise SupplierChanged(self.number, terms.supplier_id)
        previous, announced = self.revision, self.event_version > 0 or bool(self.events)
        with self._concluding(self.lines, document.role):
            self._describe(terms)
            told = tuple(revise_lines(self, terms, items))
            self.cancelled = False
            self.revision += 1
            if announced:
                self.events.append(events.PurchaseOrderRevised(self, previous, told))
            else:
                self.events.append(events.PurchaseOrderReleased(self, told))

    def _describe(self, terms: OrderTerms) -> None:
        self.currency, self.incoterms = terms.currency, terms.incoterms
        self.ordered_on, self.ship_to_id = terms.ordered_on, terms.ship_to_id
        self.blanket = terms.blanket
        # The lane is given at birth and kept, so that order within the aggregate never suffers.
        self.express = terms.express if self.revision == 0 else self.express

    def _cancel(self, document: OrderDocument) -> None:
        if self.revision == 0:
            self._describe(document.terms)
        with _led(self.lines, document.role):
            deltas = [delta for line in self.lines for delta in cancel_line(self, line)]
        self.cancelled = True
        self.revision += 1
        self.settled.append(nobody_carries(self).identity)
        # Cancelled before it was ever released: nobody was told of it, so there is nothing to take back.
        if self.event_version > 0 or self.events:
            self.events.append(events.PurchaseOrderCancelled(self, tuple(deltas)))

    # --- the supplier's answers

    def acknowledge(self, answer: Answer, items: Items, decide_by: datetime) -> None:
        """Takes the supplier's answer into the lines. The same answer again changes nothing and records nothing.

        Raises SupplierMismatch, ObsoleteRevision, RevisionUnknown, RevisionUndecidable, LineUnknown, LineAmbiguous,
        AnsweredItemDiffers, AnswerOvertaken, ConfirmedBeyondOrder, AnswerContradictory.
        """
        admit(self, answer, items)
        said = spread(self, answer)
        lines = [line for line in self.lines if line.line_id in said]
        current = [line for line in lines if not self._overtaken(line, answer)]
        if lines and not current:
            raise AnswerOvertaken(self.number)
        news = [line for line in current if self._is_news(line, said[line.line_id])]
        if not news and self.acknowledged_revision == self.revision:
            return
        with self._concluding(news, answer.role):
            moved = [change for line in news for change in self._take(line, said[line.line_id], items, decide_by)]
            self._mark_answered(answer, current)
            answers = tuple(_told(line, each) for line in news for each in said[line.line_id])
            self.events.append(events.PurchaseOrderAcknowledged(self, self.revision, answers, tuple(moved)))
            for line in news:
                if line.proposed is not None:
                    self.events.append(
                        events.PurchaseOrderChangeProposed(self, line.line_id, line.line_number, line.proposed)
                    )

    def _overtaken(self, line: OrderLine, answer: Answer) -> bool:
        answered = line.answered_revision == self.revision and line.answered_at is not None
        return answered and line.answered_at is not None and answer.occurred_at < line.answered_at

    @staticmethod
    def _is_news(line: OrderLine, said: tuple[LineAcknowledgment, ...]) -> bool:
        return not line.cancelled and (line.answered_revision == 0 or line.answers != said)

    def _mark_answered(self, answer: Answer, lines: Iterable[OrderLine]) -> None:
        self.acknowledged_revision = self.revision
        for line in lines:
            line.answered_revision, line.answered_at = self.revision, answer.occurred_at
        self.documents = [
            replace(each, answered_at=each.answered_at or answer.occurred_at)
            if each.revision == self.revision
            else each
            for each in self.documents
        ]
        if answer.supplier_number:
            since = answer.acknowledged_on or answer.occurred_at.date()
            self.system_numbers = numbered(
                self.system_numbers, SystemNumber(answer.system, answer.supplier_number, since)
            )

    def _take(
        self, line: OrderLine, said: tuple[LineAcknowledgment, ...], items: Items, decide_by: datetime
    ) -> list[ScheduleChange]:
        old, before, were_open = list(line.current_schedules), line.on_order, open_concerns(self, line)
        division = divide(line, said, item_of(line, items))
        line.proposed = proposal(line, division, decide_by)
        line.rejected, line.backordered, line.on_hold = division.rejected, division.backordered, division.on_hold
        line.promise(division.promises)
        line.answers = said
        holds = list(line_concerns(self, line))
        self.concerns += holds
        self.settled += [each for each in were_open if each not in {concern.identity for concern in holds}]
        # While the buyer decides, what is proposed has taken nothing away yet.
        moved = [move for move in moves(old, line.confirmed) if move.new or line.proposed is None]
        return changes.promised(line, moved, line.on_order - before)

    # --- the buyer's decision

    def decide(self, line_number: str, *, accept: bool, items: Items) -> None:
        """The buyer takes or refuses what the supplier changed. What is refused leaves the order: nothing of it comes.

        Raises LineUnknown, NothingToDecide, ItemUnknown (a substitute that has no item number of ours yet).
        """
        line = self.line(line_number)
        proposed = line.proposed
        if proposed is None:
            raise NothingToDecide(line_number)
        with self._concluding([line], CROSSDOCK):
            line.proposed = None
            moved = accept_change(line, proposed, items) if accept else refuse_change(line, proposed)
            self.settled.append(identity(DECISION_OVERDUE, subject_of(line)))
            self.events.append(
                events.PurchaseOrderChangeDecided(self, line.line_id, line.line_number, accept, tuple(moved))
            )

    # --- goods

    def line_by_id(self, line_id: str) -> OrderLine | None:
        self._index()
        return self._identified.get(line_id)

    def line_by_number(self, line_number: str) -> OrderLine | None:
        self._index()
        return self._numbered.get(line_number)

    def _index(self) -> None:
        """Orders may have thousands of lines, and documents name each of them. Lines are added at the end, one by one
        while a document is placed, and never removed."""
        for line in self.lines[len(self._numbered) :]:
            self._numbered[line.line_number] = line
            self._identified[line.line_id] = line

    def note_receipt(self, receipt_id: str, *, had_ended: bool) -> None:
        """What a receipt moved in the order's lines is one fact of the order, whatever number of lines it has."""
        self.events.append(events.PurchaseOrderReceived(self, receipt_id))
        self.conclude(had_ended=had_ended)

    @contextmanager
    def _concluding(self, lines: Iterable[OrderLine], by: str) -> Iterator[None]:
        """Announces the end of the order if what happens inside to `lines` brings it about. Lines are added and change
        their item nowhere else."""
        had_ended = self.has_ended
        with _led(lines, by):
            yield
        self._by_item.clear()
        self.conclude(had_ended=had_ended)

    def conclude(self, *, had_ended: bool) -> None:
        """Announces the end of the order if it has come about since `had_ended` was asked."""
        if self.has_ended and not had_ended:
            self.events.append(events.PurchaseOrderCompleted(self))


@contextmanager
def _led(lines: Iterable[OrderLine], by: str) -> Iterator[None]:
    """What happens inside leads none of these lines where `by` may not lead it."""
    before = [(line, line.state) for line in lines]
    yield
    for line, stood in before:
        step(stood, line.state, by)


def _told(line: OrderLine, answer: LineAcknowledgment) -> events.LineAnswer:
    confirmed = total_in_unit(line.confirmed_total, line.factor)
    return events.LineAnswer(line.line_id, line.line_number, answer.outcome, answer.code, line.state, confirmed)
