"""What everybody says of an order and its goods, at any time: channel, inventory, warehouse and carrier.

The part of the machine that knows nothing of money. After each step all laws are looked at.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar
from uuid import uuid4

from crossdock.fulfillment.v1 import fulfillment_service_pb2 as order_pb
from crossdock.fulfillment.v1 import sales_order_pb2 as order_terms
from crossdock.fulfillment.v1 import warehouse_service_pb2 as warehouse_pb
from crossdock_kit.testing_repeats import HOW_OFTEN, ONCE
from fulfillment.domain.lifecycle import DROPPED, GONE, State
from fulfillment.domain.on_the_road import DISPATCHED, Word
from fulfillment.domain.questions import Held, Shortage
from fulfillment.store.unit_of_work import FulfillmentWork
from fulfillment.use_cases.delivering import Departure, departed, told
from fulfillment.use_cases.stocking import Answer, deadline_passed, lock_orders, take_answer
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from fulfillment_cases.calls import line, origin, placement, quantity, unique
from fulfillment_cases.everybody import Everybody
from fulfillment_cases.laws import LAWS
from fulfillment_cases.returns import PLACE
from fulfillment_cases.sale import PLACES, SKUS, Issue, Sale
from fulfillment_cases.stored import Stored
from fulfillment_cases.warehouse import now, reported

HOW = st.sampled_from(HOW_OFTEN)
_NO = {"refused": "UNIT_NOT_CONVERTIBLE", "held too long": "RESERVATION_LAPSED"}
LINES = st.sampled_from(["1", "2", "9"])
"""The last is none of the order."""
SOME = st.integers(1, 12)
TRUCKS = st.sampled_from(["A", "B"])
NAMES = st.sampled_from(["1", "2"])
PATIENCE_SECONDS = 60.0


class Goods(RuleBasedStateMachine):
    """The order and its goods; what everybody says of them."""

    all: ClassVar[Everybody]
    loop: ClassVar[asyncio.AbstractEventLoop]
    nearest: ClassVar[int] = 0
    """How far a history has come at least when it begins."""
    seen: Stored

    def run_now(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_SECONDS)

    @property
    def sale(self) -> Sale:
        return self.all.sale

    def say(self, method: Any, request: Any, how: str) -> Any:
        return self.run_now(self.all.say(method, request, how))

    def hear(self, fact: Any) -> Any:
        return self.run_now(self.all.hear(fact))

    def check(self) -> None:
        """Once after each step, on what the step has left."""
        self.seen = self.run_now(self.all.look())
        for law in LAWS:
            law(self.seen, self.sale)

    # --- channel and customer

    @initialize(first=SOME, second=st.one_of(st.none(), SOME), how=HOW, whole=st.booleans(), far=st.integers(0, 3))
    def place(self, first: int, second: int | None, how: str, whole: bool, far: int) -> None:
        """So far that later steps have something to be about: placed, held, delivered, invoiced."""
        self.all.sale = Sale(unique("S"))
        lines = [line("1", first)] + ([line("2", second, "NUT")] if second else [])
        rule_of = order_terms.SHORTAGE_RULE_SHIP_COMPLETE if whole else order_terms.SHORTAGE_RULE_BACKORDER
        request = placement(self.sale.number, lines, shortage=rule_of)
        answer = self.say(self.all.caller.stub.PlaceOrder, request, how)
        self.sale.order_id = answer.order.order_id
        self.sale.wished = {"1": first} | ({"2": second} if second else {})
        self.check()
        far = max(far, self.nearest)
        if far > 0:
            self.inventory_answers("held", 0, late=False)
        if far > 1:
            self._comes_to_its_customer()
        if far > 2:
            self.all_is_invoiced()

    def all_is_invoiced(self) -> None:
        """Said by those who know of money."""

    def _comes_to_its_customer(self) -> None:
        for which, amount in self.sale.wished.items():
            self.hands_over(which, amount, "A", ONCE)
        for what in PLACES:
            self.carrier_says("A", what)

    @rule(which=LINES, wish=st.integers(0, 15), how=HOW)
    def change(self, which: str, wish: int, how: str) -> None:
        request = order_pb.ChangeLineRequest(
            request_id=str(uuid4()),
            origin=origin(),
            order_id=self.sale.order_id,
            line_number=which,
            ordered=quantity(wish),
        )
        if self.say(self.all.caller.stub.ChangeLine, request, how) is not None:
            assert not self.seen.order.cancelled, "what is cancelled cannot be wanted again"
            self.sale.wished[which] = wish
        self.check()

    @rule(how=HOW)
    def cancel(self, how: str) -> None:
        states = {each.state for _, each in self.seen.schedules}
        gone = bool(states & GONE) and states <= GONE | DROPPED and not self.seen.order.cancelled
        request = order_pb.CancelOrderRequest(request_id=str(uuid4()), origin=origin(), order_id=self.sale.order_id)
        answer = self.say(self.all.caller.stub.CancelOrder, request, how)
        assert (answer is None) == gone
        self.check()

    # --- stock

    @rule(kind=st.sampled_from(["held", "held", "short", *_NO]), there=st.integers(0, 12), late=st.booleans())
    def inventory_answers(self, kind: str, there: int, late: bool) -> None:
        """To the newest question or, where it comes late, to the one before."""
        asked = self.seen.raw["order_part"][0]["attempt"] - int(late)
        wanted: Counter[str] = Counter()
        for of, each in self.seen.schedules:
            if each.state is State.ACCEPTED:
                wanted[of.sku] += int(each.quantity)
        wanted = wanted or Counter({"BOLT": 3})
        if asked < 1:
            return
        answer = partial(Answer, self.sale.order_id, 1, asked)
        if kind == "held":
            reservation = str(uuid4())
            self.sale.reservations.add(reservation)
            said = answer(reservation, [Held(sku, PLACE, Decimal(amount)) for sku, amount in wanted.items()])
        elif kind == "short":
            short = [Shortage(sku, Decimal(min(there, amount - 1)), "STOCK_SHORT") for sku, amount in wanted.items()]
            said = answer(short=short)
        else:
            said = answer(code=_NO[kind], why=kind)

        async def hear(work: FulfillmentWork) -> None:
            orders = await lock_orders([self.sale.order_id], work)
            await take_answer(said, orders[self.sale.order_id], work)

        self.hear(hear)
        self.check()

    @rule()
    def asks_again(self) -> None:
        self.hear(partial(deadline_passed, self.sale.order_id, 1, State.BACKORDERED, "retry"))
        self.check()

    # --- warehouse

    @rule(which=LINES, amount=SOME, short=st.integers(0, 3), known=st.booleans(), how=HOW)
    def picks(self, which: str, amount: int, short: int, known: bool, how: str) -> None:
        number = self.sale.number if known or which == "9" else unique("nobodys")
        request = warehouse_pb.RecordPickRequest(
            **self.all.site.head(unique("PK")), picked_at=now(), lines=[self._reported(number, which, amount, short)]
        )
        answer = self.say(self.all.site.stub.RecordPick, request, how)
        self.sale.unreleased |= answer.unreleased_count > 0
        self.check()

    @rule(which=LINES, amount=SOME, truck=TRUCKS, how=HOW)
    def packs(self, which: str, amount: int, truck: str, how: str) -> None:
        """A second report under the shipment's number says something else, and is refused."""
        request = self.all.site.packing(self.truck(truck), self._reported(self.sale.number, which, amount))
        answer = self.say(self.all.site.stub.RecordPacking, request, how)
        assert answer is not None or self.all.refused == "REPORT_NUMBER_REUSED"
        self.sale.unreleased |= answer is not None and answer.unreleased_count > 0
        self.check()

    @rule(which=LINES, amount=SOME, truck=TRUCKS, how=HOW)
    def hands_over(self, which: str, amount: int, truck: str, how: str) -> None:
        self.sale.truck(self.truck(truck))
        request = warehouse_pb.RecordGoodsIssueRequest(
            **self.all.site.head(unique("GI")),
            shipment_number=self.truck(truck),
            issued_at=now(),
            lines=[self._reported(self.sale.number, which, amount)],
        )
        answer = self.say(self.all.site.stub.RecordGoodsIssue, request, how)
        self.sale.unreleased |= answer.unreleased_count > 0
        if which in self.sale.wished:
            self.sale.truck(self.truck(truck)).issues.append(Issue(Counter({which: amount})))
        self.check()

    def truck(self, name: str) -> str:
        return f"{self.sale.number}-{name}"

    def _reported(self, number: str, which: str, amount: int, short: int = 0) -> warehouse_pb.ReportedLine:
        return reported(number, SKUS.get(which, "BOLT"), amount, line=which, short=short)

    # --- carrier

    @rule(truck=TRUCKS, what=st.sampled_from(PLACES))
    def carrier_says(self, truck: str, what: str) -> None:
        """As delivery tells it: a milestone once, then each goods issue that has left by that."""
        name = self.truck(truck)
        found, shipment = self.sale.truck(name), self.seen.shipments.get(name)
        if shipment is None:
            self.hear(partial(told, Word("nobodys", reached=what)))
            return
        if what not in found.reached:
            found.reached.add(what)
            self.hear(partial(told, Word(shipment.shipment_id, reached=what)))
        for issue in found.issues if DISPATCHED in found.reached else ():
            if not issue.left:
                issue.left = True
                gone = {f"{self.sale.order_id}.{of}": Decimal(amount) for of, amount in issue.lines.items()}
                self.hear(partial(departed, Departure(Word(shipment.shipment_id, reached=DISPATCHED), gone)))
        self.check()

    @rule(truck=TRUCKS, what=st.sampled_from(PLACES))
    def carrier_corrects(self, truck: str, what: str) -> None:
        """It did not happen, nor did what comes after it."""
        name = self.truck(truck)
        found, shipment = self.sale.truck(name), self.seen.shipments.get(name)
        if shipment is None or what not in found.reached:
            return
        for each in [each for each in PLACES[PLACES.index(what) :] if each in found.reached]:
            found.reached.remove(each)
            self.hear(partial(told, Word(shipment.shipment_id, taken_back=each)))
        self.check()

    @rule(truck=TRUCKS, name=NAMES, settled=st.booleans())
    def something_goes_wrong(self, truck: str, name: str, settled: bool) -> None:
        found, shipment = self.sale.truck(self.truck(truck)), self.seen.shipments.get(self.truck(truck))
        if shipment is None or (name in found.troubles) != settled:
            return
        found.troubles ^= {name}
        about = shipment.shipment_id
        self.hear(partial(told, Word(about, settled=name) if settled else Word(about, trouble=name)))
        self.check()
