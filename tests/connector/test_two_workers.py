"""Two worker processes of one partner: one acts at a time under a lease with an epoch, and the rate is shared."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from connector.api import WorkerServicer
from connector.store.worker_leases import OUTBOUND
from connector.use_cases.deliver import Worker, acquire_lease
from connector.use_cases.handing_out import SENT_KINDS, Desk
from connector_samples import orders
from connector_samples.partners import edi_supplier
from connector_samples.polled import TrackerApi, carrier, pages, tracker
from connector_samples.rig import TENANT, TENANTS, Rig
from connector_samples.stage import endpoint
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock_kit.crash_points import AFTER_FOREIGN_CALL
from crossdock_kit.deliveries import PartnerLimits
from crossdock_kit.deliveries.queue import DeliveryQueue, same_limits
from crossdock_kit.rate_limit import Rate, RateLimiter
from crossdock_kit.testing import RunningServer, start_service
from crossdock_local.embedded import EmbeddedServers
from redis.asyncio import Redis

PARTNER, POLLED = "sup-two", "car-two"


@dataclass
class Pair:
    rig: Rig
    folder: Path
    environment: dict[str, str]
    server: RunningServer

    @property
    def outbox(self) -> Path:
        return self.folder / "transport" / PARTNER / "out"

    def files(self) -> list[str]:
        return sorted(each.name for each in self.outbox.glob("*.edi")) if self.outbox.is_dir() else []

    @asynccontextmanager
    async def worker(self, name: str) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "connector.worker",
            env=os.environ | self.environment | {"CROSSDOCK_WORKER_NAME": name},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def announce(self, first: int, last: int) -> None:
        for number in range(first, last):
            order = orders.order(number=f"PO-TWO-{number}", purchase_order_id=f"id-two-{number}", supplier_id="SUP-TWO")
            await self.rig.tell(orders.released(order), aggregate=f"purchase_order/id-two-{number}")

    async def holder(self) -> tuple[str, int]:
        """Who holds the lease, and its epoch."""
        rows = await self.rig.rows(
            "SELECT worker, epoch FROM worker_lease WHERE partner = $1 AND transport = 'outbound'", PARTNER
        )
        return (rows[0]["worker"], rows[0]["epoch"]) if rows else ("", 0)

    async def carriers(self) -> Counter[str]:
        """Who wrote how many: each file's delivery was leased once."""
        rows = await self.rig.rows("SELECT attempts, state FROM delivery WHERE partner = $1", PARTNER)
        return Counter(f"{row['state']} in attempt {row['attempts']}" for row in rows)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():
            await asyncio.sleep(0.05)


@pytest.fixture
async def pair(rig: Rig, tmp_path: Path, servers: EmbeddedServers) -> AsyncIterator[Pair]:
    valkey = Redis.from_url(servers.valkey.url)
    await rig.partner(
        PARTNER,
        **edi_supplier(
            partyId="SUP-TWO", transport={"fileDrop": {"inbox": f"{PARTNER}/in", "outbox": f"{PARTNER}/out"}}
        ),
    )
    for name in ("tokens", "secrets"):
        (tmp_path / name).mkdir()
    desk = Desk(
        rig.engine, DeliveryQueue(rig.engine, TENANTS, rig.limits, RateLimiter(valkey)), rig.around, rig.persons
    )
    servicer = (pb_grpc.add_WorkerServiceServicer_to_server, WorkerServicer(rig.around, desk))
    async with start_service(servicer, uow=rig.uow) as server:
        for partner in (PARTNER, POLLED):
            token = server.issuer.token((TENANT,), ("connector.worker.act",), partner=partner)
            (tmp_path / "tokens" / f"{partner}.jwt").write_text(token)
        environment = {
            "PYTHONSAFEPATH": "1",
            "CROSSDOCK_SERVICE": "connector",
            "CROSSDOCK_PEERS": json.dumps({"connector": server.address}),
            "CROSSDOCK_WORKER_TOKENS_DIR": str(tmp_path / "tokens"),
            "CROSSDOCK_SECRETS_DIR": str(tmp_path / "secrets"),
            "CROSSDOCK_TRANSPORT_DIR": str(tmp_path / "transport"),
            "CROSSDOCK_HTTP_LISTEN": "127.0.0.1:0",
        }
        yield Pair(rig, tmp_path, environment, server)
    await valkey.aclose()


@pytest.mark.feature("F204")
async def test_of_two_worker_processes_one_acts_and_the_other_takes_over_when_it_dies(pair: Pair) -> None:
    async with pair.worker("left") as left, pair.worker("right") as right:
        workers = {"left": left, "right": right}

        async def held() -> bool:
            return (await pair.holder())[0] in workers

        await until(held)
        await pair.announce(0, 12)

        async def written(count: int) -> bool:
            done = "SELECT count(*) FROM delivery WHERE partner = $1 AND state = 'delivered'"
            return bool(await pair.rig.value(done, PARTNER) == count)

        await until(lambda: written(12))
        first, epoch = await pair.holder()
        assert len(pair.files()) == 12
        assert await pair.carriers() == {"delivered in attempt 1": 12}
        workers[first].kill()
        await pair.announce(12, 20)
        await until(lambda: written(20))
        second, later = await pair.holder()
        assert {first, second} == {"left", "right"}
        assert later > epoch
        assert len(pair.files()) == 20
        assert sum((await pair.carriers()).values()) == 20


async def test_of_two_worker_processes_one_polls_and_the_other_goes_on_where_the_stored_documents_end(
    pair: Pair,
) -> None:
    """The first is killed when a page is stored and not yet recorded."""
    pair.environment |= {
        "CROSSDOCK_CRASH_POINTS": str(pair.folder / "crash"),
        "CROSSDOCK_WORKER_PARTNERS": POLLED,
        "CROSSDOCK_EGRESS_ALLOW": "127.0.0.0/8",
    }
    (pair.folder / "crash").mkdir()
    armed = pair.folder / "crash" / AFTER_FOREIGN_CALL
    armed.touch()
    (pair.folder / "secrets" / "key").write_text("the-key")
    async with endpoint() as server, pair.worker("left") as left, pair.worker("right") as right:
        server.answer_with = api = TrackerApi(pages([tracker("A"), tracker("B")], [tracker("C")]))
        await pair.rig.partner(POLLED, **carrier(server.url))

        async def read_to_its_end() -> bool:
            return bool(await pair.rig.value("SELECT polled_at FROM poll WHERE partner = $1", POLLED))

        await until(read_to_its_end)
        assert not armed.exists()
        assert [each.get("after", "") for each in api.asked] == ["", "", "c1"]
        stored = await pair.rig.rows("SELECT name FROM document WHERE partner = $1 ORDER BY position", POLLED)
        assert [row["name"].partition("trk_")[2][0] for row in stored] == ["A", "B", "C"]

        async def one_died() -> bool:
            return {left.returncode, right.returncode} == {None, -signal.SIGKILL}

        await until(one_died)


async def test_what_a_worker_leased_and_never_heard_of_is_given_out_again_at_once(pair: Pair) -> None:
    await pair.announce(200, 204)
    desk = Desk(
        pair.rig.engine, DeliveryQueue(pair.rig.engine, TENANTS, pair.rig.limits), pair.rig.around, pair.rig.persons
    )
    # Whoever acted in another test is fenced off as its successor would do it.
    await pair.rig.rows("UPDATE worker_lease SET expires_at = now() WHERE partner = $1 RETURNING 1", PARTNER)
    mine = Worker(TENANT, PARTNER, "worker-1", 0)
    held, _ = await acquire_lease(mine, OUTBOUND, pair.rig.around)
    mine = replace(mine, epoch=held.epoch)

    async def lease(*holding: UUID) -> set[UUID]:
        found = await desk.lease(mine, 10, timedelta(0), holding)
        return {each.leased.delivery_id for each in found}

    lost = await lease()
    assert len(lost) == 4, "the answer with these is lost on its way"
    in_hand = next(iter(lost))
    assert await lease(in_hand) == lost - {in_hand}
    assert await lease(*lost) == set()
    assert await lease() == lost


async def test_replicas_of_the_service_give_out_a_partners_deliveries_at_one_shared_rate(
    pair: Pair, servers: EmbeddedServers
) -> None:
    await pair.announce(100, 110)
    limits = same_limits(PartnerLimits(rate=Rate(0.001, 6)))
    one, other = (Redis.from_url(servers.valkey.url) for _ in range(2))
    queues = [DeliveryQueue(pair.rig.engine, TENANTS, limits, RateLimiter(each)) for each in (one, other)]

    async def leased(queue: DeliveryQueue, limit: int) -> int:
        return len(await queue.lease(TENANT, PARTNER, SENT_KINDS, limit=limit, worker="test"))

    # What the workers of the other test spent is no matter: the bucket begins anew.
    await one.delete(f"crossdock:rate:{TENANT}/{PARTNER}")
    assert [await leased(queues[0], 4), await leased(queues[1], 4), await leased(queues[0], 4)] == [4, 2, 0]
    await one.flushall()
    assert await leased(queues[1], 4) == 4, "a lost counter starts full and loses no delivery"
    for each in (one, other):
        await each.aclose()
