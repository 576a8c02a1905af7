"""Values that every message uses: quantities, prices, origins. Texts are plain decimals, never floats."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from crossdock.common.v1 import values_pb2
from crossdock_kit.dates_wire import instant
from crossdock_kit.errors import InvalidFields, Violation
from crossdock_kit.ownership import role_name
from google.protobuf.message import Message

from fulfillment.domain.quantities import Quantity, plain
from fulfillment.domain.refusals import FieldInvalid, QuantityInvalid
from fulfillment.domain.terms import Price
from fulfillment.ports import Origin


def number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise QuantityInvalid(text) from None


def text(value: Decimal) -> str:
    return format(plain(value), "f")


def quantity(message: values_pb2.Quantity) -> Quantity:
    return Quantity(number(message.value), message.unit)


def asked_for(message: values_pb2.Quantity, path: str) -> Quantity:
    """More than zero; raises QuantityInvalid, which names the field at `path`."""
    found = quantity(message)
    if found.value <= 0:
        raise not_positive(message, path)
    return found


def not_positive(message: values_pb2.Quantity, path: str) -> QuantityInvalid:
    return QuantityInvalid(message.value, (Violation(f"{path}.value", "must be more than zero", "quantity.positive"),))


def quantity_message(value: Quantity) -> values_pb2.Quantity:
    return values_pb2.Quantity(value=text(value.value), unit=value.unit)


def price(holder: Message, field: str, path: str) -> Price | None:
    """The price in a field of the message at `path`. Raises InvalidFields for less than nothing: a credit is none."""
    if not holder.HasField(field):
        return None
    found: values_pb2.UnitPrice = getattr(holder, field)
    per = int(found.per or 1)
    if per < 1:
        raise FieldInvalid(f"{field}.per", found.per)
    amount = number(found.money.amount)
    if amount < 0:
        broken = Violation(f"{path}.{field}.money.amount", "must not be negative", "unit_price.not_negative")
        raise InvalidFields((broken,))
    return Price(amount, found.money.currency, found.unit, per)


def price_message(value: Price | None) -> values_pb2.UnitPrice | None:
    if value is None:
        return None
    money = values_pb2.Money(amount=format(value.amount, "f"), currency=value.currency)
    return values_pb2.UnitPrice(money=money, unit=value.unit, per="" if value.per == 1 else str(value.per))


def origin(message: values_pb2.Origin) -> Origin:
    occurred_at = instant(message, "occurred_at")
    return Origin(message.system, role_name(message.role), message.document, message.revision, occurred_at)
