"""The service's only wiring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from crossdock.catalog.v1 import catalog_service_pb2_grpc as catalog_grpc
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock.delivery.v1 import delivery_service_pb2_grpc as delivery_grpc
from crossdock.fulfillment.v1 import allocation_service_pb2_grpc as allocation_grpc
from crossdock.fulfillment.v1 import check_service_pb2_grpc as check_grpc
from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as fulfillment_grpc
from crossdock.fulfillment.v1 import posting_service_pb2_grpc as posting_grpc
from crossdock.fulfillment.v1 import return_service_pb2_grpc as return_grpc
from crossdock.fulfillment.v1 import warehouse_service_pb2_grpc as warehouse_grpc
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as control_grpc
from crossdock.procurement.v1 import procurement_service_pb2_grpc as procurement_grpc
from crossdock_kit.app import App
from crossdock_kit.deliveries import Leased
from crossdock_kit.service import Service, run
from crossdock_kit.timer_loop import TimerHandler

from connector import consumers, peer_commands, queries
from connector.api import ConnectorServicer, WorkerServicer
from connector.consignees import AskedConsignees
from connector.ports import Surroundings
from connector.profile_limits import ProfileLimits
from connector.settings import Settings
from connector.store.vault import DocumentVault
from connector.translating import Translator
from connector.use_cases.acknowledge import TIMER, acknowledgment_overdue
from connector.use_cases.commanding import CATALOG, DELIVERY, FULFILLMENT, INVENTORY, PROCUREMENT
from connector.use_cases.handing_out import Desk
from connector.use_cases.poll import poll_again
from connector.use_cases.read_again import read_again
from connector.use_cases.sealing import payload_of
from connector.use_cases.watch_conditions import ConditionWatch


async def build(app: App[Settings]) -> None:
    limits = ProfileLimits(app.engine, app.settings.tenants)
    app.deliveries.limits_of = limits
    translator: Translator | None = None

    def nudge() -> None:
        if translator is not None:
            translator.nudge()

    patience = timedelta(seconds=app.settings.master_data_patience_seconds)
    around = Surroundings(app.uow, DocumentVault.from_settings(app.settings), nudge, patience)
    translator = Translator(app.engine, app.settings.tenants, app.clock, around)
    desk = Desk(app.engine, app.deliveries, around, AskedConsignees(_fulfillment(app)))

    app.add_servicer(pb_grpc.add_WorkerServiceServicer_to_server, WorkerServicer(around, desk))
    app.add_servicer(pb_grpc.add_ConnectorServiceServicer_to_server, ConnectorServicer(app.engine, around))
    for subscription in consumers.subscriptions(around):
        app.subscribe(subscription)

    async def opened(leased: Leased) -> bytes:
        return await payload_of(leased, app.engine, around.vault)

    for kind, carrier in peer_commands.carriers(_peers(app), opened, around).items():
        app.carry(kind, carrier)
    app.on_retry("document", lambda subject, work: read_again(subject, work, around))
    app.on_retry("poll", poll_again)
    app.on_timer(TIMER, TimerHandler(acknowledgment_overdue, owner="supplier-desk"))
    app.add_loop("profiles", limits.run)
    app.add_loop("translator", translator.run)
    app.add_loop("conditions", ConditionWatch(app.engine, app.settings.tenants, app.clock, around).run)
    app.count_backlog("documents", lambda: queries.unread(app.engine, app.settings.tenants))


_STUBS: dict[str, Callable[[Any], Any]] = {
    PROCUREMENT: procurement_grpc.ProcurementServiceStub,
    FULFILLMENT: warehouse_grpc.WarehouseServiceStub,
    DELIVERY: delivery_grpc.DeliveryServiceStub,
    INVENTORY: control_grpc.StockControlServiceStub,
    CATALOG: catalog_grpc.CatalogServiceStub,
    f"{FULFILLMENT}.PlaceOrder": fulfillment_grpc.FulfillmentServiceStub,
    f"{FULFILLMENT}.CancelOrder": fulfillment_grpc.FulfillmentServiceStub,
    f"{FULFILLMENT}.ChangeOrder": fulfillment_grpc.FulfillmentServiceStub,
    f"{FULFILLMENT}.OpenOrder": fulfillment_grpc.FulfillmentServiceStub,
    f"{FULFILLMENT}.AppendLines": fulfillment_grpc.FulfillmentServiceStub,
    f"{FULFILLMENT}.SubmitOrder": fulfillment_grpc.FulfillmentServiceStub,
    f"{FULFILLMENT}.RecordPosting": posting_grpc.PostingServiceStub,
    f"{FULFILLMENT}.RecordPayment": posting_grpc.PostingServiceStub,
    f"{FULFILLMENT}.RecordAllocation": allocation_grpc.AllocationServiceStub,
    f"{FULFILLMENT}.RecordCheck": check_grpc.CheckServiceStub,
    f"{FULFILLMENT}.AuthorizeReturn": return_grpc.ReturnServiceStub,
    f"{FULFILLMENT}.RecordReturnReceipt": return_grpc.ReturnServiceStub,
    f"{FULFILLMENT}.RecordReturnInspection": return_grpc.ReturnServiceStub,
}


def stub_of(kind: str) -> Callable[[Any], Any]:
    """The stub for a kind of command: of its own service where it has one, else of its peer's first."""
    return _STUBS.get(kind, _STUBS[kind.partition(".")[0]])


def _fulfillment(app: App[Settings]) -> Callable[[str], Any]:
    return lambda tenant: app.client(FULFILLMENT, fulfillment_grpc.FulfillmentServiceStub, tenant=tenant)


def _peers(app: App[Settings]) -> Callable[[str, str], Any]:
    def stub(kind: str, tenant: str) -> Any:
        return app.client(kind.partition(".")[0], stub_of(kind), tenant=tenant)

    return stub


SERVICE = Service(name="connector", build=build, settings=Settings, migrations=Path(__file__).parents[2] / "migrations")

if __name__ == "__main__":
    run(SERVICE)
