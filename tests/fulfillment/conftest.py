"""A served fulfillment on its own migrated schema, reached over gRPC as its callers reach it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.common.v1 import values_pb2 as common
from crossdock.fulfillment.v1 import allocation_service_pb2_grpc as allocation_grpc
from crossdock.fulfillment.v1 import check_service_pb2_grpc as check_grpc
from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as pb_grpc
from crossdock.fulfillment.v1 import posting_service_pb2_grpc as posting_grpc
from crossdock.fulfillment.v1 import return_service_pb2_grpc as return_grpc
from crossdock.fulfillment.v1 import warehouse_service_pb2_grpc as warehouse_grpc
from crossdock_kit.database import Engine, create_engine, transaction
from crossdock_kit.testing import FixedClock, RunningServer, start_service
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases
from fulfillment.api import (
    AllocationServicer,
    CheckServicer,
    FulfillmentServicer,
    PostingServicer,
    ReturnServicer,
    WarehouseServicer,
)
from fulfillment.store.master_data import MasterDataRows
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork
from fulfillment.wire import master_data
from fulfillment_cases.calls import Caller
from fulfillment_cases.desk import Desk
from fulfillment_cases.ledger import Ledger
from fulfillment_cases.planner import Planner
from fulfillment_cases.returns import Returns
from fulfillment_cases.warehouse import Site
from google.type.date_pb2 import Date


def euros(amount: str, unit: str = "") -> common.UnitPrice:
    return common.UnitPrice(money=common.Money(amount=amount, currency="EUR"), unit=unit)


TENANTS = ("acme", "globex")
ITEMS = (
    catalog.Item(sku="BOLT", base_unit="EA", packaging=[catalog.Packaging(unit="XCS", base_quantity="12")]),
    catalog.Item(sku="NUT", base_unit="EA"),
    catalog.Item(sku="TABLE", base_unit="EA", category="FURNITURE"),
)
PARTIES = (
    catalog.Party(party_id="CUS-SHOP", name="Shop's customers", roles=[catalog.PARTY_ROLE_CUSTOMER]),
    *(
        catalog.Party(party_id=f"CUS-{kind}", name="Checked", roles=[catalog.PARTY_ROLE_CUSTOMER])
        for kind in ("HOLD", "CACHED", "REFUSE", "ALL", "GROWS", "PARTS")
    ),
    catalog.Party(party_id="CUS-PRICED", name="Priced", roles=[catalog.PARTY_ROLE_CUSTOMER]),
    catalog.Party(party_id="CUS-STRICT", name="Priced", roles=[catalog.PARTY_ROLE_CUSTOMER]),
    catalog.Party(
        party_id="CUS-CLOSED", name="Gone", roles=[catalog.PARTY_ROLE_CUSTOMER], trading=catalog.TRADING_CLOSED
    ),
    catalog.Party(
        party_id="CUS-LATE", name="Owes", roles=[catalog.PARTY_ROLE_CUSTOMER], trading=catalog.TRADING_ON_HOLD
    ),
    catalog.Party(party_id="SUP-NORDIC", name="Nordic", roles=[catalog.PARTY_ROLE_SUPPLIER]),
)
PRICES = (
    catalog.Price(sku="BOLT", price=euros("3.00")),
    catalog.Price(sku="BOLT", business_unit="EU01", price=euros("2.80")),
    catalog.Price(sku="BOLT", customer_id="CUS-PRICED", price=euros("30.00", unit="XCS")),
    catalog.Price(sku="NUT", customer_id="CUS-PRICED", price=euros("1.00"), valid_to=Date(year=2020, month=1, day=1)),
)
EAST = catalog.Location(location_id="WH-EAST", kind=catalog.LOCATION_KIND_WAREHOUSE, zone="UTC", business_unit="EU01")
OTHERS = catalog.Location(
    location_id="WH-OTHERS",
    kind=catalog.LOCATION_KIND_WAREHOUSE,
    zone="UTC",
    business_unit="EU01",
    system="WMS-OTHERS",
)


@pytest.fixture(scope="module")
async def engine(migrated: MigratedDatabases, servers: EmbeddedServers) -> AsyncIterator[Engine]:
    database = await migrated.fresh("fulfillment")
    made = create_engine(database.urls.database, "fulfillment", size=12)
    async with transaction(made, TENANTS) as tx:
        book = MasterDataRows(tx.driver)
        await book.keep_items([master_data.item(tenant, each) for tenant in TENANTS for each in ITEMS])
        await book.keep_parties([master_data.party(tenant, each) for tenant in TENANTS for each in PARTIES])
        await book.keep_prices([master_data.price(tenant, each) for tenant in TENANTS for each in PRICES])
        places = (EAST, OTHERS)
        await book.keep_locations([master_data.location(tenant, each) for tenant in TENANTS for each in places])
    yield made
    await made.stop()
    await servers.drop_database(database.name)


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="module")
def uow(engine: Engine, clock: FixedClock) -> UnitOfWork:
    return UnitOfWork(engine, lambda: None, clock)


@pytest.fixture(scope="module")
async def server(uow: UnitOfWork, clock: FixedClock) -> AsyncIterator[RunningServer]:
    ports = FulfillmentUnitOfWork(uow)
    servicers = (
        (pb_grpc.add_FulfillmentServiceServicer_to_server, FulfillmentServicer(ports)),
        (allocation_grpc.add_AllocationServiceServicer_to_server, AllocationServicer(ports)),
        (check_grpc.add_CheckServiceServicer_to_server, CheckServicer(ports)),
        (posting_grpc.add_PostingServiceServicer_to_server, PostingServicer(ports)),
        (return_grpc.add_ReturnServiceServicer_to_server, ReturnServicer(ports)),
        (warehouse_grpc.add_WarehouseServiceServicer_to_server, WarehouseServicer(ports)),
    )
    async with start_service(*servicers, uow=uow, clock=clock) as running:
        yield running


@pytest.fixture
def caller(server: RunningServer, engine: Engine) -> Caller:
    """Tenant acme, with every permission."""
    return caller_of(server, engine, "acme")


@pytest.fixture
def site(server: RunningServer) -> Site:
    """A warehouse that reports."""
    return Site(server.caller(warehouse_grpc.WarehouseServiceStub, tenant="acme"), "WH-EAST")


@pytest.fixture
def ledger(server: RunningServer, uow: UnitOfWork) -> Ledger:
    """The ERP of acme, and what delivery tells of its shipments."""
    return Ledger(server.caller(posting_grpc.PostingServiceStub, tenant="acme"), uow)


@pytest.fixture
def desk(server: RunningServer, uow: UnitOfWork) -> Desk:
    """Who answers checks of acme's orders, and the people who let them through."""
    return Desk(server.caller(check_grpc.CheckServiceStub, tenant="acme"), uow)


@pytest.fixture
def planner(server: RunningServer, engine: Engine) -> Planner:
    """Whoever allocates orders of acme beside Crossdock."""
    return Planner(server.caller(allocation_grpc.AllocationServiceStub, tenant="acme"), engine)


@pytest.fixture
def returns(server: RunningServer, uow: UnitOfWork, site: Site) -> Returns:
    """The returns desk of acme, and goods on their way."""
    return Returns(server.caller(return_grpc.ReturnServiceStub, tenant="acme"), uow, site)


@pytest.fixture
def stranger(server: RunningServer, engine: Engine) -> Caller:
    """Another tenant with every permission."""
    return caller_of(server, engine, "globex")


def caller_of(server: RunningServer, engine: Engine, tenant: str) -> Caller:
    # On an asyncio channel the generated stub is the async one, which exists in the types only.
    stub: Any = server.caller(pb_grpc.FulfillmentServiceStub, tenant=tenant)
    return Caller(stub, engine, tenant)
