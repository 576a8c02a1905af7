"""Commands of master data. Loading is all or nothing, and loading the same again changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crossdock_kit.errors import Refused

from catalog.domain.identifiers import check_gs1
from catalog.domain.record import Record, Subject, place
from catalog.ports import UnitOfWork


@dataclass
class NotTheOwner(Refused):
    """The contract gives the field to other roles."""

    role: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PutMasterData:
    """`gs1_numbers` are (field, number) pairs to check; `owners` the roles that may write all that is written."""

    records: tuple[Record, ...]
    gs1_numbers: tuple[tuple[str, str], ...]
    system: str
    role: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    changed: int
    unchanged: int


async def put_master_data(command: PutMasterData, uow: UnitOfWork) -> Placed:
    """Raises NotTheOwner, InvalidFields, ValidityReversed; then nothing is written."""
    if command.role not in command.owners:
        raise NotTheOwner(command.role, command.owners)
    check_gs1(command.gs1_numbers)
    async with uow() as work:
        versions = await work.records.lock({record.subject for record in command.records})
        standing = await work.records.standing({(record.subject, record.key) for record in command.records})
        changed, unchanged = _placed(command.records, standing)
        after = {subject: work.announce(subject, rows, versions[subject]) for subject, rows in changed.items()}
        await work.records.save([row for rows in changed.values() for row in rows], after)
    return Placed(len(command.records) - unchanged, unchanged)


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
