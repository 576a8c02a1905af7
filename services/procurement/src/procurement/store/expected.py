"""What warehouses were told to expect, as rows: who holds an order or a notice holds its expectations too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from crossdock_kit.driver import Driver

from procurement.domain.expected import ExpectedReceipt
from procurement.store import rows


class Expected:
    """Rows of an order or a notice that this work holds the lock of, so they need none of their own."""

    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self.held: dict[tuple[str, str], ExpectedReceipt] = {}

    async def of(self, references: Iterable[str]) -> dict[str, dict[str, ExpectedReceipt]]:
        wanted = sorted(set(references))
        found = await self._driver.fetch(
            "SELECT * FROM expected_receipt WHERE tenant = $1 AND reference = ANY($2::text[])", self._tenant, wanted
        )
        for row in found:
            self.held.setdefault((row["reference"], row["location_id"]), rows.read_expected(row))
        by_reference: dict[str, dict[str, ExpectedReceipt]] = defaultdict(dict)
        for (reference, location_id), each in self.held.items():
            by_reference[reference][location_id] = each
        return {reference: by_reference[reference] for reference in wanted if reference in by_reference}

    def add(self, expected: Iterable[ExpectedReceipt]) -> None:
        self.held.update({(each.reference, each.location_id): each for each in expected})
