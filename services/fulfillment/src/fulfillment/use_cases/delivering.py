"""What delivery announces of shipments, taken over into the orders whose goods they carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from fulfillment.domain.lifecycle import State
from fulfillment.domain.on_the_road import Word, depart, follow, foretell, hear
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import Work
from fulfillment.use_cases.returning import let_go_on, send_back


@dataclass(frozen=True, slots=True)
class Departure:
    """What left with its carrier, by line id; it is what one goods issue held."""

    word: Word
    gone: Mapping[str, Decimal]


async def departed(command: Departure, work: Work) -> None:
    """It is shipped, and comes to where its carrier has said before that the shipment is."""
    await _hear(command.word, command.gone, work)


async def told(word: Word, work: Work) -> None:
    await _hear(word, {}, work)


async def _hear(word: Word, gone: Mapping[str, Decimal], work: Work) -> None:
    """A shipment that no warehouse packed here moves nothing here."""
    orders = await _orders(word.shipment_id, work)
    shipment = await work.warehouse_reports.lock_shipment(word.shipment_id)
    if shipment is None:
        return
    before = shipment.forecast
    stands = hear(shipment, word)
    await work.put_shipment(shipment)
    for order in orders:
        depart(order, shipment, gone, word)
        if not shipment.coming_back or stands is State.DELIVERED:
            await let_go_on(order, shipment, work)
        follow(order, shipment, stands, word)
        if shipment.forecast != before:
            foretell(order, shipment, word)
        if not shipment.coming_back or not await send_back(order, shipment, work):
            await work.put(order)


async def _orders(shipment_id: str, work: Work) -> list[SalesOrder]:
    """Locked, with the parts of which something is in the shipment."""
    parts = await work.sales_orders.parts_of_shipment(shipment_id)
    orders = await work.sales_orders.lock(parts)
    for order in orders:
        for part in parts[order.order_id]:
            await work.sales_orders.load_parts(order, [part])
    work.note(transaction_ids=tuple(each.order_id for each in orders))
    return orders
