"""Agreements over a time, and the orders that somebody calls off from them by a request."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from crossdock_kit.errors import Conflict

from procurement.domain.blanket_order import BlanketOrder
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.quantities import ZERO
from procurement.domain.refusals import (
    BlanketItemUnknown,
    ItemUnknown,
    PartyUnknown,
    ReleaseNumberReused,
)
from procurement.domain.terms import BlanketRef, LineTerms, OrderDocument, OrderTerms, Placement, ScheduleTerms
from procurement.ports import UnitOfWork, Work
from procurement.use_cases.calling_off import count_on_blanket
from procurement.use_cases.commands import CalledOffLine, ReleaseBlanketOrder, SubmitBlanketOrder
from procurement.use_cases.naming import Mint, named_blanket
from procurement.use_cases.purchase_orders import claim_order, place_document


@dataclass(frozen=True, slots=True)
class Released:
    order: PurchaseOrder
    placement: Placement
    blanket: BlanketOrder


async def submit_blanket_order(
    command: SubmitBlanketOrder, uow: UnitOfWork, mint: Mint
) -> tuple[BlanketOrder, Placement]:
    """A new agreement, a change of one, its end, or a document that changes nothing. Orders that came before it count
    on it from now on."""
    document, terms = command.document, command.document.terms
    name = document.system, terms.business_unit, terms.number
    async with uow(command.origin) as work:
        # Orders first, as everywhere.
        named = await work.blanket_orders.orders_naming(*name)
        orders = await work.purchase_orders.lock([], named)
        blanket = await work.blanket_orders.claim(*name)
        if not await work.blanket_orders.orders_naming(*name) <= named:
            raise Conflict("an order was placed under this blanket order meanwhile")
        if terms.supplier_id not in await work.master_data.suppliers([terms.supplier_id]):
            raise PartyUnknown(terms.supplier_id)
        if blanket is None:
            blanket = BlanketOrder(blanket_order_id=mint(), system=document.system, terms=terms)
            work.blanket_orders.add(blanket)
        placement = blanket.place(document, await work.master_data.items({each.sku for each in terms.lines}))
        work.note(keys=blanket.keys, transaction_ids=(blanket.blanket_order_id,))
        if placement in {Placement.REPEATED, Placement.LATE}:
            work.note(outcome="duplicate", reason=placement.value)
            return blanket, placement
        for order in orders:
            await count_on_blanket(work, order)
        return blanket, placement


async def release_blanket_order(command: ReleaseBlanketOrder, uow: UnitOfWork, mint: Mint) -> Released:
    """A purchase order to the supplier at the agreed prices. The same release again changes nothing.

    Raises BlanketOrderUnknown, BlanketOrderAmbiguous, BlanketExpired, BlanketItemUnknown, BlanketBeyondAgreed,
    ReleaseNumberReused, LocationUnknown.
    """
    async with uow(command.origin) as work:
        seen = await named_blanket(work.blanket_orders, command.blanket)
        document = _document(command, seen, work)
        order = await claim_order(work, document, mint)
        blanket = await work.blanket_orders.claim(seen.system, seen.terms.business_unit, seen.number)
        if blanket is None or blanket.version != seen.version:
            raise Conflict("the blanket order changed meanwhile")
        if order.documents:
            if order.content != document.fingerprint:
                raise ReleaseNumberReused(order.number)
            work.note(keys=order.keys, transaction_ids=(order.purchase_order_id,))
            work.note(outcome="duplicate", reason="repeated")
            return Released(order, Placement.REPEATED, blanket)
        blanket.admit(await _called(work, command.lines), command.ordered_on)
        return Released(order, await place_document(work, order, document), blanket)


def _document(command: ReleaseBlanketOrder, blanket: BlanketOrder, work: Work) -> OrderDocument:
    terms = OrderTerms(
        business_unit=blanket.terms.business_unit,
        number=f"{blanket.number}-{command.release_number}",
        supplier_id=blanket.terms.supplier_id,
        currency=blanket.terms.currency,
        incoterms=blanket.terms.incoterms,
        ordered_on=command.ordered_on,
        ship_to_id=command.ship_to_id,
        lines=tuple(_line(blanket, each, position) for position, each in enumerate(command.lines, 1)),
        express=command.express,
        blanket=BlanketRef(blanket.number, command.release_number),
    )
    written_at = command.origin.occurred_at or work.now
    named = (command.origin.document, command.origin.revision)
    return OrderDocument(blanket.system, *named, written_at, terms, role=command.role)


def _line(blanket: BlanketOrder, called: CalledOffLine, position: int) -> LineTerms:
    agreed = blanket.lines.get(called.sku)
    if agreed is None:
        raise BlanketItemUnknown(blanket.number, called.sku)
    price = agreed.terms.price
    if price is not None and not price.unit:
        # A price without a unit is for the unit of its line, which may be another one here.
        price = replace(price, unit=agreed.terms.agreed.unit)
    return LineTerms(
        line_number=str(position * 10),
        sku=called.sku,
        ordered=called.quantity,
        supplier_item=agreed.terms.supplier_item,
        price=price,
        requested=(ScheduleTerms(called.quantity, called.on),),
    )


async def _called(work: Work, lines: tuple[CalledOffLine, ...]) -> dict[str, Decimal]:
    """By item in base units. Raises ItemUnknown, UnitNotConvertible."""
    items = await work.master_data.items({each.sku for each in lines})
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for each in lines:
        if each.sku not in items:
            raise ItemUnknown(each.sku)
        found[each.sku] += items[each.sku].to_base(each.quantity)
    return dict(found)
