"""Harms the database: sessions ended, writes refused, a transaction that nobody ends, a replica in its place."""

from __future__ import annotations

import asyncio

import asyncpg

from faults.evidence import AWAY
from faults.replica import Replica
from faults.schedule import Fault
from faults.ways.scene import Injected, InLine, Scene


async def end_backends(scene: Scene, fault: Fault, injected: Injected) -> None:
    """Half of all sessions, drawn by the database."""
    statement = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND random() < 0.5"
    )
    injected.done = await scene.ask_database(statement)


async def read_only(scene: Scene, fault: Fault, injected: Injected) -> None:
    injected.done = await writable(scene, yes=False)
    await asyncio.sleep(fault.seconds)
    while not await writable(scene, yes=True):
        await asyncio.sleep(0.2)


async def writable(scene: Scene, *, yes: bool) -> bool:
    word = "off" if yes else "on"
    return await scene.ask_database(
        f"ALTER SYSTEM SET default_transaction_read_only = {word}"
    ) and await scene.ask_database("SELECT pg_reload_conf()")


async def long_transaction(scene: Scene, fault: Fault, injected: Injected) -> None:
    """Open and idle with a snapshot and an id of its own: nothing that dies meanwhile can be vacuumed away."""
    try:
        connection = await asyncpg.connect(scene.stack.admin_database, timeout=5)
    except AWAY:
        injected.done = False
        return
    try:
        await connection.execute("SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0")
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await connection.execute("SELECT pg_current_xact_id()")
        line = InLine()
        await asyncio.sleep(fault.seconds)
        injected.starved = line.share()
    except AWAY:
        injected.done = False
    finally:
        connection.terminate()


async def fail_over(scene: Scene, fault: Fault, injected: Injected) -> None:
    """A replica follows for some seconds, synchronously; then the primary dies for good and the replica takes over."""
    replica = await Replica.beside(scene.stack)
    await replica.follow(synchronous=True)
    await asyncio.sleep(fault.seconds)
    began = asyncio.get_running_loop().time()
    await replica.take_over()
    injected.recovered_seconds = asyncio.get_running_loop().time() - began
