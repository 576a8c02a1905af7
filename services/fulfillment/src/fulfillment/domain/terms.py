"""What a channel says of an order and its lines, and the hash by which a repeat is told from another order.

The hash of the lines is a sum, so that it does not depend on their order and grows with each part that is appended.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from fulfillment.domain.lifecycle import CROSSDOCK
from fulfillment.domain.quantities import Quantity, plain

_MODULUS = 1 << 256


class ShortageRule(Enum):
    BACKORDER = "backorder"
    CANCEL = "cancel"
    SHIP_COMPLETE = "ship_complete"


class Trading(Enum):
    """Whether a customer is sold to."""

    OPEN = "open"
    ON_HOLD = "on_hold"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Price:
    """So much money for `per` units of `unit`; an empty unit is the line's."""

    amount: Decimal
    currency: str
    unit: str = ""
    per: int = 1


class ChargeKind(Enum):
    FREIGHT = "freight"
    GIFT_CARD = "gift_card"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Charge:
    """What a customer pays besides goods, without tax."""

    kind: ChargeKind
    amount: Decimal
    currency: str
    description: str = ""

    @property
    def words(self) -> tuple[object, ...]:
        return self.kind.value, plain(self.amount), self.currency, self.description


@dataclass(frozen=True, slots=True)
class Allocator:
    """Who decides which stock serves an order, by role; `location_id` names the place whose warehouse it is."""

    role: str = CROSSDOCK
    location_id: str = ""

    @property
    def is_ours(self) -> bool:
        return self.role == CROSSDOCK


OURS = Allocator()


@dataclass(frozen=True, slots=True)
class LineTerms:
    line_number: str
    sku: str
    ordered: Quantity
    description: str = ""
    price: Price | None = None
    supplier_id: str = ""

    @property
    def fingerprint(self) -> int:
        price = self.price
        money = () if price is None else (plain(price.amount), price.currency, price.unit, price.per)
        said = (*money, self.supplier_id) if self.supplier_id else money
        return _hash(self.line_number, self.sku, self.ordered.value, self.ordered.unit, self.description, *said)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTerms:
    """`consignee` is the hash of who receives it: the facts themselves are personal data. `checkout` names what the
    channel's checkout holds of it, which is no part of what is ordered."""

    business_unit: str
    channel: str
    number: str
    customer_id: str
    currency: str
    ordered_on: date
    requested_on: date | None = None
    same_day: bool = False
    channel_confirmed: bool = False
    shortage: ShortageRule = ShortageRule.BACKORDER
    locations: tuple[str, ...] = ()
    customer_order_number: str = ""
    ship_to_code: str = ""
    ship_to_country: str = ""
    consignee: str = ""
    checkout: str = ""
    charges: tuple[Charge, ...] = ()

    @property
    def charged(self) -> Decimal:
        """What its charges come to."""
        return sum((each.amount for each in self.charges), Decimal())

    @property
    def gives_up_what_is_short(self) -> bool:
        """What the channel has told its customer stands: that is never cancelled for want of stock."""
        return self.shortage is ShortageRule.CANCEL and not self.channel_confirmed

    @property
    def fingerprint(self) -> int:
        days = (self.ordered_on, self.requested_on or "")
        flags = (self.same_day, self.channel_confirmed, self.shortage.value)
        said = (self.business_unit, self.customer_id, self.currency, self.customer_order_number, self.consignee)
        address = (self.ship_to_code,) if self.ship_to_code else ()
        charges = [word for each in self.charges for word in each.words]
        return _hash(*said, *days, *flags, *self.locations, *address, *charges)


def content_of(head: int, *lines: int) -> str:
    return f"{(head + sum(lines)) % _MODULUS:064x}"


def grown(content: str, *lines: int) -> str:
    """The hash of an order with these lines besides."""
    return content_of(int(content, 16), *lines)


def _hash(*parts: object) -> int:
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest())
