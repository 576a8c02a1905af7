"""What is called off at the dock: the checker lets sound books pass and finds each step that somebody forgot."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from faults import world
from faults.checkers.called_off import carried_by_nobody
from faults.checkers.finding import Trial
from faults.evidence import Evidence, OfService
from faults.history import History
from faults.selling import load
from faults.selling.road import LATEST_SECONDS, SOONEST_SECONDS, Yard
from partners.faults import Faults
from partners.picking import Parcel, PickFloor

STOPPED, GONE = "FR-acme-1-1", "FR-acme-1-2"
SHIPMENT, LEFT = f"SH-EAST1-{STOPPED}/1.1", f"SH-EAST1-{GONE}/1.1"


def floor() -> PickFloor:
    found = PickFloor("wms-east", "EAST1", cast(Any, None), Faults(), mark="EAST1-")
    line = {"orderLine": "1", "sku": "F0009", "qty": "2", "uom": "EACH"}
    for order in (STOPPED, GONE):
        found.requests[f"{order}/1.1"] = {"order": order, "lines": [line]}
    return found


def sound() -> Trial:
    """Two orders are called off when they have their label: one is stopped, the other one has just left."""
    history = History()
    for order in (STOPPED, GONE):
        operation = history.invoke("seller-0", "CancelOrder", order, "acme", sales.CancelOrderRequest())
        history.end(operation, "ok", answer=sales.CancelOrderResponse())
    east = floor()
    east.stopped.add(f"{STOPPED}/1.1")
    east.gone.add(f"{GONE}/1.1")
    east.issued[GONE, "1"] = Decimal(2)
    tms = SimpleNamespace(taken={SHIPMENT: "SWFT1", LEFT: "SWFT2"}, voided={SHIPMENT}, asked=Counter[Any]())
    tms.asked.update([(SHIPMENT, "offer"), (LEFT, "offer"), (SHIPMENT, "void_label")])
    parcels = [Parcel(GONE, LEFT, "SWFT", "SWFT2", {"1": Decimal(2)})]
    dock = SimpleNamespace(floor=east, location="WH-EAST")
    cast_: Any = SimpleNamespace(docks=[dock], tms=tms, carrier=SimpleNamespace(parcels=parcels))
    late = {"code": "RECALL_REFUSED", "subject": "sales_order/o2/1", "transaction_ids": ["o2"]}
    evidence = Evidence(services={"fulfillment": OfService(exceptions=[late]), "delivery": OfService()})
    evidence.sales_orders = [order_row(STOPPED, "o1", "cancelled"), order_row(GONE, "o2", "delivered")]
    evidence.shipments = [
        {"tenant": "acme", "number": SHIPMENT, "milestone": "", "call_off": "done"},
        {"tenant": "acme", "number": LEFT, "milestone": "delivered", "call_off": ""},
    ]
    evidence.stock = [{"tenant": "acme", "sku": "F0009", "location_id": "WH-EAST", "staged": Decimal(0)}]
    return Trial(world.day_of(1, 0, "acme"), history, evidence, cast_)


def order_row(number: str, order_id: str, state: str) -> dict[str, Any]:
    return {"tenant": "acme", "number": number, "order_id": order_id, "state": state}


def test_what_was_stopped_and_what_had_just_left_pass() -> None:
    found = carried_by_nobody(sound())
    assert found.holds, str(found)


def raised(code: str, order_id: str) -> dict[str, Any]:
    return {"code": code, "subject": f"sales_order/{order_id}/1", "transaction_ids": [order_id]}


def label_kept(trial: Trial) -> str:
    trial.cast.tms.voided.clear()
    return "its label is not void"


def carried_all_the_same(trial: Trial) -> str:
    trial.cast.carrier.parcels.append(Parcel(STOPPED, SHIPMENT, "SWFT", "SWFT1", {}))
    return "is with its carrier"


def believed_on_the_road(trial: Trial) -> str:
    trial.evidence.shipments[0]["milestone"] = "dispatched"
    return "and is dispatched"


def never_called_off(trial: Trial) -> str:
    trial.evidence.shipments[0]["call_off"] = ""
    return "its carriage is called off: never"


def answer_not_heard(trial: Trial) -> str:
    trial.evidence.shipments[0]["call_off"] = "awaited"
    return "its carriage is called off: awaited"


def asked_twice(trial: Trial) -> str:
    trial.cast.tms.asked[SHIPMENT, "void_label"] += 1
    return f"asked for void_label of {SHIPMENT} 2 times"


def order_goes_on(trial: Trial) -> str:
    trial.evidence.sales_orders[0]["state"] = "released"
    return f"order {STOPPED} was called off and stopped, it is released"


def order_gone(trial: Trial) -> str:
    trial.evidence.sales_orders = trial.evidence.sales_orders[1:]
    return "it is gone"


def left_and_nobody_knows(trial: Trial) -> str:
    trial.evidence.services["fulfillment"].exceptions = []
    return f"order {GONE} was called off and went out, and nobody owns that"


def not_put_back(trial: Trial) -> str:
    trial.evidence.stock[0]["staged"] = Decimal(2)
    return "2 of F0009 lie picked at WH-EAST"


def recall_still_open(trial: Trial) -> str:
    trial.evidence.services["fulfillment"].exceptions = [
        raised("RECALL_REFUSED", "o2"),
        raised("RECALL_UNANSWERED", "o1"),
    ]
    return "sales_order/o1/1: RECALL_UNANSWERED"


def call_off_still_open(trial: Trial) -> str:
    trial.evidence.services["delivery"].exceptions = [raised("CALL_OFF_UNANSWERED", "o1")]
    return "CALL_OFF_UNANSWERED"


@pytest.mark.parametrize(
    "plant",
    [
        label_kept,
        carried_all_the_same,
        believed_on_the_road,
        never_called_off,
        answer_not_heard,
        asked_twice,
        order_goes_on,
        order_gone,
        left_and_nobody_knows,
        not_put_back,
        recall_still_open,
        call_off_still_open,
    ],
)
def test_a_step_that_is_forgotten_is_found(plant: Callable[[Trial], str]) -> None:
    trial = sound()
    words = plant(trial)
    violations = carried_by_nobody(trial).violations
    assert len(violations) == 1, violations
    assert words in violations[0]


def test_a_packing_that_was_told_after_the_stop_is_its_warehouses_to_look_at() -> None:
    """It asked for a label, for goods that are back on their shelf; nobody can have known."""
    trial = sound()
    for plant in (label_kept, never_called_off, not_put_back):
        plant(trial)
    fulfillment = trial.evidence.services["fulfillment"]
    fulfillment.exceptions = [*fulfillment.exceptions, raised("HANDLED_WITHOUT_RELEASE", "o1")]
    found = carried_by_nobody(trial)
    assert found.holds, str(found)


def test_a_truck_comes_some_time_after_the_label(monkeypatch: pytest.MonkeyPatch) -> None:
    east = floor()
    yard = Yard([cast(Any, SimpleNamespace(floor=east))])
    waits: list[float] = []
    arrives: list[Callable[[], None]] = []

    def later(seconds: float, comes: Callable[..., None], *about: str) -> None:
        waits.append(seconds)
        arrives.append(lambda: comes(*about))

    loop = SimpleNamespace(call_later=later)
    monkeypatch.setattr("faults.selling.road.asyncio", SimpleNamespace(get_running_loop=lambda: loop))
    for shipment in (SHIPMENT, LEFT):
        yard.expect(shipment, "SWFT", "SWFT1")
    assert all(SOONEST_SECONDS <= each <= LATEST_SECONDS for each in waits)
    assert sorted(yard.labelled()) == [STOPPED, GONE]
    east.stopped.add(f"{STOPPED}/1.1")
    assert yard.labelled() == [GONE]
    arrives[1]()
    assert yard.labelled() == []
    assert east.trucks == {LEFT: ("SWFT", "SWFT1")}


async def test_who_hears_nothing_at_the_dock_calls_off_again_and_who_is_answered_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "AT_THE_DOCK", 1.0)
    monkeypatch.setattr(load, "DOCK_SECONDS", 0.0)
    asked: list[str] = []
    until = asyncio.Event()

    async def cancel(request: sales.CancelOrderRequest, **_: Any) -> sales.CancelOrderResponse:
        asked.append(request.ref.number)
        if asked.count(STOPPED) < 2:
            raise grpc.aio.AioRpcError(grpc.StatusCode.DEADLINE_EXCEEDED, grpc.aio.Metadata(), grpc.aio.Metadata())
        return sales.CancelOrderResponse()

    looks = iter([[STOPPED], [STOPPED], [STOPPED, GONE], [STOPPED, GONE]])

    def labelled() -> list[str]:
        found = next(looks, [])
        if not found:
            until.set()
        return found

    desk = cast(Any, SimpleNamespace(orders=SimpleNamespace(CancelOrder=cancel)))
    seller = load.Sellers("acme", lambda: (), History(), 1, desk, labelled)
    await seller.call_off_at_the_dock(until)
    assert asked == [STOPPED, STOPPED, GONE]
