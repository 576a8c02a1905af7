"""Raw documents at rest: encrypted under a data key per tenant, partner and month, so that retention drops one key.

A data key exists only wrapped by the master key, in a row that retention empties; what it encrypted is unreadable from
then on, and the hash that stands beside the document stays. AES-256-GCM throughout; tenant, partner, month and hash
are authenticated, so a ciphertext that was moved to another document does not open. It must not know what a document
is. Not covered: backups of the database that still hold a dropped key; expire them with the retention.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crossdock_kit.driver import Driver
from crossdock_kit.errors import NotFound, Refused

_KEY_BYTES = 32
_NONCE_BYTES = 12
_FORM = b"\x01"
_KEPT_IN_MEMORY = 256


@dataclass
class KeyDropped(NotFound):
    """The document's time of retention is over: its key is gone, its hash stays."""

    partner: str
    month: str


@dataclass
class DocumentDamaged(Refused):
    """The bytes are not those that were sealed for this document."""

    partner: str
    month: str


class MasterKeyFlawed(ValueError):
    """The master key's file is not lines of `name:base64 of 32 bytes`. Its content is never shown."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """The keys of CROSSDOCK_DATA_KEY_FILE by name. The first line wraps; the others still unwrap, for a rotation."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def read(cls, file: Path) -> MasterKey:
        """Lines of `name:base64`, or one key without a name ("master"): its 32 bytes, or these in base64.

        Raises MasterKeyFlawed.
        """
        content = file.read_bytes()
        if len(content) == _KEY_BYTES:
            return cls("master", {"master": content})
        lines = [line.strip() for line in content.decode("ascii", "replace").splitlines() if line.strip()]
        keys = dict(_key_of(line) for line in lines)
        if not keys or len(keys) != len(lines):
            raise MasterKeyFlawed(f"{file.name}: no key, or a name that stands twice")
        return cls(next(iter(keys)), keys)

    def wrap(self, data_key: bytes, about: bytes) -> bytes:
        """The data key, readable only with the current master key and only for what it is about."""
        name = self.current.encode()
        return bytes([len(name)]) + name + _seal(self.keys[self.current], data_key, about)

    def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        """Raises MasterKeyFlawed when the master key that wrapped it is not in the file any more."""
        length = wrapped[0]
        name, sealed = wrapped[1 : 1 + length].decode(), wrapped[1 + length :]
        if name not in self.keys:
            raise MasterKeyFlawed(f"no master key named {name}")
        return _open(self.keys[name], sealed, about)

    def wraps(self, wrapped: bytes) -> bool:
        """Whether the current key wrapped it."""
        return wrapped[1 : 1 + wrapped[0]] == self.current.encode()


def _key_of(line: str) -> tuple[str, bytes]:
    name, colon, text = line.rpartition(":")
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MasterKeyFlawed("a key is not base64") from error
    if len(key) != _KEY_BYTES or (colon and not 0 < len(name.encode()) < 256):
        raise MasterKeyFlawed("a key has 32 bytes and a short name")
    return name or "master", key


def _seal(key: bytes, plain: bytes, about: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return _FORM + nonce + AESGCM(key).encrypt(nonce, plain, about)


def _open(key: bytes, sealed: bytes, about: bytes) -> bytes:
    if sealed[:1] != _FORM:
        raise InvalidTag
    return AESGCM(key).decrypt(sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], about)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is stored of a document: the month of its key, the SHA-256 of its raw bytes, and the ciphertext."""

    month: date
    digest: bytes
    ciphertext: bytes


class DocumentVault:
    """Seals and opens raw documents. Unwrapped data keys are kept in memory, found again by their wrapped form."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master
        self._unwrapped: OrderedDict[bytes, bytes] = OrderedDict()

    def within(self, driver: Driver) -> OpenVault:
        """For many documents of one transaction: each key is asked for once."""
        return OpenVault(self, driver)

    async def seal(self, driver: Driver, *, tenant: str, partner: str, at: datetime, raw: bytes) -> Sealed:
        """Encrypts in the transaction that stores the document. `at`, when it came, decides the month."""
        return await self.within(driver).seal(tenant=tenant, partner=partner, at=at, raw=raw)

    async def open(self, driver: Driver, *, tenant: str, partner: str, sealed: Sealed) -> bytes:
        """The raw bytes. Raises KeyDropped after retention and DocumentDamaged if it is not what was sealed."""
        return await self.within(driver).open(tenant=tenant, partner=partner, sealed=sealed)

    async def rewrap(self, driver: Driver, tenant: str) -> int:
        """After the master key was changed: wraps the tenant's data keys anew; how many. Documents stay as they are."""
        rows = await driver.fetch(
            "SELECT partner, month, wrapped FROM data_key WHERE tenant = $1 AND wrapped IS NOT NULL FOR UPDATE", tenant
        )
        old = [row for row in rows if not self._master.wraps(row["wrapped"])]
        anew = [self._wrapped_anew(tenant, row["partner"], row["month"], row["wrapped"]) for row in old]
        await driver.execute(
            "UPDATE data_key d SET wrapped = r.wrapped FROM unnest($2::text[], $3::date[], $4::bytea[])"
            " AS r(partner, month, wrapped) WHERE d.tenant = $1 AND d.partner = r.partner AND d.month = r.month",
            tenant,
            [row["partner"] for row in old],
            [row["month"] for row in old],
            anew,
        )
        return len(old)

    def _wrapped_anew(self, tenant: str, partner: str, month: date, wrapped: bytes) -> bytes:
        about = _about(tenant, partner, month)
        return self._master.wrap(self._master.unwrap(wrapped, about), about)

    async def key(self, driver: Driver, tenant: str, partner: str, month: date) -> bytes | None:
        """Always asks the row, so that a key dropped by another process is gone here too."""
        wrapped = await driver.fetchval(
            "SELECT wrapped FROM data_key WHERE tenant = $1 AND partner = $2 AND month = $3", tenant, partner, month
        )
        if wrapped is None:
            return None
        if wrapped not in self._unwrapped:
            self._unwrapped[wrapped] = self._master.unwrap(wrapped, _about(tenant, partner, month))
            if len(self._unwrapped) > _KEPT_IN_MEMORY:
                self._unwrapped.popitem(last=False)
        return self._unwrapped[wrapped]

    async def new_key(self, driver: Driver, tenant: str, partner: str, month: date) -> bytes:
        """Of two transactions that need the first key of a month, one makes it. A dropped key is not made again."""
        wrapped = self._master.wrap(os.urandom(_KEY_BYTES), _about(tenant, partner, month))
        await driver.execute(
            "INSERT INTO data_key (tenant, partner, month, wrapped) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            tenant,
            partner,
            month,
            wrapped,
        )
        key = await self.key(driver, tenant, partner, month)
        if key is None:
            raise KeyDropped(partner, month.isoformat())
        return key


@dataclass(slots=True, eq=False)
class OpenVault:
    """A vault in one transaction, which remembers the keys that it read and is gone with it."""

    vault: DocumentVault
    driver: Driver
    _keys: dict[tuple[str, str, date], bytes] = field(default_factory=dict)

    async def seal(self, *, tenant: str, partner: str, at: datetime, raw: bytes) -> Sealed:
        """As `DocumentVault.seal`."""
        month = at.astimezone(UTC).date().replace(day=1)
        digest = hashlib.sha256(raw).digest()
        key = await self._key(tenant, partner, month)
        if key is None:
            key = self._keys[tenant, partner, month] = await self.vault.new_key(self.driver, tenant, partner, month)
        return Sealed(month, digest, _seal(key, raw, _about(tenant, partner, month) + digest))

    async def open(self, *, tenant: str, partner: str, sealed: Sealed) -> bytes:
        """As `DocumentVault.open`."""
        key = await self._key(tenant, partner, sealed.month)
        if key is None:
            raise KeyDropped(partner, sealed.month.isoformat())
        try:
            return _open(key, sealed.ciphertext, _about(tenant, partner, sealed.month) + sealed.digest)
        except InvalidTag as error:
            raise DocumentDamaged(partner, sealed.month.isoformat()) from error

    async def _key(self, tenant: str, partner: str, month: date) -> bytes | None:
        found = self._keys.get((tenant, partner, month))
        if found is None:
            found = await self.vault.key(self.driver, tenant, partner, month)
            if found is not None:
                self._keys[tenant, partner, month] = found
        return found


def _about(tenant: str, partner: str, month: date) -> bytes:
    parts = (tenant.encode(), partner.encode(), month.isoformat().encode())
    return b"".join(len(part).to_bytes(2) + part for part in parts)


async def drop_keys(driver: Driver, tenant: str, partner: str, *, before: date) -> int:
    """Ends retention: the partner's keys of all months that ended by that date are gone for good; how many."""
    done = await driver.execute(
        "UPDATE data_key SET wrapped = NULL, dropped_at = now()"
        " WHERE tenant = $1 AND partner = $2 AND wrapped IS NOT NULL AND month + interval '1 month' <= $3::date",
        tenant,
        partner,
        before,
    )
    return int(done.rpartition(" ")[2])
