"""What is counted of a supplier: every share from facts that were recorded through real calls, each on its own day."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import grpc
import pytest
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import inbound_pb2 as inbound
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from crossdock.procurement.v1 import supplier_score_pb2 as score_pb
from crossdock_cli.supplier import MEASURES, score_table
from crossdock_kit.testing import FixedClock
from google.type.date_pb2 import Date
from procurement.domain.score import Share
from procurement_cases.calls import (
    Caller,
    answered,
    at,
    billed,
    counted,
    line,
    on,
    origin,
    packed,
    quantity,
    says,
    unique,
)
from procurement_cases.refusals import refused
from rich.console import Console
from rich.table import Table

DELTA, NORDIC = "SUP-DELTA", "SUP-NORDIC"
ACCEPTED = pb.ACKNOWLEDGMENT_OUTCOME_ACCEPTED
EVERYTHING = (Date(year=2020, month=1, day=1), Date(year=2035, month=1, day=1))


async def score(caller: Caller, supplier: str, first: Date, last: Date, unit: str = "") -> score_pb.SupplierScore:
    request = pb.GetSupplierScoreRequest(supplier_id=supplier, business_unit=unit, from_date=first, to_date=last)
    return (await caller.stub.GetSupplierScore(request, timeout=20)).supplier_score


def shares(found: score_pb.SupplierScore) -> dict[str, tuple[int, int, str]]:
    return {
        field.name: (value.good, value.total, value.percent)
        for field, value in found.ListFields()
        if isinstance(value, score_pb.Share)
    }


def shown(table: Table) -> list[list[str]]:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table)
    return [[cell.strip() for cell in row.split("  ") if cell.strip()] for row in captured.get().splitlines()[1:]]


def wanted(number: str, amount: int, day: int) -> pb.OrderedLine:
    asked = order_pb.ScheduleLine(quantity=quantity(amount), date=on(day))
    return line(number, amount, requested=[asked])


def promised(number: str, amount: int, day: int) -> pb.AcknowledgedLine:
    return answered(number, says(ACCEPTED, amount, date=on(day)))


async def lived(caller: Caller) -> None:
    """Two lines: one came whole and in time; of the other 97 of 100 came a day late, one of them broken."""
    number, notice = unique("PO"), unique("SH")
    await caller.submit(number, [wanted("10", 100, 5), wanted("20", 100, 5)], supplier_id=DELTA)
    await caller.answer(number, promised("10", 100, 5), promised("20", 100, 6), supplier_id=DELTA, hours=6)
    await caller.ship(notice, packed(number, 100), packed(number, 100, "20"), supplier_id=DELTA)

    def arrived(amount: int, of: str, **more: Any) -> inbound.ReceiptLine:
        return counted(amount, purchase_order_number=number, line_number=of, ship_notice_number=notice, **more)

    await caller.receive(unique("RC"), arrived(100, "10"), received_at=at(5 * 24))
    late = (arrived(96, "20"), arrived(1, "20", condition=inbound.CONDITION_DAMAGED))
    await caller.receive(unique("RC"), *late, received_at=at(7 * 24), final=True)
    asked = (billed(number, 100), billed(number, 97, "9.99", "20"))
    said_by = origin(DELTA, options_pb2.ROLE_SUPPLIER, 200)
    await caller.invoice(unique("INV"), *asked, supplier_id=DELTA, origin=said_by)


@pytest.mark.feature("F080")
async def test_every_promise_is_held_against_what_came(caller: Caller, stranger: Caller, clock: FixedClock) -> None:
    await lived(caller)
    early = shares(await score(caller, DELTA, *EVERYTHING))
    assert early["as_promised"] == early["as_requested"] == (1, 1, "100.0"), "what is not due yet is not late"
    clock.advance(timedelta(days=10))
    found = await score(caller, DELTA, *EVERYTHING)
    half = (1, 2, "50.0")
    assert shares(found) == {
        "answered": (1, 1, "100.0"),
        "as_promised": half,
        "as_requested": half,
        "filled": half,
        "announced_exactly": half,
        "announced": (3, 3, "100.0"),
        "undamaged": (2, 3, "66.7"),
        "invoices_matched": half,
    }
    assert found.median_answer_hours == "6.00"
    rows = shown(score_table(found))
    assert ["received undamaged", "2", "3", "66.7"] in rows
    assert len(rows) == len(MEASURES) == len(shares(found)), "every share has its row"
    # Each fact counts on its own day: on the day of the order nothing was due and nothing had come.
    assert shares(await score(caller, DELTA, on(0), on(0))).keys() >= {"answered", "filled"}
    due_day = shares(await score(caller, DELTA, on(5), on(5)))
    assert (due_day["as_promised"], due_day["as_requested"]) == ((1, 1, "100.0"), half)
    assert due_day["answered"] == due_day["filled"] == due_day["invoices_matched"] == (0, 0, "")
    for other in (
        await score(stranger, DELTA, *EVERYTHING),
        await score(caller, DELTA, *EVERYTHING, unit="US01"),
        await score(caller, "SUP-NOBODY", *EVERYTHING),
        await score(caller, DELTA, on(60), on(90)),
    ):
        assert set(shares(other).values()) == {(0, 0, "")}
        assert other.median_answer_hours == ""
    assert shares(await score(caller, DELTA, *EVERYTHING, unit="EU01")) == shares(found)


@pytest.mark.feature("F080")
async def test_an_answer_is_owed_for_the_revision_in_force_and_not_for_one_that_was_replaced(caller: Caller) -> None:
    replaced, silent = unique("PO"), unique("PO")
    await caller.submit(replaced, [line("10", 100)])
    await caller.submit(replaced, [line("10", 80)], hours=2)
    await caller.submit(silent, [line("10", 100)])
    before = await score(caller, NORDIC, *EVERYTHING)
    assert (shares(before)["answered"], before.median_answer_hours) == ((0, 2, "0.0"), "")
    await caller.answer(replaced, revision=2, hours=5.5)
    after = await score(caller, NORDIC, *EVERYTHING)
    assert (shares(after)["answered"], after.median_answer_hours) == ((1, 2, "50.0"), "3.50")


async def test_a_span_that_ends_before_it_begins_is_refused(caller: Caller) -> None:
    assert (await refused(score(caller, DELTA, on(2), on(1))))[0] is grpc.StatusCode.INVALID_ARGUMENT


def test_what_was_never_counted_has_no_percentage() -> None:
    assert [Share(1, 3).percent, Share(0, 7).percent, Share().percent] == [Decimal("33.3"), Decimal("0.0"), None]
