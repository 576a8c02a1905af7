"""What proves a delivery: kept with its evidence, and a delivery of its own, whatever the tracking says."""

from __future__ import annotations

from delivery.domain.events import Proof
from delivery.domain.shipment import Shipment
from delivery.ports import Addressee, UnitOfWork
from delivery.use_cases.commands import CarrierUpdate, RecordProofOfDelivery
from delivery.use_cases.planning import locked
from delivery.use_cases.recording import keep, read

VOCABULARY, CODE = "proof_of_delivery", "POD"


async def record_proof_of_delivery(command: RecordProofOfDelivery, uow: UnitOfWork) -> Shipment:
    """The same evidence twice is one proof. Raises ShipmentUnknown."""
    async with uow(command.origin) as work:
        shipment = await locked(command.name, work)
        recipient_id = f"recipient/{shipment.shipment_id}" if command.received_by else ""
        evidence = Proof(command.kind, command.reference, command.content_sha256, recipient_id)
        if not await work.proofs.keep(shipment.shipment_id, evidence, command.delivered_at):
            work.note(outcome="duplicate", reason="repeated")
            return shipment
        if recipient_id:
            await work.personal_data.keep({recipient_id: command.received_by.encode()})
        said = CarrierUpdate(
            carrier=command.origin.system,
            tracking_number=command.tracking_number,
            shipment_number=shipment.terms.number,
            vocabulary=VOCABULARY,
            code=CODE,
            reason="",
            occurred_at=command.delivered_at,
        )
        await keep([read(said, command.origin.system, {})], [Addressee(shipment.shipment_id)], work)
        shipment.prove(evidence, command.delivered_at)
        await work.put(shipment)
        return shipment
