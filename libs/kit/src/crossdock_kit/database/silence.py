"""Ends sessions whose process has fallen silent where no timeout of the server counts.

While the server waits for the rest of a statement, between Parse and Sync, no idle timeout counts and no statement
timeout reaches it: a process stopped there would keep its locks for as long as it is stopped. Another process of the
same role sees it and ends the session. It must not know what the locks stand for.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from crossdock_kit.driver import Driver

log = logging.getLogger(__name__)

OWNER_SILENCE = timedelta(seconds=10)
"""As long as the idle timeouts of an owner's session."""
TRANSACTION_SILENCE = timedelta(seconds=30)

# A session that waits for its client and has done so since its state last changed: nothing came, nothing was taken.
# Applications differ by service; those of other programs under the same role are left alone. Ending stands outside of
# the conditions, whose order the planner chooses.
_END = """
WITH silent AS MATERIALIZED (
  SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
    AND application_name = current_setting('application_name') AND wait_event_type = 'Client'
    AND state_change < clock_timestamp()
      - CASE WHEN pid = ANY ($1::int4[]) THEN $2::interval WHEN xact_start IS NOT NULL THEN $3::interval END
)
SELECT pid, pg_terminate_backend(pid) FROM silent
"""


async def end_silent(driver: Driver, owners: Sequence[int]) -> int:
    """Ends silent sessions of this service: those of the given owners, and any that keeps a transaction open."""
    ended = await driver.fetch(_END, owners, OWNER_SILENCE, TRANSACTION_SILENCE)
    for row in ended:
        log.warning("ended a silent session", extra={"session": row["pid"], "owner": row["pid"] in owners})
    return len(ended)
