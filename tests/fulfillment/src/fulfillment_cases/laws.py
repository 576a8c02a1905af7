"""What holds of a sale after every step, whatever was said of it in which order (trade: C12; reliability: I3 to I5).

Each law compares what is stored with what partners know, or one thing that is stored with another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal

from fulfillment.domain.billing_lifecycle import State as Billing
from fulfillment.domain.customer_return import CustomerReturn
from fulfillment.domain.lifecycle import DEADLINES, DROPPED, GONE, OUT, State, place_of
from fulfillment.domain.order_state import order_state
from fulfillment.domain.posting import Kind, Posting
from fulfillment.domain.posting_lifecycle import State as Posted
from fulfillment.domain.return_lifecycle import RETURN
from fulfillment.domain.return_lifecycle import State as Returned

from fulfillment_cases.sale import Sale, erp_number
from fulfillment_cases.stored import Stored, total

ROAD = OUT - {State.HANDED_OVER}
BACK = frozenset({State.RETURN_REQUESTED, State.RETURNED, State.INSPECTED, State.CREDITED})


def events_are_numbered_without_a_gap(seen: Stored, sale: Sale) -> None:
    assert seen.raw["gaps"] == []


def quantities_are_conserved(seen: Stored, sale: Sale) -> None:
    for line in seen.lines:
        assert line.conserved, line
        assert line.quantity.value == sale.wished[line.line_number]
        assert line.wanted <= line.quantity.value, "more is wanted than was wished for"


def the_order_stands_where_its_lines_stand(seen: Stored, sale: Sale) -> None:
    told = Counter(each.state for _, each in seen.schedules)
    assert +seen.order.counts == told
    [head] = seen.raw["sales_order"]
    assert head["state"] == order_state(told).value


def nothing_is_promised_twice_or_kept_for_nobody(seen: Stored, sale: Sale) -> None:
    """A reservation that was given back serves nothing that is still to be shipped; one that was not serves something
    or its goods were not found."""
    for reservation in sale.reservations:
        users = [each for _, each in seen.schedules if each.reservation_id == reservation]
        wanted = [each for each in users if each.state not in DROPPED]
        if reservation in seen.given_back:
            assert not [each for each in wanted if each.state not in GONE], reservation
        else:
            assert wanted or not users, f"{reservation} is kept though nothing of it is wanted"


def nothing_leaves_that_was_not_handed_over(seen: Stored, sale: Sale) -> None:
    for name, truck in sale.trucks.items():
        shipment = seen.shipments.get(name)
        for line in seen.lines if shipment else ():
            aboard = [each for each in line.schedules if shipment and each.shipment_id == shipment.shipment_id]
            out = total([each.quantity for each in aboard if each.state in GONE])
            assert out <= truck.handed_over(line.line_number), (name, line.line_number)
            gone = total([each.quantity for each in aboard if each.state in ROAD | BACK])
            assert gone <= truck.gone(line.line_number), (name, line.line_number)


def goods_stand_where_their_carrier_says(seen: Stored, sale: Sale) -> None:
    for name, truck in sale.trucks.items():
        shipment = seen.shipments.get(name)
        aboard = [each for _, each in seen.schedules if shipment and each.shipment_id == shipment.shipment_id]
        assert {each.state for each in aboard if each.state in ROAD} <= {truck.stands}, name
        if all(each.left for each in truck.issues) and truck.stands is not State.HANDED_OVER:
            assert not [each for each in aboard if each.state is State.HANDED_OVER], f"{name} left somebody at the dock"


def each_goods_issue_is_posted_once(seen: Stored, sale: Sale) -> None:
    shipped = seen.kind(Kind.SHIPMENT)
    assert len(shipped) == sale.issues
    for line in seen.lines:
        posted = _of_line(shipped, line.line_number)
        assert posted == sale.issued(line.line_number)


def each_goods_issue_is_invoiced_once_when_it_may_be(seen: Stored, sale: Sale) -> None:
    invoices = {each.posting_id: each for each in seen.kind(Kind.INVOICE)}
    never = (Billing.NOT_BILLABLE, Billing.RETURNED)
    billable = [each for each in seen.kind(Kind.SHIPMENT) if each.billing not in never]
    assert len(invoices) == len(billable)
    for shipped in billable:
        [invoice] = [each for each in invoices.values() if each.follows == (shipped.posting_id,)]
        assert invoice.lines == shipped.due_lines
        assert (shipped.billing is Billing.INVOICED) == (invoice.state is Posted.POSTED)


def the_erp_is_asked_in_sequence(seen: Stored, sale: Sale) -> None:
    """What was asked for follows nothing that is not posted; what follows nothing any more is asked for, or somebody
    knows why not."""
    for each in seen.postings.values():
        before = [seen.postings[one] for one in each.follows if one in seen.postings]
        whole = len(before) == len(each.follows) and all(one.state is Posted.POSTED for one in before)
        if each.state is Posted.REQUESTED:
            assert whole, f"{each.posting_id} was asked for before what it follows"
        if each.state is Posted.WAITING and whole:
            assert seen.concerned("NOTHING_LEFT_TO_CREDIT", each.subject), each.posting_id


def credits_stay_within_their_invoice(seen: Stored, sale: Sale) -> None:
    for invoice in seen.kind(Kind.INVOICE):
        notes = [each for each in seen.kind(Kind.CREDIT) if each.follows == (invoice.posting_id,)]
        assert invoice.credited == sum(map(_counts_for, notes), Decimal(0)), invoice.posting_id
        assert invoice.noted == sum((_gross(each) for each in notes if each.state is Posted.POSTED), Decimal(0))
        if invoice.state is Posted.POSTED and invoice.credited > _gross(invoice):
            assert seen.concerned("CREDITED_ABOVE_INVOICE", invoice.subject)


def payments_count_once(seen: Stored, sale: Sale) -> None:
    for invoice in seen.kind(Kind.INVOICE):
        paid = sale.paid[erp_number(invoice.posting_id)]
        assert invoice.paid == sum(paid.values(), Decimal(0)), invoice.posting_id
        settlement = invoice.settlement
        if settlement is not None:
            overpaid = max(Decimal(0), invoice.paid + invoice.noted - _gross(invoice))
            assert settlement.overpaid == overpaid
            assert seen.concerned("PAID_ABOVE_INVOICE", invoice.subject) == (overpaid > 0)


def returns_stand_where_their_sums_say(seen: Stored, sale: Sale) -> None:
    for back in seen.returns.values():
        said = sale.sent_back[back.return_id]
        for sku in {each.sku for each in back.lines.values()}:
            of_item = [each for each in back.lines.values() if each.sku == sku]
            assert total([each.received for each in of_item]) == said.received[sku]
            assert total([each.inspected for each in of_item]) == said.inspected[sku]
        if back.order_id:
            _lines_follow(seen, back)
        if any(each.surplus for each in back.lines.values()) and back.state is not Returned.WITHDRAWN:
            assert seen.concerned("RETURN_NOT_AUTHORIZED", back.subject)
    for line in seen.lines:
        of_line = [each for back in seen.returns.values() for each in back.lines.values() if back.order_id]
        decided = total([each.decided for each in of_line if each.line_number == line.line_number])
        notes = [each for each in seen.kind(Kind.CREDIT) if each.return_id]
        turned = [each for of in seen.kind(Kind.SHIPMENT) for each in of.returned]
        never = total([each.quantity.value for each in turned if each.line_number == line.line_number])
        assert _of_line(notes, line.line_number) + never == decided, (
            "what was decided is credited once, or never invoiced"
        )


def _lines_follow(seen: Stored, back: CustomerReturn) -> None:
    for line in seen.lines:
        of_line = [each for each in back.lines.values() if each.line_number == line.line_number]
        authorized = total([each.authorized for each in of_line])
        there, decided = total([each.back for each in of_line]), total([each.decided for each in of_line])
        standing, closed = {state: Decimal(0) for state in State}, Decimal(0)
        for each in line.schedules:
            if each.return_id == back.return_id:
                standing[each.state] += each.quantity
                closed += each.quantity if each.state is State.CLOSED and State.INSPECTED in each.reached else 0
        assert standing[State.RETURN_REQUESTED] == authorized - there, (back.number, line.line_number)
        assert standing[State.RETURNED] == there - decided
        assert standing[State.INSPECTED] + standing[State.CREDITED] + closed == decided
        if back.state in (Returned.CREDITED, Returned.CLOSED):
            assert standing[State.INSPECTED] == 0, f"return {back.number} is credited, and its lines are not"
        notes = [each for each in seen.kind(Kind.CREDIT) if each.return_id == back.return_id]
        assert _of_line(notes, line.line_number) <= decided
        assert back.credits_asked == len(notes)
        assert back.credits_posted == len([each for each in notes if each.state is Posted.POSTED])


def whatever_has_not_ended_has_a_deadline(seen: Stored, sale: Sale) -> None:
    """A deadline raises an exception with an owner, or fires: nothing waits unseen for ever."""
    for each in seen.postings.values():
        assert (("process/posting", each.posting_id) in seen.timers) == (each.state is not Posted.POSTED)
        unbilled = each.billing in (Billing.NOT_BILLABLE, Billing.BILLABLE)
        assert (("process/billing", each.posting_id) in seen.timers) == unbilled
    for back in seen.returns.values():
        watched = back.state.value in RETURN.deadlines
        assert (("process/return", back.return_id) in seen.timers) == watched, back.state
    live = [each.state for _, each in seen.schedules if each.state not in DROPPED and not each.return_id]
    watched = bool(live) and min(live, key=place_of).value in DEADLINES
    assert (("process/order_schedule", f"{sale.order_id}/1") in seen.timers) == watched


def what_was_never_released_is_somebodys(seen: Stored, sale: Sale) -> None:
    assert not sale.unreleased or seen.concerned("HANDLED_WITHOUT_RELEASE")


LAWS: tuple[Callable[[Stored, Sale], None], ...] = (
    events_are_numbered_without_a_gap,
    quantities_are_conserved,
    the_order_stands_where_its_lines_stand,
    nothing_is_promised_twice_or_kept_for_nobody,
    nothing_leaves_that_was_not_handed_over,
    goods_stand_where_their_carrier_says,
    each_goods_issue_is_posted_once,
    each_goods_issue_is_invoiced_once_when_it_may_be,
    the_erp_is_asked_in_sequence,
    credits_stay_within_their_invoice,
    payments_count_once,
    returns_stand_where_their_sums_say,
    whatever_has_not_ended_has_a_deadline,
    what_was_never_released_is_somebodys,
)


def _of_line(postings: Iterable[Posting], line_number: str) -> Decimal:
    return total([line.quantity.value for each in postings for line in each.lines if line.line_number == line_number])


def _gross(found: Posting) -> Decimal:
    return found.totals.gross.amount if found.totals else Decimal(0)


def _counts_for(note: Posting) -> Decimal:
    """What it takes of its invoice: what it is to come to, else what it came to; nothing if it is refused."""
    if note.state is Posted.REFUSED:
        return Decimal(0)
    return note.wanted.amount if note.wanted else _gross(note)
