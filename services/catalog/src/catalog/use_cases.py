"""Commands of master data. Loading is all or nothing, and loading the same again changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crossdock_kit.errors import NotFound, Refused

from catalog.domain.identifiers import check_gs1
from catalog.domain.packaging import Packing, check_packing
from catalog.domain.places import Place, check_places
from catalog.domain.record import Record, Subject, check_agreeing, place, valid_on
from catalog.ports import UnitOfWork, Work


@dataclass
class NotTheOwner(Refused):
    """Master data belongs to other roles, by the contract or by what the deployment says over it."""

    role: str
    owners: str


@dataclass(frozen=True, slots=True)
class PutMasterData:
    """`people` is what is said of people, by id, and stands in no record. `paths` are where the load names each record;
    `gs1_numbers` are (field, number) pairs to check; `owners` the roles that may write all that is written,
    `owners_said` why it is they; `places` what locations say of each other, `packings` what items say of units. With
    `validate_only` nothing is written."""

    records: tuple[Record, ...]
    paths: tuple[str, ...]
    gs1_numbers: tuple[tuple[str, str], ...]
    system: str
    role: str
    owners: tuple[str, ...]
    owners_said: str
    people: Mapping[str, bytes]
    places: tuple[Place, ...] = ()
    packings: tuple[Packing, ...] = ()
    validate_only: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What a record of a load would change; `before` is what is valid on its first day."""

    path: str
    before: Record | None
    after: Record


@dataclass(frozen=True, slots=True)
class Placed:
    """`changes` only where nothing was written."""

    changed: int
    unchanged: int
    changes: tuple[Change, ...] = ()


async def put_master_data(command: PutMasterData, uow: UnitOfWork) -> Placed:
    """Raises NotTheOwner, InvalidFields, ValidityReversed; then nothing is written."""
    if command.role not in command.owners:
        raise NotTheOwner(command.role, command.owners_said)
    check_gs1(command.gs1_numbers)
    check_packing(command.packings)
    check_agreeing(command.records, command.paths)
    if command.validate_only:
        return await _previewed(command, uow)
    async with uow() as work:
        await work.personal_data.keep(command.people)
        versions = await work.records.lock({record.subject for record in command.records})
        await _check_places(command.places, work)
        standing = await work.records.standing({(record.subject, record.key) for record in command.records})
        changed, unchanged = _placed(command.records, standing)
        after = {subject: work.announce(subject, rows, versions[subject]) for subject, rows in changed.items()}
        await work.records.save([row for rows in changed.values() for row in rows], after)
    return Placed(len(command.records) - unchanged, unchanged)


async def _previewed(command: PutMasterData, uow: UnitOfWork) -> Placed:
    async with uow() as work:
        await _check_places(command.places, work)
        standing = await work.records.standing({(record.subject, record.key) for record in command.records})
    steps = zip(command.paths, _steps(command.records, standing), strict=True)
    changes = tuple(Change(path, before, made[-1]) for path, (_, before, made) in steps if made)
    return Placed(len(changes), len(command.records) - len(changes), changes)


async def _check_places(loaded: Sequence[Place], work: Work) -> None:
    standing = await work.records.places({each.parent_id for each in loaded if each.parent_id})
    check_places(loaded, {**standing, **{each.location_id: each for each in loaded}})


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


def _placed(
    records: Sequence[Record], standing: Mapping[tuple[Subject, str], Sequence[Record]]
) -> tuple[dict[Subject, list[Record]], int]:
    """The changed records by subject, the last word on each, and how many stood already."""
    changed: dict[Subject, dict[tuple[str, object], Record]] = defaultdict(dict)
    unchanged = 0
    for _, _, changes in _steps(records, standing):
        unchanged += not changes
        for change in changes:
            changed[change.subject][change.key, change.valid_from] = change
    return {subject: list(rows.values()) for subject, rows in changed.items()}, unchanged


def _steps(
    records: Sequence[Record], standing: Mapping[tuple[Subject, str], Sequence[Record]]
) -> Iterator[tuple[Record, Record | None, tuple[Record, ...]]]:
    """Each record with what was valid on its first day before it, and what it changes after those before it."""
    now = {key: {row.valid_from: row for row in rows} for key, rows in standing.items()}
    for record in records:
        rows = now.setdefault((record.subject, record.key), {})
        known = list(rows.values())
        changes = place(known, record)
        rows.update({change.valid_from: change for change in changes})
        yield record, valid_on(known, record.valid_from), changes
