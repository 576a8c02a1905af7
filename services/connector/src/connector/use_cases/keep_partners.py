"""A partner's profile is created or replaced, and everybody who cares hears of it."""

from __future__ import annotations

from crossdock.connector.events.v1 import events_pb2
from crossdock.connector.v1 import partner_pb2
from crossdock_kit.events import NewEvent
from crossdock_kit.ids import derived

from connector import profiles
from connector.ports import OpensWork
from connector.store import partners, polls
from connector.store.partners import PartnerUnknown


async def put_partner(tenant: str, profile: partner_pb2.PartnerProfile, uow: OpensWork) -> bool:
    """Whether it changed anything. Raises InvalidFields."""
    profiles.check(profile)
    async with uow(tenants=(tenant,)) as work:
        try:
            stored = await partners.get(work.driver, tenant, profile.partner, lock=True)
        except PartnerUnknown:
            version = 1
        else:
            if stored.profile == profile:
                return False
            version = stored.event_version + 1
        await partners.put(work.driver, tenant, profile, version)
        await polls.declare(work.driver, tenant, profile.partner, profiles.polled(profile))
        work.record(
            NewEvent(
                message=events_pb2.PartnerChanged(partner=profile.partner, profile=profile),
                tenant=tenant,
                business_unit=profile.business_unit,
                aggregate_type="partner",
                aggregate_id=profile.partner,
                version=version,
                subject=profile.partner,
                keys=(f"partner:{profile.partner}",),
                transaction_ids=(str(derived("partner", tenant, profile.partner)),),
                occurred_at=work.now,
            )
        )
    return True
