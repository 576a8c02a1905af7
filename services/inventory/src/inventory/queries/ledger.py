"""The ledger checked against itself: every balance replayed, every overlay against the promises behind it.

One statement sees one state, so it may run at any time. It finds differences; it repairs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossdock_kit.database import Engine, transaction

from inventory.domain.accounts import BY_LOT, CONTRA, PROMISED, SUPPLY, Account
from inventory.domain.quantity import plain
from inventory.domain.reservation import State
from inventory.domain.stock_move import TO_PUT_AWAY

MOST_DIFFERENCES = 100
PIECES = "pieces by serial"
_BY_LOT = ", ".join(str(int(each)) for each in sorted(BY_LOT))


def _columns(table: str, accounts: frozenset[Account], lot: str) -> str:
    values = ", ".join(f"({int(each)}, {each.name.lower()})" for each in sorted(accounts))
    return (
        f"SELECT tenant, sku, location_id, business_unit, {lot} AS lot, b.account, b.quantity"  # noqa: S608
        f" FROM {table}, LATERAL (VALUES {values}) AS b (account, quantity)"
    )


_KEPT_BY_LOT = _columns("lot_stock", BY_LOT, "lot")
_KEPT_IN_STOCK = _columns("stock", (PROMISED | CONTRA) - BY_LOT - {Account.SUPPLIER}, "''")
_KEPT_IN_PIPELINE = _columns("pipeline", SUPPLY | {Account.SUPPLIER}, "''")
_STOCK_OF_LOTS = _columns("stock", BY_LOT, "''")
_OPEN_DEMAND = (
    f"SELECT tenant, sku, location_id, business_unit, '' AS lot, {int(Account.OPEN_DEMAND)} AS account,"  # noqa: S608
    " -reserved - committed - allocated AS quantity FROM stock"
)
_WAITS = " ".join(f"WHEN '{reason}' THEN {sign} * quantity" for reason, sign in TO_PUT_AWAY.items())
_COMPARE = f"""
WITH legs AS (
  SELECT tenant, sku, location_id, business_unit, CASE WHEN source IN ({_BY_LOT}) THEN lot ELSE '' END AS lot,
    source AS account, -quantity AS quantity FROM movement
  UNION ALL
  SELECT tenant, sku, location_id, business_unit, CASE WHEN target IN ({_BY_LOT}) THEN lot ELSE '' END,
    target, quantity FROM movement
), replayed AS (
  SELECT 'balance' AS what, tenant, sku, location_id, business_unit, lot, account, sum(quantity) AS quantity FROM legs
  GROUP BY tenant, sku, location_id, business_unit, lot, account
), promised AS (
  SELECT r.tenant, p.sku, p.location_id, r.business_unit, r.state, p.quantity
  FROM reservation r JOIN reservation_part p USING (tenant, reservation_id)
  WHERE r.state IN ({int(State.HELD)}, {int(State.COMMITTED)})
), bound AS (
  SELECT a.tenant, a.sku, a.location_id, r.business_unit, a.lot, a.quantity
  FROM allocation a JOIN reservation r USING (tenant, reservation_id) WHERE r.state = {int(State.ALLOCATED)}
), expected AS (
  SELECT * FROM replayed
  UNION ALL SELECT 'sum over lots', tenant, sku, location_id, business_unit, '', account, sum(quantity)
    FROM replayed WHERE account IN ({_BY_LOT}) GROUP BY tenant, sku, location_id, business_unit, account
  UNION ALL SELECT 'open promises', tenant, sku, location_id, business_unit, '',
    CASE state WHEN {int(State.HELD)} THEN {int(Account.RESERVED)} ELSE {int(Account.COMMITTED)} END, sum(quantity)
    FROM promised GROUP BY tenant, sku, location_id, business_unit, state
  UNION ALL SELECT 'bound lots', tenant, sku, location_id, business_unit, lot, {int(Account.ALLOCATED)}, sum(quantity)
    FROM bound GROUP BY tenant, sku, location_id, business_unit, lot
  UNION ALL SELECT 'owed by order lines', tenant, sku, location_id, business_unit, '', {int(Account.ON_ORDER)},
    sum(on_order) FROM supply_line GROUP BY tenant, sku, location_id, business_unit
  UNION ALL SELECT 'under way by ship notices', tenant, sku, location_id, business_unit, '',
    {int(Account.IN_TRANSIT)}, sum(in_transit) FROM notice_line GROUP BY tenant, sku, location_id, business_unit
  UNION ALL SELECT 'to put away', tenant, sku, location_id, business_unit, lot, {int(Account.STAGED)},
    sum(CASE reason {_WAITS} ELSE 0 END) FROM movement
    WHERE {int(Account.STAGED)} IN (source, target) GROUP BY tenant, sku, location_id, business_unit, lot
  UNION ALL SELECT '{PIECES}', tenant, sku, location_id, business_unit, serial, 0, sum(change) FROM serial_word
    GROUP BY tenant, sku, location_id, business_unit, serial
), kept_balances AS (
  {_KEPT_BY_LOT} UNION ALL {_KEPT_IN_STOCK} UNION ALL {_KEPT_IN_PIPELINE} UNION ALL {_OPEN_DEMAND}
), kept AS (
  SELECT 'balance' AS what, * FROM kept_balances
  UNION ALL SELECT 'sum over lots', * FROM ({_STOCK_OF_LOTS}) AS totals
  UNION ALL SELECT 'open promises', * FROM kept_balances
    WHERE account IN ({int(Account.RESERVED)}, {int(Account.COMMITTED)})
  UNION ALL SELECT 'bound lots', * FROM kept_balances WHERE account = {int(Account.ALLOCATED)}
  UNION ALL SELECT 'owed by order lines', * FROM kept_balances WHERE account = {int(Account.ON_ORDER)}
  UNION ALL SELECT 'under way by ship notices', * FROM kept_balances WHERE account = {int(Account.IN_TRANSIT)}
  UNION ALL SELECT 'to put away', tenant, sku, location_id, business_unit, lot, {int(Account.STAGED)}, to_put_away
    FROM lot_stock
  UNION ALL SELECT '{PIECES}', tenant, sku, location_id, business_unit, serial, 0, on_hand FROM serial_stock
)
SELECT what, sku, location_id, business_unit, lot, account, coalesce(e.quantity, 0) AS expected,
  coalesce(k.quantity, 0) AS kept
FROM expected e FULL JOIN kept k USING (what, tenant, sku, location_id, business_unit, lot, account)
WHERE coalesce(e.quantity, 0) <> coalesce(k.quantity, 0)
ORDER BY what, sku, location_id, business_unit, lot, account LIMIT {MOST_DIFFERENCES}
"""  # noqa: S608
_COUNT = "SELECT (SELECT count(*) FROM movement) AS movements, (SELECT count(*) FROM ({kept}) AS k) AS balances"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`differences` are sentences; none means that everything agrees."""

    movements: int
    balances: int
    differences: list[str]


async def verify_ledger(engine: Engine, tenant: str) -> Verdict:
    async with transaction(engine, (tenant,)) as tx:
        await tx.driver.execute("SET LOCAL statement_timeout = '60s'")
        found = await tx.driver.fetch(_COMPARE)
        kept = f"{_KEPT_BY_LOT} UNION ALL {_KEPT_IN_STOCK} UNION ALL {_KEPT_IN_PIPELINE}"
        (counts,) = await tx.driver.fetch(_COUNT.format(kept=kept))
    return Verdict(counts["movements"], counts["balances"], [_sentence(row) for row in found])


def _sentence(row: Mapping[str, Any]) -> str:
    """Of a piece its serial stands in place of a lot, and it lies in no account."""
    if row["what"] == PIECES:
        return (
            f"{row['what']}: {row['lot']} of {row['sku']} at {row['location_id']} for {row['business_unit']}"
            f" is there {plain(row['kept'])} times, should be {plain(row['expected'])}"
        )
    lot = f", lot {row['lot']}" if row["lot"] else ""
    account = Account(row["account"]).name
    return (
        f"{row['what']}: {account} of {row['sku']} at {row['location_id']} for {row['business_unit']}{lot}"
        f" is {plain(row['kept'])}, should be {plain(row['expected'])}"
    )
