"""Reads of documents and partners, straight from SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from crossdock_kit.database import Engine, transaction

from connector.ports import Vault
from connector.store import documents, health, partners
from connector.store.document import Document, DocumentUnknown
from connector.store.health import Health
from connector.store.partners import StoredPartner

DEFAULT_PAGE = 100
_NEWEST = 2**62


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents: of a partner or all, in a state or any (0), older than a position (0: from the newest)."""

    partner: str
    state: int
    before: int


async def get_document(engine: Engine, tenant: str, document_id: UUID, partner: str | None) -> Document:
    """A caller that is a partner sees its own. Raises DocumentUnknown."""
    async with transaction(engine, (tenant,)) as tx:
        found = await documents.get(tx.driver, tenant, document_id)
    if partner is not None and found.partner != partner:
        raise DocumentUnknown(str(document_id))
    return found


async def get_content(
    engine: Engine, vault: Vault, tenant: str, document_id: UUID, partner: str | None
) -> tuple[bytes, str]:
    """The raw bytes and their content type. Raises DocumentUnknown."""
    document = await get_document(engine, tenant, document_id, partner)
    async with transaction(engine, (tenant,)) as tx:
        sealed = await documents.content(tx.driver, tenant, document_id)
        return await vault.within(tx.driver).open(document.kept, sealed), document.content_type


async def list_documents(engine: Engine, tenant: str, wanted: Wanted, limit: int) -> list[Document]:
    """Newest first."""
    async with transaction(engine, (tenant,)) as tx:
        return await documents.page(
            tx.driver,
            tenant,
            partner=wanted.partner,
            state=wanted.state,
            before=wanted.before or _NEWEST,
            limit=limit,
        )


async def list_partners(engine: Engine, tenant: str, *, after: str, limit: int) -> list[StoredPartner]:
    async with transaction(engine, (tenant,)) as tx:
        return await partners.page(tx.driver, tenant, after=after, limit=limit)


async def list_health(engine: Engine, tenant: str, only: str, *, after: str, limit: int) -> Sequence[Health]:
    """How business with each partner stands, by partner id; with one alone where it is named."""
    async with transaction(engine, (tenant,)) as tx:
        return await health.page(tx.driver, tenant, only, after=after, limit=limit)


async def unread(engine: Engine, tenants: tuple[str, ...]) -> int:
    """Documents that are stored and have not come to an end; those that wait for master data are not work."""
    async with transaction(engine, tenants) as tx:
        found = await tx.driver.fetchval("SELECT count(*) FROM document WHERE NOT outbound AND state IN (1, 2)")
        return int(found)
