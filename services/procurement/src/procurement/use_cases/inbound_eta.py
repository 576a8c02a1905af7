"""A carrier's word on when it arrives: kept by the shipment's names, and moving the day of what is announced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crossdock_kit.errors import Conflict

from procurement.domain.announcing import OrderBook
from procurement.domain.saying import refuse_the_future
from procurement.domain.ship_notice import CarrierEta, ShipNotice
from procurement.ports import NoticeName, UnitOfWork, Work
from procurement.use_cases.commands import RecordInboundEta
from procurement.use_cases.ship_notices import expected_anew


@dataclass(frozen=True, slots=True)
class RecordedEta:
    """`notices` are those of which it is the newest word."""

    notices: tuple[ShipNotice, ...]
    repeated: bool = False


async def record_inbound_eta(command: RecordInboundEta, uow: UnitOfWork) -> RecordedEta:
    """The newest word counts; one that was said before it changes nothing, nor does the same again. Raises
    SaidInTheFuture."""
    async with uow(command.origin) as work:
        refuse_the_future(command.eta.system, command.eta.said_at, work.now)
        await work.carrier_etas.claim(command.references)
        if not await work.carrier_etas.keep(command.references, command.eta):
            work.note(outcome="duplicate", reason="known")
            return RecordedEta((), repeated=True)
        names = await work.ship_notices.carried_as(command.references)
        book = OrderBook(await work.purchase_orders.lock([], await work.ship_notices.orders_of(names)))
        return RecordedEta(tuple(await move_announced(work, book, names, command.eta)))


async def move_announced(work: Work, book: OrderBook, names: Iterable[NoticeName], eta: CarrierEta) -> list[ShipNotice]:
    """Of these shipments those of which it is the newest word; `book` holds their orders, which are locked."""
    found = await work.ship_notices.lock(names, ())
    if any(order_id not in book.by_id for notice in found for order_id in notice.purchase_order_ids):
        raise Conflict("a ship notice was replaced meanwhile")
    moved = [each for each in found if each.estimate(eta)]
    for notice in moved:
        work.note(keys=notice.keys, transaction_ids=notice.purchase_order_ids)
        await expected_anew(work, book, notice)
    return moved
