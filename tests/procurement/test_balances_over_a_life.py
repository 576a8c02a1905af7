"""Any life of an order: whatever documents come in whatever order, the books that listeners keep agree with the lines.

The ledger here does what inventory does: it only adds what events say. If an event told a wrong change, or if a balance
could fall below zero, some life would show it. Invoices come at any time; what a match comes to is worked out anew.
Where lines, notices and invoices stand changes as the lifecycles say, by who may lead them there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from crossdock_kit.errors import CrossdockError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from procurement.domain import events
from procurement.domain.announcing import OrderBook, withdraw
from procurement.domain.order_line import LineState
from procurement.domain.outcomes import LineAcknowledgment, Outcome
from procurement.domain.purchase_order import TERMINAL, OrderState, PurchaseOrder
from procurement.domain.quantities import ZERO
from procurement.domain.receipt import Condition, Receipt
from procurement.domain.roles import CROSSDOCK, ERP, SUPPLIER, WMS
from procurement.domain.ship_notice import NoticeState, ShipNotice, ShortLine
from procurement.domain.supplier_invoice import InvoiceState, SupplierInvoice
from procurement.domain.terms import Price
from procurement_cases import trade
from procurement_cases.judging import PASSES, Claimed, Known, Limits, fraction, outcome
from procurement_cases.standing import Standing, stands, told_by
from procurement_cases.trade import INVOICE_TOLERANCES, ITEMS, document, line

AMOUNTS = st.integers(1, 130)
LINES = st.sampled_from(["10", "20"])
PLACES = st.sampled_from(["WH-EAST", "WH-WEST"])
SKUS = {"10": "BOLT", "20": "NUT"}
PRICES = st.sampled_from(["2.50", "2.50", "2.50", "2.52", "3", "30.00"])
LIMITS = Limits(
    fraction(INVOICE_TOLERANCES.price_percent),
    fraction(INVOICE_TOLERANCES.price_amount),
    fraction(INVOICE_TOLERANCES.quantity_percent),
)
ANSWERS = st.lists(
    st.tuples(st.sampled_from(list(Outcome)), st.integers(1, 70), st.one_of(st.none(), st.integers(1, 30))),
    min_size=1,
    max_size=3,
)


Place = tuple[str, str]


class Ledger:
    """What is on order and in transit by item and place, as events tell it."""

    def __init__(self) -> None:
        self.on_order: dict[Place, Decimal] = defaultdict(Decimal)
        self.in_transit: dict[Place, Decimal] = defaultdict(Decimal)

    def hear(self, told: Iterable[events.Event]) -> None:
        for event in told:
            match event:
                case events.ShipNoticeReceived(notice=notice):
                    self.announced(notice)
                case events.ShipNoticeWithdrawn(notice=notice):
                    self.withdrawn(notice)
                case events.ShipNoticeClosed(notice=notice, short_lines=short_lines):
                    self.closed(notice.ship_to_id, short_lines)
                case events.GoodsReceived(receipt=receipt):
                    self.received(receipt)
                case _:
                    for change in (*getattr(event, "lines", ()), *getattr(event, "changes", ())):
                        self.on_order[change.sku, change.ship_to_id] += change.on_order_change

    def announced(self, notice: ShipNotice) -> None:
        for each in notice.lines:
            self.in_transit[each.sku, notice.ship_to_id] += each.base
            self.on_order[each.sku, each.ordered_at or notice.ship_to_id] -= each.from_on_order

    def withdrawn(self, notice: ShipNotice) -> None:
        for each in notice.lines:
            self.in_transit[each.sku, notice.ship_to_id] -= each.base - each.received
            back = max(ZERO, each.from_on_order - each.received)
            self.on_order[each.sku, each.ordered_at or notice.ship_to_id] += back

    def closed(self, ship_to_id: str, short_lines: Iterable[ShortLine]) -> None:
        for short in short_lines:
            self.in_transit[short.sku, ship_to_id] -= short.quantity.value
            back = short.quantity.value if short.stays_on_order else ZERO
            self.on_order[short.sku, short.ordered_at or ship_to_id] += back

    def received(self, receipt: Receipt) -> None:
        for taken in receipt.lines:
            place = (taken.terms.sku, taken.expected_at or receipt.terms.location_id)
            self.in_transit[place] -= taken.from_in_transit
            self.on_order[place] -= taken.from_on_order


class Accounts:
    """What a supplier may be paid for, as receipts, prices and earlier invoices have it; by number of the line."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.passed: dict[str, Fraction] = defaultdict(Fraction)
        self.prices = {"10": trade.PRICE.amount, "20": trade.PRICE.amount}
        self.invoices: list[tuple[SupplierInvoice, str, Claimed]] = []

    def arrive(self, receipt: Receipt) -> None:
        for taken in receipt.lines:
            if taken.order_line_id and SKUS[taken.line_number] == taken.terms.sku:
                self.received[taken.line_number] += int(taken.base)

    def judge(self, order: PurchaseOrder) -> None:
        """Each invoice that has not passed yet is matched, the oldest first."""
        for invoice, number, claimed in self.invoices:
            if invoice.lines and invoice.state is InvoiceState.READY:
                continue
            trade.matched(invoice, order)
            expected = outcome(claimed, self._known(order, number), LIMITS)
            assert invoice.lines[0].outcome.value == expected, (invoice.lines[0], claimed)
            assert (invoice.state.value == "ready") == (expected in PASSES)
            if expected in PASSES:
                self.passed[number] += claimed.base(SKUS[number])

    def _known(self, order: PurchaseOrder, number: str) -> Known | None:
        if number not in {each.line_number for each in order.lines}:
            return None
        received = Fraction(self.received[number])
        return Known(SKUS[number], fraction(self.prices[number]), received, self.passed[number])


class OrderLife(RuleBasedStateMachine):
    notices: Bundle[ShipNotice] = Bundle("notices")

    @initialize(first=AMOUNTS, second=AMOUNTS)
    def release(self, first: int, second: int) -> None:
        self.hours = 0
        self.ledger, self.accounts = Ledger(), Accounts()
        self.known: list[ShipNotice] = []
        self.completions = 0
        self.order: PurchaseOrder = trade.blank()
        self.order.place(document(line("10", first), line("20", second, "NUT")), ITEMS)
        self.listen(self.order)

    def listen(self, *aggregates: Any) -> None:
        for aggregate in aggregates:
            told = trade.told(aggregate)
            self.ledger.hear(told)
            self.completions += sum(isinstance(each, events.PurchaseOrderCompleted) for each in told)
        self.accounts.judge(self.order)

    def later(self) -> int:
        self.hours += 1
        return self.hours

    def standing(self) -> Standing:
        return stands([self.order], self.known, [invoice for invoice, _, _ in self.accounts.invoices])

    @rule(first=AMOUNTS, second=st.one_of(st.none(), AMOUNTS), place=PLACES, cancels=st.booleans())
    @told_by(ERP)
    def erp_writes(self, first: int, second: int | None, place: str, *, cancels: bool) -> None:
        lines = [line("10", first, ship_to_id=place)] + ([line("20", second, "NUT")] if second else [])
        self.order.place(document(*lines, hours=self.later(), cancels=cancels), ITEMS)
        if not cancels:
            self.accounts.prices |= {each.line_number: trade.PRICE.amount for each in lines}
        self.listen(self.order)

    @rule(number=LINES, said=ANSWERS)
    @told_by(SUPPLIER)
    def supplier_answers(self, number: str, said: list[tuple[Outcome, int, int | None]]) -> None:
        answers = tuple(
            LineAcknowledgment(
                outcome,
                quantity=trade.each(quantity),
                on=None if when is None else trade.day(when),
                price=Price(Decimal(3), "EUR") if outcome is Outcome.PRICE_CHANGED else None,
                substitute_supplier_item="ND-8" if outcome is Outcome.ITEM_SUBSTITUTED else "",
            )
            for outcome, quantity, when in said
        )
        self.tries(
            lambda: trade.acknowledge(
                self.order, *answers, number=number, revision=self.order.revision, hours=self.later()
            )
        )

    @rule(number=LINES, accept=st.booleans())
    @told_by(CROSSDOCK)
    def buyer_decides(self, number: str, *, accept: bool) -> None:
        def decide() -> None:
            offered = next((each.proposed for each in self.order.lines if each.line_number == number), None)
            self.order.decide(number, accept=accept, items=ITEMS)
            if accept and offered is not None and offered.price is not None:
                self.accounts.prices[number] = offered.price.amount

        self.tries(decide)

    @rule(
        number=LINES,
        quantity=st.integers(1, 30),
        price=PRICES,
        unit=st.sampled_from(["EA", "EA", "EA", "XCS"]),
        currency=st.sampled_from(["EUR"] * 7 + ["USD"]),
    )
    def supplier_invoices(self, number: str, quantity: int, price: str, unit: str, currency: str) -> None:
        """Before or after the goods, once or again under another number, of a line that may not be there."""
        billed = trade.billed(quantity, price, number, unit=unit, currency=currency)
        claimed = Claimed(Fraction(quantity), fraction(price), currency, unit)
        self.accounts.invoices.append((trade.invoice(billed), number, claimed))
        self.accounts.judge(self.order)

    @rule(target=notices, number=LINES, quantity=AMOUNTS, packed_on=st.integers(0, 2), other=st.booleans())
    @told_by(SUPPLIER)
    def supplier_ships(self, number: str, quantity: int, packed_on: int, *, other: bool) -> Any:
        content = trade.packed(self.order, quantity, number, packed_on_revision=packed_on)
        more = [trade.packed(self.order, 5, "20" if number == "10" else "10")] if other else []
        if any(each.line_number not in {found.line_number for found in self.order.lines} for each in (content, *more)):
            return multiple()
        notice = trade.ship(content, *more, orders=[self.order])
        self.known.append(notice)
        self.listen(notice, self.order)
        return notice

    @rule(notice=notices, replaced=st.booleans())
    @told_by(SUPPLIER)
    def supplier_withdraws(self, notice: ShipNotice, *, replaced: bool) -> None:
        if notice.open:
            self.tries(lambda: withdraw(notice, OrderBook([self.order]), replaced=replaced), notice)

    @rule(
        notice=st.one_of(st.none(), notices),
        number=LINES,
        quantity=AMOUNTS,
        condition=st.sampled_from(list(Condition)),
        final=st.booleans(),
        stays=st.booleans(),
    )
    @told_by(WMS)
    def warehouse_receives(
        self, notice: ShipNotice | None, number: str, quantity: int, condition: Condition, *, final: bool, stays: bool
    ) -> None:
        named = notice.number if notice is not None else ""
        report = trade.counted(
            quantity,
            SKUS[number],
            condition=condition,
            ship_notice_number=named,
            purchase_order_number=self.order.number,
            line_number=number,
        )
        gone = {NoticeState.CANCELLED, NoticeState.REPLACED}
        reachable = [each for each in self.known if each.open or (each.number == named and each.state not in gone)]
        receipt = trade.receive(report, orders=[self.order], notices=reachable, final=final, short_stays=stays)
        self.accounts.arrive(receipt)
        self.listen(receipt, *reachable, self.order)

    def tries(self, act: Any, *aggregates: Any) -> None:
        """A refusal leaves nothing behind: a store would roll back, here the events must not have been recorded."""
        try:
            act()
        except CrossdockError:
            assert not any(each.events for each in (self.order, *aggregates))
        self.listen(*aggregates, self.order)

    @invariant()
    def books_agree_with_the_lines(self) -> None:
        for found in self.order.lines:
            for place in ("WH-EAST", "WH-WEST"):
                here = found.on_order if found.ship_to_id == place else ZERO
                assert self.ledger.on_order[found.sku, place] == here, (place, found)
            assert self.ledger.in_transit[found.sku, "WH-EAST"] == found.in_transit, found
            announced = (each for notice in self.known if notice.open for each in notice.lines)
            mine = [each.remaining for each in announced if each.order_line_id == found.line_id]
            assert found.in_transit == sum(mine, ZERO)

    @invariant()
    def no_balance_is_below_zero(self) -> None:
        for found in self.order.lines:
            for name in ("on_order", "in_transit", "received", "damaged", "rejected", "closed_short", "open"):
                assert getattr(found, name) >= ZERO, (name, found)
            assert found.confirmed_total <= found.ordered
            assert found.damaged <= found.received

    @invariant()
    def what_is_expected_adds_up(self) -> None:
        for found in self.order.lines:
            committed = ZERO if found.cancelled else found.ordered - found.rejected - found.closed_short
            assert found.on_order == max(ZERO, committed - found.in_transit - found.received)
            if found.state is LineState.CONFIRMED and found.proposed is None:
                assert found.unanswered == ZERO

    @invariant()
    def an_order_that_has_ended_expects_nothing(self) -> None:
        if self.order.state in TERMINAL - {OrderState.CANCELLED}:
            assert all(found.on_order == found.in_transit == ZERO for found in self.order.lines)
            assert self.completions > 0

    @invariant()
    def what_was_invoiced_is_what_has_passed(self) -> None:
        for found in self.order.lines:
            assert found.invoiced == self.accounts.passed[found.line_number]
            assert found.received == self.accounts.received[found.line_number]
            most = found.delivered * (100 + INVOICE_TOLERANCES.quantity_percent)
            assert found.invoiced * 100 <= most, "more is to be paid than has arrived"

    @invariant()
    def schedules_have_ids_of_their_own(self) -> None:
        for found in self.order.lines:
            ids = [each.schedule_id for each in found.confirmed]
            assert len(ids) == len(set(ids))


TestOrderLife = pytest.mark.feature("F041", "F053", "F071", "F076")(OrderLife.TestCase)
TestOrderLife.settings = settings(
    max_examples=100, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
