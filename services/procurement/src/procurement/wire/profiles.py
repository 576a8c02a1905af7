"""A supplier's partner profile as procurement keeps it: its timers and its calendar."""

from __future__ import annotations

from typing import Any

from crossdock.connector.v1 import partner_pb2
from crossdock.options.v1 import options_pb2

from procurement.ports import SupplierTerms


def terms(tenant: str, profile: partner_pb2.PartnerProfile) -> SupplierTerms:
    """A profile that is no supplier's any more names no supplier."""
    supplier = profile.party_id if profile.role == options_pb2.ROLE_SUPPLIER else ""
    return SupplierTerms(
        tenant,
        profile.partner,
        supplier,
        profile.business_unit,
        profile.timers.acknowledgment.ToTimedelta(),
        profile.timers.decision.ToTimedelta(),
        _calendar(profile.calendar),
    )


def _calendar(said: partner_pb2.Calendar) -> dict[str, Any]:
    """As the kit reads a calendar; connector has checked it."""
    lists = {"weekdays": list(said.weekdays), "hours": list(said.hours), "closures": list(said.closures)}
    return {name: each for name, each in (lists | {"zone": said.zone, "cut_off": said.cut_off}).items() if each}
