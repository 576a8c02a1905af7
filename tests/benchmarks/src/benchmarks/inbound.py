"""Big inbound documents: an order of 5,000 lines, its ship notice of 10,000 from file to expected receipts, and its
receipts, each booked by inventory. Beside each stands a document of a tenth: what a line costs may not grow with the
lines beside it.

LINES shortens it: so many lines has the ship notice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from connector.store.codes import Thing
from connector_samples.files import interchange
from connector_samples.rig import Rig, received
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.procurement.events.v1 import events_pb2 as facts
from crossdock.procurement.v1 import procurement_service_pb2_grpc as procurement_grpc
from crossdock_kit.database import create_engine, transaction
from crossdock_kit.events import body_of, parsed_headers
from crossdock_local.databases import ServiceUrls
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases
from inventory_stage import open_stage
from procurement.store.master_data import MasterDataRows
from procurement.wire import master_data
from procurement_cases.calls import arrival, counted, line, submission

from benchmarks.figures import Figure
from benchmarks.processes import TENANT, Processes, started
from benchmarks.sizes import number, say

SUPPLIER, PLACE, WAREHOUSE = "SUP-NORDIC", "EAST", "wms-east"
CARTONS = 2
"""Lines of a ship notice for each line of its order."""
CALL_SECONDS, BOOKED_SECONDS, ROUNDS = 120.0, 300.0, 3
CODES_AT_ONCE = 1_000
_control = count(1)


class NotBooked(Exception):
    """What was announced did not come to where it belongs: a figure of it would be none."""


@dataclass(eq=False)
class Dock:
    """An ERP, a supplier with its files, and a warehouse; and a look into what inventory has booked."""

    processes: Processes
    rig: Rig

    @property
    def procurement(self) -> Any:
        return self.processes.stub("procurement", procurement_grpc.ProcurementServiceStub)

    async def through(self, lines: int) -> dict[str, float]:
        """Seconds of each step of a document's way; `lines` are those of its order."""
        order = f"PO-{lines}-{next(_control)}"
        took = {"order": await self.submitted(order, lines)}
        notice = f"ASN-{order}"
        took["notice"] = await self.announced(notice, order, lines)
        took["told"] = await self.told_to_warehouse(notice)
        took["receipts"] = await self.received(notice, order, lines)
        said = ", ".join(f"{step} {seconds:.2f} s" for step, seconds in took.items())
        say(f"{lines} lines of order, {lines * CARTONS} of notice: {said}")
        return took

    async def submitted(self, order: str, lines: int) -> float:
        """Until inventory has it on order."""
        before = await self._held("on_order")
        some = [line(str(n), 10, sku_of(n), description=f"Bolt {n}, zinc plated") for n in range(lines)]
        began = time.perf_counter()
        await self.procurement.SubmitPurchaseOrder(submission(order, some, ship_to_id=PLACE), timeout=CALL_SECONDS)
        await self._until("on_order", before + 10 * lines)
        return time.perf_counter() - began

    async def announced(self, notice: str, order: str, lines: int) -> float:
        """A file of X12, until the warehouse's expected receipts are written and inventory has it in transit."""
        before = await self._held("in_transit")
        content = ship_notice(notice, order, lines)
        began = time.perf_counter()
        document = await self.rig.hand_in("supplier", content)
        await self.rig.translate("supplier")
        await self.rig.dispatch()
        found = await self.rig.document(document)
        if await self.rig.exceptions(document):
            raise NotBooked(f"{notice}: {found.reason} {await self.rig.exceptions(document)}")
        await self._until("in_transit", before + 10 * lines)
        return time.perf_counter() - began

    async def told_to_warehouse(self, notice: str) -> float:
        """The expected receipts of the notice as the warehouse's own document."""
        row = await self.processes.admins["procurement"].fetchrow(
            "SELECT headers, body, version, aggregate FROM procurement.journal"
            " WHERE type LIKE '%InboundExpected' ORDER BY recorded_at DESC, version DESC LIMIT 1"
        )
        if row is None:
            raise NotBooked(f"{notice}: nothing is expected")
        message = facts.InboundExpected.FromString(body_of(parsed_headers(row["headers"]), row["body"]))
        if message.ship_notice_number != notice:
            raise NotBooked(f"{notice}: {message.ship_notice_number} is what was told last")
        began = time.perf_counter()
        await self.rig.tell_together([received(message, row["aggregate"], row["version"])])
        [(_, content)] = await self.rig.send(WAREHOUSE)
        took = time.perf_counter() - began
        say(f"{notice}: the warehouse's document has {len(content):,} bytes")
        return took

    async def received(self, notice: str, order: str, lines: int) -> float:
        """Two receipts of half of each line, until inventory has all of it for sale."""
        before = await self._sellable()
        began = time.perf_counter()
        for half in range(2):
            some = [
                counted(
                    5,
                    sku_of(n),
                    purchase_order_number=order,
                    line_number=str(n),
                    ship_notice_number=notice,
                )
                for n in range(lines)
            ]
            request = arrival(f"RC-{order}-{half}", *some, location_id=PLACE, final=half == 1)
            await self.procurement.RecordReceipt(request, timeout=CALL_SECONDS)
        await self._reached(self._sellable, before + 10 * lines)
        return time.perf_counter() - began

    async def _held(self, bucket: str) -> int:
        found = await self.processes.admins["inventory"].fetchval(
            f"SELECT coalesce(sum({bucket}), 0) FROM inventory.pipeline"
        )
        return int(found)

    async def _sellable(self) -> int:
        return int(
            await self.processes.admins["inventory"].fetchval("SELECT coalesce(sum(sellable), 0) FROM inventory.stock")
        )

    async def _until(self, bucket: str, quantity: int) -> None:
        await self._reached(lambda: self._held(bucket), quantity)

    @staticmethod
    async def _reached(look: Callable[[], Awaitable[int]], quantity: int) -> None:
        began = time.perf_counter()
        while (found := await look()) != quantity:
            if time.perf_counter() - began > BOOKED_SECONDS:
                raise NotBooked(f"inventory has {found} and not {quantity} after {BOOKED_SECONDS:.0f} s")
            await asyncio.sleep(0.05)


async def run(servers: EmbeddedServers) -> Sequence[Figure]:
    lines = number("LINES", 10_000) // CARTONS
    async with dock(servers, lines) as built:
        await built.through(50)
        rounds = [(await built.through(lines), await built.through(lines // 10)) for _ in range(ROUNDS)]
        memory = {name: built.processes.memory_megabytes(name) for name in ("procurement", "inventory")}
    steps = {
        "order": f"an order of {lines:,} lines",
        "notice": f"its ship notice of {lines * CARTONS:,} lines, from file to expected receipts",
        "told": "of that, the document for the warehouse",
        "receipts": f"its two receipts of {lines:,} lines",
    }
    figures = [figure_of(name, step, lines, rounds) for step, name in steps.items()]
    return [*figures, *(Figure(f"most memory of {name} meanwhile", most, "MB") for name, most in memory.items())]


def figure_of(name: str, step: str, lines: int, rounds: Sequence[tuple[dict[str, float], dict[str, float]]]) -> Figure:
    """What a line costs in it, beside one in a document of a tenth."""
    pairs = sorted((big[step] / lines, small[step] / (lines // 10)) for big, small in rounds)
    big, small = pairs[len(pairs) // 2]
    return Figure(f"{name}, {big * lines:.2f} s", big * 1000, "ms a line", small * 1000, "in one of a tenth", 0.7, True)


def sku_of(number: int) -> str:
    return f"SKU-{number:06d}"


def ship_notice(notice: str, order: str, lines: int) -> bytes:
    """Two cartons of each line, each with its own code and lot."""
    segments = [
        f"BSN*00*{notice}*20261109*1200*0001",
        "DTM*011*20261109*120000",
        "DTM*017*20261111",
        "HL*1**S",
        "REF*BM*BL-1",
        f"N1*ST**92*{PLACE}",
        "HL*2*1*O",
        f"PRF*{order}**1",
    ]
    level = 2
    for n in range(lines):
        for _ in range(CARTONS):
            carton, level = level + 1, level + 2
            segments += [
                f"HL*{carton}*2*P",
                f"MAN*GM*{sscc(next(_control))}",
                f"HL*{level}*{carton}*I",
                f"LIN*{n}*BP*{sku_of(n)}*VP*ND-{n}",
                "SN1**5*EA",
                f"REF*LT*L-{n % 100}",
            ]
    return interchange("856", [*segments, f"CTT*{level}"], control=next(_control))


def sscc(serial: int) -> str:
    """A serial shipping container code with its check digit (GS1)."""
    digits = f"0061414{serial:010d}"
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"


@asynccontextmanager
async def dock(servers: EmbeddedServers, lines: int) -> AsyncIterator[Dock]:
    schemas = MigratedDatabases(servers)
    databases = {name: await schemas.fresh(name) for name in ("procurement", "inventory")}
    await fill(databases["procurement"].urls, databases["inventory"].urls, lines)
    connector = create_engine((await schemas.fresh("connector")).urls.database, "connector")
    async with started(servers, databases) as processes:
        rig = Rig(connector)
        rig.procurement = processes.stub("procurement", procurement_grpc.ProcurementServiceStub)
        await partners(rig, lines)
        yield Dock(processes, rig)
    await connector.stop()


async def partners(rig: Rig, lines: int) -> None:
    await rig.partner(
        "supplier",
        role="SUPPLIER",
        partyId=SUPPLIER,
        transport={"fileDrop": {"inbox": "supplier/in", "outbox": "supplier/out"}},
        edi={"partnerId": "ZZ:NORDIC", "ownId": "ZZ:ACME"},
        documents=[{"kind": kind, "direction": way} for kind, way in (("x12.856", "IN"), ("x12.997", "OUT"))],
    )
    await rig.partner(
        WAREHOUSE,
        role="WMS",
        transport={"fileDrop": {"inbox": "wms/in", "outbox": "wms/out"}},
        documents=[{"kind": "wms_a.expected_receipt", "direction": "OUT"}],
        system="WMS-EAST",
        locations=[PLACE],
    )
    things = [Thing(TENANT, "item", sku_of(n), (), "EA", {}) for n in range(lines)]
    for first in range(0, lines, CODES_AT_ONCE):
        await rig.knows(*things[first : first + CODES_AT_ONCE])
    await rig.knows(Thing(TENANT, "location", PLACE))


async def fill(procurement: ServiceUrls, inventory: ServiceUrls, lines: int) -> None:
    async with open_stage(inventory) as stage:
        await stage.know(*(sku_of(n) for n in range(lines)))
    engine = create_engine(procurement.database, "procurement")
    async with transaction(engine, (TENANT,)) as tx:
        book = MasterDataRows(tx.driver)
        items = [catalog.Item(sku=sku_of(n), base_unit="EA") for n in range(lines)]
        await book.keep_items([master_data.item(TENANT, each) for each in items])
        place = catalog.Location(location_id=PLACE, zone="Europe/Berlin", system="WMS-EAST", business_unit="EU01")
        await book.keep_locations([master_data.location(TENANT, place)])
        party = catalog.Party(party_id=SUPPLIER, name="Nordic", roles=[catalog.PARTY_ROLE_SUPPLIER])
        await book.keep_parties([master_data.party(TENANT, party)])
    await engine.stop()
