"""Catalog's records as fulfillment keeps them: what it needs of an item and a party, with their validity."""

from __future__ import annotations

from datetime import date

from crossdock.catalog.v1 import master_data_pb2
from crossdock_kit import dates_wire
from google.protobuf.message import Message

from fulfillment.domain.quantities import Item
from fulfillment.domain.refusals import FieldMissing
from fulfillment.domain.terms import Trading
from fulfillment.ports import ItemRecord, LocationRecord, PartyRecord, PriceRecord, Validity
from fulfillment.wire import values

_TRADING = {
    master_data_pb2.TRADING_UNSPECIFIED: Trading.OPEN,
    master_data_pb2.TRADING_OPEN: Trading.OPEN,
    master_data_pb2.TRADING_ON_HOLD: Trading.ON_HOLD,
    master_data_pb2.TRADING_CLOSED: Trading.CLOSED,
}
ALWAYS = date(1, 1, 1)
"""First day of a record that was always valid."""


def _validity(tenant: str, record: Message) -> Validity:
    return Validity(tenant, dates_wire.day(record, "valid_from") or ALWAYS, dates_wire.day(record, "valid_to"))


def item(tenant: str, record: master_data_pb2.Item) -> ItemRecord:
    factors = {each.unit: values.number(each.base_quantity) for each in record.packaging}
    known = Item(record.sku, record.base_unit, factors, record.category, tuple(record.substitutes))
    return ItemRecord(_validity(tenant, record), known)


def party(tenant: str, record: master_data_pb2.Party) -> PartyRecord:
    customer = master_data_pb2.PARTY_ROLE_CUSTOMER in record.roles
    supplier = master_data_pb2.PARTY_ROLE_SUPPLIER in record.roles
    trading, accepts = _TRADING[record.trading], record.accepts_substitutes
    return PartyRecord(_validity(tenant, record), record.party_id, customer, supplier, trading, accepts)


def price(tenant: str, record: master_data_pb2.Price) -> PriceRecord:
    found = values.price(record, "price", "price")
    if found is None:
        raise FieldMissing("price")
    return PriceRecord(_validity(tenant, record), record.sku, record.customer_id, record.business_unit, found)


def location(tenant: str, record: master_data_pb2.Location) -> LocationRecord:
    return LocationRecord(_validity(tenant, record), record.location_id, record.system)
