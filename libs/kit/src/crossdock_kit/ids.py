"""Identities: time-ordered ids for what is new, derived ids for what must come out the same when done again, and the
partition to which an aggregate belongs for ever.

Knows nothing of what is identified. The partition function is part of the contract between services: changing it
would reorder events of living aggregates (a golden test guards it).
"""

from __future__ import annotations

import os
import random
import threading
import time
import zlib
from datetime import UTC, datetime
from uuid import UUID, uuid5

from asyncpg.pgproto import pgproto

PARTITIONS = 16
EXPRESS = PARTITIONS
"""Added to the partition, gives the slot of the express lane."""

_DERIVED = UUID("6f2f6a0e-6c0e-5b7e-9d3a-2f0c2d0f7a11")
_COUNTER_BITS = 74


class _TimeOrdered:
    """Version 7 ids of RFC 9562, method 2: between two milliseconds the 74 random bits start anew (in the lower
    quarter of their range), inside one they count up, so that order survives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._counter = 0

    def next(self) -> UUID:
        with self._lock:
            now = time.time_ns() // 1_000_000
            if now > self._millisecond:
                self._millisecond = now
                self._counter = int.from_bytes(os.urandom(9), "big")
            else:
                # Random steps, so that ids of several processes do not meet; 2**41 of them fit into a millisecond.
                self._counter += 1 + random.getrandbits(32)
            millisecond, counter = self._millisecond, self._counter
        if counter >> _COUNTER_BITS:
            raise OverflowError("more ids in one millisecond than version 7 can order")
        high, low = counter >> 62, counter & ((1 << 62) - 1)
        number = (millisecond << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low
        return pgproto.UUID(number.to_bytes(16))


_time_ordered = _TimeOrdered()


def born_at(id_: UUID) -> datetime | None:
    """When a time-ordered id was made, by the clock of who made it and to the millisecond; None for any other id."""
    if id_.version != 7:
        return None
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)


def uuid7() -> UUID:
    """A new id that sorts after every id made before it in this process."""
    return _time_ordered.next()


def uuid_of(text: str) -> UUID:
    """The id of a text. The driver's class is the standard one to everybody, and several times as fast to make, write
    and send: an event passes through a dozen of them. Raises ValueError."""
    return pgproto.UUID(text)


def derived(*parts: object) -> UUID:
    """The same id for the same parts, always: request ids of calls that a process may repeat."""
    return uuid5(_DERIVED, "\x1f".join(str(part) for part in parts))


def partition_of(tenant: str, aggregate_type: str, aggregate_id: str) -> int:
    """0 to 15: CRC-32 of the three parts, joined by a unit separator, modulo 16."""
    return zlib.crc32(f"{tenant}\x1f{aggregate_type}\x1f{aggregate_id}".encode()) % PARTITIONS


def slot_of(partition: int, express: bool) -> int:
    """Partition and lane in one number: 0 to 15 standard, 16 to 31 express."""
    return partition + EXPRESS if express else partition


def slot_token(slot: int) -> str:
    """How a slot is written as the last token of a subject: 07, or 07x in the express lane."""
    return f"{slot % EXPRESS:02d}x" if slot >= EXPRESS else f"{slot:02d}"


def slot_named(token: str) -> int:
    """The slot that a token names. Raises ValueError."""
    return slot_of(int(token[:2]), token.endswith("x"))
