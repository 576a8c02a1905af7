"""Payments as rows: each once by the ERP's number and its invoice, whether the invoice is known by then or not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crossdock_kit.driver import Driver

from fulfillment.domain.settling import Payment

_COLUMNS = "system, number, invoice, amount, currency, paid_at, posting_id"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('invoice ' || $1 || ' ' || $2 || ' ' || $3, 0))"
_KNOWN = f"SELECT {_COLUMNS} FROM payment WHERE tenant = $1 AND system = $2 AND number = $3 AND invoice = $4"  # noqa: S608
_WAITING = f"""
SELECT {_COLUMNS} FROM payment WHERE tenant = $1 AND system = $2 AND invoice = $3 AND posting_id = ''
ORDER BY recorded_at, number
"""  # noqa: S608 - only constants of this module
_ADD = """
INSERT INTO payment (tenant, system, number, invoice, amount, currency, paid_at, posting_id, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now())
"""
_MATCHED = "UPDATE payment SET posting_id = $5 WHERE tenant = $1 AND system = $2 AND number = $3 AND invoice = $4"
_INVOICE = "SELECT posting_id FROM posting WHERE tenant = $1 AND kind = 'invoice' AND number = $3 AND system = $2"


class PaymentRows:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant

    async def claim(self, system: str, invoice: str) -> None:
        await self._driver.execute(_LOCK, self._tenant, system, invoice)

    async def invoice(self, system: str, number: str) -> str:
        return str(await self._driver.fetchval(_INVOICE, self._tenant, system, number) or "")

    async def known(self, payment: Payment) -> Payment | None:
        row = await self._driver.fetchrow(_KNOWN, self._tenant, payment.system, payment.number, payment.invoice)
        return None if row is None else _payment(row)

    async def waiting(self, system: str, invoice: str) -> list[Payment]:
        return [_payment(row) for row in await self._driver.fetch(_WAITING, self._tenant, system, invoice)]

    async def add(self, payment: Payment) -> None:
        said = (payment.amount, payment.currency, payment.paid_at, payment.posting_id)
        await self._driver.execute(_ADD, self._tenant, payment.system, payment.number, payment.invoice, *said)

    async def matched(self, payment: Payment, posting_id: str) -> None:
        key = (payment.system, payment.number, payment.invoice)
        await self._driver.execute(_MATCHED, self._tenant, *key, posting_id)


def _payment(row: Any) -> Payment:
    facts = dict(row)
    return Payment(**facts | {"amount": Decimal(facts["amount"])})
