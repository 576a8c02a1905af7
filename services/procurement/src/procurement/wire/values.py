"""Values that every message uses: quantities, prices, windows, lots. Texts are plain decimals, never floats."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import procurement_service_pb2, purchase_order_pb2
from crossdock_kit.dates_wire import date_message, day
from crossdock_kit.errors import InvalidFields, Violation
from google.protobuf.message import Message

from procurement.domain.quantities import Quantity, plain
from procurement.domain.refusals import FieldInvalid, FieldMissing, QuantityInvalid
from procurement.domain.ship_notice import Lot
from procurement.domain.terms import Price, SalesLine, Window


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
        broken = Violation(f"{path}.value", "must be more than zero", "quantity.positive")
        raise QuantityInvalid(message.value, (broken,))
    return found


def quantity_message(value: Quantity) -> values_pb2.Quantity:
    return values_pb2.Quantity(value=text(value.value), unit=value.unit)


def quantity_or_none(value: Quantity | None) -> values_pb2.Quantity | None:
    return None if value is None else quantity_message(value)


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


def window(holder: Message, field: str) -> Window | None:
    if not holder.HasField(field):
        return None
    found: values_pb2.DeliveryWindow = getattr(holder, field)
    days = (day(found, "from_date"), day(found, "to_date"))
    return Window(*days, found.from_time, found.to_time, found.zone)


def window_message(value: Window | None) -> values_pb2.DeliveryWindow | None:
    if value is None:
        return None
    return values_pb2.DeliveryWindow(
        from_date=date_message(value.from_date),
        to_date=date_message(value.to_date),
        from_time=value.from_time,
        to_time=value.to_time,
        zone=value.zone,
    )


def lot(holder: Message, field: str) -> Lot | None:
    if not holder.HasField(field):
        return None
    found: values_pb2.Lot = getattr(holder, field)
    return Lot(found.number, day(found, "expires_on"), day(found, "made_on"))


def lot_message(value: Lot | None) -> values_pb2.Lot | None:
    if value is None:
        return None
    days = {"expires_on": date_message(value.expires_on), "made_on": date_message(value.made_on)}
    return values_pb2.Lot(number=value.number, **days)


def sales_line(line: procurement_service_pb2.OrderedLine, path: str) -> SalesLine | None:
    """Raises FieldMissing where it names no order, or the line goes to no customer."""
    if not line.HasField("sales_line"):
        return None
    named = line.sales_line
    if not (named.order_id or named.number):
        raise FieldMissing(f"{path}.sales_line.number")
    if not line.drop_ship_party_id:
        raise FieldMissing(f"{path}.drop_ship_party_id")
    return SalesLine(named.line_number, named.order_id, named.number)


def sales_line_message(value: SalesLine | None) -> purchase_order_pb2.SalesLineRef | None:
    if value is None:
        return None
    return purchase_order_pb2.SalesLineRef(order_id=value.order_id, number=value.number, line_number=value.line_number)
