"""The built-in day says what it must say: who trades, every class of answer, and an end for every line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from connector.profiles import read_profile
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb2
from partners.cast import API_SUPPLIERS, EDI_SUPPLIERS, WAREHOUSES
from partners.conductor import item_cards
from partners.day import BUILT_IN, Day, load
from partners.demo import profiles_of
from partners.invoiced import verdict_differences
from partners.journal import Entry, Journal
from partners.suite import read_master_data
from partners.verdict import _before_its_batch

# X12 element 668, the codes of an answer to one line (26 of them).
ACK01 = frozenset("AA AC AR BP DR IA IB IC ID IE IF IH IP IQ IR IS IW R1 R2 R3 R4 R5 R6 R7 R8 SP".split())  # noqa: SIM905


@pytest.fixture(scope="module")
def day() -> Day:
    return load(today=date(2026, 3, 2))


def codes(day: Day) -> set[str]:
    steps = [step for order in day.orders for step in order.steps_of("supplier_does") if step.do == "answer"]
    answers = [parts for step in steps for parts in step.facts.get("lines", {}).values()]
    return {part["code"] for parts in answers for part in parts}


def test_at_least_sixty_orders_of_eight_suppliers_on_two_channels_into_five_warehouses(day: Day) -> None:
    assert len(day.orders) >= 60
    assert len({(order.number, order.business_unit) for order in day.orders}) == len(day.orders)
    assert {order.supplier for order in day.orders} == set(EDI_SUPPLIERS) | set(API_SUPPLIERS)
    assert {order.location for order in day.orders} == set(WAREHOUSES.values())


def test_every_partners_profile_can_be_read() -> None:
    folder = BUILT_IN.parent / "partners"
    assert {each.partner for each in profiles_of(folder)} == {path.stem for path in folder.glob("*.yaml")}


def test_every_code_of_a_line_answer_is_used(day: Day) -> None:
    assert ACK01 - codes(day) == set()


def test_every_line_has_its_end(day: Day) -> None:
    for order in day.orders:
        assert set(order.end["lines"]) == {int(line.number) for line in order.lines}, order.number


def test_every_ordered_item_is_known_or_comes_late(day: Day) -> None:
    rows = read_master_data(BUILT_IN.parent / "master-data.yaml")
    known, late = item_cards(rows), item_cards(read_master_data(BUILT_IN.parent / "late-master-data.yaml"))
    ordered = {line.sku for order in day.orders for line in order.lines}
    assert ordered - set(known) == set(late)


def test_dates_are_counted_from_today(day: Day) -> None:
    assert day.ordered_on == "2026-03-02"
    assert {line.wanted for order in day.orders for line in order.lines} == {"2026-03-12"}


def test_one_number_is_an_order_of_each_erp_and_one_of_them_takes_postings_in_batches(day: Day) -> None:
    first, second = (order for order in day.orders if order.number == "4711")
    assert (first.erp, second.erp) == ("erp-eu", "erp-us")
    assert (first.business_unit, second.business_unit) == ("EU01", "US01")
    assert first.supplier != second.supplier
    assert day.order("4711", second.location) == second
    [(partner, terms)] = day.batch_erps.items()
    profile = read_profile(BUILT_IN.parent / "partners" / f"{partner}.yaml")
    assert (profile.business_unit, profile.schedule.mode) == (terms.business_unit, "micro-batch")
    assert profile.schedule.every.seconds == terms.every_seconds


def posted(seconds: int) -> list[str]:
    """What is said of a receipt that its warehouse reported at 09:00:03, and that came to the ERP later."""
    nine = datetime(2026, 3, 2, 9, 0, 3, tzinfo=UTC)
    sent = Entry(nine, "wms-bay", "sent", "wms_a.receipt", "R-1", "")
    came = Entry(nine + timedelta(seconds=seconds), "erp-us", "received", "json.goods_receipt", "R-1", "")
    journal = Journal()
    journal._entries += [sent, came]
    return list(_before_its_batch(load(today=date(2026, 3, 2)), cast(Any, SimpleNamespace(journal=journal))))


def test_a_receipt_that_is_posted_before_its_batch_is_told() -> None:
    assert posted(4) == ["receipt R-1 was posted at erp-us before its batch"]
    assert posted(5) == []


def test_what_accounts_payable_lets_pass_has_to_be_payable_here_too(day: Day) -> None:
    [order] = [each for each in day.orders if each.end.get("verdicts")]
    [(number, required)] = order.end["verdicts"].items()
    assert required == "released"
    found = procurement.GetPurchaseOrderResponse()
    assert [each.partition("is ")[2] for each in verdict_differences(order, found)] == ["unknown, required released"]
    invoice = found.supplier_invoices.add(number=number, state=invoice_pb2.SUPPLIER_INVOICE_STATE_BLOCKED)
    invoice.verdicts.add(verdict=invoice_pb2.VERDICT_RELEASED)
    [still] = verdict_differences(order, found)
    assert "SUPPLIER_INVOICE_STATE_BLOCKED in Crossdock" in still
    invoice.state = invoice_pb2.SUPPLIER_INVOICE_STATE_READY
    assert list(verdict_differences(order, found)) == []
