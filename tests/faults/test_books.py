"""Counts, statements and supplier invoices: their checkers let sound books pass and find what is planted in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from crossdock.common.v1.values_pb2 import Quantity
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from faults import shelves, world
from faults.checkers.counted import counts_and_statements
from faults.checkers.finding import Trial
from faults.checkers.invoiced import invoices_against_receipts
from faults.evidence import Evidence, OfService, Recorded
from faults.history import History, Operation
from faults.stocktaking import ROUNDS_BEFORE, Clock
from inventory.domain.accounts import Account

TODAY = date(2026, 11, 21)
CHANGES_AT = datetime.combine(shelves.changes_on(TODAY), time(), UTC)
BEFORE, SINCE = CHANGES_AT - timedelta(hours=4), CHANGES_AT + timedelta(hours=4)
SITE, SKU = "WH-EAST", shelves.SHELVED[0]
INVOICE = str(UUID(int=7))
OF_LINE = {"purchase_order_number": "45-1", "line_number": "10"}


def at(hours: int, day: datetime = BEFORE) -> datetime:
    return day + timedelta(minutes=hours)


def moved(change: int, document: str, when: datetime) -> dict[str, Any]:
    legs = (Account.ADJUSTMENT, Account.SELLABLE) if change > 0 else (Account.SELLABLE, Account.ADJUSTMENT)
    place = {"tenant": "acme", "location_id": SITE, "sku": SKU, "movement_id": uuid4()}
    about = {"document": f"adjustment/{document}/1", "occurred_at": when}
    return {**place, **about, "source": legs[0], "target": legs[1], "quantity": Decimal(abs(change))}


def report(
    history: History, number: str, when: datetime, *, counted: Quantity | None = None, change: Quantity | None = None
) -> Operation:
    line = control.ReportedStock(
        sku=SKU, bucket=inventory.ACCOUNT_SELLABLE, reason="AA", counted=counted, change=change
    )
    request = control.RecordStockReportRequest(number=number, location_id=SITE, lines=[line])
    request.found_at.FromDatetime(when)
    operation = history.invoke(SITE, "RecordStockReport", number, "acme", request)
    history.end(operation, "ok", answer=control.RecordStockReportResponse())
    return operation


def statement(number: str, when: datetime, stated: int, in_ledger: int) -> control.StockStatement:
    found = control.StockStatement(number=number, location_id=SITE)
    found.as_of.FromDatetime(when)
    if stated != in_ledger:
        told = found.differences.add(sku=SKU)
        told.stated.value, told.in_ledger.value = str(stated), str(in_ledger)
        told.difference.value = str(stated - in_ledger)
    return found


def counted() -> Trial:
    """Fifty cases of twelve, then a change that is told before a count of what was there before it, then a statement
    of the day on which the case holds ten."""
    history = History()
    report(history, "CNT-1", at(0), counted=Quantity(value="50", unit="XCS"))
    report(history, "CHG-1", at(3), change=Quantity(value="-3", unit="EA"))
    report(history, "CNT-2", at(2), counted=Quantity(value="590", unit="EA"))
    line = control.StatedStock(sku=SKU, quantity=Quantity(value="60", unit="XCS"))
    request = control.RecordStatementRequest(number="ST-1", location_id=SITE, lines=[line])
    request.as_of.FromDatetime(SINCE)
    stating = history.invoke(SITE, "RecordStatement", "ST-1", "acme", request)
    answer = control.RecordStatementResponse(statement=statement("ST-1", SINCE, 600, 587))
    history.end(stating, "ok", answer=answer)
    report(history, "CHG-2", SINCE + timedelta(minutes=1), change=Quantity(value="2", unit="XCS"))
    movements = [
        moved(600, "CNT-1", at(0)),
        moved(-3, "CHG-1", at(3)),
        moved(-10, "CNT-2", at(2)),
        moved(20, "CHG-2", SINCE + timedelta(minutes=1)),
    ]
    trial = Trial(world.day_of(1, 0, "acme"), history, Evidence(movements=movements), SimpleNamespace())  # type: ignore[arg-type]
    trial.day = SimpleNamespace(ordered_on=TODAY.isoformat())  # type: ignore[assignment]
    trial.reconciled = {SITE: answer.statement}
    return trial


def test_sound_counts_and_statements_pass() -> None:
    found = counts_and_statements(counted())
    assert found.holds, str(found)


def read_by_the_case_of_today(trial: Trial) -> str:
    trial.evidence.movements = [moved(500, "CNT-1", at(0)), *trial.evidence.movements[1:]]
    return "count CNT-1"


def changed_by_the_case_of_before(trial: Trial) -> str:
    wrong = moved(24, "CHG-2", SINCE + timedelta(minutes=1))
    trial.evidence.movements = [*trial.evidence.movements[:-1], wrong]
    return "change CHG-2"


def counted_against_the_ledger_of_now(trial: Trial) -> str:
    found = list(trial.evidence.movements)
    found[2] = moved(-7, "CNT-2", at(2))
    trial.evidence.movements = found
    return "where the ledger of its time held"


def booked_twice(trial: Trial) -> str:
    trial.evidence.movements = [*trial.evidence.movements, moved(-3, "CHG-1", at(3))]
    return "CHG-1"


def refused_and_booked(trial: Trial) -> str:
    trial.history.operations[1].outcome = "failed"
    return "was refused and booked"


def answered_by_the_ledger_of_now(trial: Trial) -> str:
    trial.history.operations[3].answer.statement.CopyFrom(statement("ST-1", SINCE, 600, 607))
    return "held against 607"


def shown_by_the_ledger_of_now(trial: Trial) -> str:
    trial.reconciled = {SITE: statement("ST-1", SINCE, 600, 607)}
    return "by the ledger as of its time by 13"


def older_statement_shown(trial: Trial) -> str:
    trial.reconciled = {SITE: statement("ST-0", BEFORE, 600, 600)}
    return "the newest shown"


def seen_and_not_made_up_for(trial: Trial) -> str:
    told_late(trial)
    trial.evidence.movements = trial.evidence.movements[:-1]
    return "603 in the end, by the newest count and what changed after it 607"


def made_up_for_twice(trial: Trial) -> str:
    told_late(trial)
    trial.evidence.movements = [*trial.evidence.movements, moved(4, "CHG-3/made up for", at(2))]
    return "611 in the end"


def older_statement_booked_over_a_count(trial: Trial) -> str:
    believed(trial, at(1))
    trial.evidence.movements = trial.evidence.movements[:-1]
    return "in the end, by the newest count"


def believed_and_gone(trial: Trial) -> str:
    believed(trial, SINCE)
    trial.evidence.movements = [*trial.evidence.movements, moved(-1, "CNT-9", at(2))]
    return "619 in the end, by the newest count and what changed after it 620"


@pytest.mark.parametrize(
    "plant",
    [
        seen_and_not_made_up_for,
        made_up_for_twice,
        older_statement_booked_over_a_count,
        believed_and_gone,
        read_by_the_case_of_today,
        changed_by_the_case_of_before,
        counted_against_the_ledger_of_now,
        booked_twice,
        refused_and_booked,
        answered_by_the_ledger_of_now,
        shown_by_the_ledger_of_now,
        older_statement_shown,
    ],
)
def test_what_is_planted_in_the_books_of_stock_is_found(plant: Callable[[Trial], str]) -> None:
    trial = counted()
    words = plant(trial)
    assert any(words in each for each in counts_and_statements(trial).violations)


def told_late(trial: Trial) -> None:
    """A change of before the second count, which that count had seen."""
    report(trial.history, "CHG-3", at(1), change=Quantity(value="-4", unit="EA"))
    seen = [moved(-4, "CHG-3", at(1)), moved(4, "CHG-3/made up for", at(2))]
    trial.evidence.movements = [*trial.evidence.movements, *seen]


def believed(trial: Trial, when: datetime) -> None:
    """The statement is booked as of that time; where the second count is later, that one stands."""
    stating = trial.history.operations[3]
    stating.request.as_of.FromDatetime(when)
    in_ledger, newest = (600, False) if when < at(2) else (587, True)
    stating.request.lines[0].quantity.CopyFrom(Quantity(value="610" if not newest else "600", unit="EA"))
    differs = 10 if not newest else 13
    stating.answer.statement.CopyFrom(statement("ST-1", when, in_ledger + differs, in_ledger))
    request = control.BookDifferencesRequest(request_id=str(UUID(int=3)), location_id=SITE, number="ST-1")
    booking = trial.history.invoke(SITE, "BookDifferences", "ST-1", "acme", request)
    trial.history.end(booking, "ok", answer=control.BookDifferencesResponse())
    number = f"ST-1/{request.request_id}"
    made_up = [] if newest else [moved(-differs, f"{number}/made up for", at(2))]
    trial.evidence.movements = [*trial.evidence.movements, moved(differs, number, when), *made_up]
    trial.reconciled = {SITE: statement("ST-1", when, 600, 600)}


def test_a_change_that_a_count_had_seen_leaves_it_as_it_was() -> None:
    trial = counted()
    told_late(trial)
    found = counts_and_statements(trial)
    assert found.holds, str(found)


@pytest.mark.parametrize("when", [at(1), SINCE])
def test_a_statement_that_somebody_believed_stands_until_a_later_count(when: datetime) -> None:
    trial = counted()
    believed(trial, when)
    found = counts_and_statements(trial)
    assert found.holds, str(found)


def test_what_nobody_heard_the_end_of_may_have_been_known_to_a_later_count_or_not() -> None:
    """It came before that count, after it, or never."""
    for change, later, difference in ((-4, 0, -6), (-4, 4, -10), (0, 0, -10)):
        trial = counted()
        unheard = report(trial.history, "CHG-3", at(1), change=Quantity(value="-4", unit="EA"))
        unheard.outcome, unheard.invoked_at = "unknown", trial.history.operations[1].invoked_at
        found = list(trial.evidence.movements)
        found[2] = moved(difference, "CNT-2", at(2))
        found += [moved(change, "CHG-3", at(1))] if change else []
        found += [moved(later, "CHG-3/made up for", at(2))] if later else []
        trial.evidence.movements = found
        judged = counts_and_statements(trial)
        assert judged.holds, str(judged)


def test_a_sites_clock_only_goes_forward_and_stays_before_the_change_or_comes_to_its_day() -> None:
    days = {}
    for stays in (True, False):
        clock = Clock(shelves.changes_on(TODAY), stays)
        read = [instant for _ in range(2 * ROUNDS_BEFORE) for instant in clock.round()]
        assert read == sorted(set(read))
        days[stays] = [instant.date() for instant in read]
    day_before = shelves.changes_on(TODAY) - timedelta(days=1)
    assert set(days[True]) == {day_before}
    assert set(days[False]) == {day_before, shelves.changes_on(TODAY)}


def invoiced() -> Trial:
    """Ten came; six were asked for and passed, then five, of which one is too many."""
    history = History()
    for number, amount in (("INV-1", "6"), ("INV-2", "5")):
        request = procurement.RecordSupplierInvoiceRequest(number=number)
        request.lines.add(**OF_LINE, quantity=Quantity(value=amount, unit="EA"))
        operation = history.invoke("sup-api-1", "RecordSupplierInvoice", number, "acme", request)
        history.end(operation, "ok", answer=procurement.RecordSupplierInvoiceResponse())
    other = str(UUID(int=8))
    evidence = Evidence(
        receipt_lines=[{**OF_LINE, "base": Decimal(10)}],
        order_lines=[{"number": "45-1", "line_number": "10", "invoiced": Decimal(6)}],
        invoices=[{"tenant": "acme", "number": number} for number in ("INV-1", "INV-2")],
        invoice_lines=[
            row("INV-1", 6, "matched", INVOICE),
            row("INV-2", 5, "quantity_variance", other),
        ],
    )
    journal = [
        Recorded(uuid4(), "acme", f"supplier_invoice/{each}", 1, "x.SupplierInvoiceMatched")
        for each in (INVOICE, other)
    ]
    evidence.services = {"procurement": OfService(journal=journal)}
    heard = {
        each: {"lines": [{"outcome": said}]} for each, said in ((INVOICE, "matched"), (other, "quantity_variance"))
    }
    payables = SimpleNamespace(told=Counter({(INVOICE, 1): 1, (other, 1): 1}), matches=heard)
    cast: Any = SimpleNamespace(erp=SimpleNamespace(payables=payables))
    return Trial(world.day_of(1, 0, "acme"), history, evidence, cast)


def row(number: str, base: int, outcome: str, invoice_id: str) -> dict[str, Any]:
    about = {"tenant": "acme", "number": number, "invoice_id": invoice_id, "outcome": outcome}
    return {**OF_LINE, **about, "base": Decimal(base)}


def test_sound_invoices_pass() -> None:
    found = invoices_against_receipts(invoiced())
    assert found.holds, str(found)


def paid_beyond_receipt(trial: Trial) -> str:
    trial.evidence.invoice_lines = [*trial.evidence.invoice_lines[:1], row("INV-2", 5, "matched", str(UUID(int=8)))]
    return "11 passed, 10 received"


def counted_as_invoiced_twice(trial: Trial) -> str:
    trial.evidence.order_lines = [{**trial.evidence.order_lines[0], "invoiced": Decimal(12)}]
    return "12 count as invoiced"


def never_matched_again(trial: Trial) -> str:
    trial.evidence.invoice_lines = [*trial.evidence.invoice_lines[:1], row("INV-2", 4, "no_receipt", str(UUID(int=8)))]
    return "waits for 4"


def invoice_gone(trial: Trial) -> str:
    trial.evidence.invoices = trial.evidence.invoices[:1]
    return "is gone"


def invoice_recorded_twice(trial: Trial) -> str:
    trial.evidence.invoices = [*trial.evidence.invoices, trial.evidence.invoices[0]]
    return "recorded 2 times"


def match_told_twice(trial: Trial) -> str:
    trial.cast.erp.payables.told[INVOICE, 1] = 2
    return "was told 2 times"


def match_never_told(trial: Trial) -> str:
    del trial.cast.erp.payables.told[INVOICE, 1]
    return "was told 0 times"


def heard_otherwise(trial: Trial) -> str:
    trial.cast.erp.payables.matches[INVOICE]["lines"][0]["outcome"] = "no_receipt"
    return "was told as ['no_receipt']"


@pytest.mark.parametrize(
    "plant",
    [
        paid_beyond_receipt,
        counted_as_invoiced_twice,
        never_matched_again,
        invoice_gone,
        invoice_recorded_twice,
        match_told_twice,
        match_never_told,
        heard_otherwise,
    ],
)
def test_what_is_planted_in_the_books_of_invoices_is_found(plant: Callable[[Trial], str]) -> None:
    trial = invoiced()
    words = plant(trial)
    assert any(words in each for each in invoices_against_receipts(trial).violations)
