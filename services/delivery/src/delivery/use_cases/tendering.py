"""What the TMS or a carrier answers to a shipment that it was offered: it takes it on, or it does not."""

from __future__ import annotations

from datetime import datetime

from delivery.domain.calling_off import answer
from delivery.domain.concerns import DELIVERY_DESK, Concern, identity
from delivery.domain.shipment import Shipment
from delivery.ports import Addressee, UnitOfWork, Work
from delivery.use_cases.commands import AssignCarrier, CarrierUpdate, DeclineTender
from delivery.use_cases.planning import locked, take_numbers
from delivery.use_cases.recording import keep, read

DECLINED = "TENDER_DECLINED"
VOCABULARY, ESTIMATED = "tms", "estimated_delivery"


async def assign_carrier(command: AssignCarrier, uow: UnitOfWork) -> Shipment:
    """Raises ShipmentUnknown, CarrierAlreadyAssigned, TrackingNumberTaken."""
    async with uow(command.origin) as work:
        shipment = await locked(command.name, work)
        at = command.origin.occurred_at or work.now
        if command.eta is not None:
            await _expected(shipment, command, command.eta, at, work)
        if shipment.assign(command.carriage, at):
            await take_numbers(shipment, work)
            work.resolve(identity(DECLINED, shipment.shipment_id), "a carrier took it on")
        await work.put(shipment)
        return shipment


async def _expected(shipment: Shipment, command: AssignCarrier, eta: datetime, at: datetime, work: Work) -> None:
    said = CarrierUpdate(
        carrier=command.carriage.carrier,
        tracking_number="",
        shipment_number=shipment.terms.number,
        vocabulary=VOCABULARY,
        code=ESTIMATED,
        reason="",
        occurred_at=at,
        estimated_at=eta,
    )
    await keep([read(said, command.origin.system, {})], [Addressee(shipment.shipment_id)], work)


async def decline_tender(command: DeclineTender, uow: UnitOfWork) -> Shipment:
    """Nothing changes but that somebody has to look for another carrier; of what was called off it is the answer.
    Raises ShipmentUnknown."""
    async with uow(command.origin) as work:
        shipment = await locked(command.name, work)
        who = command.carrier or command.origin.system
        if shipment.called_off is not None:
            # X12 knows one word for both: the reservation is cancelled.
            answer(shipment, True, command.reason, command.origin.occurred_at or work.now)
            await work.put(shipment)
            return shipment
        work.note(outcome="refused", reason=DECLINED)
        if shipment.carriage is not None and shipment.carriage.carrier != who:
            return shipment
        work.tell(
            Concern(
                code=DECLINED,
                owner=DELIVERY_DESK,
                subject=shipment.shipment_id,
                summary=f"{who} does not take shipment {shipment.terms.number}: {command.reason or 'no reason given'}",
                transaction_ids=shipment.transaction_ids,
                keys=shipment.keys,
                details={"carrier": who, "reason": command.reason},
            )
        )
        return shipment
