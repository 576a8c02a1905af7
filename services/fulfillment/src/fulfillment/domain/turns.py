"""Whose turn it is where there is not enough for all: urgent work first, and whoever waits long enough is urgent too.

An order has its turn at birth and keeps it, so that nothing has to be counted anew as time passes. It must not know
what is waited for.
"""

from __future__ import annotations

from datetime import datetime, timedelta

LEAD = timedelta(hours=24)
"""How much earlier an order for the same day comes to its turn than one that is not, unless policy says otherwise."""


def turn(created_at: datetime, *, same_day: bool, lead: timedelta) -> datetime:
    """An order for the same day stands as if it had come so much earlier: it overtakes all that came in that time, and
    nothing that has waited longer. So at most what is ordered for the same day within `lead` comes before any other."""
    return created_at - max(lead, timedelta()) if same_day else created_at
