"""What the reading of one batch of a partner's documents shares: one transaction, and every lookup made once for all.

Documents are read in the order in which they came. What an earlier one of the batch set off is in no row yet, so the
batch remembers it: repetitions, waits, commands under way and accepted revisions are looked up here and not in rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TypeAlias, TypeVar
from uuid import UUID

from crossdock.connector.v1 import partner_pb2
from crossdock_edi.x12.functional_acknowledgment import FunctionalAcknowledgment
from crossdock_kit.database.beside import beside
from crossdock_kit.errors import Invalid
from crossdock_kit.unit_of_work import Work

from connector.code_book import CodeBook, Question, with_codes
from connector.domain.documents import Earlier, Outcome, State
from connector.domain.revision import SentRevision, Stamp
from connector.mappings.model import Command, Inbound, Reading
from connector.ports import Surroundings
from connector.store import commands, documents, orders, partners, reading_queue, saving
from connector.store.codes import CodesOn
from connector.store.commands import Unfinished
from connector.store.document import Document
from connector.store.documents import Sent
from connector.store.orders import Accepted
from connector.store.partners import StoredPartner
from connector.store.reading_queue import Waiting
from connector.use_cases.commanding import METHODS, order_keys
from connector.use_cases.document_step import DocumentStep
from connector.use_cases.taking_apart import Part, TakenApart, take_apart
from connector.use_cases.vocabulary import book_of, partner_of

T = TypeVar("T")

LONG_BYTES = 100_000
"""What takes longer to read than everybody else should wait for their turn."""
# Refused and repeated documents are no reason to call another one repeated.
_NO_PRECEDENT = frozenset({State.REFUSED, State.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Translated:
    """A message as command; `unknown` are the codes that it waits for, `words` those of them that somebody has to say
    the meaning of."""

    command: Command
    unknown: tuple[str, ...]
    words: tuple[str, ...] = ()


Mapped: TypeAlias = Translated | Exception


@dataclass(slots=True, eq=False)
class Incoming:
    """A document of the batch. `fresh` is one that is read for the first time; `answered` one that is owed its 997s."""

    document: Document
    taken: TakenApart
    step: DocumentStep
    fresh: bool
    mapped: dict[int, Mapped] = field(default_factory=dict)
    answered: bool = False

    def parts_to_read(self) -> Iterator[tuple[int, Part]]:
        """With their numbers, which count from 1. Read again, only what waits is read."""
        for number, part in enumerate(self.taken.parts, start=1):
            known = self.document.messages
            if self.fresh or (number <= len(known) and known[number - 1].outcome is Outcome.WAITING):
                yield number, part


@dataclass(slots=True, eq=False)
class Intake:
    work: Work
    around: Surroundings
    stored: StoredPartner
    incoming: list[Incoming]
    alike: list[Sent] = field(default_factory=list)
    transactions: dict[str, str] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    unfinished: list[Unfinished] = field(default_factory=list)
    revisions: dict[str, dict[UUID, SentRevision]] = field(default_factory=dict)
    groups: dict[str, list[Document]] = field(default_factory=dict)
    acknowledged: dict[UUID, Document] = field(default_factory=dict)
    _accepted: list[Accepted] = field(default_factory=list)
    _done: list[Document] = field(default_factory=list)

    @property
    def tenant(self) -> str:
        return self.stored.tenant

    @property
    def profile(self) -> partner_pb2.PartnerProfile:
        return self.stored.profile

    def done(self, document: Document) -> None:
        """It has come to an end as far as this batch goes; later ones of the batch see it."""
        self._done.append(document)

    def earlier(self, document: Document) -> list[Earlier]:
        """What the partner sent before it, as far as it may be a repetition of that."""
        found: list[Sent | Document] = [each for each in self.alike if each.position < document.position]
        found += [each for each in self._done if each.state not in _NO_PRECEDENT]
        found.sort(key=lambda each: each.position)
        return [Earlier(str(each.document_id), each.sha256, each.control_numbers) for each in found]

    def waiting_before(self, document: Document, keys: Sequence[str]) -> str:
        """An earlier document of the partner that waits and concerns the same order; empty text if there is none."""
        about = frozenset(keys)
        found: list[Waiting | Document] = [each for each in self.waiting if each.position < document.position]
        found += [each for each in self._done if each.state is State.WAITING]
        concerned = (each for each in found if about.intersection(each.keys))
        first = min(concerned, key=lambda each: each.position, default=None)
        return str(first.document_id) if first else ""

    def unfinished_of(self, keys: Sequence[str]) -> tuple[UUID, ...]:
        """Commands of the partner's earlier documents that concern one of the same orders and have no answer yet."""
        about = frozenset(keys)
        return tuple(each.delivery_id for each in self.unfinished if about & each.keys)

    def accept(self, sent: Document, stamp: Stamp) -> None:
        """The partner accepted what was sent, at its own time; the first acceptance counts."""
        self._accepted.append(Accepted(sent.tenant, sent.document_id, stamp.at, stamp.interchange))
        for of_order in self.revisions.values():
            known = of_order.get(sent.document_id)
            if known is not None and known.accepted is None:
                of_order[sent.document_id] = SentRevision(known.revision, stamp)

    async def save(self) -> None:
        """Everything that the reading changed, set-based; before what was gathered in the work."""
        driver = self.work.driver
        await orders.accept_all(driver, self._accepted)
        await saving.save_all(driver, [*(each.document for each in self.incoming), *self.acknowledged.values()])


async def open_intake(steps: Sequence[DocumentStep], work: Work, around: Surroundings) -> Intake:
    """Opens the documents, takes them apart, runs their mappings and looks up all that their reading will ask."""
    found = [each.document for each in steps]
    tenant, partner = found[0].tenant, found[0].partner
    stored = await partners.get(work.driver, tenant, partner)
    sealed = await documents.contents(work.driver, tenant, [each.document_id for each in found])
    vault = around.vault.within(work.driver)
    incoming, size = list[Incoming](), 0
    for step, each in zip(steps, found, strict=True):
        content = await vault.open(each.kept, sealed[each.document_id])
        size += len(content)
        taken = await _run(len(content), work, partial(take_apart, content, each.path, stored.profile, each.name))
        step.is_of(part.kind for part in taken.parts)
        incoming.append(Incoming(each, taken, step, each.state is not State.WAITING))
    intake = Intake(work, around, stored, incoming)
    await _map(intake, size)
    await _look_up(intake)
    return intake


async def _run(size: int, work: Work, reading: Callable[[], T]) -> T:
    return reading() if size < LONG_BYTES else await beside(work.driver, reading)


async def _map(intake: Intake, size: int) -> None:
    """The crosswalk as it stood on the day on which a document came; documents of one day ask together."""
    days: dict[date, list[Incoming]] = {}
    for each in intake.incoming:
        days.setdefault(each.document.received_at.date(), []).append(each)
    names = tuple(each for each in (intake.profile.partner, intake.profile.system) if each)
    for day, of_day in days.items():
        asking = list(_questions(of_day, intake.profile))
        codes = CodesOn(intake.work.driver, intake.tenant, names, day)
        run = partial(_run, size, intake.work)
        answers = await with_codes(codes.load, [question for _, _, question in asking], run)
        for (each, number, question), answer in zip(asking, answers, strict=True):
            unknown, words = tuple(question.book.unknown), tuple(question.book.words)
            each.mapped[number] = answer if isinstance(answer, Exception) else Translated(answer, unknown, words)


def _questions(
    of_day: Sequence[Incoming], profile: partner_pb2.PartnerProfile
) -> Iterator[tuple[Incoming, int, Question[Command]]]:
    shared = CodeBook()
    for each in of_day:
        for number, part in each.parts_to_read():
            if not part.refusal and part.mapping is not None:
                yield each, number, _question(each.document, part, part.mapping, profile, shared)


def _question(
    document: Document, part: Part, mapping: Inbound, profile: partner_pb2.PartnerProfile, shared: CodeBook
) -> Question[Command]:
    partner = partner_of(profile, partners.route_of(profile, (part.kind,), partner_pb2.DIRECTION_IN))
    origin = part.control_number or document.name

    def read(codes: CodeBook) -> Command:
        if part.parsed is None:
            raise Invalid("it cannot be read")
        return mapping.read(part.parsed, Reading(partner, codes, origin, document.received_at, part.written))

    return Question(book_of(partner, part.kind, beside=shared), read)


async def _look_up(intake: Intake) -> None:
    """One statement for each kind of lookup that any document of the batch needs."""
    driver, tenant, partner = intake.work.driver, intake.tenant, intake.profile.partner
    batch = [each.document for each in intake.incoming]
    fresh = [each for each in intake.incoming if each.fresh]
    translated = [
        each.command for one in intake.incoming for each in one.mapped.values() if isinstance(each, Translated)
    ]
    if fresh:
        numbers = [number for each in fresh for number in each.taken.control_numbers]
        intake.alike = await documents.alike(driver, batch, [each.document.sha256 for each in fresh], numbers)
    if named := sorted({number for each in translated for number in each.orders}):
        intake.transactions = await orders.transactions_of(driver, tenant, named)
    if keys := sorted({key for each in translated for key in order_keys(each)}):
        intake.waiting = await reading_queue.waiting_for(driver, batch, keys)
        peers = {METHODS[type(each.request)][0] for each in translated if order_keys(each)}
        for peer in sorted(peers):
            intake.unfinished += await commands.unfinished(driver, tenant, peer, partner, keys)
    if answered := sorted({each.answer.order for each in translated if each.answer is not None}):
        intake.revisions = await orders.sent(driver, tenant, partner, answered)
    if groups := sorted({group for each in intake.incoming for group in _groups(each)} - {""}):
        for sent in await documents.in_groups(driver, tenant, partner, groups):
            intake.groups.setdefault(sent.group_control, []).append(sent)


def _groups(incoming: Incoming) -> Iterator[str]:
    """The groups of ours that its 997s are about."""
    for _, part in incoming.parts_to_read():
        if part.is_acknowledgment and isinstance(part.parsed, FunctionalAcknowledgment):
            yield group_of(part.parsed)


def group_of(answer: FunctionalAcknowledgment) -> str:
    """The group control number that a 997 is about (AK102), as we write it."""
    group = answer.group_control_number.strip()
    return group.lstrip("0") or group
