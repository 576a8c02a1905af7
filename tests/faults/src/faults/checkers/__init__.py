"""The invariants, each a function from the trial to a finding: how many facts it looked at and what it found wrong.

No facts is a failure: a checker that saw nothing has not checked. None of them may ask the code on trial for its
opinion without looking itself.
"""

from __future__ import annotations

from collections.abc import Callable

from faults.checkers import (
    called_off,
    calls,
    counted,
    credited,
    events,
    goods,
    invoiced,
    orders,
    outside,
    sales,
    secrecy,
)
from faults.checkers.finding import Finding, Trial

CHECKERS: tuple[Callable[[Trial], Finding], ...] = (
    goods.no_oversell,
    goods.ledger,
    orders.each_order_once,
    orders.each_notice_and_receipt_once,
    events.versions_without_gap,
    events.no_event_lost,
    calls.either_or,
    secrecy.tenants_apart,
    calls.alive_again,
    secrecy.no_secret_told,
    calls.audit_complete,
    outside.stable_ids,
)
OF_SALES = (
    sales.each_sales_order_once,
    sales.each_shipment_and_invoice_once,
    sales.called_off_holds_nothing,
    called_off.carried_by_nobody,
    credited.totals_and_credits,
)
OF_BOOKS = (counted.counts_and_statements, invoiced.invoices_against_receipts)


def judged(trial: Trial, *, sold: bool = False, booked: bool = False) -> list[Finding]:
    """`sold`: orders were sold in this run, so there must be facts about them; `booked`: stock was counted and stated,
    and suppliers sent invoices."""
    more = (*(OF_SALES if sold else ()), *(OF_BOOKS if booked else ()))
    return [check(trial) for check in (*CHECKERS, *more)]
