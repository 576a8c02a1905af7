"""What the ledger held at some instant, by place: the sum of today's balances without what moved since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from inventory.domain.accounts import Account
from inventory.domain.movement import StockKey
from inventory.domain.quantity import ZERO

Place = tuple[StockKey, str, Account]


@dataclass(frozen=True, slots=True)
class HeldThen:
    """Physical balances by lot."""

    by_lot: Mapping[Place, Decimal]

    def of(self, key: StockKey, lot: str, bucket: Account) -> Decimal:
        """Of a lot; without one, of all lots together."""
        if lot:
            return self.by_lot.get((key, lot, bucket), ZERO)
        return sum((held for (at, _, of), held in self.by_lot.items() if (at, of) == (key, bucket)), ZERO)


def held_then(now: Mapping[Place, Decimal], moved_since: Iterable[tuple[Place, Decimal]]) -> HeldThen:
    """`moved_since` is signed as it changed the place."""
    then = dict(now)
    for place, change in moved_since:
        then[place] = then.get(place, ZERO) - change
    return HeldThen(then)
