"""What warehouses' reports on released orders do to the ledger: goods leave the shelf, then the house.

Movements are sums, so reports of a pick and of the goods issue may come in any order and leave the same stock; which of
the two takes a quantity off the shelf is fulfillment's word. Reports are facts: nothing is clipped, and a promise that
bound the goods ends for as much as it held and never for more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from inventory.domain.accounts import Account
from inventory.domain.lots import Pick
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.quantity import ZERO
from inventory.domain.rules import UPDATE_RULES, Event, Pair

LOT_NAMED = "LOT_NAMED"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """So much of an item at a place. `lot` is empty where the warehouse named none, `reservation_id` None where no
    promise bound it."""

    key: StockKey
    quantity: Decimal
    unit: str
    lot: str
    reservation_id: UUID | None
    document: Document


@dataclass(frozen=True, slots=True)
class Picked(Outgoing):
    """Left the shelf; the promise that bound it is kept."""

    def movements(self, bound: Bound, shelves: Shelves) -> Iterator[Movement]:
        taken = bound.take(self)
        for lot, quantity in taken:
            yield _freed(self, Event.PICKED, lot, quantity)
        named = self.lot or None
        rest = self.quantity - sum((quantity for _, quantity in taken), ZERO)
        for lot, quantity in taken:
            yield from self._off_the_shelf(named if named is not None else lot, quantity, shelves)
        for lot, quantity in shelves.take(self, Account.SELLABLE, rest, named):
            yield from self._off_the_shelf(lot, quantity, shelves)

    def _off_the_shelf(self, lot: str, quantity: Decimal, shelves: Shelves) -> Iterator[Movement]:
        yield moved(self, Event.PICKED, lot, quantity)
        yield from entered(self, Account.STAGED, lot, quantity, shelves)


@dataclass(frozen=True, slots=True)
class NotFound(Outgoing):
    """The promise binds it no more. What lies there is the warehouse's to count."""

    def movements(self, bound: Bound, shelves: Shelves) -> Iterator[Movement]:
        for lot, quantity in bound.take(self):
            yield _freed(self, Event.PICKED_SHORT, lot, quantity)


@dataclass(frozen=True, slots=True)
class Issued(Outgoing):
    """Left the house."""

    def movements(self, bound: Bound, shelves: Shelves) -> Iterator[Movement]:
        for lot, quantity in shelves.take(self, Account.STAGED, self.quantity, self.lot or None):
            yield moved(self, Event.SHIPPED, lot, quantity)


@dataclass(frozen=True, slots=True)
class PutBack(Outgoing):
    """It was picked, and lies on its shelf again."""

    def movements(self, bound: Bound, shelves: Shelves) -> Iterator[Movement]:
        for lot, quantity in shelves.take(self, Account.STAGED, self.quantity, self.lot or None):
            yield moved(self, Event.PUT_BACK, lot, quantity)
            yield from entered(self, Account.SELLABLE, lot, quantity, shelves)


OutboundFact = Picked | NotFound | Issued | PutBack


class Bound:
    """What reservations bind, as the reports of one batch use it up."""

    def __init__(self, picks: Mapping[UUID, Sequence[Pick]]) -> None:
        self.left = {reservation_id: list(found) for reservation_id, found in picks.items()}
        self.touched: set[UUID] = set()

    def take(self, wanted: Outgoing) -> list[tuple[str, Decimal]]:
        """Lots and quantities, of the lot that was named first."""
        if wanted.reservation_id not in self.left:
            return []
        rows = self.left[wanted.reservation_id]
        place = (wanted.key.sku, wanted.key.location_id)
        mine = [each for each in rows if (each.sku, each.location_id) == place]
        missing, taken = wanted.quantity, list[tuple[str, Decimal]]()
        for each in sorted(mine, key=lambda pick: pick.lot != wanted.lot):
            quantity = min(each.quantity, missing)
            if quantity > 0:
                rows.remove(each)
                if quantity < each.quantity:
                    rows.append(replace(each, quantity=each.quantity - quantity))
                taken.append((each.lot, quantity))
                missing -= quantity
        if taken:
            self.touched.add(wanted.reservation_id)
        return taken


class Shelves:
    """What lies in which lot, as the movements of one batch leave it. Where no lot was named, one that has some is
    taken, and what none has is booked without a lot."""

    def __init__(self, held: Mapping[tuple[StockKey, str, Account], Decimal]) -> None:
        self._held = dict(held)

    def put(self, key: StockKey, lot: str, account: Account, quantity: Decimal) -> None:
        self._held[key, lot, account] = self._held.get((key, lot, account), ZERO) + quantity

    def owed(self, key: StockKey, account: Account) -> Decimal:
        """What left without a lot and has not come yet."""
        return max(-self._held.get((key, "", account), ZERO), ZERO)

    def take(self, wanted: Outgoing, account: Account, quantity: Decimal, lot: str | None) -> list[tuple[str, Decimal]]:
        """A lot is named once: what lies there and what is owed of it leave in one movement, so that the ledger says
        the same whether goods came before or after they were seen to leave."""
        taken: dict[str, Decimal] = {}
        for name in self._lots(wanted.key, account) if lot is None else ():
            part = min(self._held[wanted.key, name, account], quantity)
            if part > 0:
                taken[name] = part
                quantity -= part
        if quantity > 0:
            taken[lot or ""] = taken.get(lot or "", ZERO) + quantity
        for name, part in taken.items():
            self.put(wanted.key, name, account, -part)
        return list(taken.items())

    def _lots(self, key: StockKey, account: Account) -> list[str]:
        return sorted(lot for of, lot, held in self._held if (of, held) == (key, account))


def entered(fact: Outgoing, account: Account, lot: str, quantity: Decimal, shelves: Shelves) -> Iterator[Movement]:
    """It lies there now. Where some of it had gone on before anybody said of which lot it was, that is said now."""
    shelves.put(fact.key, lot, account, quantity)
    unnamed = min(shelves.owed(fact.key, account), quantity) if lot else ZERO
    if unnamed > 0:
        yield booked(fact, LOT_NAMED, (account, Account.ADJUSTMENT), lot, unnamed)
        yield booked(fact, LOT_NAMED, (Account.ADJUSTMENT, account), "", unnamed)
        shelves.put(fact.key, lot, account, -unnamed)
        shelves.put(fact.key, "", account, unnamed)


def moved(fact: Outgoing, event: Event, lot: str, quantity: Decimal) -> Movement:
    """The goods of it: the first pair of its rule."""
    return booked(fact, event.name, UPDATE_RULES[event][0], lot, quantity)


def _freed(fact: Outgoing, event: Event, lot: str, quantity: Decimal) -> Movement:
    """The promise of it: the last pair of its rule, under the reservation that ends by it."""
    document = replace(fact.document, name=f"reservation/{fact.reservation_id}")
    return booked(replace(fact, document=document), event.name, UPDATE_RULES[event][-1], lot, quantity)


def booked(fact: Outgoing, reason: str, pair: Pair, lot: str, quantity: Decimal) -> Movement:
    source, target = pair
    return Movement(
        key=fact.key,
        source=source,
        target=target,
        quantity=quantity,
        reason=reason,
        document=fact.document,
        lot=lot,
        unit=fact.unit,
    )


def keys_of(facts: Iterable[Outgoing]) -> set[StockKey]:
    return {each.key for each in facts}
