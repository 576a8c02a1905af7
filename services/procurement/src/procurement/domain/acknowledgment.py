"""How the answers to one line divide it: promised, backordered, on hold, rejected, proposed, or not answered at all.

Rules of the trade (ASC X12 855, ACK segments): several answers split a line; accepted keeps what was requested; what
is rejected leaves the order; a changed quantity answers for the whole line, so what it leaves out leaves the order too;
any other rest is unanswered and stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from procurement.domain.order_line import OrderLine, ProposedChange
from procurement.domain.outcomes import LineAcknowledgment, Outcome
from procurement.domain.quantities import ZERO, Item, Quantity, ordered_quantity
from procurement.domain.refusals import AnswerContradictory, ConfirmedBeyondOrder
from procurement.domain.schedules import Promise, Schedule
from procurement.domain.terms import Price


@dataclass(frozen=True, slots=True)
class AnsweredLine:
    """What a document says of one line. `ordered` is what it repeats of the order, where it does."""

    acknowledgments: tuple[LineAcknowledgment, ...]
    line_number: str = ""
    sku: str = ""
    supplier_item: str = ""
    ordered: Quantity | None = None


@dataclass(slots=True)
class Division:
    """What became of each part of a line, in base units."""

    promises: list[Promise] = field(default_factory=list)
    proposed: list[tuple[LineAcknowledgment, list[Promise]]] = field(default_factory=list)
    backordered: Decimal = ZERO
    on_hold: Decimal = ZERO
    rejected: Decimal = ZERO


class RequestedDates:
    """Deals out the dates that the buyer asked for, the first named first."""

    def __init__(self, requested: Sequence[Schedule]) -> None:
        self._left = [Promise(each.quantity, each.on) for each in requested]

    def take(self, quantity: Decimal) -> list[Promise]:
        taken = []
        while quantity > ZERO and self._left:
            first = self._left.pop(0)
            part = min(first.quantity, quantity)
            taken.append(Promise(part, first.on))
            quantity -= part
            if first.quantity > part:
                self._left.insert(0, Promise(first.quantity - part, first.on))
        return taken


def divide(line: OrderLine, answers: Sequence[LineAcknowledgment], item: Item) -> Division:
    """Divides the whole ordered quantity. Raises ConfirmedBeyondOrder where the answers exceed it."""
    parts = _parts(line, answers, item)
    dates, division = RequestedDates(line.requested), Division()
    for answer, quantity in parts:
        _place(division, line, answer, dates.take(quantity))
    rest = line.ordered - sum((quantity for _, quantity in parts), ZERO)
    if any(_answers_for_all(answer) for answer in answers):
        division.rejected += rest
    elif any(answer.outcome is Outcome.PARTIAL for answer in answers):
        division.backordered += rest
    return division


def _parts(
    line: OrderLine, answers: Sequence[LineAcknowledgment], item: Item
) -> list[tuple[LineAcknowledgment, Decimal]]:
    """Each answer with its base quantity; those without one share what the others leave: the first gets it."""
    named = {
        n: item.to_base(ordered_quantity(a.quantity.value, a.quantity.unit))
        for n, a in enumerate(answers)
        if a.quantity is not None
    }
    left = line.ordered - sum(named.values(), ZERO)
    if left < ZERO:
        raise ConfirmedBeyondOrder(line.line_number, str(line.ordered), str(line.ordered - left))
    parts = []
    for n, answer in enumerate(answers):
        if n in named:
            parts.append((answer, named[n]))
        elif answer.outcome is not Outcome.PARTIAL:
            parts.append((answer, left))
            left = ZERO
    return parts


def _answers_for_all(answer: LineAcknowledgment) -> bool:
    return answer.outcome in {Outcome.QUANTITY_CHANGED, Outcome.CHANGED} and answer.quantity is not None


def _place(division: Division, line: OrderLine, answer: LineAcknowledgment, requested: list[Promise]) -> None:
    quantity = sum((each.quantity for each in requested), ZERO)
    outcome = answer.outcome
    if outcome is Outcome.REJECTED:
        division.rejected += quantity
    elif outcome is Outcome.ON_HOLD:
        division.on_hold += quantity
    elif outcome is Outcome.BACKORDERED and answer.on is None:
        division.backordered += quantity
    elif _changes_terms(line, answer):
        division.proposed.append((answer, _dated(answer, requested)))
    else:
        division.promises += _dated(answer, requested)


def _dated(answer: LineAcknowledgment, requested: list[Promise]) -> list[Promise]:
    if answer.outcome is Outcome.DATE_OPEN or answer.on is not None:
        return [Promise(sum((each.quantity for each in requested), ZERO), answer.on)]
    if answer.outcome is Outcome.DATE_CHANGED:
        return [Promise(each.quantity, None) for each in requested]
    return requested


def _changes_terms(line: OrderLine, answer: LineAcknowledgment) -> bool:
    """A price or an item that is not the order's, whatever the answer calls itself: who accepts at another price does
    not accept. A price that was changed but not said is one too."""
    if answer.substitutes or answer.outcome is Outcome.ITEM_SUBSTITUTED:
        return True
    if answer.price is None:
        return answer.outcome is Outcome.PRICE_CHANGED
    return answer.outcome is not Outcome.PRICE_OPEN and not same_price(answer.price, line.price, line.quantity.unit)


def same_price(offered: Price, ordered: Price | None, unit: str) -> bool:
    """12 for 1 is 120 for 10; in another unit or currency it is another price."""
    if ordered is None:
        return False
    same_terms = (offered.currency, offered.unit or unit) == (ordered.currency, ordered.unit or unit)
    return same_terms and offered.amount * ordered.per == ordered.amount * offered.per


def proposal(line: OrderLine, division: Division, decide_by: datetime) -> ProposedChange | None:
    """All that waits for the buyer as one question. Raises AnswerContradictory where it would be several."""
    if not division.proposed:
        return None
    answers = [answer for answer, _ in division.proposed]
    if len({(a.price, a.substitute_sku, a.substitute_supplier_item) for a in answers}) > 1:
        raise AnswerContradictory(line.line_number)
    first = answers[0]
    return ProposedChange(
        outcome=first.outcome,
        code=first.code,
        promises=tuple(_flat(promises for _, promises in division.proposed)),
        price=first.price,
        sku=first.substitute_sku,
        supplier_item=first.substitute_supplier_item,
        decide_by=decide_by,
    )


def _flat(groups: Iterable[list[Promise]]) -> Iterable[Promise]:
    return (each for group in groups for each in group)
