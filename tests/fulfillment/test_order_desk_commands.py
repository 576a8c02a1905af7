"""`crossdock order release|pending`, and what an order's channel was last told: what an order desk types and reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
import typer
from crossdock.fulfillment.v1 import posting_pb2, sales_order_pb2
from crossdock.fulfillment.v1 import posting_service_pb2_grpc as posting_grpc
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock_cli.main import app
from crossdock_cli.order_calls import OrderDesk, WholeOrder
from crossdock_cli.order_pending import listed, pending_table
from crossdock_cli.order_release import Releasing, only_hold
from crossdock_cli.order_told import Told, status_words
from crossdock_cli.order_voices import Heard, voices
from crossdock_kit.testing import RunningServer
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment_cases.calls import Caller, line, state_of, unique
from fulfillment_cases.desk import PASSED, REFUSED, Desk, check_of, shown
from fulfillment_cases.ledger import Ledger
from rich.console import Console
from typer.testing import CliRunner

CREDIT, EXPORT = sales_order_pb2.CHECK_KIND_CREDIT, sales_order_pb2.CHECK_KIND_EXPORT


@pytest.fixture(scope="module")
async def declared(server: Any, uow: UnitOfWork) -> None:
    desk = Desk(None, uow)
    await desk.declare("CUS-HOLD", credit={"fallback": "hold"}, export={"fallback": "hold"})


@pytest.fixture
def releasing(caller: Caller, desk: Desk) -> Releasing:
    return Releasing(OrderDesk(caller.stub, None, "inside-sales"), desk.stub)


async def held(caller: Caller, desk: Desk) -> str:
    """Number of an order whose customer's credit was refused by nobody but silence; its export is decided."""
    number = unique("S")
    placed = await caller.place(number, line("1", 4), customer_id="CUS-HOLD")
    await desk.says(check_of(placed.order, "export"), PASSED)
    await desk.nobody_answers(placed.order.order_id, "credit")
    return number


@pytest.mark.usefixtures("declared")
@pytest.mark.feature("F114")
async def test_an_order_that_one_check_holds_is_let_through_by_its_number(
    caller: Caller, desk: Desk, releasing: Releasing
) -> None:
    number = await held(caller, desk)
    found = await releasing.release(number, "", [], "paid by wire")
    assert shown(found.order)["credit"] == "released person"
    assert [each.reason for each in found.order.checks if each.kind == CREDIT] == ["paid by wire"]
    again = await releasing.release(number, "shop-eu", [CREDIT], "paid by wire")
    assert state_of(again.order) == state_of(found.order) == "accepted"


@pytest.mark.usefixtures("declared")
async def test_what_is_decided_otherwise_is_refused_and_what_nobody_knows_is_not_found(
    caller: Caller, desk: Desk, releasing: Releasing
) -> None:
    number = unique("S")
    placed = await caller.place(number, line("1", 4), customer_id="CUS-HOLD")
    await desk.says(check_of(placed.order, "export"), REFUSED, reason="embargo")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await releasing.release(number, "", [EXPORT], "I say so")
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await releasing.release(unique("S"), "", [CREDIT], "who?")
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


def checked(*kinds: sales_order_pb2.CheckKind.ValueType) -> sales_order_pb2.SalesOrder:
    order = sales_order_pb2.SalesOrder(number="S-1")
    for kind in kinds:
        order.checks.add(kind=kind, state=sales_order_pb2.CHECK_STATE_HELD)
    order.checks.add(kind=sales_order_pb2.CHECK_KIND_TAX, state=sales_order_pb2.CHECK_STATE_PASSED)
    return order


def test_of_several_checks_that_hold_an_order_one_has_to_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert only_hold(checked(EXPORT)) == EXPORT
    for kinds, sentence in (((), "no check holds S-1"), ((CREDIT, EXPORT), "S-1 is held by credit, export: say which")):
        with pytest.raises(typer.Exit) as ended:
            only_hold(checked(*kinds))
        assert ended.value.exit_code == 1
        assert sentence in capsys.readouterr().err


@pytest.mark.feature("F161")
async def test_what_the_erp_has_not_posted_is_listed_until_it_has(
    caller: Caller, ledger: Ledger, server: RunningServer
) -> None:
    stub: Any = server.caller(posting_grpc.PostingServiceStub, tenant="acme")
    number = unique("S")
    order_id = (await caller.place(number, line("1", 10))).order.order_id

    async def waiting(kind: posting_pb2.PostingKind.ValueType) -> list[str]:
        return [each.order_number for each in await listed(stub, kind) if each.order_id == order_id]

    assert await waiting(posting_pb2.POSTING_KIND_UNSPECIFIED) == [number]
    assert await waiting(posting_pb2.POSTING_KIND_SHIPMENT) == []
    books = await ledger.books(order_id)
    await ledger.answer(books["order requested"], "4711")
    assert await waiting(posting_pb2.POSTING_KIND_UNSPECIFIED) == []


def test_each_row_says_what_is_not_posted_since_when_and_why() -> None:
    refused = posting_pb2.Posting(
        order_number="S-1",
        kind=posting_pb2.POSTING_KIND_INVOICE,
        reference="GI-1",
        state=posting_pb2.POSTING_STATE_REFUSED,
        reason="period closed",
    )
    refused.created_at.FromDatetime(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    waits = posting_pb2.Posting(
        order_number="S-2", kind=posting_pb2.POSTING_KIND_SHIPMENT, state=posting_pb2.POSTING_STATE_WAITING
    )
    console = Console(width=160)
    with console.capture() as captured:
        console.print(pending_table([refused, waits]))
    _, first, second = captured.get().splitlines()
    assert first.split() == ["S-1", "invoice", "GI-1", "refused", "2026-03-02", "09:30", "period", "closed"]
    assert second.rstrip().endswith("comes behind what is not posted yet")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("pending", "--kind", "receipt"), "'receipt' is none of order, shipment, invoice, credit"),
        (("release", "S-1", "--reason", "x", "--check", "weather"), "'weather' is none of customer, price, credit"),
        (("release", "S-1"), "--reason"),
    ],
)
def test_a_word_that_the_contract_does_not_know_ends_with_those_that_it_does(words: tuple[str, ...], why: str) -> None:
    answer = CliRunner().invoke(app, ["order", *words])
    assert answer.exit_code == 2
    assert why in " ".join(answer.output.replace("│", " ").split())


# --- what its channel was last told

STATUS: dict[str, Any] = {"orderState": "partly_shipped", "lineState": "shipped"}


def test_a_status_is_said_with_its_lines_of_many_the_first() -> None:
    assert status_words({"orderState": "accepted", "lineState": "accepted", "lines": []}) == "order accepted"
    one = STATUS | {"lines": [{"line": "1"}]}
    assert status_words(json.loads(json.dumps(one))) == "line 1 shipped, order partly_shipped"
    many = STATUS | {"lines": [{"line": str(number)} for number in range(1, 9)]}
    assert status_words(many) == "lines 1, 2, 3, 4, 5 and 3 more shipped, order partly_shipped"


@pytest.mark.feature("F111", "F129")
def test_where_its_channel_knows_less_than_is_known_here_the_order_shows_both() -> None:
    order = sales_order_pb2.SalesOrder(
        number="S-1", channel="shop-eu", line_count=1, state=sales_order_pb2.ORDER_STATE_DELIVERED
    )
    order.ordered_on.year, order.ordered_on.month, order.ordered_on.day = 2026, 3, 2
    last = ops.Delivery(kind="json.order_status", state="delivered")
    last.finished_at.FromDatetime(datetime(2026, 3, 3, 8, 15, tzinfo=UTC))
    told = Told(last, "line 1 shipped, order shipped", waiting=2)
    said = voices(WholeOrder(order, ()), Heard(told=told))
    ordered = "S-1 ordered on 2026-03-02, 1 lines"
    assert said == [
        ("shop-eu", f"{ordered}; last told 2026-03-03 08:15: line 1 shipped, order shipped; 2 not told yet"),
        ("Crossdock", "delivered"),
    ]
    assert voices(WholeOrder(order, ()), Heard())[0] == ("shop-eu", ordered)
