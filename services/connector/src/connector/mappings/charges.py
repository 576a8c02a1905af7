"""What a customer pays besides goods, as documents say it: carriage, gift cards, services."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import sales_order_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings import canonical

FREIGHT = sales_order_pb2.CHARGE_KIND_FREIGHT
GIFT_CARD = sales_order_pb2.CHARGE_KIND_GIFT_CARD
OTHER = sales_order_pb2.CHARGE_KIND_OTHER
_WORDS = {"freight": FREIGHT, "giftCard": GIFT_CARD, "other": OTHER}
_WORD_OF = {kind: word for word, kind in _WORDS.items()}


def charge(
    kind: sales_order_pb2.ChargeKind.ValueType, description: str, amount: Decimal, currency: str, path: str
) -> sales_order_pb2.Charge:
    """Raises DocumentFault for less than nothing: what is taken off is taken off a price."""
    money = values_pb2.Money(amount=canonical.amount_of(amount, path), currency=currency)
    return sales_order_pb2.Charge(kind=kind, description=description[:200], amount=money)


def read(order: JsonObject, currency: str) -> list[sales_order_pb2.Charge]:
    """Of a JSON order of ours; what costs nothing is none."""
    found = [
        charge(
            _WORDS[each.one_of("kind", tuple(_WORDS), "other")],
            each.optional_text("description"),
            each.decimal("amount"),
            currency,
            f"{each.path}.amount",
        )
        for each in order.objects("charges")
    ]
    return [each for each in found if Decimal(each.amount.amount)]


def told(charges: Iterable[sales_order_pb2.Charge]) -> dict[str, list[dict[str, str | None]]]:
    """Said only where there are any."""
    found = [_told(each) for each in charges]
    return {"charges": found} if found else {}


def _told(charge: sales_order_pb2.Charge) -> dict[str, str | None]:
    kind = _WORD_OF.get(charge.kind, "other")
    return {"kind": kind, "description": charge.description or None, "amount": charge.amount.amount}
