"""Rows that travel as one text per column arrive as they were, whatever stands in them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from crossdock_kit import arrays
from crossdock_kit.database import Engine, transaction

KINDS = {
    "identity": "uuid",
    "words": "text",
    "more_words": "text",
    "small": "int2",
    "plain": "int",
    "large": "int8",
    "amount": "numeric",
    "raw": "bytea",
    "at": "timestamptz",
    "day": "date",
    "took": "interval",
}
AT = datetime(2026, 5, 4, 8, 0, 0, 123456, tzinfo=UTC)
AWKWARD = [
    "",
    "a",
    "\x1e",
    "\x1d",
    "\x1f",
    "\x1e\x1d\ue000\ue001",
    "NULL",
    "{}",
    '"',
    "\\",
    "\\x41",
    ",",
    "\r\n",
    "é😀",
]


async def returned(engine: Engine, rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    query = f"SELECT {', '.join(KINDS)} FROM ({arrays.unnested(KINDS)}) r ORDER BY place"
    async with transaction(engine, ["acme"]) as tx:
        return [tuple(row) for row in await tx.driver.fetch(query, *arrays.columns(rows, KINDS))]


def a_row(words: str | None, more: str | None, drawn: random.Random) -> tuple[Any, ...]:
    took = timedelta(days=drawn.randint(-3, 3), microseconds=drawn.randint(-(10**9), 10**9))
    amount = Decimal(drawn.randint(-(10**9), 10**9)).scaleb(-6)
    whole = [drawn.randint(-9, 9) for _ in range(3)]
    raw, day = drawn.randbytes(drawn.randint(0, 9)), date(2026, 1, drawn.randint(1, 31))
    return UUID(int=drawn.getrandbits(128)), words, more, *whole, amount, raw, AT + took, day, took


@pytest.mark.parametrize("number", [0, 1, 2, 7, 60])
async def test_rows_arrive_as_they_were_and_in_order(engine: Engine, number: int) -> None:
    for seed in range(40):
        drawn = random.Random(seed)
        words = [*AWKWARD, None] if seed % 2 else AWKWARD
        rows = [a_row(drawn.choice(words), drawn.choice(words), drawn) for _ in range(number)]
        assert await returned(engine, rows) == rows


@pytest.mark.parametrize("words", [*AWKWARD, None], ids=repr)
@pytest.mark.parametrize("number", [1, 3])
async def test_what_is_alike_in_all_rows_travels_once_and_stands_in_each(
    engine: Engine, words: str | None, number: int
) -> None:
    row = a_row(words, words, random.Random(1))
    rows = [(uuid4(), *row[1:]) for _ in range(number)]
    bound = arrays.columns(rows, KINDS)
    assert len(bound[2] or "") <= len(words or "x")
    assert await returned(engine, rows) == rows
