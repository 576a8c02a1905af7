"""A supplier's ship notice: recorded once, replaced or cancelled, and told to the warehouse that will receive it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from crossdock_kit.errors import FailureClass

from procurement.domain.announcing import OrderBook, announce, withdraw
from procurement.domain.concerns import SUPPLIER_DESK, Concern
from procurement.domain.expected import expect_notice
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.refusals import LocationUnknown, ShipNoticeNamesNothing, ShipNoticeReused, ShipNoticeUnknown
from procurement.domain.ship_notice import NoticeState, NoticeTerms, RefusedLine, ShipNotice
from procurement.ports import CarrierReference, NoticePurpose, OrderName, UnitOfWork, Work, carrier_references
from procurement.use_cases.commands import RecordShipNotice
from procurement.use_cases.deadlines import watch_answer, watch_arrival, watch_promises
from procurement.use_cases.naming import Mint
from procurement.use_cases.purchase_orders import tell_warehouses
from procurement.use_cases.supplier_invoices import match_waiting

SSCC_REUSED = "SSCC_REUSED"
# Carriers use their numbers again: an older word is of another shipment.
ETA_STAYS = timedelta(days=60)
# GS1: a code is not given again within a year of the shipment that had it.
UNIT_STAYS_TAKEN = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class RecordedShipNotice:
    notice: ShipNotice
    repeated: bool = False
    refused: tuple[RefusedLine, ...] = ()


async def record_ship_notice(command: RecordShipNotice, uow: UnitOfWork, mint: Mint) -> RecordedShipNotice:
    """What is on its way counts on the orders it names. The same notice again changes nothing.

    Raises ShipNoticeReused, ShipNoticeUnknown (cancel), ShipNoticeAlreadyReceived, ShipNoticeNamesNothing, ItemUnknown.
    """
    terms = command.terms
    async with uow(command.origin) as work:
        before = await work.ship_notices.claim(terms.supplier_id, terms.number)
        await work.carrier_etas.claim(carried_as(terms))
        book = OrderBook(await work.purchase_orders.lock(_named(terms), before))
        known = await work.ship_notices.lock_number(terms.supplier_id, terms.number)
        if (repeated := _repeated(known, command)) is not None:
            work.note(keys=repeated.keys, transaction_ids=repeated.purchase_order_ids)
            work.note(outcome="duplicate", reason="repeated")
            return RecordedShipNotice(repeated, repeated=True)
        in_force = next((each for each in known if each.state is not NoticeState.REPLACED), None)
        if in_force is not None:
            _withdraw(command, book, in_force)
            await _tell_dock(work, book, in_force)
        if command.purpose is NoticePurpose.CANCEL:
            await _went_direct(work, book)
            return RecordedShipNotice(_required(in_force, terms))
        notice = await _new_notice(work, book, terms, mint())
        if in_force is not None and in_force.ship_to_id == notice.ship_to_id:
            # The truck is the same: its time at the dock stands until the warehouse says otherwise.
            notice.appointed = in_force.appointed
        notice.carrier_eta = await work.carrier_etas.newest(carried_as(terms), work.now - ETA_STAYS)
        refused = await _announce(work, book, notice, command.role)
        await _went_direct(work, book)
        return RecordedShipNotice(notice, refused=tuple(refused))


def carried_as(terms: NoticeTerms) -> tuple[CarrierReference, ...]:
    """The names that a carrier may know the shipment by."""
    return carrier_references(terms.carrier_reference, terms.bill_of_lading, terms.supplier_id, terms.number)


async def expected_anew(work: Work, book: OrderBook, notice: ShipNotice) -> None:
    """It is expected on another day than before."""
    for each in notice.lines:
        line = book.by_id[each.purchase_order_id].line_by_id(each.order_line_id)
        if line is not None and each.counts_on_order:
            line.move_arrival(notice.expected_on)
    await tell_expected(work, book, notice)
    await watch_arrival(work, notice)


def _named(terms: NoticeTerms) -> set[OrderName]:
    return {OrderName(each.purchase_order_id, each.purchase_order_number) for each in terms.lines}


def _repeated(known: list[ShipNotice], command: RecordShipNotice) -> ShipNotice | None:
    """The notice of which this is a repeat. Raises ShipNoticeReused for other content that replaces nothing."""
    in_force = known[-1] if known else None
    if command.purpose is NoticePurpose.CANCEL:
        gone = in_force is not None and in_force.state is NoticeState.CANCELLED
        return in_force if gone else None
    content = command.terms.fingerprint
    if command.purpose is NoticePurpose.REPLACE:
        stands = in_force is not None and in_force.state is not NoticeState.CANCELLED
        return in_force if in_force is not None and stands and in_force.content == content else None
    same = next((each for each in known if each.content == content), None)
    if same is None and in_force is not None:
        raise ShipNoticeReused(command.terms.number)
    return same


def _required(notice: ShipNotice | None, terms: NoticeTerms) -> ShipNotice:
    if notice is None:
        raise ShipNoticeUnknown(terms.number)
    return notice


def _withdraw(command: RecordShipNotice, book: OrderBook, notice: ShipNotice) -> None:
    if notice.state is NoticeState.CANCELLED:
        notice.move(NoticeState.REPLACED, command.role)
    else:
        withdraw(notice, book, replaced=command.purpose is NoticePurpose.REPLACE, by=command.role)


async def _new_notice(work: Work, book: OrderBook, terms: NoticeTerms, ship_notice_id: str) -> ShipNotice:
    orders = [each for each in book.orders if each.supplier_id == terms.supplier_id]
    if not orders:
        numbers = sorted({each.purchase_order_number or each.purchase_order_id for each in terms.lines})
        raise ShipNoticeNamesNothing(terms.number, f"unknown orders: {', '.join(numbers)}")
    ship_to_id = terms.ship_to_id or _destination(terms, book, orders[0])
    if ship_to_id not in await work.master_data.locations([ship_to_id]) and not _drop_ship(orders):
        raise LocationUnknown(ship_to_id)
    return ShipNotice(
        ship_notice_id=ship_notice_id,
        business_unit=orders[0].business_unit,
        terms=terms,
        ship_to_id=ship_to_id,
        recorded_at=work.now,
        express=any(each.express for each in orders),
    )


def _destination(terms: NoticeTerms, book: OrderBook, order: PurchaseOrder) -> str:
    """A notice that names no place goes where its first known line goes."""
    numbers = {each.line_number for each in terms.lines}
    line = next((each for each in order.lines if each.line_number in numbers), order.lines[0] if order.lines else None)
    return line.ship_to_id if line else order.ship_to_id


def _drop_ship(orders: list[PurchaseOrder]) -> bool:
    return any(line.drop_ship_party_id for order in orders for line in order.lines)


async def _went_direct(work: Work, book: OrderBook) -> None:
    """Nobody here receives a drop shipment: its notice is what its invoice waits for, and may end its order."""
    orders = [each for each in book.orders if _drop_ship([each])]
    for order in orders:
        await watch_answer(work, order)
    await match_waiting(work, orders)


async def _announce(work: Work, book: OrderBook, notice: ShipNotice, by: str) -> list[RefusedLine]:
    skus = {each.sku for each in notice.terms.lines if each.sku}
    ordered = {line.sku for order in book.orders for line in order.lines}
    shipped = notice.terms.shipped_at
    items = await work.master_data.items(skus | ordered, shipped.date() if shipped else None)
    tolerances = await work.policies.tolerances(notice.business_unit, notice.supplier_id, notice.ship_to_id)
    refused = announce(notice, book, items, tolerances, by)
    work.ship_notices.add(notice)
    await _look_for_reused_units(work, notice)
    await _tell_dock(work, book, notice)
    return refused


async def _look_for_reused_units(work: Work, notice: ShipNotice) -> None:
    """A code that another shipment had within a year names two things: the dock may take the one for the other. The
    goods are expected all the same."""
    reused = await work.handling_units.announce(notice, work.now - UNIT_STAYS_TAKEN)
    if not reused:
        return
    first = reused[0]
    work.raise_concern(
        Concern(
            code=SSCC_REUSED,
            owner=SUPPLIER_DESK,
            subject=f"ship_notice/{notice.ship_notice_id}",
            summary=f"{notice.supplier_id} announces handling unit {first.sscc} on {notice.number}, which"
            f" {first.number} of {first.supplier_id} had on {first.announced_at.date()}",
            transaction_ids=notice.purchase_order_ids,
            keys=notice.keys,
            details={each.sscc: f"{each.supplier_id}/{each.number}" for each in reused},
            failure_class=FailureClass.PARTNER,
        )
    )


async def tell_expected(work: Work, book: OrderBook, notice: ShipNotice) -> None:
    """The notice's own expectation, to the place that will receive it."""
    known = await work.expected.of([notice.ship_notice_id])
    revisions = {each.purchase_order_id: each.revision for each in book.orders}
    work.expected.add([expect_notice(notice, revisions, known.get(notice.ship_notice_id, {}))])


async def _tell_dock(work: Work, book: OrderBook, notice: ShipNotice) -> None:
    """The notice's own expectation, and what is left of the orders' after it."""
    work.note(keys=notice.keys, transaction_ids=notice.purchase_order_ids)
    await tell_expected(work, book, notice)
    orders = [book.by_id[each] for each in notice.purchase_order_ids]
    await tell_warehouses(work, orders)
    for order in orders:
        await watch_promises(work, order)
    await watch_arrival(work, notice)
