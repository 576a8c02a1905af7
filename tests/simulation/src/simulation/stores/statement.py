"""One statement on a session of the model, and the two times that PostgreSQL knows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from simulation.sessions import MemoryDriver
from simulation.tables import Statement
from simulation.virtual import BEGIN

T = TypeVar("T")


def statement_time() -> datetime:
    return BEGIN + timedelta(seconds=asyncio.get_running_loop().time())


async def on(driver: Any, body: Callable[[Statement], Awaitable[T]]) -> T:
    """Runs a statement on what is a driver of the model behind the kit's type."""
    return await cast(MemoryDriver, driver).statement(body)


def transaction_time(statement: Statement) -> datetime:
    """now() of PostgreSQL: when the transaction began."""
    return BEGIN + timedelta(seconds=statement.writes.began)
