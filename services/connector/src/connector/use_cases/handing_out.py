"""Workers are handed what is due for their partner, with the bytes that it is to carry; their lease rules it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from crossdock_kit.database import Engine, transaction
from crossdock_kit.deliveries import Dropped, Leased, Report, leases
from crossdock_kit.deliveries.queue import DeliveryQueue
from crossdock_kit.deliveries.waking import waker

from connector.mappings.registry import FUNCTIONAL_ACKNOWLEDGMENT, OUTBOUND
from connector.outgoing import Outgoing
from connector.ports import Consignees, Surroundings
from connector.store import documents, partners, saving, threads, worker_leases
from connector.store.partners import StoredPartner
from connector.use_cases.addressing import End, completed
from connector.use_cases.asking_back import never_heard
from connector.use_cases.deliver import Worker, report_deliveries

SENT_KINDS = (*OUTBOUND, FUNCTIONAL_ACKNOWLEDGMENT)
_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Desk:
    """Where workers get their deliveries."""

    engine: Engine
    queue: DeliveryQueue
    around: Surroundings
    consignees: Consignees

    async def lease(self, worker: Worker, limit: int, wait: timedelta, holding: Sequence[UUID] = ()) -> list[Outgoing]:
        """At most `limit` deliveries; waits for something due. What is leased for the partner and not among what the
        worker is `holding` is lost to it, and may be given out again. Raises WorkerLeaseLost.
        """
        if await self._is_quiet(worker, holding):
            await asyncio.sleep(min(wait.total_seconds(), _POLL_SECONDS))
            return []
        return await self._outgoing(worker, await self._wait_for(worker, limit, wait))

    async def _is_quiet(self, worker: Worker, holding: Sequence[UUID]) -> bool:
        """Whether the profile says that nothing is to be sent now. Takes back what the worker does not hold."""
        async with transaction(self.engine, (worker.tenant,)) as tx:
            await worker_leases.check(
                tx.driver, worker.tenant, worker.partner, worker=worker.worker, epoch=worker.epoch
            )
            partner = (worker.tenant, worker.partner)
            await leases.take_back(tx.driver, partner, SENT_KINDS, holding, self.queue.limits_of)
            stored = await partners.get(tx.driver, *partner)
        return stored.profile.state in partners.QUIET

    async def _wait_for(self, worker: Worker, limit: int, wait: timedelta) -> list[Leased]:
        clock = asyncio.get_running_loop().time
        until = clock() + wait.total_seconds()
        more = asyncio.Event()
        with waker(more):
            while True:
                more.clear()
                found = await self.queue.lease(
                    worker.tenant, worker.partner, SENT_KINDS, limit=limit, worker=worker.worker
                )
                left = until - clock()
                if found or left <= 0:
                    return found
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(left, _POLL_SECONDS)):
                        await more.wait()

    async def _outgoing(self, worker: Worker, leased: Sequence[Leased]) -> list[Outgoing]:
        """The deliveries with their documents and bytes, in one go. What is to say who receives the goods has it, or is
        reported and left out, as is what asks back what was never sent."""
        if not leased:
            return []
        stored, found = await self._read(worker, leased)
        ends: dict[UUID, End] = dict(await self._asked_back(worker, found))
        lacking = [each for each in found if each.document.consignee_of and each.leased.delivery_id not in ends]
        if not (lacking or ends):
            return found
        if lacking:
            ends |= await completed(lacking, stored, self.consignees)
            await self._keep(worker, {each: end for each, end in ends.items() if isinstance(end, bytes)}, lacking)
        unsent = [
            Report(worker.tenant, each.leased.delivery_id, each.leased.epoch, end)
            for each in found
            if not isinstance(end := ends.get(each.leased.delivery_id, b""), bytes)
        ]
        if unsent:
            await report_deliveries(worker, unsent, self.queue, self.around)
        left_out = {each.delivery_id for each in unsent}
        return (await self._read(worker, [each for each in leased if each.delivery_id not in left_out]))[1]

    async def _asked_back(self, worker: Worker, found: Sequence[Outgoing]) -> dict[UUID, Dropped]:
        """By delivery, what need not be asked back."""
        asking = [each for each in found if each.document.unsent is not None]
        if not asking:
            return {}
        async with transaction(self.engine, (worker.tenant,)) as tx:
            named = [each.document.thread for each in asking]
            heard = await threads.heard_of(tx.driver, worker.tenant, worker.partner, named)
        ends = {each.leased.delivery_id: never_heard(each.document, heard.get(each.document.thread)) for each in asking}
        return {delivery_id: end for delivery_id, end in ends.items() if end is not None}

    async def _read(self, worker: Worker, leased: Sequence[Leased]) -> tuple[StoredPartner, list[Outgoing]]:
        ids = [UUID(bytes=each.payload) for each in leased]
        async with transaction(self.engine, (worker.tenant,)) as tx:
            stored = await partners.get(tx.driver, worker.tenant, worker.partner)
            found = await documents.get_all(tx.driver, worker.tenant, ids)
            sealed = await documents.contents(tx.driver, worker.tenant, ids)
            vault = self.around.vault.within(tx.driver)
            return stored, [
                Outgoing(each, found[document_id], await vault.open(found[document_id].kept, sealed[document_id]))
                for each, document_id in zip(leased, ids, strict=True)
            ]

    async def _keep(self, worker: Worker, contents: Mapping[UUID, bytes], lacking: Sequence[Outgoing]) -> None:
        """Sealed, as it is sent from now on. What another holder of the lease has completed meanwhile stays so."""
        by_document = {
            each.document.document_id: contents[each.leased.delivery_id]
            for each in lacking
            if each.leased.delivery_id in contents
        }
        async with transaction(self.engine, (worker.tenant,)) as tx:
            vault = self.around.vault.within(tx.driver)
            sealed = []
            for each in (await documents.get_all(tx.driver, worker.tenant, by_document, lock=True)).values():
                if each.consignee_of:
                    content = by_document[each.document_id]
                    each.complete(len(content), hashlib.sha256(content).hexdigest())
                    sealed.append((each, await vault.seal(each.kept, content)))
            await saving.complete_all(tx.driver, sealed)
