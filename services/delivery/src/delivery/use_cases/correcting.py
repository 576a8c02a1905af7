"""What was understood wrongly is put right openly: milestones that did not happen, codes that had no meaning."""

from __future__ import annotations

from dataclasses import replace

from delivery.domain.concerns import CODE_UNMAPPED, code_subject, identity
from delivery.domain.lifecycle import State
from delivery.domain.milestone_table import VOCABULARIES, Key, meaning_of
from delivery.domain.milestones import CodeClass, Milestone
from delivery.domain.refusals import MeaningContradicts, ShipmentOutdated, VocabularyUnknown
from delivery.domain.shipment import Shipment
from delivery.ports import UnitOfWork, Work
from delivery.use_cases.commands import CorrectMilestone, MapCarrierCode
from delivery.use_cases.planning import locked

READ_AT_ONCE = 200


async def correct_milestone(command: CorrectMilestone, uow: UnitOfWork) -> Shipment:
    """Raises ShipmentUnknown, ShipmentOutdated, MilestoneNotReached."""
    async with uow() as work:
        shipment = await locked(command.name, work)
        if command.etag not in {"", shipment.etag}:
            raise ShipmentOutdated(command.etag, shipment.etag)
        scans = (await work.scans.of([shipment.shipment_id]))[shipment.shipment_id]
        gone = set(shipment.withdrawn(command.milestone, scans))
        await work.scans.void(sorted(gone))
        left = [replace(each, voided=each.voided or each.scan_id in gone) for each in scans]
        shipment.settle(left, work.now, command.reason, await work.delay_tolerance(shipment.terms))
        await work.put(shipment)
        return shipment


async def map_carrier_code(command: MapCarrierCode, uow: UnitOfWork) -> tuple[int, int]:
    """The version of the reading, and how many updates wait for it. Raises VocabularyUnknown, MeaningContradicts."""
    _check(command)
    key = (command.vocabulary, command.code)
    async with uow() as work:
        version = await work.codes.override(command.partner, key, command.meaning)
        waiting = await work.scans.count_unmapped(command.partner, key)
        work.resolve(identity(CODE_UNMAPPED, code_subject(command.partner, *key)), "mapped")
        if waiting:
            work.read_again_later(command.partner, key)
        return version, waiting


async def read_again(partner: str, key: Key, means: str, work: Work) -> None:
    """What was kept without a meaning, by the reading that there is now; a part of it, and the rest afterwards. `means`
    is what master data say of the code."""
    meaning = meaning_of(*key, await work.codes.overrides(partner), means)
    if meaning.code_class is CodeClass.UNMAPPED:
        return
    waiting = await work.scans.unmapped(partner, key, READ_AT_ONCE)
    held = await work.shipments.lock([shipment_id for shipment_id, _ in waiting if shipment_id])
    await work.scans.read_again([(to, replace(scan, meaning=meaning)) for to, scan in waiting])
    kept = await work.scans.of([each.shipment_id for each in held])
    for shipment in held:
        tolerance = await work.delay_tolerance(shipment.terms)
        shipment.settle(kept[shipment.shipment_id], work.now, tolerance=tolerance)
        await work.put(shipment)
    if len(waiting) == READ_AT_ONCE:
        work.read_again_later(partner, key, means)


def _check(command: MapCarrierCode) -> None:
    meaning = command.meaning
    if command.vocabulary not in VOCABULARIES:
        raise VocabularyUnknown(command.vocabulary)
    if meaning.code_class is CodeClass.ESTIMATE and meaning.milestone is Milestone.DELAYED:
        raise MeaningContradicts(command.code, "a delay follows from an estimate and its promise")
    if meaning.code_class in {CodeClass.ADMINISTRATIVE, CodeClass.FEED} and meaning.milestone is not None:
        raise MeaningContradicts(command.code, "only a fact reaches a milestone")


async def close(shipment_id: str, state: State, work: Work) -> None:
    """Nothing more is expected of it. Nothing if it has left that state."""
    for shipment in await work.shipments.lock([shipment_id]):
        if shipment.state is state:
            shipment.close()
            await work.put(shipment)
