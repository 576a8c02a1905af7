"""The store on real PostgreSQL: loaded is what was saved, versions have no gap, nobody sees another's rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from crossdock.catalog.v1 import master_data_pb2 as catalog
from crossdock.connector.v1 import partner_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit import policy
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.unit_of_work import UnitOfWork
from google.type.date_pb2 import Date
from procurement.domain.chasing import Chase, ChaseStep
from procurement.domain.outcomes import Outcome
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.receipt import Condition
from procurement.domain.ship_notice import Lot
from procurement.domain.system_numbers import SystemNumber
from procurement.domain.terms import Price, SalesLine, Window
from procurement.ports import OrderName
from procurement.store import tables
from procurement.store.master_data import KnownMasterData, MasterDataRows
from procurement.store.supplier_terms import TermsRows
from procurement.store.unit_of_work import ProcurementUnitOfWork, ProcurementWork
from procurement.wire import master_data, profiles
from procurement_cases import trade
from procurement_cases.calls import unique
from procurement_cases.trade import ITEMS, NOW, document, line, says


@contextmanager
def working(tenant: str = "acme") -> Iterator[None]:
    with caused_by(Cause("timer", "test", tenant, "tests", str(uuid4()), str(uuid4()), "", datetime.now(UTC))):
        yield


@asynccontextmanager
async def opened(uow: UnitOfWork, tenant: str = "acme") -> AsyncIterator[ProcurementWork]:
    with working(tenant):
        async with ProcurementUnitOfWork(uow)() as work:
            yield work


def told(aggregate: Any) -> dict[str, Any]:
    """Every field but those that a save empties or counts."""
    counted = {"events", "concerns", "settled", "version", "event_version", "updated_at"}
    kept = [each.name for each in fields(aggregate) if each.name not in counted and not each.name.startswith("_")]
    return {name: getattr(aggregate, name) for name in kept}


def rich_order(number: str) -> PurchaseOrder:
    """An order that has something in every column."""
    order = trade.blank(number, order_id=str(uuid4()))
    window = Window(trade.day(3), trade.day(4), "08:00", "16:00", "Europe/Berlin")
    lines = (
        line("10", "3.5", unit="XCS", supplier_item="ND-77", description="Bolt, 8 × 40", window=window),
        line("20", 50, "NUT", price=Price(Decimal("12.340"), "EUR", "XCS", 7)),
        line("30", "12.25", "SAND", unit="KGM", price=None, requested=()),
        line("40", 5, drop_ship_party_id="CUST-1", ship_to_id="ELSEWHERE", sales_line=SalesLine("1", "", "S-1")),
    )
    order.place(document(*lines, number=number), ITEMS)
    trade.acknowledge(order, says(Outcome.ACCEPTED, 30), says(Outcome.BACKORDERED, 12), supplier_number="ORD-1")
    dearer = Price(Decimal("13.00"), "EUR", "XCS", 7)
    trade.acknowledge(order, says(Outcome.PRICE_CHANGED, 50, price=dearer, code="IP", on=trade.day(8)), number="20")
    order.express = True
    order.chase = Chase(1, NOW, ChaseStep.REMINDED)
    return order


async def test_an_order_comes_back_as_it_was_saved(uow: UnitOfWork) -> None:
    number = unique("ST")
    order = rich_order(number)
    assert order.system_numbers == [SystemNumber("SUP-NORDIC", "ORD-1", trade.day(0))]
    async with opened(uow) as work:
        work.purchase_orders.add(order)
    async with opened(uow) as work:
        (found,) = await work.purchase_orders.lock([OrderName(number=number)])
    assert told(found) == told(order)
    assert (found.version, found.event_version) == (1, 4)


async def test_notices_and_receipts_come_back_as_they_were_saved(uow: UnitOfWork) -> None:
    number = unique("ST")
    order = rich_order(number)
    lot = Lot("L1", trade.day(300), trade.day(-3))
    content = trade.packed(number, 2, unit="XCS", carton_sscc="1" * 18, pallet_sscc="2" * 18, lot=lot)
    notice = trade.ship(content, trade.packed(number, 90, "20"), orders=[order], carrier="DHLF", shipped_at=NOW)
    report = trade.counted(1, unit="XCS", ship_notice_number=notice.number, lot=lot, sscc="1" * 18)
    damaged = trade.counted(3, "NUT", condition=Condition.DAMAGED, purchase_order_number=number, line_number="20")
    receipt = trade.receive(report, damaged, orders=[order], notices=[notice])
    async with opened(uow) as work:
        work.purchase_orders.add(order)
        work.ship_notices.add(notice)
        work.receipts.add(receipt)
    async with opened(uow) as work:
        (found_notice,) = await work.ship_notices.of_order(order.purchase_order_id)
        (found_receipt,) = await work.receipts.of_order(order.purchase_order_id)
        by_number = await work.receipts.find("WMS-EAST", receipt.number, "")
    assert told(found_notice) == told(notice)
    assert told(found_receipt) == told(receipt)
    assert by_number is not None
    assert by_number.content == receipt.terms.fingerprint


async def test_what_did_not_change_is_not_written(uow: UnitOfWork, engine: Engine) -> None:
    number = unique("ST")
    async with opened(uow) as work:
        work.purchase_orders.add(rich_order(number))
    before = await row_versions(engine, number)
    async with opened(uow) as work:
        await work.purchase_orders.lock([OrderName(number=number)])
    assert await row_versions(engine, number) == before
    async with opened(uow) as work:
        (order,) = await work.purchase_orders.lock([OrderName(number=number)])
        order.line("30").in_transit += 1
    after = await row_versions(engine, number)
    assert [n for n, (old, new) in enumerate(zip(before, after, strict=True)) if old != new] == [0, 3], (
        "head and line 30"
    )


async def row_versions(engine: Engine, number: str) -> list[int]:
    """The transaction that wrote each row: the order's, then its lines'."""
    async with transaction(engine, ["acme"]) as tx:
        rows = await tx.driver.fetch(
            "SELECT o.xmin::text::bigint AS head, l.xmin::text::bigint AS line FROM purchase_order o"
            " JOIN purchase_order_line l USING (tenant, purchase_order_id) WHERE o.number = $1 ORDER BY l.position",
            number,
        )
    return [rows[0]["head"], *(row["line"] for row in rows)]


@pytest.mark.feature("F004")
async def test_versions_of_an_aggregate_count_one_two_three(uow: UnitOfWork, engine: Engine) -> None:
    number = unique("ST")
    async with opened(uow) as work:
        work.purchase_orders.add(rich_order(number))

    async def revise(amount: int) -> None:
        async with opened(uow) as work:
            (order,) = await work.purchase_orders.lock([OrderName(number=number)])
            order.place(document(line("10", amount), number=number, hours=amount), ITEMS)

    await asyncio.gather(*(revise(amount) for amount in range(1, 13)))
    async with transaction(engine, ["acme"]) as tx:
        rows = await tx.driver.fetch(
            "SELECT aggregate, array_agg(version ORDER BY version) AS v FROM journal GROUP BY 1"
        )
    assert len(rows) > 1
    for row in rows:
        assert row["v"] == list(range(1, len(row["v"]) + 1)), row["aggregate"]


async def test_a_failed_work_leaves_nothing(uow: UnitOfWork, engine: Engine) -> None:
    number = unique("ST")

    async def fail_after_writing() -> None:
        async with opened(uow) as work:
            work.purchase_orders.add(rich_order(number))
            await work.write()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_writing()
    async with opened(uow) as work:
        assert await work.purchase_orders.find([OrderName(number=number)]) == []


async def test_no_table_shows_another_tenants_rows(uow: UnitOfWork, engine: Engine) -> None:
    number = unique("ST")
    order = rich_order(number)
    notice = trade.ship(trade.packed(number, 12), orders=[order])
    async with opened(uow) as work:
        work.purchase_orders.add(order)
        work.ship_notices.add(notice)
        work.receipts.add(trade.receive(trade.counted(1), orders=[]))
    async with transaction(engine, ["initech"]) as tx:
        for name in tables.metadata.tables:
            assert await tx.driver.fetchval(f'SELECT count(*) FROM "{name}"') == 0, name
    async with transaction(engine, ["acme"]) as tx:
        for name in ("purchase_order", "purchase_order_line", "ship_notice", "ship_notice_line", "receipt", "item"):
            assert await tx.driver.fetchval(f'SELECT count(*) FROM "{name}"') > 0, name


async def test_master_data_holds_from_its_first_day_until_its_last(engine: Engine) -> None:
    sku = unique("ITEM")

    def version(case: str, first: int, last: int | None) -> Any:
        packaging = [catalog.Packaging(unit="XCS", base_quantity=case)]
        end = None if last is None else Date(year=2026, month=last, day=1)
        record = catalog.Item(sku=sku, base_unit="EA", packaging=packaging, valid_to=end)
        record.valid_from.CopyFrom(Date(year=2026, month=first, day=1))
        return master_data.item("acme", record)

    async with transaction(engine, ["acme"]) as tx:
        await MasterDataRows(tx.driver).keep_items([version("12", 1, 3), version("10", 3, 6), version("8", 3, 6)])
        seen = {}
        for month in (1, 2, 3, 5, 6):
            known = await KnownMasterData(tx.driver, "acme", date(2026, month, 15)).items([sku])
            seen[month] = known[sku].factors["XCS"] if sku in known else None
    assert seen == {1: 12, 2: 12, 3: 8, 5: 8, 6: None}


@pytest.mark.feature("F062")
async def test_policies_decide_by_where_the_decision_is_made(uow: UnitOfWork, engine: Engine) -> None:
    long_ago = NOW - timedelta(days=400)
    async with transaction(engine, ["acme"]) as tx:
        for key, value, scope in (
            ("procurement.acknowledgment_hours", 6, Scope(partner="SUP-DELTA")),
            ("procurement.acknowledgment_hours", {"minutes": 90}, Scope(partner="SUP-DELTA", business_unit="EU02")),
            ("procurement.short_tolerance_percent", "0", Scope(location="WH-WEST")),
            ("procurement.short_stays_on_order", False, Scope(location="WH-WEST")),
        ):
            await policy.add(tx.driver, "acme", NewRule(key=key, value=value, valid_from=long_ago, scope=scope))
    async with opened(uow) as work:
        span = work.policies.span
        waits = [await span("procurement.acknowledgment_hours", unit, "SUP-DELTA") for unit in ("EU01", "EU02")]
        usual = await span("procurement.acknowledgment_hours", "EU01", "SUP-NORDIC")
        west = await work.policies.tolerances("EU01", "SUP-NORDIC", "WH-WEST")
        east = await work.policies.tolerances("EU01", "SUP-NORDIC", "WH-EAST")
    assert (waits, usual) == ([timedelta(hours=6), timedelta(minutes=90)], timedelta(hours=24))
    rules = "procurement.short_tolerance_percent = 0 (version 1), procurement.short_stays_on_order = False (version 1)"
    assert west == replace(east, short_percent=Decimal(0), short_stays_on_order=False, short_rule=rules)
    assert east.over_percent == 5
    assert east.over_rule == "procurement.over_shipment_percent = 5 (version 0)"


async def test_a_suppliers_profile_says_how_long_it_has_and_its_calendar_when_that_counts(
    uow: UnitOfWork, engine: Engine
) -> None:
    supplier, friday = unique("SUP"), datetime(2026, 11, 20, 15, tzinfo=UTC)
    profile = partner_pb2.PartnerProfile(
        partner=supplier.lower(), role=options_pb2.ROLE_SUPPLIER, party_id=supplier, business_unit="EU01"
    )
    profile.timers.acknowledgment.FromTimedelta(timedelta(hours=4))
    profile.calendar.zone = "Europe/Berlin"
    profile.calendar.weekdays.extend(["mon", "tue", "wed", "thu", "fri"])
    profile.calendar.hours.append("08:00-17:00")

    async def due(key: str, business_unit: str = "EU01") -> datetime:
        async with opened(uow) as work:
            return await work.policies.due(key, business_unit, supplier, friday)

    assert await due("procurement.acknowledgment_hours") == friday + timedelta(hours=24), "nobody knows it yet"
    async with transaction(engine, ["acme"]) as tx:
        await TermsRows(tx.driver).keep([profiles.terms("acme", profile), profiles.terms("acme", profile)])
    # An hour of Friday is left (16:00 to 17:00 there), three are on Monday.
    monday = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert await due("procurement.acknowledgment_hours") == monday
    assert await due("procurement.acknowledgment_hours", "EU02") == monday, "the only profile that the supplier has"
    assert await due("procurement.decision_days") > monday, "the default, in the same calendar"
    long_ago = NOW - timedelta(days=400)
    for value, scope in ((1, Scope(business_unit="EU01")), (2, Scope(partner=supplier))):
        async with transaction(engine, ["acme"]) as tx:
            new = NewRule(key="procurement.acknowledgment_hours", value=value, valid_from=long_ago, scope=scope)
            await policy.add(tx.driver, "acme", new)
        hours = 4 if not scope.partner else 2
        expected = monday if hours == 4 else datetime(2026, 11, 23, 8, tzinfo=UTC)
        assert await due("procurement.acknowledgment_hours") == expected, "a rule that names the supplier goes first"


async def test_a_handling_unit_is_found_on_another_shipment_of_the_last_year(uow: UnitOfWork) -> None:
    number, unit = unique("ST"), unique("SSCC")
    order = rich_order(number)
    first = trade.ship(trade.packed(number, 2, "20", carton_sscc=unit), orders=[order])
    second = trade.ship(trade.packed(number, 2, "20", pallet_sscc=unit), orders=[order])
    since = NOW - timedelta(days=365)
    found = []
    for notice in (first, first, second):
        async with opened(uow) as work:
            found.append(await work.handling_units.announce(notice, since))
    assert found[:2] == [[], []]
    assert [(each.sscc, each.number) for each in found[2]] == [(unit, first.number)]
    async with opened(uow) as work:
        assert await work.handling_units.announce(second, datetime.now(UTC) + timedelta(days=1)) == [], "too long ago"
    async with opened(uow, "globex") as work:
        assert await work.handling_units.announce(second, since) == [], "another tenant's units are its own"


async def test_a_reader_sees_an_order_of_one_moment(uow: UnitOfWork) -> None:
    number, store = unique("ST"), ProcurementUnitOfWork(uow)
    async with opened(uow) as work:
        work.purchase_orders.add(rich_order(number))

    async def revise() -> None:
        for amount in range(1, 30):
            async with opened(uow) as work:
                (order,) = await work.purchase_orders.lock([OrderName(number=number)])
                order.place(document(line("10", amount), number=number, hours=amount), ITEMS)

    async def read_on() -> int:
        reads = 0
        while not revising.done():
            with working():
                async with store.reading() as snapshot:
                    (order,) = await snapshot.purchase_orders.find([OrderName(number=number)])
            if order.revision > 1:
                assert order.line("10").ordered == order.revision - 1
            reads += 1
        return reads

    revising = asyncio.create_task(revise())
    assert await read_on() > 0
    await revising
