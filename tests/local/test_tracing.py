"""The timeline as the command line puts it together from what each service says of itself."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
import typer
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock_cli.asking import Asker, answered
from crossdock_cli.console import FAILED, NOT_FOUND
from crossdock_cli.trace import chosen, in_order, milliseconds, timeline_table, transactions_table
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from grpc.aio import Metadata
from rich.console import Console


def step(number: int, *transactions: str, service: str = "connector", **facts: Any) -> ops.Step:
    at = Timestamp(seconds=1_700_000_000 + number)
    return ops.Step(step_id=f"s{number}", service=service, at=at, transaction_ids=transactions, **facts)


@dataclass
class OneService:
    """Answers like a service, in pages of one step."""

    rows: list[ops.Step]

    async def ListSteps(self, request: ops.ListStepsRequest, **_: Any) -> ops.ListStepsResponse:  # noqa: N802
        wanted = [each for each in self.rows if set(each.transaction_ids) & set(request.transaction_ids)]
        at = int(request.page_token or 0)
        more = str(at + 1) if at + 1 < len(wanted) else ""
        return ops.ListStepsResponse(steps=wanted[at : at + 1], next_page_token=more)


class NoToken(Asker):
    @property
    def credentials(self) -> tuple[tuple[str, str], ...]:
        return ()


def asker(**services: OneService) -> Asker:
    nothing: Any = None
    stubs: Any = services
    return NoToken(nothing, None, stubs, {})


async def test_the_document_that_an_order_came_in_stands_in_the_orders_timeline() -> None:
    connector = OneService(
        [
            step(1, "doc-1", name="translate document"),
            step(2, "order", name="SubmitPurchaseOrder", keys=("po:4711", "document:doc-1")),
            step(5, "other", name="somebody else's"),
        ]
    )
    procurement = OneService([step(3, "order", service="procurement", name="SubmitPurchaseOrder")])
    found = await asker(connector=connector, procurement=procurement).timeline("order")
    assert [each.step_id for each in found] == ["s1", "s2", "s3"]


async def test_a_step_that_both_threads_name_stands_there_once() -> None:
    both = step(1, "order", "doc-1", keys=("document:doc-1",))
    assert len(await asker(connector=OneService([both])).timeline("order")) == 1


async def test_a_document_that_stands_in_an_orders_timeline_is_no_transaction_beside_it() -> None:
    ask = asker(connector=OneService([step(1, "order", keys=("document:doc-1",))]))
    order, inside, other = (
        ops.TransactionMatch(transaction_id="order", root_key="po:1"),
        ops.TransactionMatch(transaction_id="doc-1"),
        ops.TransactionMatch(transaction_id="doc-2"),
    )
    assert await ask.apart([inside, order, other]) == [order, other]
    assert await ask.apart([inside, other]) == [inside, other]


def test_a_transactions_own_id_names_it_alone() -> None:
    mine, other = ops.TransactionMatch(transaction_id="a"), ops.TransactionMatch(transaction_id="b", root_key="po:1")
    assert chosen("a", [mine, other]) == [mine]
    assert chosen("po:1", [mine, other]) == [mine, other]


def test_the_tables_show_what_is_promised() -> None:
    shown = Console(width=200, record=True)
    row = step(
        1, "t", kind="event", name="ShipNoticeReceived", attempt=2, outcome="advanced", trace_id="ab" * 16,
        keys=("asn:9", "po:1"), waited=Duration(nanos=250_000_000), took=Duration(seconds=1),
    )  # fmt: skip
    shown.print(timeline_table([row]))
    shown.print(transactions_table([ops.TransactionMatch(transaction_id="t", type="purchase_order", root_key="po:1")]))
    text = shown.export_text()
    for word in ("22:13:21", "connector", "event ShipNoticeReceived", "asn:9 po:1", " 2 ", "250 ms", "1000 ms", "abab"):
        assert word in text
    assert "purchase_order  po:1" in text
    assert milliseconds(Duration(seconds=2)) == "2000 ms"


@pytest.mark.parametrize(
    ("code", "exit_code"), [(grpc.StatusCode.NOT_FOUND, NOT_FOUND), (grpc.StatusCode.INVALID_ARGUMENT, FAILED)]
)
def test_what_no_service_knows_has_an_exit_code_of_its_own(code: grpc.StatusCode, exit_code: int) -> None:
    async def refused() -> None:
        raise grpc.aio.AioRpcError(code, Metadata(), Metadata(), details="no such item")

    with pytest.raises(typer.Exit) as ended:
        answered(refused())
    assert ended.value.exit_code == exit_code


@pytest.mark.feature("F036")
def test_what_became_of_an_exception_stands_between_the_steps_of_its_transaction() -> None:
    history = [
        ops.ExceptionTransition(
            what="raised",
            at=Timestamp(seconds=1_700_000_002),
            by="wms-east",
            why="3 are missing",
            owner="supplier-desk",
        ),
        ops.ExceptionTransition(
            what="assigned",
            at=Timestamp(seconds=1_700_000_004),
            by="ann",
            why="my supplier",
            owner="supplier-desk",
            assignee="ann",
        ),
    ]
    raised = ops.Exception(code="RECEIPT_SHORT", service="procurement", keys=["po:4711"], history=history)
    steps = [step(1, "t", name="first"), step(3, "t", name="second"), step(5, "t", name="third")]
    shown = in_order(steps, [raised])
    assert [each.name for each in shown] == ["first", "RECEIPT_SHORT", "second", "RECEIPT_SHORT", "third"]
    console = Console(width=240, record=True, file=io.StringIO())
    console.print(timeline_table(shown))
    printed = console.export_text()
    assert "exception RECEIPT_SHORT" in printed
    assert "raised by wms-east for supplier-desk: 3 are missing" in printed
    assert "assigned by ann for ann: my supplier" in printed
