"""What a shipment holds is not wanted any more: once nothing else is in it, its carriage is called off.

A warehouse answers first: the label of what it could not stop is needed. Facts of orders and of shipments come in any
order, so what is packed, handed over and called off is counted line by line, whether the shipment is known or not.
"""

from __future__ import annotations

from delivery.domain.calling_off import answer, call_off, nevertheless, too_late
from delivery.domain.concerns import ORDER_DESK
from delivery.domain.refusals import CallOffNotAsked, ShipmentNotStoppable
from delivery.domain.shipment import Shipment
from delivery.ports import UnitOfWork, Work
from delivery.use_cases.commands import CancelShipment, NotWanted, RecordCallOffAnswer
from delivery.use_cases.planning import locked

NOT_WANTED = "nothing in it is wanted any more"
PART_TO_STOP = "PART_OF_SHIPMENT_NOT_WANTED"


async def cancel_shipment(command: CancelShipment, uow: UnitOfWork) -> Shipment:
    """Raises ShipmentUnknown, ShipmentNotStoppable."""
    async with uow() as work:
        shipment = await locked(command.name, work)
        if not call_off(shipment, command.reason, work.now):
            raise ShipmentNotStoppable(shipment.terms.number, shipment.state.value)
        await work.put(shipment)
        return shipment


async def record_call_off_answer(command: RecordCallOffAnswer, uow: UnitOfWork) -> Shipment:
    """Raises ShipmentUnknown, CallOffNotAsked."""
    async with uow(command.origin) as work:
        shipment = await locked(command.name, work)
        if shipment.called_off is None:
            raise CallOffNotAsked(shipment.terms.number)
        answer(shipment, command.stopped, command.reason, command.origin.occurred_at or work.now)
        await work.put(shipment)
        return shipment


async def not_wanted(command: NotWanted, work: Work) -> None:
    """A truck that carries other goods as well goes on; of what has left somebody is told then."""
    await work.contents.call_off(command.shipment_id, command.lines, to_stop=command.on_its_way)
    for shipment in await work.shipments.lock([command.shipment_id]):
        if await work.contents.wanted(command.shipment_id):
            if command.on_its_way:
                shipment.concerns.append(shipment.concern(PART_TO_STOP, ORDER_DESK, _part(shipment)))
        elif command.on_its_way:
            if not call_off(shipment, NOT_WANTED, work.now):
                shipment.concerns.append(too_late(shipment, f"it is {shipment.state.value}"))
        elif shipment.issues:
            shipment.concerns.append(nevertheless(shipment, NOT_WANTED))
        else:
            call_off(shipment, NOT_WANTED, work.now)
        await work.put(shipment)


def _part(shipment: Shipment) -> str:
    number = shipment.terms.number
    return (
        f"some of shipment {number} is not wanted any more, and the rest is: it goes on, and that part has to come back"
    )
