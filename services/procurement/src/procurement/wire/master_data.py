"""Catalog's records as procurement keeps them: what it needs of an item, a place and a party, with their validity."""

from __future__ import annotations

from datetime import date
from typing import Any

from crossdock.catalog.v1 import master_data_pb2
from google.protobuf.message import Message

from procurement.wire import values

ALWAYS = date(1, 1, 1)
"""`valid_from` of a record that was always valid."""


def _validity(record: Message) -> dict[str, Any]:
    return {"valid_from": values.day(record, "valid_from") or ALWAYS, "valid_to": values.day(record, "valid_to")}


def item(tenant: str, record: master_data_pb2.Item) -> dict[str, Any]:
    return _validity(record) | {
        "tenant": tenant,
        "sku": record.sku,
        "base_unit": record.base_unit,
        "category": record.category,
        "factors": {each.unit: each.base_quantity for each in record.packaging},
    }


def location(tenant: str, record: master_data_pb2.Location) -> dict[str, Any]:
    return _validity(record) | {
        "tenant": tenant,
        "location_id": record.location_id,
        "system": record.system,
        "business_unit": record.business_unit,
    }


def party(tenant: str, record: master_data_pb2.Party) -> dict[str, Any]:
    supplier = master_data_pb2.PARTY_ROLE_SUPPLIER in record.roles
    return _validity(record) | {"tenant": tenant, "party_id": record.party_id, "supplier": supplier}
