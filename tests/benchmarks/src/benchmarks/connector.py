"""Documents in and out of the connector: in batches beside one by one, with the same code and the same rows.

In: stored bytes of four suppliers' 855s to answered commands and written 997s. Out: announced orders to 850s that
workers have carried and reported. The other context answers at once, so that the figure is the connector's own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import asyncpg
from connector.consumers import Orders
from connector.store.codes import Thing
from connector.translating import Translator
from connector.use_cases.deliver import Worker, acquire_lease, report_deliveries
from connector_samples import files, orders
from connector_samples.rig import TENANT, TENANTS, Rig, a_cause
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_kit.clock import SystemClock
from crossdock_kit.context import caused_by
from crossdock_kit.database import create_engine
from crossdock_kit.deliveries import Delivered, Report
from crossdock_kit.deliveries.dispatcher import Dispatcher
from crossdock_kit.events import Received
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases

from benchmarks.figures import Figure, interleaved

ROUNDS = 3
SUPPLIERS = tuple(f"sup-{n}" for n in range(4))
IN_BATCHES, IN_SINGLY = 480, 160
OUT_BATCHES, OUT_SINGLY = 480, 160
ROUTES = [
    {"kind": kind, "direction": way}
    for kind, way in (("x12.850", "OUT"), ("x12.997", "OUT"), ("x12.855", "IN"), ("x12.997", "IN"))
]


@dataclass(frozen=True, slots=True)
class Pace:
    """How many documents are read, rendered, booked, carried and reported at once."""

    documents: int
    events: int
    deliveries: int
    ends: int


BATCHED, ONE_BY_ONE = Pace(50, 100, 32, 200), Pace(1, 1, 1, 1)


@dataclass(eq=False)
class Floor:
    """A connector on a schema of its own."""

    rig: Rig
    numbers: Any = field(default_factory=lambda: count(1))

    async def take_in(self, documents: int, pace: Pace) -> float:
        """Documents per second from stored bytes to the end of the last one."""
        for number in range(documents):
            control = next(self.numbers)
            content = files.acknowledgment(control=control, number=f"45{control:08d}")
            await self.rig.hand_in(SUPPLIERS[number % len(SUPPLIERS)], content)
        began = time.perf_counter()
        async with self._reading(pace):
            while await self.rig.value("SELECT count(*) FROM document WHERE NOT outbound AND state IN (1, 2)"):
                await asyncio.sleep(0.02)
        seconds = time.perf_counter() - began
        left = await self.rig.value("SELECT count(*) FROM document WHERE NOT outbound AND state <> 3")
        if left:
            raise AssertionError(f"{left} documents were not understood")
        return documents / seconds

    @asynccontextmanager
    async def _reading(self, pace: Pace) -> AsyncIterator[None]:
        rig = self.rig
        translator = Translator(rig.engine, TENANTS, SystemClock(), rig.around, batch=pace.documents)
        dispatcher = Dispatcher(rig.queue, rig.uow, rig.carriers(), worker="bench")
        dispatcher.settler.at_once = pace.ends
        tasks = [asyncio.create_task(each) for each in (translator.run(), dispatcher.run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def send_out(self, documents: int, pace: Pace) -> float:
        """Documents per second from the announced order to the reported delivery."""
        events = [self._released(SUPPLIERS[number % len(SUPPLIERS)]) for number in range(documents)]
        handle = Orders(self.rig.around).subscription().handlers[type(events[0].message)]
        began = time.perf_counter()
        for first in range(0, documents, pace.events):
            async with self.rig.uow(tenants=TENANTS) as work:
                await handle(events[first : first + pace.events], work)
        carried = await asyncio.gather(*(self._carry(each, pace.deliveries) for each in SUPPLIERS))
        if sum(carried) < documents:
            raise AssertionError(f"of {documents} documents {sum(carried)} were carried")
        return documents / (time.perf_counter() - began)

    async def _carry(self, partner: str, limit: int) -> int:
        """As the partner's worker would, until nothing is left; the transport itself takes no time."""
        worker, carried = Worker(TENANT, partner, "bench", 0), 0
        with caused_by(a_cause()):
            held, _ = await acquire_lease(worker, "outbound", self.rig.around)
            worker = replace(worker, epoch=held.epoch)
            while found := await self.rig.desk.lease(worker, limit, timedelta(0)):
                reports = [Report(TENANT, each.leased.delivery_id, each.leased.epoch, Delivered()) for each in found]
                await report_deliveries(worker, reports, self.rig.queue, self.rig.around)
                carried += sum(1 for each in found if each.document.kind == "x12.850")
        return carried

    def _released(self, partner: str) -> Received[Any]:
        number = next(self.numbers)
        order = orders.order(
            number=f"46{number:08d}", purchase_order_id=f"id-{number}", supplier_id=f"P-{partner}".upper()
        )
        message, now = orders.released(order), datetime.now(UTC)
        return Received(
            id=uuid4(),
            type=message.DESCRIPTOR.full_name,
            message=message,
            tenant=TENANT,
            business_unit="EU01",
            aggregate_type="purchase_order",
            aggregate_id=order.purchase_order_id,
            version=1,
            subject=order.number,
            occurred_at=now,
            recorded_at=now,
            origin=None,
            correlation_id="bench",
            causation_id="bench",
            transaction_ids=(order.purchase_order_id,),
            keys=(f"po:{order.number}",),
            express=False,
            traceparent="",
            cause=replace(a_cause("event"), transaction_ids=(order.purchase_order_id,)),
        )


async def run(servers: EmbeddedServers) -> Sequence[Figure]:
    schemas = MigratedDatabases(servers)
    async with floor(servers, schemas) as ours, floor(servers, schemas) as other:
        inward = await interleaved(
            ROUNDS, lambda: ours.take_in(IN_BATCHES, BATCHED), lambda: other.take_in(IN_SINGLY, ONE_BY_ONE)
        )
        outward = await interleaved(
            ROUNDS, lambda: ours.send_out(OUT_BATCHES, BATCHED), lambda: other.send_out(OUT_SINGLY, ONE_BY_ONE)
        )
    return [
        Figure("connector, documents in", inward[0], "documents/s", inward[1], "one by one", floor=2),
        Figure("connector, documents out", outward[0], "documents/s", outward[1], "one by one", floor=2),
    ]


@asynccontextmanager
async def floor(servers: EmbeddedServers, schemas: MigratedDatabases) -> AsyncIterator[Floor]:
    database = await schemas.fresh("connector")
    engine = create_engine(database.urls.database, "connector")
    rig = Rig(engine)
    rig.procurement.accepts("AcknowledgePurchaseOrder", procurement.AcknowledgePurchaseOrderResponse())
    for each in SUPPLIERS:
        await rig.partner(
            each,
            role="SUPPLIER",
            partyId=f"P-{each}".upper(),
            transport={"fileDrop": {"inbox": f"{each}/in", "outbox": f"{each}/out"}},
            edi={"partnerId": "ZZ:NORDIC", "ownId": "ZZ:ACME"},
            documents=ROUTES,
            timers={"functionalAck": "600s"},
            rateLimit={"perSecond": 10_000, "burst": 10_000},
        )
    await rig.knows(
        Thing(TENANT, "item", "A1001", (), "EA", {"XCS": "100"}),
        Thing(TENANT, "item", "A1004", (), "EA", {"XCS": "12"}),
        Thing(TENANT, "location", "WH-EAST"),
    )
    built = Floor(rig)
    await built.take_in(100, BATCHED)
    await built.send_out(100, BATCHED)
    admin = await asyncpg.connect(servers.postgres.url(database.name))
    # A table that was never analysed is scanned whole under row-level security.
    await admin.execute("ANALYZE")
    await admin.close()
    yield built
    await engine.stop()
