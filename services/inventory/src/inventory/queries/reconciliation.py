"""The newest statement of a place against the ledger of its instant, as it is known now."""

from __future__ import annotations

from datetime import datetime

from crossdock_kit.database import Engine, transaction

from inventory.domain.statement import Comparison, StatementUnknown
from inventory.store.statements import StoredStatements


async def reconciliation(
    engine: Engine, tenant: str, location_id: str, business_unit: str, now: datetime
) -> Comparison:
    """Raises StatementUnknown."""
    async with transaction(engine, (tenant,)) as tx:
        statements = StoredStatements(tx.driver, tenant, now)
        statement = await statements.known(location_id, business_unit)
        if statement is None:
            raise StatementUnknown(location_id, business_unit)
        return await statements.compare(statement)
