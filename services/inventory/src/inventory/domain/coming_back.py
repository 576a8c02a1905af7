"""What customers send back, in the ledger: to returned or quarantined stock, and from there to where it is decided.

Movements are sums, so that a receipt and its inspection may come in any order; until the receipt has come, returned
stock is owed what was decided of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from inventory.domain.accounts import Account
from inventory.domain.movement import Movement
from inventory.domain.outbound import Bound, Outgoing, Shelves, entered, moved
from inventory.domain.rules import UPDATE_RULES, Event, Pair


class Disposition(Enum):
    RESTOCK = "restock"
    QUARANTINE = "quarantine"
    DAMAGED = "damaged"
    SCRAP = "scrap"


_DECIDED: Mapping[tuple[Account, Disposition], Event] = {
    (Account.RETURNED, Disposition.RESTOCK): Event.RETURN_RESTOCKED,
    (Account.RETURNED, Disposition.QUARANTINE): Event.RETURN_QUARANTINED,
    (Account.RETURNED, Disposition.DAMAGED): Event.RETURN_DAMAGED,
    (Account.RETURNED, Disposition.SCRAP): Event.RETURN_SCRAPPED,
    (Account.QUARANTINED, Disposition.RESTOCK): Event.QUALITY_RELEASED,
    (Account.QUARANTINED, Disposition.DAMAGED): Event.QUALITY_REJECTED,
    (Account.QUARANTINED, Disposition.SCRAP): Event.QUARANTINE_SCRAPPED,
}
"""By where it lay; what stays in quarantine moves nowhere."""


@dataclass(frozen=True, slots=True)
class CameBack(Outgoing):
    """`held` is where it lies until somebody has looked at it: RETURNED or QUARANTINED."""

    held: Account = Account.RETURNED

    @property
    def pair(self) -> Pair:
        return Account.CUSTOMER, self.held

    def movements(self, bound: Bound, shelves: Shelves) -> Iterator[Movement]:
        yield moved(self, Event.RETURNED, self.lot, self.quantity)
        if self.held is Account.QUARANTINED:
            yield moved(self, Event.RETURN_QUARANTINED, self.lot, self.quantity)
        yield from entered(self, self.held, self.lot, self.quantity, shelves)


@dataclass(frozen=True, slots=True)
class Decided(Outgoing):
    """Somebody has looked at it and says what becomes of it."""

    held: Account = Account.RETURNED
    disposition: Disposition = Disposition.RESTOCK

    @property
    def pair(self) -> Pair:
        """From where to where it goes; what stays where it was is no movement."""
        event = _DECIDED.get((self.held, self.disposition))
        return UPDATE_RULES[event][0] if event else (self.held, self.held)

    def movements(self, bound: Bound, shelves: Shelves) -> Iterator[Movement]:
        event = _DECIDED.get((self.held, self.disposition))
        if event is None:
            return
        _, target = self.pair
        for lot, quantity in shelves.take(self, self.held, self.quantity, self.lot or None):
            yield moved(self, event, lot, quantity)
            shelves.put(self.key, lot, target, quantity)


ReturnFact = CameBack | Decided
