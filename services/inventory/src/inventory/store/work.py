"""Inventory's unit of work: the kit's transaction with a ledger, reservations and supply on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from crossdock_kit.context import Cause
from crossdock_kit.errors import FailureClass
from crossdock_kit.exceptions import NewException
from crossdock_kit.gathering import Waiting, audited
from crossdock_kit.unit_of_work import UnitOfWork as KitUnitOfWork
from crossdock_kit.unit_of_work import Work as KitWork

from inventory.domain.concerns import Concern
from inventory.domain.events import Fact
from inventory.store.adjustments import StoredAdjustments
from inventory.store.causes import Causes
from inventory.store.master_data import StoredMasterData, StoredPostings
from inventory.store.reservations import StoredReservations
from inventory.store.serials import StoredSerials
from inventory.store.statements import StoredStatements
from inventory.store.stock_moves import StoredStockMoves
from inventory.store.stored_ledger import Changed, StoredLedger, nobody_is_told
from inventory.store.supply import StoredSupply
from inventory.store.transfers import StoredTransfers
from inventory.wire.facts import event_of


class InventoryWork:
    """One open transaction under inventory's names. `causes`: the events that the work serves, by their ids."""

    def __init__(
        self, work: KitWork, causes: Mapping[str, Cause] | None = None, changed: Changed = nobody_is_told
    ) -> None:
        self._work = work
        self._causes = Causes(causes or {})
        self.ledger = StoredLedger(work, self._causes, changed)
        self.reservations = StoredReservations(work.driver)
        self.supply = StoredSupply(work.driver)
        self.master_data = StoredMasterData(work.driver)
        self.postings = StoredPostings(work.driver)
        self.stock_moves = StoredStockMoves(work.driver)
        self.serials = StoredSerials(work)

    @property
    def adjustments(self) -> StoredAdjustments:
        return StoredAdjustments(self._work.driver, self._work.tenant, self._work.now)

    @property
    def transfers(self) -> StoredTransfers:
        return StoredTransfers(self._work.driver, self._work.tenant)

    @property
    def statements(self) -> StoredStatements:
        return StoredStatements(self._work.driver, self._work.tenant, self._work.now)

    @property
    def now(self) -> datetime:
        return self._work.now

    def announce(self, fact: Fact, cause_id: str = "") -> None:
        event = event_of(fact, self._work.now)
        self._work.record(replace(event, because=self._causes.of(cause_id, event.transaction_ids)))

    def raise_concern(self, concern: Concern) -> None:
        raised = {each.name: getattr(concern, each.name) for each in fields(concern)}
        self._work.raise_exception(NewException(failure_class=FailureClass.BUSINESS, **raised))

    def refused(self, key: str, reason: str, because: Cause) -> None:
        """What one of several calls is told of what it asked."""
        self._work.note(keys=(key,), outcome="refused", reason=reason, because=because)

    async def audit(self, calls: Iterable[Waiting[Any, Any]]) -> None:
        """Leaves the audit rows of calls that share this work and have changed something."""
        await audited(self._work, calls)

    def settle(self, identity: str, resolution: str, tenant: str) -> None:
        self._work.resolve_exception(identity, resolution, tenant=tenant)


@dataclass(frozen=True, slots=True)
class InventoryUnitOfWork:
    """The kit's unit of work, opened as inventory's."""

    kit: KitUnitOfWork
    changed: Changed = nobody_is_told

    def __call__(
        self, *, tenants: Iterable[str], causes: Mapping[str, Cause] | None = None
    ) -> AbstractAsyncContextManager[InventoryWork]:
        return self._opened(tenants, causes)

    @asynccontextmanager
    async def _opened(self, tenants: Iterable[str], causes: Mapping[str, Cause] | None) -> AsyncIterator[InventoryWork]:
        async with self.kit(tenants=tenants) as work:
            yield InventoryWork(work, causes, self.changed)
