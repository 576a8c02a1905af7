"""Certificates on file, and received goods that wait for one, as rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crossdock_kit.database.claims import all_claimed, claimed
from crossdock_kit.driver import Driver
from crossdock_kit.json_rows import Row

from procurement.domain.compliance import Certificate, CertificateTerms, ComplianceHold
from procurement.domain.quantities import plain

_TERMS = (
    "supplier_id",
    "kind",
    "number",
    "sku",
    "lot",
    "valid_from",
    "valid_to",
    "document",
    "sha256",
    "size_bytes",
    "media_type",
)
_OWN = ("certificate_id", "content", "event_version")
_HOLD = (
    "hold_id",
    "business_unit",
    "supplier_id",
    "receipt_id",
    "receipt_number",
    "receipt_line_id",
    "location_id",
    "purchase_order_id",
    "purchase_order_number",
    "order_line_id",
    "sku",
    "lot",
    "base_unit",
    "received_on",
    "holds_stock",
    "rule",
    "express",
    "event_version",
)
_BY_NUMBER = "SELECT * FROM certificate WHERE tenant = $1 AND supplier_id = $2 AND kind = $3 AND number = $4"
_ON_FILE = "SELECT * FROM certificate WHERE tenant = $1 AND supplier_id = ANY ($2::text[]) AND sku = ANY ($3::text[])"
_WAITING = """
SELECT * FROM compliance_hold WHERE tenant = $1 AND supplier_id = $2 AND sku = $3 AND missing <> '{}' ORDER BY hold_id
"""
_OF_ORDERS = """
SELECT * FROM compliance_hold WHERE tenant = $1 AND purchase_order_id = ANY ($2::text[]) AND missing <> '{}'
"""


class StoredCompliance:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self.added: list[Certificate] = []
        self.holds: dict[str, ComplianceHold] = {}
        self._stored: dict[str, tuple[str, ...]] = {}

    @property
    def changed(self) -> list[ComplianceHold]:
        return [each for key, each in self.holds.items() if self._stored.get(key) != each.missing]

    async def claim(self, terms: CertificateTerms) -> Certificate | None:
        named = terms.supplier_id, terms.kind, terms.number
        await claimed(self._driver, self._tenant, "certificate", *named)
        row = await self._driver.fetchrow(_BY_NUMBER, self._tenant, *named)
        if row is None:
            return None
        own = {name: row[name] for name in _OWN}
        return Certificate(**own, terms=_terms(row), transaction_ids=tuple(row["transaction_ids"]))

    async def lock(self, supplier_ids: Iterable[str]) -> None:
        await all_claimed(self._driver, self._tenant, [("compliance", each) for each in sorted(set(supplier_ids))])

    async def on_file(self, supplier_ids: Iterable[str], skus: Iterable[str]) -> list[CertificateTerms]:
        found = await self._driver.fetch(_ON_FILE, self._tenant, sorted(set(supplier_ids)), sorted(set(skus)))
        return [_terms(row) for row in found]

    async def orders_waiting(self, terms: CertificateTerms) -> list[str]:
        found = await self._driver.fetch(_WAITING, self._tenant, terms.supplier_id, terms.sku)
        return sorted({row["purchase_order_id"] for row in found})

    async def waiting(self, terms: CertificateTerms) -> list[ComplianceHold]:
        found = await self._driver.fetch(_WAITING, self._tenant, terms.supplier_id, terms.sku)
        return [self._kept(_read_hold(row)) for row in found]

    async def held_lines(self, purchase_order_ids: Iterable[str]) -> dict[str, str]:
        """As this work leaves it, which may not be written yet."""
        wanted = sorted(set(purchase_order_ids))
        for row in await self._driver.fetch(_OF_ORDERS, self._tenant, wanted):
            self._kept(_read_hold(row))
        kinds: dict[str, dict[str, None]] = {}
        for each in self.holds.values():
            if each.purchase_order_id in wanted and each.missing:
                kinds.setdefault(each.order_line_id, {}).update(dict.fromkeys(each.missing))
        return {line_id: ", ".join(missing) for line_id, missing in kinds.items()}

    def add(self, certificate: Certificate) -> None:
        self.added.append(certificate)

    def add_hold(self, hold: ComplianceHold) -> None:
        self.holds[hold.hold_id] = hold

    def _kept(self, hold: ComplianceHold) -> ComplianceHold:
        """One object for each row, so that what this work changes is seen by all of it."""
        self._stored.setdefault(hold.hold_id, hold.missing)
        return self.holds.setdefault(hold.hold_id, hold)


def _terms(row: Any) -> CertificateTerms:
    return CertificateTerms(**{name: row[name] for name in _TERMS})


def _read_hold(row: Any) -> ComplianceHold:
    own = {name: row[name] for name in _HOLD}
    return ComplianceHold(**own, base=plain(row["base"]), missing=tuple(row["missing"]))


def certificate_row(found: Certificate) -> Row:
    own = {name: getattr(found, name) for name in _OWN}
    terms = {name: getattr(found.terms, name) for name in _TERMS}
    return terms | own | {"transaction_ids": list(found.transaction_ids)}


def hold_row(found: ComplianceHold) -> Row:
    return {name: getattr(found, name) for name in _HOLD} | {"base": found.base, "missing": list(found.missing)}
