"""The loop that reads stored documents: partners beside each other, those of one partner in order and in batches."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from crossdock_kit.clock import Clock
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import FailureClass, Unavailable
from crossdock_kit.exceptions import NewException
from crossdock_kit.unit_of_work import Work

from connector.domain.documents import Outcome, State
from connector.ports import Surroundings
from connector.store import documents, reading_queue, saving
from connector.store.document import Document, ended
from connector.use_cases.document_step import DocumentStep
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
    batch: int = 50
    more: asyncio.Event = field(default_factory=asyncio.Event)
    _limits: dict[tuple[str, str], int] = field(default_factory=dict)
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
        """Reads the partner's first due documents; whether there were any. A batch that fails is halved until the
        document that cannot be read stands alone."""
        begun: list[DocumentStep] = []
        limit = self._limits.pop((tenant, partner), self.batch)
        try:
            await self._translate(tenant, partner, limit, begun)
        except Unavailable:
            raise
        except Exception as error:
            for each in begun:
                each.end(error)
            if len(begun) == 1:
                log.exception("document %s cannot be read", begun[0].document.document_id)
                await self._failed(begun[0].document.document_id, error, tenant)
            elif begun:
                log.warning("of %d documents of %s one cannot be read: %s", len(begun), partner, error)
                self._limits[tenant, partner] = len(begun) // 2
            else:
                raise
        for each in begun:
            each.end()
        return bool(begun)

    async def _translate(self, tenant: str, partner: str, limit: int, begun: list[DocumentStep]) -> None:
        """One transaction; `begun` are the documents in it."""
        async with self.around.uow(tenants=(tenant,)) as work:
            found = await reading_queue.next_due(work.driver, tenant, partner, limit)
            begun.extend(DocumentStep(each, self.clock.now()) for each in found)
            if begun:
                await translate(begun, work, self.around)

    async def _failed(self, document_id: UUID, error: Exception, tenant: str) -> None:
        """Tried again some times, alone and with pauses; then it is ours to look at, and the others go on."""
        async with self.around.uow(tenants=(tenant,)) as work:
            document = await documents.get(work.driver, tenant, document_id, lock=True)
            step = DocumentStep(document, self.clock.now())
            with step.within():
                await _give_up_or_wait(document, error, work)
        step.end(error)


async def _give_up_or_wait(document: Document, error: Exception, work: Work) -> None:
    name = type(error).__name__
    if document.failures + 1 < _ATTEMPTS:
        await reading_queue.failed(work.driver, document)
        work.note(outcome="retry", reason=name)
        return
    document.state, document.next_attempt_at = State.EXCEPTION, None
    document.reason = f"reading it failed: {name}"
    document.messages = [ended(each, Outcome.EXCEPTION, document.reason) for each in document.messages]
    work.note(outcome="failed", reason=name)
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
    await saving.save_all(work.driver, [document])
