"""How a shipment comes to be, and under which numbers it is known. The same shipment twice is one."""

from __future__ import annotations

from collections.abc import Sequence

from delivery.domain.events import Proof
from delivery.domain.milestones import CodeClass, Milestone
from delivery.domain.refusals import ShipmentNumberReused, ShipmentUnknown
from delivery.domain.scan import Scan
from delivery.domain.shipment import Shipment
from delivery.ports import ShipmentName, UnitOfWork, Work
from delivery.use_cases.commands import CreateShipment
from delivery.use_cases.proofs_in_waiting import take_up

SIGNATURE = "signature"


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


async def planned(shipment_id: str, command: CreateShipment, work: Work, *, kept_back: bool = False) -> Shipment:
    """What is kept back is there, and nobody hears of it."""
    shipment = Shipment(
        shipment_id=shipment_id,
        system=command.origin.system,
        terms=command.terms,
        content=command.content,
        created_at=work.now,
        billing=await work.billing_of(command.terms),
        kept_back=kept_back,
    )
    if not kept_back:
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
        scans = (await work.scans.of([shipment.shipment_id]))[shipment.shipment_id]
        shipment.settle(scans, work.now, tolerance=await work.delay_tolerance(shipment.terms))
        await prove_by_word(shipment, [each for each in scans if each.scan_id in set(waited)], work)
    await take_up(shipment, work)
    for number in (*shipment.tracking_numbers, shipment.terms.number):
        work.resolve(waiting(number), "a shipment has the number")


async def prove_by_word(shipment: Shipment, scans: Sequence[Scan], work: Work) -> None:
    """Carriers say who took a parcel with their word that it is delivered: a signature, which they keep. What was not
    delivered to its customer proves nothing."""
    for scan in scans:
        arrived = scan.meaning.code_class is CodeClass.FACT and scan.meaning.milestone is Milestone.DELIVERED
        if not arrived or Milestone.DELIVERED not in shipment.told.reached:
            continue
        recipient_id = recipient_of(scan)
        if await work.personal_data.read(recipient_id) is None:
            continue
        evidence = Proof(SIGNATURE, f"update/{scan.scan_id}", "", recipient_id)
        if await work.proofs.keep(shipment.shipment_id, evidence, scan.occurred_at):
            shipment.prove(evidence, scan.occurred_at)


def recipient_of(scan: Scan) -> str:
    """Row of personal data of who took a parcel, by its carrier's word."""
    return f"recipient/{scan.scan_id}"


def waiting(tracking_number: str) -> str:
    """The exception of a number that no shipment has."""
    return f"TRACKING_NUMBER_UNKNOWN:tracking/{tracking_number}"
