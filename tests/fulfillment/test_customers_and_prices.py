"""Customers and prices as the ERP loads them into catalog: what fulfillment makes of its orders once it has heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from catalog.__main__ import SERVICE as CATALOG
from crossdock.catalog.v1 import catalog_service_pb2 as catalog_pb
from crossdock.catalog.v1 import catalog_service_pb2_grpc as catalog_grpc
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.common.v1 import values_pb2 as common
from crossdock.options.v1 import options_pb2
from crossdock_kit import policy
from crossdock_kit.database import transaction
from crossdock_kit.policy import NewRule
from crossdock_kit.service import Service, start
from crossdock_kit.testing import AUDIENCE, ISSUER
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.servers.nats import Nats
from fulfillment.__main__ import SERVICE as FULFILLMENT
from fulfillment_cases.calls import SECONDS, line, reason, unique
from fulfillment_cases.desk import shown
from fulfillment_cases.suite import Suite, eventually
from google.type.date_pb2 import Date

CUSTOMER = "CUS-SYNC"


@pytest.fixture(scope="module")
async def suite(
    migrated: MigratedDatabases, broker: Nats, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Suite]:
    """catalog and fulfillment; nothing is allocated, so that an order stands as it was accepted."""
    suite = Suite(Path(tmp_path_factory.mktemp("suite")))
    services: tuple[Service[Any], ...] = (CATALOG, FULFILLMENT)
    async with AsyncExitStack() as stack:
        for service in services:
            database = await migrated.fresh(service.name)
            environment = {
                "CROSSDOCK_SERVICE": service.name,
                "CROSSDOCK_DATABASE_URL": database.urls.database,
                "CROSSDOCK_NATS_URL": broker.url(service.name),
                "CROSSDOCK_LISTEN": "127.0.0.1:0",
                "CROSSDOCK_PEERS": "{}",
                "CROSSDOCK_JWKS_FILE": str(suite.keys),
                "CROSSDOCK_TOKEN_FILE": str(suite.token),
                "CROSSDOCK_ISSUER": ISSUER,
                "CROSSDOCK_AUDIENCE": AUDIENCE,
                "CROSSDOCK_TENANTS": "acme,globex",
            }
            suite.running[service.name] = await start(service, service.settings.from_environment(environment), stack)
        yield suite
        for each in reversed(suite.running.values()):
            await each.stop()


async def load(suite: Suite, **records: Any) -> catalog_pb.PutMasterDataResponse:
    """What the ERP writes; how many records it changed."""
    said: dict[str, Any] = {"request_id": str(uuid4()), "system": "ERP-EU", "role": options_pb2.ROLE_ERP}
    stub = suite.stub("catalog", catalog_grpc.CatalogServiceStub)
    answer: catalog_pb.PutMasterDataResponse = await stub.PutMasterData(
        catalog_pb.PutMasterDataRequest(**said | records), timeout=SECONDS
    )
    return answer


def customer(**more: Any) -> catalog.Party:
    return catalog.Party(party_id=CUSTOMER, name="Kwik", roles=[catalog.PARTY_ROLE_CUSTOMER], **more)


def priced(sku: str, amount: str, customer_id: str = "", year: int = 0) -> catalog.Price:
    price = common.UnitPrice(money=common.Money(amount=amount, currency="EUR"))
    first = Date(year=year, month=1, day=1) if year else None
    return catalog.Price(sku=sku, customer_id=customer_id, price=price, valid_from=first)


async def checks_of(suite: Suite, sku: str) -> dict[str, str]:
    """What is held of a new order of two pieces at 2.50 each."""
    order_id = await suite.place(line("1", 2, sku), customer_id=CUSTOMER, channel_confirmed=True)
    return shown((await suite.caller.order(order_id)).order)


async def until(suite: Suite, sku: str, *held: str) -> None:
    """Waits until new orders of the item are held for just this."""

    async def look() -> bool:
        return sorted(await checks_of(suite, sku)) == sorted(held)

    await eventually(look)


@pytest.mark.feature("F168")
async def test_a_customer_and_its_prices_count_as_the_erp_last_said_and_from_their_day(suite: Suite) -> None:
    strict = {"fallback": "hold", "tolerance": "0"}
    rule = NewRule(key="fulfillment.price_check", value=strict, valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    async with transaction(suite.running["fulfillment"].app.engine, ["acme"]) as tx:
        await policy.add(tx.driver, "acme", rule)
    sku = unique("ITEM").upper()
    item = catalog.Item(sku=sku, base_unit="EA")
    first = await load(suite, items=[item], parties=[customer()], prices=[priced(sku, "2.50")])
    assert (first.changed, first.unchanged) == (3, 0)
    await until(suite, sku)
    # The customer's own price goes before everybody's, and one of a day to come is none of today.
    await load(suite, prices=[priced(sku, "2.40", CUSTOMER), priced(sku, "9.99", CUSTOMER, year=2999)])
    await until(suite, sku, "price")
    await load(suite, prices=[priced(sku, "2.50", CUSTOMER, year=2020)])
    await until(suite, sku)
    await load(suite, parties=[customer(trading=catalog.TRADING_ON_HOLD)])
    await until(suite, sku, "customer")
    await load(suite, parties=[customer()])
    await until(suite, sku)
    # The whole load again, as a nightly job sends it, is nothing new.
    again = await load(suite, items=[item], parties=[customer()], prices=[priced(sku, "2.50")])
    assert (again.changed, again.unchanged) == (0, 3)


@pytest.mark.feature("F168")
async def test_nothing_is_sold_to_whom_the_erp_has_closed_or_never_named(suite: Suite) -> None:
    sku = unique("ITEM").upper()
    gone = catalog.Party(
        party_id="CUS-GONE", name="Gone", roles=[catalog.PARTY_ROLE_CUSTOMER], trading=catalog.TRADING_CLOSED
    )
    vendor = catalog.Party(party_id="SUP-ONLY", name="Vendor", roles=[catalog.PARTY_ROLE_SUPPLIER])
    await load(suite, items=[catalog.Item(sku=sku, base_unit="EA")], parties=[customer(), gone, vendor])
    await suite.place(line("1", 2, sku), customer_id=CUSTOMER)
    refusals = {"CUS-GONE": "CUSTOMER_CLOSED", "SUP-ONLY": "PARTY_UNKNOWN", "CUS-NEVER": "PARTY_UNKNOWN"}
    for party, why in refusals.items():
        await eventually(partial(_refused, suite, sku, party, why))


async def _refused(suite: Suite, sku: str, party: str, why: str) -> bool:
    return await reason(suite.caller.place(unique("S"), line("1", 2, sku), customer_id=party)) == why
