"""A mutating call happens once: its request id is claimed, its effects, answer, audit row and step commit together.

The same id with the same body gets the recorded answer, with another body it is refused. A twin in flight waits on the
claim's unique index for the first one's end. A business refusal is an answer and is recorded, without its effects;
`Unavailable`, `Conflict` and bugs are not. Must not know what any request means.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import asyncpg
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from crossdock_kit import audit
from crossdock_kit.context import Actor, CallScope, Cause, current_scope
from crossdock_kit.errors import CrossdockError, IdempotencyKeyReused, kind_of
from crossdock_kit.server.methods import REQUEST_ID, Method
from crossdock_kit.server.refusals import RecordedRefusal, status_of
from crossdock_kit.timeline import trace_of

_CLAIM = """
INSERT INTO idempotency (tenant, method, request_id, request_hash) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING true
"""
_RECORDED = "SELECT request_hash, status, answer FROM idempotency WHERE tenant = $1 AND method = $2 AND request_id = $3"
_ANSWER = f"""
WITH answered AS (
  UPDATE idempotency SET status = $4, answer = $5 WHERE tenant = $1 AND method = $2 AND request_id = $3
), {audit.writing(6)}
SELECT
"""  # noqa: S608 - only constants of the kit
OK = 0


class OpenWork(Protocol):
    """What is needed of a unit of work's open side."""

    @property
    def driver(self) -> asyncpg.Connection[Any]: ...

    def note(self, *, outcome: str = ..., reason: str = ...) -> None: ...


class OpensWork(Protocol):
    def __call__(self, *, tenants: Iterable[str]) -> AbstractAsyncContextManager[Any]: ...


class _Answered(Exception):
    """The request was answered before; rolls back what was opened for it."""

    def __init__(self, status: int, answer: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.answer = answer

    def response(self, method: Method) -> Message:
        if self.status != OK:
            raise RecordedRefusal(Status.FromString(self.answer)) from None
        return method.response.FromString(self.answer)


@dataclass(frozen=True, slots=True)
class Call:
    """A mutating call as it is recorded."""

    method: Method
    actor: Actor
    cause: Cause
    request: Message

    @property
    def request_id(self) -> str:
        return str(getattr(self.request, "request_id", ""))

    def request_hash(self) -> bytes:
        """Covers the partner too: an id that another partner used must not open that partner's answer."""
        body = self.request.SerializeToString(deterministic=True)
        return hashlib.sha256((self.actor.partner or "").encode() + b"\0" + body).digest()

    def audit_entry(self, request_hash: bytes) -> audit.AuditEntry:
        return audit.AuditEntry(
            tenant=self.cause.tenant,
            actor=self.actor.subject,
            partner=self.actor.partner or "",
            method=self.method.name,
            request_id=self.request_id,
            request_hash=request_hash,
            outcome="advanced",
            at=self.cause.started_at,
            trace_id=trace_of(self.cause.traceparent)[0],
            correlation_id=self.cause.correlation_id,
        )


class Idempotency:
    """Runs mutating calls. `uow` opens a unit of work for tenants.

    At most `at_once` of them are open: each holds a connection, and a handler that reads on a second one must find it.
    """

    def __init__(self, uow: OpensWork, domain: str, *, at_once: int = 12) -> None:
        self._uow = uow
        self._domain = domain
        self._turn = asyncio.Semaphore(at_once)

    async def run(self, call: Call, behave: Callable[[], Awaitable[Any]]) -> Any:
        """The answer of the call: computed once, or read from the record."""
        request_hash = call.request_hash()
        entry = call.audit_entry(request_hash)
        if call.method.idempotency != REQUEST_ID:
            # It brings its own transactions; the first that changes something carries the audit row.
            current_scope.set(CallScope(call.cause.tenant, audit=entry))
            return await behave()
        try:
            return await self._first(call, entry, behave)
        except _Answered as known:
            return known.response(call.method)
        except IdempotencyKeyReused:
            raise
        except CrossdockError as refusal:
            if not kind_of(refusal).recorded:
                raise
            return await self._refuse(call, entry, refusal)

    async def _first(self, call: Call, entry: audit.AuditEntry, behave: Callable[[], Awaitable[Message]]) -> Message:
        async with self._turn, self._uow(tenants=(call.cause.tenant,)) as work:
            await self._claim(work.driver, entry)
            token = current_scope.set(CallScope(call.cause.tenant, work))
            try:
                response = await behave()
            finally:
                current_scope.reset(token)
            work.note()
            await self._keep(work.driver, entry, OK, response.SerializeToString())
        return response

    async def _refuse(self, call: Call, entry: audit.AuditEntry, refusal: CrossdockError) -> Message:
        """Records the refusal in a transaction of its own, unless a twin has answered since; its answer then stands."""
        status = status_of(refusal, self._domain)
        refused = replace(entry, outcome="refused", reason=refusal.code)
        try:
            async with self._turn, self._uow(tenants=(entry.tenant,)) as work:
                await self._claim(work.driver, entry)
                work.note(outcome="refused", reason=refusal.code)
                await self._keep(work.driver, refused, status.code, status.SerializeToString())
        except _Answered as known:
            return known.response(call.method)
        raise RecordedRefusal(status) from refusal

    async def _claim(self, driver: asyncpg.Connection[Any], entry: audit.AuditEntry) -> None:
        key = (entry.tenant, entry.method, entry.request_id)
        if await driver.fetchval(_CLAIM, *key, entry.request_hash):
            return
        recorded = await driver.fetchrow(_RECORDED, *key)
        if recorded is None or recorded["status"] is None:
            raise LookupError("a claim without an answer was committed")
        if bytes(recorded["request_hash"]) != entry.request_hash:
            raise IdempotencyKeyReused(request_id=entry.request_id)
        raise _Answered(recorded["status"], bytes(recorded["answer"]))

    async def _keep(self, driver: asyncpg.Connection[Any], entry: audit.AuditEntry, status: int, answer: bytes) -> None:
        which = entry.tenant, entry.method, entry.request_id
        await driver.execute(_ANSWER, *which, status, answer, *audit.columns([entry]))
