"""The desk: a queue before the owner of the shards, and the way round it.

A replica that owns all shards of a basket decides it with others in one batch. Any other basket is decided at once
under row locks, which is correct anywhere and merely slower.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
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
from inventory.store.desk.batch import Pending, fail
from inventory.store.desk.deciding import Deciding
from inventory.store.desk.queue import MOST_IN_BATCH, Queue
from inventory.store.desk.statement import Prepared
from inventory.store.shards import shard_of

Identity: TypeAlias = tuple[str, UUID]
WORTH_FORESEEING = 24
"""So many baskets are worth a batch of their own while another one commits."""


@dataclass(eq=False)
class ReservationDesk:
    """`served` are the tenants of this deployment. Without `leases` every basket takes the way of row locks."""

    engine: Engine
    committed: Callable[[], None] = lambda: None
    leases: PartitionLeases | None = None
    clock: Clock = field(default_factory=SystemClock)
    served: frozenset[str] | None = None
    _deciding: Deciding = field(init=False)
    _session: Session | None = None
    _queue: Queue = field(default_factory=Queue)

    def __post_init__(self) -> None:
        self._deciding = Deciding(self._on_owned_session, self.clock, self.committed, owner=True)
        if self.leases is not None:
            # Whoever owned a shard meanwhile told nobody of its writes.
            self.leases.changed = self._deciding.memory.forget_others

    @property
    def reloads(self) -> int:
        """How often an owner's memory was not enough."""
        return self._deciding.reloads

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
        return [await first[_identity(ask)].answer for ask in asks]

    async def run(self) -> None:
        """The owner's loop, until cancelled; nobody is left without an answer. While a batch commits, the next one is
        decided on what it will leave."""
        under_way: asyncio.Task[None] | None = None
        foreseen = False
        try:
            while True:
                pendings = await self._queue.take()
                if under_way is not None and not (foreseen and len(pendings) >= WORTH_FORESEEING):
                    # What it leaves is not known yet, or too few wait: they may as well grow more.
                    await asyncio.shield(under_way)
                    pendings += self._queue.take_now(MOST_IN_BATCH - len(pendings))
                prepared = self._deciding.prepared(pendings)
                if under_way is not None:
                    await asyncio.shield(under_way)
                foreseen = prepared is not None
                under_way = asyncio.create_task(self._settle(pendings, prepared))
        finally:
            if under_way is not None:
                await asyncio.shield(under_way)
            while left := self._queue.take_now():
                for each in left:
                    fail(each, Unavailable("this replica is stopping"))

    def _pending(self, ask: Ask) -> Pending:
        tenant = ask.basket.tenant
        if self.served is not None and tenant not in self.served:
            raise PermissionDenied("this deployment does not serve that tenant")
        its_cause = replace(cause(), transaction_ids=(str(ask.basket.request_id),))
        return Pending(ask, its_cause, current_scope.get(), asyncio.get_running_loop().create_future())

    def _owns(self, basket: Basket) -> bool:
        return self.leases is not None and bool(self.leases.owned) and _shards(basket) <= self.leases.owned

    async def _settle(self, pendings: Sequence[Pending], prepared: Prepared | None) -> None:
        """Answers a batch as the owner; what turns out not to be ours goes the other way."""
        try:
            await self._as_owner(pendings, prepared)
        except Unavailable:
            self._deciding.memory.forget_all()
        await self._under_row_locks([each for each in pendings if not each.answer.done()])

    async def _as_owner(self, pendings: Sequence[Pending], prepared: Prepared | None) -> None:
        if self.leases is None:
            raise Unavailable("this replica owns no shard")
        async with self.leases.hold() as (session, owned):
            mine = [each for each in pendings if _shards(each.basket) <= owned]
            self._session = session
            if mine:
                await self._deciding.answer(mine, prepared if len(mine) == len(pendings) else None)

    def _on_owned_session(self, tenants: Iterable[str]) -> AbstractAsyncContextManager[Transaction]:
        if self._session is None:
            raise Unavailable("this replica owns no shard")
        return transaction_on(self._session, tenant_list(tenants))

    async def _under_row_locks(self, pendings: Sequence[Pending]) -> None:
        if not pendings:
            return
        deciding = Deciding(lambda tenants: transaction(self.engine, tenants), self.clock, self.committed)
        try:
            await deciding.answer(pendings)
        except Unavailable as away:
            for each in pendings:
                fail(each, away)


def _identity(ask: Ask) -> Identity:
    return ask.basket.tenant, ask.basket.request_id


def _shards(basket: Basket) -> set[int]:
    return {shard_of(basket.tenant, sku) for sku in basket.lines}
