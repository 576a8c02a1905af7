"""A transfer as it is known now."""

from __future__ import annotations

from crossdock_kit.database import Engine, transaction

from inventory.domain.stock_transfer import StockTransfer, TransferUnknown
from inventory.store.transfers import StoredTransfers


async def transfer_of(engine: Engine, tenant: str, business_unit: str, number: str) -> StockTransfer:
    """Raises TransferUnknown."""
    async with transaction(engine, (tenant,)) as tx:
        found = await StoredTransfers(tx.driver, tenant).find(business_unit, number)
    if found is None:
        raise TransferUnknown(number, business_unit)
    return found
