"""Before the binding of reservations: what many orders ask at once is bound in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from crossdock_kit.gathering import Gathering, Waiting

from inventory.store.work import InventoryUnitOfWork
from inventory.use_cases.allocating import Allocated, NotBound, allocate_reservations

Outcome: TypeAlias = Allocated | NotBound


@dataclass(eq=False)
class AllocationDesk:
    uow: InventoryUnitOfWork
    _gathering: Gathering[UUID, Outcome] = field(init=False)

    def __post_init__(self) -> None:
        self._gathering = Gathering(self._decide)

    async def allocate(self, reservation_ids: Iterable[UUID]) -> list[Outcome]:
        """What became of each, in order. Inside a call."""
        return await asyncio.gather(*map(self._gathering.ask, reservation_ids))

    async def _decide(self, batch: Sequence[Waiting[UUID, Outcome]]) -> list[Outcome]:
        causes = {str(each.wanted): each.because for each in batch}
        async with self.uow(tenants=(batch[0].because.tenant,), causes=causes) as work:
            told = await allocate_reservations([each.wanted for each in batch], work)
            changed: list[Waiting[UUID, Outcome]] = []
            for each in batch:
                match told[each.wanted]:
                    case NotBound(code=code, given_back=given_back):
                        work.refused(f"reservation:{each.wanted}", code, each.because)
                        changed += [each] * given_back
                    case Allocated(repeated=False):
                        changed.append(each)
            await work.audit(changed)
        return [told[each.wanted] for each in batch]
