"""Every checker finds what is planted for it, lets a sound trial pass, and fails where it saw nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from faults import world
from faults.checkers import calls, events, goods, judged, orders, outside, secrecy
from faults.checkers.finding import Finding, Trial
from faults.evidence import Evidence, OfService, Recorded
from faults.history import History, digest
from faults.waits import NOTICED
from inventory.domain.accounts import Account
from inventory.domain.reservation import State
from partners.journal import Journal

SITE = {"tenant": "acme", "sku": "F0001", "location_id": "WH-EAST", "business_unit": "EU"}
ZERO = Decimal(0)
BALANCES = ("sellable", "quarantined", "damaged", "returned", "staged", "reserved", "committed", "allocated")


def stock(sellable: int, reserved: int) -> dict[str, Any]:
    held = dict.fromkeys(BALANCES, ZERO) | {"sellable": Decimal(sellable), "reserved": Decimal(reserved)}
    return {**SITE, **held, "available": Decimal(sellable - reserved)}


def movement(source: Account, target: Account, quantity: int, document: str, **more: Any) -> dict[str, Any]:
    legs = {"source": int(source), "target": int(target), "quantity": Decimal(quantity), "mark": 1}
    return {**SITE, **legs, "movement_id": uuid4(), "document": document, "posting_key": "", **more}


def reservation(reference: str, quantity: int) -> dict[str, Any]:
    about = {"reservation_id": uuid4(), "reference": reference, "state": State.HELD}
    return {**SITE, **about, "quantity": Decimal(quantity)}


def recorded(*versions: int, tenant: str = "acme") -> list[Recorded]:
    return [Recorded(uuid4(), tenant, "purchase_order/1", version, "x.OrderReleased") for version in versions]


def consumed(journal: list[Recorded]) -> OfService:
    """A consumer that has applied all of it, one tenant's and another's by turns."""
    found = OfService(inbox={"inventory/procurement": {event.event_id for event in journal}})
    found.applied = [
        ("inventory", event.tenant, str(event.event_id), event.aggregate, event.version)
        for event in sorted(journal, key=lambda event: event.version)
    ]
    found.watermarks = {
        ("inventory/procurement", tenant, "purchase_order/1"): number
        for tenant, number in Counter(event.tenant for event in journal).items()
    }
    return found


def sound() -> Trial:
    """A small world in which everything is as it should be."""
    day = world.day_of(1, 1, "acme")
    (order,) = [replace(each, lines=each.lines[:1]) for each in day.orders]
    ends = {int(order.lines[0].number): {"shipped": "6"}}
    order = replace(order, number="4500010001", end={"state": "completed", "revision": 1, "lines": ends})
    history, journal = History(), Journal()
    accepted = history.invoke("erp-eu", "json.purchase_order", "4500010001/1", "acme")
    history.end(accepted, "ok")
    adjusting = history.invoke("a", "AdjustStock", "ADJ-acme-1", "acme", adjustment("ADJ-acme-1"))
    history.end(adjusting, "ok", answer=inventory.AdjustStockResponse(movement_ids=["m"]))
    submitting = history.invoke("a", "SubmitPurchaseOrder", "4500010001", "acme", submission())
    history.end(submitting, "ok", answer=procurement.SubmitPurchaseOrderResponse())
    events_of = recorded(1, 2, 3)
    procured = OfService(journal=events_of, on_stream=Counter(str(event.event_id) for event in events_of))
    procured.audited = Counter({("acme", "SubmitPurchaseOrder", submission().request_id): 1})
    received = consumed(events_of)
    received.audited = Counter({("acme", "AdjustStock", adjusting.request.request_id): 1})
    evidence = Evidence(services={"procurement": procured, "inventory": received, "connector": OfService()})
    line = {"purchase_order_number": order.number, "line_number": order.lines[0].number, "base": Decimal(6)}
    evidence.orders = [
        {"tenant": "acme", "number": order.number, "state": "completed", "revision": 1, "purchase_order_id": "p"}
    ]
    evidence.notices, evidence.notice_lines = [{"number": "SN-1"}], [line]
    evidence.receipts, evidence.receipt_lines = [{"number": "R-1"}], [{**line, "receipt_id": "r1"}]
    evidence.stock = [stock(16, 2)]
    evidence.movements = [
        movement(Account.ADJUSTMENT, Account.SELLABLE, 10, "adjustment/ADJ-acme-1/1"),
        movement(Account.SUPPLIER, Account.SELLABLE, 6, "receipt/R-1/1", posting_key="receipt/r1"),
        movement(Account.OPEN_DEMAND, Account.RESERVED, 2, "reservation/1"),
    ]
    evidence.reservations = [reservation("RES-acme-1", 2)]
    evidence.texts = {"log a": ["nothing of interest"]}
    journal.add("sup-api-1", "sent", "json.ship_notice", "SN-1", b"n")
    journal.add("wms-east", "sent", "wms_a.receipt", "R-1", b"r")
    journal.add("erp-eu", "received", "json.goods_receipt", "R-1", b"g", note="key-1")
    evidence.services["connector"].deliveries = [
        {
            "partner": "erp-eu",
            "idempotency_key": "key-1",
            "state": "delivered",
            "kind": "json.goods_receipt",
            "last_error": "",
        }
    ]
    book = SimpleNamespace(received={(order.number, order.lines[0].number): Decimal(6)})
    cast: Any = SimpleNamespace(journal=journal, erp=SimpleNamespace(book=book))
    trial = Trial(replace(day, orders=(order,)), history, evidence, cast, quiet=True, serving={"inventory": True})
    trial.asked_again = [(adjusting, (digest(adjusting.answer), digest(adjusting.answer)))]
    trial.answers_by_tenant, trial.marks_of_tenants = (
        {"acme": ["order PO-acme-1"]},
        {"acme": "-acme-", "globex": "-globex-"},
    )
    trial.secrets = {"postgres.password": "0123456789abcdef"}
    return trial


def adjustment(document: str) -> inventory.AdjustStockRequest:
    request = inventory.AdjustStockRequest(request_id=str(UUID(int=1)), adjustments=[inventory.Adjustment(sku="F0001")])
    request.origin.document = document
    return request


def submission() -> procurement.SubmitPurchaseOrderRequest:
    return procurement.SubmitPurchaseOrderRequest(request_id=str(UUID(int=2)), number="4500010001")


def test_a_sound_trial_passes_every_checker() -> None:
    findings = judged(sound())
    assert [str(each) for each in findings if not each.holds] == []
    assert {each.invariant for each in findings} == {f"I{n}" for n in (1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14)}


def test_two_tenants_count_the_versions_of_one_name_each_for_itself() -> None:
    trial = sound()
    both = recorded(1, 2, 3) + recorded(1, 2, tenant="globex")
    trial.evidence.services |= {"procurement": OfService(journal=both), "inventory": consumed(both)}
    found = events.versions_without_gap(trial)
    assert found.holds, str(found)


def test_a_checker_that_saw_nothing_fails() -> None:
    assert not Finding("I1", "no oversell").holds


def oversold(trial: Trial) -> None:
    trial.evidence.stock = [stock(1, 2)]


def taken_below_zero(trial: Trial) -> None:
    """By a report of what was found, of stock of which nothing is promised."""
    trial.evidence.stock, trial.evidence.reservations = [stock(-4, 0)], []


def below_zero_and_nobodys(trial: Trial) -> None:
    taken_below_zero(trial)
    somebody_owns(trial, "PROMISED_BEYOND_STOCK")


def damaged_below_zero_and_nobodys(trial: Trial) -> None:
    trial.evidence.stock = [{**stock(16, 2), "damaged": Decimal(-1)}]


def below_zero_owned_and_promised(trial: Trial) -> None:
    trial.evidence.stock = [stock(-4, 2)]
    somebody_owns(trial, "STOCK_BELOW_ZERO")


def somebody_owns(trial: Trial, code: str, site: str = "WH-EAST") -> None:
    owned = {"tenant": "acme", "code": code, "subject": f"stock/EU/{site}/F0001"}
    trial.evidence.services["inventory"].exceptions = [owned]


def promised_and_forgotten(trial: Trial) -> None:
    answer = inventory.ReserveStockResponse()
    answer.results.add().reservation.reservation_id = str(uuid4())
    trial.history.end(trial.history.invoke("a", "ReserveStock", "RES-acme-9", "acme"), "ok", answer=answer)


def balance_off(trial: Trial) -> None:
    trial.evidence.stock = [stock(17, 2)]


def row_rewritten(trial: Trial) -> None:
    trial.marks_midway = {str(trial.evidence.movements[0]["movement_id"]): 2}


def order_doubled(trial: Trial) -> None:
    trial.evidence.orders = [*trial.evidence.orders, *trial.evidence.orders]


def order_stuck(trial: Trial) -> None:
    trial.evidence.orders = [{**trial.evidence.orders[0], "state": "released"}]


def notice_missing(trial: Trial) -> None:
    trial.evidence.notices = []


def receipt_booked_twice(trial: Trial) -> None:
    trial.evidence.movements = [*trial.evidence.movements, trial.evidence.movements[1]]


def posted_twice_at_the_erp(trial: Trial) -> None:
    key = next(iter(trial.cast.erp.book.received))
    trial.cast.erp.book.received[key] = Decimal(12)


def gap_in_the_journal(trial: Trial) -> None:
    trial.evidence.services["procurement"].journal = recorded(1, 3)


def applied_twice(trial: Trial) -> None:
    rows = trial.evidence.services["inventory"]
    rows.applied.append(rows.applied[-1])


def applied_out_of_order(trial: Trial) -> None:
    trial.evidence.services["inventory"].applied.reverse()


def lost_on_the_stream(trial: Trial) -> None:
    rows = trial.evidence.services["procurement"]
    del rows.on_stream[str(rows.journal[1].event_id)]


def lost_before_the_inbox(trial: Trial) -> None:
    rows = trial.evidence.services
    rows["inventory"].inbox["inventory/procurement"].discard(rows["procurement"].journal[-1].event_id)


def answered_in_two_ways(trial: Trial) -> None:
    trial.asked_again = [(trial.asked_again[0][0], ("one", "other"))]


def adjusted_twice(trial: Trial) -> None:
    again = movement(Account.ADJUSTMENT, Account.SELLABLE, 10, "adjustment/ADJ-acme-1/1")
    trial.evidence.movements = [*trial.evidence.movements, again]


def other_tenant_told(trial: Trial) -> None:
    trial.answers_by_tenant = {"acme": ["order PO-globex-1"]}


def not_quiet(trial: Trial) -> None:
    trial.quiet, trial.still_open = False, ["connector: 1 held"]


def away_for_long(trial: Trial) -> None:
    trial.recoveries = {"F01": 31.0}


def dead_link_unnoticed(trial: Trial) -> None:
    trial.waits = {NOTICED: 31.0}


def secret_in_a_log(trial: Trial) -> None:
    trial.evidence.texts = {"log a": ["password=0123456789abcdef"]}


def call_unaudited(trial: Trial) -> None:
    trial.evidence.services["inventory"].audited.clear()


def chain_broken(trial: Trial) -> None:
    trial.audits = {("inventory", "acme"): SimpleNamespace(first_broken=3, unsealed=0)}


def new_key_on_a_retry(trial: Trial) -> None:
    trial.cast.journal.add("erp-eu", "received", "json.goods_receipt", "R-1", b"g", note="key-2")


def delivered_to_nobody(trial: Trial) -> None:
    ghost = {**trial.evidence.services["connector"].deliveries[0], "idempotency_key": "key-9"}
    trial.evidence.services["connector"].deliveries = [*trial.evidence.services["connector"].deliveries, ghost]


PLANTED: list[tuple[Callable[[Trial], Finding], Callable[[Trial], None]]] = [
    (goods.no_oversell, oversold),
    (goods.no_oversell, below_zero_and_nobodys),
    (goods.no_oversell, damaged_below_zero_and_nobodys),
    (goods.no_oversell, below_zero_owned_and_promised),
    (goods.no_oversell, promised_and_forgotten),
    (goods.ledger, balance_off),
    (goods.ledger, row_rewritten),
    (orders.each_order_once, order_doubled),
    (orders.each_order_once, order_stuck),
    (orders.each_notice_and_receipt_once, notice_missing),
    (orders.each_notice_and_receipt_once, receipt_booked_twice),
    (orders.each_notice_and_receipt_once, posted_twice_at_the_erp),
    (events.versions_without_gap, gap_in_the_journal),
    (events.versions_without_gap, applied_twice),
    (events.versions_without_gap, applied_out_of_order),
    (events.no_event_lost, lost_on_the_stream),
    (events.no_event_lost, lost_before_the_inbox),
    (calls.either_or, answered_in_two_ways),
    (calls.either_or, adjusted_twice),
    (secrecy.tenants_apart, other_tenant_told),
    (calls.alive_again, not_quiet),
    (calls.alive_again, away_for_long),
    (calls.alive_again, dead_link_unnoticed),
    (secrecy.no_secret_told, secret_in_a_log),
    (calls.audit_complete, call_unaudited),
    (calls.audit_complete, chain_broken),
    (outside.stable_ids, new_key_on_a_retry),
    (outside.stable_ids, delivered_to_nobody),
]


@pytest.mark.parametrize(("check", "plant"), PLANTED, ids=[plant.__name__ for _, plant in PLANTED])
def test_what_is_planted_is_found(check: Callable[[Trial], Finding], plant: Callable[[Trial], None]) -> None:
    trial = sound()
    plant(trial)
    assert check(trial).violations


@pytest.mark.parametrize(("site", "holds"), [("WH-EAST", True), ("WH-WEST", False)])
def test_less_than_nothing_that_nobody_was_promised_is_a_fact_that_somebody_owns(site: str, holds: bool) -> None:
    trial = sound()
    taken_below_zero(trial)
    somebody_owns(trial, "STOCK_BELOW_ZERO", site)
    assert goods.no_oversell(trial).holds is holds


@pytest.mark.parametrize(
    ("lost", "told"),
    [([0, 1], "2 prefix, 0 middle, 0 tail"), ([1], "0 prefix, 1 middle, 0 tail"), ([2], "0 prefix, 0 middle, 1 tail")],
)
def test_lost_is_split_into_prefix_middle_and_tail(lost: list[int], told: str) -> None:
    trial = sound()
    rows = trial.evidence.services["procurement"]
    for place in lost:
        del rows.on_stream[str(rows.journal[place].event_id)]
    assert told in events.no_event_lost(trial).violations[0]
