"""The tools of the proof do what they say: a schedule comes again, a proxy hurts its link alone, a point kills once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from crossdock_kit.crash_points import POINTS as NAMED_POINTS
from crossdock_local.place import find_checkout
from faults.broker_tricks import Deliveries, Tricks, split
from faults.mutants import MUTANTS
from faults.proxies import Hop, Toxic
from faults.schedule import POINTS, ROWS, planned
from faults.scripts import SCRIPTS
from faults.ways.scene import children_of

MESSAGE = b"HMSG _INBOX.1 1 $JS.ACK.S.C.1.1.1.1.0 12 14\r\nNATS/1.0\r\n\r\n%b\r\n"
ACK = b"PUB $JS.ACK.S.C.1.1.1.1.0 4\r\n+ACK\r\n"


def test_a_seed_draws_the_same_faults_again_and_another_seed_others() -> None:
    counts = dict.fromkeys(ROWS, 3)
    assert planned(7, counts, 60) == planned(7, counts, 60)
    assert planned(7, counts, 60) != planned(8, counts, 60)


def test_every_run_parks_repairs_and_repeats() -> None:
    assert {"poison", "roll back", "repeat and reorder"} <= {fault.how for fault in planned(1, {}, 30)}


def test_every_named_point_is_in_the_schedule() -> None:
    assert set(POINTS) == set(NAMED_POINTS)


def test_every_point_that_is_armed_is_in_the_code_of_its_process() -> None:
    scripted = [(each.detail, each.target) for faults in SCRIPTS.values() for each in faults if each.how == "crash"]
    armed = {*scripted, *((point, target) for point, targets in POINTS.items() for target in targets)}
    kit = find_checkout() / "libs" / "kit" / "src"
    for point, target in sorted(armed):
        service = target.removesuffix("-2").removesuffix("-worker")
        places = (kit, find_checkout() / "services" / service / "src")
        assert any(_reaches(place, f"reached(crash_points.{point.upper()})") for place in places), (point, target)


def _reaches(place: Path, call: str) -> bool:
    return any(call in file.read_text(encoding="utf-8") for file in place.rglob("*.py"))


def test_there_are_ten_mutants_and_more() -> None:
    assert len(MUTANTS) >= 10


def test_commands_are_cut_where_they_end_wherever_the_bytes_are_cut() -> None:
    whole = MESSAGE % b"ab" + b"PING\r\n" + ACK
    for place in range(len(whole)):
        first, rest = split(whole[:place])
        second, left = split(rest + whole[place:])
        assert [*first, *second] == [MESSAGE % b"ab", b"PING\r\n", ACK]
        assert left == b""


def test_deliveries_are_repeated_and_reordered_and_nothing_else_is_touched() -> None:
    tricks = Tricks(seed=1, late=0)
    given = b"".join(MESSAGE % f"{n:02}".encode() for n in range(30))
    found, left = split(Deliveries(up=False).through(given + b"PONG\r\n", tricks))
    assert left == b""
    assert found[-1] == b"PONG\r\n"
    assert {each[-4:-2] for each in found[:-1]} == {f"{n:02}".encode() for n in range(30)}
    assert tricks.copied == len(found) - 31 > 0
    assert tricks.reordered > 0


def test_some_acks_are_lost() -> None:
    tricks = Tricks(seed=1, lost_acks=0.5)
    passed = sum(bool(Deliveries(up=True).through(ACK, tricks)) for _ in range(100))
    assert passed == 100 - tricks.dropped_acks
    assert 0 < tricks.dropped_acks < 100


@pytest.fixture
async def hop() -> AsyncIterator[Hop]:
    """A link to a server that says everything again."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    made = Hop("a", "b", server.sockets[0].getsockname()[1])
    await made.open()
    assert made._server is not None
    made.listens_on = made._server.sockets[0].getsockname()[1]
    yield made
    await made.close()
    server.close()


async def test_a_link_at_rest_is_a_wire(hop: Hop) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hop.listens_on)
    writer.write(b"hello")
    assert await asyncio.wait_for(reader.readexactly(5), 10) == b"hello"
    writer.close()


def test_a_late_delivery_is_overtaken_and_comes_on_its_own_link() -> None:
    tricks = Tricks(seed=1, most_copies=1, late=1, latest=1)
    link, other = Deliveries(up=False), Deliveries(up=False)
    assert link.through(MESSAGE % b"01", tricks) == b""
    assert other.through(MESSAGE % b"02", tricks) == b""
    tricks.late = 0
    assert link.through(MESSAGE % b"03", tricks) == MESSAGE % b"01" + MESSAGE % b"03"
    assert tricks.delayed == 2


def test_a_stop_reaches_what_a_process_has_started() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "import subprocess, sys; subprocess.run(['cat'])"], stdin=-1
    ) as parent:
        until = time.monotonic() + 60
        while not (children := children_of(parent.pid)) and time.monotonic() < until:
            time.sleep(0.02)
        assert len(children) == 1
    assert children_of(parent.pid) == []


async def test_what_was_sent_into_a_black_hole_comes_when_it_closes(hop: Hop) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hop.listens_on)
    hop.toxic = Toxic(swallow_down=True)
    writer.write(b"hello")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.3)
    hop.toxic = Toxic()
    assert await asyncio.wait_for(reader.readexactly(5), 10) == b"hello"
    writer.close()


async def test_one_byte_is_corrupted_and_the_next_ones_are_not(hop: Hop) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hop.listens_on)
    hop.toxic = Toxic(corrupt_one_byte=True)
    writer.write(b"aaaa")
    heard = await asyncio.wait_for(reader.readexactly(4), 10)
    assert sum(byte != ord("a") for byte in heard) == 1
    writer.write(b"bbbb")
    assert await asyncio.wait_for(reader.readexactly(4), 10) == b"bbbb"
    writer.close()


async def test_a_reset_cuts_the_link_at_once(hop: Hop) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hop.listens_on)
    writer.write(b"a")
    await asyncio.wait_for(reader.readexactly(1), 10)
    assert hop.reset() == 1
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(1), 10)


def passing_points(folder: str) -> subprocess.CompletedProcess[bytes]:
    """A process that reaches one point twice."""
    program = "from crossdock_kit.crash_points import reached\nreached('before_commit'), reached('before_commit')"
    environment = os.environ | {"CROSSDOCK_CRASH_POINTS": folder}
    return subprocess.run([sys.executable, "-c", program], env=environment, check=False)


def test_an_armed_point_kills_the_process_once(tmp_path: Path) -> None:
    (tmp_path / "before_commit").touch()
    assert passing_points(str(tmp_path)).returncode == -signal.SIGKILL
    assert passing_points(str(tmp_path)).returncode == 0


def test_points_are_inert_unless_a_folder_is_named_and_a_point_armed(tmp_path: Path) -> None:
    assert passing_points("").returncode == 0
    (tmp_path / "after_commit").touch()
    assert passing_points(str(tmp_path)).returncode == 0


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_guard_that_a_mutant_takes_out_is_where_it_looks_for_it(mutant: str) -> None:
    """In a process of its own, as at the start of a service: what it patches stays patched."""
    program = (
        "import os\nfrom faults.mutants import MUTANTS\n"
        "for name in ('inventory', 'fulfillment', 'delivery'):\n"
        f"    os.environ['CROSSDOCK_SERVICE'] = name\n    MUTANTS[{mutant!r}].apply()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
