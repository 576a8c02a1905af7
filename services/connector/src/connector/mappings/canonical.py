"""Canonical value types written and read: exact numbers in plain notation, days, windows, prices, terms.

Nothing here belongs to one document or one format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import purchase_order_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from connector.codecs.json_document import DocumentFault, JsonObject

_INCOTERM = re.compile(r"([A-Z]{3})(?: (\S.*))?")
_LIMIT = Decimal(10) ** 15
LONGEST_SERIAL, MOST_SERIALS = 50, 2000
"""Of the pieces that a line may name, as the contracts take them."""


def plain(number: Decimal, *, path: str = "") -> str:
    """Plain notation without needless zeros: "12", "3.5". Refuses what the contract cannot carry exactly."""
    if not number.is_finite():
        raise DocumentFault(path, f"{number} is no quantity")
    exponent = number.normalize().as_tuple().exponent
    if abs(number) >= _LIMIT or (isinstance(exponent, int) and exponent < -6):
        raise DocumentFault(path, f"{number} has more than 15 digits or 6 decimals")
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"", "-0", "-"} else text


def quantity(number: Decimal, unit: str, *, path: str = "") -> values_pb2.Quantity:
    return values_pb2.Quantity(value=plain(number, path=path), unit=unit)


def exact(quantity: values_pb2.Quantity) -> Decimal:
    """The number of a quantity; none is 0."""
    return Decimal(quantity.value or 0)


def amount_of(number: Decimal, path: str) -> str:
    """What one pays. Raises DocumentFault for less than nothing: a credit is no price."""
    text = plain(number, path=path)
    if text.startswith("-"):
        raise DocumentFault(path, f"{text} is no price")
    return text


def price(amount: Decimal, currency: str, *, unit: str = "", per: str = "", path: str = "") -> values_pb2.UnitPrice:
    money = values_pb2.Money(amount=amount_of(amount, path), currency=currency)
    return values_pb2.UnitPrice(money=money, unit=unit, per="" if per == "1" else per)


def to_day(day: date | None) -> Date | None:
    return Date(year=day.year, month=day.month, day=day.day) if day is not None else None


def from_day(day: Date) -> date | None:
    return date(day.year, day.month, day.day) if day.year else None


def iso_day(day: Date) -> str | None:
    found = from_day(day)
    return found.isoformat() if found else None


def stamp(instant: datetime | None) -> Timestamp | None:
    if instant is None:
        return None
    found = Timestamp()
    found.FromDatetime(instant)
    return found


def from_stamp(instant: Timestamp) -> datetime:
    return instant.ToDatetime(tzinfo=UTC)


def iso_instant(instant: Timestamp) -> str:
    return from_stamp(instant).isoformat().replace("+00:00", "Z")


def clock_time(text: str) -> time | None:
    """ "08:30" of a window as a time."""
    return time(int(text[:2]), int(text[3:5])) if text else None


def window(
    first: date | None, last: date | None, *, from_time: time | None, to_time: time | None, zone: str
) -> values_pb2.DeliveryWindow | None:
    if first is None and last is None:
        return None
    return values_pb2.DeliveryWindow(
        from_date=to_day(first),
        to_date=to_day(last),
        from_time=from_time.strftime("%H:%M") if from_time else "",
        to_time=to_time.strftime("%H:%M") if to_time else "",
        zone=zone,
    )


def lot(number: str, expires: date | None, made: date | None) -> values_pb2.Lot | None:
    return values_pb2.Lot(number=number, expires_on=to_day(expires), made_on=to_day(made)) if number else None


def serials(line: JsonObject) -> list[str]:
    """The pieces that a line names."""
    return line.texts("serials", longest=LONGEST_SERIAL, most=MOST_SERIALS)


def bounded_serials(found: list[str], path: str) -> list[str]:
    """Raises DocumentFault for more, or longer ones, than a line may name."""
    if len(found) > MOST_SERIALS:
        raise DocumentFault(path, f"names more than {MOST_SERIALS} serials")
    if any(len(each) > LONGEST_SERIAL for each in found):
        raise DocumentFault(path, f"names a serial of more than {LONGEST_SERIAL} characters")
    return found


def named_pieces(serials: Iterable[str]) -> dict[str, list[str]]:
    """As a document says them; where none is named it says nothing of them."""
    named = list(serials)
    return {"serials": named} if named else {}


def incoterms(terms: str) -> tuple[str, str]:
    """Rule and named place; text that begins with no three-letter rule is all place."""
    found = _INCOTERM.fullmatch(terms)
    return (found[1], found[2] or "") if found else ("", terms)


def joined_incoterms(rule: str, place: str) -> str:
    return f"{rule} {place}".strip()


def lower_name(name: str, prefix: str) -> str:
    """An enum's name as partners read it: LINE_STATE_AWAITING_DECISION → awaiting_decision."""
    return name.removeprefix(prefix).lower()


def schedules(line: purchase_order_pb2.PurchaseOrderLine) -> list[purchase_order_pb2.ScheduleLine]:
    """What the buyer asked for by date; the whole line without a date where no schedule says otherwise."""
    return list(line.requested) or [purchase_order_pb2.ScheduleLine(quantity=line.ordered)]


def valid_sscc(code: str) -> bool:
    """18 digits with a right check digit (GS1: weights 3, 1 from the right)."""
    if len(code) != 18 or not (code.isascii() and code.isdigit()):
        return False
    total = sum(int(digit) * (3 if position % 2 == 0 else 1) for position, digit in enumerate(reversed(code[:-1])))
    return (10 - total % 10) % 10 == int(code[-1])


def sscc(code: str, path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The number where it has 18 digits, and a finding where its check digit or its form is wrong."""
    if not code or valid_sscc(code):
        return code, ()
    digits = len(code) == 18 and code.isascii() and code.isdigit()
    wrong = "has a wrong check digit" if digits else "is no number of 18 digits"
    return code if digits else "", (("check-digit", f"{path}: SSCC {code[:40]} {wrong}"),)
