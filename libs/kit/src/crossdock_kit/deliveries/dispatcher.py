"""Carries out the deliveries that a service makes itself: lease, call, report, for each partner at its own pace.

Calls are made beside each other with no transaction open; what became of them and their effects are booked together, as
many in one transaction as have ended meanwhile. A slow or silent partner holds up nobody else. It must not know what a
call is: the service registers a Carrier per kind.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from crossdock_kit import crash_points
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.deliveries.model import Dead, Declined, Leased, Outcome, Retry
from crossdock_kit.deliveries.outcomes import outcome_of
from crossdock_kit.deliveries.queue import DeliveryQueue
from crossdock_kit.deliveries.report import Settled
from crossdock_kit.deliveries.settling import Ended, OpenWork, Settle, Settler
from crossdock_kit.deliveries.waking import waker
from crossdock_kit.errors import FailureClass, Unavailable
from crossdock_kit.telemetry import names
from crossdock_kit.telemetry.links import step_span
from crossdock_kit.telemetry.spans import Span, SpanKind

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Carrier:
    """`carry` makes the call and says what became of it; an error it raises is read by `outcome_of`. It is repeated
    with the same idempotency key, so it must pass that key on.

    `settle` books effects (a number that came back, an event) in the transaction that books the ends of deliveries; it
    is given each end once: delivered, declined or dead. With `refusals_are_answers` a final refusal becomes Declined:
    nothing waits behind it and no exception is raised but what `settle` raises.
    """

    carry: Callable[[Leased], Awaitable[Outcome]]
    settle: Settle | None = None
    refusals_are_answers: bool = False

    def __post_init__(self) -> None:
        if self.refusals_are_answers and self.settle is None:
            raise ValueError("a refusal that nobody settles would be seen by nobody")

    def read(self, outcome: Outcome) -> Outcome:
        if self.refusals_are_answers and isinstance(outcome, Dead):
            return Declined(outcome.reason, outcome.code, outcome.failure_class)
        return outcome


class Dispatcher:
    """Runs until cancelled; then it leases nothing more and gives calls under way `grace_seconds` to end."""

    def __init__(
        self,
        queue: DeliveryQueue,
        uow: OpenWork,
        carriers: Mapping[str, Carrier],
        *,
        worker: str,
        poll_seconds: float = 1.0,
        grace_seconds: float = 10.0,
    ) -> None:
        self._queue = queue
        self._carriers = dict(carriers)
        settles = {kind: carrier.settle for kind, carrier in carriers.items() if carrier.settle is not None}
        self.settler = Settler(uow, settles, queue)
        self._worker = worker
        self._poll = poll_seconds
        self._grace = grace_seconds
        self._under_way: dict[asyncio.Task[None], tuple[str, str]] = {}
        self._more = asyncio.Event()
        self._expires_at = 0.0
        self.waiting = False
        """Whether the last round found nothing more to lease."""

    async def run(self) -> None:
        with waker(self._more):
            try:
                while True:
                    self._more.clear()
                    self.waiting = False
                    await self._round()
                    self.waiting = True
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._poll):
                            await self._more.wait()
            finally:
                await asyncio.shield(self._finish())

    async def _round(self) -> None:
        """Leases whatever there is room for. A database that is away is waited for."""
        try:
            await self._expire_now_and_then()
            for tenant, partner in await self._queue.due(self._carriers):
                await self._lease(tenant, partner)
        except Unavailable as error:
            log.warning("no deliveries can be leased: %s", error.code)

    async def _expire_now_and_then(self) -> None:
        """Rounds follow each other closely while there is work; silent carriers need no such haste."""
        now = asyncio.get_running_loop().time()
        if now >= self._expires_at:
            self._expires_at = now + self._poll
            await self._queue.expire()

    async def _lease(self, tenant: str, partner: str) -> None:
        busy = Counter(self._under_way.values())[tenant, partner]
        room = self._queue.limits_of(tenant, partner).concurrency - busy
        if room < 1:
            return
        for leased in await self._queue.lease(tenant, partner, self._carriers, limit=room, worker=self._worker):
            task = asyncio.create_task(self._carry(leased), name=f"delivery {leased.delivery_id}")
            self._under_way[task] = (tenant, partner)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """The next of the same ordering key, and the partner's next, may go now."""
        del self._under_way[task]
        self._more.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a delivery is left to its lease's end", exc_info=error)

    async def _finish(self) -> None:
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=self._grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self.settler.close()

    async def _carry(self, leased: Leased) -> None:
        span = _span(leased)
        because = _cause(leased, span, self._worker)
        with ExitStack() as stack:
            stack.enter_context(span)
            stack.enter_context(caused_by(because))
            outcome = self._carriers[leased.kind].read(await self._outcome(leased))
            crash_points.reached(crash_points.AFTER_FOREIGN_CALL)
            await self._settle_while_leased(Ended(leased, outcome, because, span))

    async def _outcome(self, leased: Leased) -> Outcome:
        """What the call came to, whatever it raises; only our own stopping goes through."""
        limit = self._queue.limits_of(leased.tenant, leased.partner).lease.total_seconds() * 0.8
        try:
            async with asyncio.timeout(limit):
                return await self._carriers[leased.kind].carry(leased)
        except Exception as error:
            outcome = outcome_of(error)
            ours = isinstance(outcome, Retry) and outcome.failure_class is FailureClass.BUG
            log.log(logging.ERROR if ours else logging.INFO, "%s is not delivered", leased.kind, exc_info=ours)
            return outcome

    async def _settle_while_leased(self, ended: Ended) -> Settled:
        """Books the outcome; a database that is away is tried again as long as the lease lasts."""
        while True:
            try:
                return await self.settler.settle(ended)
            except Unavailable:
                if datetime.now(UTC) >= ended.leased.leased_until:
                    raise
                await asyncio.sleep(0.5)


def _span(leased: Leased) -> Span:
    """A trace of its own, linked to the step that decided the call and to the last attempt."""
    last, by = leased.last_traceparent, leased.redriven_by
    span = step_span(f"deliver {leased.kind}", SpanKind.CLIENT, leased.traceparent, last, by)
    span.serves(leased.transaction_ids)
    span.attempt = leased.attempt
    span.attributes |= {names.PARTNER: leased.partner, names.TENANT: leased.tenant, names.ATTEMPT: leased.attempt}
    return span


def _cause(leased: Leased, span: Span, worker: str) -> Cause:
    return Cause(
        kind="delivery",
        name=leased.kind,
        tenant=leased.tenant,
        actor=worker,
        correlation_id=leased.correlation_id,
        causation_id=str(leased.delivery_id),
        traceparent=str(span.place),
        started_at=datetime.now(UTC),
        caused_at=leased.due_at,
        attempt=leased.attempt,
        transaction_ids=leased.transaction_ids,
    )
