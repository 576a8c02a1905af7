"""What was done stays told: a change, a deletion, a swap, an insertion and a cut-off tail are each found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from crossdock_kit import audit
from crossdock_kit.audit import AuditEntry, Head, Sealer, Verified
from crossdock_kit.database import Engine
from crossdock_kit.errors import CrossdockError
from kit_schema import Open

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def entry(n: int, tenant: str, **facts: Any) -> AuditEntry:
    about: dict[str, Any] = {"actor": f"caller-{n}", "method": "crossdock.x.v1.X/Do", "outcome": "advanced", "at": AT}
    about |= facts
    return AuditEntry(tenant=tenant, request_id=f"r-{n}", request_hash=bytes([n]) * 32, **about)


@dataclass
class Chain:
    """A tenant's chain of five rows, and what somebody with the owner's rights may do to it."""

    opened: Open
    owner: asyncpg.Connection[Any]
    tenant: str

    async def append(self, *entries: AuditEntry) -> None:
        async with self.opened(self.tenant) as tx:
            await audit.append(tx.driver, entries)

    async def seal(self) -> Head:
        async with self.opened(self.tenant) as tx:
            return (await audit.seal(tx.driver, self.tenant))[1]

    async def verify(self, anchor: Head | None = None) -> Verified:
        async with self.opened(self.tenant) as tx:
            return await audit.verify(tx.driver, self.tenant, anchor)

    @asynccontextmanager
    async def tampering(self) -> AsyncIterator[asyncpg.Connection[Any]]:
        """As the owner, with the triggers that say append-only switched off."""
        async with self.owner.transaction():
            await self.owner.execute(f"SET LOCAL app.tenants = '{self.tenant}'")
            for table in ("audit", "audit_seal"):
                await self.owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield self.owner
            for table in ("audit", "audit_seal"):
                await self.owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


_TENANTS = iter(range(1000))


@pytest.fixture
async def chain(opened: Open, owner: asyncpg.Connection[Any]) -> Chain:
    made = Chain(opened, owner, f"tenant{next(_TENANTS)}")
    await made.append(*(entry(n, made.tenant) for n in range(1, 6)))
    await made.seal()
    return made


@pytest.mark.feature("F247")
async def test_an_untouched_chain_is_intact(chain: Chain) -> None:
    assert await chain.verify() == Verified(rows=5, first_broken=0, unsealed=0)
    await chain.append(entry(6, chain.tenant))
    assert await chain.verify() == Verified(rows=5, first_broken=0, unsealed=1)
    await chain.seal()
    assert await chain.verify() == Verified(rows=6, first_broken=0, unsealed=0)


_INSERT = (
    "INSERT INTO audit (tenant, audit_id, at, request_hash) "
    "SELECT tenant, gen_random_uuid(), at, request_hash FROM audit LIMIT 1"
)
_ID_OF = "(SELECT audit_id FROM audit_seal WHERE seq = {})"


@pytest.mark.feature("F247")
@pytest.mark.parametrize(
    ("what", "statements", "first_broken"),
    [
        ("change", [f"UPDATE audit SET actor = 'nobody' WHERE audit_id = {_ID_OF.format(3)}"], 3),
        ("change the time", [f"UPDATE audit SET at = at + interval '1 us' WHERE audit_id = {_ID_OF.format(2)}"], 2),
        ("delete an entry", [f"DELETE FROM audit WHERE audit_id = {_ID_OF.format(4)}"], 4),
        (
            "delete entry and seal",
            [f"DELETE FROM audit WHERE audit_id = {_ID_OF.format(4)}", "DELETE FROM audit_seal WHERE seq = 4"],
            4,
        ),
        (
            "swap two",
            [
                "UPDATE audit_seal SET seq = 100 WHERE seq = 2",
                "UPDATE audit_seal SET seq = 2 WHERE seq = 3",
                "UPDATE audit_seal SET seq = 3 WHERE seq = 100",
            ],
            2,
        ),
        (
            "cut off the tail",
            [f"DELETE FROM audit WHERE audit_id = {_ID_OF.format(5)}", "DELETE FROM audit_seal WHERE seq = 5"],
            5,
        ),
        (
            "take everything away",
            ["DELETE FROM audit", "DELETE FROM audit_seal"],
            1,
        ),
        (
            "insert one outside of the chain",
            [_INSERT],
            6,
        ),
        ("change what a seal says of the one before", ["UPDATE audit_seal SET prev_hash = hash WHERE seq = 3"], 3),
        ("drop the head's last row", ["UPDATE audit_head SET seq = 4"], 4),
    ],
)
async def test_tampering_is_found_where_it_happened(
    chain: Chain, what: str, statements: list[str], first_broken: int
) -> None:
    async with chain.tampering() as owner:
        for statement in statements:
            assert not (await owner.execute(statement)).endswith(" 0"), f"{what} touched nothing"
    found = await chain.verify()
    assert (found.intact, found.first_broken) == (False, first_broken), what


async def test_a_row_chained_on_without_the_sealer_is_found(chain: Chain) -> None:
    """Inserting is what the service may do; only the sealer moves the head with it."""
    head = await chain.seal()
    forged = entry(9, chain.tenant)
    async with chain.opened(chain.tenant) as tx:
        await audit.append(tx.driver, [forged])
        await tx.driver.execute("DELETE FROM audit_pending WHERE tenant = $1", chain.tenant)
        await tx.driver.execute(
            "INSERT INTO audit_seal (tenant, seq, audit_id, prev_hash, hash) VALUES ($1, $2, $3, $4, $5)",
            chain.tenant,
            head.seq + 1,
            forged.audit_id,
            head.hash,
            audit.seal_hash(head.hash, head.seq + 1, asdict(forged)),
        )
    assert not (await chain.verify()).intact


async def test_a_pending_row_whose_entry_is_gone_is_found(chain: Chain) -> None:
    await chain.append(entry(6, chain.tenant))
    async with chain.tampering() as owner:
        await owner.execute("DELETE FROM audit WHERE request_id = 'r-6'")
    assert not (await chain.verify()).intact


async def test_a_chain_rewritten_with_its_head_shows_only_against_an_anchor(chain: Chain) -> None:
    """The limit that the module names, so that nobody believes more than holds."""
    anchor = await chain.seal()
    async with chain.tampering() as owner:
        await owner.execute("UPDATE audit SET actor = 'nobody' WHERE request_id = 'r-2'")
        await owner.execute(
            "INSERT INTO audit_pending (tenant, audit_id) SELECT tenant, audit_id FROM audit_seal ORDER BY seq"
        )
        await owner.execute("DELETE FROM audit_seal")
        await owner.execute("DELETE FROM audit_head")
    await chain.seal()
    assert (await chain.verify()).intact
    assert (await chain.verify(anchor)).first_broken == 5


async def test_the_service_itself_can_neither_change_nor_delete(chain: Chain) -> None:
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "DELETE FROM audit_seal", "TRUNCATE audit"):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, CrossdockError)):
            async with chain.opened(chain.tenant) as tx:
                await tx.driver.execute(statement)


async def test_tenants_have_chains_of_their_own(chain: Chain) -> None:
    async with chain.opened("acme") as tx:
        assert await audit.verify(tx.driver, chain.tenant) == Verified(0, 0, 0)


async def test_sealers_at_once_leave_one_chain_without_a_gap(engine: Engine, chain: Chain) -> None:
    async def append(n: int) -> None:
        await chain.append(entry(n, chain.tenant, at=AT + timedelta(seconds=n)))

    sealers = [Sealer(engine, (chain.tenant,)) for _ in range(4)]
    for first in range(10, 50, 10):
        appends = [append(n) for n in range(first, first + 10)]
        await asyncio.gather(*appends, *(sealer.round() for sealer in sealers))
    await asyncio.gather(*(sealer.round() for sealer in sealers))
    assert await chain.verify() == Verified(rows=45, first_broken=0, unsealed=0)


def test_no_two_rows_have_the_same_bytes() -> None:
    made = asdict(entry(1, "t"))
    one, other = made | {"actor": "ab", "partner": "c"}, made | {"actor": "a", "partner": "bc"}
    assert audit.seal_hash(b"\0" * 32, 1, one) != audit.seal_hash(b"\0" * 32, 1, other)


async def test_transactions_of_one_call_that_commit_at_once_leave_one_row(chain: Chain) -> None:
    """Baskets of one call may be decided by two connections, each with the call's entry."""
    shared = entry(6, chain.tenant)
    async with chain.opened(chain.tenant) as first:
        await audit.append(first.driver, [shared])
        second = asyncio.create_task(chain.append(shared))
        await asyncio.sleep(0)
    await second
    assert (await chain.verify()).unsealed == 1
    await chain.seal()
    assert await chain.verify() == Verified(rows=6, first_broken=0, unsealed=0)
