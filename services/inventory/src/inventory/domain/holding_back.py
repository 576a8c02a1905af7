"""What of sellable stock is promised to nobody, or not to some: safety stock, and what is kept from a channel besides.

The quantities come from the policy table; this only says what they mean together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from inventory.domain.quantity import ZERO


class Kept(NamedTuple):
    """A quantity in base units and the version of the rule that keeps it; 0 if there is none."""

    quantity: Decimal = ZERO
    rule: int = 0


NONE_KEPT = Kept()
NO_CHANNEL: Mapping[str, Kept] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class HeldBack:
    """`safety` is kept from everybody; a channel is kept from all that its entry says if that is more, and entries
    that say less are none: what nobody may have, no channel may have."""

    safety: Kept = NONE_KEPT
    channels: Mapping[str, Kept] = field(default_factory=lambda: NO_CHANNEL)

    def kept_from(self, channel: str) -> Kept:
        return self.channels.get(channel, self.safety)

    def besides_safety(self, channel: str) -> Decimal:
        return self.kept_from(channel).quantity - self.safety.quantity


NOTHING_HELD_BACK = HeldBack()


def held_back(safety: Kept, channels: Mapping[str, Kept]) -> HeldBack:
    more = {channel: kept for channel, kept in sorted(channels.items()) if kept.quantity > safety.quantity}
    return HeldBack(safety, more or NO_CHANNEL)


@dataclass(frozen=True, slots=True)
class Available:
    """`free` is what a channel may have of which nothing is kept besides the safety stock."""

    sku: str
    location_id: str
    business_unit: str
    free: Decimal
    unit: str
    version: int
    held_back: HeldBack

    def to(self, channel: str) -> Decimal:
        return self.free - self.held_back.besides_safety(channel)
