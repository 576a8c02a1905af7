"""Reservations between the contract and the domain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from crossdock.inventory.v1 import inventory_service_pb2 as pb
from crossdock_kit import dates_wire
from crossdock_kit.ids import uuid_of

from inventory.domain.lots import Pick
from inventory.domain.reservation import Reservation
from inventory.domain.reserving import Declined, LineRefusal, SplitRule
from inventory.use_cases.allocating import Allocated, AllocateStock, DeallocateStock, LotWanted, NotBound
from inventory.use_cases.reservations import CommitReservations, Holder, ReleaseReservations
from inventory.use_cases.reserve import ReserveStock, WantedBasket
from inventory.wire.facts import picks_out, with_parts
from inventory.wire.values import instant_out, measure_in, quantity_out


def reserve_stock(request: pb.ReserveStockRequest, tenant: str, partner: str) -> ReserveStock:
    return ReserveStock(tenant, tuple([_basket(each, partner, at) for at, each in enumerate(request.reservations)]))


def _basket(request: pb.ReservationRequest, partner: str, at: int) -> WantedBasket:
    return WantedBasket(
        request_id=uuid_of(request.request_id),
        business_unit=request.business_unit,
        channel=request.channel,
        priority=request.priority,
        as_urgent_as_channel=request.as_urgent_as_channel,
        requested_on=dates_wire.day(request, "requested_on"),
        locations=tuple(request.locations),
        split=SplitRule(request.split) if request.split else SplitRule.NONE,
        lines=tuple(
            [
                (line.sku, measure_in(line.quantity, "reservations[{}].lines[{}].quantity", at, number))
                for number, line in enumerate(request.lines)
            ]
        ),
        hold=_hold(request),
        reference=request.reference,
        fingerprint=_fingerprint(request, partner),
    )


def _hold(request: pb.ReservationRequest) -> timedelta | None:
    return request.hold.ToTimedelta() if request.HasField("hold") else None


def _fingerprint(request: pb.ReservationRequest, partner: str) -> bytes:
    """Covers the partner too: an id that another partner used must not open that partner's answer."""
    return hashlib.sha256(partner.encode() + b"\0" + request.SerializeToString(deterministic=True)).digest()


def reserved_result(reservation: Reservation) -> pb.ReservationResult:
    out = pb.ReservationResult(request_id=str(reservation.reservation_id))
    _describe(out.reservation, reservation)
    return out


def refused_result(request_id: UUID, declined: Declined) -> pb.ReservationResult:
    return pb.ReservationResult(
        request_id=str(request_id), refusal=pb.Refusal(lines=[_refusal(line) for line in declined.lines])
    )


def _refusal(line: LineRefusal) -> pb.LineRefusal:
    out = pb.LineRefusal(sku=line.sku, reason=line.reason)
    if line.unit:
        out.wanted.CopyFrom(quantity_out(line.wanted, line.unit))
        out.available.CopyFrom(quantity_out(line.available, line.unit))
    return out


def results_out(answers: Iterable[bytes]) -> pb.ReserveStockResponse:
    out = pb.ReserveStockResponse()
    for answer in answers:
        out.results.add().MergeFromString(answer)
    return out


def reservation_out(reservation: Reservation) -> pb.Reservation:
    out = pb.Reservation()
    _describe(out, reservation)
    return out


def _describe(out: pb.Reservation, reservation: Reservation) -> None:
    """In place: a message that is handed to another's constructor is copied field by field."""
    out.reservation_id = str(reservation.reservation_id)
    out.state = int(reservation.state)  # type: ignore[assignment]
    with_parts(out, reservation)
    out.expires_at.CopyFrom(instant_out(reservation.expires_at))
    out.channel, out.priority = reservation.channel, reservation.priority
    if reservation.reference:
        out.reference = reservation.reference


def release_reservations(request: pb.ReleaseReservationsRequest, tenant: str) -> ReleaseReservations:
    return ReleaseReservations(tenant, tuple(map(UUID, request.reservation_ids)), request.reason)


def released(reservations: Sequence[Reservation]) -> pb.ReleaseReservationsResponse:
    return pb.ReleaseReservationsResponse(reservations=map(reservation_out, reservations))


def commit_reservations(request: pb.CommitReservationsRequest, tenant: str) -> CommitReservations:
    holder = request.taken_over_from if request.HasField("taken_over_from") else None
    taken_over_from = holder and Holder(holder.business_unit, holder.channel)
    return CommitReservations(tenant, tuple(map(UUID, request.reservation_ids)), taken_over_from)


def committed(reservations: Sequence[Reservation]) -> pb.CommitReservationsResponse:
    return pb.CommitReservationsResponse(reservations=map(reservation_out, reservations))


def allocate_stock(request: pb.AllocateStockRequest, tenant: str) -> AllocateStock:
    return AllocateStock(
        tenant, UUID(request.reservation_id), tuple([_wanted_lot(each, at) for at, each in enumerate(request.lots)])
    )


def _wanted_lot(choice: pb.LotChoice, at: int) -> LotWanted:
    return LotWanted(choice.sku, choice.location_id, choice.lot, measure_in(choice.quantity, "lots[{}].quantity", at))


def allocated(reservation: Reservation, picks: Sequence[Pick]) -> pb.AllocateStockResponse:
    return pb.AllocateStockResponse(reservation=reservation_out(reservation), lots=picks_out(picks, reservation.units))


def allocate_reservations(request: pb.AllocateReservationsRequest) -> list[UUID]:
    return [UUID(each) for each in request.reservation_ids]


def bound(asked: Sequence[UUID], outcomes: Sequence[Allocated | NotBound]) -> pb.AllocateReservationsResponse:
    out = pb.AllocateReservationsResponse()
    for identity, outcome in zip(asked, outcomes, strict=True):
        result = out.results.add(reservation_id=str(identity))
        if isinstance(outcome, NotBound):
            result.not_bound.code, result.not_bound.reason = outcome.code, outcome.reason
        else:
            result.bound.lots.extend(picks_out(outcome.picks, outcome.units))
    return out


def deallocate_stock(request: pb.DeallocateStockRequest, tenant: str) -> DeallocateStock:
    return DeallocateStock(tenant, UUID(request.reservation_id))


def deallocated(reservation: Reservation) -> pb.DeallocateStockResponse:
    return pb.DeallocateStockResponse(reservation=reservation_out(reservation))
