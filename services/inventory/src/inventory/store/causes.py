"""Why each fact of a work is recorded: which event told it, or which transaction it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from crossdock_kit.context import Cause, cause


class Causes:
    """Why each fact is recorded. In a consumer's batch it is the event that told it; in a call that serves several
    transactions each of them gets a step of its own, so that none stands in the timeline of another."""

    def __init__(self, events: Mapping[str, Cause]) -> None:
        self._events = events
        self._alone: dict[tuple[str, ...], Cause] = {}

    def of(self, cause_id: str, transaction_ids: tuple[str, ...]) -> Cause:
        if cause_id in self._events:
            return self._events[cause_id]
        if len(transaction_ids) > 1:
            return replace(cause(), transaction_ids=transaction_ids)
        if not self._alone:
            self._alone[transaction_ids] = cause()
        if transaction_ids not in self._alone:
            self._alone[transaction_ids] = replace(cause(), transaction_ids=transaction_ids)
        return self._alone[transaction_ids]
