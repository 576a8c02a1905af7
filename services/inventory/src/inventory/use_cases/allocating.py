"""Binding what was promised to accepted orders to lots, and giving bound lots back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from crossdock_kit.errors import CrossdockError, Refused

from inventory.domain.events import ReservationCommitted, ReservationReleased, StockAllocated, StockDeallocated
from inventory.domain.item import ItemUnknown
from inventory.domain.lots import FreeLot, LotsDoNotMatch, LotShort, Pick, as_chosen, first_expiry_first
from inventory.domain.movement import Movement, StockKey
from inventory.domain.quantity import ZERO, Measure
from inventory.domain.reservation import REPEATED, Reservation, ReservationUnknown, Trigger
from inventory.domain.reservation_moves import key_of, movements_of
from inventory.ports import UnitOfWork, Work
from inventory.use_cases.reservations import all_of

NOT_BOUND = "its stock could not be bound"


@dataclass(frozen=True, slots=True)
class LotWanted:
    sku: str
    location_id: str
    lot: str
    quantity: Measure


@dataclass(frozen=True, slots=True)
class AllocateStock:
    """`chosen` by the caller; none lets what expires first leave first."""

    tenant: str
    reservation_id: UUID
    chosen: tuple[LotWanted, ...] = ()


@dataclass(frozen=True, slots=True)
class DeallocateStock:
    tenant: str
    reservation_id: UUID


async def allocate_stock(command: AllocateStock, uow: UnitOfWork) -> tuple[Reservation, list[Pick]]:
    """Binds what a commitment promised to lots."""
    async with uow(tenants=(command.tenant,)) as work:
        (found,) = await all_of((command.reservation_id,), work)
        event = found.advance(Trigger.ALLOCATE, work.now)
        if event is None:
            return found, (await work.reservations.picks([found.reservation_id]))[found.reservation_id]
        picks = await _picked(found, await _in_base_units(command, work), work)
        await work.ledger.book(list(movements_of(found, event, picks, work.now)))
        await work.reservations.save([found])
        await work.reservations.bind([found], {found.reservation_id: picks})
        work.announce(StockAllocated(found, tuple(picks)))
        return found, picks


async def deallocate_stock(command: DeallocateStock, uow: UnitOfWork) -> Reservation:
    """Gives bound lots back to the commitment."""
    async with uow(tenants=(command.tenant,)) as work:
        (found,) = await all_of((command.reservation_id,), work)
        event = found.advance(Trigger.DEALLOCATE, work.now)
        if event is not None:
            picks = (await work.reservations.picks([found.reservation_id]))[found.reservation_id]
            await work.ledger.book(list(movements_of(found, event, picks, work.now)))
            await work.reservations.save([found])
            await work.reservations.unbind([found.reservation_id])
            work.announce(StockDeallocated(found, tuple(picks)))
        return found


async def _in_base_units(command: AllocateStock, work: Work) -> list[Pick]:
    items = await work.master_data.known(command.tenant, {each.sku for each in command.chosen})
    picks: list[Pick] = []
    for each in command.chosen:
        if each.sku not in items:
            raise ItemUnknown(each.sku)
        quantity = items[each.sku].in_base_units(each.quantity)
        picks.append(Pick(each.sku, each.location_id, each.lot, quantity))
    return picks


async def _picked(reservation: Reservation, chosen: Sequence[Pick], work: Work) -> list[Pick]:
    keys = {part: key_of(reservation, part) for part in reservation.parts}
    await work.ledger.lock(keys.values())
    lots, today = await work.ledger.free_lots(keys.values()), work.now.date()
    picks: list[Pick] = []
    promised = {(part.sku, part.location_id) for part in keys}
    for pick in chosen:
        if (pick.sku, pick.location_id) not in promised:
            raise LotsDoNotMatch(pick.sku, pick.location_id, ZERO, pick.quantity)
    for part, key in keys.items():
        free = lots.get(key, [])
        mine = [pick for pick in chosen if (pick.sku, pick.location_id) == (part.sku, part.location_id)]
        picks.extend(as_chosen(part, mine, free, today) if chosen else first_expiry_first(part, free, today))
    return picks


@dataclass(frozen=True, slots=True)
class Allocated:
    """In base units, which `units` names by item; `repeated` if the lots had been bound before."""

    picks: Sequence[Pick]
    units: Mapping[str, str]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class NotBound:
    """`given_back` if it held something until now."""

    code: str
    reason: str
    given_back: bool = False

    @classmethod
    def because(cls, error: CrossdockError, *, given_back: bool = False) -> NotBound:
        return cls(error.code, str(error), given_back)


@dataclass(slots=True)
class _Binding:
    """What binding many at once moves. `free` is what those so far leave of each lot."""

    work: Work
    free: dict[StockKey, list[FreeLot]]
    movements: list[Movement] = field(default_factory=list)
    moved: list[Reservation] = field(default_factory=list)
    picks: dict[UUID, list[Pick]] = field(default_factory=dict)

    def bind(self, reservation: Reservation) -> Allocated | NotBound:
        now, identity = self.work.now, str(reservation.reservation_id)
        try:
            committed = reservation.advance(Trigger.COMMIT, now)
        except Refused as error:
            return NotBound.because(error)
        self.moved.append(reservation)
        if committed is not None:
            self.movements += movements_of(reservation, committed, reservation.parts, now)
            self.work.announce(ReservationCommitted(reservation), identity)
        try:
            picks = self._picked(reservation)
        except LotShort as error:
            self._give_back(reservation)
            return NotBound.because(error, given_back=True)
        self._take(reservation, picks)
        return Allocated(picks, reservation.units)

    def _picked(self, reservation: Reservation) -> list[Pick]:
        today = self.work.now.date()
        return [
            pick
            for part in reservation.parts
            for pick in first_expiry_first(part, self.free.get(key_of(reservation, part), ()), today)
        ]

    def _take(self, reservation: Reservation, picks: list[Pick]) -> None:
        allocated = reservation.advance(Trigger.ALLOCATE, self.work.now)
        if allocated is not None:
            self.movements += movements_of(reservation, allocated, picks, self.work.now)
            self.work.announce(StockAllocated(reservation, tuple(picks)), str(reservation.reservation_id))
        self.picks[reservation.reservation_id] = picks
        for pick in picks:
            lots = self.free[key_of(reservation, pick)]
            lots[:] = [replace(lot, free=lot.free - pick.quantity) if lot.lot == pick.lot else lot for lot in lots]

    def _give_back(self, reservation: Reservation) -> None:
        released = reservation.advance(Trigger.RELEASE, self.work.now)
        if released is not None:
            self.movements += movements_of(reservation, released, reservation.parts, self.work.now)
            self.work.announce(ReservationReleased(reservation, NOT_BOUND), str(reservation.reservation_id))


async def allocate_reservations(asked: Iterable[UUID], work: Work) -> Mapping[UUID, Allocated | NotBound]:
    """Each is committed and bound, first expiry first, or refused by itself; many in the same few statements."""
    wanted = list(dict.fromkeys(asked))
    found = {each.reservation_id: each for each in await work.reservations.lock(wanted)}
    bound = [each.reservation_id for each in found.values() if each.state in REPEATED[Trigger.ALLOCATE]]
    before = await work.reservations.picks(bound) if bound else {}
    left = [found[each] for each in wanted if each in found and each not in before]
    keys = {key_of(each, part) for each in left for part in each.parts}
    await work.ledger.lock(keys)
    binding = _Binding(work, dict(await work.ledger.free_lots(keys)) if keys else {})
    told: dict[UUID, Allocated | NotBound] = {
        each: Allocated(picks, found[each].units, repeated=True) for each, picks in before.items()
    }
    for each in left:
        told[each.reservation_id] = binding.bind(each)
    if binding.moved:
        await work.ledger.book(binding.movements)
        await work.reservations.save(binding.moved)
        await work.reservations.bind(binding.moved, binding.picks)
    return {each: told.get(each) or NotBound.because(ReservationUnknown(str(each))) for each in wanted}
