"""Cursors of what is polled, put back by an annotation: once for each new value, only while the connector is stopped.

A request that came while it ran stays refused: nobody wants it carried out when it is stopped for another reason.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Protocol

from crossdock_kit.errors import CrossdockError
from crossdock_kit.peers import PeerRefused

from partner_operator.connector import RESET_CURSOR, Connector

_LONGEST_VALUE = 100


class ResetsCursors(Protocol):
    async def reset_cursors(self, partner: str, request_id: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class CursorReset:
    """What became of the value `asked` of the annotation."""

    asked: str
    done: bool
    message: str

    @property
    def as_status(self) -> dict[str, Any]:
        return {"asked": self.asked, "done": self.done, "message": self.message}


def told(connector: Connector) -> CursorReset | None:
    """What the status says of the last request."""
    said = connector.status.get("cursorReset")
    return CursorReset(said["asked"], said["done"], said["message"]) if said else None


async def reset_if_asked(connector: Connector, business: ResetsCursors) -> CursorReset | None:
    """The service holds the connector's present profile. What cannot be asked now is asked with the next look."""
    asked, before = connector.annotations.get(RESET_CURSOR, "")[:_LONGEST_VALUE], told(connector)
    if not asked or (before is not None and before.asked == asked):
        return before
    if connector.state != "stopped":
        text = f"it is {connector.state}: stop it, and annotate it with another value than {asked}"
        return CursorReset(asked, False, f"a cursor is reset only while the connector is stopped, and {text}")
    # The same request, however often an answer is lost.
    request_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{connector.uid}/{RESET_CURSOR}/{asked}"))
    try:
        kinds = await business.reset_cursors(connector.partner, request_id)
    except PeerRefused as refused:
        text = "nothing of the partner is polled" if refused.reason == "NOT_POLLED" else refused.message
        return CursorReset(asked, False, text)
    except CrossdockError:
        return before
    return CursorReset(asked, True, f"begins anew: {', '.join(kinds)}")
