"""The only wiring of fulfillment: its servicers on its unit of work, catalog's master data, questions, deadlines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crossdock.fulfillment.v1 import allocation_service_pb2_grpc as allocation_grpc
from crossdock.fulfillment.v1 import check_service_pb2_grpc as check_grpc
from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as pb_grpc
from crossdock.fulfillment.v1 import posting_service_pb2_grpc as posting_grpc
from crossdock.fulfillment.v1 import return_service_pb2_grpc as return_grpc
from crossdock.fulfillment.v1 import warehouse_service_pb2_grpc as warehouse_grpc
from crossdock.inventory.v1 import inventory_service_pb2_grpc as inventory
from crossdock_kit.app import App
from crossdock_kit.process_timers import timer_kind
from crossdock_kit.service import Service, run

from fulfillment.api import (
    AllocationServicer,
    CheckServicer,
    FulfillmentServicer,
    PostingServicer,
    ReturnServicer,
    WarehouseServicer,
)
from fulfillment.consumers import (
    asked_again,
    availability,
    catalog_changes,
    checks_lapsed,
    deadlines,
    drop_shipments,
    shipments,
    told_when_late,
)
from fulfillment.domain.billing_lifecycle import BILLING
from fulfillment.domain.check_lifecycle import CHECKS
from fulfillment.domain.lifecycle import SCHEDULE
from fulfillment.domain.posting_lifecycle import POSTING
from fulfillment.domain.return_lifecycle import RETURN
from fulfillment.inventory_calls import carriers
from fulfillment.settings import Settings
from fulfillment.store.master_data import MasterDataRows
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork, on


async def build(app: App[Settings]) -> None:
    uow = FulfillmentUnitOfWork(app.uow)
    app.add_servicer(pb_grpc.add_FulfillmentServiceServicer_to_server, FulfillmentServicer(uow))
    app.add_servicer(warehouse_grpc.add_WarehouseServiceServicer_to_server, WarehouseServicer(uow))
    app.subscribe(catalog_changes(lambda work: MasterDataRows(work.driver), on))
    app.add_servicer(posting_grpc.add_PostingServiceServicer_to_server, PostingServicer(uow))
    app.add_servicer(check_grpc.add_CheckServiceServicer_to_server, CheckServicer(uow))
    app.add_servicer(allocation_grpc.add_AllocationServiceServicer_to_server, AllocationServicer(uow))
    app.add_servicer(return_grpc.add_ReturnServiceServicer_to_server, ReturnServicer(uow))
    app.subscribe(shipments(on))
    app.subscribe(availability(on))
    app.subscribe(drop_shipments(on))
    app.on_timer(timer_kind(SCHEDULE), deadlines(on))
    for checked, process in CHECKS.items():
        app.on_timer(timer_kind(process), checks_lapsed(on, checked))
    for process in (POSTING, BILLING, RETURN):
        app.on_timer(timer_kind(process), told_when_late(process))
    for subject in ("posting", "process"):
        app.on_retry(subject, asked_again(on))

    def inventory_for(tenant: str) -> Any:
        return app.client("inventory", inventory.InventoryServiceStub, tenant=tenant)

    for kind, carrier in carriers(inventory_for, on).items():
        app.carry(kind, carrier)


SERVICE = Service("fulfillment", build, Settings, Path(__file__).parents[2] / "migrations")


if __name__ == "__main__":
    run(SERVICE)
