"""What a region of a size declares: master data as catalog loads it, and its partners as resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connector.profiles import API_VERSION, KIND, profile_of
from crossdock.connector.v1 import partner_pb2

from load_profile import Region, Size
from load_profile.documents import plant, vendor

Rows = dict[str, Any]


def master_data(region: Region, size: Size, before: Size | None) -> Rows:
    """What is new since the size before."""
    suppliers, sites, items = (_new(name, size, before) for name in ("suppliers", "warehouses", "items"))
    codes = [{"kind": "CODE_KIND_UNIT", "partner_code": "ST", "canonical": "EA"}] if before is None else []
    codes += [
        {"kind": "CODE_KIND_PARTY", "partner_code": vendor(region, each), "canonical": region.party(each)}
        for each in suppliers
    ]
    codes += [
        {"kind": "CODE_KIND_LOCATION", "partner_code": plant(region, each), "canonical": region.site(each)}
        for each in sites
    ]
    rows: Rows = {
        "items": [{"sku": region.item(each), "description": f"Article {each}", "base_unit": "EA"} for each in items],
        "parties": [
            {"party_id": region.party(each), "name": f"Supplier {each}", "roles": ["PARTY_ROLE_SUPPLIER"]}
            for each in suppliers
        ],
        "locations": [
            {
                "location_id": region.site(each),
                "name": region.site(each),
                "kind": "LOCATION_KIND_WAREHOUSE",
                "zone": region.zone,
                "business_unit": region.business_unit,
                "system": region.warehouse(each).upper(),
            }
            for each in sites
        ],
        "crosswalk": {region.erp: codes} if region.own_codes else {},
    }
    return {kind: each for kind, each in rows.items() if each}


def partners(region: Region, size: Size, before: Size | None, erp_url: str) -> Iterator[partner_pb2.PartnerProfile]:
    """Those that are new since the size before."""
    if before is None:
        yield _profile(region, region.erp, _erp(region, erp_url))
        yield _profile(region, region.carrier, _carrier(region))
    for each in _new("suppliers", size, before):
        yield _profile(region, region.supplier(each), _supplier(region, each))
    for each in _new("warehouses", size, before):
        yield _profile(region, region.warehouse(each), _warehouse(region, each))


def _new(name: str, size: Size, before: Size | None) -> range:
    return range(getattr(before, name) if before else 0, getattr(size, name))


def _profile(region: Region, name: str, spec: Rows) -> partner_pb2.PartnerProfile:
    everyones = {
        "businessUnit": region.business_unit,
        "stage": "live",
        "rateLimit": {"perSecond": 500, "burst": 500},
        "calendar": {"zone": region.zone},
    }
    drop = {"transport": {"fileDrop": {"inbox": f"{name}/in", "outbox": f"{name}/out"}}}
    resource = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": everyones | drop | spec}
    return profile_of(resource)


def _erp(region: Region, url: str) -> Rows:
    posts = region.erp_transport == "http"
    routes = [
        {"kind": "json.purchase_order", "direction": "IN", "path": "purchase-orders"},
        {"kind": "json.goods_receipt", "direction": "OUT", "path": "/goods-receipts"},
        {"kind": "json.stock_movement", "direction": "OUT", "path": "/stock-movements"},
    ]
    by_api = {"transport": {"http": {"url": url, "credentials": f"{region.erp}-key", "timeout": "30s"}}}
    return {"role": "ERP", "system": region.erp.upper(), "documents": routes} | (by_api if posts else {})


def _carrier(region: Region) -> Rows:
    routes = [{"kind": region.tender, "direction": "OUT", "path": "/tenders"}]
    return {"role": "CARRIER", "documents": routes} | _edi(region.tender, "CARRIER" + region.name.upper())


def _supplier(region: Region, number: int) -> Rows:
    routes = [{"kind": region.orders, "direction": "OUT", "path": "/orders"}]
    if region.certificates:
        routes.append({"kind": "json.compliance_certificate", "direction": "IN", "path": "certificates"})
    edi = _edi(region.orders, f"S{number}{region.name.upper()}")
    return {"role": "SUPPLIER", "partyId": region.party(number), "documents": routes} | edi


def _edi(kind: str, name: str) -> Rows:
    if not kind.startswith("x12"):
        return {}
    return {"edi": {"partnerId": f"ZZ:{name}", "ownId": "ZZ:ACME"}, "timers": {"functionalAck": "86400s"}}


def _warehouse(region: Region, number: int) -> Rows:
    routes = [{"kind": "wms_a.receipt", "direction": "IN", "path": "receipts"}]
    system = region.warehouse(number).upper()
    return {"role": "WMS", "system": system, "locations": [region.site(number)], "documents": routes}
