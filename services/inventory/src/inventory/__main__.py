"""The wiring of inventory: the desk before its shards' owner, the api, the consumers, the expiry of reservations."""

from __future__ import annotations

from pathlib import Path

from crossdock.inventory.v1 import inventory_service_pb2_grpc as pb_grpc
from crossdock_kit.app import App
from crossdock_kit.leases import PartitionLeases
from crossdock_kit.service import Service, run

from inventory.api import InventoryServicer
from inventory.consumers import Consumers
from inventory.expiry import Expiry
from inventory.settings import InventorySettings
from inventory.store.desk import ReservationDesk
from inventory.store.remembered import RememberedItems
from inventory.store.shards import SHARDS
from inventory.store.work import InventoryUnitOfWork, InventoryWork


async def build(app: App[InventorySettings]) -> None:
    engine, settings, clock = app.engine, app.settings, app.clock
    uow = InventoryUnitOfWork(app.uow)
    items = RememberedItems(engine)
    leases = PartitionLeases(engine, "reservations", partitions=SHARDS)
    desk = ReservationDesk(engine, app.uow.relay_hint, leases, clock, frozenset(settings.tenants))
    servicer = InventoryServicer(engine, uow, desk, items, clock)
    app.add_servicer(pb_grpc.add_InventoryServiceServicer_to_server, servicer)
    for subscription in Consumers(InventoryWork, items.forget).subscriptions():
        app.subscribe(subscription)
    app.add_loop("shards", leases.run)
    app.add_loop("reservations", desk.run)
    app.add_loop("expiry", Expiry(uow, settings.tenants, clock, settings.expiry_seconds).run)


SERVICE = Service(
    name="inventory",
    build=build,
    settings=InventorySettings,
    migrations=Path(__file__).resolve().parents[2] / "migrations",
)

if __name__ == "__main__":
    run(SERVICE)
