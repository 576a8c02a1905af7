"""Asks every service the same question of `crossdock.ops.v1` and merges the answers.

Nobody reads another's schema: until there is one read model of all transactions, the command line puts together what
each service says of itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import grpc
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.ops.v1 import ops_service_pb2_grpc as ops_grpc
from crossdock.ops.v1 import repair_service_pb2_grpc as repair_grpc
from crossdock_local.state import StackState

from crossdock_cli.connection import channel, metadata
from crossdock_cli.console import FAILED, NOT_FOUND, fail

if TYPE_CHECKING:
    from crossdock.ops.v1.ops_service_pb2_grpc import OpsServiceAsyncStub
    from crossdock.ops.v1.repair_service_pb2_grpc import RepairServiceAsyncStub

T = TypeVar("T")
SECONDS = 10.0
LONGEST_PAGE = 1000
DOCUMENT = "document:"
THREADS_AT_ONCE = 50


def threads_of(steps: Iterable[ops.Step]) -> set[str]:
    """The documents that steps name; each was a thread of its own before its order was known."""
    return {key.removeprefix(DOCUMENT) for each in steps for key in each.keys if key.startswith(DOCUMENT)}


@dataclass(frozen=True, slots=True)
class Asker:
    """Stubs of all services' ops, with the operator's token."""

    state: StackState
    tenant: str | None
    stubs: dict[str, OpsServiceAsyncStub]
    repairs: dict[str, RepairServiceAsyncStub]

    @property
    def credentials(self) -> tuple[tuple[str, str], ...]:
        return metadata(self.state, self.tenant)

    async def everyone(self, ask: Callable[[OpsServiceAsyncStub], Awaitable[T]]) -> dict[str, T]:
        """Each service's answer by its name; a service that does not answer fails the whole."""
        answers = await asyncio.gather(*(ask(stub) for stub in self.stubs.values()))
        return dict(zip(self.stubs, answers, strict=True))

    async def transactions(self, key: str) -> list[ops.TransactionMatch]:
        """The transactions that a key names, the oldest first; who knows the root of one tells it for all."""
        found: dict[str, ops.TransactionMatch] = {}
        request = ops.FindTransactionsRequest(key=key)
        answers = await self.everyone(lambda s: s.FindTransactions(request, metadata=self.credentials, timeout=SECONDS))
        for match in (match for answer in answers.values() for match in answer.transactions):
            known = found.setdefault(match.transaction_id, match)
            if match.root_key and not known.root_key:
                found[match.transaction_id] = match
        return sorted(found.values(), key=lambda each: each.first_seen_at.ToNanoseconds())

    async def apart(self, matches: list[ops.TransactionMatch]) -> list[ops.TransactionMatch]:
        """Without the documents' own threads that stand in the timeline of another match."""
        rooted = [each.transaction_id for each in matches if each.root_key]
        if not rooted or len(rooted) == len(matches):
            return matches
        threads = threads_of(await self.steps(rooted))
        return [each for each in matches if each.root_key or each.transaction_id not in threads]

    async def timeline(self, transaction_id: str) -> list[ops.Step]:
        """The steps of a transaction and of the documents that it names: one that came before its order was known is a
        thread of its own."""
        steps = await self.steps([transaction_id])
        threads = sorted(threads_of(steps))
        found = {each.step_id: each for each in steps}
        for start in range(0, len(threads), THREADS_AT_ONCE):
            found |= {each.step_id: each for each in await self.steps(threads[start : start + THREADS_AT_ONCE])}
        return sorted(found.values(), key=lambda each: each.at.ToNanoseconds())

    async def steps(self, transaction_ids: Sequence[str]) -> list[ops.Step]:
        """The merged timeline, in the order of time."""
        answers = await self.everyone(lambda stub: self._steps_of(stub, transaction_ids))
        return sorted((s for rows in answers.values() for s in rows), key=lambda each: each.at.ToNanoseconds())

    async def _steps_of(self, stub: OpsServiceAsyncStub, transaction_ids: Sequence[str]) -> list[ops.Step]:
        rows, token = list[ops.Step](), ""
        while True:
            request = ops.ListStepsRequest(transaction_ids=transaction_ids, page_size=LONGEST_PAGE, page_token=token)
            answer = await stub.ListSteps(request, metadata=self.credentials, timeout=SECONDS)
            rows.extend(answer.steps)
            token = answer.next_page_token
            if not token:
                return rows

    async def exceptions(self, state: ops.ExceptionState.ValueType, transaction_id: str = "") -> list[ops.Exception]:
        """Exceptions of all services, the oldest first."""
        answers = await self.everyone(lambda stub: self._exceptions_of(stub, state, transaction_id))
        return sorted((e for rows in answers.values() for e in rows), key=lambda each: each.raised_at.ToNanoseconds())

    async def _exceptions_of(
        self, stub: OpsServiceAsyncStub, state: ops.ExceptionState.ValueType, transaction_id: str
    ) -> list[ops.Exception]:
        rows, token = list[ops.Exception](), ""
        while True:
            request = ops.ListExceptionsRequest(
                state=state, transaction_id=transaction_id, page_size=LONGEST_PAGE, page_token=token
            )
            answer = await stub.ListExceptions(request, metadata=self.credentials, timeout=SECONDS)
            rows.extend(answer.exceptions)
            token = answer.next_page_token
            if not token:
                return rows

    async def ownership_overrides(self) -> dict[str, dict[str, ops.OwnershipOverride]]:
        """What each service was told of ownership over the contracts, by attribute or message."""
        request = ops.ListOwnershipOverridesRequest()
        answers = await self.everyone(
            lambda s: s.ListOwnershipOverrides(request, metadata=self.credentials, timeout=SECONDS)
        )
        return {name: {each.subject: each for each in said.overrides} for name, said in answers.items()}

    async def backlog(self) -> dict[str, ops.GetBacklogResponse]:
        request = ops.GetBacklogRequest()
        return await self.everyone(lambda s: s.GetBacklog(request, metadata=self.credentials, timeout=SECONDS))


@asynccontextmanager
async def asker(state: StackState, tenant: str | None = None) -> AsyncIterator[Asker]:
    names = [process.name for process in state.of_kind("service")]
    channels = {name: channel(state, name) for name in names}
    stubs = {name: cast(Any, ops_grpc.OpsServiceStub)(each) for name, each in channels.items()}
    repairs = {name: cast(Any, repair_grpc.RepairServiceStub)(each) for name, each in channels.items()}
    try:
        yield Asker(state, tenant, stubs, repairs)
    finally:
        await asyncio.gather(*(each.close() for each in channels.values()))


def answered(work: Awaitable[T]) -> T:
    """Runs a command's questions; says in a sentence what a service refused."""

    async def run() -> T:
        return await work

    try:
        return asyncio.run(run())
    except grpc.aio.AioRpcError as error:
        missing = error.code() is grpc.StatusCode.NOT_FOUND
        fail(f"{error.code().name}: {error.details()}", NOT_FOUND if missing else FAILED)
