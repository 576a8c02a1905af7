"""A connector on a real database, with a procurement that answers as the test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from connector import consumers, peer_commands, profiles
from connector.domain.documents import State
from connector.ports import Surroundings
from connector.profile_limits import ProfileLimits
from connector.store import codes, documents
from connector.store.codes import Entry, Thing
from connector.store.document import Document
from connector.store.vault import DocumentVault
from connector.translating import Translator
from connector.use_cases import keep_partners, receive
from connector.use_cases.commanding import PEERS
from connector.use_cases.deliver import Worker, acquire_lease, report_deliveries
from connector.use_cases.handing_out import Desk
from connector.use_cases.receive import HandIn
from connector.use_cases.sealing import payload_of
from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock_kit import crypto
from crossdock_kit.clock import SystemClock
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.crypto import MasterKey
from crossdock_kit.database import Engine, transaction
from crossdock_kit.deliveries import Delivered, Leased, Outcome, Report
from crossdock_kit.deliveries.dispatcher import Carrier, Dispatcher
from crossdock_kit.deliveries.queue import DeliveryQueue
from crossdock_kit.errors import CrossdockError
from crossdock_kit.events import Received
from crossdock_kit.unit_of_work import UnitOfWork
from google.protobuf.message import Message

TENANT = "acme"
TENANTS = ("acme", "globex")


def a_cause(kind: str = "call") -> Cause:
    name = str(uuid4())
    return Cause(kind, "test", TENANT, "tester", name, name, "", datetime.now(UTC))  # type: ignore[arg-type]


@dataclass
class Procurement:
    """Procurement, or delivery: answers each method by a function of the test; by default it accepts."""

    requests: list[Message] = field(default_factory=list)
    answers: dict[str, Callable[[Any], Awaitable[Any]]] = field(default_factory=dict)

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        async def call(request: Any) -> Any:
            self.requests.append(request)
            answer = self.answers.get(method)
            if answer is None:
                raise AssertionError(f"nobody expected {method}")
            return await answer(request)

        return call

    def accepts(self, method: str, response: Message) -> None:
        async def answer(_: Any) -> Message:
            return response

        self.answers[method] = answer

    def refuses(self, method: str, error: Exception) -> None:
        async def answer(_: Any) -> Message:
            raise error

        self.answers[method] = answer


@dataclass
class Persons:
    """Who receives orders, as fulfillment keeps it: None where it was erased. `away` is raised to who asks."""

    known: dict[str, Consignee | None] = field(default_factory=dict)
    asked: list[Sequence[str]] = field(default_factory=list)
    away: CrossdockError | None = None

    async def of(self, tenant: str, order_ids: Sequence[str]) -> dict[str, Consignee | None]:
        self.asked.append(order_ids)
        if self.away is not None:
            raise self.away
        return {each: self.known[each] for each in order_ids if each in self.known}


@dataclass(eq=False)
class Rig:
    engine: Engine
    procurement: Procurement = field(default_factory=Procurement)
    persons: Persons = field(default_factory=Persons)
    patience: timedelta = timedelta(hours=4)

    def __post_init__(self) -> None:
        self.uow = UnitOfWork(self.engine, lambda: None, served=frozenset(TENANTS))
        vault = DocumentVault(crypto.DocumentVault(MasterKey("test", {"test": b"k" * 32})))
        self.around = Surroundings(self.uow, vault, lambda: None, self.patience)
        self.limits = ProfileLimits(self.engine, TENANTS)
        self.queue = DeliveryQueue(self.engine, TENANTS, self.limits)
        self.translator = Translator(self.engine, TENANTS, SystemClock(), self.around)
        self.desk = Desk(self.engine, self.queue, self.around, self.persons)

    async def partner(self, name: str, **spec: Any) -> None:
        resource = {
            "apiVersion": profiles.API_VERSION,
            "kind": profiles.KIND,
            "metadata": {"name": name},
            "spec": {"businessUnit": "EU01", **spec},
        }
        with caused_by(a_cause()):
            await keep_partners.put_partner(TENANT, profiles.profile_of(resource), self.uow)
        await self.limits.renew()

    async def knows(self, *things: Thing, entries: Sequence[Entry] = ()) -> None:
        async with transaction(self.engine, (TENANT,)) as tx:
            await codes.put_things(tx.driver, things)
            await codes.put_entries(tx.driver, entries)

    async def hand_in(self, partner: str, content: bytes, *, name: str = "", path: str = "") -> UUID:
        command = HandIn(TENANT, partner, name or f"{uuid4()}.edi", "application/edi-x12", path, content)
        with caused_by(a_cause()):
            return (await receive.hand_in(command, self.around)).document_id

    async def translate(self, partner: str) -> None:
        while await self.translator.translate_next(TENANT, partner):
            pass

    async def given(self, partner: str, content: bytes, *, name: str = "", path: str = "") -> Document:
        """Handed in, translated, and its commands carried out."""
        document_id = await self.hand_in(partner, content, name=name, path=path)
        await self.translate(partner)
        await self.dispatch()
        return await self.document(document_id)

    def carriers(self) -> dict[str, Carrier]:
        """Of every kind of command, all to the same peer."""

        async def opened(leased: Leased) -> bytes:
            return await payload_of(leased, self.engine, self.around.vault)

        return peer_commands.carriers(lambda *_: self.procurement, opened, self.around)

    async def dispatch(self) -> None:
        """Carries out every command that is due."""
        dispatcher = Dispatcher(self.queue, self.uow, self.carriers(), worker="test", poll_seconds=0.01)
        task = asyncio.create_task(dispatcher.run())
        async with asyncio.timeout(20):
            while await self._commands_left():
                await asyncio.sleep(0.01)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _commands_left(self) -> int:
        return int(
            await self.value(
                "SELECT count(*) FROM delivery WHERE partner = ANY($1::text[]) AND state IN ('waiting', 'leased')",
                sorted(PEERS),
            )
        )

    async def value(self, sql: str, *values: Any) -> Any:
        async with transaction(self.engine, TENANTS) as tx:
            return await tx.driver.fetchval(sql, *values)

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        async with transaction(self.engine, TENANTS) as tx:
            return list(await tx.driver.fetch(sql, *values))

    async def document(self, document_id: UUID) -> Document:
        async with transaction(self.engine, (TENANT,)) as tx:
            return await documents.get(tx.driver, TENANT, document_id)

    async def exceptions(self, document_id: UUID | None = None) -> list[tuple[str, str, str]]:
        """Class, code and owner of what is open, of one document or of all."""
        return await self.exceptions_like(f"document/{document_id}" if document_id else "%")

    async def exceptions_like(self, subject: str) -> list[tuple[str, str, str]]:
        rows = await self.rows(
            "SELECT failure_class, code, owner FROM exception WHERE resolved_at IS NULL AND subject LIKE $1"
            " ORDER BY code",
            subject,
        )
        return [(row["failure_class"], row["code"], row["owner"]) for row in rows]

    async def tell(self, message: Message, *, aggregate: str, version: int = 1, **facts: Any) -> None:
        """Gives an event to the consumer, as the broker would."""
        await self.tell_together([received(message, aggregate, version, **facts)])

    async def tell_together(self, events: Sequence[Received[Any]]) -> None:
        """A batch of one type."""
        found = consumers.subscriptions(self.around)
        handlers = {kind: handler for each in found for kind, handler in each.handlers.items()}
        async with self.uow(tenants=TENANTS) as work:
            await handlers[type(events[0].message)](events, work)

    async def send(self, partner: str, outcome: Outcome | None = None) -> list[tuple[Document, bytes]]:
        """What a worker of the partner gets now; reported as delivered unless said otherwise."""
        worker = Worker(TENANT, partner, "worker-1", 0)
        with caused_by(a_cause()):
            held, _ = await acquire_lease(worker, "outbound", self.around)
            worker = replace(worker, epoch=held.epoch)
            found = await self.desk.lease(worker, 100, timedelta(0))
            if found:
                reports = [
                    Report(TENANT, each.leased.delivery_id, each.leased.epoch, outcome or Delivered()) for each in found
                ]
                await report_deliveries(worker, reports, self.queue, self.around)
        return [(await self.document(each.document.document_id), each.content) for each in found]

    async def due_now(self, document_id: UUID) -> None:
        await self._execute("UPDATE document SET next_attempt_at = now() WHERE document_id = $1", document_id)

    async def _execute(self, sql: str, *values: Any) -> None:
        async with transaction(self.engine, TENANTS) as tx:
            await tx.driver.execute(sql, *values)

    async def states(self, partner: str) -> list[State]:
        rows = await self.rows("SELECT state FROM document WHERE partner = $1 ORDER BY position", partner)
        return [State(row["state"]) for row in rows]


def received(message: Message, aggregate: str, version: int = 1, **facts: Any) -> Received[Any]:
    """An event of a service's, as it comes out of the broker."""
    cause = replace(a_cause("event"), transaction_ids=("po-1",))
    return Received(
        id=uuid4(),
        type=message.DESCRIPTOR.full_name,
        message=message,
        tenant=TENANT,
        business_unit="EU01",
        aggregate_type=aggregate.partition("/")[0],
        aggregate_id=aggregate.partition("/")[2],
        version=version,
        subject="x",
        occurred_at=datetime.now(UTC),
        recorded_at=datetime.now(UTC),
        correlation_id="c",
        causation_id="c",
        express=False,
        traceparent="",
        cause=cause,
        **{"origin": None, "keys": ("po:4500000001",), "transaction_ids": ("po-1",)} | facts,
    )
