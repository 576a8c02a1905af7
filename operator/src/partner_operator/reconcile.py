"""One look at one connector: hand its profile over, make what should run, report how it stands; a deletion drains.

Idempotent and level-triggered: whatever happened since the last look, and wherever that one ended, the next one begins
with what is declared and what is there. Knows no framework.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from crossdock.connector.v1 import partner_pb2
from crossdock_kit.errors import CrossdockError, Invalid, PermissionDenied
from crossdock_kit.peers import PeerRefused

from partner_operator import credentials, cursors, mappings
from partner_operator.announcing import Announcer
from partner_operator.business import Business, profile_of
from partner_operator.cluster import Cluster
from partner_operator.conditions import Known, change_of, is_broken, status_of
from partner_operator.connector import FINALIZER, Connector
from partner_operator.credentials import Credential
from partner_operator.differences import Changes, carry_out, differences, name_of
from partner_operator.manifests import Platform, desired
from partner_operator.refusals import ApiConflict, ApiMissing, ApiRefused
from partner_operator.restarts import Restarts, next_restart

log = logging.getLogger(__name__)

Object = dict[str, Any]
DRAIN_LOOK_SECONDS = 2.0
FIRST_HEALTH_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What the connector service said to a profile."""

    refused: str = ""
    unreachable: bool = False
    health: partner_pb2.PartnerHealth | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """The objects as they are after the look, by kind and name."""

    objects: tuple[Object, ...]
    refused: str = ""

    @property
    def deployment(self) -> Object:
        return next((each for each in self.objects if each["kind"] == "Deployment"), {})


@dataclass(eq=False)
class Reconciler:
    cluster: Cluster
    business: Business
    platform: Platform
    drain: timedelta
    announcer: Announcer
    _credentials: credentials.Remembered = field(default_factory=credentials.Remembered)
    _as_asked: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def is_as_asked(self, connector: Connector) -> bool:
        """Whether all objects were made as it is declared now. Then what an event tells of is its Deployment alone;
        drift of the others, of which no event tells, is found by the resync."""
        return connector.deleted_at is None and self._as_asked.get(connector.uid) == connector.asked_for

    def keep_only(self, uids: Collection[str]) -> None:
        """Forgets what is known of resources that are no longer there."""
        self._credentials.keep_only(uids)
        self._as_asked = {uid: each for uid, each in self._as_asked.items() if uid in uids}

    async def look(
        self, connector: Connector, found: Sequence[Object], namesake: str = "", *, whole: bool = True
    ) -> float | None:
        """After how many seconds to look again, if not at the next resync. `namesake` is why it may not act at all.
        Where it is not the `whole`, `found` is the Deployment and nothing else is compared."""
        if connector.deleted_at is not None:
            return await self._drain(connector, found)
        if namesake:
            await self._report(connector, Known(refused=namesake))
            return None
        if FINALIZER not in connector.finalizers:
            connector = await self.cluster.set_finalizers(connector, [*connector.finalizers, FINALIZER])
        secrets = await self._credentials.of(connector, self.cluster, tls=self.platform.worker_tls)
        heard = await self._tell(connector)
        made = await self._make(connector, found, secrets, whole=whole)
        now = datetime.now(UTC)
        restarts = next_restart(_told(connector), broken=is_broken(made.deployment), now=now)
        known = Known(
            credentials=secrets,
            refused=heard.refused or made.refused,
            unreachable=heard.unreachable,
            health=heard.health,
            deployment=made.deployment,
            restarts=restarts,
            cursor_reset=await self._reset(connector, heard),
        )
        await self._report(connector, known)
        if restarts.after:
            return (restarts.after - now).total_seconds()
        # Who was told of a partner a moment ago knows by then how it stands.
        return FIRST_HEALTH_SECONDS if heard == Heard() else None

    async def _tell(self, connector: Connector) -> Heard:
        try:
            whole = await mappings.in_place(connector, self.cluster)
        except mappings.MappingMissing as missing:
            return Heard(refused=missing.message)
        try:
            profile = profile_of(whole)
            standing = await self.business.standing()
            if standing.profiles.get(connector.partner) != profile:
                await self.business.put(profile)
        except (PeerRefused, Invalid) as refused:
            return Heard(refused=getattr(refused, "message", "") or str(refused))
        except CrossdockError:
            return Heard(unreachable=True)
        return Heard(health=standing.health.get(connector.partner))

    async def _reset(self, connector: Connector, heard: Heard) -> cursors.CursorReset | None:
        """A profile that was not taken is another one than the spec's: then nothing is reset."""
        if heard.unreachable or heard.refused:
            return cursors.told(connector)
        return await cursors.reset_if_asked(connector, self.business)

    async def _make(
        self, connector: Connector, found: Sequence[Object], secrets: Sequence[Credential], *, whole: bool
    ) -> Made:
        usable = frozenset(each.name for each in secrets if not each.fault)
        wanted = [each for each in desired(connector, self.platform, usable) if whole or each["kind"] == "Deployment"]
        changes = differences(wanted, found)
        self._as_asked.pop(connector.uid, None)
        try:
            made = Made(_merged(found, changes, await carry_out(changes, self.cluster)))
            self._as_asked[connector.uid] = connector.asked_for
        except ApiConflict as conflict:
            return Made(tuple(found), f"an object of its name belongs to somebody else: {conflict.message}")
        except ApiRefused as refused:
            return Made(tuple(found), f"the cluster does not take what it needs: {refused.message}")
        return made

    async def _report(self, connector: Connector, known: Known) -> None:
        wanted = status_of(connector, known, datetime.now(UTC))
        if change := change_of(connector.status, wanted):
            await self.cluster.report(connector, change)
            await self.announcer.tell(connector, wanted)

    async def _drain(self, connector: Connector, found: Sequence[Object]) -> float | None:
        """Nobody may post any more, no new document is made; when what waits is sent, the resource may go."""
        if FINALIZER not in connector.finalizers:
            return None
        heard = await self._tell_of_drain(connector, "running")
        if any(each["kind"] == "Deployment" for each in found):
            await self._close_door(connector, found)
            if waits := self._waits(connector, heard):
                await self._report(connector, Known(draining=waits, health=heard.health, unreachable=heard.unreachable))
                return DRAIN_LOOK_SECONDS
        told = await self._tell_of_drain(connector, "stopped")
        # Who was told of a partner is told that it is over, if that can be had before the cap.
        if told.unreachable and connector.status.get("health") and self._waits(connector, told):
            return DRAIN_LOOK_SECONDS
        with suppress(ApiMissing):
            await self.cluster.set_finalizers(connector, [each for each in connector.finalizers if each != FINALIZER])
        return None

    async def _close_door(self, connector: Connector, found: Sequence[Object]) -> None:
        """What is gone stays gone, and what cannot be changed any more is going: the namespace may end as well."""
        there = {name_of(each) for each in found}
        secrets = await self._credentials.of(connector, self.cluster, tls=self.platform.worker_tls)
        usable = frozenset(each.name for each in secrets if not each.fault)
        wanted = [each for each in desired(connector, self.platform, usable) if name_of(each) in there]
        try:
            await carry_out(differences(wanted, found), self.cluster)
        except (ApiConflict, ApiMissing, ApiRefused, PermissionDenied) as refused:
            log.info("%s/%s: not changed while it is drained: %s", *connector.key, refused)

    def _waits(self, connector: Connector, heard: Heard) -> str:
        """What the deletion still waits for; empty when it need not wait."""
        if connector.deleted_at is None or connector.force_deletion:
            return ""
        until = connector.deleted_at + self.drain
        if datetime.now(UTC) >= until:
            return ""
        end = f"at the latest at {until:%H:%M:%S} UTC, or at once with the annotation crossdock.dev/force-deletion"
        if heard.unreachable:
            return f"the connector service cannot be asked what waits; goes {end}"
        if heard.health is not None and heard.health.backlog:
            return f"{heard.health.backlog} documents wait to be sent; goes {end}"
        return ""

    async def _tell_of_drain(self, connector: Connector, state: str) -> Heard:
        """What waits is asked for after nothing new is made any more: what was heard before counts for nothing."""
        try:
            standing = await self.business.standing()
            if connector.partner not in standing.profiles:
                return Heard()
            # As it was handed over last: neither a spec nor a ConfigMap that is wrong by now keeps anybody here.
            profile = partner_pb2.PartnerProfile()
            profile.CopyFrom(standing.profiles[connector.partner])
            profile.state = state
            inbound = [each for each in profile.documents if each.direction == partner_pb2.DIRECTION_IN]
            del profile.documents[:]
            profile.documents.extend(inbound)
            if standing.profiles[connector.partner] != profile:
                await self.business.put(profile)
            if state == "running":
                standing = await self.business.standing(since=asyncio.get_running_loop().time())
        except (PeerRefused, Invalid):
            return Heard()
        except CrossdockError:
            return Heard(unreachable=True)
        return Heard(health=standing.health.get(connector.partner))


def _merged(found: Sequence[Object], changes: Changes, applied: Sequence[Object]) -> tuple[Object, ...]:
    now = {name_of(each): each for each in found}
    for each in changes.delete:
        now.pop(name_of(each), None)
    return tuple((now | {name_of(each): each for each in applied}).values())


def _told(connector: Connector) -> Restarts:
    """What the status says of earlier restarts."""
    status = connector.status
    after, last = (status.get(name) for name in ("restartAfter", "restartedAt"))
    return Restarts(
        status.get("restarts", 0),
        datetime.fromisoformat(after) if after else None,
        datetime.fromisoformat(last) if last else None,
    )
