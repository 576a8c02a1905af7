"""Holding back: every stock row keeps what the policy in force says of it, and its new availability is announced."""

from __future__ import annotations

from inventory.domain.movement import StockKey
from inventory.ports import UnitOfWork

ROWS_AT_ONCE = 500


async def rules_in_force(tenant: str, uow: UnitOfWork) -> tuple[int, ...] | None:
    """Versions of the rules in force; None where no rule was ever made."""
    async with uow(tenants=(tenant,)) as work:
        return await work.ledger.rules_in_force(tenant)


async def hold_back_stock(tenant: str, uow: UnitOfWork) -> int:
    """How many rows keep something else than before. A transaction for each page, so that nobody waits long."""
    changed, after = 0, StockKey(tenant, "", "", "")
    while True:
        async with uow(tenants=(tenant,)) as work:
            page = await work.ledger.hold_back(after, ROWS_AT_ONCE)
        changed += page.changed
        if page.last is None:
            return changed
        after = page.last
