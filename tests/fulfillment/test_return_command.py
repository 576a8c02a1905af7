"""`crossdock return`: what customer service types becomes a return, once, and is shown as it stands."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as orders
from crossdock.fulfillment.v1 import return_pb2
from crossdock_cli.main import app
from crossdock_cli.returns import ReturnsDesk, headline, lines_table, wanted
from fulfillment_cases.calls import Caller, line, quantity, unique
from fulfillment_cases.returns import Returns, restocked
from rich.console import Console
from typer.testing import CliRunner


@pytest.fixture
def desk(caller: Caller, returns: Returns) -> ReturnsDesk:
    return ReturnsDesk(returns.stub, caller.stub, None, "customer-service")


def printed(table: Any) -> list[list[str]]:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(table)
    return [each.split() for each in captured.get().splitlines()]


@pytest.mark.feature("F133")
async def test_what_is_authorised_by_the_orders_number_is_found_by_its_own(
    desk: ReturnsDesk, caller: Caller, returns: Returns
) -> None:
    order, number = unique("S"), unique("R")
    order_id = (await caller.place(order, line("1", 10))).order.order_id
    await returns.delivered(order_id, order)
    ref, lines = orders.OrderRef(number=order), wanted(["1"], ["2"], "EA")
    found, repeated = await desk.authorize(ref, number, lines, "wrong size")
    assert (found.order_id, found.reason, repeated) == (order_id, "wrong size", False)
    assert (await desk.authorize(ref, number, lines, "wrong size"))[1]
    await returns.inspected(restocked(2), return_number=number)
    found = await desk.find(number)
    assert headline(found) == f"return {number} of order {order}: inspected, 0 of 1 credit notes posted"
    assert printed(lines_table(found))[1:] == [["1", "BOLT", "2", "0", "2", "EA"]]
    assert number in {each.number for each in await desk.listed(awaiting_credit=True)}


async def test_a_return_that_nobody_knows_is_not_found(desk: ReturnsDesk) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await desk.find(unique("R"))
    assert missing.value.code() is grpc.StatusCode.NOT_FOUND


def test_goods_of_no_order_are_shown_as_such() -> None:
    found = return_pb2.CustomerReturn(number="RR-1", state=return_pb2.RETURN_STATE_UNAUTHORIZED)
    assert headline(found) == "return RR-1, of no order: unauthorized"


def test_each_line_needs_its_quantity() -> None:
    assert wanted(["1", "2"], ["3", "4.5"], "XCS")[1].quantity == quantity("4.5", "XCS")
    said = ["return", "authorize", "S-1", "--number", "R-1", "--line", "1", "--quantity", "2", "--quantity", "3"]
    result = CliRunner().invoke(app, said)
    assert result.exit_code != 0
    assert "1 --line and 2 --quantity" in result.output
