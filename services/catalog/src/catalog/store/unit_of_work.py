"""Catalog's unit of work: the kit's, with records, and with the announcement of what changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from crossdock_kit.context import tenant as current_tenant
from crossdock_kit.events import NewEvent
from crossdock_kit.personal_data import StoredPersonalData
from crossdock_kit.unit_of_work import UnitOfWork as KitUnitOfWork
from crossdock_kit.unit_of_work import Work as KitWork

from catalog.domain.record import Record, Subject
from catalog.store.records import StoredRecords
from catalog.wire import kinds
from catalog.wire import records as wire

# Master data belongs to the company as a whole.
WHOLE_COMPANY = "*"
KEY_WORD = {
    kinds.ITEM: "sku",
    kinds.PARTY: "party",
    kinds.LOCATION: "location",
    kinds.CROSSWALK: "partner",
    kinds.PRICE: "sku",
}


@dataclass(frozen=True, slots=True)
class StoredWork:
    kit: KitWork
    records: StoredRecords
    personal_data: StoredPersonalData

    @property
    def now(self) -> datetime:
        return self.kit.now

    def announce(self, subject: Subject, changed: Sequence[Record], after_version: int) -> int:
        version = after_version
        for message in wire.to_events(subject, changed):
            version += 1
            self.kit.record(
                NewEvent(
                    message=message,
                    tenant=self.kit.tenant,
                    business_unit=WHOLE_COMPANY,
                    aggregate_type=subject.kind,
                    aggregate_id=subject.id,
                    version=version,
                    subject=subject.id,
                    keys=(f"{KEY_WORD[subject.kind]}:{subject.id}",),
                    transaction_ids=(),
                    occurred_at=self.kit.now,
                )
            )
        return version


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """Opens works for the tenant of the call that is being served."""

    kit: KitUnitOfWork

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[StoredWork]:
        async with self.kit(tenants=(current_tenant(),)) as work:
            parts = StoredRecords(work.driver, work.tenant), StoredPersonalData(work.driver, work.tenant)
            yield StoredWork(work, *parts)
