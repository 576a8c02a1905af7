"""Whose word counts for a place. Every report of a warehouse asks this first."""

from __future__ import annotations

from fulfillment.domain.refusals import LocationOfAnotherSystem, LocationUnknown
from fulfillment.ports import Work


async def speaks_for(system: str, location_id: str, work: Work) -> None:
    """Raises LocationUnknown, LocationOfAnotherSystem."""
    systems = await work.master_data.systems([location_id])
    if location_id not in systems:
        raise LocationUnknown(location_id)
    if systems[location_id] not in {"", system}:
        raise LocationOfAnotherSystem(location_id, system, systems[location_id])
