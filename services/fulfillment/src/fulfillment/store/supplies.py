"""What is to come of items, as inventory said last, and who waits for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from crossdock_kit import json_rows
from crossdock_kit.database.claims import groups_claimed
from crossdock_kit.driver import Driver

from fulfillment.domain.order_line import STOCK
from fulfillment.domain.promising import Lot, Waiting
from fulfillment.domain.quantities import exact, plain
from fulfillment.ports import SupplyStatement
from fulfillment.store.tables import WAITS

_KEEP = """
INSERT INTO supply (tenant, sku, business_unit, location_id, version, lots) VALUES ($1, $2, $3, $4, $5, $6::jsonb)
ON CONFLICT (tenant, sku, business_unit, location_id) DO UPDATE SET version = excluded.version, lots = excluded.lots
WHERE supply.version < excluded.version
RETURNING version
"""
_LOTS = """
SELECT s.sku, s.location_id, l.supply, l.due_on, l.quantity
FROM supply s, jsonb_to_recordset(s.lots) AS l (supply text, due_on date, quantity numeric)
WHERE s.tenant = $1 AND s.sku = ANY($2::text[]) AND s.business_unit = $3 AND l.due_on >= $4
"""
_WAITING = f"""
SELECT s.sku, s.order_id, s.position, s.number, s.quantity, s.supply, s.promised_on, s.reason, s.turn_at,
  o.locations, o.requested_on
FROM line_schedule s JOIN sales_order o ON o.tenant = s.tenant AND o.order_id = s.order_id
WHERE s.tenant = $1 AND s.sku = ANY($2::text[]) AND ({WAITS.replace("state", "s.state")}) AND s.supply <> $3
  AND o.business_unit = $4
ORDER BY s.turn_at, s.order_id, s.position, s.number LIMIT $5
"""  # noqa: S608


class SupplyRows:
    def __init__(self, driver: Driver, tenant: str, today: date) -> None:
        self._driver, self._tenant, self._today = driver, tenant, today

    async def claim(self, skus: Iterable[str]) -> None:
        if wanted := set(skus):
            await groups_claimed(self._driver, self._tenant, "supply", wanted)

    async def keep(self, statement: SupplyStatement) -> bool:
        lots = [
            {"supply": each.supply, "due_on": each.due_on.isoformat(), "quantity": str(each.quantity)}
            for each in statement.lots
        ]
        place = (statement.sku, statement.business_unit, statement.location_id, statement.version)
        return bool(await self._driver.fetch(_KEEP, self._tenant, *place, json_rows.encode(lots)))

    async def lots(self, business_unit: str, skus: Iterable[str]) -> dict[str, Sequence[Lot]]:
        """What should have come before today is nobody's promise."""
        found: dict[str, list[Lot]] = defaultdict(list)
        for row in await self._driver.fetch(_LOTS, self._tenant, sorted(set(skus)), business_unit, self._today):
            found[row["sku"]].append(Lot(row["supply"], row["location_id"], row["due_on"], exact(row["quantity"])))
        return dict(found)

    async def waiting(self, business_unit: str, skus: Iterable[str], most: int) -> dict[str, Sequence[Waiting]]:
        found: dict[str, list[Waiting]] = defaultdict(list)
        asked = (sorted(set(skus)), STOCK, business_unit, most)
        for row in await self._driver.fetch(_WAITING, self._tenant, *asked):
            found[row["sku"]].append(
                Waiting(
                    row["order_id"],
                    row["position"],
                    row["number"],
                    plain(row["quantity"]),
                    tuple(row["locations"]),
                    row["supply"],
                    row["promised_on"],
                    row["requested_on"],
                    row["reason"],
                    row["turn_at"],
                )
            )
        return dict(found)
