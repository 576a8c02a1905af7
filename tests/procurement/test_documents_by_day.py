"""A case that holds less from a day on: each document counts by the case of its own day."""

from __future__ import annotations

import pytest
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock_kit.database import Engine, transaction
from google.protobuf.timestamp_pb2 import Timestamp
from procurement.store.master_data import MasterDataRows
from procurement.wire import master_data
from procurement_cases.calls import Caller, at, counted, line, on, packed, unique

TODAY, YESTERDAY = at(0), at(-20)


@pytest.fixture
async def sku(engine: Engine) -> str:
    """A case of it holds 12 until yesterday and 10 from today on."""
    name = unique("ITEM")
    of_twelve = catalog.Item(sku=name, base_unit="EA", valid_to=on(0))
    of_twelve.packaging.add(unit="XCS", base_quantity="12")
    of_ten = catalog.Item(sku=name, base_unit="EA", valid_from=on(0))
    of_ten.packaging.add(unit="XCS", base_quantity="10")
    async with transaction(engine, ["acme"]) as tx:
        await MasterDataRows(tx.driver).keep_items([master_data.item("acme", each) for each in (of_twelve, of_ten)])
    return name


@pytest.mark.feature("F172", "F178")
async def test_a_unit_that_the_item_did_not_have_that_day_is_todays(caller: Caller, engine: Engine, sku: str) -> None:
    with_pallets = catalog.Item(sku=sku, base_unit="EA", valid_from=on(0))
    for unit, size in (("XCS", "10"), ("XPX", "400")):
        with_pallets.packaging.add(unit=unit, base_quantity=size)
    async with transaction(engine, ["acme"]) as tx:
        await MasterDataRows(tx.driver).keep_items([master_data.item("acme", with_pallets)])
    counts = [counted(1, sku, unit=unit) for unit in ("XCS", "XPX")]
    done = await caller.receive(unique("RC"), *counts, received_at=YESTERDAY)
    assert [each.base_quantity for each in done.receipt.lines] == ["12", "400"]


@pytest.mark.feature("F172")
@pytest.mark.parametrize(("day", "pieces"), [(YESTERDAY, "60"), (TODAY, "50")], ids=["yesterday", "today"])
async def test_cases_are_counted_by_the_day_they_came_and_the_day_they_left(
    caller: Caller, sku: str, day: Timestamp, pieces: str
) -> None:
    number = unique("PO")
    await caller.submit(number, (line("10", 200, sku),))
    told = await caller.ship(unique("ASN"), packed(number, 5, unit="XCS"), shipped_at=day)
    assert [each.base_quantity for each in told.ship_notice.lines] == [pieces]
    done = await caller.receive(
        unique("RC"), counted(5, sku, unit="XCS", purchase_order_number=number, line_number="10"), received_at=day
    )
    assert [each.base_quantity for each in done.receipt.lines] == [pieces]
