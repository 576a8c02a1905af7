"""A caller of one tenant asks every RPC of every service with another tenant's ids, and learns and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import grpc
import pytest
from catalog.__main__ import SERVICE as CATALOG
from connector.__main__ import SERVICE as CONNECTOR
from connector.profiles import read_profile
from crossdock.catalog.v1 import catalog_service_pb2 as catalog_pb
from crossdock.catalog.v1 import master_data_pb2 as master
from crossdock.connector.v1 import connector_service_pb2 as connector_pb
from crossdock.connector.v1 import partner_pb2
from crossdock.delivery.v1 import delivery_service_pb2 as delivery_pb
from crossdock.fulfillment.v1 import return_pb2
from crossdock.fulfillment.v1 import return_service_pb2 as return_pb
from crossdock.inventory.v1 import inventory_service_pb2 as inventory_pb
from crossdock.inventory.v1 import stock_control_service_pb2 as control_pb
from crossdock.options.v1 import options_pb2
from crossdock_kit.server.methods import READ_ONLY, Method, methods_of, service_descriptor
from crossdock_kit.service import Running, start
from crossdock_kit.testing import AUDIENCE, ISSUER, TokenIssuer
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.servers.nats import Nats
from delivery.__main__ import SERVICE as DELIVERY
from delivery_cases.calls import origin as carrier
from delivery_cases.calls import planned, word
from foreign_calls import Harvest, betrays, texts
from fulfillment.__main__ import SERVICE as FULFILLMENT
from fulfillment_cases.calls import line as wanted_line
from fulfillment_cases.calls import origin as said_by
from fulfillment_cases.calls import placement
from fulfillment_cases.warehouse import Site, now, reported
from google.protobuf.message import Message
from inventory.__main__ import SERVICE as INVENTORY
from procurement.__main__ import SERVICE as PROCUREMENT
from procurement_cases.calls import (
    answer,
    arrival,
    billed,
    counted,
    invoicing,
    line,
    packed,
    quantity,
    shipment,
    submission,
)

pytestmark = pytest.mark.lasting(60)

DAY = Path(__file__).resolve().parents[1] / "partners" / "day" / "partners"
SERVICES = {service.name: service for service in (CATALOG, PROCUREMENT, INVENTORY, FULFILLMENT, DELIVERY, CONNECTOR)}
CANARY = "K4N4R1"
SKU, ORDER, NOTICE, RECEIPT, INVOICE = (f"{kind}-{CANARY}" for kind in ("SKU", "PO", "ASN", "GR", "INV"))
VARIANTS, MOST_VARIANTS = 6, 100
PATIENCE_SECONDS = 60
# What these say of a tenant is about the caller's own service and clock, so it moves by itself.
RESTLESS = {"GetBacklog", "AcquireLease", "VerifyAudit", "CheckStreams"}

Question: TypeAlias = tuple[str, Method, Message]


@dataclass
class Suite:
    """The services, with tenants acme and globex, each reached as a caller reaches it."""

    issuer: TokenIssuer
    running: dict[str, Running[Any]] = field(default_factory=dict)
    harvest: Harvest = field(default_factory=Harvest)
    asked: list[Question] = field(default_factory=list)
    channels: dict[str, grpc.aio.Channel] = field(default_factory=dict)
    tokens: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def methods(self) -> list[tuple[str, Method]]:
        """Every RPC that every service serves."""
        return [
            (name, method)
            for name, each in self.running.items()
            for service in each.server.services
            for method in methods_of(service).values()
        ]

    async def ask(self, service: str, method: Method, request: Message, tenant: str) -> list[Message]:
        token = self.token(tenant, "sup-nordic" if "WorkerService" in method.name else None)
        package, _, name = method.name.partition("/")
        streamed = service_descriptor(package).methods_by_name[name].server_streaming
        channel = self.channels[service]
        make: Any = channel.unary_stream if streamed else channel.unary_unary
        bound = make(f"/{method.name}", method.request.SerializeToString, method.response.FromString)
        call = bound(request, metadata=(("authorization", f"Bearer {token}"),), timeout=20)
        return [each async for each in call] if streamed else [await call]

    def token(self, tenant: str, partner: str | None) -> str:
        """A caller's token is good for many calls."""
        if (tenant, partner) not in self.tokens:
            self.tokens[tenant, partner] = self.issuer.token([tenant], ["*"], partner=partner)
        return self.tokens[tenant, partner]

    async def seed(self, service: str, name: str, request: Message) -> Message:
        """A call of acme's; what it says and hears is known from then on."""
        method = next(m for at, m in self.methods() if at == service and m.step == name)
        [response] = await self.ask(service, method, request, "acme")
        self.asked.append((service, method, request))
        for message in (request, response):
            self.harvest.take(message)
        return response


@pytest.fixture(scope="module")
async def suite(
    migrated: MigratedDatabases, broker: Nats, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Suite]:
    suite, folder = Suite(TokenIssuer()), tmp_path_factory.mktemp("suite")
    (folder / "jwks.json").write_bytes(suite.issuer.jwks)
    (folder / "token.jwt").write_text(suite.issuer.token(["acme", "globex"], ["*"]))
    (folder / "data.key").write_bytes(bytes(range(32)))
    async with AsyncExitStack() as stack:
        for name, service in SERVICES.items():
            database = await migrated.fresh(name)
            peers = ", ".join(f'"{other}": "{each.address}"' for other, each in suite.running.items())
            settings = service.settings.from_environment(
                {
                    "CROSSDOCK_SERVICE": name,
                    "CROSSDOCK_DATABASE_URL": database.urls.database,
                    "CROSSDOCK_NATS_URL": broker.url(name),
                    "CROSSDOCK_PEERS": "{" + peers + "}",
                    "CROSSDOCK_JWKS_FILE": str(folder / "jwks.json"),
                    "CROSSDOCK_TOKEN_FILE": str(folder / "token.jwt"),
                    "CROSSDOCK_DATA_KEY_FILE": str(folder / "data.key"),
                    "CROSSDOCK_ISSUER": ISSUER,
                    "CROSSDOCK_AUDIENCE": AUDIENCE,
                    "CROSSDOCK_TENANTS": "acme,globex",
                }
            )
            suite.running[name] = await start(service, settings, stack)
            suite.channels[name] = grpc.aio.insecure_channel(suite.running[name].address)
        yield suite
        for channel in suite.channels.values():
            await channel.close()
        for each in reversed(suite.running.values()):
            await each.stop()


async def eventually(attempt: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                if found := await attempt():
                    return found
            except grpc.aio.AioRpcError as error:
                # Refused as long as catalog's news has not come round.
                if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                    raise
            await asyncio.sleep(0.05)


def master_data() -> Message:
    return catalog_pb.PutMasterDataRequest(
        request_id=str(uuid4()),
        system="MDM",
        role=options_pb2.ROLE_MDM,
        items=[master.Item(sku=SKU, base_unit="EA", packaging=[master.Packaging(unit="XCS", base_quantity="12")])],
        parties=[
            master.Party(party_id="SUP-NORDIC", name=f"Nordic {CANARY}", roles=[master.PARTY_ROLE_SUPPLIER]),
            master.Party(party_id="CUS-SHOP", name="Shop", roles=[master.PARTY_ROLE_CUSTOMER]),
        ],
        locations=[master.Location(location_id="WH-EAST", kind=master.LOCATION_KIND_WAREHOUSE, zone="Europe/Berlin")],
    )


async def a_days_work(suite: Suite) -> None:
    """What acme does: master data, an order with its whole life, stock and a reservation, a partner and a document."""
    await suite.seed("catalog", "PutMasterData", master_data())
    lines = [line("10", 100, SKU)]
    await eventually(lambda: suite.seed("procurement", "SubmitPurchaseOrder", submission(ORDER, lines)))
    await suite.seed("procurement", "AcknowledgePurchaseOrder", answer(ORDER))
    await suite.seed("procurement", "RecordShipNotice", shipment(NOTICE, packed(ORDER, 60, sku=SKU)))
    received = counted(60, SKU, purchase_order_number=ORDER, line_number="10", ship_notice_number=NOTICE)
    await suite.seed("procurement", "RecordReceipt", arrival(RECEIPT, received))
    await suite.seed("procurement", "RecordSupplierInvoice", invoicing(INVOICE, billed(ORDER, 60)))
    wanted = inventory_pb.ReservationRequest(
        request_id=str(uuid4()),
        business_unit="EU01",
        channel="web",
        reference=f"cart-{CANARY}",
        lines=[inventory_pb.ReservationLine(sku=SKU, quantity=quantity(5))],
    )
    await eventually(lambda: _reserved(suite, wanted))
    await eventually(lambda: _sold(suite))
    await suite.seed("inventory", "RecordStockReport", found())
    await suite.seed("inventory", "RecordStatement", held())
    await _shipped(suite)
    packing = Site(None, "WH-EAST").packing(f"SH-{CANARY}", reported(f"SO-{CANARY}", SKU, 2))
    await suite.seed("fulfillment", "RecordPacking", packing)
    for name in ("RecordReturnReceipt", "RecordReturnInspection"):
        await suite.seed("fulfillment", name, came_back(name))
    profile = read_profile(DAY / "sup-nordic.yaml")
    partner = connector_pb.PutPartnerRequest(request_id=str(uuid4()), profile=profile)
    await suite.seed("connector", "PutPartner", partner)
    await suite.seed("connector", "CheckPartner", connector_pb.CheckPartnerRequest(profile=profile))
    await suite.seed("connector", "PutPartner", _polled_carrier())
    reset = connector_pb.ResetCursorRequest(request_id=str(uuid4()), partner=f"car-{CANARY}".lower())
    await suite.seed("connector", "ResetCursor", reset)
    document = connector_pb.SubmitDocumentRequest(
        request_id=str(uuid4()), partner=profile.partner, name=f"{CANARY}.txt", content=f"no EDI {CANARY}".encode()
    )
    await suite.seed("connector", "SubmitDocument", document)


def _polled_carrier() -> Message:
    """A stopped carrier whose trackers are asked for: what is reset only while it is stopped can be."""
    profile = read_profile(DAY / "sup-nordic.yaml")
    profile.partner, profile.role, profile.state = f"car-{CANARY}".lower(), options_pb2.ROLE_CARRIER, "stopped"
    profile.transport.http.url = "https://carrier.example"
    del profile.documents[:]
    route = profile.documents.add(kind="easypost.tracker", direction=partner_pb2.DIRECTION_IN, path="trackers")
    route.poll.cursor.parameter, route.poll.cursor.pointer = "after", "/next"
    return connector_pb.PutPartnerRequest(request_id=str(uuid4()), profile=profile)


def came_back(name: str) -> Message:
    """A return that nobody authorised, and what becomes of it."""
    line = return_pb2.ReturnedLine(
        line_number="1", sku=SKU, quantity=quantity(1), disposition=return_pb2.DISPOSITION_RESTOCK
    )
    said: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": said_by(options_pb2.ROLE_WMS, "WH-EAST"),
        "business_unit": "EU01",
        "number": f"RR-{CANARY}",
        "location_id": "WH-EAST",
        "return_number": f"R-{CANARY}",
        "order_number": f"SO-{CANARY}",
        "lines": [line],
    }
    if name == "RecordReturnReceipt":
        return return_pb.RecordReturnReceiptRequest(**said, received_at=now())
    return return_pb.RecordReturnInspectionRequest(**said, inspected_at=now())


def found() -> Message:
    """What a warehouse threw away."""
    line = control_pb.ReportedStock(sku=SKU, bucket=inventory_pb.ACCOUNT_SELLABLE, change=quantity(-1), reason="07")
    return control_pb.RecordStockReportRequest(
        request_id=str(uuid4()),
        origin=said_by(options_pb2.ROLE_WMS, "WH-EAST"),
        number=f"ADJ-{CANARY}",
        location_id="WH-EAST",
        business_unit="EU01",
        found_at=now(),
        lines=[line],
    )


def held() -> Message:
    """What it says that it holds, which is not what the ledger says."""
    stated = control_pb.StatedStock(sku=SKU, bucket=inventory_pb.ACCOUNT_SELLABLE, quantity=quantity(1))
    return control_pb.RecordStatementRequest(
        request_id=str(uuid4()),
        origin=said_by(options_pb2.ROLE_WMS, "WH-EAST"),
        number=f"ST-{CANARY}",
        location_id="WH-EAST",
        business_unit="EU01",
        as_of=now(),
        buckets=[inventory_pb.ACCOUNT_SELLABLE],
        lines=[stated],
    )


async def _reserved(suite: Suite, wanted: Any) -> bool:
    """Reserves once the receipt has become stock; a refusal is an answer for ever, so each attempt has its own id."""
    wanted.request_id = str(uuid4())
    request = inventory_pb.ReserveStockRequest(reservations=[wanted])
    answered: Any = await suite.seed("inventory", "ReserveStock", request)
    return bool(answered.results[0].WhichOneof("outcome") == "reservation")


async def _sold(suite: Suite) -> Message:
    """A sales order, once fulfillment knows its item and its customer."""
    return await suite.seed("fulfillment", "PlaceOrder", placement(f"SO-{CANARY}", [wanted_line("1", 2, SKU)]))


async def _shipped(suite: Suite) -> None:
    """A shipment on its way, with a word of its carrier."""
    await suite.seed("delivery", "CreateShipment", planned(f"SH-{CANARY}", f"1Z{CANARY}"))
    said = delivery_pb.RecordCarrierUpdatesRequest(
        request_id=str(uuid4()), origin=carrier(), updates=[word("AF", 1, f"1Z{CANARY}", text=f"left {CANARY}")]
    )
    await suite.seed("delivery", "RecordCarrierUpdates", said)


@pytest.mark.feature("F249")
async def test_every_rpc_with_another_tenants_ids_tells_nothing_and_changes_nothing(suite: Suite) -> None:
    await a_days_work(suite)
    for _ in range(2):
        # What the first round shows, the second asks with.
        await learn(suite)
    secrets = suite.harvest.telling(CANARY)
    reads = [(service, method, request) for service, method, request in suite.asked if _steady(method)]
    # The same questions do tell acme, so that silence towards globex means something.
    assert len(await telling(suite, reads, secrets)) > 6
    before = await settled(suite, reads)
    unasked = await attack(suite, secrets)
    assert unasked == []
    assert await _answers(suite, reads) == before


async def learn(suite: Suite) -> None:
    """Asks every reading RPC as acme, with what is known so far; what was answered before is not asked again."""
    for service, method in suite.methods():
        if method.mutating:
            continue
        made = [suite.harvest.request(method.request, variant) for variant in range(VARIANTS)]
        for request in made:
            if request is not None and (service, method, request) not in suite.asked:
                await _learn(suite, service, method, request)


async def settled(suite: Suite, reads: list[Question]) -> list[str]:
    """What acme reads once nothing of its day is under way any more: no event is on its way when it is read, and it
    reads the same a while later."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        before: list[str] = []
        while True:
            while await _under_way(suite):
                await asyncio.sleep(0.1)
            again = await _answers(suite, reads)
            if again == before and not await _under_way(suite):
                return before
            before = again
            await asyncio.sleep(0.5)


async def _under_way(suite: Suite) -> int:
    """Events that are not published, or published and not worked off, in all services."""
    asked = [(at, method) for at, method in suite.methods() if method.step == "GetBacklog"]
    assert len(asked) == len(SERVICES)
    rows: list[Any] = [row for at, method in asked for row in await suite.ask(at, method, method.request(), "acme")]
    return sum(abs(row.unpublished) + abs(row.unprocessed) for row in rows)


async def _answers(suite: Suite, reads: list[Question]) -> list[str]:
    return [await _answer(suite, *each) for each in reads]


async def telling(suite: Suite, reads: list[Question], secrets: set[str]) -> set[str]:
    """The methods that tell acme what is a secret towards others."""
    return {
        method.name
        for service, method, request in reads
        for response in await suite.ask(service, method, request, "acme")
        if betrays(response, request, secrets)
    }


def _steady(method: Method) -> bool:
    return method.idempotency == READ_ONLY and method.step not in RESTLESS


async def _learn(suite: Suite, service: str, method: Method, request: Message) -> None:
    try:
        responses = await suite.ask(service, method, request, "acme")
    except grpc.aio.AioRpcError:
        return
    suite.asked.append((service, method, request))
    for response in responses:
        suite.harvest.take(response)


async def _answer(suite: Suite, service: str, method: Method, request: Message) -> str:
    try:
        return "".join(map(str, await suite.ask(service, method, request, "acme")))
    except grpc.aio.AioRpcError as error:
        return error.code().name


def _requests(suite: Suite, service: str, method: Method, reached: set[str]) -> Iterator[Message]:
    """What was asked before, then some that are made, and more while none got past the service's validation: what
    they are made of depends on what acme was told, which is never the same twice."""
    own = [request for at, asked, request in suite.asked if (at, asked.name) == (service, method.name)]
    yield from own
    for variant in range(MOST_VARIANTS):
        if variant >= VARIANTS and method.name in reached:
            return
        made = suite.harvest.request(method.request, 100 + variant)
        if made is not None and made not in own:
            yield made


async def attack(suite: Suite, secrets: set[str]) -> list[str]:
    """Asks as globex, with acme's own requests and with made ones; the methods that no valid request reached.

    Reads come first: what globex itself has written under acme's names is globex's, and no secret any more.
    """
    reached: set[str] = set()
    for service, method in sorted(suite.methods(), key=lambda each: each[1].mutating):
        for request in _requests(suite, service, method, reached):
            if method.mutating:
                secrets = secrets - {text for _, text in texts(request)}
            try:
                responses = await suite.ask(service, method, request, "globex")
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.INVALID_ARGUMENT:
                    reached.add(method.name)
                leaked = {text for text in secrets if text in (error.details() or "") and text not in str(request)}
                assert not leaked, f"{method.name} refuses with {leaked}"
                continue
            reached.add(method.name)
            for response in responses:
                assert betrays(response, request, secrets) == set(), f"{method.name} tells"
    return sorted({method.name for _, method in suite.methods()} - reached)
