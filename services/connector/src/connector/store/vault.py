"""Raw documents sealed with the kit's keys per partner and month; the row already says month and hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from crossdock_kit import crypto
from crossdock_kit.crypto import MasterKey, Sealed
from crossdock_kit.driver import Driver
from crossdock_kit.settings import ServiceSettings, SettingsError

from connector.ports import Kept


@dataclass(frozen=True, slots=True)
class DocumentVault:
    """Answers `Vault`."""

    inner: crypto.DocumentVault

    @classmethod
    def from_settings(cls, settings: ServiceSettings) -> DocumentVault:
        """Raises SettingsError without a master key: raw documents are never stored in clear."""
        if settings.data_key_file is None:
            raise SettingsError("CROSSDOCK_DATA_KEY_FILE is not set")
        return cls(crypto.DocumentVault(MasterKey.read(settings.data_key_file)))

    def within(self, driver: Driver) -> OpenDocumentVault:
        return OpenDocumentVault(self.inner.within(driver))


@dataclass(frozen=True, slots=True)
class OpenDocumentVault:
    """Answers `OpenVault`."""

    inner: crypto.OpenVault

    async def seal(self, kept: Kept, content: bytes) -> bytes:
        sealed = await self.inner.seal(tenant=kept.tenant, partner=kept.partner, at=kept.at, raw=content)
        return sealed.ciphertext

    async def open(self, kept: Kept, sealed: bytes) -> bytes:
        month = kept.at.astimezone(UTC).date().replace(day=1)
        found = Sealed(month, bytes.fromhex(kept.sha256), sealed)
        return await self.inner.open(tenant=kept.tenant, partner=kept.partner, sealed=found)
