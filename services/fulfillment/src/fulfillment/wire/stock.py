"""What is asked of inventory and what it answers, between its contract and ours.

Each question has an id of its own, made of order, part and attempt: asked again it is the same question, and
inventory's reservation carries the same id.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from crossdock.inventory.events.v1 import events_pb2 as inventory_events
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock_kit import dates_wire
from crossdock_kit.context import cause
from crossdock_kit.deliveries import NewDelivery
from crossdock_kit.ids import derived
from google.protobuf.json_format import MessageToDict, ParseDict

from fulfillment.domain.promising import Lot
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.questions import Held, Question, Shortage
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import Supply, SupplyStatement
from fulfillment.use_cases.stocking import Answer
from fulfillment.wire.values import number, quantity_message

PEER = "inventory"
ALLOCATE = f"{PEER}.allocate"
TAKE_OVER = f"{PEER}.take_over"
GIVE_BACK = f"{PEER}.give_back"
ALLOCATE_LOTS = f"{PEER}.allocate_lots"
LET_GO = f"{PEER}.let_go"
ANSWER = "answer"
_URGENT, _STANDARD = 0, 5
_LONGEST_REFERENCE = 64


def question(order: SalesOrder, asked: Question) -> NewDelivery:
    """A part's question as one basket, all or nothing; or as what its channel's checkout holds."""
    name = f"{order.order_id}:{asked.part}:{asked.attempt}"
    if asked.checkout:
        return _delivery(order, asked.part, TAKE_OVER, name, _taking_over(order, asked.checkout).SerializeToString())
    basket = _basket(order, asked, name)
    if asked.lots:
        return _delivery(order, asked.part, ALLOCATE_LOTS, name, _with_lots(basket, asked))
    request = inventory.ReserveStockRequest(reservations=[basket])
    return _delivery(order, asked.part, ALLOCATE, name, request.SerializeToString())


def _basket(order: SalesOrder, asked: Question, name: str) -> inventory.ReservationRequest:
    return inventory.ReservationRequest(
        request_id=str(derived("reservation", name)),
        business_unit=order.terms.business_unit,
        channel=order.terms.channel,
        priority=_URGENT if order.express else _STANDARD,
        as_urgent_as_channel=not order.express,
        locations=[asked.location_id] if asked.location_id else order.terms.locations,
        split=inventory.SPLIT_RULE_WITHIN_LINE,
        lines=[
            inventory.ReservationLine(sku=sku, quantity=quantity_message(Quantity(value, asked.units[sku])))
            for sku, value in asked.wanted.items()
        ],
        reference=order.terms.number[:_LONGEST_REFERENCE],
    )


def _with_lots(basket: inventory.ReservationRequest, asked: Question) -> bytes:
    """What is reserved, and the lots that it is bound to then."""
    lots = [
        inventory.LotChoice(
            sku=each.sku,
            location_id=asked.location_id,
            lot=each.lot,
            quantity=quantity_message(Quantity(each.quantity, asked.units[each.sku])),
        )
        for each in asked.lots
    ]
    said = (inventory.ReserveStockRequest(reservations=[basket]), inventory.AllocateStockRequest(lots=lots))
    return json.dumps([MessageToDict(each, preserving_proto_field_name=True) for each in said]).encode()


def lots_wanted(payload: bytes) -> tuple[inventory.ReserveStockRequest, Sequence[inventory.LotChoice]]:
    basket, lots = json.loads(payload)
    return ParseDict(basket, inventory.ReserveStockRequest()), ParseDict(lots, inventory.AllocateStockRequest()).lots


def _taking_over(order: SalesOrder, checkout: str) -> inventory.CommitReservationsRequest:
    return inventory.CommitReservationsRequest(
        request_id=str(derived("take_over", order.order_id)),
        reservation_ids=[checkout],
        taken_over_from=inventory.Holder(business_unit=order.terms.business_unit, channel=order.terms.channel),
    )


def give_back(order: SalesOrder, part: int, reservation_id: str) -> NewDelivery:
    """What a checkout holds, and nobody takes over, is given back for its channel: nobody else's is touched by that."""
    name = f"give_back:{reservation_id}"
    if reservation_id == order.terms.checkout and not order.allocator.is_ours:
        return _delivery(order, part, LET_GO, name, _taking_over(order, reservation_id).SerializeToString())
    request = inventory.ReleaseReservationsRequest(
        request_id=str(derived(name)), reservation_ids=[reservation_id], reason=f"order {order.order_id}"
    )
    return _delivery(order, part, GIVE_BACK, name, request.SerializeToString())


def _delivery(order: SalesOrder, part: int, kind: str, name: str, payload: bytes) -> NewDelivery:
    why = cause()
    return NewDelivery(
        business_unit=order.terms.business_unit,
        partner=PEER,
        kind=kind,
        ordering_key=f"{order.order_id}/{part}",
        payload=payload,
        idempotency_key=name,
        transaction_ids=(order.order_id,),
        keys=order.keys,
        express=order.express,
        correlation_id=why.correlation_id,
        causation_id=why.causation_id,
        traceparent=why.traceparent,
    )


def asked_of(idempotency_key: str) -> tuple[str, int, int]:
    """Order, part and attempt of a question."""
    order_id, part, attempt = idempotency_key.split(":")
    return order_id, int(part), int(attempt)


def answered(result: inventory.ReservationResult) -> dict[str, str]:
    """An answer as the delivery keeps it."""
    return {ANSWER: json.dumps(MessageToDict(result, preserving_proto_field_name=True))}


def answer(idempotency_key: str, results: dict[str, str]) -> Answer:
    order_id, part, attempt = asked_of(idempotency_key)
    result = ParseDict(json.loads(results[ANSWER]), inventory.ReservationResult())
    if result.WhichOneof("outcome") == "reservation":
        held = [Held(each.sku, each.location_id, number(each.quantity.value)) for each in result.reservation.parts]
        return Answer(order_id, part, attempt, reservation_id=result.reservation.reservation_id, held=held)
    lines = [Shortage(each.sku, number(each.available.value or "0"), each.reason) for each in result.refusal.lines]
    return Answer(order_id, part, attempt, short=lines)


def place(fact: inventory_events.AvailabilityChanged) -> tuple[str, str, str]:
    return fact.sku, fact.location_id, fact.business_unit


def supply(fact: inventory_events.AvailabilityChanged) -> Supply | None:
    """None where nothing can be promised of it."""
    available = number(fact.available.value or "0")
    return Supply(fact.sku, fact.location_id, fact.business_unit, available) if available > 0 else None


def statement(fact: inventory_events.SupplyChanged, version: int) -> SupplyStatement:
    lots = [
        Lot(each.purchase_order_line_id, fact.location_id, day, number(each.quantity.value))
        for each in fact.lots
        if (day := dates_wire.day(each, "due_on")) is not None
    ]
    available = number(fact.available.value or "0")
    return SupplyStatement(fact.sku, fact.business_unit, fact.location_id, version, tuple(lots), available)


def refusal(idempotency_key: str, code: str, why: str) -> Answer:
    order_id, part, attempt = asked_of(idempotency_key)
    return Answer(order_id, part, attempt, code=code, why=why)
