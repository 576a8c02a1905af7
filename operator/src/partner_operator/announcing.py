"""Kubernetes events that people can read: one when readiness changes its reason, one for a reset that was asked for.

An event that comes again is counted.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from crossdock_kit.errors import CrossdockError

from partner_operator.conditions import is_ready, stamp
from partner_operator.connector import API_VERSION, KIND, Connector
from partner_operator.manifests.platform import MANAGER

log = logging.getLogger(__name__)
# Reasons of a passing state, or of one that somebody wanted.
_RESET = "CursorReset"
_NORMAL = frozenset({"Running", "RollingOut", "Draining", "Stopped", _RESET})
_MOST_REMEMBERED = 10_000


class PostsEvents(Protocol):
    async def post_event(self, event: dict[str, Any]) -> None: ...


@dataclass(eq=False)
class Announcer:
    cluster: PostsEvents
    _counts: dict[str, int] = field(default_factory=dict)

    async def tell(self, connector: Connector, status: Mapping[str, Any]) -> None:
        """Says what is no longer as the resource's status said. An event that is lost is only logged."""
        before, now = is_ready(connector.status), is_ready(status)
        if before.get("reason") != now["reason"]:
            await self._post(connector, now["reason"], now["message"])
        reset = status.get("cursorReset")
        if reset and reset != connector.status.get("cursorReset"):
            await self._post(connector, _RESET if reset["done"] else "CursorResetRefused", reset["message"])

    async def _post(self, connector: Connector, reason: str, message: str) -> None:
        try:
            await self.cluster.post_event(self._event(connector, reason, message))
        except CrossdockError as error:
            log.warning("%s/%s: an event is lost: %s", *connector.key, error)

    def _event(self, connector: Connector, reason: str, message: str) -> dict[str, Any]:
        digest = hashlib.sha256(f"{connector.uid} {reason} {message}".encode()).hexdigest()[:12]
        name, now = f"{connector.partner}.{digest}", stamp(datetime.now(UTC))
        if len(self._counts) > _MOST_REMEMBERED:
            self._counts.clear()
        self._counts[name] = self._counts.get(name, 0) + 1
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": connector.namespace},
            "involvedObject": {
                "apiVersion": API_VERSION,
                "kind": KIND,
                "name": connector.partner,
                "namespace": connector.namespace,
                "uid": connector.uid,
            },
            "type": "Normal" if reason in _NORMAL else "Warning",
            "reason": reason,
            "message": message[:1000],
            "source": {"component": MANAGER},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": self._counts[name],
        }
