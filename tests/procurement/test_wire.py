"""Every fact of the domain has one wire form, with the keys and ids that its envelope needs."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import inbound_pb2 as inbound
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from procurement.domain import events
from procurement.domain.order_line import LineState
from procurement.domain.outcomes import Outcome
from procurement.domain.purchase_order import OrderState
from procurement.domain.receipt import Condition, DiscrepancyCode
from procurement.domain.ship_notice import NoticeState
from procurement.domain.terms import Placement
from procurement.wire import answers, purchase_order
from procurement.wire import inbound as inbound_wire
from procurement.wire.envelopes import announcement
from procurement.wire.events import to_message
from procurement_cases import trade
from procurement_cases.trade import says


def contract_events() -> set[str]:
    described = events_pb2.DESCRIPTOR.message_types_by_name
    return {name for name, each in described.items() if each.GetOptions().Extensions[options_pb2.event].aggregate}


@pytest.mark.feature("F001")
def test_the_domain_and_the_contract_know_the_same_facts() -> None:
    assert {each.__name__ for each in get_args(events.Event)} == contract_events()
    assert {each.__name__ for each in to_message.registry} - {"object"} == contract_events()


@pytest.mark.parametrize(
    ("table", "words", "enum"),
    [
        (purchase_order.ORDER_STATES, OrderState, order_pb.PurchaseOrderState),
        (purchase_order.LINE_STATES, LineState, order_pb.LineState),
        (purchase_order.PLACEMENTS, Placement, pb.Placement),
        (answers.OUTCOMES, Outcome, pb.AcknowledgmentOutcome),
        (inbound_wire.NOTICE_STATES, NoticeState, inbound.ShipNoticeState),
        (inbound_wire.CONDITIONS, Condition, inbound.Condition),
        (inbound_wire.DISCREPANCIES, DiscrepancyCode, inbound.DiscrepancyCode),
    ],
)
def test_each_word_of_the_domain_is_one_word_of_the_contract(table: Any, words: Any, enum: Any) -> None:
    assert list(table) == list(words)
    assert sorted(table.values()) == sorted(set(enum.values()) - {0})
    for word, number in table.items():
        assert enum.Name(number).endswith(word.name), word


@pytest.mark.feature("F002", "F004")
def test_a_fact_carries_every_key_by_which_people_look_for_it() -> None:
    order = trade.released()
    trade.acknowledge(order, says(Outcome.ACCEPTED))
    notice = trade.ship(trade.packed(order, 60), orders=[order])
    receipt = trade.receive(trade.counted(60, ship_notice_number=notice.number), orders=[order], notices=[notice])
    asn = f"asn:{notice.number}"
    carried = {
        type(event).__name__: announcement(event)
        for aggregate in (order, notice, receipt)
        for event in trade.told(aggregate)
    }
    acknowledged, shipped = carried["PurchaseOrderAcknowledged"], carried["ShipNoticeReceived"]
    received = carried["GoodsReceived"]
    assert (acknowledged.keys, acknowledged.root_key) == (("po:4711", "sku:BOLT"), "po:4711")
    assert shipped.keys == (asn, "po:4711", "sku:BOLT")
    assert received.keys == (f"receipt:{receipt.number}", "po:4711", asn, "sku:BOLT", "location:WH-EAST")
    for told in carried.values():
        assert told.transaction_ids == (order.purchase_order_id,)
        assert told.business_unit == "EU01"
    assert (received.transaction_type, acknowledged.transaction_type) == ("", "purchase_order")


def test_a_receipt_without_an_order_is_the_root_of_its_own_transaction() -> None:
    receipt = trade.receive(trade.counted(7), orders=[])
    told = announcement(trade.told(receipt)[0])
    assert (told.transaction_type, told.root_key) == ("receipt", f"receipt:{receipt.number}")
    assert told.transaction_ids == (receipt.receipt_id,)
