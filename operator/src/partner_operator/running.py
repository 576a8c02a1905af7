"""Events and resyncs → looks. Events only say where to look; a full resync finds whatever they missed.

One list per kind and resync; each connector is then compared without asking again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crossdock_kit.errors import CrossdockError

from partner_operator import gauges
from partner_operator.cluster import Cluster
from partner_operator.connector import Connector, Key
from partner_operator.leader import Leader
from partner_operator.manifests.platform import PARTNER_LABEL
from partner_operator.reconcile import Object, Reconciler
from partner_operator.refusals import ApiMissing
from partner_operator.resync import Resync
from partner_operator.settings import OperatorSettings
from partner_operator.work import Work

log = logging.getLogger(__name__)

_LONGEST_RESYNC_SECONDS = 60.0


@dataclass(eq=False)
class Operator:
    settings: OperatorSettings
    cluster: Cluster
    reconciler: Reconciler
    leader: Leader = field(init=False)
    work: Work = field(init=False)
    declared: dict[Key, Connector] = field(default_factory=dict)
    _listed: dict[Key, tuple[Connector, list[Object]]] = field(default_factory=dict)
    _resyncing: Resync = field(default_factory=lambda: Resync(gauges.resynced))
    _resync_now: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.work = Work(self._look, gauges.looked)
        self.leader = Leader(self.cluster, self.settings.namespace, self.settings.name, self._resync_now.set)

    def saw_connector(self, kind: str | None, body: Mapping[str, Any]) -> None:
        """Our own reports come back as events too; those are no reason to look."""
        connector = Connector.of(body)
        before = self.declared.get(connector.key)
        if kind == "DELETED":
            self._forget(connector.key)
            return
        self.declared[connector.key] = connector
        if before is None or before.what_counts != connector.what_counts:
            self.ask(connector.key)

    def saw_deployment(self, body: Mapping[str, Any]) -> None:
        metadata = body["metadata"]
        self.ask((metadata["namespace"], metadata["labels"][PARTNER_LABEL]))

    def ask(self, key: Key) -> None:
        self._listed.pop(key, None)
        if self.leader.acts:
            self.work.ask(key)

    def namesake(self, connector: Connector) -> str:
        """Why a resource may not act: another namespace declared the partner before."""
        others = (
            each
            for each in self.declared.values()
            if each.partner == connector.partner and each.namespace != connector.namespace
        )
        first = min((*others, connector), key=lambda each: (each.created_at, each.namespace))
        if first.namespace == connector.namespace:
            return ""
        return f"the partner {connector.partner} is declared in another namespace already: take another name"

    def spoken_for(self) -> tuple[Connector, ...]:
        """Whose measures are ours to tell: nobody's, while another operator acts."""
        return tuple(self.declared.values()) if self.leader.acts else ()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self.leader.run())
            parts.create_task(self.work.run())
            parts.create_task(self._resync_for_ever())

    async def close(self) -> None:
        await self.cluster.close()
        await self.reconciler.business.close()

    async def _resync_for_ever(self) -> None:
        while True:
            self._resync_now.clear()
            if self.leader.acts:
                try:
                    await self.resync()
                except CrossdockError as error:
                    log.warning("no resync: %s", error)
            try:
                async with asyncio.timeout(self.settings.resync.total_seconds()):
                    await self._resync_now.wait()
            except TimeoutError:
                # Lists of a new one would only keep a slow one from its end.
                await self._resyncing.over(_LONGEST_RESYNC_SECONDS)

    async def resync(self) -> None:
        """Everything is listed once and every connector looked at."""
        began = asyncio.get_running_loop().time()
        objects = await self.cluster.owned()
        # After what they own, so that nothing of a connector that was just made looks like an orphan.
        connectors = await self.cluster.connectors()
        self.declared = {each.key: each for each in connectors}
        self.reconciler.keep_only({each.uid for each in connectors})
        self._resyncing.begin(self.declared, began)
        of_partner: dict[str, list[Object]] = {}
        for each in objects:
            of_partner.setdefault(_owner(each), []).append(each)
        for connector in connectors:
            self._listed[connector.key] = connector, of_partner.pop(connector.uid, [])
            self.work.ask(connector.key, routine=True)
        for orphan in (each for left in of_partner.values() for each in left):
            if "deletionTimestamp" not in orphan["metadata"]:
                log.info("%s %s has no connector any more", orphan["kind"], orphan["metadata"]["name"])
                await self.cluster.delete(orphan)

    async def _look(self, key: Key) -> float | None:
        listed = self._listed.pop(key, None)
        try:
            return await self._look_at(key, listed)
        finally:
            # A resync that began meanwhile has listed it anew, and it is looked at once more.
            if key not in self._listed:
                self._resyncing.looked_at(key, asyncio.get_running_loop().time())

    async def _look_at(self, key: Key, listed: tuple[Connector, list[Object]] | None) -> float | None:
        if not self.leader.acts:
            return None
        try:
            connector, found, whole = await self._read(key) if listed is None else (*listed, True)
        except ApiMissing:
            self._forget(key)
            return None
        self.declared[key] = connector
        return await self.reconciler.look(connector, found, self.namesake(connector), whole=whole)

    async def _read(self, key: Key) -> tuple[Connector, list[Object], bool]:
        """A connector, what is to be compared of it, and whether that is the whole: with as few requests as can be.
        Raises ApiMissing where the resource is gone.
        """
        connector = await self.cluster.connector(*key)
        if connector.is_new:
            return connector, [], True
        whole = not self.reconciler.is_as_asked(connector)
        found = await (self.cluster.owned(*key) if whole else self._deployment(connector))
        return connector, [each for each in found if _owner(each) == connector.uid], whole

    async def _deployment(self, connector: Connector) -> list[Object]:
        try:
            return [await self.cluster.deployment(connector.namespace, connector.name)]
        except ApiMissing:
            return []

    def _forget(self, key: Key) -> None:
        self.declared.pop(key, None)
        self._listed.pop(key, None)
        self.work.forget(key)
        self._resyncing.looked_at(key, asyncio.get_running_loop().time())


def _owner(each: Object) -> str:
    """The connector that an object was made for; empty where somebody took that away."""
    owners = each["metadata"].get("ownerReferences", ())
    return next((str(owner["uid"]) for owner in owners if owner.get("controller")), "")
