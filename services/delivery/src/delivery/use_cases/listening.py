"""Who is silent: a feed by its own cadence, and a shipment of which a feed that speaks says nothing more.

How a feed does is kept apart from where shipments are: silence moves no milestone, it only tells somebody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from delivery.domain.concerns import DELIVERY_DESK, Concern, identity
from delivery.domain.milestones import PLACES, CodeClass
from delivery.domain.scan import Scan
from delivery.domain.shipment import Shipment
from delivery.ports import Feed, Heard, Work

FEED_TIMER, WORD_TIMER, BILLING_TIMER = "carrier_feed_silent", "shipment_silent", "billing_skipped"
FEED_SILENT, SHIPMENT_SILENT, FEED_ENDED = "CARRIER_FEED_SILENT", "MILESTONE_MISSING", "CARRIER_FEED_ENDED"
BILLING_SKIPPED = "BILLING_TRIGGER_SKIPPED"
INTEGRATION, BILLING_DESK = "integration", "billing-desk"
GAPS_BORNE = 3
"""So many of its usual gaps a feed may be silent before anybody is told."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a partner handed in at once: its new scans, and the shipments that they are of."""

    partner: str
    scans: tuple[Scan, ...]
    shipments: tuple[Shipment, ...]
    milestones: int


async def heard(batch: Batch, work: Work) -> None:
    """A feed spoke: its cadence is learned, and from now on its next word is waited for."""
    classes = [each.meaning.code_class for each in batch.scans]
    feed = await work.feeds.heard(
        batch.partner,
        Heard(
            updates=len(classes),
            unmapped=classes.count(CodeClass.UNMAPPED),
            errors=classes.count(CodeClass.FEED),
            milestones=batch.milestones,
        ),
    )
    work.resolve(identity(FEED_SILENT, _feed(batch.partner)), "it speaks again")
    until = work.now + await patience(feed, work)
    work.wait(FEED_TIMER, batch.partner, until)
    for shipment in batch.shipments:
        _await_word(shipment, batch.partner, until, work)
    for scan in batch.scans:
        if scan.meaning.code_class is CodeClass.FEED:
            work.tell(_ended(scan))


def _await_word(shipment: Shipment, partner: str, until: datetime, work: Work) -> None:
    work.resolve(identity(SHIPMENT_SILENT, shipment.shipment_id), "its carrier speaks of it again")
    if shipment.on_the_road:
        work.wait(WORD_TIMER, shipment.shipment_id, until, partner)


async def patience(feed: Feed, work: Work) -> timedelta:
    """A few of the gaps that are usual for it, and never less than the policy says."""
    return max(GAPS_BORNE * feed.gap, await work.least_patience(feed.partner))


async def feed_is_silent(partner: str, work: Work) -> None:
    """Nothing where nothing of it is on the road: then there is nothing to be said."""
    waiting = await work.feeds.on_the_road(partner)
    feed = await work.feeds.read(partner)
    if feed is None or not waiting:
        return
    work.tell(
        Concern(
            code=FEED_SILENT,
            owner=INTEGRATION,
            subject=_feed(partner),
            summary=f"{partner} is silent since {feed.last_heard_at:%Y-%m-%d %H:%M} UTC, with {waiting} on the road",
            details={"usual_gap_seconds": str(int(feed.gap.total_seconds())), "shipments": str(waiting)},
        )
    )


async def shipment_is_silent(shipment_id: str, partner: str, work: Work) -> None:
    """Where the whole feed is silent its shipments wait with it, and one exception tells of all."""
    feed = await work.feeds.read(partner)
    for shipment in await work.shipments.lock([shipment_id]):
        if not shipment.on_the_road or feed is None:
            return
        allowed = await patience(feed, work)
        if feed.last_heard_at + allowed <= work.now:
            work.wait(WORD_TIMER, shipment_id, work.now + allowed, partner)
            return
        missing = _next_milestone(shipment)
        summary = f"shipment {shipment.terms.number}: {partner} speaks, and says nothing of it; {missing} is missing"
        work.tell(_about(shipment, SHIPMENT_SILENT, DELIVERY_DESK, summary))


async def billing_is_due(shipment_id: str, work: Work) -> None:
    """Goods are gone and nothing has triggered their invoice: by the terms it waits for a word that did not come."""
    for shipment in await work.shipments.lock([shipment_id]):
        if shipment.billed_at is None and shipment.billable_since is not None:
            waits = f"its invoice waits for {shipment.billing.value}"
            summary = f"shipment {shipment.terms.number} left the warehouse; {waits}, which nobody has reported"
            work.tell(_about(shipment, BILLING_SKIPPED, BILLING_DESK, summary))


def _next_milestone(shipment: Shipment) -> str:
    reached = [PLACES.index(each) for each in shipment.told.reached]
    return PLACES[min(max(reached) + 1, len(PLACES) - 1)].value


def _about(shipment: Shipment, code: str, owner: str, summary: str) -> Concern:
    return Concern(
        code=code,
        owner=owner,
        subject=shipment.shipment_id,
        summary=summary,
        transaction_ids=shipment.transaction_ids,
        keys=shipment.keys,
    )


def _ended(scan: Scan) -> Concern:
    number = scan.tracking_number or scan.shipment_number
    return Concern(
        code=FEED_ENDED,
        owner=INTEGRATION,
        subject=f"feed/{scan.reported_by}/{number}",
        summary=f"{scan.reported_by} no longer tracks {number}: it says {scan.code}",
        keys=(f"tracking:{number}",),
    )


def _feed(partner: str) -> str:
    return f"feed/{partner}"
