"""Items and locations for reservations, remembered for a while.

A change that this process hears of is known at once; one that another replica heard of, after FRESH_SECONDS. What is
not known is asked for again each time, because master data may bring it at any moment; what many ask for at once is
read once, and what is in use and about to grow old goes with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

from crossdock_kit.database import Engine, transaction

from inventory.domain.item import Item, Location
from inventory.store.master_data import StoredMasterData

FRESH_SECONDS = 30.0
IN_USE_SECONDS = 300.0
"""What somebody asked for within this time is renewed: a reservation that has to wait for a read of its own costs more
than hundreds of records that are read in company."""
RENEWED_AT_ONCE = 500
T = TypeVar("T")
Read = Callable[[StoredMasterData, str, Iterable[str]], Awaitable[Mapping[str, T]]]


@dataclass(slots=True)
class _Kept(Generic[T]):
    record: T
    read_at: float
    asked_at: float
    renewing: bool = False


@dataclass(eq=False)
class _Shelf(Generic[T]):
    """Records of one kind. `read` gets those that are missing."""

    engine: Engine
    read: Read[T]
    clock: Callable[[], float]
    # By tenant and name, what was read first standing first.
    _known: dict[str, dict[str, _Kept[T]]] = field(default_factory=dict)
    _asked: dict[str, set[str]] = field(default_factory=dict)
    _reading: dict[str, asyncio.Task[Mapping[str, T]]] = field(default_factory=dict)
    _generation: int = 0

    async def known(self, tenant: str, names: Iterable[str]) -> Mapping[str, T]:
        wanted = list(names)
        found = self._fresh(tenant, wanted)
        if len(found) < len(wanted):
            found |= await self._missing(tenant, [name for name in wanted if name not in found])
        return found

    def forget(self) -> None:
        self._known.clear()
        self._generation += 1

    def _fresh(self, tenant: str, names: Iterable[str]) -> dict[str, T]:
        known, now = self._known.get(tenant, {}), self.clock()
        found: dict[str, T] = {}
        for name in names:
            kept = known.get(name)
            if kept is not None:
                kept.asked_at = now
                if kept.read_at >= now - FRESH_SECONDS:
                    found[name] = kept.record
        return found

    async def _missing(self, tenant: str, names: Iterable[str]) -> dict[str, T]:
        asked = self._asked.setdefault(tenant, set())
        asked.update(names)
        if tenant not in self._reading:
            self._reading[tenant] = asyncio.create_task(self._read(tenant))
        read = await asyncio.shield(self._reading[tenant])
        return {name: read[name] for name in names if name in read}

    async def _read(self, tenant: str) -> Mapping[str, T]:
        """One read for all who asked in this turn of the event loop."""
        await asyncio.sleep(0)
        asked, ageing = self._asked.pop(tenant), self._ageing(tenant)
        del self._reading[tenant]
        generation = self._generation
        async with transaction(self.engine, (tenant,)) as tx:
            read = await self.read(StoredMasterData(tx.driver), tenant, asked | ageing)
        if generation == self._generation:
            # Otherwise it was read before a change that has been heard of since.
            self._keep(tenant, asked | ageing, read)
        return read

    def _ageing(self, tenant: str) -> set[str]:
        """What is in use and past half of its time: each of them would else soon keep a call waiting for a read of its
        own. What has grown old unused is forgotten."""
        known, now = self._known.get(tenant, {}), self.clock()
        found: set[str] = set()
        for name, kept in list(islice(known.items(), RENEWED_AT_ONCE)):
            age = now - kept.read_at
            if age <= FRESH_SECONDS / 2:
                break
            if now - kept.asked_at <= IN_USE_SECONDS:
                # Once is enough: another read may begin before this one has ended, though it may also fail.
                if not kept.renewing or age > FRESH_SECONDS:
                    kept.renewing = True
                    found.add(name)
            elif age > FRESH_SECONDS:
                del known[name]
        return found

    def _keep(self, tenant: str, names: Iterable[str], read: Mapping[str, T]) -> None:
        known, now = self._known.setdefault(tenant, {}), self.clock()
        for name in names:
            before = known.pop(name, None)
            if name in read:
                known[name] = _Kept(read[name], now, before.asked_at if before is not None else now)


class RememberedItems:
    def __init__(self, engine: Engine, clock: Callable[[], float] = time.monotonic) -> None:
        self._items = _Shelf[Item](engine, StoredMasterData.known, clock)
        self._locations = _Shelf[Location](engine, StoredMasterData.known_locations, clock)

    async def known(self, tenant: str, skus: Iterable[str]) -> Mapping[str, Item]:
        return await self._items.known(tenant, skus)

    async def known_locations(self, tenant: str, ids: Iterable[str]) -> Mapping[str, Location]:
        return await self._locations.known(tenant, ids)

    def forget(self) -> None:
        self._items.forget()
        self._locations.forget()
