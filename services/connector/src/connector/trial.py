"""A partner that takes anybody's files, and what has to exist before a file is fed to it.

Everything is derived from the file itself, request ids too, so that feeding it again creates nothing twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from crossdock.catalog.v1 import catalog_service_pb2, master_data_pb2
from crossdock.common.v1 import values_pb2
from crossdock.connector.v1 import partner_pb2
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_edi import units
from crossdock_kit.ids import derived

from connector import profiles as partner_profiles
from connector.mappings import canonical
from connector.mappings.x12_order_parts import GTIN, OWN_ITEM, SUPPLIER_ITEM
from connector.references import NamedLine, NamedOrder, References

ANYWHERE = "ANYWHERE"
_ANSWERS = ("810", "855", "856", "865", "997")
_ORDERS = ("850",)
# Half of real files break a rule of form somewhere; a trial reads on and tells, as a tolerant partner's profile does.
_TOLERATED = (
    "control-number",
    "control-number-reused",
    "element-characters",
    "element-code",
    "element-condition",
    "element-exclusion",
    "element-long",
    "element-missing",
    "element-repeats",
    "element-short",
    "element-surplus",
    "group-type",
    "loop-repeats",
    "segment-missing",
    "segment-not-in-set",
    "segment-order",
    "segment-repeats",
    "segment-unexpected",
    "segment-unknown",
)
_NAME = re.compile(r"[^A-Z0-9._-]+")
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
_MOST_REVISIONS = 20


@dataclass(frozen=True, slots=True)
class Anyone:
    """Who sends files of unknown origin. Each name is a world of its own: equal numbers in two of them never meet."""

    name: str = "anyone"

    @property
    def party(self) -> str:
        return self.name.upper()

    @property
    def system(self) -> str:
        return f"{self.party}-ERP"

    @property
    def buyer(self) -> str:
        """Who hands over the orders of a file that holds some; a supplier may not."""
        return f"{self.name}-erp"

    def sender_of(self, found: References) -> str:
        """Which of the two partners a file comes from."""
        return self.buyer if any(each.set_id in _ORDERS for each in found.sets) else self.name


def profiles(anyone: Anyone, locations: Iterable[str] = ()) -> list[partner_pb2.PartnerProfile]:
    """The supplier and the ERP that send the files, and a WMS that wants to hear nothing of it."""
    places = sorted({ANYWHERE, *(location_id(each) for each in locations)})
    sender = {"role": "SUPPLIER", "partyId": anyone.party, **_sends(anyone.name, _ANSWERS)}
    erp = {"role": "ERP", "system": anyone.system, "partyId": anyone.party, **_sends(anyone.buyer, _ORDERS)}
    wms = {
        "role": "WMS",
        "system": f"{anyone.party}-WMS",
        "locations": places,
        "transport": _drop(f"{anyone.name}-wms"),
    }
    return [
        _profile(anyone, anyone.name, sender),
        _profile(anyone, anyone.buyer, erp),
        _profile(anyone, f"{anyone.name}-wms", wms),
    ]


def _sends(folder: str, sets: Iterable[str]) -> dict[str, object]:
    return {
        "transport": _drop(folder),
        "edi": {"partnerId": "ZZ:*", "ownId": "ZZ:CROSSDOCK"},
        "documents": [_route(set_id) for set_id in sets],
        "severities": dict.fromkeys(_TOLERATED, "warning"),
        "stage": "testing",
    }


def _route(set_id: str) -> dict[str, object]:
    options = {"currency": "EUR", "shipTo": ANYWHERE} if set_id == "850" else {"currency": "EUR"}
    return {"kind": f"x12.{set_id}", "direction": "IN", "mapping": options}


def _drop(folder: str) -> dict[str, object]:
    return {"fileDrop": {"inbox": f"{folder}/in", "outbox": f"{folder}/out"}}


def _profile(anyone: Anyone, name: str, spec: Mapping[str, object]) -> partner_pb2.PartnerProfile:
    return partner_profiles.profile_of(
        {
            "apiVersion": partner_profiles.API_VERSION,
            "kind": partner_profiles.KIND,
            "metadata": {"name": name},
            "spec": {"businessUnit": anyone.name, **spec},
        }
    )


@dataclass(frozen=True, slots=True)
class Prerequisites:
    """What a file refers to, to be created before it is fed. `orders` lists each order's revisions in their order."""

    master_data: catalog_service_pb2.PutMasterDataRequest
    orders: tuple[procurement.SubmitPurchaseOrderRequest, ...]


@dataclass(slots=True)
class _Items:
    """Items by their codes: a line's several numbers name one item."""

    skus: dict[tuple[str, str], str] = field(default_factory=dict)
    units: dict[str, dict[str, None]] = field(default_factory=dict)

    def take(self, line: NamedLine) -> str:
        ranked = sorted(line.ids, key=lambda each: _rank(each[0]))
        if not ranked:
            return ""
        known = (self.skus[each] for each in ranked if each in self.skus)
        sku = next(known, "") or _identifier(ranked[0][1])
        for each in ranked:
            self.skus.setdefault(each, sku)
        self.units.setdefault(sku, {})[unit_of(line.unit)] = None
        return sku


def _rank(qualifier: str) -> int:
    return next((rank for rank, group in enumerate((OWN_ITEM, SUPPLIER_ITEM, GTIN)) if qualifier in group), 3)


def _identifier(code: str) -> str:
    """A code as the catalog's ids may be spelled; what had to change much keeps a hash, so that no two become one."""
    plain = _NAME.sub("-", code.upper()).strip("-._")
    if plain == code and len(plain) <= 40:
        return plain
    return f"{plain[:28] or 'X'}-{hashlib.sha256(code.encode()).hexdigest()[:8].upper()}"


def location_id(code: str) -> str:
    return _identifier(code)


def unit_of(code: str) -> str:
    """The canonical unit; a code that no table has is counted as each."""
    return "EA" if code in {"", "PC"} else units.to_rec20(code) or "EA"


def prerequisites(found: References, anyone: Anyone, *, today: date) -> Prerequisites:
    """Items, places and the orders that the file answers; orders that it hands over itself are not made before it."""
    items = _Items()
    lines = [line for order in found.orders for line in order.lines]
    for line in lines:
        items.take(line)
    requests = [
        request
        for order in found.orders
        if not order.created_here
        for request in _revisions(order, items, anyone, today)
    ]
    return Prerequisites(_master_data(found, items, anyone, {line.unit for line in lines}), tuple(requests))


def _master_data(
    found: References, items: _Items, anyone: Anyone, used: set[str]
) -> catalog_service_pb2.PutMasterDataRequest:
    places = {ANYWHERE: ANYWHERE} | {code: location_id(code) for code in found.locations}
    sender = anyone.sender_of(found)

    def entry(
        kind: master_data_pb2.CodeKind.ValueType, code: str, meaning: str, qualifier: str = ""
    ) -> master_data_pb2.CrosswalkEntry:
        return master_data_pb2.CrosswalkEntry(
            partner=sender, kind=kind, list=qualifier[:40], partner_code=code[:80], canonical=meaning
        )

    request = catalog_service_pb2.PutMasterDataRequest(
        items=[_item(sku, list(known)) for sku, known in items.units.items()],
        parties=[
            master_data_pb2.Party(party_id=anyone.party, name="Anyone", roles=[master_data_pb2.PARTY_ROLE_SUPPLIER]),
        ],
        locations=[_location(each, anyone) for each in sorted(set(places.values()))],
        crosswalk=[
            *(entry(master_data_pb2.CODE_KIND_ITEM, code, sku, q) for (q, code), sku in items.skus.items()),
            *(entry(master_data_pb2.CODE_KIND_LOCATION, code, place) for code, place in places.items()),
            *(
                entry(master_data_pb2.CODE_KIND_UNIT, code, "EA")
                for code in sorted(used)
                if code and units.to_rec20(code) is None
            ),
        ],
        system=anyone.system,
        role=options_pb2.ROLE_MDM,
    )
    request.request_id = str(derived("trial master data", request.SerializeToString(deterministic=True)))
    return request


def _item(sku: str, known_units: list[str]) -> master_data_pb2.Item:
    """The first unit in which the file counts it is its base; how many of it another unit holds, no file says."""
    packaging = [master_data_pb2.Packaging(unit=unit, base_quantity="1") for unit in known_units[1:]]
    return master_data_pb2.Item(sku=sku, description=sku, base_unit=known_units[0], packaging=packaging)


def _location(name: str, anyone: Anyone) -> master_data_pb2.Location:
    return master_data_pb2.Location(
        location_id=name,
        name=name,
        kind=master_data_pb2.LOCATION_KIND_WAREHOUSE,
        zone="UTC",
        system=f"{anyone.party}-WMS",
        business_unit=anyone.name,
    )


def _revisions(
    order: NamedOrder, items: _Items, anyone: Anyone, today: date
) -> Iterator[procurement.SubmitPurchaseOrderRequest]:
    """As many revisions as the file says there were, all with the lines that it names."""
    for revision in range(1, min(order.revision, _MOST_REVISIONS) + 1):
        lines = list(_ordered(order, items, revision))
        if lines:
            yield _request(order, lines, anyone, revision, today)


def _request(
    order: NamedOrder, lines: list[procurement.OrderedLine], anyone: Anyone, revision: int, today: date
) -> procurement.SubmitPurchaseOrderRequest:
    request = procurement.SubmitPurchaseOrderRequest(
        purpose=procurement.ORDER_PURPOSE_UPSERT,
        business_unit=anyone.name,
        number=order.number[:64],
        system_revision=str(revision),
        supplier_id=anyone.party,
        currency=order.currency if len(order.currency) == 3 and order.currency.isupper() else "EUR",
        ordered_on=canonical.to_day(order.ordered_on or today),
        ship_to_id=location_id(order.ship_to) if order.ship_to else ANYWHERE,
        lines=lines,
    )
    request.origin.CopyFrom(
        values_pb2.Origin(
            system=anyone.system, role=options_pb2.ROLE_ERP, document=order.number[:64], revision=str(revision)
        )
    )
    request.origin.occurred_at.FromDatetime(_ALWAYS + timedelta(minutes=revision))
    request.request_id = str(derived("trial order", request.SerializeToString(deterministic=True)))
    return request


def _ordered(order: NamedOrder, items: _Items, revision: int) -> Iterator[procurement.OrderedLine]:
    used: set[str] = set()
    for position, line in enumerate(order.lines, start=1):
        sku = items.take(line)
        number = line.number[:32] if line.number and line.number not in used else _free(position, used)
        used.add(number)
        if not sku:
            continue
        supplier_item = next((code for qualifier, code in line.ids if qualifier in SUPPLIER_ITEM), "")
        yield procurement.OrderedLine(
            line_number=number,
            sku=sku,
            supplier_item=supplier_item[:80],
            description=f"{sku}, revision {revision}",
            ordered=canonical.quantity(_countable(line.quantity), unit_of(line.unit)),
            price=_price(line, order),
        )


def _free(position: int, used: set[str]) -> str:
    return next(str(number) for number in range(position, position + len(used) + 2) if str(number) not in used)


def _countable(quantity: Decimal) -> Decimal:
    return quantity.quantize(Decimal("0.000001")) if abs(quantity) < 10**15 else Decimal(1)


def _price(line: NamedLine, order: NamedOrder) -> values_pb2.UnitPrice | None:
    if line.price is None or line.price < 0:
        return None
    currency = order.currency if len(order.currency) == 3 and order.currency.isupper() else "EUR"
    return canonical.price(_countable(line.price), currency)
