"""Who acts where two operators run: the holder of a Lease, renewed well before others may take it.

A holder that could not renew stops acting before its term is over, so that two never believe it at once for long; and
since all that is written is desired state, two that do act do no harm.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from crossdock_kit.errors import Conflict, CrossdockError, NotFound

log = logging.getLogger(__name__)

NAME = "partner-operator"
TERM = timedelta(seconds=15)
_RENEW_SECONDS = 4.0


class KeepsLeases(Protocol):
    async def lease(self, namespace: str, name: str) -> dict[str, Any]: ...

    async def create_lease(self, namespace: str, lease: dict[str, Any]) -> dict[str, Any]: ...

    async def replace_lease(self, namespace: str, lease: dict[str, Any]) -> dict[str, Any]: ...


@dataclass(eq=False)
class Leader:
    """`elected` is called each time that we begin to act."""

    cluster: KeepsLeases
    namespace: str
    me: str
    elected: Callable[[], None]
    _until: float = field(default=float("-inf"))
    _seen: tuple[str, float] = ("", 0.0)

    @property
    def acts(self) -> bool:
        return asyncio.get_running_loop().time() < self._until

    async def run(self) -> None:
        """Until cancelled; then the lease is given back so that another takes it at once."""
        try:
            while True:
                await self._round()
                await asyncio.sleep(_RENEW_SECONDS)
        finally:
            if self.acts:
                self._until = float("-inf")
                await self._give_back()

    async def _round(self) -> None:
        began, acted = asyncio.get_running_loop().time(), self.acts
        try:
            if await self._take():
                # Counted from before the call: others count from after it.
                self._until = began + TERM.total_seconds() * 2 / 3
        except Conflict:
            self._until = float("-inf")
        except CrossdockError as error:
            log.warning("the lease cannot be renewed: %s", error)
        if self.acts and not acted:
            log.info("%s acts from now on", self.me)
            self.elected()

    async def _take(self) -> bool:
        try:
            lease = await self.cluster.lease(self.namespace, NAME)
        except NotFound:
            made = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": NAME}}
            await self.cluster.create_lease(self.namespace, made | {"spec": self._spec({})})
            return True
        held = lease.get("spec", {})
        if held.get("holderIdentity") not in {self.me, "", None} and not self._is_stale(lease):
            self._until = float("-inf")
            return False
        await self.cluster.replace_lease(self.namespace, lease | {"spec": self._spec(held)})
        return True

    def _is_stale(self, lease: dict[str, Any]) -> bool:
        """By our own clock since we saw it change: another machine's clock proves nothing."""
        version, now = lease["metadata"]["resourceVersion"], asyncio.get_running_loop().time()
        if version != self._seen[0]:
            self._seen = (version, now)
        return now - self._seen[1] > TERM.total_seconds()

    def _spec(self, held: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        changed = held.get("holderIdentity") != self.me
        return {
            "holderIdentity": self.me,
            "leaseDurationSeconds": int(TERM.total_seconds()),
            "acquireTime": now if changed else held.get("acquireTime", now),
            "renewTime": now,
            "leaseTransitions": held.get("leaseTransitions", 0) + (1 if changed else 0),
        }

    async def _give_back(self) -> None:
        try:
            lease = await self.cluster.lease(self.namespace, NAME)
            if lease.get("spec", {}).get("holderIdentity") == self.me:
                spec = lease["spec"] | {"holderIdentity": "", "leaseDurationSeconds": 1}
                await self.cluster.replace_lease(self.namespace, lease | {"spec": spec})
        except CrossdockError as error:
            log.info("the lease is not given back and runs out: %s", error)
