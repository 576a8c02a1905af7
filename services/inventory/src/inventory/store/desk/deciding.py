"""How a batch comes to its answers: from memory if it holds, else from balances read again under their locks.

A refusal for want of stock is never given from memory. A batch that fails as a whole is halved until what fails stands
alone.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from crossdock_kit import crash_points
from crossdock_kit.clock import Clock
from crossdock_kit.database import Transaction
from crossdock_kit.driver import Driver
from crossdock_kit.errors import Conflict, CrossdockError, IdempotencyKeyReused, Unavailable

from inventory.store.desk.batch import Batch, Outcome, Pending, decided, fail, give
from inventory.store.desk.memory import Memory
from inventory.store.desk.statement import Footing, Mismatch, Prepared, answered, settle, unaudited
from inventory.store.reservations import StoredReservations
from inventory.store.stored_ledger import Changed, nobody_is_told
from inventory.wire.reservations import reserved_result

log = logging.getLogger(__name__)

ATTEMPTS = 3
Opens = Callable[[Iterable[str]], AbstractAsyncContextManager[Transaction]]
AtOnce = Callable[..., Awaitable[object]]
"""Tenants, a statement that is a transaction by itself, and its values."""


@dataclass(eq=False)
class Deciding:
    """`at_once`: an owner's, sends a batch that memory decided on the connection that holds the shards' locks; `opens`
    then opens transactions on the same, and `memory` outlives the batch. `give` hands out what is
    committed."""

    opens: Opens
    clock: Clock
    committed: Callable[[], None]
    changed: Changed = nobody_is_told
    at_once: AtOnce | None = None
    give: Callable[[Sequence[Outcome]], None] = give
    memory: Memory = field(default_factory=Memory)
    reloads: int = 0

    def prepared(self, pendings: Sequence[Pending]) -> Prepared | None:
        """The batch as memory decides it, to be committed next; memory goes on as if it were. None where memory does
        not know enough, or would refuse."""
        if _each_once(pendings)[1] or self.memory.missing(key for each in pendings for key in each.shelves.values()):
            return None
        now = self.clock.now()
        batch = decided(pendings, self.memory, now)
        if batch.short_of_stock:
            return None
        found = Prepared.of(batch, Footing.of_owner(batch, self.memory), now)
        self.memory.learn(batch.left())
        return found

    async def answer(self, pendings: Sequence[Pending], prepared: Prepared | None = None) -> None:
        """Every basket gets its answer or the error that stands in its way. Raises Unavailable with none answered."""
        once, again = _each_once(pendings)
        await self._answer(once, prepared)
        if again:
            await self.answer(again)

    async def _answer(self, pendings: Sequence[Pending], prepared: Prepared | None) -> None:
        try:
            if not (self.at_once and await self._from_memory(pendings, prepared, self.at_once)):
                await self._reloaded(pendings)
        except Unavailable:
            self.memory.forget_all()
            raise
        except Exception as error:  # noqa: BLE001  given to the one basket that it belongs to
            self.memory.forget_all()
            await self._apart([each for each in pendings if each.is_open], error)

    async def _apart(self, pendings: Sequence[Pending], error: Exception) -> None:
        if len(pendings) == 1:
            if not isinstance(error, CrossdockError):
                log.error("a reservation failed", exc_info=error)
            fail(pendings[0], error)
            return
        middle = len(pendings) // 2
        for half in (pendings[:middle], pendings[middle:]):
            if half:
                await self.answer(half)

    async def _from_memory(self, pendings: Sequence[Pending], prepared: Prepared | None, at_once: AtOnce) -> bool:
        """Whether memory was right; the statement says."""
        if prepared is None:
            await self.read_missing(pendings, self.opens)
            prepared = self.prepared(pendings)
        if prepared is None:
            return False
        try:
            crash_points.reached(crash_points.BEFORE_COMMIT)
            await settle(partial(at_once, _tenants(pendings)), prepared)
        except Mismatch:
            self.memory.forget(key for each in pendings for key in each.shelves.values())
            return False
        self._finish(prepared.batch)
        return True

    async def read_missing(self, pendings: Sequence[Pending], opens: Opens) -> None:
        """Reads what memory lacks for these, without a lock; the statement will say whether it still holds."""
        wanted = {key for each in pendings for key in each.shelves.values()}
        if self.memory.missing(wanted):
            async with opens(_tenants(pendings)) as tx:
                # Reading may show that a shard was written by others: what was remembered of it is then missing too.
                while missing := self.memory.missing(wanted):
                    await self.memory.load(tx.driver, missing, locked=False)

    async def _reloaded(self, pendings: Sequence[Pending]) -> None:
        self.reloads += 1
        for attempt in range(ATTEMPTS):
            waiting = [each for each in pendings if each.is_open]
            try:
                async with self.opens(_tenants(pendings)) as tx:
                    await _answer_known(tx.driver, waiting, doubtful=attempt > 0)
                    batch = await self._under_locks(tx.driver, [each for each in waiting if each.is_open])
            except Mismatch:
                continue
            self._finish(batch)
            return
        raise Conflict("these reservations are being decided elsewhere")

    async def _under_locks(self, driver: Driver, pendings: Sequence[Pending]) -> Batch:
        if not pendings:
            return Batch()
        await self.memory.load(driver, {key for each in pendings for key in each.shelves.values()})
        now = self.clock.now()
        batch = decided(pendings, self.memory, now)
        footing = Footing() if self.at_once else Footing.of_stranger(batch)
        await settle(driver.fetchval, Prepared.of(batch, footing, now))
        crash_points.reached(crash_points.BEFORE_COMMIT)
        return batch

    def _finish(self, batch: Batch) -> None:
        if batch.outcomes:
            crash_points.reached(crash_points.AFTER_COMMIT)
        left = list(batch.left())
        self.memory.learn(left)
        self.changed((key, row.version) for key, row in left)
        for scope in unaudited(batch):
            scope.audited = True
        for each in batch.outcomes:
            each.pending.decided = True
        self.give(batch.outcomes)
        if batch.outcomes:
            self.committed()


def _each_once(pendings: Iterable[Pending]) -> tuple[list[Pending], list[Pending]]:
    """The first under each id, and those that repeat one."""
    first: dict[tuple[str, UUID], Pending] = {}
    again = [
        each for each in pendings if first.setdefault((each.basket.tenant, each.basket.request_id), each) is not each
    ]
    return list(first.values()), again


def _tenants(pendings: Iterable[Pending]) -> set[str]:
    return {each.basket.tenant for each in pendings}


async def _answer_known(driver: Driver, pendings: Sequence[Pending], *, doubtful: bool) -> None:
    """Gives the recorded answer to those that have one. In doubt it looks for the reservation too: its id names it for
    ever, the record of the answer is kept for days."""
    known = await answered(driver, _tenants(pendings), [each.basket.request_id for each in pendings])
    for each in pendings:
        record = known.get((each.basket.tenant, str(each.basket.request_id)))
        if record is None:
            continue
        fingerprint, answer = record
        if fingerprint == each.ask.fingerprint:
            each.answer.set_result(answer)
        else:
            fail(each, IdempotencyKeyReused(request_id=str(each.basket.request_id)))
    if doubtful:
        await _answer_existing(driver, [each for each in pendings if each.is_open])


async def _answer_existing(driver: Driver, pendings: Sequence[Pending]) -> None:
    existing = await StoredReservations(driver).lock([each.basket.request_id for each in pendings])
    found = {(each.tenant, each.reservation_id): each for each in existing}
    for each in pendings:
        reservation = found.get((each.basket.tenant, each.basket.request_id))
        if reservation is not None:
            each.answer.set_result(reserved_result(reservation).SerializeToString())
