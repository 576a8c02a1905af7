"""Reads: they change nothing and lock nothing."""

from __future__ import annotations

from delivery.domain.refusals import ShipmentUnknown
from delivery.domain.shipment import Shipment
from delivery.ports import FeedHealth, KeptProof, KeptScan, MilestoneEntry, ShipmentName, ShipmentPage, Snapshots, Work
from delivery.use_cases.listening import patience


async def get_shipment(name: ShipmentName, snapshots: Snapshots) -> Shipment:
    """Raises ShipmentUnknown."""
    async with snapshots.reading() as work:
        return await _one(name, work)


async def list_shipments(page: ShipmentPage, snapshots: Snapshots) -> tuple[list[Shipment], str]:
    """A page, and the id after which the next one begins; empty at the end."""
    async with snapshots.reading() as work:
        found = await work.shipments.page(page)
    return found, found[-1].shipment_id if len(found) == page.size else ""


async def list_milestones(name: ShipmentName, snapshots: Snapshots) -> list[MilestoneEntry]:
    """By when they happened there. Raises ShipmentUnknown."""
    async with snapshots.reading() as work:
        shipment = await _one(name, work)
        found = await work.shipments.entries(shipment.shipment_id)
    return sorted(found, key=lambda each: (each.at, each.position))


async def list_tracking_updates(
    name: ShipmentName, after: tuple[str, ...], size: int, snapshots: Snapshots
) -> list[KeptScan]:
    """Raises ShipmentUnknown."""
    async with snapshots.reading() as work:
        shipment = await _one(name, work)
        return await work.scans.page(shipment.shipment_id, after, size)


async def list_carrier_feeds(after: str, size: int, snapshots: Snapshots) -> tuple[list[FeedHealth], str]:
    """A page, and the partner after which the next one begins; empty at the end."""
    async with snapshots.reading() as work:
        found = await work.feeds.page(after, size)
        shown = [FeedHealth(each, each.last_heard_at + await patience(each, work), work.now) for each in found]
    return shown, found[-1].partner if len(found) == size else ""


async def list_proofs(name: ShipmentName, after: str, size: int, snapshots: Snapshots) -> tuple[list[KeptProof], str]:
    """A page by reference, and the reference after which the next one begins. Raises ShipmentUnknown."""
    async with snapshots.reading() as work:
        shipment = await _one(name, work)
        found = await work.proofs.page(shipment.shipment_id, after, size)
    return found, found[-1].evidence.reference if len(found) == size else ""


async def get_recipient(name: ShipmentName, snapshots: Snapshots) -> str:
    """Who took it; empty where nobody said or it was erased. Raises ShipmentUnknown."""
    async with snapshots.reading() as work:
        shipment = await _one(name, work)
        recipient_id = await work.proofs.recipient(shipment.shipment_id)
        facts = await work.personal_data.read(recipient_id) if recipient_id else None
    return (facts or b"").decode()


async def _one(name: ShipmentName, work: Work) -> Shipment:
    found = await work.shipments.find(name)
    if len(found) != 1:
        raise ShipmentUnknown(name.shipment_id or name.number or name.tracking_number)
    return found[0]
