"""Booking what warehouses did with released orders and with what came back: many reports in one pass over stock."""

from __future__ import annotations

from collections.abc import Sequence

from inventory.domain.coming_back import ReturnFact
from inventory.domain.outbound import Bound, OutboundFact, Shelves, keys_of
from inventory.domain.reservation import State
from inventory.domain.serials import NamedSerials
from inventory.ports import Work
from inventory.use_cases.serials import name_serials


async def book_outbound(
    facts: Sequence[OutboundFact | ReturnFact], work: Work, pieces: Sequence[NamedSerials] = ()
) -> None:
    """A reservation that binds nothing any more has been fulfilled. `pieces`: those that the same reports name."""
    if not facts:
        return
    ids = {each.reservation_id for each in facts if each.reservation_id is not None}
    found = {each.reservation_id: each for each in await work.reservations.lock(ids)}
    bound = Bound(await work.reservations.picks(each for each in found if found[each].state is State.ALLOCATED))
    keys = keys_of(facts)
    await work.ledger.lock(keys)
    shelves = Shelves(await work.ledger.held(keys))
    await work.ledger.book([movement for each in facts for movement in each.movements(bound, shelves)])
    await name_serials(pieces, work)
    touched = sorted(bound.touched)
    await work.reservations.unbind(touched)
    await work.reservations.bind([found[each] for each in touched], bound.left)
    used_up = [found[each] for each in touched if not bound.left[each]]
    for reservation in used_up:
        reservation.fulfil()
    await work.reservations.save(used_up)
