"""Which invoices goods that came back were on, and what their credit notes come to at most.

Each credit note is for one invoice and never for more of a line than was invoiced and is not credited yet. Where prices
do not tell what a part of an invoice came to, only the ERP does. It must not know when a credit note is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from fulfillment.domain.currencies import paid
from fulfillment.domain.posting import Kind, Money, Posting, PostingLine, posting_id
from fulfillment.domain.posting_lifecycle import State
from fulfillment.domain.quantities import ZERO, Quantity


def invoice_id(shipped: Posting) -> str:
    """Of the invoice of what was shipped, whether it is there already or not."""
    return posting_id(shipped.order_id, Kind.INVOICE, shipped.posting_id.rpartition(".")[2])


def by_invoice(
    back: Mapping[str, Decimal], shipped: Sequence[Posting], credited: Iterable[Posting]
) -> tuple[dict[str, list[PostingLine]], Decimal]:
    """What came back, by line number, as lines of the invoices that it was on; and how much was on none."""
    taken: dict[tuple[str, str], Decimal] = {}
    for note in credited:
        if note.state is not State.REFUSED:
            for line in note.lines:
                place = note.follows[0], line.line_number
                taken[place] = taken.get(place, ZERO) + line.quantity.value
    found: dict[str, list[PostingLine]] = {}
    left = dict(back)
    for each in shipped:
        for line in each.due_lines:
            wanted = left.get(line.line_number, ZERO)
            there = line.quantity.value - taken.get((invoice_id(each), line.line_number), ZERO)
            if (part := min(wanted, there)) > ZERO:
                left[line.line_number] = wanted - part
                quantity = Quantity(part, line.quantity.unit)
                found.setdefault(invoice_id(each), []).append(replace(line, quantity=quantity))
    return found, sum(left.values(), ZERO)


def turned_back(shipped: Iterable[Posting], undelivered: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What came back undelivered, by line number, is taken off what is still to be invoiced of these. How much is."""
    found: dict[str, Decimal] = {}
    for each in shipped:
        left = {number: quantity - found.get(number, ZERO) for number, quantity in undelivered.items()}
        for number, quantity in each.turn_back(left).items():
            found[number] = found.get(number, ZERO) + quantity
    return found


def room(invoice: Posting) -> Decimal:
    """What can still be credited of an invoice, tax included."""
    return invoice.totals.gross.amount - invoice.credited if invoice.totals else ZERO


def share(invoice: Posting, lines: Sequence[PostingLine], before: Iterable[PostingLine] = ()) -> Money | None:
    """What these lines of a posted invoice come to, tax included, as it can be paid and never more than there is room
    for; None where its prices do not tell. With `before`, what came back of it earlier, all its shares together come to
    what is invoiced of the goods, to the cent. What was paid besides goods does not come back with them."""
    alone = len(invoice.lines) == 1 and not invoice.charges
    worth, earlier, parts = ([_worth(each, alone=alone) for each in some] for some in (invoice.lines, before, lines))
    whole = _sum(worth) + _sum(each.amount for each in invoice.charges)
    if invoice.totals is None or None in (*worth, *earlier, *parts) or not whole:
        return None
    gross = invoice.totals.gross
    first, last = (paid(gross.amount * _sum(some) / whole, gross.currency) for some in (earlier, earlier + parts))
    return Money(min(last - first, room(invoice)), gross.currency)


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((each for each in amounts if each), ZERO)


def _worth(line: PostingLine, *, alone: bool) -> Decimal | None:
    """Compared with the other lines of its invoice; a price for another unit than the base unit tells nothing here."""
    if alone:
        return line.quantity.value
    if line.price is None or line.price.unit != line.quantity.unit:
        return None
    return line.quantity.value * line.price.amount / line.price.per
