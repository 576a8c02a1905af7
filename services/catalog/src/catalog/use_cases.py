"""Commands of master data. Loading is all or nothing, and loading the same again changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crossdock_kit.errors import NotFound, Refused

from catalog.domain.identifiers import check_gs1
from catalog.domain.packaging import Packing, check_packing
from catalog.domain.places import Place, check_places
from catalog.domain.record import Record, Subject, check_agreeing, place
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
    `owners_said` why it is they; `places` what locations say of each other, `packings` what items say of units."""

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


@dataclass(frozen=True, slots=True)
class Placed:
    changed: int
    unchanged: int


async def put_master_data(command: PutMasterData, uow: UnitOfWork) -> Placed:
    """Raises NotTheOwner, InvalidFields, ValidityReversed; then nothing is written."""
    if command.role not in command.owners:
        raise NotTheOwner(command.role, command.owners_said)
    check_gs1(command.gs1_numbers)
    check_packing(command.packings)
    check_agreeing(command.records, command.paths)
    async with uow() as work:
        await work.personal_data.keep(command.people)
        versions = await work.records.lock({record.subject for record in command.records})
        await _check_places(command.places, work)
        standing = await work.records.standing({(record.subject, record.key) for record in command.records})
        changed, unchanged = _placed(command.records, standing)
        after = {subject: work.announce(subject, rows, versions[subject]) for subject, rows in changed.items()}
        await work.records.save([row for rows in changed.values() for row in rows], after)
    return Placed(len(command.records) - unchanged, unchanged)


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
    now = {key: {row.valid_from: row for row in rows} for key, rows in standing.items()}
    changed: dict[Subject, dict[tuple[str, object], Record]] = defaultdict(dict)
    unchanged = 0
    for record in records:
        rows = now.setdefault((record.subject, record.key), {})
        changes = place(list(rows.values()), record)
        unchanged += not changes
        for change in changes:
            rows[change.valid_from] = change
            changed[change.subject][change.key, change.valid_from] = change
    return {subject: list(rows.values()) for subject, rows in changed.items()}, unchanged
