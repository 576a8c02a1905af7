"""Commands of master data. Loading the same again changes nothing; what is wrong refuses the load or is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from crossdock_kit.errors import InvalidFields, NotFound, Refused, Violation

from catalog.domain.identifiers import wrong_gs1
from catalog.domain.packaging import Packing, wrong_packings
from catalog.domain.places import PARENT_UNKNOWN, Place, wrong_places
from catalog.domain.record import Record, Subject, disagreeing
from catalog.domain.words import Precedence, Step, steps
from catalog.ports import UnitOfWork, Work

FIELD_NOT_OWNED, DISAGREEING, VALIDITY = "FIELD_NOT_OWNED", "master_data.agreeing", "master_data.validity"


@dataclass
class NotTheOwner(Refused):
    """Master data belongs to other roles, by the contract or by what the deployment or the profile says over it."""

    role: str
    owners: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """What of a load belongs to other roles, which `owners` says: the record at `path`, or of a record that is taken
    without it the attribute that is named."""

    path: str
    owners: str
    attribute: str = ""

    def refusal(self, role: str) -> LeftOut:
        reason = f"{role} may not write it; it belongs to {self.owners}"
        if not self.attribute:
            return LeftOut(self.path, reason, FIELD_NOT_OWNED)
        return LeftOut(self.path, f"{self.attribute}: {reason}", FIELD_NOT_OWNED, taken=True)


@dataclass(frozen=True, slots=True)
class PutMasterData:
    """`people` is what is said of people, by the path of its record, with the id that it is kept under; it stands in no
    record. `paths` are where the load names each record; `unreadable` what of it is no record at all; `gs1_numbers` are
    (field, number) pairs to check; `foreign` is what the role may not write; `precedence` whose word is shown, by kind;
    `places` what locations say of each other, `packings` what items say of units. `said_at` is when the source said it.
    `partly` leaves out what is wrong; with `validate_only` nothing is written."""

    records: tuple[Record, ...]
    paths: tuple[str, ...]
    gs1_numbers: tuple[tuple[str, str], ...]
    system: str
    role: str
    precedence: Mapping[str, Precedence]
    people: Mapping[str, tuple[str, bytes]]
    foreign: tuple[Foreign, ...] = ()
    places: tuple[Place, ...] = ()
    packings: tuple[Packing, ...] = ()
    unreadable: tuple[Violation, ...] = ()
    said_at: datetime | None = None
    partly: bool = False
    validate_only: bool = False

    def without(self, left_out: Collection[str]) -> PutMasterData:
        """The load without the records at these paths."""
        kept = [each for each in zip(self.records, self.paths, strict=True) if each[1] not in left_out]
        return replace(
            self,
            records=tuple(record for record, _ in kept),
            paths=tuple(path for _, path in kept),
            people={path: said for path, said in self.people.items() if path not in left_out},
            places=tuple(each for each in self.places if each.path not in left_out),
        )

    def said(self, now: datetime) -> Sequence[Record]:
        """The records, each with when it was said: a clock that runs ahead of ours says it now."""
        at = now if self.said_at is None else min(self.said_at, now)
        return [replace(record, said_at=at) for record in self.records]


@dataclass(frozen=True, slots=True)
class Change:
    """What a record of a load would change; `before` is what is valid on its first day."""

    path: str
    before: Record | None
    after: Record


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a record was not taken. `waits`: it may be, once another one is known. `taken`: it was, without what is named
    here."""

    path: str
    reason: str
    code: str
    waits: bool = False
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """`kept` of the unchanged are new words of which a higher owner's are shown. `changes` only where nothing was
    written; `refused` only where a load is taken in part."""

    changed: int
    unchanged: int
    kept: int = 0
    changes: tuple[Change, ...] = ()
    refused: tuple[LeftOut, ...] = ()


async def put_master_data(command: PutMasterData, uow: UnitOfWork) -> Placed:
    """Raises NotTheOwner, InvalidFields; then nothing is written. Taken in part it raises neither."""
    taken, refused = _sound(command)
    async with uow() as work:
        if not command.validate_only:
            versions = await work.records.lock({record.subject for record in taken.records})
        taken, homeless = await _within_known_places(taken, work)
        standing = await work.records.standing({(record.subject, record.key) for record in taken.records})
        done = list(steps(taken.said(work.now), taken.role, standing, taken.precedence))
        if not command.validate_only:
            await work.personal_data.keep(_people(taken, done))
            rows = _shown(done)
            after = {subject: work.announce(subject, its, versions[subject]) for subject, its in rows.items()}
            await work.records.save([row for its in rows.values() for row in its], after)
            await work.records.keep_words(taken.role, _words(done))
    changed, kept = sum(bool(step.changes) for step in done), sum(step.kept for step in done)
    changes = _changes(taken.paths, done) if command.validate_only else ()
    return Placed(changed, len(done) - changed, kept, changes, _told((*refused, *homeless)))


def _told(refused: Sequence[LeftOut]) -> tuple[LeftOut, ...]:
    """Of a record that is not taken at all nobody needs to know that it would be without something."""
    gone = {each.path for each in refused if not each.taken}
    return tuple(each for each in refused if not each.taken or each.path not in gone)


def _sound(command: PutMasterData) -> tuple[PutMasterData, tuple[LeftOut, ...]]:
    """What of a load stands by itself, and what does not. Raises NotTheOwner, InvalidFields where all of it must."""
    if command.foreign and not command.partly:
        raise NotTheOwner(command.role, command.foreign[0].owners)
    wrong = (*command.unreadable, *wrong_gs1(command.gs1_numbers), *wrong_packings(command.packings))
    wrong = (*wrong, *_disagreeing(command))
    if wrong and not command.partly:
        raise InvalidFields(wrong)
    not_owned = [each.refusal(command.role) for each in command.foreign]
    not_taken = {each.path for each in not_owned if not each.taken}
    refused = (*not_owned, *(_left_out(each) for each in wrong if _path_of(each) not in not_taken))
    return command.without({each.path for each in refused if not each.taken}), refused


def _disagreeing(command: PutMasterData) -> Iterator[Violation]:
    """Of two records of a load that contradict each other nobody knows which is meant: taken in part, it is neither."""
    for path, first in disagreeing(command.records, command.paths):
        yield Violation(path, f"says something else than {first} for the same day", DISAGREEING)
        if command.partly:
            yield Violation(first, f"says something else than {path} for the same day", DISAGREEING)


def _path_of(wrong: Violation) -> str:
    """Of the record that the field stands in: items[0] for items[0].gtin."""
    return wrong.field.partition(".")[0]


def _left_out(wrong: Violation) -> LeftOut:
    field = wrong.field.partition(".")[2]
    reason = f"{field}: {wrong.description}" if field else wrong.description
    return LeftOut(_path_of(wrong), reason, wrong.rule, waits=wrong.rule == PARENT_UNKNOWN)


async def _within_known_places(command: PutMasterData, work: Work) -> tuple[PutMasterData, tuple[LeftOut, ...]]:
    """The load without locations that stand nowhere. Raises InvalidFields where all of it must be taken."""
    standing = await work.records.places({each.parent_id for each in command.places if each.parent_id})
    refused: list[LeftOut] = []
    # What stood within one that is left out is looked at again: each turn leaves out one at least.
    while wrong := wrong_places(command.places, {**standing, **{each.location_id: each for each in command.places}}):
        if not command.partly:
            raise InvalidFields(wrong)
        refused += [_left_out(each) for each in wrong]
        command = command.without({each.path for each in refused})
    return command, tuple(refused)


def _changes(paths: Sequence[str], done: Sequence[Step]) -> tuple[Change, ...]:
    named = zip(paths, done, strict=True)
    return tuple(Change(path, step.before, step.after) for path, step in named if step.changes)


def _people(taken: PutMasterData, done: Sequence[Step]) -> dict[str, bytes]:
    """What is newly said of people. What was said before what is known is as late as the record that it came with, and
    what a higher owner speaks of too is not kept at all."""
    silent = {path for path, step in zip(taken.paths, done, strict=True) if step.late or step.outranked}
    return dict(said for path, said in taken.people.items() if path not in silent)


def _shown(done: Sequence[Step]) -> dict[Subject, list[Record]]:
    """The changed records by subject, each as it is in the end."""
    changed: dict[Subject, dict[tuple[str, date], Record]] = defaultdict(dict)
    for step in done:
        for each in step.changes:
            changed[each.subject][each.key, each.valid_from] = each
    return {subject: list(its.values()) for subject, its in changed.items()}


def _words(done: Sequence[Step]) -> list[Record]:
    """What the role says now, each as it is in the end."""
    words = {(each.subject, each.key, each.valid_from): each for step in done for each in step.words}
    return list(words.values())


@dataclass(frozen=True, slots=True)
class ErasePersonalData:
    """`party_id` says whose, for people; the id is what other tables and events carry."""

    party_id: str
    personal_data_id: str
    reason: str


@dataclass
class NothingPersonal(NotFound):
    """Nothing was ever kept of people of this party."""

    party_id: str


async def erase_personal_data(command: ErasePersonalData, uow: UnitOfWork) -> datetime:
    """When it was erased; a second time changes nothing. Raises NothingPersonal."""
    async with uow() as work:
        erased_at = await work.personal_data.erase(command.personal_data_id, command.reason, work.now)
        if erased_at is None:
            raise NothingPersonal(command.party_id)
        return erased_at
