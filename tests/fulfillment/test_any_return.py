"""Whatever customers and warehouses say of the returns of an order: nothing is lost, nothing is credited twice."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import pytest
from crossdock_kit.processes import TransitionUnknown
from fulfillment.domain.coming_back import ask_back, follow_return, let_be
from fulfillment.domain.crediting import by_invoice, room, share
from fulfillment.domain.customer_return import CustomerReturn
from fulfillment.domain.lifecycle import CHANNEL, State
from fulfillment.domain.posting import Kind, Money, Posted, Posting, PostingLine, Totals, posting
from fulfillment.domain.quantities import Quantity
from fulfillment.domain.refusals import NotDelivered
from fulfillment.domain.sales_order import SalesOrder
from fulfillment_cases.trade import NOW, D, placed
from hypothesis import given
from hypothesis import strategies as st

GROSS = D("33.33")
STEP = st.tuples(st.sampled_from(["authorize", "receive", "inspect", "withdraw"]), st.integers(0, 1), st.integers(1, 7))


def delivered() -> SalesOrder:
    order = placed()
    [schedule] = order.lines[1].schedules
    order.counts[schedule.state] -= 1
    order.counts[State.DELIVERED] += 1
    schedule.state, schedule.shipment_id = State.DELIVERED, "sh-1"
    return order


def shipped() -> Posting:
    return posting("0191-1", Kind.SHIPMENT, "r-1", [PostingLine("1", "BOLT", Quantity(D(10), "EA"))])


def invoice() -> Posting:
    made = posting("0191-1", Kind.INVOICE, "r-1", shipped().lines)
    made.request()
    made.answer(Posted("ERP-EU", "INV-1", None, Totals(*(Money(D(each), "EUR") for each in (GROSS, 0, GROSS)))), "EUR")
    return made


@dataclass
class Trade:
    """An order of ten that was delivered and invoiced, and two returns of it."""

    order: SalesOrder = field(default_factory=delivered)
    invoice: Posting = field(default_factory=invoice)
    notes: list[Posting] = field(default_factory=list)
    returns: list[CustomerReturn] = field(
        default_factory=lambda: [CustomerReturn(f"r-{each}", f"R-{each}", "EU01", NOW) for each in (0, 1)]
    )

    def told(self, what: str, of: int, quantity: int) -> None:
        """As the use cases do it."""
        found, line = self.returns[of], self.order.lines[1]
        match what:
            case "authorize":
                found.authorize({("1", "BOLT"): (D(quantity), "EA")}, CHANNEL)
                ask_back(self.order, line, D(quantity), found.return_id, CHANNEL)
            case "withdraw":
                found.withdraw(CHANNEL)
                let_be(self.order, line, found.return_id, CHANNEL)
            case "receive":
                found.came_back([(found.line("1", "BOLT", "EA"), D(quantity))])
            case _:
                found.inspect([(found.line("", "BOLT", "EA"), D(quantity))])
        self._follow(found)

    def _follow(self, found: CustomerReturn) -> None:
        line = self.order.lines[1]
        for back in found.lines.values():
            if back.line_number != line.line_number:
                continue
            decided = sum((each.quantity for _, each in follow_return(self.order, line, back, found.return_id)), D(0))
            lines, rest = by_invoice({"1": decided}, [shipped()], self.notes)
            assert rest == 0
            for of_invoice, some in lines.items():
                self._credit(posting("0191-1", Kind.CREDIT, str(len(self.notes)), some, follows=[of_invoice]))

    def _credit(self, note: Posting) -> None:
        self.notes.append(note)
        if room(self.invoice) > 0 and (money := share(self.invoice, note.lines)) and money.amount > 0:
            self.invoice.grant(money)

    def check(self) -> None:
        line = self.order.lines[1]
        assert line.conserved
        assert sum(self.order.counts.values()) == len(line.schedules)
        for found in self.returns:
            standing = {state: D(0) for state in State}
            for each in line.schedules:
                if each.return_id == found.return_id:
                    standing[each.state] += each.quantity
            lines = [each for each in found.lines.values() if each.authorized]
            assert standing[State.INSPECTED] == sum((each.decided for each in lines), D(0))
            assert standing[State.RETURNED] == sum((each.back - each.decided for each in lines), D(0))
        inspected = sum((each.quantity for each in line.schedules if each.state is State.INSPECTED), D(0))
        assert inspected == sum((each.quantity.value for note in self.notes for each in note.lines), D(0))
        assert 0 <= self.invoice.credited <= GROSS


@pytest.mark.feature("F133", "F158")
@given(st.lists(STEP, max_size=10))
def test_whatever_is_said_of_returns_nothing_is_lost_and_nothing_credited_twice(
    steps: list[tuple[str, int, int]],
) -> None:
    trade = Trade()
    for step in steps:
        before = copy.deepcopy(trade)
        try:
            trade.told(*step)
        except (NotDelivered, TransitionUnknown):
            # A refusal is an answer without effects: its transaction is none.
            trade = before
        trade.check()
