"""`crossdock shipment cancel|correct|map|feeds`: what a delivery desk decides, and how carriers' reports come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
import typer
from crossdock.delivery.v1 import delivery_service_pb2 as pb
from crossdock.delivery.v1 import shipment_pb2
from crossdock_cli.main import app
from crossdock_cli.shipment import called_off
from crossdock_cli.shipment_calls import ShipmentDesk
from crossdock_cli.shipment_feeds import feeds_table
from delivery_cases.calls import Caller, origin, reached, unique, word
from rich.console import Console
from typer.testing import CliRunner


@pytest.fixture
def desk(caller: Caller) -> ShipmentDesk:
    return ShipmentDesk(caller.stub)


async def on_the_road(caller: Caller, *codes: str) -> tuple[str, str]:
    """Number and tracking number."""
    number, tracking = unique("SH"), unique("1Z")
    await caller.create(number)
    await caller.assign(number, tracking)
    if codes:
        await caller.record(*(word(code, hours, tracking) for hours, code in enumerate(codes, start=1)))
    return number, tracking


@pytest.mark.feature("F132")
async def test_a_shipment_is_called_off_by_any_of_its_numbers_and_asked_once(
    caller: Caller, desk: ShipmentDesk
) -> None:
    number, tracking = await on_the_road(caller)
    found = await desk.cancel(tracking, "wrong address")
    assert (found.number, found.call_off.command) == (number, "void_label")
    assert called_off(found.call_off).endswith(": wrong address")
    assert (await desk.cancel(number, "again")).call_off.reason == "wrong address"
    facts = await caller.facts(found.shipment_id)
    assert facts.count("ShipmentCallOffRequested") == 1


async def test_what_is_delivered_is_called_off_no_more(caller: Caller, desk: ShipmentDesk) -> None:
    number, _ = await on_the_road(caller, "AF", "D1")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await desk.cancel(number, "too late")
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.feature("F141")
async def test_a_milestone_that_was_wrong_is_taken_back_with_the_later_ones(caller: Caller, desk: ShipmentDesk) -> None:
    number, tracking = await on_the_road(caller, "AF", "X6", "D1")
    corrected = await desk.correct(tracking, shipment_pb2.MILESTONE_DELIVERED, "wrong door")
    assert reached(corrected) == reached(await caller.shipment(number))
    assert "delivered" not in reached(corrected)
    with pytest.raises(grpc.aio.AioRpcError, match="milestone not reached"):
        await desk.correct(number, shipment_pb2.MILESTONE_DELIVERED, "again")


@pytest.mark.feature("F135")
async def test_a_code_is_mapped_and_what_waited_for_it_is_counted(caller: Caller, desk: ShipmentDesk) -> None:
    number, _ = await on_the_road(caller, "AF")
    code = unique("Q")
    await caller.record(word(code, 9, shipment_number=number))
    meaning = pb.MapCarrierCodeRequest(
        partner="acme-truck", vocabulary="x12_214", code=code, code_class=shipment_pb2.CODE_CLASS_ADMINISTRATIVE
    )
    assert [(done.version, done.waiting_updates) for done in (await desk.map_code(meaning),)] == [(1, 1)]
    assert (await desk.map_code(meaning)).version == 2


@pytest.mark.feature("F142")
async def test_every_feed_is_listed_with_what_came_of_it(caller: Caller, desk: ShipmentDesk) -> None:
    partner = unique("truck").lower()
    _, tracking = await on_the_road(caller)
    await caller.record(word("AF", 1, tracking), word("X4", 2, tracking), origin=origin(system=partner))
    [feed] = [each for each in await desk.feeds() if each.partner == partner]
    assert (feed.report_count, feed.update_count, feed.milestone_count) == (1, 2, 1)


def test_a_silent_feed_says_so_in_its_row() -> None:
    speaks = pb.CarrierFeed(partner="car-swift", report_count=3, update_count=7, milestone_count=2, unmapped_count=1)
    speaks.last_heard_at.FromDatetime(datetime(2026, 3, 2, 9, tzinfo=UTC))
    speaks.usual_gap.FromTimedelta(timedelta(minutes=90))
    console = Console(width=160)
    with console.capture() as captured:
        console.print(feeds_table([speaks, pb.CarrierFeed(partner="car-mute", silent=True)]))
    _, first, second = captured.get().splitlines()
    assert first.split() == ["car-swift", "2026-03-02", "09:00", "1:30:00", "3", "7", "2", "1", "0"]
    assert second.split() == ["car-mute", "never", "0", "0", "0", "0", "0", "silent"]


async def test_a_number_of_nothing_is_not_found(desk: ShipmentDesk, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        await desk.cancel("SH-NOBODY", "who?")
    assert ended.value.exit_code == 4
    assert "no shipment 'SH-NOBODY'" in capsys.readouterr().err


MAP = ("map", "car-haul", "x12_214", "ZZ")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("cancel", "SH-1"), "--reason"),
        (("correct", "SH-1", "delayed", "--reason", "x"), "'delayed' is none of dispatched, out_for_delivery"),
        ((*MAP, "--class", "unmapped"), "'unmapped' is none of fact, estimate, administrative, feed"),
        ((*MAP, "--class", "fact", "--milestone", "arrived"), "'arrived' is none of dispatched"),
        ((*MAP, "--class", "fact", "--stage", "moon"), "'moon' is none of"),
        ((*MAP, "--class", "fact", "--trouble", "bad"), "'bad' is none of attempted"),
    ],
)
def test_a_word_that_the_contract_does_not_know_ends_with_those_that_it_does(words: tuple[str, ...], why: str) -> None:
    answer: Any = CliRunner().invoke(app, ["shipment", *words])
    assert answer.exit_code == 2
    assert why in " ".join(answer.output.replace("│", " ").split())
