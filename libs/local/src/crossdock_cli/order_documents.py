"""Sales orders as people write them down, as what fulfillment is asked. Knows its contract and nothing of a stack."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import sales_order_pb2 as order_pb2
from crossdock_kit.errors import InvalidFields
from crossdock_kit.validation import validate
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAYS = frozenset({"ordered_on", "orderedOn", "requested_on", "requestedOn"})


class NoOrder(ValueError):
    """The content is no order; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class OrderDocument:
    """An order as its writer says it, whatever its size."""

    terms: pb.OrderTerms
    lines: tuple[pb.OrderedLine, ...]


def order_of(content: Any) -> OrderDocument:
    """`content` has the fields of PlaceOrderRequest: `order` and `lines`; days may be written 2026-03-02, and lines
    without a number are numbered. Raises NoOrder.
    """
    if not isinstance(content, Mapping) or not content.keys() <= {"order", "lines"} or "order" not in content:
        raise NoOrder("an order is a mapping of `order` and `lines`")
    rows = content.get("lines") or []
    if not isinstance(rows, list) or not all(isinstance(each, Mapping) for each in rows):
        raise NoOrder("lines is a list of lines")
    terms = _parsed(_with_days(content["order"]), pb.OrderTerms(), "order")
    lines = (_parsed(dict(row), pb.OrderedLine(), f"lines[{index}]") for index, row in enumerate(rows))
    return document(terms, tuple(lines))


def document(terms: pb.OrderTerms, lines: Sequence[pb.OrderedLine]) -> OrderDocument:
    """Raises NoOrder, naming the field that breaks a rule of the contract."""
    for number, line in enumerate(lines, start=1):
        line.line_number = line.line_number or str(number)
    _check(terms, "order")
    for index, line in enumerate(lines):
        _check(line, f"lines[{index}]")
    return OrderDocument(terms, tuple(lines))


def pair_of(text: str) -> tuple[str, str]:
    """A line or an item and a quantity, as `1=5`. Raises NoOrder."""
    name, mark, amount = text.rpartition("=")
    if not (name and mark and amount):
        raise NoOrder(f"{text!r} is not a name and a quantity, as 1=5")
    return name, amount


def changes(
    of: Sequence[order_pb2.OrderLine], lines: Sequence[tuple[str, str]], items: Sequence[tuple[str, str]], unit: str
) -> list[pb.LineChange]:
    """What is wanted of lines that there are, in their units, and of items on new lines, which are numbered behind
    them. Raises NoOrder for a line that the order does not have."""
    units = {each.line_number: each.ordered.unit for each in of}
    if unknown := next((number for number, _ in lines if number not in units), ""):
        raise NoOrder(f"the order has no line {unknown}: a new one is added by its item")
    last = max((int(number) for number in units if number.isdecimal()), default=0)
    found = [
        pb.LineChange(line_number=number, ordered=values_pb2.Quantity(value=amount, unit=units[number]))
        for number, amount in lines
    ]
    for number, (sku, amount) in enumerate(items, start=last + 1):
        wanted = values_pb2.Quantity(value=amount, unit=unit)
        found.append(pb.LineChange(line_number=str(number), sku=sku, ordered=wanted))
    for index, each in enumerate(found):
        _check(each, f"lines[{index}]")
    return found


def day_of(text: str) -> dict[str, int]:
    """Raises NoOrder."""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise NoOrder(f"{text!r} is no day of the calendar: {error}") from error
    return {"year": found.year, "month": found.month, "day": found.day}


def _with_days(terms: Any) -> Any:
    if not isinstance(terms, Mapping):
        raise NoOrder("order is a mapping of what is said of it as a whole")
    # YAML reads a day as one; JSON has no such type.
    return {name: day_of(str(said)) if name in _DAYS and _is_day(said) else said for name, said in terms.items()}


def _is_day(said: Any) -> bool:
    return isinstance(said, date) or (isinstance(said, str) and _DAY.fullmatch(said) is not None)


def _parsed(row: Any, message: Any, place: str) -> Any:
    try:
        return ParseDict(row, message)
    except ParseError as error:
        raise NoOrder(f"{place}: {error}") from error


def _check(message: Message, place: str) -> None:
    try:
        validate(message)
    except InvalidFields as invalid:
        found = "; ".join(f"{place}.{each.field} {each.description}" for each in invalid.violations)
        raise NoOrder(found) from invalid
