"""Any history of a sale, as everybody tells it to the served service: late, twice, in parts, of what is not there.

The order, its shipments, invoices, payments, returns and credit notes on one database: every command and every report
may come at any time. What has to hold after each is in `fulfillment_cases.laws`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from crossdock.fulfillment.v1 import posting_service_pb2 as posting_pb
from crossdock.fulfillment.v1 import return_pb2
from crossdock.fulfillment.v1 import return_service_pb2 as return_pb
from crossdock_kit.testing_repeats import ONCE
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.domain.lifecycle import State
from fulfillment.domain.posting import Kind, Money, Posting
from fulfillment.domain.posting_lifecycle import State as Posted
from fulfillment.domain.sales_order import SalesOrder
from fulfillment.ports import Work
from fulfillment.use_cases.commands import BillShipment
from fulfillment.use_cases.owing import bill
from fulfillment.use_cases.posting import ask_again
from fulfillment_cases.calls import Caller, quantity, unique
from fulfillment_cases.everybody import Everybody
from fulfillment_cases.goods import HOW, LINES, NAMES, TRUCKS, Goods
from fulfillment_cases.ledger import ERP, Ledger, euros, totals
from fulfillment_cases.returns import SHOP, Returns
from fulfillment_cases.sale import SKUS, erp_number
from fulfillment_cases.stored import total
from fulfillment_cases.warehouse import Site, now
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

NAMED = st.sampled_from(["1", "2", ""])
"""Or not, as a warehouse may leave it out."""


class AnySale(Goods):
    """With the ERP's books, and what customers send back."""

    # --- money

    def all_is_invoiced(self) -> None:
        self.terms_allow_to_bill("A")
        while waiting := [each for each in self.seen.postings.values() if each.state is Posted.REQUESTED]:
            self._is_posted(waiting[0], 60, ONCE)
            self.check()

    @rule(truck=TRUCKS)
    def terms_allow_to_bill(self, truck: str) -> None:
        shipment = self.seen.shipments.get(self.truck(truck))
        name = shipment.shipment_id if shipment else unique("nobodys")
        self.hear(partial(bill, BillShipment(name, truck, (self.sale.order_id,))))
        assert shipment or self.run_now(self.all.look()).concerned("BILLING_WITHOUT_GOODS_ISSUE")
        self.check()

    @rule(place=st.integers(0, 30), gross=st.integers(1, 120), unasked=st.booleans(), how=HOW)
    def erp_posts(self, place: int, gross: int, unasked: bool, how: str) -> None:
        """What it was asked for, or something that it has booked by itself."""
        states = (Posted.REQUESTED, Posted.REFUSED) if not unasked else tuple(Posted)
        if found := self._one(place, *states):
            self._is_posted(found, gross, how)
        self.check()

    def _is_posted(self, found: Posting, gross: int, how: str) -> None:
        amount = f"{found.wanted.amount if found.wanted else gross}"
        self._answers(found, how, number=erp_number(found.posting_id), totals=totals(amount, "0", amount))
        if found.kind is Kind.INVOICE and not self.all.refused and found.state is not Posted.POSTED:
            self._take_early_payments(erp_number(found.posting_id))

    @rule(place=st.integers(0, 30), how=HOW)
    def erp_refuses(self, place: int, how: str) -> None:
        if found := self._one(place, *Posted):
            self._answers(found, how, refusal="no such account")
        self.check()

    @rule(place=st.integers(0, 30))
    def somebody_asks_again(self, place: int) -> None:
        if found := self._one(place, *Posted):
            self.hear(partial(ask_again, found.posting_id))
            if self.all.refused:
                assert self.run_now(self.all.look()).raw == self.seen.raw
        self.check()

    @rule(place=st.integers(0, 5), number=NAMES, amount=st.sampled_from([1, 20, 40, 60, 61]), how=HOW)
    def credit_is_wanted(self, place: int, number: str, amount: int, how: str) -> None:
        invoices = self.seen.kind(Kind.INVOICE)
        if not invoices:
            return
        invoice = invoices[place % len(invoices)]
        known = self.seen.postings.get(f"{self.sale.order_id}.credit.{number}")
        request = posting_pb.RequestCreditRequest(
            request_id=str(uuid4()),
            origin=ERP,
            order_id=self.sale.order_id,
            invoice_posting_id=invoice.posting_id,
            number=number,
            amount=euros(str(amount)),
        )
        answer = self.say(self.all.ledger.stub.RequestCredit, request, how)
        if known is None:
            gross = invoice.totals.gross.amount if invoice.totals and invoice.state is Posted.POSTED else Decimal(0)
            assert (answer is not None) == (invoice.credited + amount <= gross), self.all.refused
        else:
            same = known.follows == (invoice.posting_id,) and known.wanted and known.wanted.amount == amount
            assert (answer is not None) == bool(same)
        self.check()

    @rule(place=st.integers(0, 5), number=NAMES, amount=st.integers(-40, 80).filter(bool), how=HOW)
    def erp_reports_a_payment(self, place: int, number: str, amount: int, how: str) -> None:
        invoices = self.seen.kind(Kind.INVOICE)
        if not invoices:
            return
        invoice = invoices[place % len(invoices)]
        name = erp_number(invoice.posting_id)
        request = posting_pb.RecordPaymentRequest(
            request_id=str(uuid4()),
            origin=ERP,
            invoice_number=name,
            number=f"{self.sale.number}-{number}",
            amount=euros(str(amount)),
            paid_at=now(),
        )
        known = self.sale.paid[name].get(number, self.sale.waiting.get((name, number)))
        answer = self.say(self.all.ledger.stub.RecordPayment, request, how)
        if known is not None:
            assert (answer is not None) == (known == amount)
        elif invoice.state is Posted.POSTED:
            assert (answer is not None) == (invoice.paid + amount >= 0)
            if answer is not None:
                self.sale.paid[name][number] = Decimal(amount)
        else:
            assert answer is not None
            self.sale.waiting[name, number] = Decimal(amount)
        self.check()

    def _take_early_payments(self, invoice: str) -> None:
        """In the order in which they came; what would leave less than nothing stays with finance."""
        for (of, number), amount in list(self.sale.waiting.items()):
            if of == invoice and sum(self.sale.paid[invoice].values(), amount) >= 0:
                self.sale.paid[invoice][number] = self.sale.waiting.pop((of, number))

    def _one(self, place: int, *states: Posted) -> Posting | None:
        found = [each for _, each in sorted(self.seen.postings.items()) if each.state in states]
        return found[place % len(found)] if found else None

    def _answers(self, found: Posting, how: str, **said: Any) -> None:
        request = posting_pb.RecordPostingRequest(
            request_id=str(uuid4()), origin=ERP, posting_id=found.posting_id, posted_at=now(), **said
        )
        self.say(self.all.ledger.stub.RecordPosting, request, how)

    # --- what customers send back

    @rule(number=NAMES, which=LINES, amount=st.integers(1, 6), how=HOW)
    def return_is_authorized(self, number: str, which: str, amount: int, how: str) -> None:
        there = [each for of, each in self.seen.schedules if of.line_number == which]
        delivered = total([each.quantity for each in there if each.state is State.DELIVERED])
        request = return_pb.AuthorizeReturnRequest(
            request_id=str(uuid4()),
            origin=SHOP,
            order_id=self.sale.order_id,
            number=self._return(number),
            lines=[return_pb.WantedBack(line_number=which, quantity=quantity(amount))],
        )
        answer = self.say(self.all.returns.stub.AuthorizeReturn, request, how)
        assert answer is None or answer.repeated or amount <= delivered, "what was never delivered is to come back"
        self.check()

    @rule(number=NAMES, how=HOW)
    def return_is_withdrawn(self, number: str, how: str) -> None:
        known = self.seen.returns.get(self._return(number))
        name = known.return_id if known else "nobodys"
        request = return_pb.WithdrawReturnRequest(request_id=str(uuid4()), origin=SHOP, return_id=name)
        answer = self.say(self.all.returns.stub.WithdrawReturn, request, how)
        assert known is not None or answer is None
        self.check()

    @rule(number=NAMED, which=NAMED, amount=st.integers(1, 6), how=HOW)
    def goods_come_back(self, number: str, which: str, amount: int, how: str) -> None:
        request = return_pb.RecordReturnReceiptRequest(**self._came(number, which, amount), received_at=now())
        answer = self.say(self.all.returns.stub.RecordReturnReceipt, request, how)
        self.sale.sent_back[answer.return_id].received[SKUS.get(which, "BOLT")] += amount
        self.check()

    @rule(number=NAMED, which=NAMED, amount=st.integers(1, 6), how=HOW)
    def goods_are_inspected(self, number: str, which: str, amount: int, how: str) -> None:
        request = return_pb.RecordReturnInspectionRequest(**self._came(number, which, amount), inspected_at=now())
        request.lines[0].disposition = return_pb2.DISPOSITION_RESTOCK
        answer = self.say(self.all.returns.stub.RecordReturnInspection, request, how)
        self.sale.sent_back[answer.return_id].inspected[SKUS.get(which, "BOLT")] += amount
        self.check()

    def _return(self, number: str) -> str:
        return f"{self.sale.number}-R{number}" if number else ""

    def _came(self, number: str, which: str, amount: int) -> dict[str, Any]:
        head = self.all.returns.head()
        back = return_pb2.ReturnedLine(line_number=which, sku=SKUS.get(which, "BOLT"), quantity=quantity(amount))
        return head | {"return_number": self._return(number), "order_id": self.sale.order_id, "lines": [back]}


@pytest.fixture
def everybody(caller: Caller, site: Site, ledger: Ledger, returns: Returns, uow: UnitOfWork) -> Everybody:
    return Everybody(caller, site, ledger, returns, uow)


class InvoicedSale(AnySale):
    """Where most is to be broken."""

    nearest = 3


async def play(machine: type[AnySale], everybody: Everybody, examples: int, steps: int, *phases: Phase) -> None:
    """In a thread of its own: its steps wait for what runs here."""
    machine.all, machine.loop = everybody, asyncio.get_running_loop()
    many = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=phases or tuple(Phase),
        report_multiple_bugs=False,
    )
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=many)


@pytest.mark.lasting(30)
async def test_any_history_of_a_sale_keeps_its_laws(everybody: Everybody) -> None:
    await play(AnySale, everybody, 25, 25)


def _grants_anything(invoice: Posting, amount: Money) -> None:
    invoice.credited += amount.amount


async def _asks_out_of_turn(found: Posting, order: SalesOrder, work: Work) -> None:
    found.request()
    await work.put_posting(found, order)


@pytest.mark.parametrize(
    ("broken", "by"),
    [
        ("fulfillment.domain.posting.Posting.grant", _grants_anything),
        ("fulfillment.use_cases.posting._ask_first", _asks_out_of_turn),
    ],
)
async def test_what_breaks_a_law_is_found(
    everybody: Everybody, monkeypatch: pytest.MonkeyPatch, broken: str, by: Callable[..., Any]
) -> None:
    monkeypatch.setattr(broken, by)
    with pytest.raises(AssertionError):
        await play(InvoicedSale, everybody, 60, 25, Phase.generate)
