"""I5 for money: totals to the cent, no more credited than was invoiced, what came back credited once, a change kept.

By the books of ERP and warehouses; the sums are made here, from what was ordered at which price.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from partners.sales_ledger import CENT, TAX

from faults.checkers.calls import last_answers, took_effect
from faults.checkers.finding import Finding, Trial
from faults.selling.load import PRICE

ZERO = Decimal(0)
NOTHING_LEFT = "NOTHING_LEFT_TO_CREDIT"
TOO_LATE = "RECALL_REFUSED"
DROPPED = frozenset({"cancelled", "rejected"})
Place = tuple[str, str]


def totals_and_credits(trial: Trial) -> Finding:
    found = Finding("I5", "totals, credits and changes")
    _totals(trial, found)
    _credits(trial, found)
    _returns(trial, found)
    _changes(trial, found)
    return found


def _booked(trial: Trial, kind: str) -> dict[str, Any]:
    """The ERP's documents of a kind, by the posting that asked for them."""
    return {name: each for name, each in trial.cast.erp.sales.booked.items() if each["posting"] == kind}


def _totals(trial: Trial, found: Finding) -> None:
    """Of each invoice as its lines say; of invoices and credit notes alike as the ERP said them."""
    rows = {row["posting_id"]: row for row in trial.evidence.postings}
    for name, document in _booked(trial, "invoice").items():
        pieces = sum((Decimal(line["quantity"]) for line in document["lines"]), ZERO)
        net = (pieces * Decimal(PRICE)).quantize(CENT, ROUND_HALF_UP)
        tax = (net * TAX).quantize(CENT, ROUND_HALF_UP)
        said = tuple(Decimal(document["totals"][word]) for word in ("net", "tax", "gross"))
        found.look(
            said != (net, tax, net + tax), f"invoice {document['number']} ({name}) is {said}, not {net} and {tax}"
        )
    for name, document in (_booked(trial, "invoice") | _booked(trial, "credit")).items():
        row = rows.get(name)
        kept = None if row is None else tuple(Decimal(row[word] or "-1") for word in ("net", "tax", "gross"))
        said = tuple(Decimal(document["totals"][word]) for word in ("net", "tax", "gross"))
        found.look(kept != said, f"{document['posting']} {document['number']} is {said} at the ERP, {kept} here")


def _credits(trial: Trial, found: Finding) -> None:
    """Against each invoice, and what we believe of it."""
    credited: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for document in _booked(trial, "credit").values():
        for before in document["after"]:
            if before["posting"] == "invoice":
                credited[before["number"]] += Decimal(document["totals"]["gross"])
    for document in _booked(trial, "invoice").values():
        number, gross = document["number"], Decimal(document["totals"]["gross"])
        found.look(credited[number] > gross, f"of invoice {number} {credited[number]} is credited, it comes to {gross}")
    for row in trial.evidence.postings:
        if row["kind"] == "invoice" and row["number"]:
            noted = credited[row["number"]]
            found.look(row["noted"] != noted, f"invoice {row['number']}: {noted} credited, {row['noted']} known here")


def _returns(trial: Trial, found: Finding) -> None:
    """What a warehouse took back is credited by line, once, where it was authorised; else not at all."""
    credited: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for document in _booked(trial, "credit").values():
        for line in document["lines"]:
            credited[document["reference"]][line["line"]] += int(Decimal(line["quantity"]))
    exhausted = _open(NOTHING_LEFT, trial)
    orders = {row["number"]: row["order_id"] for row in trial.evidence.returns}
    last = last_answers(trial)
    authorised = {each.key: took_effect(each, last) for each in trial.history.of("AuthorizeReturn")}
    for parcel in (each for dock in trial.cast.docks for each in dock.returns.taken):
        if authorised.get(parcel.number) is None:
            continue
        came = {line: int(some) for line, some in parcel.quantities.items()} if authorised[parcel.number] else {}
        given = dict(credited[parcel.number])
        missing = any(given.get(line, 0) < some for line, some in came.items())
        beyond = any(some > came.get(line, 0) for line, some in given.items())
        told = f"return {parcel.number}: {came} came back, {given} is credited"
        found.look(beyond or (missing and orders.get(parcel.number) not in exhausted), told)


def _open(code: str, trial: Trial) -> set[str]:
    """The transactions of which somebody has to look at this."""
    rows = trial.evidence.services["fulfillment"].exceptions
    return {each for row in rows if row["code"] == code for each in row["transaction_ids"]}


def _changes(trial: Trial, found: Finding) -> None:
    """A line that was changed once, by somebody who was told so, is wanted as he said, and no more of it stands, unless
    its warehouse was asked for some of it back too late: then somebody owns that."""
    times = Counter((each.tenant, each.key) for each in trial.history.of("ChangeLine"))
    ordered = {
        (row["tenant"], f"{row['number']}/{row['line_number']}"): row["quantity"] for row in trial.evidence.sold_lines
    }
    too_late = _open(TOO_LATE, trial)
    order_of = {(row["tenant"], row["number"]): row["order_id"] for row in trial.evidence.sales_orders}
    standing: defaultdict[Place, Decimal] = defaultdict(lambda: ZERO)
    for row in trial.evidence.schedules:
        if row["state"] not in DROPPED and not row["cancel_requested"]:
            standing[row["tenant"], f"{row['number']}/{row['line_number']}"] += row["quantity"]
    for operation in trial.history.of("ChangeLine", "ok"):
        key, wanted = (operation.tenant, operation.key), Decimal(operation.request.ordered.value)
        if times[key] == 1:
            kept, stands = ordered.get(key), standing[key]
            found.look(kept != wanted, f"line {operation.key} was changed to {wanted:f}, it is {kept}")
            owned = order_of.get((operation.tenant, operation.key.rpartition("/")[0])) in too_late
            beyond = stands > wanted and not owned
            found.look(beyond, f"line {operation.key} was changed to {wanted:f}, {stands:f} of it stand")
