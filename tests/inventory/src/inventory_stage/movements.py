"""Stock with a past: what was there two hours before nine, and what moved at which time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from inventory.domain.accounts import Account
from inventory.domain.movement import Document, Movement, StockKey

from inventory_stage import UNIT, D, Stage

NINE = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


def a_sku(prefix: str = "SR") -> str:
    return f"{prefix}-{uuid4().hex[:8].upper()}"


async def moved(stage: Stage, sku: str, quantity: str, *, at: datetime, location: str = "EAST") -> None:
    """So much left for staging at that time."""
    key = StockKey("acme", sku, location, UNIT)
    async with stage.work() as work:
        document = Document("pick/1", at, transaction_id=str(uuid4()))
        await work.ledger.book([Movement(key, Account.SELLABLE, Account.STAGED, D(quantity), "PICK", document)])


async def stocked(stage: Stage, quantity: int, location: str = "EAST", lot: str = "") -> str:
    """An item of which so much was there two hours before nine."""
    sku = a_sku()
    await stage.know(sku)
    key = StockKey("acme", sku, location, UNIT)
    async with stage.work() as work:
        document = Document("opening/1", NINE - timedelta(hours=2), transaction_id=str(uuid4()))
        opened = Movement(key, Account.ADJUSTMENT, Account.SELLABLE, D(quantity), "OPENING", document, lot)
        await work.ledger.book([opened])
    return sku
