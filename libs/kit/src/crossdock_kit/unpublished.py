"""What is recorded and does not reach the stream has an owner: an event that is refused, or all where nothing moves.

The relay goes on trying whatever is told here. An exception ends by itself as soon as what it is about is published,
whoever has raised it and whoever publishes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from crossdock_kit import exceptions
from crossdock_kit.broker import stream_name
from crossdock_kit.database import transaction
from crossdock_kit.driver import Driver
from crossdock_kit.errors import CrossdockError, FailureClass
from crossdock_kit.events import decoded_list, parsed_headers
from crossdock_kit.exception_history import BY_ITSELF, appended
from crossdock_kit.exceptions import NewException, NothingLeft
from crossdock_kit.ids import EXPRESS
from crossdock_kit.refusals import Refusal
from crossdock_kit.relay import Relay
from crossdock_kit.unit_of_work import Work

log = logging.getLogger(__name__)

EVENT_REFUSED, EVENTS_NOT_PUBLISHED = "EVENT_REFUSED", "EVENTS_NOT_PUBLISHED"
EVENT = "event"
"""With this begins the subject of an event that was refused: "event/<id>"."""
OWNER = "operations"
EVERY_SECONDS = 15.0
STUCK_SECONDS = 300.0
"""As long as what a consumer holds may wait unseen."""

_OLDEST = """
SELECT tenant, min(position) AS position, count(*) AS waiting, min(recorded_at) AS recorded_at FROM pending
WHERE slot = ANY ($1::int2[]) AND position <> ALL ($2::int8[]) GROUP BY tenant
"""
_SETTLED = f"""
UPDATE exception e SET resolved_at = now(), resolution = $1, resolved_by = $2,
  history = {appended("resolved", at="now()", by="$2", why="$1")}
WHERE e.resolved_at IS NULL AND (
  e.code = '{EVENT_REFUSED}' AND NOT EXISTS (SELECT FROM pending p WHERE '{EVENT}/' || p.event_id = e.subject)
  OR e.code = '{EVENTS_NOT_PUBLISHED}' AND NOT EXISTS (
    SELECT FROM pending p WHERE p.tenant = e.tenant AND p.position <= (e.details->>'position')::int8))
"""  # noqa: S608 - only constants of this module
_WAITS = "SELECT EXISTS (SELECT FROM pending WHERE event_id = $1)"


class _Oldest(NamedTuple):
    """What a tenant's first event in line is, and since when it has been."""

    position: int
    since: float
    told: bool


@dataclass(eq=False)
class Unpublished:
    """Keep `run` running beside the relay; each process looks after the partitions that it relays."""

    relay: Relay
    stuck_seconds: float = STUCK_SECONDS
    _oldest: dict[str, _Oldest] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled. A database that is away is waited for."""
        while True:
            try:
                await self.look()
            except CrossdockError as error:
                log.warning("what is not published cannot be looked at: %s", error.code)
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Tells what is new, and settles what is published."""
        refused = [(each, each.attempts) for each in self.relay.refusals.lasting if each.told < each.attempts]
        async with transaction(self.relay.engine, self.relay.tenants) as tx:
            oldest, stuck = self._stuck(await self._waiting(tx.driver))
            raised = [*(_refused(each) for each, _ in refused), *stuck]
            await exceptions.raise_all(tx.driver, raised, at=await tx.driver.fetchval("SELECT now()"))
            await tx.driver.execute(_SETTLED, "it is published", BY_ITSELF)
        self._oldest = oldest
        for each, attempts in refused:
            each.told = attempts

    async def again(self, subject: str, work: Work) -> str:
        """What an operator's retry does. Raises NothingLeft."""
        if not await work.driver.fetchval(_WAITS, UUID(subject.partition("/")[2])):
            raise NothingLeft("the event is published")
        work.after_commit(self.relay.again)
        return "it is published again, and then what waits behind it"

    async def _waiting(self, driver: Driver) -> Sequence[Any]:
        owned = self.relay.leases.owned
        slots = [*owned, *(each + EXPRESS for each in owned)]
        return await driver.fetch(_OLDEST, slots, self.relay.refusals.aside())

    def _stuck(self, rows: Sequence[Any]) -> tuple[dict[str, _Oldest], list[NewException]]:
        """Of each tenant the first in line, and what there is to tell of those that have not moved."""
        now, found = asyncio.get_running_loop().time(), dict[str, _Oldest]()
        raised: list[NewException] = []
        for row in rows:
            tenant, position = row["tenant"], row["position"]
            before = self._oldest.get(tenant)
            if before is None or before.position != position:
                found[tenant] = _Oldest(position, now, told=False)
                continue
            late = now - before.since >= self.stuck_seconds
            if late and not before.told:
                raised.append(self._not_published(row))
            found[tenant] = before._replace(told=late)
        return found, raised

    def _not_published(self, row: Any) -> NewException:
        stream, why = stream_name(self.relay.context), self.relay.complaint or "no word why"
        return NewException(
            tenant=row["tenant"],
            failure_class=FailureClass.TRANSIENT,
            code=EVENTS_NOT_PUBLISHED,
            summary=f"{row['waiting']} events are recorded and do not reach the stream {stream}: {why}",
            owner=OWNER,
            subject=f"stream/{stream}",
            details={"position": str(row["position"]), "recorded_at": row["recorded_at"].isoformat(), "said": why},
        )


def _refused(refusal: Refusal) -> NewException:
    row, headers = refusal.row, parsed_headers(refusal.row["headers"])
    return NewException(
        tenant=row["tenant"],
        failure_class=FailureClass.BUG,
        code=EVENT_REFUSED,
        summary=f"the broker refuses {row['type'].rpartition('.')[2]} {row['version']} of {row['aggregate']}, and what"
        f" comes after it waits: {refusal.reason}",
        owner=OWNER,
        subject=f"{EVENT}/{refusal.event_id}",
        transaction_ids=decoded_list(headers.get("ce-transactionids", "")),
        keys=decoded_list(headers.get("ce-keys", "")),
        details={"aggregate": row["aggregate"], "type": row["type"], "said": refusal.reason},
    )
