"""The desk: a queue before the owner of the shards, and the way round it.

A replica that owns all shards of a basket decides it with others in one batch, from memory. Any other basket is decided
under row locks, with those that came with it, which is correct anywhere and merely slower.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from crossdock_kit.clock import Clock, SystemClock
from crossdock_kit.context import cause, current_scope
from crossdock_kit.database import Engine, Session, Transaction, transaction
from crossdock_kit.database.transaction import at_once, tenant_list, transaction_on
from crossdock_kit.errors import Conflict, IdempotencyKeyReused, PermissionDenied, Unavailable
from crossdock_kit.leases import PartitionLeases

from inventory.ports import Ask
from inventory.store.desk.batch import Outcome, Pending, fail, give
from inventory.store.desk.deciding import Deciding
from inventory.store.desk.gathering import Gathering
from inventory.store.desk.queue import MOST_IN_BATCH, Queue
from inventory.store.desk.statement import Prepared
from inventory.store.stored_ledger import Changed, nobody_is_told

Identity: TypeAlias = tuple[str, UUID]
WORTH_FORESEEING = 24
"""So many baskets are worth a batch of their own while another one commits."""


@dataclass(eq=False)
class ReservationDesk:
    """`served` are the tenants of this deployment. Without `leases` every basket takes the way of row locks.

    While `_ready`, a batch waits for the one under way to end; what that one leaves to be answered is `_kept`."""

    engine: Engine
    committed: Callable[[], None] = lambda: None
    leases: PartitionLeases | None = None
    clock: Clock = field(default_factory=SystemClock)
    served: frozenset[str] | None = None
    changed: Changed = nobody_is_told
    _deciding: Deciding = field(init=False)
    _session: Session | None = None
    _gathering: Gathering = field(init=False)
    _queue: Queue = field(default_factory=Queue)
    _sent: asyncio.Event = field(default_factory=asyncio.Event)
    _ready: bool = False
    _kept: list[Outcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._deciding = Deciding(
            self._on_owned_session, self.clock, self.committed, self.changed, at_once=self._at_once, give=self._give
        )
        self._gathering = Gathering(self._under_row_locks)
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
        strangers = []
        for each in first.values():
            if self._owns(each):
                self._queue.put(each)
            else:
                strangers.append(each)
        self._gathering.put(strangers)
        return [await first[_identity(ask)].answer for ask in asks]

    async def run(self) -> None:
        """The owner's loop, until cancelled; nobody is left without an answer. While a batch commits, the next one is
        decided on what it will leave."""
        pendings: list[Pending] = []
        under_way: asyncio.Task[None] | None = None
        foreseen = False
        try:
            while True:
                worth = max(WORTH_FORESEEING, len(pendings))
                if not (under_way and foreseen and await self._queue.holds(worth, before=under_way)):
                    # What it leaves is not known yet, or too few wait: they may as well grow more.
                    await _ended(under_way)
                    under_way = None
                    await self._queue.filled()
                pendings = self._next(under_way)
                if not pendings:
                    continue
                prepared = await self._foresee(pendings)
                self._ready = foreseen = prepared is not None
                await _ended(under_way)
                self._sent.clear()
                under_way = asyncio.create_task(self._settle(pendings, prepared))
                # Deciding keeps the loop to itself; the database is to be at work meanwhile.
                await self._sent.wait()
                self._hand_out()
        finally:
            self._hand_out()
            await _ended(under_way)
            while pendings:
                for each in pendings:
                    fail(each, Unavailable("this replica is stopping"))
                pendings = self._queue.take_now()

    def _next(self, under_way: asyncio.Task[None] | None) -> list[Pending]:
        """When nothing is under way, half of what waits stays for the batch after, if each half is worth one: all at
        once would all be answered and come again at once, and who decides and who commits would take turns."""
        half = len(self._queue) // 2
        return self._queue.take_now(half if under_way is None and half >= WORTH_FORESEEING else MOST_IN_BATCH)

    async def _foresee(self, pendings: Sequence[Pending]) -> Prepared | None:
        """Decides on what memory knows, and on what another connection reads while the owner's is busy."""
        try:
            await self._deciding.read_missing(pendings, self._opened)
        except (Unavailable, Conflict):
            return None
        return self._deciding.prepared(pendings)

    def _opened(self, tenants: Iterable[str]) -> AbstractAsyncContextManager[Transaction]:
        return transaction(self.engine, tenants)

    def _pending(self, ask: Ask) -> Pending:
        tenant = ask.basket.tenant
        if self.served is not None and tenant not in self.served:
            raise PermissionDenied("this deployment does not serve that tenant")
        return Pending(ask, cause(), current_scope.get(), asyncio.get_running_loop().create_future())

    def _owns(self, pending: Pending) -> bool:
        owned = self.leases.owned if self.leases is not None else frozenset()
        return bool(owned) and all(shard.shard in owned for shard in pending.shards)

    async def _settle(self, pendings: Sequence[Pending], prepared: Prepared | None) -> None:
        """Answers a batch as the owner; what turns out not to be ours goes the other way."""
        try:
            await self._as_owner(pendings, prepared)
        except Unavailable:
            self._deciding.memory.forget_all()
        finally:
            self._sent.set()
        if left := [each for each in pendings if each.is_open]:
            self._hand_out()
            await self._under_row_locks(left)

    async def _as_owner(self, pendings: Sequence[Pending], prepared: Prepared | None) -> None:
        if self.leases is None:
            raise Unavailable("this replica owns no shard")
        async with self.leases.hold() as (session, owned):
            mine = [each for each in pendings if all(shard.shard in owned for shard in each.shards)]
            self._session = session
            if mine:
                await self._deciding.answer(mine, prepared if len(mine) == len(pendings) else None)

    def _give(self, outcomes: Sequence[Outcome]) -> None:
        """At once, unless the next batch stands ready: that goes first, because thirty callers and what they then ask
        for keep the loop busy for milliseconds in which the database would have nothing to do."""
        self._kept.extend(outcomes)
        if not self._ready:
            self._hand_out()

    def _hand_out(self) -> None:
        self._ready = False
        kept, self._kept = self._kept, []
        give(kept)

    async def _at_once(self, tenants: Iterable[str], statement: str, *values: object) -> object:
        # In the loop's next turn it has gone out.
        asyncio.get_running_loop().call_soon(self._sent.set)
        return await at_once(self._owned_session(), tenant_list(tenants), statement, *values)

    def _on_owned_session(self, tenants: Iterable[str]) -> AbstractAsyncContextManager[Transaction]:
        return transaction_on(self._owned_session(), tenant_list(tenants))

    def _owned_session(self) -> Session:
        if self._session is None:
            raise Unavailable("this replica owns no shard")
        return self._session

    async def _under_row_locks(self, pendings: Sequence[Pending]) -> None:
        if not pendings:
            return
        deciding = Deciding(self._opened, self.clock, self.committed, self.changed)
        try:
            await deciding.answer(pendings)
        except Unavailable as away:
            for each in pendings:
                fail(each, away)


async def _ended(task: asyncio.Task[None] | None) -> None:
    """Waits for it, whoever is cancelled meanwhile."""
    if task is not None:
        await asyncio.wait([task])
        task.result()


def _identity(ask: Ask) -> Identity:
    return ask.basket.tenant, ask.basket.request_id
