"""What procurement keeps of suppliers' partner profiles: how long they have to answer, and when that time counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from crossdock_kit import json_rows
from crossdock_kit.database.upserts import upsert
from crossdock_kit.driver import Driver

from procurement.ports import SupplierTerms
from procurement.store import tables

_OF = """
SELECT partner, supplier_id, business_unit, acknowledgment_seconds, decision_seconds, calendar::text AS calendar
FROM supplier_terms WHERE tenant = $1 AND supplier_id = $2 ORDER BY business_unit <> $3, partner LIMIT 1
"""


class KnownTerms:
    """For one tenant, read once in a work. Of several profiles of a supplier that of the business unit counts."""

    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self._found: dict[tuple[str, str], SupplierTerms | None] = {}

    async def of(self, supplier_id: str, business_unit: str) -> SupplierTerms | None:
        key = (supplier_id, business_unit)
        if key not in self._found:
            self._found[key] = await self._read(supplier_id, business_unit)
        return self._found[key]

    async def _read(self, supplier_id: str, business_unit: str) -> SupplierTerms | None:
        row = await self._driver.fetchrow(_OF, self._tenant, supplier_id, business_unit)
        if row is None:
            return None
        return SupplierTerms(
            self._tenant,
            row["partner"],
            row["supplier_id"],
            row["business_unit"],
            timedelta(seconds=row["acknowledgment_seconds"]),
            timedelta(seconds=row["decision_seconds"]),
            json_rows.decode(row["calendar"]),
        )


class TermsRows:
    """Keeps a batch of profiles in one statement; of one partner the last counts."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def keep(self, terms: Sequence[SupplierTerms]) -> None:
        latest = {(each.tenant, each.partner): each for each in terms}
        await upsert(
            self._driver,
            tables.supplier_terms,
            [
                {
                    "tenant": each.tenant,
                    "partner": each.partner,
                    "supplier_id": each.supplier_id,
                    "business_unit": each.business_unit,
                    "acknowledgment_seconds": int(each.acknowledgment.total_seconds()),
                    "decision_seconds": int(each.decision.total_seconds()),
                    "calendar": dict(each.calendar),
                }
                for each in latest.values()
            ],
        )
