"""A connector on a database of this test module's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from connector.store.codes import Entry, Thing
from connector_samples.partners import ERP_ROUTES, WMS_ROUTES, edi_supplier, http
from connector_samples.poller import Opens, pollers
from connector_samples.rig import TENANT, Rig
from connector_samples.stage import Endpoint, Stage, endpoint, open_stage
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import purchase_order_pb2
from crossdock_kit.database import create_engine
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases


@pytest.fixture(scope="module")
async def rig(migrated: MigratedDatabases, servers: EmbeddedServers) -> AsyncIterator[Rig]:
    fresh = await migrated.fresh("connector")
    engine = create_engine(fresh.urls.database, "connector")
    running = Rig(engine)
    await running.partner("sup-nordic", **edi_supplier())
    await running.partner("erp-eu", role="ERP", system="ERP-EU", transport=http(), documents=ERP_ROUTES)
    await running.partner(
        "wms-east", role="WMS", system="WMS-EAST", locations=["WH-EAST"], transport=http(), documents=WMS_ROUTES
    )
    await running.knows(
        Thing(TENANT, "item", "A1001", ("04061230010012",), "EA", {"XCS": "100"}),
        Thing(TENANT, "item", "A1004", (), "EA", {"XCS": "12"}),
        Thing(TENANT, "location", "WH-EAST", ("0614141000012",)),
        Thing(TENANT, "party", "SUP-NORDIC"),
        entries=[
            Entry(TENANT, "sup-nordic", "item", "VP", "ND-77", "A1001"),
            Entry(TENANT, "erp-eu", "party", "", "V100010", "SUP-NORDIC"),
            Entry(TENANT, "erp-eu", "location", "", "1010", "WH-EAST"),
            Entry(TENANT, "erp-eu", "unit", "", "ST", "EA"),
            Entry(TENANT, "wms-east", "location", "", "EAST1", "WH-EAST"),
            Entry(TENANT, "wms-east", "unit", "", "EACH", "EA"),
        ],
    )
    yield running
    await engine.stop()
    await servers.drop_database(fresh.name)


@pytest.fixture
async def accepting(rig: Rig) -> None:
    """Procurement accepts everything, and nothing of an earlier test is under way."""
    rig.procurement.accepts("AcknowledgePurchaseOrder", procurement.AcknowledgePurchaseOrderResponse())
    rig.procurement.accepts("RecordShipNotice", procurement.RecordShipNoticeResponse())
    rig.procurement.accepts("RecordReceipt", procurement.RecordReceiptResponse())
    rig.procurement.accepts(
        "SubmitPurchaseOrder",
        procurement.SubmitPurchaseOrderResponse(
            purchase_order=purchase_order_pb2.PurchaseOrder(purchase_order_id="po-77")
        ),
    )
    for partner in ("sup-nordic", "erp-eu", "wms-east"):
        await rig.translate(partner)
        await rig.dispatch()
        await rig.send(partner)
    rig.procurement.requests.clear()


@pytest.fixture(scope="module")
async def stage(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with open_stage(rig, tmp_path_factory.mktemp("worker")) as running:
        yield running


@pytest.fixture(scope="module")
async def partners_api() -> AsyncIterator[Endpoint]:
    """Where the partners of a module have their APIs, one after the other."""
    async with endpoint() as running:
        yield running


@pytest.fixture
async def opens(stage: Stage, partners_api: Endpoint, tmp_path: Path) -> AsyncIterator[Opens]:
    async with pollers(stage, partners_api, tmp_path) as opening:
        yield opening
