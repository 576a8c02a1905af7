"""Booking what procurement announced: many events in one pass over the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from inventory.domain.events import StockReceived
from inventory.domain.inbound import Change, Confirmed, InboundFact, NoticeChange, Received, SupplyChange
from inventory.domain.lots import has_expired
from inventory.domain.movement import Document, Movement, StockKey
from inventory.domain.supply import Arrival, SupplyChanged, touched
from inventory.ports import Booked, ItemRecord, LocationRecord, Posting, Work
from inventory.use_cases.expiring import hold_expired
from inventory.use_cases.serials import name_serials


@dataclass(frozen=True, slots=True)
class BookInbound:
    """`orders` (tenant, purchase order id) whose promises are replaced by `confirmed`, in the order of the events."""

    facts: tuple[InboundFact, ...]
    orders: tuple[tuple[str, str], ...] = ()
    confirmed: tuple[Confirmed, ...] = ()


@dataclass(frozen=True, slots=True)
class BookedReceipt:
    """A receipt, as it is announced once its lines are booked."""

    tenant: str
    business_unit: str
    receipt_id: str
    receipt_number: str
    location_id: str
    transaction_ids: tuple[str, ...]
    occurred_at: datetime
    cause_id: str
    lines: tuple[Received, ...]


async def book_inbound(command: BookInbound, work: Work) -> None:
    await _book(command.facts, work)
    await work.supply.replace_confirmed(command.orders, command.confirmed)
    await _tell_supply(touched(command.facts), work)


async def move_arrivals(arrivals: Sequence[Arrival], work: Work) -> None:
    """What is on its way comes on these days, whether or not it was heard of yet that it is."""
    await work.supply.expect(arrivals)
    await _tell_supply({key: document for each in arrivals for key, document in each.documents.items()}, work)


async def book_receipts(receipts: Sequence[BookedReceipt], work: Work) -> None:
    """Books all lines of all receipts at once and announces each receipt with its movements."""
    lines = [line for receipt in receipts for line in receipt.lines]
    booked = await _book(lines, work)
    expiries = {(each.key, each.lot): each.expires_on for each in lines if each.lot and each.expires_on}
    await work.ledger.note_expiry({place: day for place, day in expiries.items() if day})
    await hold_expired({key for (key, _), day in expiries.items() if has_expired(day, work.now.date())}, work)
    await work.ledger.miss_lots([each for each in lines if not each.lot])
    await name_serials([each.pieces() for each in lines if each.serials], work)
    await _tell_supply(touched(lines), work)
    for receipt in receipts:
        # Of what another business unit ordered the key says whose it is behind the receipt.
        own = f"receipt/{receipt.receipt_id}/"
        mine = tuple((i, m) for i, m in booked if f"{m.document.posting_key}/".startswith(own))
        work.announce(
            StockReceived(
                tenant=receipt.tenant,
                business_unit=receipt.business_unit,
                receipt_id=receipt.receipt_id,
                receipt_number=receipt.receipt_number,
                location_id=receipt.location_id,
                movements=mine,
                transaction_ids=receipt.transaction_ids,
                occurred_at=receipt.occurred_at,
            ),
            receipt.cause_id,
        )


async def _book(facts: Iterable[InboundFact], work: Work) -> Booked:
    changes: list[Change] = [change for fact in facts for change in fact.effects()]
    booked = await work.ledger.book([each for each in changes if isinstance(each, Movement)])
    await work.supply.apply(
        [each for each in changes if isinstance(each, SupplyChange) and each.line_id],
        [each for each in changes if isinstance(each, NoticeChange)],
    )
    return booked


async def _tell_supply(by_key: Mapping[StockKey, Document], work: Work) -> None:
    """Whoever promised on what is to come hears of it when it is another."""
    for stand, version in await work.supply.tell(by_key):
        document = by_key[stand.key]
        transactions = (document.transaction_id,) if document.transaction_id else ()
        work.announce(SupplyChanged(stand, version, transactions, document.occurred_at), document.cause_id)


async def take_items(records: Sequence[ItemRecord], work: Work) -> None:
    await work.master_data.put_items(records)


async def take_locations(records: Sequence[LocationRecord], work: Work) -> None:
    await work.master_data.put_locations(records)


async def mark_posted(postings: Sequence[Posting], work: Work) -> None:
    """Movements of the named aggregates carry what the ERP says of them from now on."""
    if postings:
        await work.postings.note(postings)
