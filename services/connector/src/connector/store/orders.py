"""What the connector knows of purchase orders: their ids by number, and which revision went where and was accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from uuid import UUID

from crossdock_kit.driver import Driver

from connector.domain.revision import SentRevision, Stamp


@dataclass(frozen=True, slots=True)
class KnownOrder:
    tenant: str
    purchase_order_id: str
    business_unit: str
    number: str
    supplier_id: str
    revision: int


_LEARN = """
INSERT INTO known_order (tenant, purchase_order_id, business_unit, number, supplier_id, revision)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant, purchase_order_id) DO UPDATE SET
  revision = greatest(known_order.revision, excluded.revision), supplier_id = excluded.supplier_id
"""


async def learn_all(driver: Driver, found: Sequence[KnownOrder]) -> None:
    if found:
        await driver.executemany(_LEARN, [astuple(each) for each in found])


async def transactions_of(driver: Driver, tenant: str, numbers: Sequence[str]) -> dict[str, str]:
    """Purchase order ids by number; one number of two ERPs is left out, because it is two orders."""
    rows = await driver.fetch(
        "SELECT number, min(purchase_order_id) AS id FROM known_order WHERE tenant = $1 AND number = ANY($2::text[])"
        " GROUP BY number HAVING count(*) = 1",
        tenant,
        list(numbers),
    )
    return {row["number"]: row["id"] for row in rows}


@dataclass(frozen=True, slots=True)
class SentOrder:
    """A revision of an order that a document carries to a partner."""

    tenant: str
    document_id: UUID
    partner: str
    number: str
    revision: int


_NOTE_SENT = """
INSERT INTO sent_revision (tenant, document_id, partner, number, revision) VALUES ($1, $2, $3, $4, $5)
"""


async def note_sent(driver: Driver, orders: Sequence[SentOrder]) -> None:
    if orders:
        await driver.executemany(_NOTE_SENT, [astuple(each) for each in orders])


async def accept(driver: Driver, tenant: str, document_id: UUID, at: datetime, interchange: int) -> None:
    """The partner accepted it at `at` by its clock; the first acceptance counts."""
    await driver.execute(
        "UPDATE sent_revision SET accepted_at = $3, accepted_interchange = $4"
        " WHERE tenant = $1 AND document_id = $2 AND accepted_at IS NULL",
        tenant,
        document_id,
        at,
        interchange,
    )


async def sent(driver: Driver, tenant: str, partner: str, number: str) -> list[SentRevision]:
    rows = await driver.fetch(
        "SELECT revision, accepted_at, accepted_interchange FROM sent_revision"
        " WHERE tenant = $1 AND partner = $2 AND number = $3 ORDER BY revision",
        tenant,
        partner,
        number,
    )
    return [
        SentRevision(
            row["revision"],
            Stamp(row["accepted_at"], row["accepted_interchange"]) if row["accepted_at"] is not None else None,
        )
        for row in rows
    ]
