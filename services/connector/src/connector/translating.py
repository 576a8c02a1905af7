"""The loop that reads stored documents: partners beside each other, documents of one partner one after the other."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from crossdock_kit.clock import Clock
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import FailureClass, Unavailable
from crossdock_kit.exceptions import NewException
from crossdock_kit.telemetry.spans import Link, SpanKind, parse_traceparent, root_span

from connector.domain.documents import Outcome, State
from connector.ports import Surroundings
from connector.store import documents, reading_queue
from connector.store.documents import Document, ended
from connector.use_cases.translate import translate

log = logging.getLogger(__name__)

_ATTEMPTS = 5
_POLL_SECONDS = 0.5


@dataclass(eq=False)
class Translator:
    """Several replicas may run it: a partner's documents are read by one of them at a time."""

    engine: Engine
    tenants: tuple[str, ...]
    clock: Clock
    around: Surroundings
    more: asyncio.Event = field(default_factory=asyncio.Event)
    _busy: set[tuple[str, str]] = field(default_factory=set)

    def nudge(self) -> None:
        self.more.set()

    async def run(self) -> None:
        """Until cancelled. A database that is away is waited for."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self.more.clear()
                try:
                    for key in await self._due():
                        if key not in self._busy:
                            self._busy.add(key)
                            tasks.create_task(self._drain(key))
                except Unavailable as error:
                    log.warning("no documents can be read: %s", error.code)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self.more.wait()

    async def _due(self) -> list[tuple[str, str]]:
        async with transaction(self.engine, self.tenants) as tx:
            return await reading_queue.due_partners(tx.driver)

    async def _drain(self, key: tuple[str, str]) -> None:
        try:
            while await self.translate_next(*key):
                pass
        except Unavailable as error:
            log.warning("%s waits to be read: %s", key[1], error.code)
        finally:
            self._busy.discard(key)

    async def translate_next(self, tenant: str, partner: str) -> bool:
        """Reads the partner's first due document; whether there was one."""
        async with transaction(self.engine, (tenant,)) as tx:
            document = await reading_queue.next_due(tx.driver, tenant, partner)
        if document is None:
            return False
        with self._step(document):
            try:
                return await self._translate(document.tenant, document.partner, document.document_id)
            except Unavailable:
                raise
            except Exception as error:
                log.exception("document %s cannot be read", document.document_id)
                await self._failed(document, error)
                return True

    async def _translate(self, tenant: str, partner: str, document_id: UUID) -> bool:
        async with self.around.uow(tenants=(tenant,)) as work:
            document = await reading_queue.next_due(work.driver, tenant, partner)
            if document is None or document.document_id != document_id:
                return False
            await translate(document, work, self.around)
            return True

    def _step(self, document: Document) -> _Step:
        return _Step(document, self.clock.now())

    async def _failed(self, document: Document, error: Exception) -> None:
        """Tried again some times, alone and with pauses; then it is ours to look at, and the others go on."""
        async with self.around.uow(tenants=(document.tenant,)) as work:
            if document.failures + 1 < _ATTEMPTS:
                await reading_queue.failed(work.driver, document)
                work.note(outcome="retry", reason=type(error).__name__)
                return
            document.state, document.next_attempt_at = State.EXCEPTION, None
            document.reason = f"reading it failed: {type(error).__name__}"
            document.messages = [ended(each, Outcome.EXCEPTION, document.reason) for each in document.messages]
            work.note(outcome="failed", reason=type(error).__name__)
            work.raise_exception(
                NewException(
                    tenant=document.tenant,
                    failure_class=FailureClass.BUG,
                    code="DOCUMENT_UNREADABLE",
                    summary=f"{document.partner}, {document.name}: {document.reason}",
                    owner="integration",
                    subject=document.subject,
                    transaction_ids=document.transaction_ids,
                    keys=(f"document:{document.document_id}",),
                )
            )
            await documents.save(work.driver, document)


class _Step:
    """The document as cause of what follows, with a trace of its own."""

    def __init__(self, document: Document, now: datetime) -> None:
        place = parse_traceparent(document.traceparent)
        self._span = root_span(
            "translate document",
            SpanKind.INTERNAL,
            links=[Link(place)] if place else [],
            transaction_ids=document.transaction_ids,
        )
        self._cause = caused_by(
            Cause(
                kind="document",
                name="translate document",
                tenant=document.tenant,
                actor="connector",
                correlation_id=document.correlation_id or str(document.document_id),
                causation_id=str(document.document_id),
                traceparent=str(self._span.place),
                started_at=now,
                caused_at=min(document.received_at, now.astimezone(UTC)),
                attempt=document.generation + document.failures,
                transaction_ids=document.transaction_ids,
            )
        )

    def __enter__(self) -> None:
        self._span.__enter__()
        self._cause.__enter__()

    def __exit__(self, *wrong: object) -> None:
        self._cause.__exit__(None, None, None)
        self._span.__exit__(*wrong)  # type: ignore[arg-type]
