"""The wiring of inventory: the desk before its shards' owner, the api, the consumers, the expiry of reservations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from crossdock.inventory.v1 import inventory_service_pb2_grpc as pb_grpc
from crossdock.inventory.v1 import report_service_pb2_grpc as report_grpc
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as control_grpc
from crossdock_kit.app import App
from crossdock_kit.context import Cause
from crossdock_kit.leases import PartitionLeases
from crossdock_kit.service import Service, run
from crossdock_kit.unit_of_work import Work
from crossdock_kit.versioned_cache import VersionedCache

from inventory.allocation_desk import AllocationDesk
from inventory.api import InventoryServicer, ReportServicer, StockControlServicer
from inventory.consumers import Consumers
from inventory.each_day import EachDay
from inventory.expiry import Expiry
from inventory.nightly import write_nightly
from inventory.queries.availability import Availability
from inventory.safety_stock import SafetyStock
from inventory.settings import InventorySettings
from inventory.store.channel_priority import ChannelPriorities
from inventory.store.desk import ReservationDesk
from inventory.store.remembered import RememberedItems
from inventory.store.shards import SHARDS
from inventory.store.work import InventoryUnitOfWork, InventoryWork
from inventory.use_cases.expiring import expire_lots
from inventory.use_cases.transfers import raise_overdue


async def build(app: App[InventorySettings]) -> None:
    engine, settings, clock = app.engine, app.settings, app.clock
    keep = timedelta(seconds=settings.availability_seconds)
    availability = Availability(engine, VersionedCache(app.valkey, "availability", keep))
    uow = InventoryUnitOfWork(app.uow, availability.changed)
    items = RememberedItems(engine)
    served = frozenset(settings.tenants)
    leases = PartitionLeases(engine, "reservations", partitions=SHARDS)
    desk = ReservationDesk(engine, app.uow.relay_hint, leases, clock, served, availability.changed)
    allocations = AllocationDesk(uow)
    priorities = ChannelPriorities(engine, clock)
    servicer = InventoryServicer(engine, uow, desk, allocations, items, priorities, availability, clock)
    app.add_servicer(pb_grpc.add_InventoryServiceServicer_to_server, servicer)
    app.add_servicer(control_grpc.add_StockControlServiceServicer_to_server, StockControlServicer(engine, uow, clock))
    app.add_servicer(report_grpc.add_ReportServiceServicer_to_server, ReportServicer(engine))
    safety_stock = SafetyStock(uow, settings.tenants, clock)

    def opened(work: Work, causes: Mapping[str, Cause]) -> InventoryWork:
        return InventoryWork(work, causes, availability.changed)

    def master_data_changed() -> None:
        items.forget()
        safety_stock.look_again()

    for subscription in Consumers(opened, master_data_changed).subscriptions():
        app.subscribe(subscription)
    app.add_loop("shards", leases.run)
    app.add_loop("reservations", desk.run)
    app.add_loop("availability", availability.run)
    app.add_loop("safety stock", safety_stock.run)
    app.add_loop("lots", EachDay("ExpireLots", expire_lots, uow, settings.tenants, clock).run)
    app.add_loop("transfers", EachDay("ChaseTransfers", raise_overdue, uow, settings.tenants, clock).run)
    app.add_loop("expiry", Expiry(uow, settings.tenants, clock, settings.expiry_seconds).run)


SERVICE = Service(
    name="inventory",
    build=build,
    settings=InventorySettings,
    migrations=Path(__file__).resolve().parents[2] / "migrations",
    programs={"snapshot": write_nightly},
)

if __name__ == "__main__":
    run(SERVICE)
