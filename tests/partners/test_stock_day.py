"""The scenes about stock say what they must say, and their judge tells what does not agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from crossdock.ops.v1 import ops_service_pb2 as ops
from partners.cast import WAREHOUSES
from partners.day import BUILT_IN, Day, load
from partners.stock.day import StockScene
from partners.stock.verdict import Posted, differences, posted_of, wrong_amounts, wrongly_transferred
from partners.stock_book import StockBook
from partners.suite import read_master_data

SCENES = (
    "released by 947",
    "damaged on the floor of a third party's, by 947",
    "statement that disagrees, by 846, repaired by an explicit movement",
    "sellable by its put-away",
    "of a lot that nobody announced",
    "a count that finds less than was promised",
    "put on hold by quality, three released",
    "sellable by its upload",
    "to another warehouse of ours by document",
    "announced by 943 and received by 944",
)


@pytest.fixture(scope="module")
def day() -> Day:
    return load(today=date(2026, 3, 2))


def test_each_scene_has_an_item_of_its_own_and_a_place(day: Day) -> None:
    known = {row["sku"] for row in read_master_data(BUILT_IN.parent / "master-data.yaml")["items"]}
    items = [scene.sku for scene in day.stock]
    assert len(set(items)) == len(items)
    assert set(items) <= known
    sold = {line.sku for order in day.sales.orders for line in order.lines}
    assert not sold & set(items)
    assert {scene.location for scene in day.stock} <= set(WAREHOUSES.values())
    for each in SCENES:
        assert any(each in scene.name for scene in day.stock), each


def test_what_is_not_there_in_the_morning_is_bought(day: Day) -> None:
    bought = {(line.sku, order.location) for order in day.orders for line in order.lines}
    for scene in day.stock:
        if not scene.opening and any(each.shown for each in scene.steps):
            assert (scene.sku, scene.location) in bought, scene.name


def scene(day: Day, **changes: Any) -> StockScene:
    gone = {"reference": "A-1", "direction": "decrease", "quantity": "2", "stock": "sellable", "reason": "AU"}
    owned = {"code": "STOCK_DIFFERENCE", "owner": "inventory-control"}
    known: dict[str, Any] = {"sku": "T1", "location": "WH-EAST", "end": {"sellable": Decimal(18)}}
    return replace(day.stock[0], **known | {"posted": (gone,), "exceptions": (owned,)} | changes)


def book(**line: str) -> StockBook:
    said = {"material": "T1", "direction": "decrease", "quantity": "2", "stockType": "sellable", "reason": "AU"}
    return StockBook({"m-1": {"reference": "A-1/0190c0de", "lines": [said | line, {**said, "material": "T2"}]}})


OPEN = ops.Exception(code="STOCK_DIFFERENCE", owner="inventory-control", keys=["sku:T1"])
POSTED: Posted = ("A-1", "decrease", Decimal(2), "sellable", "AU")
TWICE = "A-1 decrease 2 sellable AU; A-1 decrease 2 sellable AU"


def test_where_all_agree_there_is_no_difference(day: Day) -> None:
    mine = scene(day)
    assert posted_of(mine, book()) == [POSTED]
    assert list(differences(mine, {"sellable": Decimal(18)}, posted_of(mine, book()), [OPEN])) == []


@pytest.mark.parametrize(
    ("lies", "posted", "mine", "says"),
    [
        ({"sellable": "20"}, [POSTED], [OPEN], ["20 sellable, required 18"]),
        (
            {"sellable": "18", "damaged": "2"},
            [POSTED],
            [OPEN],
            ["2 damaged, required 0"],
        ),
        (
            {"sellable": "18"},
            [],
            [OPEN],
            ["the ERP posted nothing, required A-1 decrease 2 sellable AU"],
        ),
        (
            {"sellable": "18"},
            [POSTED, POSTED],
            [OPEN],
            [f"the ERP posted {TWICE}, required A-1 decrease 2 sellable AU"],
        ),
        ({"sellable": "18"}, [POSTED], [], ["no open exception STOCK_DIFFERENCE inventory-control"]),
        (
            {"sellable": "18"},
            [POSTED],
            [OPEN, ops.Exception(code="LOT_MISSING", owner="warehouse")],
            ["open exception LOT_MISSING warehouse is not in the day"],
        ),
    ],
)
def test_what_does_not_agree_is_named(
    day: Day, lies: dict[str, str], posted: list[Posted], mine: list[ops.Exception], says: list[str]
) -> None:
    amounts = {bucket: Decimal(amount) for bucket, amount in lies.items()}
    found = differences(scene(day), amounts, posted, mine)
    assert [each.partition(": ")[2] for each in found] == says


WENT = {"step": "sent", "reference": "T-1", "quantity": "8", "state": "in_transit"}
CAME = {"step": "received", "reference": "T-1", "quantity": "8", "state": "received"}


def posting(said: dict[str, str], material: str = "T1") -> dict[str, Any]:
    line = {"material": material, "quantity": said["quantity"]}
    return {"step": said["step"], "reference": said["reference"], "state": said["state"], "lines": [line]}


@pytest.mark.parametrize(
    ("posted", "says"),
    [
        ([WENT, CAME], []),
        ([CAME, WENT], ["received T-1 8 received; sent T-1 8 in_transit"]),
        ([WENT, CAME, CAME], ["sent T-1 8 in_transit; received T-1 8 received; received T-1 8 received"]),
        ([], ["nothing"]),
    ],
)
def test_what_the_erp_posts_of_a_transfer_is_posted_once_and_in_order(
    day: Day, posted: list[dict[str, str]], says: list[str]
) -> None:
    mine = scene(day, transferred=(WENT, CAME))
    book = StockBook(transferred=[posting(WENT, "T2"), *(posting(each) for each in posted)])
    required = "sent T-1 8 in_transit; received T-1 8 received"
    assert list(wrongly_transferred(mine, book)) == [
        f"T1: the ERP posted of transfers {each}, required {required}" for each in says
    ]


def test_what_lies_elsewhere_is_named_with_its_place(day: Day) -> None:
    lies = {"staged": Decimal(8)}
    assert list(wrong_amounts(scene(day), "WH-WEST", lies, {"sellable": Decimal(8)})) == [
        "T1 at WH-WEST: 0 sellable, required 8",
        "T1 at WH-WEST: 8 staged, required 0",
    ]
