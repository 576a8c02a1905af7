"""Any history of a purchase, as everybody tells it to the served service: late, twice, in parts, of what is not there.

ERP, supplier, buyer and warehouse on one database: orders, answers, ship notices, receipts and invoices may come at any
time, invoices and goods before their order, too. What has to hold after each step is in `procurement_cases.purchase`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from fractions import Fraction
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from crossdock.common.v1 import values_pb2 as common
from crossdock.procurement.v1 import inbound_pb2 as inbound
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock_kit.testing_repeats import HOW_OFTEN, Speaker
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from procurement.domain.order_line import OrderLine
from procurement.domain.purchase_order import PurchaseOrder
from procurement.domain.supplier_invoice import InvoiceLine
from procurement.ports import Work
from procurement_cases.calls import (
    Caller,
    answer,
    answered,
    arrival,
    billed,
    counted,
    invoicing,
    line,
    packed,
    says,
    shipment,
    submission,
    unique,
)
from procurement_cases.judging import Claimed, fraction
from procurement_cases.purchase import DIRECT, LAWS, SKUS, Purchase, Stored, stored

HOW = st.sampled_from(HOW_OFTEN)
LINES = st.sampled_from(["10", "20", DIRECT])
NAMES = st.sampled_from(["1", "2", "3"])
AMOUNTS = st.integers(1, 60)
PRICES = st.sampled_from(["2.50", "2.52", "3"])
PATIENCE_SECONDS = 60.0
CONDITIONS = (inbound.CONDITION_GOOD, inbound.CONDITION_DAMAGED, inbound.CONDITION_HOLD)
OUTCOMES = (
    pb.ACKNOWLEDGMENT_OUTCOME_ACCEPTED,
    pb.ACKNOWLEDGMENT_OUTCOME_QUANTITY_CHANGED,
    pb.ACKNOWLEDGMENT_OUTCOME_PRICE_CHANGED,
    pb.ACKNOWLEDGMENT_OUTCOME_BACKORDERED,
    pb.ACKNOWLEDGMENT_OUTCOME_ON_HOLD,
    pb.ACKNOWLEDGMENT_OUTCOME_REJECTED,
)


class AnyPurchase(RuleBasedStateMachine):
    caller: ClassVar[Caller]
    loop: ClassVar[asyncio.AbstractEventLoop]
    seen: Stored

    def run_now(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_SECONDS)

    async def _everything(self) -> object:
        return (await stored(self.caller.engine, self.purchase.number)).raw

    def say(self, method: Any, request: Any, how: str) -> Any:
        return self.run_now(self.speaker.say(method, request, how))

    def check(self) -> None:
        """Once after each step, on what the step has left."""
        self.purchase.judge()
        self.seen = self.run_now(stored(self.caller.engine, self.purchase.number))
        for law in LAWS:
            law(self.seen, self.purchase)

    @initialize()
    def begin(self) -> None:
        self.purchase, self.speaker = Purchase(unique("PO")), Speaker(self._everything)
        self.check()

    # --- the ERP and its buyer

    @rule(
        first=AMOUNTS,
        second=st.one_of(st.none(), AMOUNTS),
        direct=st.one_of(st.none(), AMOUNTS),
        price=PRICES,
        late=st.booleans(),
        how=HOW,
    )
    def erp_writes(self, first: int, second: int | None, direct: int | None, price: str, late: bool, how: str) -> None:
        """A new order or its next revision; one that comes late changes nothing any more."""
        asked = {"10": first} | ({"20": second} if second else {}) | ({DIRECT: direct} if direct else {})
        sent_to = {DIRECT: {"ship_to_id": "CUSTOMERS-PLACE", "drop_ship_party_id": "CUST-1"}}
        lines = [line(of, n, SKUS[of], price=price, **sent_to.get(of, {})) for of, n in asked.items()]
        hours = self.purchase.moment - 0.5 if late and self.purchase.moment else self.purchase.later()
        request = submission(self.purchase.number, lines, hours=hours)
        said = self.say(self.caller.stub.SubmitPurchaseOrder, request, how)
        if said is None:
            assert (late, self.speaker.refused) == (True, "REVISION_AMBIGUOUS"), "another document of one instant"
        elif said.placement in (pb.PLACEMENT_CREATED, pb.PLACEMENT_REVISED):
            self.purchase.placed |= set(asked)
            self.purchase.prices |= dict.fromkeys(asked, fraction(price))
        else:
            assert late or said.placement == pb.PLACEMENT_REPEATED
        self.check()

    @rule(how=HOW)
    def erp_cancels(self, how: str) -> None:
        if self.seen.order is None:
            return
        request = submission(self.purchase.number, hours=self.purchase.later(), purpose=pb.ORDER_PURPOSE_CANCEL)
        self.say(self.caller.stub.SubmitPurchaseOrder, request, how)
        self.check()

    @rule(of=LINES, accept=st.booleans(), how=HOW)
    def buyer_decides(self, of: str, accept: bool, how: str) -> None:
        order = self.seen.order
        offered = next((each.proposed for each in self.seen.lines if each.line_number == of), None)
        request = pb.DecideProposedChangeRequest(
            request_id=str(uuid4()),
            purchase_order_id=order.purchase_order_id if order else "nobodys",
            line_number=of,
            decision=pb.DECISION_ACCEPT if accept else pb.DECISION_REFUSE,
        )
        said = self.say(self.caller.stub.DecideProposedChange, request, how)
        assert (said is not None) == (offered is not None), self.speaker.refused
        if accept and offered is not None and offered.price is not None:
            self.purchase.prices[of] = fraction(offered.price.amount)
        self.check()

    # --- the supplier

    @rule(of=LINES, outcome=st.sampled_from(OUTCOMES), part=AMOUNTS, stale=st.booleans(), how=HOW)
    def supplier_answers(self, of: str, outcome: Any, part: int, stale: bool, how: str) -> None:
        """For the revision in force or the one before; perhaps for more than was ordered."""
        revision = max(1, (self.seen.order.revision if self.seen.order else 1) - int(stale))
        amount = part if outcome == pb.ACKNOWLEDGMENT_OUTCOME_QUANTITY_CHANGED else None
        offer = {"price": billed("", 1, "3").price} if outcome == pb.ACKNOWLEDGMENT_OUTCOME_PRICE_CHANGED else {}
        told = answered(of, says(outcome, amount, **offer))
        request = answer(self.purchase.number, told, revision=revision, hours=self.purchase.later())
        said = self.say(self.caller.stub.AcknowledgePurchaseOrder, request, how)
        assert said is None or of in self.purchase.placed
        self.check()

    @rule(name=NAMES, of=LINES, amount=AMOUNTS, purpose=st.sampled_from(["original", "replace", "cancel"]), how=HOW)
    def supplier_ships(self, name: str, of: str, amount: int, purpose: str, how: str) -> None:
        number = f"{self.purchase.number}-SH{name}"
        purposes = {
            "original": pb.NOTICE_PURPOSE_ORIGINAL,
            "replace": pb.NOTICE_PURPOSE_REPLACE,
            "cancel": pb.NOTICE_PURPOSE_CANCEL,
        }
        content = packed(self.purchase.number, amount, of)
        request = shipment(number, content, hours=self.purchase.later(), purpose=purposes[purpose])
        said = self.say(self.caller.stub.RecordShipNotice, request, how)
        if said is not None and purpose == "cancel":
            self.purchase.sent.pop(number, None)
        elif said is not None and not said.repeated_notice:
            self.purchase.sent[number] = (of, amount)
        self.check()

    @rule(
        of=LINES,
        amount=AMOUNTS,
        price=PRICES,
        name=NAMES,
        currency=st.sampled_from(["EUR", "EUR", "EUR", "USD"]),
        how=HOW,
    )
    def supplier_invoices(self, of: str, amount: int, price: str, name: str, currency: str, how: str) -> None:
        number = f"{self.purchase.number}-INV{name}-{currency}"
        content = billed(self.purchase.number, amount, price, of)
        content.price.money.currency = currency
        request = invoicing(number, content, total=common.Money(amount="250.00", currency=currency))
        claimed = Claimed(Fraction(amount), fraction(price), currency)
        known = self.purchase.invoices.setdefault(number, (of, claimed))
        said = self.say(self.caller.stub.RecordSupplierInvoice, request, how)
        assert (said is not None) == (known == (of, claimed)), "a used number says something else"
        self.check()

    # --- the warehouse

    @rule(
        of=LINES,
        amount=AMOUNTS,
        notice=st.one_of(st.none(), NAMES),
        wrong=st.booleans(),
        state=st.tuples(st.sampled_from(CONDITIONS), st.booleans()),
        how=HOW,
    )
    def warehouse_receives(
        self, of: str, amount: int, notice: str | None, wrong: bool, state: tuple[Any, bool], how: str
    ) -> None:
        """Whatever it says was counted is booked."""
        condition, final = state
        named = {"ship_notice_number": f"{self.purchase.number}-SH{notice}"} if notice else {}
        sku = "SAND" if wrong else SKUS[of]
        unit = "KGM" if wrong else "EA"
        content = counted(
            amount,
            sku,
            unit=unit,
            condition=condition,
            purchase_order_number=self.purchase.number,
            line_number=of,
            **named,
        )
        request = arrival(f"{self.purchase.number}-{unique('RC')}", content, final=final)
        assert self.say(self.caller.stub.RecordReceipt, request, how) is not None, self.speaker.refused
        self.purchase.receipts += 1
        if of in self.purchase.placed and not wrong:
            self.purchase.received[of] += amount
        self.check()


async def play(caller: Caller, examples: int, steps: int, *phases: Phase) -> None:
    """In a thread of its own: its steps wait for what runs here."""
    AnyPurchase.caller, AnyPurchase.loop = caller, asyncio.get_running_loop()
    many = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=phases or tuple(Phase),
        report_multiple_bugs=False,
    )
    await asyncio.to_thread(run_state_machine_as_test, AnyPurchase, settings=many)


@pytest.mark.lasting(30)
async def test_any_history_of_a_purchase_keeps_its_laws(caller: Caller) -> None:
    await play(caller, 25, 25)


def _passes_for_nothing(line: InvoiceLine, ordered: OrderLine, tolerances: Any) -> list[Any]:
    return []


async def _matches_nothing_again(work: Work, orders: Iterable[PurchaseOrder]) -> None:
    pass


@pytest.mark.parametrize(
    ("broken", "by"),
    [
        ("procurement.domain.invoice_matching._quantity", _passes_for_nothing),
        ("procurement.use_cases.receipts.match_waiting", _matches_nothing_again),
    ],
)
async def test_what_breaks_a_law_is_found(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, broken: str, by: Callable[..., Any]
) -> None:
    monkeypatch.setattr(broken, by)
    with pytest.raises(AssertionError):
        await play(caller, 60, 25, Phase.generate)
