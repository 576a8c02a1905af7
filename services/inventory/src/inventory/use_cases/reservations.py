"""What becomes of reservations: given back, committed, bound to lots, or lapsed. All of a request or nothing of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from inventory.domain.events import (
    ReservationCommitted,
    ReservationExpired,
    ReservationReleased,
    StockAllocated,
    StockDeallocated,
)
from inventory.domain.item import ItemUnknown
from inventory.domain.lots import LotsDoNotMatch, Pick, as_chosen, first_expiry_first
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.quantity import ZERO, Measure
from inventory.domain.reservation import Reservation, ReservationNotOpen, ReservationUnknown, State, Trigger
from inventory.domain.reserving import Part
from inventory.domain.rules import UPDATE_RULES, Event
from inventory.ports import UnitOfWork, Work

LAPSED_AT_ONCE = 500
TAKE_OVER = "TAKE_OVER"


@dataclass(frozen=True, slots=True)
class ReleaseReservations:
    tenant: str
    reservation_ids: tuple[UUID, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Holder:
    business_unit: str
    channel: str


@dataclass(frozen=True, slots=True)
class CommitReservations:
    """`taken_over_from` whom they have to be, and still be held."""

    tenant: str
    reservation_ids: tuple[UUID, ...]
    taken_over_from: Holder | None = None


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


async def release_reservations(command: ReleaseReservations, uow: UnitOfWork) -> list[Reservation]:
    """Gives back what they hold, from whatever state holds something. What has ended stays ended."""
    async with uow(tenants=(command.tenant,)) as work:
        found = await _all_of(command.reservation_ids, work)
        for each in await _give_back(found, Trigger.RELEASE, work):
            work.announce(ReservationReleased(each, command.reason))
        return found


async def commit_reservations(command: CommitReservations, uow: UnitOfWork) -> list[Reservation]:
    """Turns them into commitments of accepted orders; they lapse no more."""
    async with uow(tenants=(command.tenant,)) as work:
        found = await _all_of(command.reservation_ids, work)
        if command.taken_over_from is not None:
            _check_taken_over(found, command.taken_over_from)
        moved = [(each, event) for each in found if (event := each.advance(Trigger.COMMIT, work.now))]
        await work.ledger.book([m for each, event in moved for m in _movements(each, event, each.parts, work.now)])
        await work.reservations.save([each for each, _ in moved])
        for each, _ in moved:
            work.announce(ReservationCommitted(each))
        return found


async def expire_reservations(tenant: str, uow: UnitOfWork, limit: int = LAPSED_AT_ONCE) -> int:
    """Gives back what was held too long; how many. Many in one transaction."""
    async with uow(tenants=(tenant,)) as work:
        lapsed = await _give_back(await work.reservations.take_lapsed(limit), Trigger.EXPIRE, work)
        for each in lapsed:
            work.announce(ReservationExpired(each))
        return len(lapsed)


async def allocate_stock(command: AllocateStock, uow: UnitOfWork) -> tuple[Reservation, list[Pick]]:
    """Binds what a commitment promised to lots."""
    async with uow(tenants=(command.tenant,)) as work:
        (found,) = await _all_of((command.reservation_id,), work)
        event = found.advance(Trigger.ALLOCATE, work.now)
        if event is None:
            return found, (await work.reservations.picks([found.reservation_id]))[found.reservation_id]
        picks = await _picked(found, await _in_base_units(command, work), work)
        await work.ledger.book(list(_movements(found, event, picks, work.now)))
        await work.reservations.save([found])
        await work.reservations.bind(found, picks)
        work.announce(StockAllocated(found, tuple(picks)))
        return found, picks


async def deallocate_stock(command: DeallocateStock, uow: UnitOfWork) -> Reservation:
    """Gives bound lots back to the commitment."""
    async with uow(tenants=(command.tenant,)) as work:
        (found,) = await _all_of((command.reservation_id,), work)
        event = found.advance(Trigger.DEALLOCATE, work.now)
        if event is not None:
            picks = (await work.reservations.picks([found.reservation_id]))[found.reservation_id]
            await work.ledger.book(list(_movements(found, event, picks, work.now)))
            await work.reservations.save([found])
            await work.reservations.unbind([found.reservation_id])
            work.announce(StockDeallocated(found, tuple(picks)))
        return found


async def _all_of(ids: Sequence[UUID], work: Work) -> list[Reservation]:
    """Locked, in the order of the request. Raises ReservationUnknown."""
    found = {each.reservation_id: each for each in await work.reservations.lock(ids)}
    for each in ids:
        if each not in found:
            raise ReservationUnknown(str(each))
    return [found[each] for each in ids]


def _check_taken_over(found: Sequence[Reservation], holder: Holder) -> None:
    for each in found:
        if (each.business_unit, each.channel) != (holder.business_unit, holder.channel):
            raise ReservationUnknown(str(each.reservation_id))
        if each.state is not State.HELD:
            raise ReservationNotOpen(str(each.reservation_id), each.state.name, TAKE_OVER)


async def _give_back(found: Sequence[Reservation], trigger: Trigger, work: Work) -> list[Reservation]:
    """Those that held something until now, with what they held given back."""
    bound = [each.reservation_id for each in found if each.state is State.ALLOCATED]
    picks: Mapping[UUID, list[Pick]] = await work.reservations.picks(bound) if bound else {}
    moved = [(each, event) for each in found if (event := each.advance(trigger, work.now))]
    if not moved:
        return []
    movements = [
        movement
        for each, event in moved
        for movement in _movements(each, event, picks.get(each.reservation_id) or each.parts, work.now)
    ]
    await work.ledger.book(movements)
    if bound:
        await work.reservations.unbind(bound)
    await work.reservations.save([each for each, _ in moved])
    return [each for each, _ in moved]


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
    keys = {part: _key(reservation, part) for part in reservation.parts}
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


def _key(reservation: Reservation, part: Part | Pick) -> StockKey:
    return StockKey(reservation.tenant, part.sku, part.location_id, reservation.business_unit)


def _movements(
    reservation: Reservation, event: Event, parts: Sequence[Part | Pick], now: datetime
) -> Iterable[Movement]:
    identity = str(reservation.reservation_id)
    document = Document(f"reservation/{identity}", now, transaction_id=identity)
    for part in parts:
        for source, target in UPDATE_RULES[event]:
            yield Movement(
                key=_key(reservation, part),
                source=source,
                target=target,
                quantity=part.quantity,
                reason=event.name,
                document=document,
                lot=part.lot if isinstance(part, Pick) else "",
                unit=reservation.units[part.sku],
            )
