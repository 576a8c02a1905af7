"""Totals, credits and changes of what is sold: the checker lets sound books pass and finds what is planted in them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from crossdock.common.v1.values_pb2 import Quantity
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from crossdock.fulfillment.v1 import return_service_pb2 as returns
from faults import world
from faults.checkers.credited import totals_and_credits
from faults.checkers.finding import Trial
from faults.checkers.sales import each_shipment_and_invoice_once
from faults.evidence import Evidence, OfService
from faults.history import History
from partners.returning import Returned

ORDER, RETURN = "SO-acme-1-1", "RMA-acme-1-2"


def document(kind: str, number: str, net: str, tax: str, **more: Any) -> dict[str, Any]:
    gross = str(Decimal(net) + Decimal(tax))
    totals = {"net": net, "tax": tax, "gross": gross, "currency": "EUR"}
    return {"posting": kind, "number": number, "totals": totals, "after": [], **more}


def row(name: str, its: dict[str, Any], **more: Any) -> dict[str, Any]:
    said = {word: its["totals"][word] for word in ("net", "tax", "gross")}
    return {"posting_id": name, "kind": its["posting"], "number": its["number"], "noted": Decimal(0), **said, **more}


def sound() -> Trial:
    """Three pieces for 2.50 are invoiced, one comes back and is credited; of another line less is wanted."""
    history = History()
    authorised = history.invoke("customer", "AuthorizeReturn", RETURN, "acme", returns.AuthorizeReturnRequest())
    history.end(authorised, "ok", answer=returns.AuthorizeReturnResponse())
    wanted = sales.ChangeLineRequest(ordered=Quantity(value="1", unit="EA"))
    changed = history.invoke("seller-0", "ChangeLine", f"{ORDER}/2", "acme", wanted)
    history.end(changed, "ok", answer=sales.ChangeLineResponse())
    invoice = document("invoice", "9000000001", "7.50", "1.43", lines=[{"line": "1", "quantity": "3"}])
    credit = document(
        "credit",
        "9500000001",
        "2.51",
        "0.47",
        reference=RETURN,
        lines=[{"line": "1", "quantity": "1"}],
    )
    credit["after"] = [{"posting": "invoice", "number": "9000000001"}]
    booked = {"o.invoice.1": invoice, "o.credit.1": credit}
    parcel = Returned(RETURN, ORDER, {"1": Decimal(1)}, {"1": "F0009"})
    cast: Any = SimpleNamespace(
        erp=SimpleNamespace(sales=SimpleNamespace(booked=booked)),
        docks=[SimpleNamespace(returns=SimpleNamespace(taken=[parcel]))],
    )
    evidence = Evidence(services={"fulfillment": OfService()})
    evidence.postings = [
        row("o.invoice.1", invoice, noted=Decimal("2.98")),
        row("o.credit.1", credit),
    ]
    evidence.returns = [{"number": RETURN, "order_id": "o", "state": "credited"}]
    line = {"tenant": "acme", "number": ORDER, "line_number": "2"}
    evidence.sold_lines = [{**line, "quantity": Decimal(1)}]
    evidence.schedules = [
        {**line, "quantity": Decimal(1), "state": "delivered", "cancel_requested": False},
        {**line, "quantity": Decimal(2), "state": "cancelled", "cancel_requested": False},
    ]
    return Trial(world.day_of(1, 0, "acme"), history, evidence, cast)


def booked_at(trial: Trial, name: str) -> dict[str, Any]:
    found: dict[str, Any] = trial.cast.erp.sales.booked[name]
    return found


def test_sound_totals_credits_and_changes_pass() -> None:
    found = totals_and_credits(sound())
    assert found.holds, str(found)


def a_cent_too_much(trial: Trial) -> str:
    booked_at(trial, "o.invoice.1")["totals"]["tax"] = "1.42"
    return "not 7.50 and 1.43"


def kept_otherwise(trial: Trial) -> str:
    trial.evidence.postings[0]["gross"] = "8.92"
    return "9000000001 is"


def credited_above_the_invoice(trial: Trial) -> str:
    booked_at(trial, "o.credit.1")["totals"]["gross"] = "8.94"
    return "8.94 is credited, it comes to 8.93"


def credit_unheard(trial: Trial) -> str:
    trial.evidence.postings[0]["noted"] = Decimal(0)
    return "2.98 credited, 0 known here"


def return_credited_twice(trial: Trial) -> str:
    booked = trial.cast.erp.sales.booked
    booked["o.credit.2"] = {**booked["o.credit.1"], "number": "9500000002"}
    return "came back"


def return_never_credited(trial: Trial) -> str:
    booked_at(trial, "o.credit.1")["reference"] = "CR-acme-1-9"
    return "{} is credited"


def credited_though_refused(trial: Trial) -> str:
    [operation] = trial.history.of("AuthorizeReturn")
    operation.outcome = "unknown"
    trial.asked_again = [(operation, ("refused FAILED_PRECONDITION", "refused FAILED_PRECONDITION"))]
    return "{} came back"


def change_forgotten(trial: Trial) -> str:
    trial.evidence.sold_lines = [{**trial.evidence.sold_lines[0], "quantity": Decimal(3)}]
    return "it is 3"


def more_stands_than_is_wanted(trial: Trial) -> str:
    trial.evidence.schedules[1]["state"] = "delivered"
    return "3 of it stand"


@pytest.mark.parametrize(
    "plant",
    [
        a_cent_too_much,
        kept_otherwise,
        credited_above_the_invoice,
        credit_unheard,
        return_credited_twice,
        return_never_credited,
        credited_though_refused,
        change_forgotten,
        more_stands_than_is_wanted,
    ],
)
def test_what_is_planted_in_the_books_of_money_is_found(plant: Callable[[Trial], str]) -> None:
    trial = sound()
    words = plant(trial)
    assert any(words in each for each in totals_and_credits(trial).violations)


def test_what_nothing_is_left_of_to_credit_has_an_owner() -> None:
    trial = sound()
    booked_at(trial, "o.credit.1")["reference"] = "CR-acme-1-9"
    told = {"code": "NOTHING_LEFT_TO_CREDIT", "transaction_ids": ["o"]}
    trial.evidence.services["fulfillment"].exceptions = [told]
    assert totals_and_credits(trial).holds


def test_what_was_asked_back_too_late_stands_and_has_an_owner() -> None:
    trial = sound()
    more_stands_than_is_wanted(trial)
    trial.evidence.sales_orders = [{"tenant": "acme", "number": ORDER, "order_id": "o"}]
    trial.evidence.services["fulfillment"].exceptions = [{"code": "RECALL_REFUSED", "transaction_ids": ["o"]}]
    assert totals_and_credits(trial).holds


@pytest.mark.parametrize(("other", "found"), [("9000000002", False), ("9000000001", True)])
def test_a_return_is_credited_once_for_each_invoice_that_it_was_on(other: str, found: bool) -> None:
    def noted(number: str, of: str) -> dict[str, Any]:
        after = [{"posting": "invoice", "number": of}]
        return document("credit", number, "2.51", "0.47") | {
            "order": ORDER,
            "reference": RETURN,
            "after": after,
            "lines": [],
        }

    booked = {"o.credit.1": noted("9500000001", "9000000001"), "o.credit.2": noted("9500000002", other)}
    erp = SimpleNamespace(sales=SimpleNamespace(booked=booked, out_of_sequence=[]))
    cast: Any = SimpleNamespace(erp=erp, docks=[SimpleNamespace(floor=SimpleNamespace(issued={}))])
    trial = Trial(world.day_of(1, 0, "acme"), History(), Evidence(), cast)
    violations = each_shipment_and_invoice_once(trial).violations
    assert any(f"credit {RETURN} is posted 2 times" in each for each in violations) == found
