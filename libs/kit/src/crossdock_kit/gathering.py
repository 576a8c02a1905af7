"""Calls of one method that come while others are being decided are decided together next, in one transaction.

A transaction for each costs the database most of what it does, and each would wait for the row locks of the others. A
batch that fails as a whole is halved until what fails stands alone. It must not know what is decided.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from crossdock_kit import audit
from crossdock_kit.context import CallScope, Cause, cause, current_scope
from crossdock_kit.errors import Unavailable
from crossdock_kit.unit_of_work import Work

Wanted = TypeVar("Wanted")
Answer = TypeVar("Answer")

MOST_TOGETHER = 64
"""Their row locks are held until all of them are decided."""


@dataclass(slots=True, eq=False)
class Waiting(Generic[Wanted, Answer]):
    """A call with what it wants. `because` and `scope` are its own, in a batch that is nobody's."""

    wanted: Wanted
    because: Cause
    scope: CallScope | None
    answer: asyncio.Future[Answer]


@dataclass(eq=False)
class Gathering(Generic[Wanted, Answer]):
    """`decide` answers each of a batch of one tenant, in order. Nothing is decided for a caller that has gone."""

    decide: Callable[[Sequence[Waiting[Wanted, Answer]]], Awaitable[Sequence[Answer]]]
    most: int = MOST_TOGETHER
    _waiting: list[Waiting[Wanted, Answer]] = field(default_factory=list)
    _at_work: asyncio.Task[None] | None = None

    async def ask(self, wanted: Wanted) -> Answer:
        """Returns when it is committed. Raises what deciding it raises."""
        loop = asyncio.get_running_loop()
        mine = Waiting[Wanted, Answer](wanted, cause(), current_scope.get(), loop.create_future())
        self._waiting.append(mine)
        if self._at_work is None or self._at_work.done():
            # A context of its own: the deadline and the span of the first are not the others'.
            self._at_work = loop.create_task(self._work(), context=Context())
        return await mine.answer

    async def _work(self) -> None:
        while waiting := [each for each in self._waiting if not each.answer.done()]:
            tenant = waiting[0].because.tenant
            batch = [each for each in waiting if each.because.tenant == tenant][: self.most]
            self._waiting = [each for each in waiting if each not in batch]
            await self._answer(batch)

    async def _answer(self, batch: Sequence[Waiting[Wanted, Answer]]) -> None:
        try:
            answers = await self.decide(batch)
        except Exception as error:  # noqa: BLE001  raised to whoever waits; those after them go on
            await self._apart(batch, error)
            return
        for each, answer in zip(batch, answers, strict=True):
            if not each.answer.done():
                each.answer.set_result(answer)

    async def _apart(self, batch: Sequence[Waiting[Wanted, Answer]], error: Exception) -> None:
        if len(batch) > 1 and not isinstance(error, Unavailable):
            half = len(batch) // 2
            await self._answer(batch[:half])
            await self._answer(batch[half:])
            return
        for each in batch:
            if not each.answer.done():
                each.answer.set_exception(error)


async def audited(work: Work, calls: Iterable[Waiting[Wanted, Answer]]) -> None:
    """Leaves the audit rows of calls that have changed something, each once."""
    scopes = {id(each.scope): each.scope for each in calls if each.scope is not None}
    open_ones = [scope for scope in scopes.values() if scope.audit is not None and not scope.audited]

    def done() -> None:
        for scope in open_ones:
            scope.audited = True

    if open_ones:
        await audit.append(work.driver, [scope.audit for scope in open_ones])
        work.after_commit(done)
