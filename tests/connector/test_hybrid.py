"""A legacy ERP that exchanges files twice a day and a cloud ERP with an API, beside each other on one contract."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from connector.domain.documents import State
from connector.domain.schedule import read_crontab
from connector.store.codes import Entry
from connector_samples.calls import control, purchase_order
from connector_samples.partners import ERP_ROUTES
from connector_samples.rig import TENANT, Rig
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_kit.deliveries import Delivered

pytestmark = pytest.mark.usefixtures("accepting")
TWICE_A_DAY = "0 6,18 * * *"
LEGACY_ROUTES = [
    {"kind": "json.purchase_order", "direction": "IN", "path": "purchase-orders"},
    *(route for route in ERP_ROUTES if route["direction"] == "OUT"),
]


async def legacy(rig: Rig) -> None:
    """Files in two folders, and what it is told goes twice a day."""
    await rig.partner(
        "erp-as400",
        role="ERP",
        system="ERP-AS400",
        businessUnit="LEG1",
        transport={"fileDrop": {"inbox": "erp-as400/in", "outbox": "erp-as400/out"}},
        schedule={"mode": "cron", "cron": TWICE_A_DAY},
        documents=LEGACY_ROUTES,
    )
    codes = (("party", "V100010", "SUP-NORDIC"), ("location", "1010", "WH-EAST"), ("unit", "ST", "EA"))
    entries = [Entry(TENANT, "erp-as400", kind, "", code, ours) for kind, code, ours in codes]
    await rig.knows(entries=entries)


def received(unit: str, number: str) -> events_pb2.GoodsReceived:
    event = events_pb2.GoodsReceived(receipt_id=f"id-{number}", number=number, location_id="WH-EAST")
    event.receipt.business_unit = unit
    return event


@pytest.mark.feature("F343")
async def test_orders_of_a_file_and_of_an_api_become_the_same_command(rig: Rig) -> None:
    await legacy(rig)
    number = f"PO-{control()}"
    cloud = await rig.given("erp-eu", purchase_order(number), name=f"x-{control()}", path="purchase-orders")
    order = json.dumps(json.loads(purchase_order(number)) | {"companyCode": "LEG1"}).encode()
    file = await rig.given("erp-as400", order, name=f"{number}.json")
    assert (cloud.state, file.state) == (State.UNDERSTOOD, State.UNDERSTOOD), file.reason
    made = [each for each in rig.procurement.requests if isinstance(each, procurement.SubmitPurchaseOrderRequest)][-2:]
    assert [(each.origin.system, each.business_unit, each.number) for each in made] == [
        ("ERP-EU", "EU01", number),
        ("ERP-AS400", "LEG1", number),
    ]
    for each in made:
        for name in ("origin", "business_unit", "request_id"):
            each.ClearField(name)
    assert made[0] == made[1]


@pytest.mark.feature("F343")
async def test_the_same_fact_goes_at_once_to_the_one_and_with_the_next_batch_to_the_other(rig: Rig) -> None:
    await legacy(rig)
    await rig.send("erp-eu")
    begun = datetime.now(UTC)
    for unit, number in (("EU01", "RC-CLOUD"), ("LEG1", "RC-FILE")):
        await rig.tell(received(unit, number), aggregate=f"receipt/id-{number}")
    [(_, by_api)] = await rig.send("erp-eu", Delivered(foreign_number="5000000001"))
    assert await rig.send("erp-as400") == [], "not before its time"
    due = await rig.value("SELECT next_attempt_at FROM delivery WHERE partner = 'erp-as400'")
    slots = read_crontab(TWICE_A_DAY)
    assert due in {slots.next_after(begun, ZoneInfo("UTC")), slots.next_after(datetime.now(UTC), ZoneInfo("UTC"))}
    assert due - begun <= timedelta(hours=12)
    await rig.value("UPDATE delivery SET next_attempt_at = now() WHERE partner = 'erp-as400'")
    [(sent, by_file)] = await rig.send("erp-as400", Delivered())
    assert sent.state is State.SENT
    one, other = json.loads(by_api), json.loads(by_file)
    assert (one["companyCode"], other["companyCode"]) == ("EU01", "LEG1")
    assert one.keys() == other.keys()
    assert one["plant"] == other["plant"] == "1010"
