"""A caller of one tenant asks every RPC of every service with another tenant's ids, and learns and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from crossdock_kit.server.methods import READ_ONLY, Method
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.servers.nats import Nats
from foreign_calls import betrays, made_of
from foreign_calls.a_days_work import CANARY, PATIENCE_SECONDS, a_days_work
from foreign_calls.suite import SERVICES, Question, Suite, open_suite
from google.protobuf.message import Message

pytestmark = pytest.mark.lasting(60)

VARIANTS, MOST_VARIANTS = 6, 100
# What these say of a tenant is about the caller's own service and clock, so it moves by itself.
RESTLESS = {"GetBacklog", "AcquireLease", "VerifyAudit", "CheckStreams", "ExportSnapshot"}


@pytest.fixture(scope="module")
async def suite(
    migrated: MigratedDatabases, broker: Nats, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Suite]:
    async with open_suite(migrated, broker, tmp_path_factory.mktemp("suite")) as running:
        yield running


@pytest.mark.feature("F249")
async def test_every_rpc_with_another_tenants_ids_tells_nothing_and_changes_nothing(suite: Suite) -> None:
    await a_days_work(suite)
    for _ in range(2):
        # What the first round shows, the second asks with.
        await learn(suite)
    secrets = suite.harvest.telling(CANARY)
    reads = [(service, method, request) for service, method, request in suite.asked if _steady(method)]
    # The same questions do tell acme, so that silence towards globex means something.
    assert len(await telling(suite, reads, secrets)) > 6
    before = await settled(suite, reads)
    unasked = await attack(suite, secrets)
    assert unasked == []
    assert await _answers(suite, reads) == before


async def learn(suite: Suite) -> None:
    """Asks every reading RPC as acme, with what is known so far; what was answered before is not asked again."""
    for service, method in suite.methods():
        if method.mutating:
            continue
        made = [suite.harvest.request(method.request, variant) for variant in range(VARIANTS)]
        for request in made:
            if request is not None and (service, method, request) not in suite.asked:
                await _learn(suite, service, method, request)


async def settled(suite: Suite, reads: list[Question]) -> list[str]:
    """What acme reads once nothing of its day is under way any more: no event is on its way when it is read, and it
    reads the same a while later."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        before: list[str] = []
        while True:
            while await _under_way(suite):
                await asyncio.sleep(0.1)
            again = await _answers(suite, reads)
            if again == before and not await _under_way(suite):
                return before
            before = again
            await asyncio.sleep(0.5)


async def _under_way(suite: Suite) -> int:
    """Events that are not published, or published and not worked off, in all services."""
    asked = [(at, method) for at, method in suite.methods() if method.step == "GetBacklog"]
    assert len(asked) == len(SERVICES)
    rows: list[Any] = [row for at, method in asked for row in await suite.ask(at, method, method.request(), "acme")]
    return sum(abs(row.unpublished) + abs(row.unprocessed) for row in rows)


async def _answers(suite: Suite, reads: list[Question]) -> list[str]:
    return [await _answer(suite, *each) for each in reads]


async def telling(suite: Suite, reads: list[Question], secrets: set[str]) -> set[str]:
    """The methods that tell acme what is a secret towards others."""
    return {
        method.name
        for service, method, request in reads
        for response in await suite.ask(service, method, request, "acme")
        if betrays(response, request, secrets)
    }


def _steady(method: Method) -> bool:
    return method.idempotency == READ_ONLY and method.step not in RESTLESS


async def _learn(suite: Suite, service: str, method: Method, request: Message) -> None:
    try:
        responses = await suite.ask(service, method, request, "acme")
    except grpc.aio.AioRpcError:
        return
    suite.asked.append((service, method, request))
    for response in responses:
        suite.harvest.take(response)


async def _answer(suite: Suite, service: str, method: Method, request: Message) -> str:
    try:
        return "".join(map(str, await suite.ask(service, method, request, "acme")))
    except grpc.aio.AioRpcError as error:
        return error.code().name


def _requests(suite: Suite, service: str, method: Method, reached: set[str]) -> Iterator[Message]:
    """What was asked before, then some that are made, and more while none got past the service's validation: what
    they are made of depends on what acme was told, which is never the same twice."""
    own = [request for at, asked, request in suite.asked if (at, asked.name) == (service, method.name)]
    yield from own
    for variant in range(MOST_VARIANTS):
        if variant >= VARIANTS and method.name in reached:
            return
        made = suite.harvest.request(method.request, 100 + variant)
        if made is not None and made not in own:
            yield made


async def attack(suite: Suite, secrets: set[str]) -> list[str]:
    """Asks as globex, with acme's own requests and with made ones; the methods that no valid request reached.

    Reads come first: what globex itself has written under acme's names is globex's, and no secret any more.
    """
    reached: set[str] = set()
    for service, method in sorted(suite.methods(), key=lambda each: each[1].mutating):
        for request in _requests(suite, service, method, reached):
            if method.mutating:
                secrets = secrets - made_of(request, secrets)
            try:
                responses = await suite.ask(service, method, request, "globex")
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.INVALID_ARGUMENT:
                    reached.add(method.name)
                leaked = {text for text in secrets if text in (error.details() or "") and text not in str(request)}
                assert not leaked, f"{method.name} refuses with {leaked}"
                continue
            reached.add(method.name)
            for response in responses:
                assert betrays(response, request, secrets) == set(), f"{method.name} tells"
    return sorted({method.name for _, method in suite.methods()} - reached)
