"""The spans that a day shortens, put into the policy tables where operations keep them (docs/decisions/0042)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
from crossdock_kit import policy
from crossdock_kit.policy import NewRule, Scope

from partners.sales.day import Span


async def put(database: str, tenant: str, rules: Sequence[Span]) -> None:
    """In force since yesterday. `database` is the address of the stack's owner, who may write every schema."""
    connection = await asyncpg.connect(database, timeout=10)
    try:
        for rule in rules:
            async with connection.transaction():
                await connection.execute("SELECT set_config('search_path', $1, true)", rule.service)
                new = NewRule(
                    key=rule.key,
                    value=rule.value,
                    valid_from=datetime.now(UTC) - timedelta(days=1),
                    scope=Scope(partner=rule.partner, item_category=rule.category),
                )
                await policy.add(connection, tenant, new)
    finally:
        await connection.close()
