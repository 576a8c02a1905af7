"""Commands of master data. Loading the same again changes nothing; what is wrong refuses the load or is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crossdock_kit.errors import InvalidFields, NotFound, Refused, Violation

from catalog.domain.identifiers import wrong_gs1
from catalog.domain.packaging import Packing, wrong_packings
from catalog.domain.places import PARENT_UNKNOWN, Place, wrong_places
from catalog.domain.record import Record, Subject, disagreeing, place, valid_on
from catalog.ports import UnitOfWork, Work

FIELD_NOT_OWNED, DISAGREEING, VALIDITY = "FIELD_NOT_OWNED", "master_data.agreeing", "master_data.validity"


@dataclass
class NotTheOwner(Refused):
    """Master data belongs to other roles, by the contract or by what the deployment or the profile says over it."""

    role: str
    owners: str


@dataclass(frozen=True, slots=True)
class Owners:
    """The roles that may write records of a kind, and why it is they."""

    roles: tuple[str, ...]
    said: str


@dataclass(frozen=True, slots=True)
class PutMasterData:
    """`people` is what is said of people, by the path of its record, with the id that it is kept under; it stands in no
    record. `paths` are where the load names each record; `unreadable` what of it is no record at all; `gs1_numbers` are
    (field, number) pairs to check; `owners` who may write each kind; `places` what locations say of each other,
    `packings` what items say of units. `said_at` is when the source said it. `partly` leaves out what is wrong; with
    `validate_only` nothing is written."""

    records: tuple[Record, ...]
    paths: tuple[str, ...]
    gs1_numbers: tuple[tuple[str, str], ...]
    system: str
    role: str
    owners: Mapping[str, Owners]
    people: Mapping[str, tuple[str, bytes]]
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
    """Why a record was not taken. `waits`: it may be, once another one is known."""

    path: str
    reason: str
    code: str
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """`changes` only where nothing was written; `refused` only where a load is taken in part."""

    changed: int
    unchanged: int
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
        steps = list(_steps(taken.said(work.now), standing))
        if command.validate_only:
            changes = _changes(taken.paths, steps)
            return Placed(len(changes), len(steps) - len(changes), changes, (*refused, *homeless))
        await work.personal_data.keep(_people(taken, steps))
        changed, said_again = _placed(steps)
        after = {subject: work.announce(subject, rows, versions[subject]) for subject, rows in changed.items()}
        await work.records.save([*(row for rows in changed.values() for row in rows), *said_again], after)
    unchanged = sum(not step.changes for step in steps)
    return Placed(len(steps) - unchanged, unchanged, refused=(*refused, *homeless))


def _sound(command: PutMasterData) -> tuple[PutMasterData, tuple[LeftOut, ...]]:
    """What of a load stands by itself, and what does not. Raises NotTheOwner, InvalidFields where all of it must."""
    foreign = {
        path: command.owners[record.subject.kind]
        for record, path in zip(command.records, command.paths, strict=True)
        if command.role not in command.owners[record.subject.kind].roles
    }
    if foreign and not command.partly:
        raise NotTheOwner(command.role, next(iter(foreign.values())).said)
    wrong = (*command.unreadable, *wrong_gs1(command.gs1_numbers), *wrong_packings(command.packings))
    wrong = (*wrong, *_disagreeing(command))
    if wrong and not command.partly:
        raise InvalidFields(wrong)
    refused = (
        *(
            LeftOut(at, f"{command.role} may not write it; it belongs to {who.said}", FIELD_NOT_OWNED)
            for at, who in foreign.items()
        ),
        *(_left_out(each) for each in wrong if _path_of(each) not in foreign),
    )
    return command.without({each.path for each in refused}), refused


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


@dataclass(frozen=True, slots=True)
class Step:
    """One record of a load: what was valid on its first day before it, what it changes after those before it, and what
    it only says again at a later instant. `late`: something newer is known of it."""

    before: Record | None
    changes: tuple[Record, ...]
    again: tuple[Record, ...]
    late: bool


def _steps(records: Sequence[Record], standing: Mapping[tuple[Subject, str], Sequence[Record]]) -> Iterator[Step]:
    now = {key: {row.valid_from: row for row in rows} for key, rows in standing.items()}
    for record in records:
        rows = now.setdefault((record.subject, record.key), {})
        known = list(rows.values())
        placed = place(known, record)
        again = tuple(each for each in placed if rows.get(each.valid_from) == each)
        late = record.valid_from in rows and record.is_older_than(rows[record.valid_from])
        yield Step(valid_on(known, record.valid_from), tuple(each for each in placed if each not in again), again, late)
        rows.update({each.valid_from: each for each in placed})


def _changes(paths: Sequence[str], steps: Sequence[Step]) -> tuple[Change, ...]:
    named = zip(paths, steps, strict=True)
    return tuple(Change(path, step.before, step.changes[-1]) for path, step in named if step.changes)


def _people(taken: PutMasterData, steps: Sequence[Step]) -> dict[str, bytes]:
    """What is newly said of people; what was said before what is known is as late as the record that it came with."""
    late = {path for path, step in zip(taken.paths, steps, strict=True) if step.late}
    return dict(said for path, said in taken.people.items() if path not in late)


def _placed(steps: Sequence[Step]) -> tuple[dict[Subject, list[Record]], list[Record]]:
    """The changed records by subject, the last word on each, and those that were only said again."""
    changed: dict[Subject, dict[tuple[str, object], Record]] = defaultdict(dict)
    again: dict[tuple[Subject, str, object], Record] = {}
    for step in steps:
        for each in step.changes:
            changed[each.subject][each.key, each.valid_from] = each
        again |= {(each.subject, each.key, each.valid_from): each for each in step.again}
    rows = {subject: list(its.values()) for subject, its in changed.items()}
    announced = {(row.subject, row.key, row.valid_from) for its in rows.values() for row in its}
    return rows, [row for name, row in again.items() if name not in announced]


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
