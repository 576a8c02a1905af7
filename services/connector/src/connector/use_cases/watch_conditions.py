"""Whether business with a partner degrades or recovers is announced once per change, whichever replica sees it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from uuid import uuid4

from crossdock.connector.events.v1 import events_pb2
from crossdock_kit.clock import Clock
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import Unavailable
from crossdock_kit.events import NewEvent
from crossdock_kit.ids import derived
from crossdock_kit.unit_of_work import Work
from google.protobuf.message import Message

from connector.domain.condition import Condition, judged
from connector.ports import Surroundings
from connector.store import conditions, partners
from connector.store.conditions import Seen
from connector.store.partners import PartnerUnknown, StoredPartner

log = logging.getLogger(__name__)
_EVERY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ConditionWatch:
    engine: Engine
    tenants: tuple[str, ...]
    clock: Clock
    around: Surroundings

    async def run(self) -> None:
        """Until cancelled. A database that is away is waited for."""
        while True:
            try:
                await self.look()
            except Unavailable as error:
                log.warning("conditions of partners are not judged: %s", error.code)
            await asyncio.sleep(_EVERY_SECONDS)

    async def look(self) -> int:
        """Judges every partner; how many changes were announced."""
        async with transaction(self.engine, self.tenants) as tx:
            found = await conditions.seen(tx.driver)
        changed = [each for each in found if judged(each.signs).reason != each.announced]
        return sum([await self._announce(each) for each in changed])

    async def _announce(self, suspected: Seen) -> bool:
        """Judged again under the partner's lock: another replica may have announced it meanwhile."""
        tenant, partner = suspected.tenant, suspected.partner
        with caused_by(self._cause(tenant)):
            async with self.around.uow(tenants=(tenant,)) as work:
                try:
                    stored = await partners.get(work.driver, tenant, partner, lock=True)
                except PartnerUnknown:
                    return False
                [seen] = await conditions.seen(work.driver, tenant, partner)
                found = judged(seen.signs)
                if found.reason == seen.announced:
                    return False
                version = await conditions.announced(work.driver, tenant, partner, found)
                _record(work, stored, _message(stored, found, seen.announced), version)
        return True

    def _cause(self, tenant: str) -> Cause:
        name = str(uuid4())
        return Cause("timer", "judge partner", tenant, "connector", name, name, "", self.clock.now())


def _message(stored: StoredPartner, found: Condition, before: str) -> Message:
    if not found.reason:
        return events_pb2.PartnerRecovered(partner=stored.profile.partner, role=stored.profile.role, before=before)
    return events_pb2.PartnerDegraded(
        partner=stored.profile.partner,
        role=stored.profile.role,
        reason=found.reason,
        detail=found.detail[:500],
        before=before,
    )


def _record(work: Work, stored: StoredPartner, message: Message, version: int) -> None:
    partner = stored.profile.partner
    work.record(
        NewEvent(
            message=message,
            tenant=stored.tenant,
            business_unit=stored.profile.business_unit,
            aggregate_type="partner",
            aggregate_id=partner,
            version=version,
            subject=partner,
            keys=(f"partner:{partner}",),
            transaction_ids=(str(derived("partner", stored.tenant, partner)),),
            occurred_at=work.now,
        )
    )
