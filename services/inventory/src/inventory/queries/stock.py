"""What is there, and how it came to be: one transaction for each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from crossdock_kit.database import Engine, transaction
from crossdock_kit.driver import Driver
from crossdock_kit.errors import Invalid, NotFound

from inventory.domain.item import Item
from inventory.store.master_data import StoredMasterData, described

Row = Mapping[str, Any]
PAGE = 100


@dataclass
class PageTokenInvalid(Invalid):
    page_token: str


@dataclass
class NoSuchItem(NotFound):
    sku: str


@dataclass(frozen=True, slots=True)
class Where:
    """Which stock is asked for; empty means any."""

    tenant: str
    locations: Sequence[str] = ()
    business_unit: str = ""
    channel: str = ""


_BALANCES = """
SELECT location_id, lot, business_unit, account, quantity FROM (
  SELECT location_id, lot, business_unit, b.account, b.quantity FROM lot_stock,
    LATERAL (VALUES (1, sellable), (2, quarantined), (3, damaged), (4, returned), (5, staged), (10, allocated))
      AS b (account, quantity) WHERE tenant = $1 AND sku = $2
  UNION ALL
  SELECT location_id, '', business_unit, b.account, b.quantity FROM stock,
    LATERAL (VALUES (8, reserved), (9, committed), (11, -reserved - committed - allocated), (13, customer),
      (14, adjustment), (15, scrap)) AS b (account, quantity) WHERE tenant = $1 AND sku = $2
  UNION ALL
  SELECT location_id, '', business_unit, b.account, b.quantity FROM pipeline,
    LATERAL (VALUES (6, in_transit), (7, on_order), (12, supplier)) AS b (account, quantity)
    WHERE tenant = $1 AND sku = $2
) AS balances WHERE quantity <> 0 ORDER BY location_id, business_unit, account, lot
"""


MOST_PIECES = 1000
_SERIALS = """
SELECT *, count(*) OVER () AS pieces FROM serial_stock
WHERE tenant = $1 AND sku = $2 AND (serial = $3 OR ($3 = '' AND (on_hand <> 0 OR doubt <> '')))
ORDER BY doubt = '', serial, location_id, business_unit LIMIT $4
"""
_WORDS = """
SELECT * FROM serial_word WHERE tenant = $1 AND sku = $2 AND serial = $3
ORDER BY occurred_at DESC, word_id DESC LIMIT $4
"""


class StockOfItem(NamedTuple):
    """`pieces`: those that are named on hand or in doubt; of one that was asked for wherever it is or was, and `words`
    that were said of it."""

    item: Item
    balances: Sequence[Row]
    pieces: Sequence[Row]
    words: Sequence[Row]


async def stock_of(engine: Engine, tenant: str, sku: str, serial: str = "") -> StockOfItem:
    """Every balance that is not zero, and the pieces that are named. Raises NoSuchItem."""
    async with transaction(engine, (tenant,)) as tx:
        item = await item_of(tx.driver, tenant, sku)
        balances = await tx.driver.fetch(_BALANCES, tenant, sku)
        pieces = await tx.driver.fetch(_SERIALS, tenant, sku, serial, MOST_PIECES)
        words = await tx.driver.fetch(_WORDS, tenant, sku, serial, MOST_PIECES) if serial else []
        return StockOfItem(item, balances, pieces, words)


async def item_of(driver: Driver, tenant: str, sku: str) -> Item:
    known = await StoredMasterData(driver).known(tenant, [sku])
    if sku not in known:
        raise NoSuchItem(sku)
    return known[sku]


_MOVEMENTS = f"""
SELECT m.*, coalesce(nullif(m.unit, ''), i.base_unit, '') AS shown_unit, p.number AS posting_number,
  p.posted_on AS posting_date, p.state AS posting_state, coalesce(p.reason, '') AS posting_reason
FROM movement m {described("m")}
LEFT JOIN posting p ON p.tenant = m.tenant AND p.posting_key = m.posting_key AND m.posting_key <> ''
WHERE m.tenant = $1 AND m.sku = $2 AND ($3 = '' OR m.location_id = $3) AND ($4::uuid IS NULL OR m.movement_id < $4)
ORDER BY m.movement_id DESC LIMIT $5
"""  # noqa: S608


async def movements(engine: Engine, where: Where, sku: str, page_size: int, page_token: str) -> tuple[list[Row], str]:
    """Newest first, with the token of the next page or an empty one. Raises PageTokenInvalid."""
    size = min(page_size or PAGE, 1000)
    location = where.locations[0] if where.locations else ""
    async with transaction(engine, (where.tenant,)) as tx:
        rows = await tx.driver.fetch(_MOVEMENTS, where.tenant, sku, location, _after(page_token), size + 1)
    return rows[:size], str(rows[size - 1]["movement_id"]) if len(rows) > size else ""


def _after(page_token: str) -> UUID | None:
    if not page_token:
        return None
    try:
        return UUID(page_token)
    except ValueError:
        raise PageTokenInvalid(page_token) from None
