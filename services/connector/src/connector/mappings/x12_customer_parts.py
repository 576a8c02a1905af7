"""What 855, 856 and 810 to a customer share: how items, amounts and addresses are named to whom we sell to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1 import sales_order_pb2
from crossdock_edi.x12.parts import ItemId, Party

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings.model import Codes, Writing

SHIP_TO, CHARGE = "ST", "C"
_CHARGES = {"FREIGHT": "D240", "GIFT_CARD": "ZZZZ", "OTHER": "ZZZZ"}
PRICE_BASIS = {"": "PE", "10": "PN", "100": "HP", "1000": "TP"}
"""How many units a price is for; what has no code stands as a note of the line, or is not said."""


def item_ids(sku: str, codes: Codes) -> tuple[ItemId, ...]:
    """Our number, and the buyer's where it has one."""
    buyers = codes.item_code(sku, "BP")
    return (ItemId("VP", sku), *([ItemId("BP", buyers)] if buyers != sku else []))


def in_unit(value: Decimal, base_unit: str, wished: str, sku: str, codes: Codes) -> tuple[Decimal, str]:
    """A quantity in the unit in which it was ordered; in the base unit where it cannot be said exactly."""
    if not wished or wished == base_unit:
        return value, base_unit
    factor = in_base(wished, base_unit, sku, codes)
    found = value / factor if factor else Decimal()
    return (found, wished) if factor and found * factor == value and _short_enough(found) else (value, base_unit)


def in_base(unit: str, base_unit: str, sku: str, codes: Codes) -> Decimal | None:
    """How many base units are in one; None where the catalog does not say."""
    return Decimal(1) if unit == base_unit else codes.packing(sku).levels.get(unit)


def _short_enough(number: Decimal) -> bool:
    try:
        canonical.plain(number)
    except DocumentFault:
        return False
    return True


def ship_to(code: str) -> tuple[Party, ...]:
    """The address by the customer's own code of it, as its order said it: "92:0042"."""
    qualifier, _, number = code.partition(":")
    return (Party(role=SHIP_TO, id_qualifier=qualifier, id=number),) if number else ()


def unit_price(price: values_pb2.UnitPrice) -> tuple[Decimal | None, str]:
    """A price and its basis. One for a number of units that has no code is said for one, if it divides, and else not at
    all: rather no price than another one."""
    amount = Decimal(price.money.amount) if price.money.amount else None
    if amount is None or price.per in PRICE_BASIS:
        return amount, PRICE_BASIS[price.per] if amount is not None else ""
    count = Decimal(price.per)
    of_one = amount / count if count else Decimal()
    exact = bool(count) and of_one * count == amount and _short_enough(of_one)
    return (of_one, PRICE_BASIS[""]) if exact else (None, "")


def charge(said: sales_order_pb2.Charge, writing: Writing) -> dict[str, Any]:
    """SAC of what is paid besides the goods."""
    kind = sales_order_pb2.ChargeKind.Name(said.kind).removeprefix("CHARGE_KIND_")
    return {
        "indicator": CHARGE,
        "code": writing.partner.table("charges", _CHARGES)[kind],
        "amount": Decimal(said.amount.amount),
        "description": said.description,
    }


def total(quantities: list[Decimal]) -> Decimal | None:
    """The hash total of CTT02, left out where it does not fit into its ten digits."""
    found = sum(quantities, Decimal())
    return found if len(found.as_tuple().digits) <= 10 else None
