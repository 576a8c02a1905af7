"""Who and what takes part in the test: an item, a supplier and customer, a place and four partners that are nobody's.

All of them carry the test's own name and stand in a business unit of its own. The partners are in shadow: what they
would be sent is shown and never sent. The same again changes nothing.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from crossdock.catalog.v1 import catalog_service_pb2 as catalog
from crossdock.catalog.v1 import master_data_pb2
from crossdock.connector.v1 import partner_pb2
from crossdock.options.v1 import options_pb2

NAME = "CROSSDOCK-TEST"
ERP, SUPPLIER, WAREHOUSE = "crossdock-test-erp", "crossdock-test-supplier", "crossdock-test-wms"
SHOP = "crossdock-test-shop"
ORDERS, ANSWERS, SALES, TAKEN_BACK = "purchase-orders", "order-responses", "orders", "cancellations"


def new_number(now: datetime) -> str:
    """An order that says what it is."""
    return f"TEST-{now:%Y%m%d-%H%M%S}-{uuid4().hex[:6]}"


def master_data() -> catalog.PutMasterDataRequest:
    item = master_data_pb2.Item(sku=NAME, description="Test of the installation", base_unit="EA")
    party = master_data_pb2.Party(party_id=NAME, name="Test of the installation", roles=_ROLES)
    place = master_data_pb2.Location(
        location_id=NAME,
        name="Test of the installation",
        kind=master_data_pb2.LOCATION_KIND_WAREHOUSE,
        zone="UTC",
        business_unit=NAME,
    )
    return catalog.PutMasterDataRequest(
        request_id=str(uuid4()),
        items=[item],
        parties=[party],
        locations=[place],
        system=NAME,
        role=options_pb2.ROLE_MDM,
    )


_ROLES = (master_data_pb2.PARTY_ROLE_SUPPLIER, master_data_pb2.PARTY_ROLE_CUSTOMER)
_IN, _OUT = partner_pb2.DIRECTION_IN, partner_pb2.DIRECTION_OUT


def partners() -> tuple[partner_pb2.PartnerProfile, ...]:
    orders = partner_pb2.DocumentRoute(kind="json.purchase_order", direction=_IN, path=ORDERS)
    told = partner_pb2.DocumentRoute(kind="json.supplier_order", direction=_OUT, path="orders")
    answers = partner_pb2.DocumentRoute(kind="json.order_response", direction=_IN, path=ANSWERS)
    sold = partner_pb2.DocumentRoute(kind="shop.order", direction=_IN, path=SALES)
    taken_back = partner_pb2.DocumentRoute(kind="shop.order_cancellation", direction=_IN, path=TAKEN_BACK)
    status = partner_pb2.DocumentRoute(kind="json.order_status", direction=_OUT, path="order-status")
    return (
        _partner(SHOP, options_pb2.ROLE_CHANNEL, [sold, taken_back, status], system=f"{NAME}-SHOP", party_id=NAME),
        _partner(ERP, options_pb2.ROLE_ERP, [orders], system=NAME),
        _partner(SUPPLIER, options_pb2.ROLE_SUPPLIER, [told, answers], party_id=NAME),
        _partner(WAREHOUSE, options_pb2.ROLE_WMS, [], system=f"{NAME}-WMS", locations=[NAME]),
    )


def _partner(
    name: str, role: Any, documents: list[partner_pb2.DocumentRoute], **who: Any
) -> partner_pb2.PartnerProfile:
    folders = partner_pb2.FileDrop(inbox=f"{name}/in", outbox=f"{name}/out")
    return partner_pb2.PartnerProfile(
        partner=name,
        role=role,
        business_unit=NAME,
        transport=partner_pb2.Transport(file_drop=folders),
        documents=documents,
        stage="shadow",
        **who,
    )


def order(number: str, begun: datetime, *, cancels: bool = False) -> bytes:
    """What the ERP writes; a cancellation is a later word about the same order."""
    changed = begun + timedelta(seconds=1) if cancels else begun
    line = {"line": "10", "material": NAME, "quantity": "12", "unit": "EA"}
    head = {"number": number, "version": "2" if cancels else "1", "changedAt": _instant(changed)}
    terms = {"orderDate": f"{begun:%Y-%m-%d}", "supplier": NAME, "shipTo": NAME, "currency": "EUR", "lines": [line]}
    body = {
        "documentType": "purchaseOrder",
        "action": "cancel" if cancels else "release",
        "companyCode": NAME,
        "purchaseOrder": head | terms,
    }
    return json.dumps(body).encode()


def answer(number: str, begun: datetime) -> bytes:
    """The supplier accepts all of it."""
    body = {"event": "order.answered", "order": number, "answeredAt": _instant(begun), "revision": 1, "all": "accepted"}
    return json.dumps(body).encode()


def sale(number: str, begun: datetime, *, cancelled_at: datetime | None = None) -> bytes:
    """What the shop writes of an order that it took, and again when it takes it back."""
    line = {"id": 1, "sku": NAME, "title": "Test of the installation", "quantity": 1, "price": "1.00"}
    body = {"name": number, "created_at": _instant(begun), "currency": "EUR", "line_items": [line]}
    ended = {"cancelled_at": _instant(cancelled_at), "cancel_reason": "other"} if cancelled_at else {}
    return json.dumps(body | ended).encode()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
