"""Appointments at docks as rows, and how doors are used, counted by the database."""

from __future__ import annotations

from typing import Any

from crossdock_kit.database.claims import claimed
from crossdock_kit.driver import Driver
from crossdock_kit.json_rows import Row

from procurement.domain.dock import AppointmentTerms, DockAppointment, NamedNotice
from procurement.ports import DockDays, DockUse

_SAME = ("system", "number", "location_id", "begins", "ends", "said_at", "zone", "door", "cancelled")
_OWN = ("appointment_id", "business_unit", "express", "content", "event_version")
_USES = """
SELECT a.on_day, a.door, count(*) AS appointments,
  sum(extract(epoch FROM a.ends - a.begins) / 60)::int AS booked_minutes,
  count(*) FILTER (WHERE EXISTS (
    SELECT FROM ship_notice n WHERE n.tenant = a.tenant AND n.appointment_id = a.appointment_id
      AND n.appointment_id <> '' AND n.state IN ('partly_received', 'received', 'closed_short')
  )) AS arrived
FROM dock_appointment a
WHERE a.tenant = $1 AND a.location_id = $2 AND a.on_day BETWEEN $3 AND $4 AND NOT a.cancelled
GROUP BY a.on_day, a.door ORDER BY a.on_day, a.door
"""


class DockAppointments:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant
        self.added: list[DockAppointment] = []

    async def claim(self, system: str, number: str) -> DockAppointment | None:
        await claimed(self._driver, self._tenant, "dock_appointment", system, number)
        row = await self._driver.fetchrow(
            "SELECT * FROM dock_appointment WHERE tenant = $1 AND system = $2 AND number = $3",
            self._tenant,
            system,
            number,
        )
        return None if row is None else _read(row)

    def add(self, appointment: DockAppointment) -> None:
        self.added.append(appointment)


class DockUses:
    def __init__(self, driver: Driver, tenant: str) -> None:
        self._driver, self._tenant = driver, tenant

    async def count(self, days: DockDays) -> list[DockUse]:
        rows = await self._driver.fetch(_USES, self._tenant, days.location_id, days.first, days.last)
        return [
            DockUse(row["on_day"], row["door"], row["appointments"], row["booked_minutes"], row["arrived"])
            for row in rows
        ]


def appointment_row(found: DockAppointment) -> Row:
    terms = {name: getattr(found.terms, name) for name in _SAME}
    own = {name: getattr(found, name) for name in _OWN}
    notices = [{"ship_notice_id": each.ship_notice_id, "number": each.number} for each in found.ship_notices]
    lists = {"transaction_ids": list(found.transaction_ids), "keys": list(found.keys), "ship_notices": notices}
    times = {"on_day": found.terms.on, "begins": str(found.terms.begins), "ends": str(found.terms.ends)}
    return terms | own | lists | times


def _read(row: Any) -> DockAppointment:
    return DockAppointment(
        **{name: row[name] for name in _OWN},
        terms=AppointmentTerms(**{name: row[name] for name in _SAME}, on=row["on_day"]),
        ship_notices=tuple(NamedNotice(**each) for each in row["ship_notices"]),
        transaction_ids=tuple(row["transaction_ids"]),
        keys=tuple(row["keys"]),
    )
