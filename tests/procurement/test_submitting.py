"""The ERP's documents through a real call: released, revised, repeated, late, cancelled, and what is refused."""

from __future__ import annotations

import crossdock.procurement.events.v1.events_pb2 as facts
import pytest
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from procurement_cases.calls import Caller, unique


@pytest.mark.feature("F005", "F006")
async def test_a_submitted_order_is_released_once(caller: Caller) -> None:
    number = unique("PO")
    done = await caller.submit(number)
    order = done.purchase_order
    assert done.placement == pb.PLACEMENT_CREATED
    assert (order.revision, order.state) == (1, order_pb.PURCHASE_ORDER_STATE_RELEASED)
    released = await caller.journal(order.purchase_order_id)
    assert [type(each) for each in released] == [facts.PurchaseOrderReleased]
    fact = released[0]
    assert isinstance(fact, facts.PurchaseOrderReleased)
    assert fact.purchase_order == order
    assert [(each.on_order_change, each.base_unit, each.ship_to_id) for each in fact.lines] == [
        ("100", "EA", "WH-EAST")
    ]
    assert await caller.timers(order.purchase_order_id)
