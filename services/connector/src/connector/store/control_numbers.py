"""Numbers that a partner sees rise without end: interchange, group, set. Given once, in the document's transaction."""

from __future__ import annotations

from crossdock_kit.driver import Driver

from connector.codecs.x12_document import Numbers

_NEXT = """
INSERT INTO control_number AS c (tenant, partner, scope, last) VALUES ($1, $2, 'interchange', 1)
ON CONFLICT (tenant, partner, scope) DO UPDATE SET last = c.last + 1 RETURNING last
"""
_LARGEST = 999_999_999


async def take(driver: Driver, tenant: str, partner: str) -> Numbers:
    """The partner's next numbers; a rolled back transaction gives them back. After nine digits they begin anew."""
    last = int(await driver.fetchval(_NEXT, tenant, partner))
    number = (last - 1) % _LARGEST + 1
    return Numbers(interchange=number, group=number, message=1)
