"""Callers of the simulated services: they place orders and amend them, and ask again until they have an answer."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from crossdock_kit.context import Cause, caused_by
from crossdock_kit.errors import CrossdockError

from simulation.facts import ORDERS
from simulation.trade import TENANT, UNANSWERED, amend, place
from simulation.world import Process, World

SKUS = ("A", "B")
PATIENCE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Clients:
    """`accepted` are the orders whose placing was answered."""

    world: World
    accepted: set[str] = field(default_factory=set)

    async def run(self, number: int) -> None:
        """One client's day; some of its orders meet a bug of a handler, for a while or for ever."""
        dice = self.world.chance.dice
        for turn in range(dice.randrange(2, 6)):
            order = f"o{number}{turn}"
            if dice.random() < 0.1:
                self.world.bugs.failures[f"{order}/{dice.randrange(1, 3)}"] = dice.choice((1, 2, 3, 100))
            if dice.random() < 0.3:
                self.world.bugs.failures[f"{order}/placed"] = dice.choice((1, 2))
            sku = dice.choice((*SKUS, *SKUS, *SKUS, UNANSWERED))
            quantity, express = dice.randrange(1, 9), dice.random() < 0.3
            await self._command(partial(place, order=order, sku=sku, quantity=quantity, express=express))
            self.accepted.add(order)
            for request in range(dice.randrange(3)):
                await asyncio.sleep(dice.random() * 3)
                await self._command(partial(amend, order=order, request=str(request)))
            await asyncio.sleep(dice.random() * 12)

    async def _command(self, do: Any) -> None:
        """What is not answered is asked again, as a client with a request id does."""
        while True:
            processes = self.world.of(ORDERS)
            if processes and await self._tried(self.world.chance.dice.choice(processes), do):
                return
            await asyncio.sleep(0.2 + self.world.chance.dice.random())

    async def _tried(self, process: Process, do: Any) -> bool:
        """A caller waits for its answer for a while, then the call is cancelled."""
        with suppress(CrossdockError, ConnectionError, TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                with caused_by(call_to(process)):
                    async with process.uow(tenants=(TENANT,)) as work:
                        await do(work)
                return True
        return False


def call_to(process: Process) -> Cause:
    return Cause(
        kind="call",
        name="Command",
        tenant=TENANT,
        actor="client",
        correlation_id="c",
        causation_id="c",
        traceparent="",
        started_at=process.uow.clock.now(),
    )
