"""What becomes of reservations: given back, committed, or lapsed. All of a request or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from inventory.domain.events import ReservationCommitted, ReservationExpired, ReservationReleased
from inventory.domain.lots import Pick
from inventory.domain.reservation import Reservation, ReservationNotOpen, ReservationUnknown, State, Trigger
from inventory.domain.reservation_moves import movements_of
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


async def release_reservations(command: ReleaseReservations, uow: UnitOfWork) -> list[Reservation]:
    """Gives back what they hold, from whatever state holds something. What has ended stays ended."""
    async with uow(tenants=(command.tenant,)) as work:
        found = await all_of(command.reservation_ids, work)
        for each in await _give_back(found, Trigger.RELEASE, work):
            work.announce(ReservationReleased(each, command.reason))
        return found


async def commit_reservations(command: CommitReservations, uow: UnitOfWork) -> list[Reservation]:
    """Turns them into commitments of accepted orders; they lapse no more."""
    async with uow(tenants=(command.tenant,)) as work:
        found = await all_of(command.reservation_ids, work)
        if command.taken_over_from is not None:
            _check_taken_over(found, command.taken_over_from)
        moved = [(each, event) for each in found if (event := each.advance(Trigger.COMMIT, work.now))]
        await work.ledger.book([m for each, event in moved for m in movements_of(each, event, each.parts, work.now)])
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


async def all_of(ids: Sequence[UUID], work: Work) -> list[Reservation]:
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
        for movement in movements_of(each, event, picks.get(each.reservation_id) or each.parts, work.now)
    ]
    await work.ledger.book(movements)
    if bound:
        await work.reservations.unbind(bound)
    await work.reservations.save([each for each, _ in moved])
    return [each for each, _ in moved]
