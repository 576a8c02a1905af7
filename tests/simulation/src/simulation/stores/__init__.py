"""The kit's storage ports over the model: claim and mark, admit and advance, held messages, timers, leases, what a unit
of work writes. Each function does what the kit's statement of the same name does, and nothing more.
"""

from __future__ import annotations

from simulation.stores.consuming import MemoryConsumerStore
from simulation.stores.publishing import MemoryBooks, MemoryLeaseStore, MemoryRelayStore
from simulation.stores.working import MemoryTimerStore, MemoryWorkStore

__all__ = [
    "MemoryBooks",
    "MemoryConsumerStore",
    "MemoryLeaseStore",
    "MemoryRelayStore",
    "MemoryTimerStore",
    "MemoryWorkStore",
]
