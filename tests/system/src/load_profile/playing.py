"""A declared load on a running stack: it grows to a size, and its transactions go through from order to tender."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import asyncpg
import grpc
from crossdock.common.v1.values_pb2 import Origin
from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock.delivery.v1 import delivery_service_pb2_grpc as delivery_grpc
from crossdock.delivery.v1 import shipment_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit import policy
from crossdock_kit.policy import NewRule, Scope
from crossdock_local.surroundings import partner_secrets
from partners.demo import Stage
from partners.faults import Faults
from partners.journal import Journal
from partners.suite import Suite
from partners.web import Door, Site

from load_profile import Profile, Region, Size
from load_profile.declared import master_data, partners
from load_profile.documents import LINES, Transaction, certificates, purchase_order, receipt

AT_ONCE, WAVE = 8, 12
MISSING = "CERTIFICATE_MISSING"
KEY = "k" * 24
QUIET_SECONDS = 240


@dataclass(eq=False)
class Load:
    """`size` is what is declared now. `booked` are the goods receipts that ERPs with an API were told."""

    profile: Profile
    stage: Stage
    suite: Suite
    urls: Mapping[str, str]
    booked: Mapping[str, list[Mapping[str, Any]]]
    size: Size | None = None
    _numbers: Iterable[int] = field(default_factory=lambda: count(1))

    @property
    def regions(self) -> tuple[Region, ...]:
        return self.profile.regions[: self.size.regions] if self.size else ()

    async def grow(self, size: Size) -> None:
        """Declares what is new, region by region, and returns when every service knows it."""
        before, known = self.size, self.regions
        self.size = size
        for region in self.regions:
            since = before if region in known else None
            await self._certify(region, since)
            if rows := master_data(region, size, since):
                await self.suite.load(rows)
            for profile in partners(region, size, since, self.urls.get(region.erp, "")):
                self.stage.admit(profile.partner)
                await self.suite.put_partner(profile)
        await self.quiet()

    async def _certify(self, region: Region, since: Size | None) -> None:
        """What the region's goods need is a rule of the policy table, like every other of its business unit."""
        if since is not None or not region.certificates:
            return
        rule = NewRule(
            key="procurement.certificates",
            value={"kinds": list(region.certificates)},
            valid_from=datetime.now(UTC) - timedelta(days=1),
            scope=Scope(business_unit=region.business_unit),
        )
        connection = await asyncpg.connect(self.stage.database, timeout=10)
        try:
            async with connection.transaction():
                await connection.execute("SELECT set_config('search_path', 'procurement', true)")
                await policy.add(connection, self.stage.state.tenants[0], rule)
        finally:
            await connection.close()

    async def play(self) -> tuple[list[Transaction], Counter[str]]:
        """The transactions of every region, and how many certificates goods waited for, by business unit.

        They come in waves of one size: how much waits at once is another question than how much there is.
        """
        wanted = [self._transaction(region, n) for n in range(self._now.transactions) for region in self.regions]
        missing: Counter[str] = Counter()
        for first in range(0, len(wanted), WAVE):
            missing += await self._wave(wanted[first : first + WAVE])
        return wanted, missing

    async def _wave(self, played: list[Transaction]) -> Counter[str]:
        """Ordered, received, certified, planned to be carried. Each step waits for the one before."""
        await _some_at_a_time(self._submit(each.region.erp, each.key, purchase_order(each)) for each in played)
        await self.quiet()
        await _some_at_a_time(
            self._submit(each.region.warehouse(each.warehouse), f"RC-{each.key}", receipt(each)) for each in played
        )
        await self.quiet()
        missing = await self._missing(played)
        await _some_at_a_time(
            self._submit(each.region.supplier(each.supplier), f"{position}-{each.key}", content)
            for each in played
            for position, content in enumerate(certificates(each))
        )
        async with grpc.aio.insecure_channel(self.stage.addresses["delivery"]) as channel:
            stub = cast(Any, delivery_grpc.DeliveryServiceStub)(channel)
            await _some_at_a_time(self.suite.call(stub.CreateShipment, shipment(each)) for each in played)
        await self.quiet()
        return missing

    async def _missing(self, played: Iterable[Transaction]) -> Counter[str]:
        units = {each.key: each.region.business_unit for each in played}
        said = [each for each in await self.suite.open_exceptions() if each.code == MISSING]
        return Counter(unit for each in said for key, unit in units.items() if key in f"{each.summary} {each.keys}")

    async def quiet(self) -> None:
        """Returns when nothing is left to do anywhere. Raises AssertionError with what is left."""
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                while not await self.suite.quiet():
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise AssertionError("\n".join(await self.suite.unfinished())) from None

    def told(self, partner: str) -> list[bytes]:
        """What lies in the folder of a partner that exchanges files."""
        return [each.read_bytes() for each in sorted((self.stage.transport / partner / "out").glob("*"))]

    @property
    def _now(self) -> Size:
        if self.size is None:
            raise AssertionError("nothing is declared yet")
        return self.size

    def _transaction(self, region: Region, n: int) -> Transaction:
        """Spread over suppliers, warehouses and items."""
        size, number = self._now, next(iter(self._numbers))
        items = [(number * 7919 + each * 104_729) % size.items for each in range(LINES)]
        return Transaction(region, f"{number:06d}", n % size.suppliers, n % size.warehouses, items)

    async def _submit(self, partner: str, name: str, content: bytes) -> None:
        path = PATHS[partner.partition("-")[0]]
        request = connector.SubmitDocumentRequest(
            request_id=str(uuid4()), partner=partner, name=f"{name}.json", path=path, content=content
        )
        await self.suite.call(self.suite.connector.SubmitDocument, request, 60)


PATHS = {"erp": "purchase-orders", "wms": "receipts", "sup": "certificates"}


def shipment(of: Transaction) -> delivery.CreateShipmentRequest:
    """The warehouse plans that it goes on."""
    site = of.region.site(of.warehouse)
    origin = Origin(system=of.region.warehouse(of.warehouse).upper(), role=options_pb2.ROLE_WMS, document=str(uuid4()))
    origin.occurred_at.GetCurrentTime()
    return delivery.CreateShipmentRequest(
        request_id=str(uuid4()),
        origin=origin,
        business_unit=of.region.business_unit,
        number=f"SH-{of.key}",
        orders=[shipment_pb2.OrderReference(order_id=of.key, number=of.key)],
        packages=[shipment_pb2.Package(number="1")],
        ship_from=site,
    )


async def _some_at_a_time(work: Iterable[Awaitable[object]]) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(each: Awaitable[object]) -> None:
        async with places:
            await each

    await asyncio.gather(*(one(each) for each in work))


@asynccontextmanager
async def declared_on(profile: Profile, stage: Stage, suite: Suite) -> AsyncIterator[Load]:
    """The doors of those ERPs that have an API, and nothing declared yet."""
    site, journal = Site(), Journal()
    booked: dict[str, list[Mapping[str, Any]]] = {}
    urls: dict[str, str] = {}
    folder = partner_secrets(stage.place.secrets)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for region in (each for each in profile.regions if each.erp_transport == "http"):
            door, received = Door(region.erp, KEY, journal, Faults()), booked.setdefault(region.erp, [])
            for path in ("/goods-receipts", "/stock-movements"):
                door.accept(path, path, _number, _booking(received, path))
            (folder / f"{region.erp}-key").write_text(KEY)
            urls[region.erp] = f"http://127.0.0.1:{await site.open(door)}"
        yield Load(profile, stage, suite, urls, booked)
    finally:
        await site.close()
        journal.close()


def _number(document: Mapping[str, Any]) -> str:
    return json.dumps(document, sort_keys=True)[:64]


def _booking(received: list[Mapping[str, Any]], path: str) -> Any:
    async def book(document: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        received.append({"path": path, **document})
        return 201, {"number": f"5{len(received):09d}"}

    return book


def memory_mib(stage: Stage) -> dict[str, int]:
    """What each service and worker holds."""
    found = {}
    for process in stage.state.processes:
        if process.kind != "server" and process.pid is not None:
            status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            [line] = [each for each in status if each.startswith("VmRSS")]
            found[process.name] = int(line.split()[1]) // 1024
    return found
