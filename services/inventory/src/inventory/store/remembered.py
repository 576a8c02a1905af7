"""Items and locations for reservations, remembered for a while.

A change that this process hears of is known at once; one that another replica heard of, after FRESH_SECONDS. What is
not known is asked for again each time, because master data may bring it at any moment; what many ask for at once is
read once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from crossdock_kit.database import Engine, transaction

from inventory.domain.item import Item, Location
from inventory.store.master_data import StoredMasterData

FRESH_SECONDS = 30.0
T = TypeVar("T")
Read = Callable[[StoredMasterData, str, Iterable[str]], Awaitable[Mapping[str, T]]]


@dataclass(eq=False)
class _Shelf(Generic[T]):
    """Records of one kind. `read` gets those that are missing."""

    engine: Engine
    read: Read[T]
    clock: Callable[[], float]
    _known: dict[tuple[str, str], tuple[T, float]] = field(default_factory=dict)
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
        oldest = self.clock() - FRESH_SECONDS
        kept = ((name, self._known.get((tenant, name))) for name in names)
        return {name: entry[0] for name, entry in kept if entry is not None and entry[1] >= oldest}

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
        names = self._asked.pop(tenant)
        del self._reading[tenant]
        generation = self._generation
        async with transaction(self.engine, (tenant,)) as tx:
            read = await self.read(StoredMasterData(tx.driver), tenant, names)
        if generation == self._generation:
            # Otherwise it was read before a change that has been heard of since.
            self._known.update({(tenant, name): (record, self.clock()) for name, record in read.items()})
        return read


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
