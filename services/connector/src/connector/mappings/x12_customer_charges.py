"""What a customer's 850 takes off and puts on (SAC), and what it says that all of it comes to (AMT TT).

An allowance is taken off the price of its line, one on the whole order off all its lines by what they come to: a price
is for as many as are ordered then, so that nothing is rounded. A charge is one of the order's. What cannot be honoured
is refused with its place: a price that its customer does not expect is a quarrel over an invoice. Codes are those of
the public lists of elements 248, 331 and 1300 (stedi.com/edi/x12-003070/segment/SAC says which element counts most).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import sales_order_pb2
from crossdock_edi.x12.parts import Charge
from crossdock_edi.x12.purchase_order import OrderLine, PurchaseOrder

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical, charges
from connector.mappings import x12_order_parts as parts
from connector.mappings.model import Reading

ALLOWANCE, CHARGE, NEITHER = "A", "C", "N"
HANDLED = {ALLOWANCE: frozenset({"", "02"}), CHARGE: frozenset({"", "02", "06"})}
"""SAC12 of what is settled by the invoice: off it, or paid by the customer with it. A bill-back, say, is not."""
KINDS = {"D240": "FREIGHT", "G830": "FREIGHT", "H850": "IGNORE"}
"""By SAC02 what a charge is, OTHER where nothing is said. Taxes are what the ERP says they are. A profile's mapping
("charges") may say it otherwise, and of an allowance that it is to be ignored."""
IGNORED = "IGNORE"
_CHARGE_KINDS = {"FREIGHT": charges.FREIGHT, "GIFT_CARD": charges.GIFT_CARD, "OTHER": charges.OTHER}
TOTAL = "TT"
MOST = Decimal(10) ** 15
CENT, SMALLEST, NOTHING = Decimal("0.01"), Decimal("0.000001"), Decimal()


@dataclass(slots=True)
class Bill:
    """What an order comes to, in the order of its lines. `values` are what lines come to before anything is taken off
    them, None where that cannot be said."""

    prices: list[values_pb2.UnitPrice | None]
    values: list[Decimal | None]
    off: list[Decimal]
    charges: list[sales_order_pb2.Charge] = field(default_factory=list)


def billed(document: PurchaseOrder, currency: str, reading: Reading) -> Bill:
    """Raises DocumentFault for what is taken off or put on and cannot be honoured, and for another total."""
    lines = document.lines
    prices = [parts.read_price(each, currency) for each in lines]
    values = [_value(line, price) for line, price in zip(lines, prices, strict=True)]
    bill = Bill(prices, values, [NOTHING] * len(lines))
    for at, line in enumerate(lines):
        path = f"SAC of line {line.line or at + 1}"
        for said in _counting(line.charges, path, reading):
            if said.indicator == CHARGE:
                bill.charges.append(_charge(said, _amount(said, path, line), currency, path, reading))
            else:
                _take_off(bill, at, _amount(said, path, line), path)
    for said in _counting(document.charges, "SAC", reading):
        if said.indicator == CHARGE:
            bill.charges.append(_charge(said, _amount(said, "SAC"), currency, "SAC", reading))
        else:
            _take_off_all(bill, _amount(said, "SAC"))
    bill.charges = [each for each in bill.charges if Decimal(each.amount.amount)]
    _check_total(document, bill)
    bill.prices = [_reduced(line, bill, at, currency) for at, line in enumerate(lines)]
    return bill


def refuse_any(said: Sequence[Charge], path: str, reading: Reading) -> None:
    """Where nothing can be taken off or put on any more. Raises DocumentFault."""
    if _counting(said, path, reading):
        raise DocumentFault(path, "a change takes nothing off and puts nothing on: that stays as it was ordered")


def _counting(said: Sequence[Charge], path: str, reading: Reading) -> list[Charge]:
    kinds = reading.partner.table("charges", KINDS)
    found = [each for each in said if each.indicator != NEITHER and kinds.get(each.code) != IGNORED]
    for each in found:
        if each.indicator not in HANDLED:
            raise DocumentFault(f"SAC01 of {path}", f"{each.indicator[:2]} asks for what is no allowance and no charge")
        if each.handling not in HANDLED[each.indicator]:
            raise DocumentFault(f"SAC12 of {path}", f"{each.handling[:4]} is not settled by the invoice")
    return found


def _amount(said: Charge, path: str, line: OrderLine | None = None) -> Decimal:
    """SAC05 counts more than a rate. A percentage says of what it is one by a code that has many readings."""
    if said.amount is not None:
        amount = said.amount
    elif said.rate is not None and line is not None and said.unit in {"", line.unit}:
        amount = said.rate * ((said.quantity if said.unit else None) or line.quantity or NOTHING)
    else:
        raise DocumentFault(f"SAC05 of {path}", "no amount is said, and no rate of the line's unit")
    if not amount.is_finite() or amount < NOTHING:
        raise DocumentFault(f"SAC05 of {path}", "is less than nothing")
    return amount


def _charge(said: Charge, amount: Decimal, currency: str, path: str, reading: Reading) -> sales_order_pb2.Charge:
    word = reading.partner.table("charges", KINDS).get(said.code, "OTHER")
    kind = _CHARGE_KINDS.get(word)
    if kind is None:
        raise DocumentFault(path, f"the profile calls {said.code} {word}, which is no kind of charge")
    return charges.charge(kind, said.description or said.code, amount, currency, f"SAC05 of {path}")


def _value(line: OrderLine, price: values_pb2.UnitPrice | None) -> Decimal | None:
    if price is None or line.quantity is None or price.unit not in {"", line.unit}:
        return None
    if price.per and not (price.per.isascii() and price.per.isdigit() and int(price.per)):
        return None  # The contract refuses what a price for so many is.
    path = f"PO102 of line {line.line or '?'}"
    value = Decimal(price.money.amount) * Decimal(canonical.plain(line.quantity, path=path)) / Decimal(price.per or 1)
    if abs(value) >= MOST:
        raise DocumentFault(path, "the line comes to more than anybody invoices")
    return value


def _take_off(bill: Bill, at: int, amount: Decimal, path: str) -> None:
    if not amount:
        return
    value = bill.values[at]
    if value is None:
        raise DocumentFault(path, "the line has no price in its unit that anything could be taken off")
    bill.off[at] += amount
    if bill.off[at] > value:
        raise DocumentFault(f"SAC05 of {path}", f"{bill.off[at]} is taken off {value}")


def _take_off_all(bill: Bill, amount: Decimal) -> None:
    """By what the lines come to, to the cent; what is left of cents comes off the greatest."""
    if not amount:
        return
    known = [each for each in bill.values if each is not None]
    if len(known) < len(bill.values):
        raise DocumentFault("SAC", "a line has no price in its unit that its share could be taken off")
    left = [value - off for value, off in zip(known, bill.off, strict=True)]
    whole = sum(left, NOTHING)
    if amount > whole:
        raise DocumentFault("SAC05", f"{amount} is taken off {whole}")
    shares = [(amount * each / whole).quantize(CENT, ROUND_DOWN) for each in left]
    greatest = left.index(max(left))
    shares[greatest] += amount - sum(shares, NOTHING)
    for at, share in enumerate(shares):
        _take_off(bill, at, share, "SAC")


def _reduced(line: OrderLine, bill: Bill, at: int, currency: str) -> values_pb2.UnitPrice | None:
    price, value, quantity = bill.prices[at], bill.values[at], line.quantity
    if not bill.off[at] or price is None or value is None or quantity is None:
        return price
    path, left = f"SAC of line {line.line or at + 1}", value - bill.off[at]
    pieces, parts_of_one = quantity.as_integer_ratio()
    amount, per = (left / quantity, "") if _divides(left, quantity) else (left * parts_of_one, str(pieces))
    return canonical.price(amount, price.money.currency or currency, unit=price.unit, per=per, path=path)


def _divides(whole: Decimal, number: Decimal) -> bool:
    """Whether the price of one can be said exactly, in six decimals."""
    return (whole / number).quantize(SMALLEST) * number == whole


def _check_total(document: PurchaseOrder, bill: Bill) -> None:
    """AMT TT is the customer's sum, with or without what is taken off and put on, up to a cent of each line."""
    said = [each.amount for each in (document.totals.amounts if document.totals else ()) if each.qualifier == TOTAL]
    known = [each for each in bill.values if each is not None]
    if not said or said[0] is None or len(known) < len(bill.values):
        return
    goods, off = sum(known, NOTHING), sum(bill.off, NOTHING)
    extra = sum((Decimal(each.amount.amount) for each in bill.charges), NOTHING)
    readings = (goods, goods - off, goods + extra, goods - off + extra)
    if all(abs(each - said[0]) > CENT * len(known) for each in readings):
        raise DocumentFault("AMT02", f"the total is said to be {said[0]}, and the order comes to {goods - off + extra}")
