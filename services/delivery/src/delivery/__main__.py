"""The only wiring of delivery: its servicer on its unit of work, its timers, and fulfillment's shipments."""

from __future__ import annotations

from pathlib import Path

from crossdock.delivery.v1 import delivery_service_pb2_grpc as pb_grpc
from crossdock_kit.app import App
from crossdock_kit.process_timers import timer_kind
from crossdock_kit.service import Service, run

from delivery.api import DeliveryServicer
from delivery.consumers import deadlines, mapped_codes, outbound_shipments, silences
from delivery.domain.lifecycle import SHIPMENT
from delivery.settings import Settings
from delivery.store.unit_of_work import READ_AGAIN, DeliveryUnitOfWork, on


async def build(app: App[Settings]) -> None:
    app.add_servicer(pb_grpc.add_DeliveryServiceServicer_to_server, DeliveryServicer(DeliveryUnitOfWork(app.uow)))
    app.subscribe(outbound_shipments(on))
    app.on_timer(READ_AGAIN, mapped_codes(on))
    app.on_timer(timer_kind(SHIPMENT), deadlines(on))
    for kind, handler in silences(on).items():
        app.on_timer(kind, handler)


SERVICE = Service("delivery", build, Settings, Path(__file__).parents[2] / "migrations")


if __name__ == "__main__":
    run(SERVICE)
