"""What operators do to work that is stuck: shown first, done once, recorded with who and why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid4

import grpc
import pytest
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.ops.v1 import repair_service_pb2 as pb
from crossdock.ops.v1.ops_service_pb2_grpc import OpsServiceStub, add_OpsServiceServicer_to_server
from crossdock.ops.v1.repair_service_pb2_grpc import RepairServiceStub, add_RepairServiceServicer_to_server
from crossdock_kit.database import Engine
from crossdock_kit.deliveries import Dead, Delivered
from crossdock_kit.ops_api import OpsServicer
from crossdock_kit.repair_api import RepairServicer
from crossdock_kit.testing import RunningServer, start_service
from crossdock_kit.unit_of_work import UnitOfWork
from kit_schema import Open
from kit_schema.outbound import Partner

DO, SKIP, REFUSE = pb.REPLAY_DECISION_DO, pb.REPLAY_DECISION_SKIP, pb.REPLAY_DECISION_REFUSE
CONSUMER = "inventory/procurement"


@pytest.fixture(scope="module")
async def server(engine: Engine) -> AsyncIterator[RunningServer]:
    uow = UnitOfWork(engine, lambda: None)
    async with start_service(
        (add_OpsServiceServicer_to_server, OpsServicer("inventory", engine, uow)),
        (add_RepairServiceServicer_to_server, RepairServicer(engine, uow)),
        uow=uow,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def acme(server: RunningServer) -> Any:
    return server.caller(cast(Any, RepairServiceStub), tenant="acme")


@pytest.fixture(scope="module")
def exceptions(server: RunningServer) -> Any:
    return server.caller(cast(Any, OpsServiceStub), tenant="acme")


@dataclass
class Stuck:
    """An aggregate with held messages, as a consumer leaves them behind."""

    opened: Open
    name: str

    @classmethod
    async def at(cls, opened: Open, *versions: int, reached: int = 0, parked: bool = False) -> Stuck:
        made = cls(opened, f"po-{uuid4().hex[:8]}")
        async with opened() as tx:
            await tx.driver.execute(
                "INSERT INTO watermark (consumer, tenant, aggregate, version, parked_at)"
                " VALUES ($1, 'acme', $2, $3, CASE WHEN $4 THEN now() END)",
                CONSUMER,
                made.name,
                reached,
                parked,
            )
            for version in versions:
                await tx.driver.execute(
                    "INSERT INTO held (consumer, event_id, tenant, aggregate, version, slot, type, headers, body, why,"
                    " last_error) VALUES ($1, $2, 'acme', $3, $4, 4, $5, $6, '', 'retry', 'BUG: a bug')",
                    CONSUMER,
                    uuid4(),
                    made.name,
                    version,
                    "crossdock.procurement.events.v1.PurchaseOrderReleased",
                    f"ce-keys: po:{made.name}\r\nce-transactionids: t-{made.name}\r\n",
                )
        return made

    async def subject(self, version: int) -> str:
        async with self.opened() as tx:
            found: UUID = await tx.driver.fetchval(
                "SELECT event_id FROM held WHERE aggregate = $1 AND version = $2", self.name, version
            )
        return f"held/{CONSUMER}/{found}"

    async def raised(self, version: int) -> str:
        exception_id, subject = uuid4(), await self.subject(version)
        async with self.opened() as tx:
            await tx.driver.execute(
                "INSERT INTO exception (tenant, exception_id, failure_class, code, summary, owner, subject, dedupe_key)"
                " VALUES ('acme', $1, 'bug', 'BUG', 'stuck', 'operations', $2, $2)",
                exception_id,
                subject,
            )
        return str(exception_id)

    async def stands(self) -> tuple[int, bool, list[int]]:
        """Watermark, parked, held versions."""
        async with self.opened() as tx:
            row = await tx.driver.fetchrow(
                "SELECT version, parked_at IS NOT NULL AS parked FROM watermark WHERE aggregate = $1", self.name
            )
            rows = await tx.driver.fetch("SELECT version FROM held WHERE aggregate = $1 ORDER BY version", self.name)
        assert row is not None
        return row["version"], row["parked"], [each["version"] for each in rows]


async def discard(acme: Any, exception_id: str) -> str:
    request = pb.DiscardExceptionRequest(
        request_id=str(uuid4()), exception_id=exception_id, reason="the order was void"
    )
    return str((await acme.DiscardException(request)).effect)


async def planned(acme: Any, **selection: Any) -> list[tuple[int, str]]:
    answer = await acme.PlanReplay(pb.PlanReplayRequest(selection=pb.Selection(**selection)))
    return [(item.decision, item.why) for item in answer.items]


async def replayed(acme: Any, **selection: Any) -> Any:
    request = pb.ReplayRequest(request_id=str(uuid4()), selection=pb.Selection(**selection), reason="the bug is mended")
    return await acme.Replay(request)


async def latest(acme: Any) -> pb.Repair:
    return cast(pb.Repair, (await acme.ListRepairs(pb.ListRepairsRequest(page_size=1))).repairs[0])


async def test_a_discarded_poison_counts_as_applied_and_its_aggregate_goes_on(
    acme: Any, exceptions: Any, opened: Open
) -> None:
    stuck = await Stuck.at(opened, 3, 4, reached=2, parked=True)
    raised = await stuck.raised(3)
    assert (await discard(acme, raised)).startswith("version 3 of")
    assert await stuck.stands() == (3, False, [4])
    told = await latest(acme)
    assert (told.verb, told.actor, told.reason) == ("DiscardException", "tester", "the order was void")
    closed = await exceptions.ListExceptions(ops.ListExceptionsRequest(state=ops.EXCEPTION_STATE_RESOLVED))
    assert "discarded: the order was void" in [
        each.resolution for each in closed.exceptions if each.exception_id == raised
    ]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await discard(acme, raised)
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_discarding_what_waits_behind_a_gap_gives_up_the_gap_alone(acme: Any, opened: Open) -> None:
    stuck = await Stuck.at(opened, 5, reached=2)
    assert "versions 3 to 4" in await discard(acme, await stuck.raised(5))
    assert await stuck.stands() == (4, False, [5])


async def test_a_message_behind_another_held_one_is_not_discarded(acme: Any, opened: Open) -> None:
    stuck = await Stuck.at(opened, 3, 4, reached=2, parked=True)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await discard(acme, await stuck.raised(4))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert await stuck.stands() == (2, True, [3, 4])


async def test_a_cancelled_delivery_lets_the_next_go_and_says_who_and_why(acme: Any, engine: Engine) -> None:
    partner = Partner(engine)
    await partner.write(partner.new("A", "A1"), partner.new("A", "A2"))
    [leased] = await partner.lease()
    request = pb.CancelDeliveryRequest(
        request_id=str(uuid4()), delivery_id=str(leased.delivery_id), reason="ordered twice"
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.CancelDelivery(request)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION, "somebody is just making the call"
    await partner.report(leased, Dead("wrong segment"))
    request.request_id = str(uuid4())
    await acme.CancelDelivery(request)
    await acme.CancelDelivery(request)
    assert await partner.state(leased.delivery_id) == "cancelled"
    assert await partner.open_exceptions() == []
    assert await partner.numbers() == ["A2"]
    assert ((await latest(acme)).verb, (await latest(acme)).reason) == ("CancelDelivery", "ordered twice")


@pytest.mark.feature("F225")
async def test_a_plan_names_for_each_message_what_a_replay_would_do_or_why_not(acme: Any, opened: Open) -> None:
    poison = await Stuck.at(opened, 3, 4, reached=2, parked=True)
    gap = await Stuck.at(opened, 5, reached=2)
    assert await planned(acme, key=poison.name) == [
        (DO, "the park is lifted and it is applied: BUG: a bug"),
        (SKIP, "follows version 3 by itself"),
    ]
    assert await planned(acme, key=f"PO:{gap.name}") == [
        (REFUSE, "versions 3 to 4 have not come; `reconcile` brings what the journal has of them")
    ]
    assert await planned(acme, key=f"t-{gap.name}", types=["PurchaseOrderCancelled"]) == []
    assert len(await planned(acme, key=f"t-{gap.name}", types=["PurchaseOrderReleased"])) == 1
    assert await poison.stands() == (2, True, [3, 4]), "a plan changes nothing"


@pytest.mark.feature("F225")
async def test_a_replay_does_what_its_plan_says_once_and_is_recorded(acme: Any, opened: Open) -> None:
    poison = await Stuck.at(opened, 3, 4, reached=2, parked=True)
    subject = await poison.subject(3)
    await poison.raised(3)
    answer = await replayed(acme, key=poison.name)
    assert [item.decision for item in answer.items] == [DO, SKIP]
    assert await poison.stands() == (2, False, [3, 4])
    told = await latest(acme)
    assert (told.verb, told.reason, told.asked) == ("Replay", "the bug is mended", f"key {poison.name}")
    assert list(told.effects) == [f"{subject}: the messages of {poison.name} are applied again"]
    again = await replayed(acme, key=poison.name)
    assert [item.decision for item in again.items] == [SKIP, SKIP], "its turn has come already"


@pytest.mark.feature("F225")
async def test_a_replay_by_partner_starts_what_is_dead_and_leaves_what_is_done(acme: Any, engine: Engine) -> None:
    partner = Partner(engine)
    await partner.write(
        partner.new("A", "A1"), partner.new("B", "B1"), partner.new("C", "C1"), partner.new("D", "D1", suppressed=True)
    )
    first, second = (await partner.lease())[:2]
    await partner.report(first, Delivered("4711"))
    await partner.report(second, Dead("wrong segment"))
    answer = await replayed(acme, partner=partner.name)
    assert [item.decision for item in answer.items] == [DO, REFUSE, SKIP, SKIP]
    assert answer.items[0].subject == f"delivery/{second.delivery_id}"
    assert {item.why for item in answer.items[2:]} == {"delivered 4711", "somebody is just making the call"}
    assert (await partner.state(first.delivery_id), await partner.state(second.delivery_id)) == ("delivered", "waiting")
    assert await partner.open_exceptions() == []
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await replayed(acme)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT, "a replay of everything is no replay"


async def test_another_tenant_sees_nothing_to_replay_and_a_permission_is_needed(
    server: RunningServer, opened: Open
) -> None:
    stuck = await Stuck.at(opened, 3, reached=2, parked=True)
    globex = server.caller(cast(Any, RepairServiceStub), tenant="globex")
    assert await planned(globex, key=stuck.name) == []
    assert not (await replayed(globex, key=stuck.name)).items
    reader = server.caller(cast(Any, RepairServiceStub), tenant="acme", permissions=["ops.replay.read"])
    assert len(await planned(reader, key=stuck.name)) == 1
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await replayed(reader, key=stuck.name)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert await stuck.stands() == (2, True, [3])
