"""A raw document opens for its own partner and month alone, and never again after its key was dropped."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from crossdock_kit import policy
from crossdock_kit.crypto import (
    DocumentDamaged,
    DocumentVault,
    KeyDropped,
    MasterKey,
    MasterKeyFlawed,
    Sealed,
    drop_keys,
)
from crossdock_kit.database import Engine, transaction
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.retention import POLICY, Retention
from hypothesis import given
from hypothesis import strategies as st
from kit_schema import Open

RAW = b"ISA*00*          *00*          *ZZ*ACME"
MARCH = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def master(folder: Path, *lines: str) -> MasterKey:
    file = folder / "data.key"
    file.write_text("\n".join(lines) + "\n")
    return MasterKey.read(file)


@pytest.fixture
def vault(tmp_path: Path) -> DocumentVault:
    return DocumentVault(master(tmp_path, key()))


async def seal(opened: Open, vault: DocumentVault, partner: str, raw: bytes = RAW, at: datetime = MARCH) -> Sealed:
    async with opened("acme") as tx:
        return await vault.seal(tx.driver, tenant="acme", partner=partner, at=at, raw=raw)


async def reopen(opened: Open, vault: DocumentVault, partner: str, sealed: Sealed) -> bytes:
    async with opened("acme") as tx:
        return await vault.open(tx.driver, tenant="acme", partner=partner, sealed=sealed)


async def test_a_document_comes_back_as_it_was_and_shows_nothing_meanwhile(opened: Open, vault: DocumentVault) -> None:
    partner = uuid4().hex
    sealed = await seal(opened, vault, partner)
    assert await reopen(opened, vault, partner, sealed) == RAW
    assert (sealed.month, sealed.digest) == (date(2026, 3, 1), hashlib.sha256(RAW).digest())
    assert b"ISA" not in sealed.ciphertext
    assert (await seal(opened, vault, partner)).ciphertext != sealed.ciphertext


async def test_it_opens_for_no_other_document_partner_or_month(opened: Open, vault: DocumentVault) -> None:
    partner, other = uuid4().hex, uuid4().hex
    sealed = await seal(opened, vault, partner)
    twin = await seal(opened, vault, partner, b"another document")
    april = await seal(opened, vault, partner, RAW, datetime(2026, 4, 1, tzinfo=UTC))
    await seal(opened, vault, other)
    for moved in (
        replace(sealed, ciphertext=twin.ciphertext),
        replace(sealed, digest=twin.digest),
        replace(sealed, month=april.month),
        replace(sealed, ciphertext=sealed.ciphertext[:-1] + bytes([sealed.ciphertext[-1] ^ 1])),
    ):
        with pytest.raises(DocumentDamaged):
            await reopen(opened, vault, partner, moved)
    with pytest.raises(DocumentDamaged):
        await reopen(opened, vault, other, sealed)


async def test_retention_drops_the_keys_of_months_that_are_over_for_good(opened: Open, vault: DocumentVault) -> None:
    partner = uuid4().hex
    old = await seal(opened, vault, partner)
    young = await seal(opened, vault, partner, RAW, datetime(2026, 4, 1, tzinfo=UTC))
    async with opened("acme") as tx:
        await drop_keys(tx.driver, "acme", partner, before=date(2026, 3, 31))
    assert await reopen(opened, vault, partner, old) == RAW, "March is not over on its last day"
    async with opened("acme") as tx:
        assert await drop_keys(tx.driver, "acme", partner, before=date(2026, 4, 1)) == 1
    with pytest.raises(KeyDropped):
        await reopen(opened, vault, partner, old)
    with pytest.raises(KeyDropped):
        await seal(opened, vault, partner)
    assert await reopen(opened, vault, partner, young) == RAW


async def test_a_partners_documents_are_kept_as_long_as_its_policy_says(
    engine: Engine, opened: Open, vault: DocumentVault
) -> None:
    usual, longer = uuid4().hex, uuid4().hex
    long_ago = datetime.now(UTC) - timedelta(days=500)
    kept = {partner: await seal(opened, vault, partner, at=long_ago) for partner in (usual, longer)}
    young = await seal(opened, vault, usual, at=datetime.now(UTC) - timedelta(days=300))
    async with opened("acme") as tx:
        rule = NewRule(key=POLICY, value=4000, valid_from=MARCH - timedelta(days=900), scope=Scope(partner=longer))
        await policy.add(tx.driver, "acme", rule)
    assert await Retention(engine, ("acme",), vault).once() >= 1
    with pytest.raises(KeyDropped):
        await reopen(opened, vault, usual, kept[usual])
    assert await reopen(opened, vault, usual, young) == RAW
    assert await reopen(opened, vault, longer, kept[longer]) == RAW


async def test_another_process_sees_a_dropped_key_at_once(opened: Open, tmp_path: Path) -> None:
    keys, partner = master(tmp_path, key()), uuid4().hex
    one, other = DocumentVault(keys), DocumentVault(keys)
    sealed = await seal(opened, one, partner, at=datetime(2020, 1, 1, tzinfo=UTC))
    assert await reopen(opened, other, partner, sealed) == RAW
    async with opened("acme") as tx:
        await drop_keys(tx.driver, "acme", partner, before=date(2020, 2, 1))
    with pytest.raises(KeyDropped):
        await reopen(opened, other, partner, sealed)


async def test_two_who_seal_the_first_document_of_a_month_share_its_key(opened: Open, vault: DocumentVault) -> None:
    partner = uuid4().hex
    at = datetime(2026, 5, 1, tzinfo=UTC)
    both = await asyncio.gather(*(seal(opened, vault, partner, bytes([n]), at) for n in range(6)))
    assert [await reopen(opened, vault, partner, sealed) for sealed in both] == [bytes([n]) for n in range(6)]


async def test_a_new_master_key_takes_over_without_touching_documents(
    opened: Open, engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    partner, old_line, new_line = uuid4().hex, f"2025:{key()}", f"2026:{key()}"
    # Of today: retention, which takes the keys over, drops those of documents whose time has passed.
    sealed = await seal(opened, DocumentVault(master(tmp_path, old_line)), partner, at=datetime.now(UTC))
    rotating = DocumentVault(master(tmp_path, new_line, old_line))
    assert await reopen(opened, rotating, partner, sealed) == RAW
    async with opened("acme") as tx:
        await tx.driver.execute("DELETE FROM data_key WHERE partner <> $1", partner)
    lost = DocumentVault(master(tmp_path, new_line))
    for vault in (lost, rotating, rotating):
        await Retention(engine, ("acme",), vault).once()
    async with opened("acme") as tx:
        assert await rotating.rewrap(tx.driver, "acme") == 0, "retention had done it"
    assert "no master key named 2025" in caplog.text
    assert await reopen(opened, DocumentVault(master(tmp_path, new_line)), partner, sealed) == RAW
    with pytest.raises(MasterKeyFlawed):
        await reopen(opened, DocumentVault(master(tmp_path, old_line)), partner, sealed)


# Named, because the last one is another one in each of pytest's processes.
@pytest.mark.parametrize(
    "content",
    ["", "short:QUJD", "not base64!", "\u00fcmlaut:QUJD", f"a:{key()}\na:{key()}"],
    ids=["empty", "short", "not base64", "not ascii", "twice"],
)
def test_a_flawed_key_file_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    with pytest.raises(MasterKeyFlawed) as refused:
        master(tmp_path, content)
    assert content.rpartition(":")[2] not in str(refused.value) or not content


def test_a_key_may_be_given_as_its_bytes_and_later_by_name(tmp_path: Path) -> None:
    file = tmp_path / "raw.key"
    file.write_bytes(raw := os.urandom(32))
    named = master(tmp_path, f"master:{base64.b64encode(raw).decode()}")
    assert named.unwrap(MasterKey.read(file).wrap(b"data key", b"about"), b"about") == b"data key"


def test_a_master_key_does_not_show_in_its_repr(tmp_path: Path) -> None:
    line = key()
    assert repr(base64.b64decode(line)) not in repr(master(tmp_path, line))


@given(raw=st.binary(max_size=2000), month=st.integers(1, 12))
async def test_any_bytes_come_back(engine: Engine, raw: bytes, month: int) -> None:
    vault = DocumentVault(MasterKey("m", {"m": b"k" * 32}))
    at = datetime(2027, month, 2, tzinfo=UTC)
    async with transaction(engine, ("acme",)) as tx:
        sealed = await vault.seal(tx.driver, tenant="acme", partner="any", at=at, raw=raw)
        assert await vault.open(tx.driver, tenant="acme", partner="any", sealed=sealed) == raw
