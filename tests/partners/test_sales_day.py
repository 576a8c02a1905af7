"""The orders of the built-in day say what they must say, and their judge tells what does not agree."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from base64 import b64decode
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from crossdock.common.v1.values_pb2 import Quantity
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.v1 import sales_order_pb2
from partners import x12
from partners.day import BUILT_IN, load
from partners.faults import Faults
from partners.journal import Journal
from partners.picking import Parcel, PickFloor
from partners.sales import shop, verdict
from partners.sales.books import SalesBook
from partners.sales.day import SalesDay, SalesOrder
from partners.sales.desk import Found
from partners.sales.edi_customer import EdiCustomer
from partners.sales.held import crossdock_book, named
from partners.sales.money import money_differences
from partners.sales.shop import shopify_headers
from partners.sales.tms import Tms
from partners.sales.tms_x12 import Broker
from partners.sales.verdict import SalesRow, SalesVerdict
from partners.suite import read_master_data
from partners.verdict import Row, Verdict

SCENES = (
    "one unit wanted on four channels",
    "a label printed, and the truck still at the dock",
    "out of sequence while the ERP is away",
    "a carrier gone silent",
    "the proof that the invoice waits for never comes",
    "a partial return",
    "a supplier's delay that breaks a customer's promise",
    "a broker takes the load on by X12 990",
    "called off when it was packed and its carrier found",
    "sold with a discount, with carriage",
    "a part asked back by 180 and credited by 812",
)


@pytest.fixture(scope="module")
def day() -> SalesDay:
    return load(today=date(2026, 3, 2)).sales


def test_four_channels_sell_and_each_scene_is_played(day: SalesDay) -> None:
    assert len(day.orders) >= 24
    assert len({order.number for order in day.orders}) == len(day.orders)
    assert {order.channel for order in day.orders} == {"shop-eu", "edi-mercato", "inside-sales", "erp-eu"}
    for scene in SCENES:
        assert any(scene in order.scene for order in day.orders), scene


def test_one_piece_is_wanted_on_four_channels(day: SalesDay) -> None:
    wanted = [order for order in day.orders if any(line.sku == "S3010" for line in order.lines)]
    assert sorted(order.channel for order in wanted) == ["edi-mercato", "erp-eu", "inside-sales", "shop-eu"]
    assert sum(each.quantity for each in day.stock if each.sku == "S3010") == 1


def test_what_is_ordered_lies_on_the_shelves_and_is_known(day: SalesDay) -> None:
    rows = read_master_data(BUILT_IN.parent / "master-data.yaml")
    known = {row["sku"] for row in rows["items"]}
    ordered = Counter[str]()
    for order in day.orders:
        ordered.update({line.sku: int(line.quantity) for line in order.lines})
    stocked = Counter({each.sku: int(each.quantity) for each in day.stock})
    assert set(ordered) <= known
    bought = {line.sku for order in day.orders if order.waits_for for line in order.lines}
    assert {sku for sku in ordered if ordered[sku] > stocked[sku]} == {"S3010"} | bought
    assert {order.customer for order in day.orders} <= {row["party_id"] for row in rows["parties"]}


def test_a_shortened_span_names_one_customer_or_carrier(day: SalesDay) -> None:
    assert all(rule.partner for rule in day.rules)
    for carrier in ("YARD", "MUTE"):
        assert len([order for order in day.orders if order.carrier == carrier]) == 1


def test_a_shop_signs_the_body_alone() -> None:
    headers = shopify_headers("word", b"body", message_id="m-1")
    assert b64decode(headers["x-shopify-hmac-sha256"]) == hmac.new(b"word", b"body", hashlib.sha256).digest()
    assert headers["x-shopify-webhook-id"] == "m-1"


def edi(set_id: str, *segments: str) -> x12.Sent:
    return x12.Sent(set_id, "0001", "1", "XX", [each.split("*") for each in segments])


def test_a_customer_on_edi_keeps_what_it_is_told(tmp_path: Any) -> None:
    customer = EdiCustomer(Journal(), tmp_path)
    customer._take(edi("855", "BAK*00*AC*PO-1*20260302", "PO1*1*5*EA", "ACK*IA*3*EA", "ACK*IB*2*EA"))
    assert customer.confirmed == {("PO-1", "1"): Decimal(3)}
    customer._take(edi("855", "BAK*00*AC*PO-1*20260302", "PO1*1*5*EA", "ACK*DR*5*EA"))
    assert customer.confirmed == {("PO-1", "1"): Decimal(5)}
    customer._take(edi("856", "BSN*00*N-1", "PRF*PO-1", "LIN*1*VP*S3001", "SN1**4*EA", "LIN*1*VP*S3001", "SN1**1*EA"))
    customer._take(edi("810", "BIG*20260302*9*20260301*PO-1", "IT1*1*5*EA*1"))
    assert [customer.book.of(name, "PO-1", "1") for name in ("shipped", "invoiced")] == [Decimal(5)] * 2
    customer._take(edi("810", "BIG*20260302*9*20260301*PO-1", "IT1*1*1*EA*1", "TDS*1190"))
    customer._take(edi("812", "BCD*20260302*8*H*595*C**9***PO-1", "CDD*72*C*1**Y**2*EA"))
    assert (customer.billed["PO-1"], customer.refunded["PO-1"]) == (Decimal("11.9"), Decimal("5.95"))
    assert customer.book.of("credited", "PO-1", "1") == Decimal(2)


async def test_a_customer_on_edi_writes_what_is_taken_off_and_asks_before_it_sends_back(
    day: SalesDay, tmp_path: Any
) -> None:
    customer = EdiCustomer(Journal(), tmp_path)
    order = next(each for each in day.of_channel("edi-mercato") if each.back)
    assert order.back is not None
    await customer.order(order)
    customer._take(edi("180", f"BGN*11*{order.back.number}*20260302", "RDR*RA", f"PRF*{order.number}"))
    await customer.ask_back(order, order.back)
    customer._take(edi("180", f"BGN*11*{order.back.number}*20260302", "RDR*RD"))
    with pytest.raises(ValueError, match="is answered by RD"):
        await customer.ask_back(order, order.back)
    ordered, asked, _ = [x12.read(each.read_bytes())[0] for each in sorted((tmp_path / "in").iterdir())]
    sacs = [row for row in ordered.segments if row[0] == "SAC"]
    assert sacs == [["SAC", "A", "C310", "", "", "600"], ["SAC", "C", "D240", "", "", "750"]]
    assert (asked.set_id, asked.group_code, asked.segments[0][1:3]) == ("180", "AN", ["13", order.back.number])
    assert [row for row in asked.segments if row[0] in ("BLI", "N9")] == [
        ["BLI", "VP", "S3009", "1", "EA"],
        ["N9", "LI", "2"],
    ]


def test_a_shop_says_what_it_took_off_and_what_carriage_cost(day: SalesDay) -> None:
    order = next(each for each in day.of_channel("shop-eu") if each.carriage)
    document = shop._document(order)
    assert [each["price"] for each in document["shipping_lines"]] == ["4.90"]
    assert [each.get("discount_allocations") for each in document["line_items"]] == [[{"amount": "5.00"}], None]
    plain = next(each for each in day.of_channel("shop-eu") if not each.carriage)
    assert all("discount_allocations" not in each for each in shop._document(plain)["line_items"])


def test_money_that_does_not_add_up_is_told(day: SalesDay) -> None:
    order = next(each for each in day.of_channel("edi-mercato") if each.carriage)
    price = {"price": {"amount": "2", "per": "1"}, "quantity": "5"}
    booked: dict[str, dict[str, Any]] = {
        "1": {"order": order.number, "posting": "order", "lines": [price], "charges": [{"amount": "1.50"}]},
        "2": {"order": order.number, "posting": "invoice", "lines": [], "totals": {"net": "11.50", "gross": "13.69"}},
        "3": {"order": order.number, "posting": "credit", "lines": [], "totals": {"net": "2.00", "gross": "2.38"}},
    }
    erp = cast(Any, SimpleNamespace(sales=SimpleNamespace(booked=booked)))
    told = {order.number: Decimal("13.69")}
    customer = SimpleNamespace(billed=told, refunded={order.number: Decimal("2.38")})
    world = cast(Any, SimpleNamespace(customer=customer))
    assert list(money_differences(order, {"net": "11.50"}, erp, world)) == []
    assert list(money_differences(order, {}, erp, world)) == []
    customer.refunded[order.number] = Decimal(0)
    told[order.number] = Decimal("13.68")
    booked["1"]["charges"] = []
    assert [each.partition(": ")[2] for each in money_differences(order, {"net": "11.50"}, erp, world)] == [
        "10.00 is booked in the ERP, required 11.50",
        "13.68 is billed at edi-mercato, required 13.69",
        "0 is refunded at edi-mercato, required 2.38",
    ]


async def test_a_broker_takes_on_what_is_its_own_and_no_load_twice(tmp_path: Any) -> None:
    trucks: list[tuple[str, ...]] = []
    broker = Broker(Journal(), tmp_path, "SO-1".__eq__, "HAUL", lambda *said: trucks.append(said))
    own = edi("204", "B2**HAUL**SH-1**PP", "B2A*00*LT", "L11*SO-1*CO")
    others = edi("204", "B2**HAUL**SH-2**PP", "B2A*00*LT", "L11*SO-2*CO")
    withdrawn = edi("204", "B2**HAUL**SH-3**PP", "B2A*01*LT", "L11*SO-1*CO")
    for each in (own, own, others, withdrawn):
        await broker._hear([each])
    assert trucks == [("SH-1", "HAUL", "PRO00000001")]
    written = [each for file in sorted((tmp_path / "in").iterdir()) for each in x12.read(file.read_bytes())]
    assert [each.set_id for each in written] == ["997", "990", "997", "997", "997"]
    [(_, carrier, shipment, _, answer), pro] = written[1].segments
    assert (carrier, shipment, answer, pro) == ("HAUL", "SH-1", "A", ["N9", "CN", "PRO00000001"])


class Heard:
    """A post that keeps what is handed to it."""

    def __init__(self) -> None:
        self.documents: list[dict[str, Any]] = []

    async def send(self, partner: str, path: str, kind: str, key: str, document: dict[str, Any]) -> None:
        self.documents.append(document)


async def test_a_floor_puts_back_what_has_not_left_and_says_that_the_rest_is_too_late() -> None:
    post = Heard()
    floor = PickFloor("wms-east", "EAST1", cast(Any, post), Faults())
    line = {"orderLine": "1", "sku": "S3001", "qty": "2", "uom": "EACH"}
    recall = {"number": "R-1", "pickRequest": "SO-1/1", "order": "SO-1", "orderRef": "so-1", "whole": True}
    await floor.stop(recall | {"lines": [line]})
    floor.gone.add("SO-2/1")
    await floor.stop(recall | {"pickRequest": "SO-2/1", "lines": [line]})
    said = [(each["type"], each["lines"][0]["stopped"], each["lines"][0].get("tooLate")) for each in post.documents]
    assert said == [("PICK_RECALL_RESULT", "2", None), ("PICK_RECALL_RESULT", "0", "2")]
    await floor.work_off({"number": "SO-1/1", "order": "SO-1", "orderRef": "so-1", "lines": [line]})
    assert len(post.documents) == 2, "what is stopped is worked off no more"


async def test_a_floor_that_waits_for_a_truck_ends_with_what_is_put_back() -> None:
    post = Heard()
    floor = PickFloor("wms-east", "EAST1", cast(Any, post), Faults(), carrier=lambda order: "")
    line = {"orderLine": "1", "sku": "S3001", "qty": "2", "uom": "EACH"}
    request = {"number": "SO-1/1", "order": "SO-1", "orderRef": "so-1", "lines": [line]}
    recall = {"number": "R-1", "pickRequest": "SO-1/1", "order": "SO-1", "orderRef": "so-1", "whole": True}
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(floor.work_off(request))
        while len(post.documents) < 2:
            await asyncio.sleep(0)
        group.create_task(floor.stop(recall | {"lines": [line]}))
    said = [each["type"] for each in post.documents]
    assert said == ["PICK", "PACKING", "PICK_RECALL_RESULT"]
    assert floor.issued == {}


async def test_a_floor_says_of_a_request_once_whether_it_goes_out() -> None:
    """Of one of which a part is too late all goes out; of one that is put back nothing does, whatever is asked then."""
    post = Heard()
    floor = PickFloor("wms-east", "EAST1", cast(Any, post), Faults())
    line = {"orderLine": "1", "sku": "S3001", "qty": "2", "uom": "EACH"}
    recall = {"number": "R-1", "order": "SO-1", "orderRef": "so-1", "lines": [line]}
    for request, whole in (("SO-1/1", False), ("SO-1/1", True), ("SO-2/1", True), ("SO-2/1", False)):
        await floor.stop(recall | {"pickRequest": request, "whole": whole})
    assert [each["lines"][0]["stopped"] for each in post.documents] == ["0", "0", "2", "2"]


async def test_a_tms_answers_a_withdrawal_and_the_call_for_the_label_that_crossed_it() -> None:
    post, trucks = Heard(), []
    tms = Tms(cast(Any, post), Journal(), "key", lambda order: True, "ROAM", lambda *truck: trucks.append(truck))
    load = {"shipment": "SH-1", "shipmentId": "s-1", "orders": ["SO-1"]}
    for action in ("withdraw_tender", "offer", "withdraw_tender", "void_label"):
        await tms._offered(load | {"action": action})
    async with asyncio.timeout(30):
        while tms.busy:
            await asyncio.sleep(0)
    tms.check()
    assert [each["decision"] for each in post.documents] == ["accepted", "cancelled", "cancelled"]
    assert tms.voided == {"SH-1"}
    assert tms.asked == {("SH-1", "offer"): 1, ("SH-1", "withdraw_tender"): 2, ("SH-1", "void_label"): 1}


def held(state: str, quantity: str) -> Found:
    schedule = sales_order_pb2.LineSchedule(
        state=sales_order_pb2.ScheduleState.Value(f"SCHEDULE_STATE_{state}"), quantity=Quantity(value=quantity)
    )
    amount = Quantity(value=quantity, unit="EA")
    line = sales_order_pb2.OrderLine(line_number="1", ordered=amount, schedules=[schedule])
    return Found(sales_order_pb2.SalesOrder(order_id="so-1"), (line,), (), (), False)


def one_line(day: SalesDay, channel: str) -> SalesOrder:
    """An order of one line of one piece, as nobody has ordered it."""
    order = next(each for each in day.orders if each.channel == channel)
    return replace(order, lines=(replace(order.lines[0], number="1", quantity=Decimal(1)),), end={})


def differences(order: SalesOrder, found: Found, **books: SalesBook) -> list[str]:
    key = order.number, "1"
    full = SalesBook(*({key: Decimal(1)} for _ in range(6)))
    holds = {who: named(books.get(who, full)) for who in ("shop-eu", "edi-mercato", "typed", "wms", "carrier", "erp")}
    for who, of_system in holds.items():
        of_system["issued"] = books.get(who, full).shipped
    nothing = {"returned": "0", "credited": "0"}
    end = {"lines": {1: {"invoiced": "1"}}, "wms": {1: {"returned": "1"}}, "erp": {1: {"credited": "1"}}}
    end["crossdock"] = {1: {"invoiced": "0", **nothing}}
    return list(verdict._line_differences(order, end, holds, crossdock_book(found)))


def test_where_all_agree_there_is_no_difference(day: SalesDay) -> None:
    assert differences(one_line(day, "shop-eu"), held("DELIVERED", "1")) == []


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("shop-eu", ["ordered is 0 at shop-eu", "shipped is 0 at shop-eu", "delivered is 0 at shop-eu"]),
        ("erp", ["ordered is 0 at erp", "issued is 0 at erp", "invoiced is 0 at erp", "credited is 0 at erp"]),
        ("wms", ["issued is 0 at wms", "returned is 0 at wms"]),
        ("carrier", ["shipped is 0 at carrier", "delivered is 0 at carrier"]),
    ],
)
def test_a_system_that_holds_nothing_is_named(day: SalesDay, who: str, says: list[str]) -> None:
    found = differences(one_line(day, "shop-eu"), held("DELIVERED", "1"), **{who: SalesBook()})
    assert [each.partition(": ")[2].partition(",")[0] for each in found] == says


@pytest.mark.feature("F124")
def test_a_customer_follows_each_parcel_that_left_by_what_stands_on_it(day: SalesDay) -> None:
    order = one_line(day, "shop-eu")
    parcels = [Parcel(order.number, number, "SWFT", f"1Z-{number}", {}) for number in ("SH-1", "SH-2")]
    carrier = SimpleNamespace(parcels=parcels, said={"SH-1": ["pre_transit", "in_transit"], "SH-2": ["pre_transit"]})
    shop = SimpleNamespace(sendings={order.number: {("SH-1", "SWFT", "1Z-SH-1")}})
    world = cast(Any, SimpleNamespace(carriers={"SWFT": carrier}, shop=shop))
    assert list(verdict._untraceable(order, world)) == []
    shop.sendings = {order.number: {("SH-1", "SWFT", "sh-1")}}
    assert [each.partition(": ")[2] for each in verdict._untraceable(order, world)] == [
        "the shop never heard of parcel SH-1 SWFT 1Z-SH-1",
        "no carrier has parcel SH-1 SWFT sh-1",
    ]


def test_what_was_called_off_is_carried_by_nobody(day: SalesDay) -> None:
    order = replace(one_line(day, "inside-sales"), called_off=True)
    tms = SimpleNamespace(voided=set[str]())
    world = cast(Any, SimpleNamespace(tms=tms))
    nothing = held("CANCELLED", "1")
    [unpacked] = verdict._carried_on(order, nothing, world)
    assert "before anything was packed" in unpacked
    shipment = shipment_pb2.Shipment(number="SH-1", state=shipment_pb2.SHIPMENT_STATE_CANCELLED)
    found = replace(nothing, shipments=(shipment,))
    assert len(list(verdict._carried_on(order, found, world))) == 1, "its TMS knows nothing of it"
    tms.voided.add("SH-1")
    assert list(verdict._carried_on(order, found, world)) == []
    shipment.state = shipment_pb2.SHIPMENT_STATE_ASSIGNED
    [going] = verdict._carried_on(order, found, world)
    assert "shipment SH-1 is assigned, required cancelled" in going


def test_goods_at_the_dock_are_not_shipped(day: SalesDay) -> None:
    found = differences(one_line(day, "shop-eu"), held("HANDED_OVER", "1"))
    assert [each.partition(": ")[2] for each in found] == [
        "shipped is 0 at crossdock, required 1",
        "delivered is 0 at crossdock, required 1",
    ]


def ledger(*documents: tuple[str, str, str]) -> Any:
    booked = {
        f"p-{place}": {"order": order, "posting": kind, "reference": reference, "lines": []}
        for place, (order, kind, reference) in enumerate(documents)
    }
    return cast(Any, SimpleNamespace(sales=SimpleNamespace(booked=booked)))


def test_what_the_erp_booked_twice_and_what_it_never_had_is_told(day: SalesDay) -> None:
    journal = Journal()
    journal.add("shop-eu", "sent", "shop.order", "W-1", b"")
    journal.add("wms-east", "sent", "wms_a.goods_issue", "GI-1", b"")
    journal.add("wms-east", "sent", "wms_a.return_inspection", "RI-R-1", b"")
    assert list(verdict._lost(journal, ledger())) == [
        "order W-1 never reached the ERP",
        "goods issue GI-1 never reached the ERP",
        "return R-1 was never credited",
    ]
    whole = ledger(("W-1", "order", "1"), ("W-1", "shipment", "GI-1"), ("W-1", "credit", "R-1"))
    assert list(verdict._lost(journal, whole)) == []
    assert list(verdict._doubled(whole)) == []
    assert list(verdict._doubled(ledger(("W-1", "invoice", "GI-1"), ("W-1", "invoice", "GI-1")))) == [
        "W-1 invoice GI-1 was posted 2 times"
    ]


def test_the_closing_line_counts_both_sides_of_the_day(day: SalesDay) -> None:
    buying = load(today=date(2026, 3, 2)).orders
    sold = SalesVerdict([SalesRow(day.orders[0], settled=True), SalesRow(day.orders[1], settled=True, excepted=True)])
    both = Verdict(sold, [Row(buying[0], settled=True)])
    assert both.closing_line == (
        "demo: 3 transactions (1 purchase orders, 2 orders from 2 channels), "
        "3 settled, 1 with an open exception, 0 lost, 0 differences"
    )
    assert both.passed
    sold.rows[0].settled = False
    assert not both.passed
