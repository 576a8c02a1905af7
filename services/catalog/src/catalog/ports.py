"""What the use cases need of storage."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from catalog.domain.places import Place
from catalog.domain.record import Record, Subject
from catalog.domain.words import Standing


class Records(Protocol):
    """The records of one tenant inside one transaction."""

    async def lock(self, subjects: Collection[Subject]) -> Mapping[Subject, int]:
        """Locks the subjects' histories until the end of the transaction; their event versions, 0 for new ones."""

    async def standing(self, wanted: Collection[tuple[Subject, str]]) -> Mapping[tuple[Subject, str], Standing]:
        """What is shown of each (subject, key), and what each role says of it, oldest first."""

    async def places(self, location_ids: Collection[str]) -> Mapping[str, Place]:
        """The newest word about these locations and about all that they stand within, by id."""

    async def save(self, changed: Sequence[Record], versions: Mapping[Subject, int]) -> None:
        """Writes changed records, and the event versions of the subjects after their announcement."""

    async def keep_words(self, role: str, words: Sequence[Record]) -> None:
        """Writes what a role says, whether it is shown or not."""


class PersonalData(Protocol):
    async def keep(self, facts: Mapping[str, bytes]) -> None:
        """Sets what is known of people, by id; what was erased stays erased."""

    async def erase(self, personal_data_id: str, reason: str, at: datetime) -> datetime | None:
        """When it was erased, now or before; None if there never was any."""


class Work(Protocol):
    @property
    def records(self) -> Records: ...
    @property
    def personal_data(self) -> PersonalData: ...
    @property
    def now(self) -> datetime: ...

    def announce(self, subject: Subject, changed: Sequence[Record], after_version: int) -> int:
        """Records the events that tell of the changes; returns the subject's event version after them."""


class UnitOfWork(Protocol):
    def __call__(self) -> AbstractAsyncContextManager[Work]: ...
