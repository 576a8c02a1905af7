"""The whole service beside catalog on real servers: master data arrives by events, facts leave by the relay, deadlines
pass, and it stops without losing anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from catalog.__main__ import SERVICE as CATALOG
from crossdock.catalog.v1 import catalog_service_pb2 as catalog_pb
from crossdock.catalog.v1 import catalog_service_pb2_grpc as catalog_grpc
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2 as facts
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import procurement_service_pb2_grpc as pb_grpc
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb
from crossdock_cli.master_data import requests_of
from crossdock_kit import policy
from crossdock_kit.client import Peer
from crossdock_kit.database import transaction
from crossdock_kit.policy import NewRule
from crossdock_kit.service import Running, Service, start
from crossdock_kit.testing import AUDIENCE, ISSUER, TokenIssuer
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.servers.nats import Nats
from procurement.__main__ import SERVICE as PROCUREMENT
from procurement_cases.calls import DAY_ZERO, Caller, billed, counted, line, unique
from procurement_cases.refusals import reason_of

PATIENCE_SECONDS = 60.0


class Pair:
    """catalog and procurement, each with its own schema and identity, on one broker."""

    def __init__(self, issuer: TokenIssuer) -> None:
        self.issuer = issuer
        self.running: dict[str, Running[Any]] = {}

    def stub(self, service: str, kind: Callable[[Any], Any]) -> Any:
        token = self.issuer.token(["acme"], ["*"])
        return Peer(self.running[service].address, token=lambda: f"Bearer {token}").stub(kind)

    @property
    def caller(self) -> Caller:
        engine = self.running["procurement"].app.engine
        return Caller(self.stub("procurement", pb_grpc.ProcurementServiceStub), engine, "acme")


@pytest.fixture(scope="module")
async def pair(
    migrated: MigratedDatabases, broker: Nats, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Pair]:
    issuer = TokenIssuer()
    keys = Path(tmp_path_factory.mktemp("keys")) / "jwks.json"
    keys.write_bytes(issuer.jwks)
    services: tuple[Service[Any], ...] = (CATALOG, PROCUREMENT)
    async with AsyncExitStack() as stack:
        pair = Pair(issuer)
        for service in services:
            database = await migrated.fresh(service.name)
            environment = {
                "CROSSDOCK_SERVICE": service.name,
                "CROSSDOCK_DATABASE_URL": database.urls.database,
                "CROSSDOCK_NATS_URL": broker.url(service.name),
                "CROSSDOCK_LISTEN": "127.0.0.1:0",
                "CROSSDOCK_JWKS_FILE": str(keys),
                "CROSSDOCK_ISSUER": ISSUER,
                "CROSSDOCK_AUDIENCE": AUDIENCE,
                "CROSSDOCK_TENANTS": "acme,globex",
            }
            pair.running[service.name] = await start(service, service.settings.from_environment(environment), stack)
        yield pair
        for each in reversed(pair.running.values()):
            await each.stop()


async def eventually(look: Callable[[], Awaitable[Any]]) -> Any:
    """What `look` finds as soon as it finds something."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := await look()):
            await asyncio.sleep(0.05)
    return found


async def learn(pair: Pair, sku: str) -> None:
    request = catalog_pb.PutMasterDataRequest(
        request_id=str(uuid4()),
        system="MDM",
        role=options_pb2.ROLE_MDM,
        items=[catalog.Item(sku=sku, base_unit="EA", packaging=[catalog.Packaging(unit="XCS", base_quantity="12")])],
        parties=[catalog.Party(party_id="SUP-NORDIC", name="Nordic", roles=[catalog.PARTY_ROLE_SUPPLIER])],
        locations=[catalog.Location(location_id="WH-EAST", kind=catalog.LOCATION_KIND_WAREHOUSE, zone="Europe/Berlin")],
    )
    await pair.stub("catalog", catalog_grpc.CatalogServiceStub).PutMasterData(request, timeout=20)


@pytest.mark.feature("F038")
async def test_an_order_waits_until_catalog_has_told_of_its_item(pair: Pair) -> None:
    sku, number = unique("ITEM").upper(), unique("PO")
    reasons: set[str] = set()

    async def submitted() -> pb.SubmitPurchaseOrderResponse | None:
        try:
            return await pair.caller.submit(number, [line("10", 2, sku, unit="XCS")])
        except grpc.aio.AioRpcError as error:
            reasons.add(reason_of(error))
            return None

    assert await submitted() is None
    await learn(pair, sku)
    done = await eventually(submitted)
    assert done.placement == pb.PLACEMENT_CREATED
    assert reasons <= {"ITEM_UNKNOWN", "LOCATION_UNKNOWN", "PARTY_UNKNOWN"}
    broker = pair.running["procurement"].app.broker.jetstream
    subjects = {name: (await broker.stream_info(name)).config.subjects for name in ("CATALOG", "PROCUREMENT")}
    assert subjects == {"CATALOG": ["crossdock.catalog.events.>"], "PROCUREMENT": ["crossdock.procurement.events.>"]}
    durables = [each.name for each in await broker.consumers_info("CATALOG")]
    assert any(name.startswith("procurement_") for name in durables), "master data have consumers of their own"


async def load(pair: Pair, file: dict[str, Any]) -> int:
    """What a job does with the ERP's file; how many records it changed."""
    stub = pair.stub("catalog", catalog_grpc.CatalogServiceStub)
    answers = [await stub.PutMasterData(each, timeout=20) for each in requests_of(file, "ERP-EU")]
    return sum(each.changed for each in answers)


@pytest.mark.feature("F166", "F180")
async def test_a_file_of_suppliers_and_items_counts_from_its_days_and_twice_is_once(pair: Pair) -> None:
    sku = unique("ITEM").upper()
    now, later, gone = (unique(f"SUP-{name}").upper() for name in ("NOW", "LATER", "GONE"))
    supplier = {"name": "A supplier", "roles": ["PARTY_ROLE_SUPPLIER"]}
    past, future = ({"year": year, "month": 1, "day": 1} for year in (2020, 2999))
    cases = [("12", {}), ("10", {"valid_from": past}), ("6", {"valid_from": future})]
    file: dict[str, list[Any]] = {
        "parties": [
            {"party_id": now, **supplier},
            {"party_id": later, "valid_from": future, **supplier},
            {"party_id": gone, "valid_to": past, **supplier},
        ],
        "items": [
            {"sku": sku, "base_unit": "EA", "packaging": [{"unit": "XCS", "base_quantity": size}], **day}
            for size, day in cases
        ],
        "locations": [{"location_id": "WH-EAST", "kind": "LOCATION_KIND_WAREHOUSE", "zone": "Europe/Berlin"}],
    }
    assert await load(pair, file) >= len(file["parties"]) + len(file["items"])
    assert await load(pair, file) == 0
    reasons: set[str] = set()

    async def submitted(supplier_id: str) -> pb.SubmitPurchaseOrderResponse | None:
        try:
            return await pair.caller.submit(unique("PO"), [line("10", 2, sku, unit="XCS")], supplier_id=supplier_id)
        except grpc.aio.AioRpcError as error:
            reasons.add(reason_of(error))
            return None

    order = (await eventually(lambda: submitted(now))).purchase_order
    [released, *_] = await pair.caller.journal(order.purchase_order_id)
    assert isinstance(released, facts.PurchaseOrderReleased)
    assert [(each.on_order_change, each.base_unit) for each in released.lines] == [("20", "EA")]
    for supplier_id in (later, gone):
        reasons.clear()
        assert await submitted(supplier_id) is None
        assert reasons == {"PARTY_UNKNOWN"}
    # Tomorrow's file says that it only buys from us: no more orders go to it.
    await load(pair, {"parties": [{"party_id": now, "name": "A buyer", "roles": ["PARTY_ROLE_CUSTOMER"]}]})
    reasons.clear()

    async def refused() -> bool:
        return await submitted(now) is None

    await eventually(refused)
    assert reasons == {"PARTY_UNKNOWN"}


@pytest.mark.parametrize("count", [1, 5_000])
async def test_facts_leave_the_journal_for_the_stream_however_big_their_order_is(pair: Pair, count: int) -> None:
    sku, number = unique("ITEM").upper(), unique("PO")
    lines = [line(str(n), 2, sku, description=f"Bolt {n}, zinc plated, of shelf {n}") for n in range(count)]
    await learn(pair, sku)

    async def submitted() -> Any:
        try:
            return await pair.caller.submit(number, lines)
        except grpc.aio.AioRpcError:
            return None

    await eventually(submitted)
    engine = pair.running["procurement"].app.engine

    async def published() -> bool:
        async with transaction(engine, ["acme", "globex"]) as tx:
            return bool(await tx.driver.fetchval("SELECT count(*) = 0 FROM pending"))

    assert await eventually(published)
    stream = await pair.running["procurement"].app.broker.jetstream.stream_info("PROCUREMENT")
    async with transaction(engine, ["acme", "globex"]) as tx:
        recorded = await tx.driver.fetchval("SELECT count(*) FROM journal")
    assert stream.state.messages == recorded


@pytest.mark.feature("F178")
async def test_an_invoice_in_a_unit_that_nobody_knew_goes_on_when_the_item_gets_it(pair: Pair) -> None:
    sku, number = unique("ITEM").upper(), unique("PO")
    await learn(pair, sku)

    async def submitted() -> Any:
        try:
            return await pair.caller.submit(number, [line("10", 60, sku)])
        except grpc.aio.AioRpcError:
            return None

    order = (await eventually(submitted)).purchase_order
    await pair.caller.receive(unique("RC"), counted(60, sku, purchase_order_number=number, line_number="10"))
    in_boxes = billed(number, 2, "75.00")
    in_boxes.quantity.unit = "XBX"
    invoice = (await pair.caller.invoice(unique("INV"), in_boxes)).supplier_invoice
    assert [each.outcome for each in invoice.lines] == [invoice_pb.MATCH_OUTCOME_UNIT_MISMATCH]
    assert ("INVOICE_UNIT_MISMATCH", "master-data", True) in await pair.caller.exceptions(order.purchase_order_id)
    await load(
        pair, {"items": [{"sku": sku, "base_unit": "EA", "packaging": [{"unit": "XBX", "base_quantity": "30"}]}]}
    )

    async def ready() -> bool:
        [shown] = (await pair.caller.order(number)).supplier_invoices
        return bool(shown.state == invoice_pb.SUPPLIER_INVOICE_STATE_READY)

    assert await eventually(ready)
    assert ("INVOICE_UNIT_MISMATCH", "master-data", False) in await pair.caller.exceptions(order.purchase_order_id)


@pytest.mark.feature("F062")
async def test_an_unanswered_order_is_raised_when_its_time_has_passed(pair: Pair) -> None:
    sku, number = unique("ITEM").upper(), unique("PO")
    await learn(pair, sku)
    engine = pair.running["procurement"].app.engine
    async with transaction(engine, ["acme"]) as tx:
        for step in ("acknowledgment", "reminder", "escalation"):
            soon = NewRule(key=f"procurement.{step}_hours", value={"seconds": 1}, valid_from=DAY_ZERO)
            await policy.add(tx.driver, "acme", soon)

    async def submitted() -> Any:
        try:
            return await pair.caller.submit(number, [line("10", 2, sku)])
        except grpc.aio.AioRpcError:
            return None

    order = (await eventually(submitted)).purchase_order
    raised = await eventually(lambda: pair.caller.exceptions(order.purchase_order_id))
    assert raised == [("PURCHASE_ORDER_UNACKNOWLEDGED", "buyer", True)]
    async with transaction(engine, ["acme"]) as tx:
        taken = await tx.driver.fetchval(
            "SELECT count(*) FROM journal WHERE type LIKE '%PurchaseOrderAnswerOverdue' AND aggregate = $1",
            f"purchase_order/{order.purchase_order_id}",
        )
    assert taken == 3, "reminded, told to the buyer, raised"
    await pair.caller.answer(number)
    assert await pair.caller.exceptions(order.purchase_order_id) == [("PURCHASE_ORDER_UNACKNOWLEDGED", "buyer", False)]
