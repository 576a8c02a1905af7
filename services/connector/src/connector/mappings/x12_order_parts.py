"""What 850 and 860 share: how lines, prices, windows, terms and places of an order are spelled in X12 and read back.

What X12 has no element for (a price's own unit, a window's time zone) travels as REF ZZ with its name in REF03, so that
the translation loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import purchase_order_pb2
from crossdock_edi.x12.parts import (
    DateReference,
    Description,
    Destination,
    FobTerms,
    ItemId,
    Party,
    Reference,
    Schedule,
    date_of,
    party_of,
)

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings.model import Codes, Reading, Writing

OWN_ITEM = ("BP", "SK", "PI", "IN")
SUPPLIER_ITEM = ("VP", "VN", "VC", "MG", "VA")
GTIN = ("UK", "EN", "EO", "UP", "UA", "UI")
_RANKS = (OWN_ITEM, SUPPLIER_ITEM, GTIN)
NOT_BEFORE, NOT_AFTER, REQUESTED = "064", "063", "002"
PRICE_UNIT, PRICE_PER, PRICE_CURRENCY, WINDOW_ZONE = "PRICE UNIT", "PRICE PER", "PRICE CURRENCY", "WINDOW ZONE"
DELIVERED_TO = "DA"
"""N101 of a line that a supplier ships straight: the customer, by its number."""
_PID_LENGTH = 80


# --- writing


def item_ids(line: purchase_order_pb2.PurchaseOrderLine, writing: Writing) -> tuple[ItemId, ...]:
    own = writing.codes.item_code(line.sku, "VP")
    supplier = line.supplier_item or (own if own != line.sku else "")
    return (ItemId("BP", line.sku), *([ItemId("VP", supplier)] if supplier else []))


def price_of(price: values_pb2.UnitPrice) -> Decimal | None:
    return Decimal(price.money.amount) if price.money.amount else None


def line_currency(price: values_pb2.UnitPrice, of_order: str) -> str:
    return price.money.currency if price.money.amount and price.money.currency != of_order else ""


def notes(line: purchase_order_pb2.PurchaseOrderLine, of_order: str) -> tuple[Reference, ...]:
    """`of_order`: the currency of the order, which a line's price may differ from."""
    facts = (
        (PRICE_CURRENCY, line_currency(line.price, of_order)),
        (PRICE_UNIT, line.price.unit),
        (PRICE_PER, line.price.per),
        (WINDOW_ZONE, line.requested_window.zone),
    )
    return tuple(Reference(qualifier="ZZ", value=value, description=name) for name, value in facts if value)


def window_dates(window: values_pb2.DeliveryWindow) -> tuple[DateReference, ...]:
    ends = ((NOT_BEFORE, window.from_date, window.from_time), (NOT_AFTER, window.to_date, window.to_time))
    return tuple(
        DateReference(qualifier=qualifier, on=day, at=canonical.clock_time(at))
        for qualifier, day, at in ((qualifier, canonical.from_day(each), at) for qualifier, each, at in ends)
        if day is not None
    )


def schedules(line: purchase_order_pb2.PurchaseOrderLine, codes: Codes) -> tuple[Schedule, ...]:
    return tuple(
        Schedule(
            quantity=Decimal(each.quantity.value),
            unit=codes.unit_code(each.quantity.unit),
            date_qualifier=REQUESTED if each.date.year else "",
            on=canonical.from_day(each.date),
        )
        for each in line.requested
    )


def descriptions(text: str) -> tuple[Description, ...]:
    return tuple(Description(type="F", text=each) for each in _pieces(" ".join(text.split())))


def _pieces(text: str) -> Iterator[str]:
    """Parts that fit PID05, broken between words where there are any."""
    while text:
        if len(text) <= _PID_LENGTH:
            yield text
            return
        cut = text.rfind(" ", 1, _PID_LENGTH + 1)
        cut = cut if cut > 0 else _PID_LENGTH
        yield text[:cut]
        text = text[cut:].lstrip(" ")


def line_parties(line: purchase_order_pb2.PurchaseOrderLine, of_order: str, codes: Codes) -> tuple[Party, ...]:
    found = []
    if line.ship_to_id and line.ship_to_id != of_order:
        found.append(ship_to(line.ship_to_id, codes))
    if line.drop_ship_party_id:
        found.append(Party(role=DELIVERED_TO, id_qualifier="92", id=codes.party_code(line.drop_ship_party_id)))
    return tuple(found)


def ship_to(location_id: str, codes: Codes) -> Party:
    return Party(role="ST", id_qualifier="92", id=codes.location_code(location_id))


def terms(incoterms: str) -> FobTerms | None:
    if not incoterms:
        return None
    rule, place = canonical.incoterms(incoterms)
    return FobTerms(
        payment_method="DF",
        terms_qualifier="01" if rule else "",
        terms=rule,
        terms_location_qualifier="ZZ" if place else "",
        terms_location=place,
    )


def revision_reference(order: purchase_order_pb2.PurchaseOrder, writing: Writing) -> tuple[Reference, ...]:
    qualifier = writing.partner.revision_reference
    return (Reference(qualifier=qualifier, value=str(order.revision)),) if qualifier else ()


# --- reading


def read_items(line: Any, codes: Codes, *, required: bool) -> tuple[str, str]:
    """Our item and the supplier's number of it, from the first identifier that means something."""
    supplier = str(line.item_id(*SUPPLIER_ITEM))
    return resolved_item(line.item_ids, codes, required=required), supplier


def resolved_item(
    ids: Sequence[ItemId], codes: Codes, *, required: bool, ranks: Sequence[Sequence[str]] = _RANKS
) -> str:
    """`ranks` are groups of qualifiers, the one that counts most first."""
    ranked = sorted(ids, key=lambda each: _rank(each.qualifier, ranks))
    named = [each for each in ranked if each.value.strip() and _rank(each.qualifier, ranks) < len(ranks)]
    named = named or [each for each in ranked if each.value.strip()]
    for each in named:
        if found := codes.optional_item(each.value.strip(), each.qualifier):
            return found
    if named and required:
        return codes.item(named[0].value.strip(), named[0].qualifier)
    return ""


def _rank(qualifier: str, ranks: Sequence[Sequence[str]]) -> int:
    return next((rank for rank, group in enumerate(ranks) if qualifier in group), len(ranks))


def note_of(references: Iterable[Reference], name: str) -> str:
    return next((each.value for each in references if each.qualifier == "ZZ" and each.description == name), "")


def read_price(line: Any, currency: str) -> values_pb2.UnitPrice | None:
    if line.unit_price is None or not currency:
        return None
    return canonical.price(
        line.unit_price,
        stated_currency(line) or currency,
        unit=note_of(line.references, PRICE_UNIT),
        per=note_of(line.references, PRICE_PER),
        path=f"line {line.line}",
    )


def stated_currency(line: Any) -> str:
    return str(line.currency or note_of(line.references, PRICE_CURRENCY))


def says_what_price_is_for(line: Any) -> bool:
    return bool(note_of(line.references, PRICE_UNIT) or note_of(line.references, PRICE_PER))


def read_window(line: Any) -> values_pb2.DeliveryWindow | None:
    first, last = date_of(line.dates, NOT_BEFORE), date_of(line.dates, NOT_AFTER)
    return canonical.window(
        _on(first),
        _on(last),
        from_time=_at(first),
        to_time=_at(last),
        zone=note_of(line.references, WINDOW_ZONE),
    )


def _on(found: DateReference | None) -> date | None:
    return found.on if found else None


def _at(found: DateReference | None) -> time | None:
    return found.at if found else None


def read_schedules(line: Any, unit: str, codes: Codes) -> list[purchase_order_pb2.ScheduleLine]:
    return [
        purchase_order_pb2.ScheduleLine(
            quantity=canonical.quantity(each.quantity, codes.unit(each.unit) if each.unit else unit),
            date=canonical.to_day(each.on),
        )
        for each in line.schedules
        if each.quantity is not None
    ]


def read_ship_to(parties: Iterable[Party], reading: Reading) -> str:
    found = party_of(parties, "ST")
    if found is None:
        return ""
    if found.id:
        return reading.codes.location(found.id, found.id_qualifier)
    return reading.codes.location_named(found.name) if found.name else ""


def read_place(line: Any, number: str, reading: Reading) -> str:
    """Where a line goes: its own ship-to, or the one place of its SDQ. A line of an order goes to one place as a whole;
    raises DocumentFault for any other, since a place that is left out is a truck at the wrong dock."""
    named = read_ship_to(line.parties, reading)
    places = [(each.id_qualifier, place) for each in line.destinations for place in each.places]
    if not places:
        return named
    path = f"SDQ of line {number}"
    if not all(place.id for _, place in places):
        raise DocumentFault(path, "it names no place")
    if len({(qualifier, place.id) for qualifier, place in places}) > 1:
        raise DocumentFault(path, "it names several places: a line goes to one, so each has to be a line of its own")
    if _sum_of(places) != line.quantity or any(each.unit != line.unit for each in line.destinations):
        raise DocumentFault(path, "it distributes another quantity than is ordered")
    qualifier, place = places[0]
    found = reading.codes.location(place.id, qualifier)
    if named and found != named:
        raise DocumentFault(path, "it names another place than the line's N1")
    return found


def _sum_of(places: Iterable[tuple[str, Destination]]) -> Decimal | None:
    """None where one of them is no quantity."""
    try:
        found = [Decimal(place.quantity) for _, place in places]
    except InvalidOperation:
        return None
    return sum(found, Decimal()) if all(each.is_finite() and each > 0 for each in found) else None


def read_drop_ship(parties: Iterable[Party], reading: Reading) -> str:
    found = party_of(parties, DELIVERED_TO)
    return reading.codes.party(found.id, found.id_qualifier) if found and found.id else ""


def read_terms(fob: FobTerms | None) -> str:
    if fob is None:
        return ""
    rule = fob.terms if fob.terms_qualifier == "01" else ""
    return canonical.joined_incoterms(rule, fob.terms_location)
