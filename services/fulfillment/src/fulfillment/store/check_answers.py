"""What was last let through of a customer and, for tax and export, of where its goods go."""

from __future__ import annotations

from crossdock_kit.driver import Driver

from fulfillment.domain.check_lifecycle import Kind
from fulfillment.domain.checks import Earlier
from fulfillment.domain.quantities import plain
from fulfillment.domain.sales_order import SalesOrder

_KEEP = """
INSERT INTO check_answer (tenant, business_unit, kind, about, currency, amount, reference, answered_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant, business_unit, kind, about, currency) DO UPDATE
SET amount = excluded.amount, reference = excluded.reference, answered_at = excluded.answered_at
WHERE check_answer.answered_at < excluded.answered_at
"""
_LAST = """
SELECT amount, reference, answered_at FROM check_answer
WHERE tenant = $1 AND business_unit = $2 AND kind = $3 AND about = $4 AND currency = $5
"""


class CheckAnswerRows:
    """The newest answer stands, in whatever order they come."""

    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant

    async def keep(self, order: SalesOrder, kind: Kind, earlier: Earlier) -> None:
        said = (earlier.amount, earlier.reference, earlier.answered_at)
        await self._driver.execute(_KEEP, self._tenant, *_place(order, kind), *said)

    async def last(self, order: SalesOrder, kind: Kind) -> Earlier | None:
        row = await self._driver.fetchrow(_LAST, self._tenant, *_place(order, kind))
        return None if row is None else Earlier(plain(row["amount"]), row["answered_at"], row["reference"])


def _place(order: SalesOrder, kind: Kind) -> tuple[str, str, str, str]:
    terms = order.terms
    about = terms.customer_id if kind is Kind.CREDIT else f"{terms.customer_id}/{terms.ship_to_country}"
    return terms.business_unit, kind.value, about, terms.currency
