"""How a shipment comes to be, and under which numbers it is known. The same shipment twice is one."""

from __future__ import annotations

from delivery.domain.refusals import ShipmentNumberReused, ShipmentUnknown
from delivery.domain.shipment import Shipment
from delivery.ports import ShipmentName, UnitOfWork, Work
from delivery.use_cases.commands import CreateShipment


async def create_shipment(command: CreateShipment, uow: UnitOfWork) -> Shipment:
    """Raises ShipmentNumberReused, TrackingNumberTaken."""
    async with uow(command.origin) as work:
        found = await work.shipments.claim(command.origin.system, command.terms.number)
        if found is not None:
            if found.content != command.content:
                raise ShipmentNumberReused(command.terms.number)
            work.note(keys=found.keys, transaction_ids=found.transaction_ids, outcome="duplicate", reason="repeated")
            return found
        shipment = await planned(work.new_id(), command, work)
        await take_numbers(shipment, work)
        await work.put(shipment)
        return shipment


async def planned(shipment_id: str, command: CreateShipment, work: Work) -> Shipment:
    shipment = Shipment(
        shipment_id=shipment_id,
        system=command.origin.system,
        terms=command.terms,
        content=command.content,
        created_at=work.now,
        billing=await work.billing_of(command.terms),
    )
    shipment.plan()
    work.shipments.add(shipment)
    return shipment


async def locked(name: ShipmentName, work: Work) -> Shipment:
    """Raises ShipmentUnknown, also where the name is that of two."""
    found = await work.shipments.find(name)
    if len(found) != 1:
        raise ShipmentUnknown(name.shipment_id or name.number or name.tracking_number)
    [shipment] = await work.shipments.lock([found[0].shipment_id])
    work.note(keys=shipment.keys, transaction_ids=shipment.transaction_ids)
    return shipment


async def take_numbers(shipment: Shipment, work: Work) -> None:
    """What was said about its numbers before anybody knew them counts from now on."""
    waited = await work.shipments.take_numbers(shipment)
    if waited:
        shipment.update_count += len(waited)
        scans = await work.scans.of([shipment.shipment_id])
        shipment.settle(scans[shipment.shipment_id], work.now)
    for number in shipment.tracking_numbers:
        work.resolve(waiting(number), "a shipment has the number")


def waiting(tracking_number: str) -> str:
    """The exception of a number that no shipment has."""
    return f"TRACKING_NUMBER_UNKNOWN:tracking/{tracking_number}"
