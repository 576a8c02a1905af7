"""Who was promised what of a stock row, newest first, and how often a channel sold what is not there.

Found by the item's newest movements, so what it costs does not grow with the reservations of other items.
"""

from __future__ import annotations

from collections.abc import Iterable

from crossdock_kit.driver import Driver
from crossdock_kit.telemetry import metrics, names

from inventory.domain.accounts import Account
from inventory.domain.movement import StockKey
from inventory.domain.oversold import OpenPromise
from inventory.domain.reservation import State

OVERSOLD = "crossdock.inventory.oversold"
"""Each time when more became promised than is sellable, by the channel that had promised it."""
CHANNEL = "crossdock.channel"

MOST_PROMISES = 500
"""What is looked through for a row; who was promised something before these had stock."""
_PROMISES = f"""
SELECT r.channel, CASE r.state WHEN {int(State.ALLOCATED)} THEN coalesce(a.quantity, 0) ELSE p.quantity END AS quantity
FROM (
  SELECT transaction_id::uuid AS reservation_id, movement_id FROM movement
  WHERE tenant = $1 AND sku = $2 AND location_id = $3 AND business_unit = $4 AND target = {int(Account.RESERVED)}
  ORDER BY movement_id DESC LIMIT {MOST_PROMISES}
) AS m
JOIN reservation r ON r.tenant = $1 AND r.reservation_id = m.reservation_id
JOIN reservation_part p ON p.tenant = $1 AND p.reservation_id = m.reservation_id AND p.sku = $2 AND p.location_id = $3
LEFT JOIN LATERAL (
  SELECT sum(quantity) AS quantity FROM allocation
  WHERE tenant = $1 AND reservation_id = m.reservation_id AND sku = $2 AND location_id = $3
) AS a ON true
WHERE r.state IN ({int(State.HELD)}, {int(State.COMMITTED)}, {int(State.ALLOCATED)})
ORDER BY m.movement_id DESC
"""  # noqa: S608


async def open_promises(driver: Driver, key: StockKey) -> list[OpenPromise]:
    """Newest first."""
    return [OpenPromise(row["channel"], row["quantity"]) for row in await driver.fetch(_PROMISES, *key)]


def count_oversold(key: StockKey, channels: Iterable[str]) -> None:
    for channel in channels:
        metrics.count(OVERSOLD, 1, {names.TENANT: key.tenant, CHANNEL: channel})
