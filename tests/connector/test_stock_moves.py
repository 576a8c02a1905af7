"""Put-away and holds: what a warehouse says becomes inventory's command, and the ERP posts what changed of a hold."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from connector.domain.documents import State
from connector_samples.calls import refusal
from connector_samples.rig import Rig
from crossdock.common.v1 import values_pb2
from crossdock.inventory.events.v1 import events_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_move_pb2 as moves
from crossdock_kit.errors import Refused
from crossdock_kit.events import Origin
from google.protobuf.timestamp_pb2 import Timestamp
from inventory.domain.stock_move import StockMoveNumberReused
from inventory.domain.stock_report import LocationOfAnotherSystem

pytestmark = pytest.mark.usefixtures("accepting")

NINE = Timestamp(seconds=1_794_301_200)


def put_away(number: str = "", **line: Any) -> bytes:
    number = number or uuid4().hex
    head = {"type": "PUT_AWAY", "number": number, "warehouse": "EAST1", "completedAt": "2026-11-10T09:00:00Z"}
    known = {"sku": "A1001", "lot": "L1", "qty": "12", "uom": "EACH"}
    return json.dumps(head | {"lines": [known | line]}).encode()


def hold(**line: Any) -> bytes:
    head = {"type": "QUALITY_HOLD", "number": uuid4().hex, "warehouse": "EAST1", "decidedAt": "2026-11-10T09:00:00Z"}
    known = {"sku": "A1001", "lot": "L1", "qty": "4", "uom": "EACH", "decision": "RELEASE", "reason": "lab 17"}
    return json.dumps(head | {"lines": [known | line]}).encode()


@pytest.mark.feature("F014")
async def test_a_put_away_becomes_a_command_and_stands_with_its_report(rig: Rig) -> None:
    known = moves.StockMoveReport(report_id="move-1")
    rig.procurement.accepts("RecordStockMoves", moves.RecordStockMovesResponse(report=known))
    document = await rig.given("wms-east", put_away("PA-1"), path="put-aways")
    assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("move-1",))
    [request] = rig.procurement.requests
    assert isinstance(request, moves.RecordStockMovesRequest)
    assert (request.number, request.location_id, request.origin.system) == ("PA-1", "WH-EAST", "WMS-EAST")
    assert request.moved_at == NINE
    [line] = request.lines
    assert (line.sku, line.lot, line.quantity.value, line.kind) == ("A1001", "L1", "12", moves.STOCK_MOVE_KIND_PUT_AWAY)
    again = await rig.given("wms-east", put_away("PA-1"), path="put-aways")
    assert (again.state, len(rig.procurement.requests)) == (State.DUPLICATE, 1)


@pytest.mark.feature("F015")
@pytest.mark.parametrize(
    ("decision", "kind"),
    [
        ("HOLD", moves.STOCK_MOVE_KIND_HOLD_PLACED),
        ("RELEASE", moves.STOCK_MOVE_KIND_HOLD_RELEASED),
        ("REJECT", moves.STOCK_MOVE_KIND_HOLD_REJECTED),
    ],
)
async def test_a_decision_of_quality_says_what_and_why(rig: Rig, decision: str, kind: int) -> None:
    rig.procurement.accepts("RecordStockMoves", moves.RecordStockMovesResponse())
    await rig.given("wms-east", hold(decision=decision, shelved=True), path="quality-holds")
    [request] = rig.procurement.requests
    assert isinstance(request, moves.RecordStockMovesRequest)
    assert [(each.kind, each.reason, each.shelved) for each in request.lines] == [(kind, "lab 17", True)]


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        ("put-aways", put_away(status="LOST"), "'LOST' is none of DONE, UNDONE"),
        ("put-aways", put_away(qty="some"), "qty"),
        ("quality-holds", hold(reason=""), "reason"),
        ("quality-holds", hold(decision="BURN"), "'BURN' is none of HOLD"),
        ("quality-holds", hold(shelved="yes"), "true or false"),
    ],
)
async def test_a_report_that_says_not_what_or_why_is_refused(rig: Rig, path: str, content: bytes, says: str) -> None:
    document = await rig.given("wms-east", content, path=path)
    assert document.state is State.REFUSED
    assert says in document.reason
    assert rig.procurement.requests == []


@pytest.mark.parametrize(
    ("error", "code", "owner"),
    [
        (StockMoveNumberReused("WMS-EAST", "PA-1"), "STOCK_MOVE_NUMBER_REUSED", "warehouse"),
        (LocationOfAnotherSystem("WH-EAST", "WMS-WEST"), "LOCATION_OF_ANOTHER_SYSTEM", "integration"),
    ],
)
async def test_a_report_that_is_refused_has_an_owner(rig: Rig, error: Refused, code: str, owner: str) -> None:
    rig.procurement.refuses("RecordStockMoves", refusal(error))
    document = await rig.given("wms-east", put_away(), path="put-aways")
    assert await rig.exceptions(document.document_id) == [("business", code, owner)]


@pytest.mark.feature("F046")
@pytest.mark.parametrize(("origin", "told"), [("ERP-EU", 0), ("QA-DESK", 1)])
async def test_what_an_erp_has_said_is_not_told_to_it(rig: Rig, origin: str, told: int) -> None:
    identity = str(uuid4())
    accounts: dict[str, Any] = {"from": inventory.ACCOUNT_SELLABLE, "to": inventory.ACCOUNT_QUARANTINED}
    quantity = values_pb2.Quantity(value="4", unit="EA")
    movement = inventory.Movement(
        sku="A1001", location_id="WH-EAST", business_unit="EU01", quantity=quantity, occurred_at=NINE, **accounts
    )
    changed = events_pb2.QualityHoldChanged(report_id=identity, number="QH-1", movements=[movement])
    await rig.tell(changed, aggregate=f"stock_move/{identity}", origin=Origin(system=origin))
    assert len(await rig.send("erp-eu")) == told
    assert await rig.exceptions_like(f"stock_move/{identity}") == []


@pytest.mark.feature("F015")
async def test_the_erp_posts_a_release_out_of_one_state_and_into_the_other(rig: Rig) -> None:
    identity = str(uuid4())
    accounts: dict[str, Any] = {"from": inventory.ACCOUNT_QUARANTINED, "to": inventory.ACCOUNT_SELLABLE}
    movement = inventory.Movement(
        sku="A1001",
        location_id="WH-EAST",
        business_unit="EU01",
        lot="L1",
        quantity=values_pb2.Quantity(value="4", unit="EA"),
        reason="QUALITY_RELEASED",
        occurred_at=NINE,
        **accounts,
    )
    changed = events_pb2.QualityHoldChanged(report_id=identity, number="QH-1", movements=[movement])
    await rig.tell(changed, aggregate=f"stock_move/{identity}")
    [(document, content)] = await rig.send("erp-eu")
    found: dict[str, Any] = json.loads(content)
    assert (document.kind, found["movementId"], found["reference"]) == ("json.stock_movement", identity, "QH-1")
    kept = ("direction", "quantity", "stockType", "lot", "reason")
    assert [tuple(line[name] for name in kept) for line in found["lines"]] == [
        ("decrease", "4", "quarantined", "L1", "QUALITY_RELEASED"),
        ("increase", "4", "sellable", "L1", "QUALITY_RELEASED"),
    ]
