"""What fulfillment announced of warehouses' reports on orders and returns, as inventory books it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from crossdock.fulfillment.events.v1 import events_pb2 as pb
from crossdock.fulfillment.v1 import posting_pb2, return_pb2, warehouse_pb2
from crossdock_kit.events import Received as Event
from crossdock_kit.ids import uuid_of
from google.protobuf.timestamp_pb2 import Timestamp

from inventory.domain.accounts import Account
from inventory.domain.coming_back import CameBack, Decided, Disposition, ReturnFact
from inventory.domain.movement import Document, StockKey
from inventory.domain.outbound import Issued, NotFound, OutboundFact, Picked, PutBack
from inventory.domain.quantity import exact
from inventory.domain.rules import Pair
from inventory.domain.serials import NamedSerials
from inventory.ports import Posting
from inventory.wire.values import instant_in

_HELD = {return_pb2.RETURN_HOLDING_QUARANTINED: Account.QUARANTINED}
_DISPOSITIONS = {return_pb2.Disposition.Value(f"DISPOSITION_{each.name}"): each for each in Disposition}


def picks(events: Sequence[Event[pb.PickCompleted]]) -> list[OutboundFact]:
    return [fact for event in events for fact in _pick(event)]


def _pick(event: Event[pb.PickCompleted]) -> Iterator[OutboundFact]:
    message = event.message
    at = instant_in(message.picked_at, event.occurred_at)
    for line in message.lines:
        yield Picked(**_outgoing(event, line, Document(f"pick/{message.number}/{line.line_number}", at)))
    for line in message.shorts:
        yield NotFound(**_outgoing(event, line, Document(f"pick/{message.number}/{line.line_number}", at)))


def recalls(events: Sequence[Event[pb.RecallAnswered]]) -> list[OutboundFact]:
    return [fact for event in events for fact in _recall(event)]


def _recall(event: Event[pb.RecallAnswered]) -> Iterator[OutboundFact]:
    """What was stopped is promised to nobody any more; what of it was picked lies on its shelf again."""
    message = event.message
    at = instant_in(message.answered_at, event.occurred_at)
    for each in message.stopped:
        said = _outgoing(event, each.line, Document(f"recall/{message.number}/{each.line.line_number}", at))
        picked = exact(each.picked_before.value or "0")
        if picked > 0:
            yield PutBack(**said | {"quantity": picked})
        elif each.line.schedule_id:
            yield NotFound(**said)


def goods_issues(events: Sequence[Event[pb.GoodsIssued]]) -> list[OutboundFact]:
    return [fact for event in events for fact in _issue(event)]


def _issue(event: Event[pb.GoodsIssued]) -> Iterator[OutboundFact]:
    message = event.message
    at = instant_in(message.issued_at, event.occurred_at)
    for each in message.lines:
        name = f"goods_issue/{message.issue_number}/{each.line.line_number}"
        said = _outgoing(event, each.line, Document(name, at))
        unsaid = said["quantity"] - exact(each.picked_before.value or "0")
        if unsaid > 0:
            yield Picked(**said | {"quantity": unsaid})
        yield Issued(**said | {"document": replace(said["document"], posting_key=_posting_key(message, each.line))})


def _posting_key(message: pb.GoodsIssued, line: warehouse_pb2.HandledLine) -> str:
    """The posting that the ERP is asked for; none where nobody knows the order."""
    return issue_key(line.order_id, message.shipment_id, message.issue_number) if line.order_id else ""


def issue_key(order_id: str, shipment_id: str, issue_number: str) -> str:
    return f"goods_issue/{order_id}/{shipment_id}/{issue_number}"


def shipment_postings(events: Sequence[Event[pb.PostingBooked] | Event[pb.PostingRefused]]) -> list[Posting]:
    """What the ERP says of what was shipped from stock of ours; other postings move none."""
    return [
        _shipment_posting(event, event.message.posting)
        for event in events
        if event.message.posting.kind == posting_pb2.POSTING_KIND_SHIPMENT and not event.message.posting.supplier_id
    ]


def _shipment_posting(event: Event[Any], said: posting_pb2.Posting) -> Posting:
    lines: dict[str, Decimal] = defaultdict(Decimal)
    for line in said.lines:
        lines[line.sku] += exact(line.quantity.value)
    refused = said.state == posting_pb2.POSTING_STATE_REFUSED
    return Posting(
        tenant=event.tenant,
        posting_key=issue_key(said.order_id, said.shipment_id, said.reference),
        number=said.number,
        partner=said.system,
        posted_on=None if refused else instant_in(said.posted_at, event.occurred_at).date(),
        business_unit=event.business_unit,
        state="refused" if refused else "posted",
        reason=said.reason,
        lines=None if refused else lines,
    )


def returns(events: Sequence[Event[pb.ReturnReceived]]) -> list[ReturnFact]:
    return [
        CameBack(**_returned(event, line, event.message.received_at), held=_HELD.get(line.held, Account.RETURNED))
        for event in events
        for line in event.message.lines
    ]


def inspections(events: Sequence[Event[pb.ReturnInspected]]) -> list[ReturnFact]:
    return [
        Decided(
            **_returned(event, line, event.message.inspected_at),
            held=_HELD.get(line.held, Account.RETURNED),
            disposition=_DISPOSITIONS[line.disposition],
        )
        for event in events
        for line in event.message.lines
    ]


def returned_pieces(events: Sequence[Event[pb.ReturnReceived] | Event[pb.ReturnInspected]]) -> list[NamedSerials]:
    """Of the lines that name pieces."""
    return [
        NamedSerials(fact.key, fact.lot, tuple(line.serials), fact.quantity, fact.pair, fact.document)
        for event in events
        for line, fact in zip(event.message.lines, _return_facts(event), strict=True)
        if line.serials
    ]


def _return_facts(event: Event[Any]) -> list[ReturnFact]:
    return returns([event]) if isinstance(event.message, pb.ReturnReceived) else inspections([event])


def _returned(event: Event[Any], line: return_pb2.ReturnedLine, at: Timestamp) -> dict[str, Any]:
    message = event.message
    return {
        "key": StockKey(event.tenant, line.sku, message.location_id, message.business_unit or event.business_unit),
        "quantity": exact(line.quantity.value),
        "unit": line.quantity.unit,
        "lot": line.lot.number,
        "reservation_id": None,
        "document": Document(
            name=f"return/{message.report_number}/{line.line_number}",
            occurred_at=instant_in(at, event.occurred_at),
            system=event.origin.system if event.origin else "",
            transaction_id=message.return_id,
            cause_id=str(event.id),
        ),
    }


Named = pb.PickCompleted | pb.RecallAnswered | pb.GoodsIssued


def pieces(events: Sequence[Event[Named]]) -> list[NamedSerials]:
    """Those that reports name beside the parts of orders that their lines were for."""
    return [_piece(event, each) for event in events for each in event.message.serials]


def _piece(event: Event[Named], named: warehouse_pb2.HandledSerials) -> NamedSerials:
    name, stamp, pair = _said(event.message)
    return NamedSerials(
        key=StockKey(event.tenant, named.sku, event.message.location_id, named.business_unit or event.business_unit),
        lot=named.lot,
        serials=tuple(named.serials),
        quantity=exact(named.quantity.value),
        pair=pair,
        document=Document(
            name=f"{name}/{named.line_number}",
            occurred_at=instant_in(stamp, event.occurred_at),
            system=event.origin.system if event.origin else "",
            transaction_id=named.order_id or next(iter(event.transaction_ids), ""),
            cause_id=str(event.id),
        ),
    )


def _said(message: Named) -> tuple[str, Timestamp, Pair]:
    """The document, when it happened, and from where to where its pieces went."""
    if isinstance(message, pb.PickCompleted):
        return f"pick/{message.number}", message.picked_at, (Account.SELLABLE, Account.STAGED)
    if isinstance(message, pb.RecallAnswered):
        return f"recall/{message.number}", message.answered_at, (Account.STAGED, Account.SELLABLE)
    return f"goods_issue/{message.issue_number}", message.issued_at, (Account.STAGED, Account.CUSTOMER)


def _outgoing(event: Event[Any], line: warehouse_pb2.HandledLine, document: Document) -> dict[str, Any]:
    owner = line.business_unit or event.business_unit
    return {
        "key": StockKey(event.tenant, line.sku, event.message.location_id, owner),
        "quantity": exact(line.quantity.value),
        "unit": line.quantity.unit,
        "lot": line.lot.number,
        "reservation_id": _reservation(line.reservation_id),
        "document": Document(
            name=document.name,
            occurred_at=document.occurred_at,
            system=event.origin.system if event.origin else "",
            transaction_id=line.order_id or next(iter(event.transaction_ids), ""),
            cause_id=str(event.id),
        ),
    }


def _reservation(text: str) -> UUID | None:
    return uuid_of(text) if text else None
