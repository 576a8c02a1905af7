"""A connector on a database of this test module's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from connector.store.codes import Entry, Thing
from connector_samples.rig import TENANT, Rig
from crossdock_kit.database import create_engine
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases

EDI = {"partnerId": "ZZ:NORDIC", "ownId": "ZZ:ACME"}
EDI_ROUTES = [
    {"kind": "x12.850", "direction": "OUT"},
    {"kind": "x12.860", "direction": "OUT"},
    {"kind": "x12.997", "direction": "OUT"},
    {"kind": "x12.855", "direction": "IN"},
    {"kind": "x12.865", "direction": "IN"},
    {"kind": "x12.856", "direction": "IN"},
    {"kind": "x12.997", "direction": "IN"},
]
ERP_ROUTES = [
    {"kind": "json.purchase_order", "direction": "IN", "path": "purchase-orders"},
    {"kind": "json.order_confirmation", "direction": "OUT", "path": "/order-confirmations"},
    {"kind": "json.goods_receipt", "direction": "OUT", "path": "/goods-receipts"},
]
WMS_ROUTES = [
    {"kind": "wms_a.expected_receipt", "direction": "OUT", "path": "/expected-receipts"},
    {"kind": "wms_a.receipt", "direction": "IN", "path": "receipts"},
]


def edi_supplier(**changes: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "role": "SUPPLIER",
        "partyId": "SUP-NORDIC",
        "transport": {"fileDrop": {"inbox": "sup-nordic/in", "outbox": "sup-nordic/out"}},
        "edi": EDI,
        "documents": EDI_ROUTES,
        "timers": {"functionalAck": "60s"},
    }
    return spec | changes


def http(url: str = "http://127.0.0.1:9") -> dict[str, Any]:
    return {"http": {"url": url, "webhookSecret": "hook", "credentials": "key"}}


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
