"""The wire form of every fact that inventory announces, with its envelope."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from crossdock.inventory.events.v1 import events_pb2 as pb
from crossdock.inventory.v1 import inventory_service_pb2 as api
from crossdock_kit.events import NewEvent, Origin
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from google.protobuf.message import Message

from inventory.domain import events as facts
from inventory.domain.lots import Pick
from inventory.domain.reservation import Reservation
from inventory.domain.supply import SupplyChanged
from inventory.wire import stock_moves, stock_reports, transfers
from inventory.wire.movements import movement_out
from inventory.wire.values import date_out, instant_out, quantity_out


def event_of(fact: facts.Fact, now: datetime) -> NewEvent:  # noqa: PLR0911  one return for each kind of fact
    """The event as it is recorded; `now` is when it happened where the fact does not say."""
    if isinstance(fact, facts.AvailabilityChanged):
        return availability_changed(fact)
    if isinstance(fact, SupplyChanged):
        return _supply_changed(fact)
    if isinstance(fact, facts.StockReceived):
        return _stock_received(fact)
    if isinstance(fact, facts.StockAdjusted):
        return _stock_adjusted(fact)
    if isinstance(fact, facts.StockCounted | facts.AdjustmentDecided):
        return stock_reports.event_of(fact)
    if isinstance(fact, facts.PutAwayCompleted | facts.QualityHoldChanged):
        return stock_moves.event_of(fact)
    if isinstance(fact, facts.StockTransferSent | facts.StockTransferReceived):
        return transfers.event_of(fact)
    return reservation_event(fact, now)


def availability_changed(fact: facts.AvailabilityChanged) -> NewEvent:
    key = fact.key
    return NewEvent(
        message=pb.AvailabilityChanged(
            sku=key.sku,
            location_id=key.location_id,
            business_unit=key.business_unit,
            channels=[
                pb.ChannelAvailability(
                    channel=channel,
                    available=quantity_out(fact.available - fact.held_back.besides_safety(channel), fact.unit),
                )
                for channel in fact.held_back.channels
            ],
            available=quantity_out(fact.available, fact.unit),
            as_of_version=fact.as_of_version,
        ),
        tenant=key.tenant,
        business_unit=key.business_unit,
        aggregate_type="availability",
        aggregate_id=f"{key.business_unit}/{key.location_id}/{key.sku}",
        version=fact.event_version,
        subject=key.sku,
        keys=(f"sku:{key.sku}",),
        transaction_ids=fact.transaction_ids,
        occurred_at=fact.occurred_at,
    )


def _supply_changed(fact: SupplyChanged) -> NewEvent:
    stand, key = fact.stand, fact.stand.key
    return NewEvent(
        message=pb.SupplyChanged(
            sku=key.sku,
            location_id=key.location_id,
            business_unit=key.business_unit,
            lots=[
                pb.SupplyLot(
                    purchase_order_line_id=each.line_id,
                    ship_notice_id=each.notice_id,
                    due_on=date_out(each.due_on),
                    quantity=quantity_out(each.quantity, stand.unit),
                )
                for each in stand.lots
            ],
            available=quantity_out(stand.available, stand.unit),
        ),
        tenant=key.tenant,
        business_unit=key.business_unit,
        aggregate_type="supply",
        aggregate_id=f"{key.business_unit}/{key.location_id}/{key.sku}",
        version=fact.event_version,
        subject=key.sku,
        keys=(f"sku:{key.sku}",),
        transaction_ids=fact.transaction_ids,
        occurred_at=fact.occurred_at,
    )


def _stock_received(fact: facts.StockReceived) -> NewEvent:
    return NewEvent(
        message=pb.StockReceived(
            receipt_id=fact.receipt_id,
            receipt_number=fact.receipt_number,
            location_id=fact.location_id,
            movements=[movement_out(movement_id, movement) for movement_id, movement in fact.movements],
        ),
        tenant=fact.tenant,
        business_unit=fact.business_unit,
        aggregate_type="goods_receipt",
        aggregate_id=fact.receipt_id,
        version=1,
        subject=fact.receipt_number,
        keys=(f"receipt:{fact.receipt_number}",),
        transaction_ids=fact.transaction_ids,
        occurred_at=fact.occurred_at,
    )


def _stock_adjusted(fact: facts.StockAdjusted) -> NewEvent:
    skus = dict.fromkeys(movement.key.sku for _, movement in fact.movements)
    return NewEvent(
        message=pb.StockAdjusted(
            adjustment_id=fact.adjustment_id,
            movements=[movement_out(movement_id, movement) for movement_id, movement in fact.movements],
            number=fact.number,
            to_be_posted=fact.to_be_posted,
        ),
        tenant=fact.tenant,
        business_unit=fact.business_unit,
        aggregate_type="stock_adjustment",
        aggregate_id=fact.adjustment_id,
        version=fact.version,
        subject=fact.document or fact.adjustment_id,
        keys=tuple(f"sku:{sku}" for sku in skus),
        transaction_ids=(fact.adjustment_id,),
        occurred_at=fact.occurred_at,
        origin=Origin(system=fact.system, document=fact.document),
        transaction_type="stock_adjustment" if fact.version == 1 else "",
        root_key=f"adjustment:{fact.adjustment_id}" if fact.version == 1 else "",
    )


class HasParts(Protocol):
    """A message that names the parts of a reservation."""

    @property
    def parts(self) -> RepeatedCompositeFieldContainer[api.ReservedPart]: ...


H = TypeVar("H", bound=HasParts)


def with_parts(out: H, reservation: Reservation) -> H:
    """Parts are added in place: handed to a message's constructor they would cost it more than all its other fields."""
    for part in reservation.parts:
        quantity = quantity_out(part.quantity, reservation.units[part.sku])
        out.parts.add(sku=part.sku, location_id=part.location_id, quantity=quantity)
    return out


def picks_out(picks: Iterable[Pick], units: Mapping[str, str]) -> list[api.LotChoice]:
    return [
        api.LotChoice(
            sku=pick.sku,
            location_id=pick.location_id,
            lot=pick.lot,
            quantity=quantity_out(pick.quantity, units[pick.sku]),
        )
        for pick in picks
    ]


def _reserved(fact: facts.StockReserved) -> Message:
    its = fact.reservation
    out = pb.StockReserved(
        reservation_id=str(its.reservation_id),
        channel=its.channel,
        reference=its.reference,
        expires_at=instant_out(its.expires_at),
    )
    return with_parts(out, its)


def _released(fact: facts.ReservationReleased) -> Message:
    its = fact.reservation
    return with_parts(pb.ReservationReleased(reservation_id=str(its.reservation_id), reason=fact.reason), its)


def _expired(fact: facts.ReservationExpired) -> Message:
    return with_parts(pb.ReservationExpired(reservation_id=str(fact.reservation.reservation_id)), fact.reservation)


def _committed(fact: facts.ReservationCommitted) -> Message:
    return with_parts(pb.ReservationCommitted(reservation_id=str(fact.reservation.reservation_id)), fact.reservation)


def _allocated(fact: facts.StockAllocated) -> Message:
    its = fact.reservation
    return pb.StockAllocated(reservation_id=str(its.reservation_id), lots=picks_out(fact.picks, its.units))


def _deallocated(fact: facts.StockDeallocated) -> Message:
    its = fact.reservation
    return pb.StockDeallocated(reservation_id=str(its.reservation_id), lots=picks_out(fact.picks, its.units))


_MESSAGES: Mapping[type, Callable[[Any], Message]] = {
    facts.StockReserved: _reserved,
    facts.ReservationReleased: _released,
    facts.ReservationExpired: _expired,
    facts.ReservationCommitted: _committed,
    facts.StockAllocated: _allocated,
    facts.StockDeallocated: _deallocated,
}


def reservation_event(fact: facts.ReservationFact, now: datetime) -> NewEvent:
    """Events of a reservation belong to the transaction that it is the root of until an order takes it over."""
    its = fact.reservation
    identity = str(its.reservation_id)
    minted = isinstance(fact, facts.StockReserved)
    return NewEvent(
        message=_MESSAGES[type(fact)](fact),
        tenant=its.tenant,
        business_unit=its.business_unit,
        aggregate_type="reservation",
        aggregate_id=identity,
        version=its.version,
        subject=its.reference or identity,
        keys=(f"reservation:{identity}", f"reference:{its.reference}")
        if its.reference
        else (f"reservation:{identity}",),
        transaction_ids=(identity,),
        occurred_at=now,
        express=its.priority <= EXPRESS_UP_TO,
        transaction_type="reservation" if minted else "",
        root_key=f"reservation:{identity}" if minted else "",
    )


EXPRESS_UP_TO = 1
"""Reservations of priority 0 and 1 travel in the express lane, from birth."""
