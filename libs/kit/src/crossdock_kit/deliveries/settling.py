"""Books what calls came to, many in one transaction: while one commits, the ends of the next gather.

An end that cannot be booked is found by halving and fails alone. It must not know what a call is or what its effects
are: a Carrier's `settle` books those.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import Context
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from crossdock_kit.context import Cause, caused_by
from crossdock_kit.deliveries.model import Dead, Declined, Dropped, Leased, Outcome, Report, Retry
from crossdock_kit.deliveries.queue import DeliveryQueue
from crossdock_kit.deliveries.report import Settled, report
from crossdock_kit.errors import Unavailable
from crossdock_kit.telemetry.spans import Span, current_span
from crossdock_kit.unit_of_work import Work

AT_ONCE = 200
_STEP_OUTCOMES = {
    "delivered": "advanced",
    "waiting": "retry",
    "dead": "failed",
    "cancelled": "refused",
    "lost": "duplicate",
}


class OpenWork(Protocol):
    def __call__(self, *, tenants: tuple[str, ...]) -> AbstractAsyncContextManager[Work]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """A call that was made, what it came to, and the step that it is."""

    leased: Leased
    outcome: Outcome
    because: Cause
    span: Span

    @property
    def report(self) -> Report:
        leased = self.leased
        return Report(leased.tenant, leased.delivery_id, leased.epoch, self.outcome, str(self.span.place))

    @contextmanager
    def step(self) -> Iterator[None]:
        """What is noted inside belongs to this delivery's step."""
        token = current_span.set(self.span)
        try:
            with caused_by(self.because):
                yield
        finally:
            current_span.reset(token)


Settle: TypeAlias = Callable[[Sequence[Ended], Work], Awaitable[None]]


class Settler:
    """`settles` says by kind of delivery who books its effects. `queue` knows what partners bear."""

    def __init__(self, uow: OpenWork, settles: Mapping[str, Settle], queue: DeliveryQueue) -> None:
        self._uow = uow
        self._settles = dict(settles)
        self._queue = queue
        self.at_once = AT_ONCE
        self._waiting: list[tuple[Ended, asyncio.Future[Settled]]] = []
        self._booking: asyncio.Task[None] | None = None

    async def settle(self, ended: Ended) -> Settled:
        """Returns when it is committed. Raises Unavailable for a database that is away."""
        settled: asyncio.Future[Settled] = asyncio.get_running_loop().create_future()
        self._waiting.append((ended, settled))
        if self._booking is None or self._booking.done():
            # A context of its own: a batch is nobody's step, and its ends bring theirs.
            self._booking = asyncio.get_running_loop().create_task(self._book_all(), context=Context())
        return await settled

    async def close(self) -> None:
        if self._booking is not None and not self._booking.done():
            self._booking.cancel()
            await asyncio.gather(self._booking, return_exceptions=True)

    async def _book_all(self) -> None:
        while self._waiting:
            tenant = self._waiting[0][0].leased.tenant
            batch = [each for each in self._waiting if each[0].leased.tenant == tenant][: self.at_once]
            taken = {id(ended) for ended, _ in batch}
            self._waiting = [each for each in self._waiting if id(each[0]) not in taken]
            await self._book_or_halve(tenant, batch)

    async def _book_or_halve(self, tenant: str, batch: list[tuple[Ended, asyncio.Future[Settled]]]) -> None:
        try:
            booked = await self._book(tenant, [ended for ended, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is raised to whoever waits for this end
            if len(batch) == 1 or isinstance(error, Unavailable):
                for _, settled in batch:
                    if not settled.done():
                        settled.set_exception(error)
                return
            half = len(batch) // 2
            await self._book_or_halve(tenant, batch[:half])
            await self._book_or_halve(tenant, batch[half:])
            return
        for (_, settled), each in zip(batch, booked, strict=True):
            if not settled.done():
                settled.set_result(each)

    async def _book(self, tenant: str, batch: Sequence[Ended]) -> list[Settled]:
        async with self._uow(tenants=(tenant,)) as work:
            said = [each.report for each in batch]
            booked = await report(work.driver, said, self._queue.limits_of)
            ends: dict[Settle, list[Ended]] = {}
            for each, settled in zip(batch, booked, strict=True):
                settle = self._settles.get(each.leased.kind)
                if settle is not None and settled.end in ("delivered", "dead"):
                    ends.setdefault(settle, []).append(each)
            for settle, of_kind in ends.items():
                await settle(of_kind, work)
            for each, settled in zip(batch, booked, strict=True):
                with each.step():
                    outcome = _step_outcome(settled, each.outcome)
                    work.note(keys=each.leased.keys, outcome=outcome, reason=_reason(each.outcome))
        return booked


def _step_outcome(settled: Settled, outcome: Outcome) -> str:
    if settled.end == "delivered" and isinstance(outcome, Declined):
        return "refused"
    return _STEP_OUTCOMES.get(settled.end, "duplicate")


def _reason(outcome: Outcome) -> str:
    match outcome:
        case Dead() | Declined() | Dropped():
            return outcome.code
        case Retry():
            return outcome.reason
        case _:
            return ""
