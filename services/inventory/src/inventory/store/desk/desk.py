"""The desk: a queue before the owner of the shards, and the way round it.

A replica that owns all shards of a basket decides it with others in one batch. Any other basket is decided at once
under row locks, which is correct anywhere and merely slower.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from uuid import UUID

from crossdock_kit.clock import Clock, SystemClock
from crossdock_kit.context import cause, current_scope
from crossdock_kit.database import Engine, Session, Transaction, transaction
from crossdock_kit.database.transaction import tenant_list, transaction_on
from crossdock_kit.errors import IdempotencyKeyReused, PermissionDenied, Unavailable
from crossdock_kit.leases import PartitionLeases

from inventory.domain.reserving import Basket
from inventory.ports import Ask
from inventory.store.desk.batch import Pending
from inventory.store.desk.deciding import Deciding
from inventory.store.desk.memory import Memory
from inventory.store.desk.queue import Queue
from inventory.store.shards import shard_of

Identity: TypeAlias = tuple[str, UUID]


@dataclass(eq=False)
class ReservationDesk:
    """`served` are the tenants of this deployment. Without `leases` every basket takes the way of row locks."""

    engine: Engine
    committed: Callable[[], None] = lambda: None
    leases: PartitionLeases | None = None
    clock: Clock = field(default_factory=SystemClock)
    served: frozenset[str] | None = None
    reloads: int = 0
    _memory: Memory = field(default_factory=Memory)
    _queue: Queue = field(default_factory=Queue)

    def __post_init__(self) -> None:
        if self.leases is not None:
            # Whoever owned a shard meanwhile told nobody of its writes.
            self.leases.changed = self._memory.forget_others

    async def reserve(self, asks: Sequence[Ask]) -> list[bytes]:
        """The recorded answer of each. Raises IdempotencyKeyReused where an id came with another body before."""
        first: dict[Identity, Pending] = {}
        for ask in asks:
            twin = first.setdefault(_identity(ask), self._pending(ask))
            if twin.ask.fingerprint != ask.fingerprint:
                raise IdempotencyKeyReused(request_id=str(ask.basket.request_id))
        strangers = [each for each in first.values() if not self._owns(each.basket)]
        for each in first.values():
            if self._owns(each.basket):
                self._queue.put(each)
        if strangers:
            await self._under_row_locks(strangers)
        await asyncio.wait([each.answer for each in first.values()])
        return [first[_identity(ask)].answer.result() for ask in asks]

    async def run(self) -> None:
        """The owner's loop, until cancelled; nobody is left without an answer."""
        try:
            while True:
                pendings = await self._queue.take()
                try:
                    await self._as_owner(pendings)
                except Unavailable:
                    await self._under_row_locks([each for each in pendings if not each.answer.done()])
        finally:
            while left := self._queue.take_now():
                for each in left:
                    _fail(each, Unavailable("this replica is stopping"))

    def _pending(self, ask: Ask) -> Pending:
        tenant = ask.basket.tenant
        if self.served is not None and tenant not in self.served:
            raise PermissionDenied("this deployment does not serve that tenant")
        its_cause = replace(cause(), transaction_ids=(str(ask.basket.request_id),))
        return Pending(ask, its_cause, current_scope.get(), asyncio.get_running_loop().create_future())

    def _owns(self, basket: Basket) -> bool:
        return self.leases is not None and bool(self.leases.owned) and _shards(basket) <= self.leases.owned

    async def _as_owner(self, pendings: Sequence[Pending]) -> None:
        if self.leases is None:
            raise Unavailable("this replica owns no shard")
        async with self.leases.hold() as (session, owned):
            deciding = Deciding(_on(session), self.clock, self.committed, owner=True, memory=self._memory)
            mine = [each for each in pendings if _shards(each.basket) <= owned]
            if mine:
                await deciding.answer(mine)
            self.reloads += deciding.reloads
        await self._under_row_locks([each for each in pendings if not each.answer.done()])

    async def _under_row_locks(self, pendings: Sequence[Pending]) -> None:
        if not pendings:
            return
        deciding = Deciding(lambda tenants: transaction(self.engine, tenants), self.clock, self.committed)
        try:
            await deciding.answer(pendings)
        except Unavailable as away:
            for each in pendings:
                _fail(each, away)


def _identity(ask: Ask) -> Identity:
    return ask.basket.tenant, ask.basket.request_id


def _shards(basket: Basket) -> set[int]:
    return {shard_of(basket.tenant, sku) for sku in basket.lines}


def _on(session: Session) -> Callable[..., AbstractAsyncContextManager[Transaction]]:
    return lambda tenants: transaction_on(session, tenant_list(tenants))


def _fail(pending: Pending, error: Exception) -> None:
    if not pending.answer.done():
        pending.answer.set_exception(error)
