"""Catalog's records as procurement keeps them: what it needs of an item, a place and a party, with their validity."""

from __future__ import annotations

from datetime import date

from crossdock.catalog.v1 import master_data_pb2
from crossdock_kit import dates_wire
from google.protobuf.message import Message

from procurement.domain.quantities import Item
from procurement.ports import ItemRecord, Location, LocationRecord, PartyRecord, Validity
from procurement.wire import values

ALWAYS = date(1, 1, 1)
"""First day of a record that was always valid."""


def _validity(tenant: str, record: Message) -> Validity:
    return Validity(tenant, dates_wire.day(record, "valid_from") or ALWAYS, dates_wire.day(record, "valid_to"))


def item(tenant: str, record: master_data_pb2.Item) -> ItemRecord:
    factors = {each.unit: values.number(each.base_quantity) for each in record.packaging}
    return ItemRecord(_validity(tenant, record), Item(record.sku, record.base_unit, factors, record.category))


def location(tenant: str, record: master_data_pb2.Location) -> LocationRecord:
    place = Location(record.location_id, record.system, record.business_unit)
    return LocationRecord(_validity(tenant, record), place)


def party(tenant: str, record: master_data_pb2.Party) -> PartyRecord:
    supplier = master_data_pb2.PARTY_ROLE_SUPPLIER in record.roles
    return PartyRecord(_validity(tenant, record), record.party_id, supplier)
