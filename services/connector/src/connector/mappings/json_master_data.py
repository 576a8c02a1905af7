"""json.master_data, in: what an ERP or an MDM system says of items, parties, locations, prices and codes.

A record that cannot be read is left out and named, and one whose unit nobody knows yet waits; the others are taken. Its
numbers are ours unless the crosswalk, or the document's own codes, say that they mean another. "changedAt" is when all
of it was said: the last that was said counts, not the last that came. A record without "validFrom" holds since ever.

What a party says of people goes into the command, and into no key, fault or finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crossdock.catalog.v1 import catalog_service_pb2 as catalog
from crossdock.catalog.v1 import master_data_pb2 as md
from crossdock.options.v1 import options_pb2
from crossdock_kit.errors import InvalidFields
from crossdock_kit.validation import validate
from google.protobuf.message import Message

from connector.codecs.json_document import DocumentFault, JsonObject, WrongLines
from connector.mappings import canonical
from connector.mappings.json_master_parties import party
from connector.mappings.model import CodeKind, Command, Inbound, Reading

AT_ONCE, MOST_RECORDS, MOST_KEYS, MOST_FAULTS = 2_000, 50_000, 200, 50
GTINS = (8, 12, 13)
CODE_KINDS = {
    "item": md.CODE_KIND_ITEM,
    "unit": md.CODE_KIND_UNIT,
    "location": md.CODE_KIND_LOCATION,
    "party": md.CODE_KIND_PARTY,
    "code": md.CODE_KIND_CODE,
}
PLACES = {
    "site": md.LOCATION_KIND_SITE,
    "warehouse": md.LOCATION_KIND_WAREHOUSE,
    "zone": md.LOCATION_KIND_ZONE,
    "bin": md.LOCATION_KIND_BIN,
}


class UnitUnknown(Exception):
    """The record is right, and waits for a unit."""


@dataclass(slots=True)
class Sorted:
    """The records of a document: those that are taken, by the field of the request; those that are wrong, with their
    places in the document; and what others wait for."""

    taken: list[tuple[str, Message]] = field(default_factory=list)
    wrong: list[tuple[int, str]] = field(default_factory=list)
    waiting: dict[str, None] = field(default_factory=dict)
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Names:
    """What the sender's numbers mean. `own` are the codes that this document says."""

    reading: Reading
    own: Mapping[tuple[str, str], str]

    def of(self, kind: CodeKind, code: str) -> str:
        return self.own.get((kind, code)) or self.reading.codes.as_said(kind, code)

    def unit(self, code: str) -> str:
        """Raises UnitUnknown."""
        found = self.own.get(("unit", code)) or self.reading.codes.known_unit(code)
        if found is None:
            raise UnitUnknown(code)
        return found


ReadRecord = Callable[[JsonObject, Names], Message]


def read(document: JsonObject, reading: Reading) -> Command:
    """Raises WrongLines where nothing of it can be taken and nothing waits."""
    document.one_of("documentType", ("masterData",))
    said_at = document.instant("changedAt")
    found = _sorted(document, reading)
    if not found.seen:
        raise DocumentFault("", f"it holds none of {', '.join(READERS)}")
    if not found.taken and not found.waiting:
        first = "; ".join(text for _, text in found.wrong[:3])
        raise WrongLines("", f"{first} (all of its {found.seen} records are wrong)", lines=found.wrong[:MOST_FAULTS])
    if not found.taken:
        for unit in found.waiting:
            # With nothing to say, the document waits as any other does.
            reading.codes.unit(unit)
    requests = [_request(part, document, reading) for part in _parts(found.taken)]
    for each in requests:
        each.said_at.FromDatetime(said_at)
    return Command(
        requests[0],
        (),
        tuple(_keys(found.taken)),
        found.seen,
        then=tuple(requests[1:]),
        left_out=tuple(found.wrong),
        waiting=tuple(f"unit {each}" for each in found.waiting),
    )


def _sorted(document: JsonObject, reading: Reading) -> Sorted:
    """Places first, from the widest to the narrowest: what stands within another is said behind it."""
    found = Sorted()
    names = Names(reading, _own_codes(document, reading))
    for name, (into, read_record) in READERS.items():
        for record in document.objects(name):
            found.seen += 1
            if found.seen > MOST_RECORDS:
                raise document.fault(name, f"a document has at most {MOST_RECORDS} records")
            _sort(record, into, read_record, names, found)
    found.taken.sort(key=lambda each: each[1].kind if isinstance(each[1], md.Location) else 0)
    return found


def _sort(record: JsonObject, into: str, read_record: ReadRecord, names: Names, found: Sorted) -> None:
    try:
        said = read_record(record, names)
        validate(said)
    except UnitUnknown as waits:
        found.waiting[str(waits)] = None
    except DocumentFault as fault:
        found.wrong.append((found.seen, str(fault)))
    except InvalidFields as error:
        told = "; ".join(f"{each.field}: {each.description}" for each in error.violations[:3])
        found.wrong.append((found.seen, f"{record.path}: {told}"))
    else:
        found.taken.append((into, said))


def _own_codes(document: JsonObject, reading: Reading) -> dict[tuple[str, str], str]:
    """Codes of the sender itself that the document says, right or wrong: what is wrong is named where it is read."""
    found: dict[tuple[str, str], str] = {}
    for each in document.objects("codes"):
        said = {name: each.values.get(name) or "" for name in ("kind", "code", "means", "partner", "list", "validFrom")}
        words = [str(value) for value in said.values()]
        kind, code, means, partner, listed, begins = words
        if code and means and not listed and not begins and partner in ("", *_own_names(reading)):
            found[kind, code] = means
    return found


def _own_names(reading: Reading) -> tuple[str, ...]:
    return tuple(each for each in (reading.partner.system, reading.partner.name) if each)


def _parts(taken: Sequence[tuple[str, Message]]) -> Iterator[Sequence[tuple[str, Message]]]:
    for first in range(0, max(1, len(taken)), AT_ONCE):
        yield taken[first : first + AT_ONCE]


def _request(
    part: Sequence[tuple[str, Message]], document: JsonObject, reading: Reading
) -> catalog.PutMasterDataRequest:
    request = catalog.PutMasterDataRequest(
        system=_own_names(reading)[0],
        role=reading.partner.speaks_as or reading.partner.role,
        partial_success=True,
        ownership=reading.partner.ownership,
    )
    for into, said in part:
        getattr(request, into).append(said)
    return request


def _keys(taken: Sequence[tuple[str, Message]]) -> Iterator[str]:
    """As catalog's events have them; of a batch the first."""
    words = {"items": ("sku", "sku"), "parties": ("party", "party_id"), "locations": ("location", "location_id")}
    for into, said in [each for each in taken if each[0] in words][:MOST_KEYS]:
        word, name = words[into]
        yield f"{word}:{getattr(said, name)}"


def _item(said: JsonObject, names: Names) -> md.Item:
    return md.Item(
        sku=names.of("item", said.text("number", longest=80)),
        description=said.optional_text("description"),
        category=said.optional_text("category", longest=64),
        base_unit=names.unit(said.text("baseUnit", longest=80)),
        packaging=[_packaging(each, names) for each in said.objects("packaging")],
        gtin=_gtin(said),
        lot_controlled=said.boolean("lotControlled"),
        substitutes=[names.of("item", each) for each in said.texts("substitutes", longest=80)],
        **_validity(said),
    )


def _packaging(said: JsonObject, names: Names) -> md.Packaging:
    size = canonical.plain(said.decimal("quantity"), path=f"{said.path}.quantity")
    return md.Packaging(unit=names.unit(said.text("unit", longest=80)), base_quantity=size, gtin=_gtin(said))


def _gtin(said: JsonObject) -> str:
    """With 14 digits where the sender writes a shorter one of GS1's lengths."""
    found = said.optional_text("gtin", longest=14)
    return found.rjust(14, "0") if len(found) in GTINS else found


def _location(said: JsonObject, names: Names) -> md.Location:
    within = said.optional_text("parent", longest=80)
    return md.Location(
        location_id=names.of("location", said.text("number", longest=80)),
        name=said.optional_text("name"),
        kind=PLACES[said.one_of("kind", tuple(PLACES), "warehouse")],
        parent_id=names.of("location", within) if within else "",
        gln=said.optional_text("gln", longest=13),
        zone=said.text("zone", longest=64),
        system=said.optional_text("system", longest=64),
        business_unit=said.optional_text("businessUnit", longest=64),
        put_away=said.boolean("putAway"),
        **_validity(said),
    )


def _party(said: JsonObject, names: Names) -> md.Party:
    return party(said, names.of("party", said.text("number", longest=80)), _validity(said))


def _price(said: JsonObject, names: Names) -> md.Price:
    customer, unit = said.optional_text("customer", longest=80), said.optional_text("unit", longest=80)
    per = canonical.plain(said.decimal("per"), path=f"{said.path}.per") if said.has("per") else ""
    amount, currency = said.decimal("amount"), said.text("currency", longest=3)
    path = f"{said.path}.amount"
    return md.Price(
        sku=names.of("item", said.text("item", longest=80)),
        customer_id=names.of("party", customer) if customer else "",
        business_unit=said.optional_text("businessUnit", longest=64),
        price=canonical.price(amount, currency, unit=names.unit(unit) if unit else "", per=per, path=path),
        **_validity(said),
    )


def _code(said: JsonObject, names: Names) -> md.CrosswalkEntry:
    """Raises DocumentFault for a code of somebody else: only the keeper of master data speaks for others."""
    own, sender = _own_names(names.reading), names.reading.partner
    partner = said.optional_text("partner", longest=64) or own[0]
    if partner not in own and (sender.speaks_as or sender.role) != options_pb2.ROLE_MDM:
        raise said.fault("partner", f"{partner!r} is another, whose codes only an MDM system says")
    return md.CrosswalkEntry(
        partner=partner,
        kind=CODE_KINDS[said.one_of("kind", tuple(CODE_KINDS))],
        list=said.optional_text("list", longest=40),
        partner_code=said.text("code", longest=80),
        canonical=said.text("means", longest=80),
        **_validity(said),
    )


def _validity(said: JsonObject) -> dict[str, Any]:
    """Raises DocumentFault for what ends before it begins."""
    first, last = said.optional_day("validFrom"), said.optional_day("validTo")
    if first is not None and last is not None and last <= first:
        raise said.fault("validTo", f"{last} is not after {first}, on which it begins")
    return {"valid_from": canonical.to_day(first), "valid_to": canonical.to_day(last)}


READERS: dict[str, tuple[str, ReadRecord]] = {
    "locations": ("locations", _location),
    "parties": ("parties", _party),
    "items": ("items", _item),
    "prices": ("prices", _price),
    "codes": ("crosswalk", _code),
}

MAPPING = Inbound("json.master_data", read)
