"""Reserving: baskets are read against master data and decided by the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from inventory.domain.item import Item, Location, UnitNotConvertible
from inventory.domain.quantity import LARGEST, ZERO, Measure, QuantityInvalid, plain
from inventory.domain.reserving import DEFAULT_HOLD, Basket, LineRefusal, SplitRule
from inventory.ports import Ask, Desk, Items, Priorities

ITEM_UNKNOWN = "ITEM_UNKNOWN"
UNIT_NOT_CONVERTIBLE = "UNIT_NOT_CONVERTIBLE"
LOCATION_UNKNOWN = "LOCATION_UNKNOWN"


# Not frozen, like the basket that it becomes: freezing so many fields would double what it costs to make one.
@dataclass(slots=True)
class WantedBasket:
    """As the caller said it, each line in its own unit."""

    request_id: UUID
    business_unit: str
    channel: str
    priority: int
    requested_on: date | None
    locations: tuple[str, ...]
    split: SplitRule
    lines: tuple[tuple[str, Measure], ...]
    hold: timedelta | None
    reference: str
    fingerprint: bytes
    as_urgent_as_channel: bool = False


@dataclass(frozen=True, slots=True)
class ReserveStock:
    tenant: str
    baskets: tuple[WantedBasket, ...]


async def reserve_stock(command: ReserveStock, desk: Desk, items: Items, priorities: Priorities) -> list[bytes]:
    """The recorded answer for each basket, in order."""
    for basket in command.baskets:
        if basket.as_urgent_as_channel:
            where = command.tenant, basket.business_unit, basket.channel
            basket.priority = await priorities.of(*where, otherwise=basket.priority)
    skus = dict.fromkeys(sku for basket in command.baskets for sku, _ in basket.lines)
    places = dict.fromkeys(place for basket in command.baskets for place in basket.locations)
    known = await items.known(command.tenant, skus)
    locations = await items.known_locations(command.tenant, places) if places else {}
    return await desk.reserve([_ask(command.tenant, basket, known, locations) for basket in command.baskets])


def _ask(tenant: str, wanted: WantedBasket, items: Mapping[str, Item], locations: Mapping[str, Location]) -> Ask:
    lines, refused = summed(wanted.lines, items)
    unknown = [place for place in wanted.locations if place not in locations]
    if unknown:
        refused = [*refused, *(LineRefusal(sku, LOCATION_UNKNOWN, quantity) for sku, quantity in lines.items())]
    basket = Basket(
        request_id=wanted.request_id,
        tenant=tenant,
        business_unit=wanted.business_unit,
        lines=lines,
        units={sku: items[sku].base_unit for sku in lines},
        channel=wanted.channel,
        priority=wanted.priority,
        locations=wanted.locations,
        split=wanted.split,
        hold=wanted.hold or DEFAULT_HOLD,
        reference=wanted.reference,
        requested_on=wanted.requested_on,
    )
    return Ask(basket, wanted.fingerprint, tuple(refused))


def summed(
    lines: Sequence[tuple[str, Measure]], items: Mapping[str, Item]
) -> tuple[dict[str, Decimal], list[LineRefusal]]:
    """One quantity in base units for each item, however many lines name it; and the lines that cannot be read."""
    sums: dict[str, Decimal] = {}
    refused: list[LineRefusal] = []
    for sku, measure in lines:
        item = items.get(sku)
        if item is None:
            refused.append(LineRefusal(sku, ITEM_UNKNOWN, measure.value, ZERO, measure.unit))
            continue
        try:
            sums[sku] = sums.get(sku, ZERO) + item.in_base_units(measure)
        except UnitNotConvertible:
            refused.append(LineRefusal(sku, UNIT_NOT_CONVERTIBLE, measure.value, ZERO, measure.unit))
            continue
        if sums[sku] >= LARGEST:
            raise QuantityInvalid(plain(sums[sku]), "at most 15 digits")
    return sums, refused
