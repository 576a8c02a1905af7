"""I5 for what suppliers ask for: no more passes than was received, all of it that may pass does, and accounts payable
hears each match once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal

from procurement.domain.supplier_invoice import PASSED, MatchOutcome

from faults.checkers.finding import Finding, Trial
from faults.evidence import Row

ZERO = Decimal(0)
PASSES = frozenset(each.value for each in PASSED)
MATCHED = "SupplierInvoiceMatched"
OrderLine = tuple[str, str]


def invoices_against_receipts(trial: Trial) -> Finding:
    found = Finding("I5", "supplier invoices against receipts")
    _recorded(trial, found)
    _within_what_came(trial, found)
    _told(trial, found)
    return found


def _recorded(trial: Trial, found: Finding) -> None:
    """Each invoice that was taken is there once, with what it asked for."""
    times = Counter((row["tenant"], row["number"]) for row in trial.evidence.invoices)
    asked: defaultdict[tuple[str, str, str, str], Decimal] = defaultdict(lambda: ZERO)
    for row in trial.evidence.invoice_lines:
        asked[row["tenant"], row["number"], *_order_line(row)] += row["base"]
    for operation in trial.history.of("RecordSupplierInvoice"):
        there = times[operation.tenant, operation.key]
        found.look(there > 1, f"invoice {operation.key} is recorded {there} times")
        found.look(operation.outcome == "ok" and not there, f"invoice {operation.key} was taken and is gone")
        for line in operation.request.lines if there else ():
            key = operation.tenant, operation.key, line.purchase_order_number, line.line_number
            wanted = Decimal(line.quantity.value)
            kept = asked[key]
            found.look(kept != wanted, f"invoice {operation.key} asks for {wanted:f}, recorded are {kept:f}")


def _order_line(row: Row) -> OrderLine:
    return row["purchase_order_number"], row["line_number"]


def _within_what_came(trial: Trial, found: Finding) -> None:
    """By the receipts' own lines; what is within them and at the order's price may not wait."""
    received = _sums(trial.evidence.receipt_lines)
    passed = _sums(row for row in trial.evidence.invoice_lines if row["outcome"] in PASSES)
    for key in sorted(passed):
        beyond = passed[key] > received[key]
        found.look(beyond, f"order {key[0]} line {key[1]}: {passed[key]:f} passed, {received[key]:f} received")
    for row in trial.evidence.order_lines:
        key = row["number"], row["line_number"]
        found.look(
            row["invoiced"] != passed[key],
            f"order {key[0]} line {key[1]}: {row['invoiced']:f} count as invoiced, {passed[key]:f} have passed",
        )
    waits = {MatchOutcome.NO_RECEIPT.value, MatchOutcome.QUANTITY_VARIANCE.value}
    for row in trial.evidence.invoice_lines:
        key, left = _order_line(row), received[_order_line(row)] - passed[_order_line(row)]
        forgotten = row["outcome"] in waits and ZERO < row["base"] <= left
        found.look(forgotten, f"invoice {row['number']} waits for {row['base']:f} of {key}, {left:f} are left")


def _sums(rows: Iterable[Row]) -> defaultdict[OrderLine, Decimal]:
    total: defaultdict[OrderLine, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        total[_order_line(row)] += row["base"]
    return total


def _told(trial: Trial, found: Finding) -> None:
    """Each match by its version, and the newest as it stands."""
    told = trial.cast.erp.payables.told
    decided = {
        (event.aggregate.rpartition("/")[2], event.version)
        for event in trial.evidence.services["procurement"].journal
        if event.type.endswith(MATCHED)
    }
    for invoice, version in sorted(decided | told.keys()):
        times = told[invoice, version]
        wanted = int((invoice, version) in decided)
        found.look(times != wanted, f"match {version} of invoice {invoice} was told {times} times, not {wanted}")
    stands: defaultdict[str, list[str]] = defaultdict(list)
    for row in trial.evidence.invoice_lines:
        stands[str(row["invoice_id"])].append(row["outcome"])
    for invoice, newest in trial.cast.erp.payables.matches.items():
        heard = sorted(each["outcome"] for each in newest["lines"])
        found.look(
            heard != sorted(stands[invoice]), f"invoice {invoice} was told as {heard}, it is {sorted(stands[invoice])}"
        )
