"""What proves the delivery of a shipment that nobody knows yet is kept, and counts once a shipment has its number.

It waits under the number by which it was named. Whoever makes a shipment known takes it up; a timer looks again, so
that neither misses the other, tells somebody after a while, and ends it: carriers use their numbers again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from delivery.domain.concerns import DELIVERY_DESK, Concern, identity
from delivery.domain.events import Proof
from delivery.domain.milestone_table import meaning_of
from delivery.domain.refusals import TooManyProofsWaiting
from delivery.domain.scan import Scan
from delivery.domain.scan import identity as scan_identity
from delivery.domain.shipment import Shipment
from delivery.ports import Addressee, SaidProof, ShipmentName, Work
from delivery.use_cases.commands import RecordProofOfDelivery

VOCABULARY, CODE = "proof_of_delivery", "POD"
PROOF_TIMER, PROOF_WITHOUT_SHIPMENT = "proof_waiting", "PROOF_WITHOUT_SHIPMENT"
LOOK_AGAIN, KEPT = timedelta(minutes=1), timedelta(days=60)
MOST_WAITING = 1000
"""So many of one system may wait. More is no proof that came early: the system names numbers that are none of ours."""
_BY_NUMBER, _BY_TRACKING = "shipment", "tracking"


async def keep_waiting(command: RecordProofOfDelivery, work: Work) -> None:
    """Raises TooManyProofsWaiting."""
    subject, reporter = _subject(command.name), command.origin.system
    recipient_id = _recipient_of(subject, command.reference) if command.received_by else ""
    said = SaidProof(
        evidence=Proof(command.kind, command.reference, command.content_sha256, recipient_id),
        reported_by=reporter,
        tracking_number=command.tracking_number,
        delivered_at=command.delivered_at,
        received_at=work.now,
    )
    work.note(keys=(_key(subject),))
    if not await work.proofs.wait(subject, said):
        work.note(outcome="duplicate", reason="repeated")
        return
    if await work.proofs.count_waiting(reporter) > MOST_WAITING:
        raise TooManyProofsWaiting(reporter, MOST_WAITING)
    if recipient_id:
        await work.personal_data.keep({recipient_id: command.received_by.encode()})
    work.wait(PROOF_TIMER, subject, work.now + LOOK_AGAIN)


async def take_up(shipment: Shipment, work: Work) -> None:
    """What proved its delivery before anybody knew of it counts from now on."""
    subjects = [f"{_BY_NUMBER}/{shipment.terms.number}"]
    subjects += [f"{_BY_TRACKING}/{each}" for each in shipment.tracking_numbers]
    found = await work.proofs.take(subjects, work.now - KEPT)
    if not found:
        return
    await prove(shipment, [said for _, said in found], work)
    for subject in dict.fromkeys(subject for subject, _ in found):
        work.stop_waiting(PROOF_TIMER, subject)
        work.resolve(identity(PROOF_WITHOUT_SHIPMENT, subject), "a shipment has the number")


async def prove(shipment: Shipment, said: Sequence[SaidProof], work: Work) -> bool:
    """Whether there is a new one among them. Each is a delivery of its own, whatever the tracking says."""
    new = [each for each in said if await work.proofs.keep(shipment.shipment_id, each.evidence, each.delivered_at)]
    if not new:
        return False
    to = Addressee(shipment.shipment_id)
    kept = await work.scans.keep([(to, _scan_of(each, shipment)) for each in new])
    shipment.update_count += len(kept)
    scans = (await work.scans.of([shipment.shipment_id]))[shipment.shipment_id]
    shipment.settle(scans, work.now, tolerance=await work.delay_tolerance(shipment.terms))
    for each in new:
        shipment.prove(each.evidence, each.delivered_at)
    work.count(VOCABULARY, {"kept": len(kept)})
    return True


async def look_again(subject: str, work: Work) -> None:
    """The shipment may have become known at the same moment. Nothing where nothing waits any more. Of what is dropped
    the document is kept as any other, and the exception stays until somebody has closed it."""
    waiting = await work.proofs.waiting(subject)
    if not waiting:
        return
    found = await work.shipments.find(_name(subject))
    if len(found) == 1:
        for shipment in await work.shipments.lock([found[0].shipment_id]):
            await take_up(shipment, work)
            await work.put(shipment)
        return
    oldest = waiting[0]
    told = oldest.received_at + await work.proof_patience(oldest.reported_by)
    if work.now < told:
        work.wait(PROOF_TIMER, subject, told)
        return
    work.tell(_concern(subject, oldest))
    dropped = await work.proofs.drop(subject, work.now - KEPT)
    for said in dropped:
        if said.evidence.recipient_id:
            await work.personal_data.erase(said.evidence.recipient_id, PROOF_WITHOUT_SHIPMENT, work.now)
    if len(dropped) < len(waiting):
        work.wait(PROOF_TIMER, subject, waiting[len(dropped)].received_at + KEPT)


def _concern(subject: str, said: SaidProof) -> Concern:
    kind, _, number = subject.partition("/")
    return Concern(
        code=PROOF_WITHOUT_SHIPMENT,
        owner=DELIVERY_DESK,
        subject=subject,
        summary=f"{said.reported_by} proves the delivery of {kind} {number}, which is the number of no shipment",
        keys=(_key(subject),),
        details={
            "evidence": said.evidence.reference,
            "delivered_at": said.delivered_at.isoformat(),
            "kept_until": (said.received_at + KEPT).isoformat(),
        },
    )


def _scan_of(said: SaidProof, shipment: Shipment) -> Scan:
    number = said.tracking_number or shipment.terms.number
    return Scan(
        scan_id=scan_identity(said.reported_by, number, said.delivered_at, VOCABULARY, CODE),
        reported_by=said.reported_by,
        carrier=said.reported_by,
        tracking_number=said.tracking_number,
        shipment_number=shipment.terms.number,
        vocabulary=VOCABULARY,
        code=CODE,
        reason="",
        occurred_at=said.delivered_at,
        meaning=meaning_of(VOCABULARY, CODE, {}),
    )


def _subject(name: ShipmentName) -> str:
    return f"{_BY_NUMBER}/{name.number}" if name.number else f"{_BY_TRACKING}/{name.tracking_number}"


def _name(subject: str) -> ShipmentName:
    kind, _, number = subject.partition("/")
    return ShipmentName(number=number) if kind == _BY_NUMBER else ShipmentName(tracking_number=number)


def _key(subject: str) -> str:
    return subject.replace("/", ":", 1)


def _recipient_of(subject: str, reference: str) -> str:
    """Row of personal data of who took it, while nobody knows what it is."""
    return f"recipient/{hashlib.sha256(f'{subject} {reference}'.encode()).hexdigest()[:32]}"
