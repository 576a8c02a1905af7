"""Who changed what, as rows that cannot be changed unnoticed: each is sealed into a chain of hashes per tenant.

A row is appended in the transaction of its call and sealed soon after, in batches, so that calls never wait for each
other. `verify` finds a changed, deleted, swapped or inserted row and a cut-off tail: the head of the chain is also kept
in a row of its own. Not covered: a row that was removed together with its pending row before it was sealed, and a chain
that somebody with the owner's rights rewrote from the first changed row to the head. The latter shows against an
anchor, which the sealer writes to the log; keep the logs elsewhere.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from crossdock_kit import arrays
from crossdock_kit.database import Engine, transaction
from crossdock_kit.driver import Driver
from crossdock_kit.errors import Unavailable
from crossdock_kit.ids import uuid7

log = logging.getLogger(__name__)

_FORM = b"crossdock.audit.1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXTS = ("tenant", "actor", "partner", "method", "request_id", "outcome", "reason", "trace_id", "correlation_id")
_BEGINNING = b"\0" * 32
_PAGE = 1000


# Not frozen: one is made for every call, and freezing so many fields would double what that costs.
@dataclass(slots=True, kw_only=True)
class AuditEntry:
    """One state-changing call. `request_hash` stands for the request; the request itself is not kept here."""

    tenant: str
    actor: str
    method: str
    request_id: str
    request_hash: bytes
    outcome: str
    at: datetime
    trace_id: str = ""
    correlation_id: str = ""
    partner: str = ""
    reason: str = ""
    audit_id: UUID = field(default_factory=uuid7)


_COLUMNS = dict.fromkeys(_TEXTS, "text") | {"audit_id": "uuid", "at": "timestamptz", "request_hash": "bytea"}
_NAMES = ", ".join(_COLUMNS)
_row = attrgetter(*_COLUMNS)


def writing(first: int = 1) -> str:
    """Common table expressions that append the entries bound from parameter `first` on, for a statement that changes
    in the same breath; an entry that stands there already (another part of its call came first) is not written again.
    `columns` says what is bound."""
    return f"""
audited AS (
  INSERT INTO audit ({_NAMES}) SELECT {_NAMES} FROM ({arrays.unnested(_COLUMNS, first)}) a
  ON CONFLICT DO NOTHING RETURNING tenant, audit_id
), audit_queued AS (
  INSERT INTO audit_pending (tenant, audit_id) SELECT tenant, audit_id FROM audited
)"""  # noqa: S608 - only constants of this module


def columns(entries: Sequence[AuditEntry]) -> list[str | None]:
    """What is bound to the parameters of `writing`."""
    return arrays.columns(map(_row, entries), _COLUMNS)


_APPEND = f"WITH {writing()} SELECT"
PARAMETERS = arrays.parameters(_COLUMNS)
"""Parameters of `writing`."""


async def append(driver: Driver, entries: Sequence[AuditEntry]) -> None:
    """Writes rows in the transaction of what they tell about; they are sealed after it has committed.

    A call that brings several transactions at once hands the same entry to each; the first to commit has written it.
    """
    if entries:
        await driver.execute(_APPEND, *columns(entries))


def seal_hash(prev_hash: bytes, seq: int, row: Mapping[str, Any]) -> bytes:
    """SHA-256 over the hash before it and the row, each part with its length, so that no two rows look alike."""
    parts = [
        _FORM,
        prev_hash,
        str(seq).encode(),
        row["audit_id"].bytes,
        str((row["at"] - _EPOCH) // timedelta(microseconds=1)).encode(),
        bytes(row["request_hash"]),
        *(row[name].encode() for name in _TEXTS),
    ]
    return hashlib.sha256(b"".join(len(part).to_bytes(4) + part for part in parts)).digest()


_ROW = """a.tenant, a.audit_id, a.at, a.actor, a.partner, a.method, a.request_id, a.request_hash, a.outcome, a.reason,
  a.trace_id, a.correlation_id"""
_HEAD = """
INSERT INTO audit_head (tenant, seq, hash) VALUES ($1, 0, $2)
ON CONFLICT (tenant) DO UPDATE SET seq = audit_head.seq RETURNING seq, hash
"""
_UNSEALED = f"""
SELECT p.position, {_ROW} FROM audit_pending p JOIN audit a ON a.tenant = p.tenant AND a.audit_id = p.audit_id
WHERE p.tenant = $1 ORDER BY p.position LIMIT {_PAGE}
"""  # noqa: S608 - only constants of this module
_SEAL = """
WITH sealed AS (
  INSERT INTO audit_seal (tenant, seq, audit_id, prev_hash, hash)
  SELECT $1, seq, audit_id, prev_hash, hash
  FROM unnest($2::bigint[], $3::uuid[], $4::bytea[], $5::bytea[]) AS r(seq, audit_id, prev_hash, hash)
), taken AS (
  DELETE FROM audit_pending WHERE tenant = $1 AND position = ANY($6::bigint[])
)
UPDATE audit_head SET seq = $7, hash = $8, sealed_at = now() WHERE tenant = $1
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a tenant's chain: an anchor, if it is kept elsewhere."""

    seq: int
    hash: bytes


async def seal(driver: Driver, tenant: str) -> tuple[int, Head]:
    """Chains what was committed since, at most a page; how many rows, and the head. The head's row is the lock."""
    head = await driver.fetchrow(_HEAD, tenant, _BEGINNING)
    if head is None:
        raise LookupError("the head of the audit chain is not visible")
    rows = await driver.fetch(_UNSEALED, tenant)
    if not rows:
        return 0, Head(head["seq"], bytes(head["hash"]))
    hashes = [bytes(head["hash"])]
    numbers = list(range(head["seq"] + 1, head["seq"] + 1 + len(rows)))
    for seq, row in zip(numbers, rows, strict=True):
        hashes.append(seal_hash(hashes[-1], seq, row))
    await driver.execute(
        _SEAL,
        tenant,
        numbers,
        [row["audit_id"] for row in rows],
        hashes[:-1],
        hashes[1:],
        [row["position"] for row in rows],
        numbers[-1],
        hashes[-1],
    )
    return len(rows), Head(numbers[-1], hashes[-1])


class Sealer:
    """Seals what its tenants' calls appended. Several replicas may run it; they take turns at each head."""

    def __init__(
        self, engine: Engine, tenants: Sequence[str], *, poll_seconds: float = 1.0, anchor_seconds: float = 60.0
    ) -> None:
        self._engine = engine
        self._tenants = tuple(tenants)
        self._poll = poll_seconds
        self._anchor = anchor_seconds
        self._anchored: dict[str, float] = {}

    async def run(self) -> None:
        """Until cancelled. A database that is away is waited for."""
        while True:
            try:
                done = await self.round()
            except Unavailable as error:
                log.warning("the audit chain waits: %s", error.code)
                done = 0
            if done < _PAGE:
                await asyncio.sleep(self._poll)

    async def round(self) -> int:
        """Seals a page for each tenant that has something; the number of rows."""
        async with transaction(self._engine, self._tenants) as tx:
            waiting = await tx.driver.fetch("SELECT DISTINCT tenant FROM audit_pending ORDER BY tenant")
        return sum([await self._seal(row["tenant"]) for row in waiting])

    async def _seal(self, tenant: str) -> int:
        async with transaction(self._engine, (tenant,)) as tx:
            count, head = await seal(tx.driver, tenant)
        now = asyncio.get_running_loop().time()
        if now - self._anchored.get(tenant, -self._anchor) >= self._anchor:
            self._anchored[tenant] = now
            log.info("audit chain of %s anchored at %d: %s", tenant, head.seq, head.hash.hex())
        return count


@dataclass(frozen=True, slots=True)
class Verified:
    """`first_broken` is the first number of the chain that does not fit, 0 if all do. `rows` were looked at; `unsealed`
    wait for the sealer."""

    rows: int
    first_broken: int
    unsealed: int

    @property
    def intact(self) -> bool:
        return self.first_broken == 0


_CHAIN = f"""
SELECT s.seq, s.prev_hash, s.hash, a.audit_id IS NULL AS missing, {_ROW}
FROM audit_seal s LEFT JOIN audit a ON a.tenant = s.tenant AND a.audit_id = s.audit_id
WHERE s.tenant = $1 AND s.seq > $2 ORDER BY s.seq LIMIT {_PAGE}
"""  # noqa: S608 - only constants of this module
_STRAY = """
SELECT count(*) FROM audit a WHERE a.tenant = $1
  AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.tenant = a.tenant AND s.audit_id = a.audit_id)
  AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.tenant = a.tenant AND p.audit_id = a.audit_id)
"""
_LOST = """
SELECT count(*) FROM audit_pending p WHERE p.tenant = $1
  AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.tenant = p.tenant AND a.audit_id = p.audit_id)
"""


async def verify(driver: Driver, tenant: str, anchor: Head | None = None) -> Verified:
    """Walks the chain from the first row to the head, and to an anchor that was kept elsewhere, if one is given.

    Locks the head while it looks, so that the sealer does not move it. A row that stands outside of the chain, and a
    pending row whose entry is gone, break it at its end.
    """
    kept = await driver.fetchrow("SELECT seq, hash FROM audit_head WHERE tenant = $1 FOR UPDATE", tenant)
    ends = [Head(kept["seq"], bytes(kept["hash"]))] if kept else []
    unsealed: int = await driver.fetchval("SELECT count(*) FROM audit_pending WHERE tenant = $1", tenant)
    last, count = Head(0, _BEGINNING), 0
    expected = {each.seq: each.hash for each in (*ends, *([anchor] if anchor else []))}
    while rows := await driver.fetch(_CHAIN, tenant, last.seq):
        for row in rows:
            count += 1
            if _broken(row, last, expected):
                return Verified(count, last.seq + 1, unsealed)
            last = Head(row["seq"], bytes(row["hash"]))
    outside = await driver.fetchval(_STRAY, tenant) + await driver.fetchval(_LOST, tenant)
    ends_well = all(seq <= last.seq for seq in expected) and (not ends or ends[0].seq == last.seq)
    return Verified(count, 0 if ends_well and not outside else last.seq + 1, unsealed)


def _broken(row: Mapping[str, Any], last: Head, expected: Mapping[int, bytes]) -> bool:
    return (
        row["seq"] != last.seq + 1
        or row["missing"]
        or bytes(row["prev_hash"]) != last.hash
        or seal_hash(last.hash, row["seq"], row) != bytes(row["hash"])
        or expected.get(row["seq"], bytes(row["hash"])) != bytes(row["hash"])
    )
