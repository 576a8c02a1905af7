"""Shipments as rows: found by any of their numbers, locked by id, held until they are put back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from crossdock_kit.database.claims import claimed
from crossdock_kit.database.planning import fetch_for_values
from crossdock_kit.driver import Driver
from crossdock_kit.json_rows import Row

from delivery.domain.refusals import TrackingNumberTaken
from delivery.domain.shipment import Shipment
from delivery.ports import Addressed, Addressee, MilestoneEntry, ShipmentName, ShipmentPage
from delivery.store import rows

_BY_NUMBER = "SELECT number, shipment_id FROM shipment WHERE tenant = $1 AND number = ANY($2::text[])"
_TRACKED = """
SELECT tracking_number, carrier, shipment_id FROM tracking_number
WHERE tenant = $1 AND tracking_number = ANY($2::text[])
"""
_TAKE = """
INSERT INTO tracking_number (tenant, tracking_number, carrier, shipment_id)
SELECT $1, number, $3, $4 FROM unnest($2::text[]) AS number ORDER BY number
ON CONFLICT (tenant, tracking_number, carrier) DO UPDATE SET carrier = excluded.carrier
RETURNING tracking_number, shipment_id
"""
_WAITED = """
UPDATE tracking_update SET shipment_id = $4
WHERE tenant = $1 AND shipment_id = '' AND NOT mismatched
AND (tracking_number = ANY($2::text[]) OR (tracking_number = '' AND shipment_number = $3)) RETURNING scan_id
"""
_OF_TENANT = "SELECT * FROM shipment WHERE tenant = $1 AND "
_ENTRIES = "SELECT * FROM milestone_entry WHERE tenant = $1 AND shipment_id = $2 ORDER BY position"

# Nearly always a shipment serves one order; those that serve several are looked through.
OF_ORDER = """
SELECT o.shipment_id FROM shipment o WHERE o.tenant = $1 AND o.order_numbers[1] = $3
UNION ALL
SELECT o.shipment_id FROM shipment o WHERE o.tenant = $1 AND cardinality(o.order_numbers) > 1
  AND o.order_numbers @> ARRAY[$3] AND o.order_numbers[1] <> $3
"""


class Shipments:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self.held: dict[str, Shipment] = {}
        self.stored: dict[str, Row] = {}

    async def claim(self, system: str, number: str) -> Shipment | None:
        await claimed(self._driver, self._tenant, "shipment", system, number)
        found = await self._read("system = $2 AND number = $3 FOR UPDATE", (system, number))
        return self._hold(found)[0] if found else None

    async def lock(self, shipment_ids: Iterable[str]) -> list[Shipment]:
        named = sorted({each for each in shipment_ids if each})
        wanted = [each for each in named if each not in self.held]
        if wanted:
            self._hold(await self._read("shipment_id = ANY($2::text[]) ORDER BY shipment_id FOR UPDATE", (wanted,)))
        return [self.held[each] for each in named if each in self.held]

    async def find(self, name: ShipmentName) -> list[Shipment]:
        if name.shipment_id:
            return await self._read("shipment_id = $2", (name.shipment_id,))
        if name.number:
            return await self._read("number = $2 ORDER BY shipment_id LIMIT 2", (name.number,))
        of_number = "SELECT t.shipment_id FROM tracking_number t WHERE t.tenant = $1 AND t.tracking_number = $2"
        return await self._read(f"shipment_id IN ({of_number}) ORDER BY shipment_id LIMIT 2", (name.tracking_number,))

    async def page(self, page: ShipmentPage) -> list[Shipment]:
        of_order = f"shipment_id IN ({OF_ORDER})" if page.order_number else "$3 = ''"
        where = (
            f"($2 = '' OR milestone = $2) AND {of_order} AND ($4 = '' OR carrier = $4)"
            " AND ($5 = '' OR shipment_id < $5) ORDER BY shipment_id DESC LIMIT $6"
        )
        milestone = page.milestone.value if page.milestone else ""
        values = (self._tenant, milestone, page.order_number, page.carrier, page.after, page.size)
        found = await fetch_for_values(self._driver, _OF_TENANT + where, *values)
        return [rows.read_shipment(each) for each in found]

    async def addressees(self, wanted: Sequence[Addressed]) -> list[Addressee]:
        found = await self._addressees(wanted)
        unknown = {
            each.tracking_number or each.shipment_number
            for each, to in zip(wanted, found, strict=True)
            if not to.shipment_id and not to.mismatched
        }
        if not unknown:
            return found
        for number in sorted(unknown):
            await claimed(self._driver, self._tenant, "tracking", number)
        return await self._addressees(wanted)

    async def _addressees(self, wanted: Sequence[Addressed]) -> list[Addressee]:
        tracking = sorted({each.tracking_number for each in wanted if each.tracking_number})
        tracked: dict[str, dict[str, str]] = defaultdict(dict)
        for row in await self._driver.fetch(_TRACKED, self._tenant, tracking):
            tracked[row["tracking_number"]][row["carrier"]] = row["shipment_id"]
        named: dict[str, set[str]] = defaultdict(set)
        numbers = sorted({each.shipment_number for each in wanted if each.shipment_number})
        for row in await self._driver.fetch(_BY_NUMBER, self._tenant, numbers) if numbers else ():
            named[row["number"]].add(row["shipment_id"])
        return [_addressee(each, tracked[each.tracking_number], named[each.shipment_number]) for each in wanted]

    async def take_numbers(self, shipment: Shipment) -> list[str]:
        numbers = sorted(shipment.tracking_numbers)
        for number in sorted({*numbers, shipment.terms.number}):
            await claimed(self._driver, self._tenant, "tracking", number)
        carrier = shipment.carriage.carrier if shipment.carriage else ""
        for row in await self._driver.fetch(_TAKE, self._tenant, numbers, carrier, shipment.shipment_id):
            if row["shipment_id"] != shipment.shipment_id:
                raise TrackingNumberTaken(row["tracking_number"], row["shipment_id"])
        waited = await self._driver.fetch(_WAITED, self._tenant, numbers, shipment.terms.number, shipment.shipment_id)
        return [row["scan_id"] for row in waited]

    async def entries(self, shipment_id: str) -> list[MilestoneEntry]:
        return [rows.read_entry(each) for each in await self._driver.fetch(_ENTRIES, self._tenant, shipment_id)]

    def add(self, shipment: Shipment) -> None:
        self.held[shipment.shipment_id] = shipment
        self.stored[shipment.shipment_id] = {}

    async def _read(self, where: str, arguments: tuple[Any, ...]) -> list[Shipment]:
        found = await self._driver.fetch(
            _OF_TENANT + where,
            self._tenant,
            *arguments,
        )
        return [rows.read_shipment(each) for each in found]

    def _hold(self, shipments: list[Shipment]) -> list[Shipment]:
        """A shipment that this work holds already is the one that it goes on with."""
        for each in shipments:
            if each.shipment_id not in self.held:
                self.held[each.shipment_id] = each
                self.stored[each.shipment_id] = rows.shipment_row(each)
        return [self.held[each.shipment_id] for each in shipments]


def _addressee(wanted: Addressed, tracked: dict[str, str], named: set[str]) -> Addressee:
    """A carrier's own number first; without its name, or under another, where only one shipment has the number."""
    owners = set(tracked.values())
    by_tracking = tracked.get(wanted.carrier) or (owners.pop() if len(owners) == 1 else "")
    by_number = next(iter(named)) if len(named) == 1 else ""
    if by_tracking and by_number and by_tracking != by_number:
        return Addressee(mismatched=by_tracking)
    return Addressee(by_tracking or by_number)
