"""What the connector knows of purchase orders: their ids by number, and which revision went where and was accepted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from crossdock_kit import json_rows
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
SELECT tenant, purchase_order_id, business_unit, number, supplier_id, revision FROM json_to_recordset($1::json)
  AS r(tenant text, purchase_order_id text, business_unit text, number text, supplier_id text, revision int)
ORDER BY tenant, purchase_order_id
ON CONFLICT (tenant, purchase_order_id) DO UPDATE SET
  revision = greatest(known_order.revision, excluded.revision), supplier_id = excluded.supplier_id
"""


async def learn_all(driver: Driver, found: Sequence[KnownOrder]) -> None:
    """Of one order that is told of several times the last is learnt."""
    latest = {(each.tenant, each.purchase_order_id): each for each in found}
    if latest:
        await driver.execute(_LEARN, json_rows.encode(asdict(each) for each in latest.values()))


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
INSERT INTO sent_revision (tenant, document_id, partner, number, revision)
SELECT tenant, document_id, partner, number, revision FROM json_to_recordset($1::json)
  AS r(tenant text, document_id uuid, partner text, number text, revision int)
"""


async def note_sent(driver: Driver, orders: Sequence[SentOrder]) -> None:
    if orders:
        await driver.execute(_NOTE_SENT, json_rows.encode(asdict(each) for each in orders))


@dataclass(frozen=True, slots=True)
class Accepted:
    """The partner accepted a document at `at` by its clock."""

    tenant: str
    document_id: UUID
    at: datetime
    interchange: int


_ACCEPT = """
UPDATE sent_revision s SET accepted_at = r.at, accepted_interchange = r.interchange
FROM json_to_recordset($1::json) AS r(tenant text, document_id uuid, at timestamptz, interchange bigint)
WHERE s.tenant = r.tenant AND s.document_id = r.document_id AND s.accepted_at IS NULL
"""


async def accept_all(driver: Driver, accepted: Iterable[Accepted]) -> None:
    """The first acceptance of each document counts."""
    first: dict[UUID, Accepted] = {}
    for each in accepted:
        first.setdefault(each.document_id, each)
    if first:
        await driver.execute(_ACCEPT, json_rows.encode(asdict(each) for each in first.values()))


async def sent(
    driver: Driver, tenant: str, partner: str, numbers: Sequence[str]
) -> dict[str, dict[UUID, SentRevision]]:
    """The revisions of each order that went to the partner, by the document that carried them."""
    rows = await driver.fetch(
        "SELECT number, document_id, revision, accepted_at, accepted_interchange FROM sent_revision"
        " WHERE tenant = $1 AND partner = $2 AND number = ANY($3::text[]) ORDER BY revision",
        tenant,
        partner,
        list(numbers),
    )
    found: dict[str, dict[UUID, SentRevision]] = {number: {} for number in numbers}
    for row in rows:
        at, interchange = row["accepted_at"], row["accepted_interchange"]
        accepted = Stamp(at, interchange) if at is not None else None
        found[row["number"]][row["document_id"]] = SentRevision(row["revision"], accepted)
    return found
