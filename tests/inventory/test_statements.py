"""Statements of warehouses: compared as of their own time, raised beyond the tolerance, booked for a reason."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as stock_pb
from crossdock.inventory.v1 import stock_control_service_pb2 as pb
from crossdock.inventory.v1 import stock_control_service_pb2_grpc as pb_grpc
from crossdock.options.v1 import options_pb2
from crossdock_kit import policy
from crossdock_kit.clock import SystemClock
from crossdock_kit.peers import reason_in, status_in
from crossdock_kit.policy import NewRule, Scope
from crossdock_kit.testing import RunningServer, start_service
from inventory.api import StockControlServicer
from inventory.queries.ledger import verify_ledger
from inventory.store import statements as stored
from inventory.use_cases import statements
from inventory_stage import UNIT, Stage
from inventory_stage.movements import NINE, moved, stocked

SELLABLE, DAMAGED = stock_pb.ACCOUNT_SELLABLE, stock_pb.ACCOUNT_DAMAGED


@pytest.fixture(scope="module")
async def server(stage: Stage) -> AsyncIterator[RunningServer]:
    servicer = StockControlServicer(stage.engine, stage.uow, SystemClock())
    registration = (pb_grpc.add_StockControlServiceServicer_to_server, servicer)
    async with start_service(registration, uow=stage.uow.kit) as running:
        yield running


@pytest.fixture
def acme(server: RunningServer) -> Any:
    return server.caller(pb_grpc.StockControlServiceStub, tenant="acme")


@pytest.fixture
async def place(stage: Stage) -> str:
    """A warehouse of its own for each test."""
    name = f"WH-{uuid4().hex[:8].upper()}"
    await stage.fetch(
        "INSERT INTO location (tenant, location_id, business_unit, system) VALUES ('acme', $1, $2, 'WMS-EAST')",
        name,
        UNIT,
    )
    return name


def stated(sku: str, value: str, lot: str = "", bucket: Any = SELLABLE) -> pb.StatedStock:
    return pb.StatedStock(sku=sku, lot=lot, bucket=bucket, quantity=values_pb2.Quantity(value=value, unit="EA"))


def statement(place: str, *lines: pb.StatedStock, at: datetime = NINE, **facts: Any) -> pb.RecordStatementRequest:
    known: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": values_pb2.Origin(system="WMS-EAST", role=options_pb2.ROLE_WMS),
        "number": f"ST-{uuid4().hex[:8]}",
        "location_id": place,
        "business_unit": UNIT,
        "buckets": [SELLABLE],
        "lines": lines,
    }
    request = pb.RecordStatementRequest(**known | facts)
    request.as_of.FromDatetime(at)
    return request


def booking(place: str, number: str, *skus: str) -> pb.BookDifferencesRequest:
    return pb.BookDifferencesRequest(
        request_id=str(uuid4()), location_id=place, business_unit=UNIT, number=number, skus=skus, reason="AA"
    )


def shown(found: pb.StockStatement) -> list[tuple[str, str, str, str, str]]:
    return [
        (each.sku, each.lot, each.stated.value, each.in_ledger.value, each.difference.value)
        for each in found.differences
    ]


async def open_differences(stage: Stage, place: str) -> dict[str, tuple[str, str]]:
    """By item: who owns the exception, and what it says."""
    rows = await stage.fetch(
        "SELECT subject, owner, summary FROM exception WHERE code = 'STOCK_DIFFERENCE' AND resolved_at IS NULL"
        " AND subject LIKE $1",
        f"stock_difference/{UNIT}/{place}/%",
    )
    return {row["subject"].rpartition("/")[2]: (row["owner"], row["summary"]) for row in rows}


async def compared(acme: Any, place: str) -> pb.StockStatement:
    request = pb.GetReconciliationRequest(location_id=place, business_unit=UNIT)
    found: pb.StockStatement = (await acme.GetReconciliation(request)).statement
    return found


@pytest.mark.feature("F100", "F101")
async def test_what_moved_after_the_statement_is_no_difference(stage: Stage, acme: Any, place: str) -> None:
    sku = await stocked(stage, 10, place)
    await moved(stage, sku, "4", at=NINE + timedelta(minutes=10), location=place)
    found = (await acme.RecordStatement(statement(place, stated(sku, "10")))).statement
    assert (found.difference_count, list(found.differences)) == (0, [])
    assert await open_differences(stage, place) == {}


@pytest.mark.feature("F100")
async def test_a_difference_is_its_owners_until_stock_agrees_again(stage: Stage, acme: Any, place: str) -> None:
    sku, fine = await stocked(stage, 10, place), await stocked(stage, 3, place)
    found = (await acme.RecordStatement(statement(place, stated(sku, "8"), stated(fine, "3")))).statement
    assert shown(found) == [(sku, "", "8", "10", "-2")]
    [(at, (owner, summary))] = (await open_differences(stage, place)).items()
    assert (at, owner) == (sku, "inventory-control")
    assert "sellable: 8 stated, 10 in the ledger (EA)" in summary
    # A pick that happened before nine is told late: then nothing differs any more.
    await moved(stage, sku, "2", at=NINE - timedelta(minutes=10), location=place)
    assert shown(await compared(acme, place)) == []
    await acme.RecordStatement(statement(place, stated(sku, "8"), stated(fine, "3"), at=NINE + timedelta(minutes=1)))
    assert await open_differences(stage, place) == {}


@pytest.mark.feature("F101")
async def test_an_older_statement_is_refused_and_a_repeated_one_says_the_same(
    stage: Stage, acme: Any, place: str
) -> None:
    sku = await stocked(stage, 10, place)
    newest = statement(place, stated(sku, "9"))
    first = (await acme.RecordStatement(newest)).statement
    again = pb.RecordStatementRequest()
    again.CopyFrom(newest)
    again.request_id = str(uuid4())
    assert (await acme.RecordStatement(again)).statement == first
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.RecordStatement(statement(place, stated(sku, "10"), at=NINE - timedelta(minutes=1)))
    assert reason_in(status_in(refused.value)) == "STATEMENT_OUTDATED"
    assert shown(await compared(acme, place)) == [(sku, "", "9", "10", "-1")]


@pytest.mark.feature("F101")
async def test_only_a_complete_statement_speaks_of_what_it_does_not_name(stage: Stage, acme: Any, place: str) -> None:
    sku, unnamed = await stocked(stage, 10, place), await stocked(stage, 3, place)
    partly = statement(place, stated(sku, "4"), stated(sku, "6"))
    assert shown((await acme.RecordStatement(partly)).statement) == []
    whole = statement(place, stated(sku, "10"), complete=True, at=NINE + timedelta(minutes=1))
    assert shown((await acme.RecordStatement(whole)).statement) == [(unnamed, "", "0", "3", "-3")]
    # It speaks of sellable stock alone: what it says of damaged goods is compared only where it says something.
    spoiled = statement(place, stated(sku, "1", bucket=DAMAGED), at=NINE + timedelta(minutes=2), buckets=[DAMAGED])
    assert shown((await acme.RecordStatement(spoiled)).statement) == [(sku, "", "1", "0", "1")]


@pytest.mark.feature("F100")
async def test_lots_are_compared_where_the_warehouse_names_them(stage: Stage, acme: Any, place: str) -> None:
    sku = await stocked(stage, 10, place, lot="L1")
    without = (await acme.RecordStatement(statement(place, stated(sku, "10")))).statement
    assert shown(without) == []
    lots = statement(place, stated(sku, "7", "L1"), stated(sku, "3", "L2"), at=NINE + timedelta(minutes=1))
    assert shown((await acme.RecordStatement(lots)).statement) == [
        (sku, "L1", "7", "10", "-3"),
        (sku, "L2", "3", "0", "3"),
    ]


@pytest.mark.feature("F100")
async def test_within_the_tolerance_it_is_shown_and_nobody_is_told(stage: Stage, acme: Any, place: str) -> None:
    sku = await stocked(stage, 10, place)
    async with stage.work() as work:
        tolerance = {"quantity": "2"}
        rule = NewRule(
            key="inventory.statement_tolerance", value=tolerance, valid_from=NINE, scope=Scope(location=place)
        )
        await policy.add(work._work.driver, "acme", rule)
    found = (await acme.RecordStatement(statement(place, stated(sku, "8")))).statement
    assert [each.within_tolerance for each in found.differences] == [True]
    assert await open_differences(stage, place) == {}
    beyond = statement(place, stated(sku, "7.5"), at=NINE + timedelta(minutes=1))
    assert [each.within_tolerance for each in (await acme.RecordStatement(beyond)).statement.differences] == [False]
    assert list(await open_differences(stage, place)) == [sku]


@pytest.mark.feature("F100")
async def test_what_differs_is_booked_for_a_reason_and_then_agrees(stage: Stage, acme: Any, place: str) -> None:
    sku, other = await stocked(stage, 10, place), await stocked(stage, 5, place)
    await moved(stage, sku, "4", at=NINE + timedelta(minutes=10), location=place)
    found = (await acme.RecordStatement(statement(place, stated(sku, "8"), stated(other, "6")))).statement
    booked = (await acme.BookDifferences(booking(place, found.number, sku))).adjustment
    assert booked.state == pb.ADJUSTMENT_STATE_BOOKED
    assert [(each.quantity.value, each.reason, each.posting_state) for each in booked.movements] == [
        ("2", "AA", "pending")
    ]
    assert (await stage.row(sku, place))["sellable"] == 4
    assert shown(await compared(acme, place)) == [(other, "", "6", "5", "1")]
    assert list(await open_differences(stage, place)) == [other]
    for reason, request in (
        ("NOTHING_DIFFERS", booking(place, found.number, sku)),
        ("STATEMENT_SUPERSEDED", booking(place, "ST-OLD")),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await acme.BookDifferences(request)
        assert reason_in(status_in(refused.value)) == reason
    assert (await verify_ledger(stage.engine, "acme")).differences == []


@pytest.mark.feature("F198")
async def test_a_nightly_statement_of_a_whole_place_is_compared_and_moves_nothing(
    stage: Stage, acme: Any, place: str
) -> None:
    skus = [await stocked(stage, 10, place) for _ in range(20)]
    short, more, unnamed, *right = skus
    # The day's work goes on while the file is made, sent and read.
    for sku in right[:5]:
        await moved(stage, sku, "3", at=NINE + timedelta(minutes=10), location=place)
    before = [await stage.row(sku, place) for sku in skus]
    night = statement(
        place, stated(short, "8"), stated(more, "11"), *(stated(sku, "10") for sku in right), complete=True
    )
    found = (await acme.RecordStatement(night)).statement
    assert sorted(shown(found)) == sorted(
        [(short, "", "8", "10", "-2"), (more, "", "11", "10", "1"), (unnamed, "", "0", "10", "-10")]
    )
    assert set(await open_differences(stage, place)) == {short, more, unnamed}
    assert [await stage.row(sku, place) for sku in skus] == before
    # The next night agrees, and nobody has to close anything by hand.
    agrees = statement(place, *(stated(sku, "10") for sku in skus), complete=True, at=NINE + timedelta(minutes=1))
    assert (await acme.RecordStatement(agrees)).statement.difference_count == 0
    assert await open_differences(stage, place) == {}


@pytest.mark.feature("F198")
async def test_a_large_statement_goes_through_the_ledger_once_though_no_statistics_know_of_it(
    stage: Stage, acme: Any, place: str
) -> None:
    count = 2_000
    skus = [f"{place}-{n:04d}" for n in range(count)]
    await stage.know(*skus)
    for table, lot in (("stock", ""), ("lot_stock", ", lot")):
        await stage.fetch(
            f"INSERT INTO {table} (tenant, sku, location_id, business_unit, sellable{lot})"
            f" SELECT 'acme', sku, $1, $2, 10{', $4' if lot else ''} FROM unnest($3::text[]) AS sku",
            *(place, UNIT, skus, *([""] if lot else [])),
        )
    request = statement(place, *(stated(sku, "10") for sku in skus[1:]), complete=True)
    assert shown((await acme.RecordStatement(request)).statement) == [(skus[0], "", "0", "10", "-10")]
    asked = ("acme", place, UNIT, True, [int(SELLABLE)], UUID(int=0), NINE, list[str]())
    async with stage.work() as work:
        driver = work._work.driver
        await driver.execute(stored._NO_LOOPS)
        plan = "\n".join(row[0] for row in await driver.fetch(f"EXPLAIN (ANALYZE) {stored._DIFFERENCES}", *asked))
    thrown_away = sum(map(int, re.findall(r"Rows Removed by (?:Join )?Filter: (\d+)", plan)))
    assert thrown_away < 10 * count


@pytest.mark.feature("F198")
async def test_a_statement_in_parts_is_compared_when_all_of_them_have_come_in_any_order_and_twice(
    stage: Stage, acme: Any, place: str
) -> None:
    one, two, unnamed = [await stocked(stage, 10, place) for _ in range(3)]
    await acme.RecordStatement(statement(place, *(stated(sku, "10") for sku in (one, two, unnamed))))
    parts = [(stated(one, "4"), stated(two, "9")), (stated(one, "6"),), (stated(one, "1", bucket=DAMAGED),)]
    night: dict[str, Any] = {"number": "NIGHT-1", "complete": True, "at": NINE + timedelta(minutes=1), "parts": 3}
    sent = [statement(place, *lines, part=n, **night) for n, lines in enumerate(parts, 1)]
    for request, missing in ((sent[2], 2), (sent[0], 1), (again(sent[0]), 1)):
        found = (await acme.RecordStatement(request)).statement
        assert (found.missing_parts, found.difference_count) == (missing, 0)
        assert (await compared(acme, place)).number != "NIGHT-1"
    found = (await acme.RecordStatement(sent[1])).statement
    wanted = [(one, "1", "0"), (two, "9", "10"), (unnamed, "0", "10")]
    assert sorted((sku, says, has) for sku, _, says, has, _ in shown(found)) == sorted(wanted)
    assert found.missing_parts == 0
    late = (await acme.RecordStatement(again(sent[2]))).statement
    assert (late.missing_parts, late.difference_count) == (0, 3)
    assert set(await open_differences(stage, place)) == {one, two, unnamed}
    left = await stage.fetch("SELECT count(*) AS n FROM statement_draft_line WHERE location_id = $1", place)
    assert left[0]["n"] == 0


def again(request: pb.RecordStatementRequest) -> pb.RecordStatementRequest:
    """The same, sent anew."""
    copy = pb.RecordStatementRequest()
    copy.CopyFrom(request)
    copy.request_id = str(uuid4())
    return copy


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"part": 3, "parts": 2}, "STATEMENT_PART_INVALID"),
        ({"part": 0, "parts": 2}, "STATEMENT_PART_INVALID"),
        ({"part": 1, "parts": 0}, "STATEMENT_PART_INVALID"),
        ({"part": 2, "parts": 3}, "STATEMENT_PART_INVALID"),
        ({"part": 2, "parts": 2, "complete": True}, "STATEMENT_PART_INVALID"),
        ({"part": 1, "parts": 2, "number": "OTHER", "at": NINE - timedelta(minutes=1)}, "STATEMENT_OUTDATED"),
    ],
)
async def test_a_part_that_does_not_fit_is_refused_and_those_that_came_stay(
    stage: Stage, acme: Any, place: str, changes: dict[str, Any], reason: str
) -> None:
    sku = await stocked(stage, 10, place)
    said: dict[str, Any] = {"number": "NIGHT-2"}
    await acme.RecordStatement(statement(place, stated(sku, "5"), part=1, parts=2, **said))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.RecordStatement(statement(place, stated(sku, "5"), **said | changes))
    assert reason_in(status_in(refused.value)) == reason
    whole = (await acme.RecordStatement(statement(place, stated(sku, "5"), part=2, parts=2, **said))).statement
    assert (whole.missing_parts, whole.difference_count) == (0, 0)


async def test_a_newer_statement_takes_the_place_of_one_that_never_came_to_its_end(
    stage: Stage, acme: Any, place: str
) -> None:
    sku = await stocked(stage, 10, place)
    await acme.RecordStatement(statement(place, stated(sku, "5"), part=1, parts=2, number="NIGHT-3"))
    newer: dict[str, Any] = {"number": "NIGHT-4", "at": NINE + timedelta(minutes=1), "parts": 2}
    await acme.RecordStatement(statement(place, stated(sku, "7"), part=1, **newer))
    found = (await acme.RecordStatement(statement(place, stated(sku, "3"), part=2, **newer))).statement
    assert (found.number, found.difference_count) == ("NIGHT-4", 0)


@pytest.mark.feature("F100")
async def test_a_statement_that_is_wrong_as_a_whole_is_one_exception_beside_the_first_items(
    stage: Stage, acme: Any, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "MOST_TOLD", 2)
    monkeypatch.setattr(stored, "_DIFFERENCES", stored._DIFFERENCES.replace("LIMIT 10000", "LIMIT 3"))
    skus = sorted([await stocked(stage, 10, place) for _ in range(5)])
    found = (await acme.RecordStatement(statement(place, *(stated(sku, "1") for sku in skus)))).statement
    assert (found.difference_count, len(found.differences)) == (5, 3)
    assert set(await open_differences(stage, place)) == set(skus[:2])
    assert await widely(stage, place) == 1
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await acme.BookDifferences(booking(place, found.number))
    assert reason_in(status_in(refused.value)) == "DIFFERENCES_TOO_MANY"
    await acme.BookDifferences(booking(place, found.number, *skus[:3]))
    assert set(await open_differences(stage, place)) == set(skus[3:])
    assert await widely(stage, place) == 0


async def widely(stage: Stage, place: str) -> int:
    rows = await stage.fetch(
        "SELECT 1 FROM exception WHERE code = 'STATEMENT_DIFFERS_WIDELY' AND resolved_at IS NULL AND subject = $1",
        f"statement/{UNIT}/{place}",
    )
    return len(rows)


async def test_a_place_without_a_statement_has_nothing_to_reconcile(acme: Any, place: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await compared(acme, place)
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
