"""An ordinary shipment, from stock that is bound at once, that its carrier foretells too late: its channel hears that
it is late against its promise, through catalog, inventory, fulfillment and delivery."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from catalog.__main__ import SERVICE as CATALOG
from crossdock.delivery.v1 import delivery_service_pb2_grpc as delivery_grpc
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.events.v1 import events_pb2
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.servers.nats import Nats
from delivery.__main__ import SERVICE as DELIVERY
from delivery_cases.calls import Caller as Carrier
from delivery_cases.calls import instant, reached, word
from fulfillment.__main__ import SERVICE as FULFILLMENT
from fulfillment_cases.calls import line, unique
from fulfillment_cases.suite import Suite, eventually, opened
from fulfillment_cases.warehouse import reported
from inventory.__main__ import SERVICE as INVENTORY

# When a day is over in the last of all zones, counted from its beginning in UTC.
OVER = timedelta(days=1, hours=12)


@pytest.fixture(scope="module")
async def suite(
    migrated: MigratedDatabases, broker: Nats, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Suite]:
    folder = Path(tmp_path_factory.mktemp("suite"))
    async with opened(migrated, broker, folder, CATALOG, INVENTORY, FULFILLMENT, DELIVERY) as suite:
        yield suite


@pytest.fixture
def carrier(suite: Suite) -> Carrier:
    stub = suite.stub("delivery", delivery_grpc.DeliveryServiceStub)
    return Carrier(stub, suite.running["delivery"].app.engine, "acme")


async def known(carrier: Carrier, number: str) -> shipment_pb2.Shipment:
    """Once delivery has heard of it."""

    async def look() -> bool:
        return bool(await carrier.fetch("SELECT number FROM shipment WHERE number = $1", number))

    await eventually(look)
    return await carrier.shipment(number)


async def forecasts(suite: Suite, order_id: str) -> list[bool]:
    """Whether the goods are late, each time that the channel hears where they are."""
    rows = await suite.caller.fetch(
        "SELECT body FROM journal WHERE aggregate = $1 AND type LIKE '%OrderStatusChanged' ORDER BY version",
        f"sales_order/{order_id}",
    )
    return [events_pb2.OrderStatusChanged.FromString(row["body"]).delayed for row in rows]


@pytest.mark.feature("F136", "F139")
async def test_a_shipment_from_stock_is_late_against_the_day_that_its_order_was_promised_for(
    suite: Suite, carrier: Carrier
) -> None:
    sku = await suite.item(WH_EAST=5)
    order_id = await suite.place(line("1", 5, sku))
    found = await suite.until(order_id, "released")
    [schedule] = found.lines[0].schedules
    assert (schedule.supply, schedule.promised_on) == ("stock", schedule.owed_on)
    promised = date(schedule.promised_on.year, schedule.promised_on.month, schedule.promised_on.day)
    assert promised > found.order.created_at.ToDatetime(tzinfo=UTC).date()

    shipment, goods = unique("SH").upper(), reported(found.order.number, sku, 5)
    await suite.site("WH-EAST").pack(shipment, goods)
    over = datetime.combine(promised, time(), UTC) + OVER
    assert (await known(carrier, shipment)).promised_by == instant(over)
    await carrier.assign(shipment, shipment)
    await suite.site("WH-EAST").issue(unique("GI"), shipment, goods)
    await carrier.record(word("AF", 1, shipment), word("AG", 2, shipment, estimated_at=instant(over)))
    assert "delayed" not in reached(await carrier.shipment(shipment))
    await suite.until(order_id, "shipped")

    await carrier.record(word("AG", 3, shipment, estimated_at=instant(over + timedelta(days=2))))
    late = await carrier.shipment(shipment)
    assert "delayed" in reached(late)
    assert late.eta == instant(over + timedelta(days=2))

    async def channel_hears() -> bool:
        return (await forecasts(suite, order_id))[-1]

    await eventually(channel_hears)
    assert (await forecasts(suite, order_id))[0] is False, "it left in time"
