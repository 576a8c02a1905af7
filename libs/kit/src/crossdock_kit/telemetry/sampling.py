"""Which transactions are traced: decided by the transaction's id, so that every service decides alike.

A plain ratio per trace would tear a transaction apart, because each of its steps is a trace of its own. Knows nothing
of spans or exporters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

_RANGE = float(1 << 64)


def score(identifier: str) -> float:
    """A number in [0, 1) that is the same for an id in every service and process."""
    return int.from_bytes(blake2b(identifier.encode(), digest_size=8).digest(), "big") / _RANGE


@dataclass(frozen=True, slots=True)
class Sampling:
    """Keeps the share `ratio` of transactions; a step of several is kept if one of them is."""

    ratio: float = 1.0

    def keeps(self, transaction_ids: Iterable[str]) -> bool:
        return self.ratio >= 1.0 or any(score(each) < self.ratio for each in transaction_ids)

    def keeps_trace(self, trace_id: int) -> bool:
        """For a step whose transaction is not known: by the random tail of the trace id, alike along the trace."""
        return self.ratio >= 1.0 or (trace_id & ((1 << 56) - 1)) / float(1 << 56) < self.ratio
