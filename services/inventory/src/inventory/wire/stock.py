"""Answers about stock, and adjustments of it, between the contract and the domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from crossdock.inventory.v1 import inventory_service_pb2 as pb
from crossdock.options.v1 import options_pb2
from crossdock_kit import dates_wire

from inventory.domain.accounts import Account
from inventory.domain.holding_back import Available
from inventory.domain.item import Item
from inventory.domain.promising import PromiseDay
from inventory.use_cases.adjust import AdjustStock, WantedAdjustment
from inventory.wire.values import change_in, date_out, instant_in, instant_out, quantity_out

Row = Mapping[str, Any]


def adjust_stock(request: pb.AdjustStockRequest, tenant: str, now: Any) -> AdjustStock:
    origin = request.origin
    return AdjustStock(
        tenant=tenant,
        adjustment_id=UUID(request.request_id),
        adjustments=tuple(_adjustment(each, at) for at, each in enumerate(request.adjustments)),
        system=origin.system,
        document=origin.document,
        occurred_at=instant_in(origin.occurred_at, now),
        reported=origin.role == options_pb2.ROLE_WMS,
    )


def _adjustment(wanted: pb.Adjustment, at: int) -> WantedAdjustment:
    return WantedAdjustment(
        sku=wanted.sku,
        location_id=wanted.location_id,
        lot=wanted.lot,
        business_unit=wanted.business_unit,
        bucket=Account(wanted.bucket),
        change=change_in(wanted.quantity, "adjustments[{}].quantity", at),
        reason=wanted.reason,
        note=wanted.note,
        serials=tuple(wanted.serials),
    )


def adjusted(movement_ids: Sequence[UUID]) -> pb.AdjustStockResponse:
    return pb.AdjustStockResponse(movement_ids=[str(each) for each in movement_ids])


def availability(found: Sequence[Available], channel: str) -> pb.GetAvailabilityResponse:
    return pb.GetAvailabilityResponse(availability=[_available(each, channel) for each in found])


def _available(its: Available, channel: str) -> pb.Availability:
    kept = its.held_back.kept_from(channel)
    return pb.Availability(
        sku=its.sku,
        location_id=its.location_id,
        business_unit=its.business_unit,
        available=quantity_out(its.to(channel), its.unit),
        as_of_version=its.version,
        held_back=quantity_out(kept.quantity, its.unit),
        policy_version=kept.rule,
    )


def first_day(request: pb.GetAvailableToPromiseRequest, today: date) -> date:
    return dates_wire.day(request, "from") or today


def promises(item: Item, days: Mapping[str, Sequence[PromiseDay]]) -> pb.GetAvailableToPromiseResponse:
    return pb.GetAvailableToPromiseResponse(
        days=[
            pb.PromiseDay(
                day=date_out(each.day),
                location_id=place,
                cumulative=quantity_out(each.cumulative, item.base_unit),
                promisable=quantity_out(each.promisable, item.base_unit),
                supply=quantity_out(each.supply, item.base_unit),
                demand=quantity_out(each.demand, item.base_unit),
            )
            for place, its_days in days.items()
            for each in its_days
        ]
    )


def stock(item: Item, balances: Sequence[Row], pieces: Sequence[Row], words: Sequence[Row]) -> pb.GetStockResponse:
    return pb.GetStockResponse(
        sku=item.sku,
        base_unit=item.base_unit,
        balances=[
            pb.StockBalance(
                location_id=row["location_id"],
                lot=row["lot"],
                business_unit=row["business_unit"],
                account=row["account"],
                quantity=quantity_out(row["quantity"], item.base_unit),
            )
            for row in balances
        ],
        serials=[_piece(row) for row in pieces],
        serial_count=pieces[0]["pieces"] if pieces else 0,
        words=[_word(row) for row in words],
    )


def _piece(row: Row) -> pb.SerialStock:
    said = ("serial", "location_id", "business_unit", "lot", "on_hand", "doubt", "document")
    return pb.SerialStock(
        account=row["bucket"], said_at=instant_out(row["said_at"]), **{name: row[name] for name in said}
    )


def _word(row: Row) -> pb.SerialWord:
    said = ("location_id", "business_unit", "lot", "change", "document", "system", "transaction_id")
    return pb.SerialWord(
        account=row["bucket"], occurred_at=instant_out(row["occurred_at"]), **{name: row[name] for name in said}
    )


def movements(rows: Sequence[Row], next_page_token: str) -> pb.ListMovementsResponse:
    return pb.ListMovementsResponse(movements=[_movement(row) for row in rows], next_page_token=next_page_token)


def _movement(row: Row) -> pb.Movement:
    plain_facts = {name: row[name] for name in ("sku", "location_id", "lot", "business_unit", "reason", "document")}
    out = pb.Movement(
        movement_id=str(row["movement_id"]),
        to=row["target"],
        quantity=quantity_out(row["quantity"], row["shown_unit"]),
        occurred_at=instant_out(row["occurred_at"]),
        recorded_at=instant_out(row["recorded_at"]),
        posting_state=_posting_state(row),
        posting_number=row["posting_number"] or "",
        posting_reason=row["posting_reason"],
        transaction_id=row["transaction_id"],
        **plain_facts,
        **{"from": row["source"]},
    )
    if row["said_quantity"] is not None:
        out.document_quantity.CopyFrom(quantity_out(row["said_quantity"], row["said_unit"]))
    if row["posting_date"] is not None:
        out.posting_date.CopyFrom(date_out(row["posting_date"]))
    return out


def _posting_state(row: Row) -> str:
    if not row["posting_key"]:
        return "none"
    return str(row["posting_state"] or "pending")
