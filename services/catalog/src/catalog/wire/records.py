"""Master data between protobuf and records, both ways; the only place that knows both.

A record's content is the message without its validity, serialised deterministically, so that equal means equal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from crossdock.catalog.events.v1 import events_pb2
from crossdock.catalog.v1 import catalog_service_pb2 as service_pb2
from crossdock.catalog.v1 import master_data_pb2 as pb
from crossdock_kit import dates_wire
from crossdock_kit.errors import Violation
from crossdock_kit.ids import derived
from crossdock_kit.ownership import role_name
from google.protobuf.message import Message

from catalog.domain.packaging import Level, Packing
from catalog.domain.places import Place
from catalog.domain.record import ALWAYS, Record, Subject, ValidityReversed
from catalog.use_cases import (
    VALIDITY,
    Change,
    ErasePersonalData,
    LeftOut,
    Placed,
    PutMasterData,
)
from catalog.wire.kinds import CROSSWALK, ITEM, LOCATION, PARTY, PRICE, place_in
from catalog.wire.owners import precedence, within_its_rights

Thing: TypeAlias = pb.Item | pb.Party | pb.Location
THINGS: dict[str, type[Thing]] = {ITEM: pb.Item, PARTY: pb.Party, LOCATION: pb.Location}
RECORDS: dict[str, type[Thing | pb.CrosswalkEntry | pb.Price]] = {
    **THINGS,
    CROSSWALK: pb.CrosswalkEntry,
    PRICE: pb.Price,
}
# Of the changes that a load would make so many are shown.
MOST_SHOWN = 1000
ID_FIELD = {ITEM: "sku", PARTY: "party_id", LOCATION: "location_id"}
# What a record of each field of a request is called, and what tells it from others.
_NAMES = {
    "items": ("item", ("sku",)),
    "parties": ("party", ("party_id",)),
    "locations": ("location", ("location_id",)),
    "crosswalk": ("code", ("partner", "list", "partner_code")),
    "prices": ("price", ("sku", "customer_id", "business_unit")),
}
# An event stays far below a megabyte.
ENTRIES_PER_EVENT = 2000


def to_put_master_data(request: service_pb2.PutMasterDataRequest) -> PutMasterData:
    """Raises ValidityReversed where the load is to be taken whole."""
    request, foreign = within_its_rights(request)
    unreadable: list[Violation] = []
    named = tuple(_readable(request, unreadable))
    return PutMasterData(
        records=tuple(record for _, record in named),
        paths=tuple(path for path, _ in named),
        gs1_numbers=tuple(_gs1_numbers(request)),
        system=request.system,
        role=role_name(request.role),
        precedence=precedence(),
        foreign=foreign,
        places=tuple(_place(each, f"locations[{at}]") for at, each in enumerate(request.locations)),
        packings=tuple(_packing(each, f"items[{at}]") for at, each in enumerate(request.items)),
        unreadable=tuple(unreadable),
        said_at=request.said_at.ToDatetime(tzinfo=UTC) if request.HasField("said_at") else None,
        partly=request.partial_success,
        validate_only=request.validate_only,
        people={
            f"parties[{at}]": (personal_data_id(each.party_id), facts(each)) for at, each in enumerate(request.parties)
        },
    )


def _readable(request: service_pb2.PutMasterDataRequest, unreadable: list[Violation]) -> Iterator[tuple[str, Record]]:
    """Each record with where the request names it. One that ends before it begins is none."""
    for path, subject, key, message in _records(request):
        try:
            yield path, _record(subject, key, message)
        except ValidityReversed as wrong:
            if not request.partial_success:
                raise
            unreadable.append(Violation(f"{path}.valid_to", str(wrong), VALIDITY))


def _records(request: service_pb2.PutMasterDataRequest) -> Iterator[tuple[str, Subject, str, Any]]:
    for field, kind in (("items", ITEM), ("parties", PARTY), ("locations", LOCATION)):
        for at, thing in enumerate(getattr(request, field)):
            yield f"{field}[{at}]", Subject(kind, getattr(thing, ID_FIELD[kind])), "", thing
    for at, entry in enumerate(request.crosswalk):
        key = code_key(entry.kind, entry.list, entry.partner_code)
        yield f"crosswalk[{at}]", Subject(CROSSWALK, entry.partner), key, entry
    for at, price in enumerate(request.prices):
        yield f"prices[{at}]", Subject(PRICE, price.sku), price_key(price), price


def _record(subject: Subject, key: str, message: Any) -> Record:
    bare = type(message)()
    bare.CopyFrom(message)
    for name in ("valid_from", "valid_to", "etag"):
        if name in bare.DESCRIPTOR.fields_by_name:
            bare.ClearField(name)
    content = without_people(bare) if subject.kind == PARTY else bare.SerializeToString(deterministic=True)
    first = dates_wire.day(message, "valid_from") or ALWAYS
    return Record(subject, key, first, dates_wire.day(message, "valid_to"), content)


def _place(location: pb.Location, path: str = "") -> Place:
    return Place(location.location_id, location.kind, location.parent_id, location.zone, path)


def _packing(item: pb.Item, path: str) -> Packing:
    levels = (
        Level(f"{path}.packaging[{at}]", each.unit, Decimal(each.base_quantity))
        for at, each in enumerate(item.packaging)
    )
    return Packing(item.base_unit, tuple(levels))


def to_place(record: Record) -> Place:
    return _place(pb.Location.FromString(record.content))


def without_people(party: pb.Party) -> bytes:
    """The content of a party's record: an id stands where the people stood."""
    bare = pb.Party()
    bare.CopyFrom(party)
    bare.ClearField("name")
    bare.ClearField("contact")
    bare.personal_data_id = personal_data_id(party.party_id)
    return bare.SerializeToString(deterministic=True)


def personal_data_id(party_id: str) -> str:
    """What records and events carry instead of names and addresses."""
    return str(derived("personal data", PARTY, party_id))


def facts(party: pb.Party) -> bytes:
    """What a party says of people, and nothing else of it."""
    people = pb.Party(name=party.name, contact=party.contact if party.HasField("contact") else None)
    return people.SerializeToString(deterministic=True)


def to_party(record: Record, people: bytes | None) -> pb.Party:
    """The party with what is known of its people; without, once that was erased."""
    party: pb.Party = to_thing(record)
    if people is not None:
        party.MergeFromString(people)
    return party


def to_erase_personal_data(request: service_pb2.ErasePersonalDataRequest) -> ErasePersonalData:
    return ErasePersonalData(request.party_id, personal_data_id(request.party_id), request.reason)


def to_erased(command: ErasePersonalData, erased_at: datetime) -> service_pb2.ErasePersonalDataResponse:
    response = service_pb2.ErasePersonalDataResponse(personal_data_id=command.personal_data_id)
    response.erased_at.FromDatetime(erased_at)
    return response


def code_key(kind: int, code_list: str, partner_code: str) -> str:
    """Key of a crosswalk entry within its partner."""
    return f"{kind}\x1f{code_list}\x1f{partner_code}"


def price_key(price: pb.Price) -> str:
    """Key of a price within its item: one currency for one customer of one business unit."""
    return f"{price.customer_id}\x1f{price.business_unit}\x1f{price.price.money.currency}"


def _gs1_numbers(request: service_pb2.PutMasterDataRequest) -> Iterator[tuple[str, str]]:
    for index, item in enumerate(request.items):
        yield f"items[{index}].gtin", item.gtin
        for level, packaging in enumerate(item.packaging):
            yield f"items[{index}].packaging[{level}].gtin", packaging.gtin
    yield from ((f"parties[{index}].gln", party.gln) for index, party in enumerate(request.parties))
    yield from ((f"locations[{index}].gln", location.gln) for index, location in enumerate(request.locations))


def to_put_response(placed: Placed, request: service_pb2.PutMasterDataRequest) -> service_pb2.PutMasterDataResponse:
    return service_pb2.PutMasterDataResponse(
        changed=placed.changed,
        unchanged=placed.unchanged,
        kept=placed.kept,
        changes=map(_change, placed.changes[:MOST_SHOWN]),
        refused=[_left_out(each, request) for each in placed.refused],
    )


def _left_out(left: LeftOut, request: service_pb2.PutMasterDataRequest) -> service_pb2.RefusedRecord:
    field, at = place_in(left.path)
    word, names = _NAMES[field]
    message = getattr(request, field)[at]
    record = " ".join((word, *(said for name in names if (said := str(getattr(message, name))))))
    return service_pb2.RefusedRecord(
        path=left.path, reason=left.reason, code=left.code, waits=left.waits, record=record, taken=left.taken
    )


def _change(change: Change) -> service_pb2.RecordChange:
    before, after = change.before, change.after
    if before is None:
        return service_pb2.RecordChange(path=change.path, effect=service_pb2.RECORD_EFFECT_CREATES)
    fields = [*_differing(before, after), *(["valid_to"] if before.valid_to != after.valid_to else [])]
    if before.valid_from == after.valid_from:
        return service_pb2.RecordChange(path=change.path, effect=service_pb2.RECORD_EFFECT_REPLACES, fields=fields)
    return service_pb2.RecordChange(path=change.path, effect=service_pb2.RECORD_EFFECT_SUCCEEDS, fields=fields)


def _differing(before: Record, after: Record) -> list[str]:
    kind = RECORDS[after.subject.kind]
    said, says = kind.FromString(before.content), kind.FromString(after.content)
    return [name for name in kind.DESCRIPTOR.fields_by_name if getattr(said, name) != getattr(says, name)]


def to_thing(record: Record) -> Any:
    """The message of an item's, a party's or a location's record, with its validity and etag."""
    thing = THINGS[record.subject.kind].FromString(record.content)
    thing.etag = etag(record)
    _set_validity(thing, record)
    return thing


def to_entry(record: Record) -> pb.CrosswalkEntry:
    entry = pb.CrosswalkEntry.FromString(record.content)
    _set_validity(entry, record)
    return entry


def to_price(record: Record) -> pb.Price:
    price = pb.Price.FromString(record.content)
    _set_validity(price, record)
    return price


def _set_validity(message: Any, record: Record) -> None:
    if record.valid_from != ALWAYS:
        message.valid_from.CopyFrom(dates_wire.date_message(record.valid_from))
    if record.valid_to is not None:
        message.valid_to.CopyFrom(dates_wire.date_message(record.valid_to))


def etag(record: Record) -> str:
    span = f"{record.valid_from}/{record.valid_to}".encode()
    return hashlib.sha256(record.content + span).hexdigest()[:32]


def to_events(subject: Subject, changed: Sequence[Record]) -> Iterator[Message]:
    """What is announced of the changes of one subject."""
    match subject.kind:
        case "item":
            yield from (events_pb2.ItemChanged(sku=subject.id, item=to_thing(row)) for row in changed)
        case "party":
            yield from (events_pb2.PartyChanged(party_id=subject.id, party=to_thing(row)) for row in changed)
        case "location":
            yield from (events_pb2.LocationChanged(location_id=subject.id, location=to_thing(row)) for row in changed)
        case "price":
            prices = [to_price(row) for row in changed]
            for start in range(0, len(prices), ENTRIES_PER_EVENT):
                yield events_pb2.PricesChanged(sku=subject.id, prices=prices[start : start + ENTRIES_PER_EVENT])
        case _:
            entries = [to_entry(row) for row in changed]
            for part in _parts(entries, ENTRIES_PER_EVENT):
                yield events_pb2.CrosswalkChanged(partner=subject.id, entries=part)


def _parts(entries: Sequence[pb.CrosswalkEntry], size: int) -> Iterator[Iterable[pb.CrosswalkEntry]]:
    for start in range(0, len(entries), size):
        yield entries[start : start + size]
