"""Transfers between our own places: what one sends is under way to the other until it is received or missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from inventory.domain.accounts import Account
from inventory.domain.adjusting import BucketShort
from inventory.domain.events import StockTransferReceived, StockTransferSent
from inventory.domain.inbound import NoticeChange
from inventory.domain.item import ItemUnknown, Location, LocationUnknown
from inventory.domain.movement import Movement, StockKey
from inventory.domain.quantity import ZERO, Measure
from inventory.domain.reporting import refuse_the_future
from inventory.domain.stock_move import Pool
from inventory.domain.stock_transfer import (
    Part,
    StockTransfer,
    TransferElsewhere,
    TransferNumberReused,
    TransferToItself,
    must_speak_for,
)
from inventory.domain.supply import SupplyChanged
from inventory.ports import Booked, Posting, UnitOfWork, Work
from inventory.use_cases.expiring import hold_expired
from inventory.use_cases.serials import name_serials

OVERDUE_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class SaidPart:
    sku: str
    lot: str
    measure: Measure
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SendTransfer:
    """`content` is the same for the same transfer, however it came; `reported` by the warehouse that sent it;
    `by_books`: the ERP says it, and has booked it."""

    tenant: str
    transfer_id: UUID
    business_unit: str
    number: str
    system: str
    content: str
    from_location: str
    to_location: str
    sent_at: datetime
    expected_on: date
    reported: bool
    parts: tuple[SaidPart, ...]
    by_books: bool = False


@dataclass(frozen=True, slots=True)
class RecordTransferReceipt:
    """`number` is the receipt's own within `system`. Where the transfer is not known yet, `transfer_id` is its id."""

    tenant: str
    transfer_id: UUID
    business_unit: str
    transfer_number: str
    number: str
    system: str
    content: str
    location_id: str
    received_at: datetime
    reported: bool
    parts: tuple[SaidPart, ...]
    final: bool


async def send_transfer(command: SendTransfer, uow: UnitOfWork) -> StockTransfer:
    """Raises LocationUnknown, LocationOfAnotherSystem, ItemUnknown, UnitNotConvertible, TransferToItself,
    TransferNumberReused, TransferElsewhere, ReportedFromTheFuture; of a request also BucketShort."""
    if command.from_location == command.to_location:
        raise TransferToItself(command.to_location)
    async with uow(tenants=(command.tenant,)) as work:
        transfer = await _claimed(command, command.number, command.to_location, work)
        if transfer.sent_at is not None:
            if transfer.content != command.content:
                raise TransferNumberReused(command.number)
            return transfer
        places = await _places(command.tenant, [command.from_location, command.to_location], work)
        must_speak_for(places[command.from_location], command.system, reported=command.reported)
        refuse_the_future(command.number, command.sent_at, work.now)
        transfer.from_location, transfer.system = command.from_location, command.system
        transfer.content = command.content
        transfer.sent_at, transfer.expected_on = command.sent_at, command.expected_on
        parts = await _in_base_units(command.tenant, command.parts, command.sent_at.date(), work)
        transfer.send(await _taken(transfer, parts, work, reported=command.reported))
        booked = await _book(transfer, work)
        await name_serials(transfer.pieces_sent(parts), work, reported=command.reported)
        if command.by_books:
            await work.postings.note([_booked_by(command, transfer)])
        version, at = transfer.next_version(), command.sent_at
        work.announce(StockTransferSent(transfer, version, at, tuple(booked), tuple(parts)))
        await work.transfers.save(transfer)
        return transfer


def _booked_by(command: SendTransfer, transfer: StockTransfer) -> Posting:
    """What the ERP tells stands in its books already, under its own number."""
    return Posting(
        tenant=command.tenant,
        posting_key=transfer.sending,
        number=command.number,
        partner=command.system,
        posted_on=command.sent_at.date(),
        business_unit=command.business_unit,
    )


async def record_transfer_receipt(command: RecordTransferReceipt, uow: UnitOfWork) -> StockTransfer:
    """Raises LocationUnknown, LocationOfAnotherSystem, ItemUnknown, UnitNotConvertible, TransferElsewhere,
    TransferNumberReused for another receipt under the same number, ReportedFromTheFuture."""
    async with uow(tenants=(command.tenant,)) as work:
        transfer = await _claimed(command, command.transfer_number, command.location_id, work)
        known = await work.transfers.claim_receipt(transfer, command.system, command.number, command.content)
        if known is not None:
            if known != command.content:
                raise TransferNumberReused(command.number)
            return transfer
        place = (await _places(command.tenant, [command.location_id], work))[command.location_id]
        must_speak_for(place, command.system, reported=command.reported)
        refuse_the_future(command.number, command.received_at, work.now)
        parts = await _in_base_units(command.tenant, command.parts, command.received_at.date(), work)
        transfer.receive(parts, place, command.number, command.received_at, final=command.final)
        booked = await _book(transfer, work)
        pieces = transfer.pieces_received(parts, place, command.number, command.received_at)
        await name_serials(pieces, work, reported=command.reported)
        await _carry_expiry(transfer, parts, work)
        version, at = transfer.next_version(), command.received_at
        work.announce(StockTransferReceived(transfer, version, at, tuple(booked), tuple(parts), command.number))
        await work.transfers.save(transfer)
        return transfer


async def raise_overdue(tenant: str, uow: UnitOfWork) -> int:
    """Somebody hears once of each transfer whose day is over; how many."""
    raised = 0
    while True:
        async with uow(tenants=(tenant,)) as work:
            found = await work.transfers.take_overdue(work.now.date(), OVERDUE_AT_ONCE)
            for each in found:
                work.raise_concern(each.overdue())
        raised += len(found)
        if len(found) < OVERDUE_AT_ONCE:
            return raised


async def _claimed(
    command: SendTransfer | RecordTransferReceipt, number: str, to_location: str, work: Work
) -> StockTransfer:
    known = await work.transfers.claim(command.business_unit, number)
    if known is None:
        return StockTransfer(
            tenant=command.tenant,
            transfer_id=command.transfer_id,
            business_unit=command.business_unit,
            number=number,
            to_location=to_location,
        )
    if known.to_location != to_location:
        raise TransferElsewhere(number, to_location, known.to_location)
    return known


async def _places(tenant: str, ids: Sequence[str], work: Work) -> Mapping[str, Location]:
    found = await work.master_data.known_locations(tenant, ids)
    for each in ids:
        if each not in found:
            raise LocationUnknown(each)
    return found


async def _in_base_units(tenant: str, parts: Sequence[SaidPart], on: date, work: Work) -> list[Part]:
    items = await work.master_data.known(tenant, {each.sku for each in parts}, on)
    for each in parts:
        if each.sku not in items:
            raise ItemUnknown(each.sku)
    return [
        Part(each.sku, each.lot, item.in_base_units(each.measure), item.base_unit, each.measure, each.serials)
        for each in parts
        for item in [items[each.sku]]
    ]


async def _taken(
    transfer: StockTransfer, parts: Sequence[Part], work: Work, *, reported: bool
) -> list[tuple[Part, str]]:
    """Each part with its lot. A report is taken from the lot that it names, or that has some, below zero if need be;
    a request from what no order is bound to."""
    keys = {transfer.at(place, each.sku) for each in parts for place in (transfer.from_location, transfer.to_location)}
    await work.ledger.lock(keys)
    sources = {transfer.at(transfer.from_location, each.sku) for each in parts}
    lots = await work.ledger.free_lots(sources)
    held = {(key, lot.lot): lot.free for key, its in lots.items() for lot in its}
    pool, taken = Pool(Account.SELLABLE, held), list[tuple[Part, str]]()
    for part in parts:
        key = transfer.at(transfer.from_location, part.sku)
        found, missing = pool.take(key, part.lot, part.quantity)
        if missing > 0 and not reported:
            there = part.quantity - missing
            raise BucketShort(part.sku, key.location_id, part.lot, Account.SELLABLE.name, part.quantity, there)
        by_lot = dict(found)
        if missing > 0:
            pool.add(key, part.lot, -missing)
            by_lot[part.lot] = by_lot.get(part.lot, ZERO) + missing
        taken += [(replace(part, quantity=quantity), lot) for lot, quantity in by_lot.items()]
    return taken


async def _book(transfer: StockTransfer, work: Work) -> Booked:
    changes = list(transfer.drained())
    movements = [each for each in changes if isinstance(each, Movement)]
    notices = [each for each in changes if isinstance(each, NoticeChange)]
    booked = await work.ledger.book(movements)
    if notices:
        await work.supply.apply([], notices)
        at = movements[-1].document.occurred_at
        for stand, version in await work.supply.tell({each.key for each in notices}):
            work.announce(SupplyChanged(stand, version, (str(transfer.transfer_id),), at))
    for concern in transfer.concerns:
        work.raise_concern(concern)
    for named in transfer.settled:
        work.settle(named, f"transfer {transfer.number} has been reported", transfer.tenant)
    return booked


async def _carry_expiry(transfer: StockTransfer, parts: Sequence[Part], work: Work) -> None:
    """Lots expire at the other place on the day that is known of them where they came from."""
    lots = {(each.sku, each.lot) for each in parts if each.lot}
    if not (lots and transfer.from_location):
        return
    known = await work.ledger.free_lots({transfer.at(transfer.from_location, sku) for sku, _ in lots})
    days: dict[tuple[StockKey, str], date] = {}
    for key, its in known.items():
        for lot in its:
            if (key.sku, lot.lot) in lots and lot.expires_on is not None:
                days[transfer.at(transfer.to_location, key.sku), lot.lot] = lot.expires_on
    await work.ledger.note_expiry(days)
    await hold_expired({key for key, _ in days}, work)
