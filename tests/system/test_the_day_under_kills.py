"""The day must end as required though processes are killed and stopped in the middle of it.

What is checked is the day's own verdict: the same stock, the same messages at the partners, nothing lost or doubled.
One day has to bear all of it: the owner of a relay is stopped for a minute, and in that minute everything else is
killed, so the day is still in its middle when each of them strikes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from crossdock_local.control import running_state
from crossdock_local.place import Place
from crossdock_local.secret_files import password
from crossdock_local.servers.postgres import ADMIN
from partners.day import Day, Order, load
from partners.demo import Stage, fresh_stage, play_day
from partners.sales.day import SalesDay
from partners.verdict import Verdict

pytestmark = pytest.mark.lasting(120)

OWNER = "procurement"
VICTIMS = ("inventory", "connector", "catalog", "fulfillment", "delivery", "connector-worker", "nats", "postgres")
STOPPED_SECONDS, PATIENCE_SECONDS = 60, 120
# Of the relay alone, and without the lock by which a member counts as living.
PARTITIONS_OWNED = """
SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND classid = $1::int4::oid AND objid < 1000 AND client_port = ANY ($2::int4[])
"""


def few_orders() -> Day:
    """Every scene of what is bought for stock and a handful of plain orders; the ERP is away until nothing is left to
    do without it."""
    day = load()
    sold = {each.number for each in day.sales.orders}
    events = [
        replace(step, facts={**step.facts, "until": ["reported:9999"]}) if step.do == "outage" else step
        for step in day.events
    ]
    plain = [order for order in day.orders if order.scene == "as ordered"][:8]
    scenes = [order for order in day.orders if order.scene != "as ordered" and not _waits_for(sold, order)]
    return replace(day, orders=(*plain, *scenes), events=tuple(events), sales=SalesDay())


def _waits_for(sold: set[str], order: Order) -> bool:
    """Whether somebody does something about it only once a customer was told something."""
    steps = (step for of_somebody in order.steps.values() for step in of_somebody)
    return any(seen.partition("/")[0] in sold for step in steps for seen in step.on)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    # Not pytest's own folder: the unprivileged user of PostgreSQL must be able to pass through.
    with tempfile.TemporaryDirectory(prefix="crossdock-day-") as folder:
        Path(folder).chmod(0o711)
        monkeypatch.setenv("CROSSDOCK_HOME", f"{folder}/home")
        with fresh_stage(Place(Path(folder) / "home"), lambda line: None, keep=False) as running:
            yield running


def pid_of(stage: Stage, name: str) -> int:
    """The process of that name now; after a kill the supervisor starts another one."""
    pids = {process.name: process.pid for process in running_state(stage.place).processes}
    found = pids[name]
    assert found is not None
    return found


async def play_while(stage: Stage, harm: Callable[[], Awaitable[None]]) -> Verdict:
    """Plays the day; `harm` begins when the first goods have been posted."""
    begun = asyncio.Event()

    def say(line: str) -> None:
        if "posted at the ERP" in line and not line.endswith(" 0"):
            begun.set()

    async def nemesis() -> None:
        await begun.wait()
        await harm()

    task = asyncio.create_task(nemesis())
    verdict = await play_day(stage, say, few_orders())
    await asyncio.wait_for(task, 180)
    return verdict


def assert_passed(verdict: Verdict) -> None:
    assert verdict.differences == []
    assert verdict.lost == []
    assert all(row.settled for row in verdict.rows)


def second_process(stage: Stage, name: str) -> subprocess.Popen[bytes]:
    """A further replica of a service: the same environment, a port of its own."""
    environment = dict(
        part.split("=", 1)
        for part in Path(f"/proc/{pid_of(stage, name)}/environ").read_text().split("\0")
        if "=" in part
    )
    return subprocess.Popen(
        [sys.executable, "-m", name],
        env=environment | {"CROSSDOCK_LISTEN": "127.0.0.1:0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@asynccontextmanager
async def replica_of(stage: Stage, name: str) -> AsyncIterator[None]:
    replica = second_process(stage, name)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            replica.terminate()
        replica.wait(30)


def ports_of(pid: int) -> list[int]:
    """Our end of the process's connections: by it the database knows whose session is whose."""
    sockets = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        # It may be closed meanwhile.
        with suppress(FileNotFoundError):
            sockets.add(str(each.readlink()))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [int(row[1].split(":")[1], 16) for row in rows if f"socket:[{row[9]}]" in sockets]


async def partitions_of(stage: Stage, pid: int) -> int:
    """How many partitions of its service's relay the process owns, as the database sees it."""
    address = running_state(stage.place).address("postgres")
    secret = password(stage.place.secrets, ADMIN)
    connection = await asyncpg.connect(f"postgresql://{ADMIN}:{secret}@{address}/{stage.state.database}")
    try:
        group = zlib.crc32(f"{OWNER}/relay".encode()) & 0x7FFFFFFF
        return int(await connection.fetchval(PARTITIONS_OWNED, group, ports_of(pid)))
    finally:
        await connection.close()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await holds():
            await asyncio.sleep(0.2)


async def killed_and_started_again(stage: Stage, name: str) -> int:
    """The new process, once it owns partitions of the relay."""
    before = pid_of(stage, name)
    os.kill(before, signal.SIGKILL)

    async def owns() -> bool:
        pids = {process.name: process.pid for process in running_state(stage.place).processes}
        pid = pids[name]
        return pid not in (None, before) and await partitions_of(stage, pid) > 0

    await until(owns)
    return pid_of(stage, name)


async def test_a_relay_owner_stopped_for_a_minute_in_which_all_others_are_killed_loses_and_doubles_nothing(
    stage: Stage,
) -> None:
    killed: list[str] = []

    async def harm() -> None:
        owner = await killed_and_started_again(stage, OWNER)
        os.kill(owner, signal.SIGSTOP)
        minute = asyncio.create_task(asyncio.sleep(STOPPED_SECONDS))
        try:
            # The replica must get the locks though their holder lives, before a kill of the database takes them away.
            await until(lambda: _owns_nothing(stage, owner))
            for name in VICTIMS:
                os.kill(pid_of(stage, name), signal.SIGKILL)
                killed.append(name)
                await asyncio.sleep(0.7)
            await minute
        finally:
            os.kill(owner, signal.SIGCONT)

    async with replica_of(stage, OWNER):
        assert_passed(await play_while(stage, harm))
    assert killed == list(VICTIMS)


async def _owns_nothing(stage: Stage, pid: int) -> bool:
    return await partitions_of(stage, pid) == 0
