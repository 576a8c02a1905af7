"""What carriers say is kept first and judged then: many words of many shipments in one transaction.

A report is never refused for what it says. What nobody understands, what is of no shipment and what is of another one
is kept as well, and becomes a task or an exception with an owner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from delivery.domain.concerns import DELIVERY_DESK, Concern, mapping_task
from delivery.domain.milestone_table import Key, Meaning, fault_of, meaning_of, meant
from delivery.domain.milestones import CodeClass
from delivery.domain.scan import Scan, identity
from delivery.domain.shipment import Shipment
from delivery.ports import Addressed, Addressee, UnitOfWork, Work
from delivery.use_cases.commands import CarrierUpdate, RecordCarrierUpdates
from delivery.use_cases.listening import Batch, heard
from delivery.use_cases.planning import prove_by_word, recipient_of, waiting


class Outcome(Enum):
    KEPT = "kept"
    REPEATED = "repeated"
    UNMAPPED = "unmapped"
    UNASSIGNED = "unassigned"
    MISMATCHED = "mismatched"


@dataclass(frozen=True, slots=True)
class Recorded:
    scan: Scan
    shipment_id: str
    outcome: Outcome
    transaction_ids: tuple[str, ...] = ()


async def record_carrier_updates(command: RecordCarrierUpdates, uow: UnitOfWork) -> list[Recorded]:
    async with uow(command.origin) as work:
        partner = command.origin.system
        overrides = await work.codes.overrides(partner)
        scans = [read(each, partner, overrides) for each in command.updates]
        whose = await work.shipments.addressees([_address(each) for each in scans])
        found, milestones = await keep(scans, whose, work)
        await _signed(command.updates, found, work)
        await _understood(command.updates, partner, overrides, work)
        fresh = [each for each in found if each.outcome is not Outcome.REPEATED]
        moved = await work.shipments.lock([each.shipment_id for each in fresh])
        await heard(Batch(partner, tuple(each.scan for each in fresh), tuple(moved), milestones), work)
        return found


async def _signed(updates: Sequence[CarrierUpdate], found: Sequence[Recorded], work: Work) -> None:
    """Who took it proves the delivery, also where that is said later than the delivery itself; the first name stays. A
    number that no shipment has yet is proven once it is one's."""
    said: dict[str, list[Scan]] = {}
    for update, recorded in zip(updates, found, strict=True):
        if not update.received_by or recorded.outcome is Outcome.MISMATCHED:
            continue
        recipient_id = recipient_of(recorded.scan)
        if await work.personal_data.read(recipient_id) is None:
            await work.personal_data.keep({recipient_id: update.received_by.encode()})
        said.setdefault(recorded.shipment_id, []).append(recorded.scan)
    for shipment in await work.shipments.lock(said):
        await prove_by_word(shipment, said[shipment.shipment_id], work)
        await work.put(shipment)


async def _understood(
    updates: Sequence[CarrierUpdate], partner: str, overrides: Mapping[Key, Meaning], work: Work
) -> None:
    """Master data have come to say what a code means: what was kept of it without a meaning is read again as well."""
    keys = {(each.vocabulary, each.code): each.means for each in updates if meant(each.vocabulary, each.means)}
    for key, means in sorted(keys.items()):
        if key not in overrides and await work.scans.count_unmapped(partner, key):
            work.resolve(mapping_task(partner, *key).identity, "master data say what it means")
            work.read_again_later(partner, key, means)


async def keep(scans: Sequence[Scan], whose: Sequence[Addressee], work: Work) -> tuple[list[Recorded], int]:
    """Keeps them all, and judges each shipment that heard something new. How many milestones others were told of."""
    held = {each.shipment_id: each for each in await work.shipments.lock([each.shipment_id for each in whose])}
    new = set(await work.scans.keep(list(zip(whose, scans, strict=True))))
    found = [_outcome(scan, to, new, held) for scan, to in zip(scans, whose, strict=True)]
    milestones = await _judge(found, held, work)
    for each, to in zip(found, whose, strict=True):
        _tell(each, to, work)
    for vocabulary in {each.vocabulary for each in scans}:
        work.count(vocabulary, Counter(each.outcome.value for each in found if each.scan.vocabulary == vocabulary))
    return found, milestones


async def _judge(found: Sequence[Recorded], held: Mapping[str, Shipment], work: Work) -> int:
    fresh = [each.shipment_id for each in found if each.shipment_id and each.outcome is not Outcome.REPEATED]
    kept = await work.scans.of(sorted(set(fresh)))
    before = sum(held[each].milestone_count for each in kept)
    for shipment_id, count in sorted(Counter(fresh).items()):
        shipment = held[shipment_id]
        shipment.update_count += count
        shipment.settle(kept[shipment_id], work.now, tolerance=await work.delay_tolerance(shipment.terms))
        await work.put(shipment)
    for shipment in held.values():
        work.note(keys=shipment.keys, transaction_ids=shipment.transaction_ids)
    return sum(held[each].milestone_count for each in kept) - before


def read(update: CarrierUpdate, partner: str, overrides: Mapping[Key, Meaning]) -> Scan:
    number = update.tracking_number or update.shipment_number
    return Scan(
        scan_id=identity(update.carrier, number, update.occurred_at, update.vocabulary, update.code),
        reported_by=partner,
        carrier=update.carrier,
        tracking_number=update.tracking_number,
        shipment_number=update.shipment_number,
        vocabulary=update.vocabulary,
        code=update.code,
        reason=update.reason,
        occurred_at=update.occurred_at,
        estimated_at=update.estimated_at,
        place=update.place,
        text=update.text,
        meaning=meaning_of(update.vocabulary, update.code, overrides, update.means),
        fault=fault_of(update.vocabulary, update.reason),
    )


def _address(scan: Scan) -> Addressed:
    return Addressed(scan.carrier, scan.tracking_number, scan.shipment_number)


def _outcome(scan: Scan, to: Addressee, new: set[str], held: Mapping[str, Shipment]) -> Recorded:
    """Of a word that stands twice in a batch the first is new; `new` forgets it."""
    if scan.scan_id not in new:
        outcome = Outcome.REPEATED
    elif to.mismatched:
        outcome = Outcome.MISMATCHED
    elif not to.shipment_id:
        outcome = Outcome.UNASSIGNED
    elif scan.meaning.code_class is CodeClass.UNMAPPED:
        outcome = Outcome.UNMAPPED
    else:
        outcome = Outcome.KEPT
    new.discard(scan.scan_id)
    about = held[to.shipment_id].transaction_ids if to.shipment_id in held else ()
    return Recorded(scan, to.shipment_id, outcome, about)


def _tell(recorded: Recorded, to: Addressee, work: Work) -> None:
    scan = recorded.scan
    if recorded.outcome is Outcome.REPEATED:
        return
    if scan.meaning.code_class is CodeClass.UNMAPPED:
        work.tell(mapping_task(scan.reported_by, scan.vocabulary, scan.code))
    number = scan.tracking_number or scan.shipment_number
    if recorded.outcome is Outcome.UNASSIGNED:
        work.tell(
            Concern(
                code=waiting(number).partition(":")[0],
                owner=DELIVERY_DESK,
                subject=f"tracking/{number}",
                summary=f"{scan.reported_by} reports {number}, which is the number of no shipment",
                keys=(f"tracking:{number}",),
            )
        )
    if recorded.outcome is Outcome.MISMATCHED:
        work.tell(
            Concern(
                code="TRACKING_NUMBER_OF_ANOTHER_SHIPMENT",
                owner=DELIVERY_DESK,
                subject=f"tracking/{number}/{scan.shipment_number}",
                summary=f"{scan.reported_by} reports {number} for shipment {scan.shipment_number}; it is another's",
                keys=(f"tracking:{number}", f"shipment:{scan.shipment_number}"),
                details={"shipment_id": to.mismatched},
            )
        )
