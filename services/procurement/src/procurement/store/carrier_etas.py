"""The last word of carriers on each name of a shipment, kept though nobody has announced it yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from crossdock_kit.database.claims import all_claimed
from crossdock_kit.database.upserts import upsert
from crossdock_kit.driver import Driver

from procurement.domain.ship_notice import CarrierEta
from procurement.ports import CarrierReference
from procurement.store import tables

_KNOWN = """
SELECT kind, name, on_day, said_at, system FROM carrier_eta
WHERE tenant = $1 AND (kind, name) IN (SELECT * FROM unnest($2::text[], $3::text[])) AND said_at >= $4
ORDER BY said_at DESC
"""


_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class CarrierEtas:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant

    async def claim(self, references: Iterable[CarrierReference]) -> None:
        named = [("carrier_eta", *each) for each in references]
        if named:
            await all_claimed(self._driver, self._tenant, named)

    async def newest(self, references: Iterable[CarrierReference], since: datetime) -> CarrierEta | None:
        known = await self._known(references, since)
        return next(iter(known.values()), None)

    async def keep(self, references: Iterable[CarrierReference], eta: CarrierEta) -> bool:
        named = sorted(set(references))
        known = await self._known(named, None)
        news = [each for each in named if each not in known or known[each].said_at < eta.said_at]
        rows = [
            {"tenant": self._tenant, **each._asdict(), "on_day": eta.on, "said_at": eta.said_at, "system": eta.system}
            for each in news
        ]
        await upsert(self._driver, tables.carrier_eta, rows)
        return bool(news)

    async def _known(
        self, references: Iterable[CarrierReference], since: datetime | None
    ) -> dict[CarrierReference, CarrierEta]:
        """The newest first."""
        named = list(references)
        kinds, names = [each.kind for each in named], [each.name for each in named]
        rows = await self._driver.fetch(_KNOWN, self._tenant, kinds, names, since or _EVER)
        return {
            CarrierReference(row["kind"], row["name"]): CarrierEta(row["on_day"], row["said_at"], row["system"])
            for row in rows
        }
