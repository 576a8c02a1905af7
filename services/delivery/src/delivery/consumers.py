"""What delivery hears from outside its own calls: warehouses' shipments from fulfillment, and its own timers.

How the ports stand on the kit's work is brought by the wiring, so that nothing here reaches the storage.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

from crossdock.fulfillment.events.v1 import events_pb2
from crossdock_kit.events import Received
from crossdock_kit.process_timers import expiry
from crossdock_kit.subscriptions import Subscription
from crossdock_kit.subscriptions.model import each
from crossdock_kit.timer_loop import TimerHandler
from crossdock_kit.timers import DueTimer
from crossdock_kit.unit_of_work import Work

from delivery import ports
from delivery.domain.lifecycle import SHIPMENT, State
from delivery.use_cases import listening, proofs_in_waiting
from delivery.use_cases.calling_off import not_wanted
from delivery.use_cases.correcting import close, read_again
from delivery.use_cases.handing_over import goods_issued, shipment_cleared, shipment_ready, supplier_shipped
from delivery.wire import warehouse

Opens: TypeAlias = Callable[[Work], AbstractAsyncContextManager[ports.Work]]


def outbound_shipments(opens: Opens) -> Subscription:
    """What warehouses packed and handed over, what suppliers sent and what nobody wants any more."""

    async def on_ready(event: Received[events_pb2.ShipmentReady], work: Work) -> None:
        async with opens(work) as opened:
            await shipment_ready(warehouse.ready(event), opened)

    async def on_cleared(event: Received[events_pb2.ShipmentCleared], work: Work) -> None:
        async with opens(work) as opened:
            await shipment_cleared(event.message.shipment_id, opened)

    async def on_issued(event: Received[events_pb2.GoodsIssued], work: Work) -> None:
        async with opens(work) as opened:
            await goods_issued(warehouse.issued(event), opened)

    async def on_supplier_shipped(event: Received[events_pb2.SupplierShipped], work: Work) -> None:
        async with opens(work) as opened:
            await supplier_shipped(warehouse.supplier_shipped(event), opened)

    async def on_cancelled(event: Received[events_pb2.OrderLinesCancelled], work: Work) -> None:
        for command in warehouse.not_wanted(event.message):
            async with opens(work) as opened:
                await not_wanted(command, opened)

    async def on_request(event: Received[events_pb2.OrderCancellationRequested], work: Work) -> None:
        for command in warehouse.to_be_stopped(event.message):
            async with opens(work) as opened:
                await not_wanted(command, opened)

    return Subscription(
        name="delivery",
        source="fulfillment",
        handlers={
            events_pb2.ShipmentReady: each(on_ready),
            events_pb2.ShipmentCleared: each(on_cleared),
            events_pb2.GoodsIssued: each(on_issued),
            events_pb2.SupplierShipped: each(on_supplier_shipped),
            events_pb2.OrderLinesCancelled: each(on_cancelled),
            events_pb2.OrderCancellationRequested: each(on_request),
        },
        owner="delivery-desk",
    )


def deadlines(opens: Opens) -> TimerHandler:
    """The deadlines of the lifecycle: what only somebody can settle is raised by the kit; the rest is closed here."""

    async def fire(subject: str, state: str, trigger: str, work: Work) -> None:
        async with opens(work) as opened:
            await close(subject, State(state), opened)

    return expiry(SHIPMENT, fire)


def silences(opens: Opens) -> dict[str, TimerHandler]:
    """What is looked at because nothing came: by the kind of its timer."""

    def handler(look: Callable[[DueTimer, ports.Work], Awaitable[None]]) -> TimerHandler:
        async def run(timers: Sequence[DueTimer], work: Work) -> None:
            for timer in timers:
                async with opens(work) as opened:
                    await look(timer, opened)

        return TimerHandler(run)

    return {
        listening.FEED_TIMER: handler(lambda due, work: listening.feed_is_silent(due.subject, work)),
        listening.WORD_TIMER: handler(
            lambda due, work: listening.shipment_is_silent(due.subject, due.payload.decode(), work)
        ),
        listening.BILLING_TIMER: handler(lambda due, work: listening.billing_is_due(due.subject, work)),
        proofs_in_waiting.PROOF_TIMER: handler(lambda due, work: proofs_in_waiting.look_again(due.subject, work)),
    }


def mapped_codes(opens: Opens) -> TimerHandler:
    """A code that got its meaning: what waited for it is read again."""

    async def run(timers: Sequence[DueTimer], work: Work) -> None:
        for timer in timers:
            # What was set before master data had a say names no meaning.
            partner, vocabulary, code, *means = json.loads(timer.payload)
            async with opens(work) as opened:
                await read_again(partner, (vocabulary, code), "".join(means), opened)

    return TimerHandler(run)
