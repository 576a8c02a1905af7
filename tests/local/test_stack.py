"""The stack comes up, stays up when parts of it die, goes down in order, and continues on the same data."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from crossdock_cli.main import app
from crossdock_local.control import NotUp, bring_down, bring_up, running_state
from crossdock_local.place import ForeignFolder, Place
from crossdock_local.servers.postgres import ADMIN
from crossdock_local.state import ProcessState, StackState
from typer.testing import CliRunner, Result

pytestmark = pytest.mark.lasting(40)

PATIENCE_SECONDS = 60


def silent(_: str) -> None: ...


def process_of(state: StackState, name: str) -> ProcessState:
    return next(process for process in state.processes if process.name == name)


async def eventually(place: Place, holds: Callable[[StackState], bool]) -> StackState:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            state = running_state(place)
            if holds(state):
                return state
            await asyncio.sleep(0.05)


async def starts_counted(place: Place, state: StackState) -> int:
    password = (place.secrets / f"{ADMIN}.password").read_text()
    url = f"postgresql://{ADMIN}:{password}@{process_of(state, 'postgres').address}/{state.database}"
    connection = await asyncpg.connect(url)
    counted = await connection.fetchval("select count(*) from echo.start")
    await connection.close()
    return int(counted)


async def test_a_stack_that_goes_down_and_up_continues_on_the_same_data_and_ports(place: Place) -> None:
    first = await asyncio.to_thread(bring_up, place, silent)
    assert await asyncio.to_thread(bring_up, place, silent) == first
    assert bring_down(place)
    assert (place.root / "services" / "echo" / "record").read_text() == "ended in order"
    assert not bring_down(place)
    second = await asyncio.to_thread(bring_up, place, silent)
    addresses = [[process.address for process in state.processes] for state in (first, second)]
    assert addresses[0] == addresses[1]
    assert await starts_counted(place, second) == 2
    assert (await command("down", "--purge")).exit_code == 0
    assert not place.root.exists()


async def test_killed_processes_are_started_again_on_their_ports(place: Place) -> None:
    before = await asyncio.to_thread(bring_up, place, silent)
    for victim in before.processes:
        assert victim.pid
        os.kill(victim.pid, signal.SIGKILL)
    after = await eventually(
        place, lambda now: all(process.restarts >= 1 and process.state == "ready" for process in now.processes)
    )
    assert [process.address for process in after.processes] == [process.address for process in before.processes]
    assert not {process.pid for process in after.processes} & {process.pid for process in before.processes}


async def test_nothing_survives_a_killed_supervisor_and_the_next_start_works(place: Place) -> None:
    state = await asyncio.to_thread(bring_up, place, silent)
    os.kill(state.pid, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while any(process.pid and Path(f"/proc/{process.pid}").exists() for process in state.processes):
            await asyncio.sleep(0.05)
    with pytest.raises(NotUp):
        running_state(place)
    assert (await asyncio.to_thread(bring_up, place, silent)).phase == "ready"


async def test_a_worker_is_told_no_address_of_a_database_or_a_broker(running: Place) -> None:
    record = running.root / "services" / "echo" / "porter"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not record.exists() or not record.read_text():
            await asyncio.sleep(0.05)
    told = set(record.read_text().splitlines())
    assert {"CROSSDOCK_PEERS", "CROSSDOCK_TOKEN_FILE"} <= told
    assert not {name for name in told if name.endswith("_URL") or name == "CROSSDOCK_DATA_KEY_FILE"}


def test_a_service_that_does_not_start_is_reported_with_the_end_of_its_log(place: Place) -> None:
    main = Path(os.environ["CROSSDOCK_CHECKOUT"]) / "services" / "echo" / "src" / "echo" / "__main__.py"
    main.write_text("raise SystemExit('the shelf is missing')")
    with pytest.raises(NotUp, match="the shelf is missing"):
        bring_up(place, silent)


def test_secrets_are_readable_by_their_owner_alone(running: Place) -> None:
    files = [path for folder in (running.secrets, running.folder("identity")) for path in folder.rglob("*")]
    assert len(files) > 10
    assert [path for path in files if path.is_file() and path.stat().st_mode & 0o077] == []


def test_a_folder_with_other_things_in_it_is_never_taken_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years")
    with pytest.raises(ForeignFolder):
        Place(tmp_path).prepare()
    Place(tmp_path).remove()
    assert (tmp_path / "thesis.txt").exists()


async def command(*words: str) -> Result:
    """What the command line answers. In a thread: there its own event loop does not take the tests' away."""
    return await asyncio.to_thread(CliRunner().invoke, app, words)


async def test_the_command_line_says_clearly_that_the_stack_is_not_up(place: Place) -> None:
    answer = await command("status")
    assert answer.exit_code == 3
    assert "not up" in answer.output
    assert not place.root.exists()


async def test_the_command_line_shows_a_running_stack(running: Place) -> None:
    assert (await command("up")).exit_code == 0
    shown = await command("status", "--json")
    assert shown.exit_code == 0
    content = json.loads(shown.output)
    assert {process["name"]: process["state"] for process in content["processes"]} == {
        "postgres": "ready",
        "nats": "ready",
        "valkey": "ready",
        "echo": "serving",
        "echo-porter": "ready",
    }
    assert content["data"] == str(running.root)
