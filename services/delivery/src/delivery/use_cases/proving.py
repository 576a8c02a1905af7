"""What proves a delivery: kept with its evidence, and a delivery of its own, whatever the tracking says."""

from __future__ import annotations

from delivery.domain.events import Proof
from delivery.domain.shipment import Shipment
from delivery.ports import SaidProof, UnitOfWork
from delivery.use_cases.commands import RecordProofOfDelivery
from delivery.use_cases.planning import locked
from delivery.use_cases.proofs_in_waiting import keep_waiting, prove


async def record_proof_of_delivery(command: RecordProofOfDelivery, uow: UnitOfWork) -> Shipment | None:
    """The same evidence twice is one proof. None where no shipment has the number yet: then it waits for one. Raises
    ShipmentUnknown for a name of ours that there is not and a number of two, and TooManyProofsWaiting."""
    async with uow(command.origin) as work:
        if not command.name.shipment_id and not await work.shipments.find(command.name):
            await keep_waiting(command, work)
            return None
        shipment = await locked(command.name, work)
        recipient_id = f"recipient/{shipment.shipment_id}" if command.received_by else ""
        said = SaidProof(
            evidence=Proof(command.kind, command.reference, command.content_sha256, recipient_id),
            reported_by=command.origin.system,
            tracking_number=command.tracking_number,
            delivered_at=command.delivered_at,
            received_at=work.now,
        )
        if not await prove(shipment, [said], work):
            work.note(outcome="duplicate", reason="repeated")
            return shipment
        if recipient_id:
            await work.personal_data.keep({recipient_id: command.received_by.encode()})
        await work.put(shipment)
        return shipment
