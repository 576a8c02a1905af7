"""Who trades in a run: 200 items of which 5 are scarce, 22 partners, and the orders that the ERP places.

A seed makes the same world again. Every order knows the end that it must reach whatever fails meanwhile.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.profiles import profile_of
from crossdock.connector.v1 import partner_pb2
from partners.books import ItemCard
from partners.day import Day, Line, Order, Step, read_step
from partners.sales import tms

from faults import shelves

SKUS = tuple(f"F{number:04d}" for number in range(1, 201))
SCARCE = SKUS[:5]
NEVER_THERE = "F0900"
"""An item that nobody ever has."""
SITES = {"WH-EAST": "wms-east", "WH-WEST": "wms-west", "WH-SOUTH": "wms-south"}
PLANTS = {"WH-EAST": "1010", "WH-WEST": "1020", "WH-SOUTH": "1030"}
EDI = tuple(f"sup-edi-{number}" for number in range(1, 9))
API = tuple(f"sup-api-{number}" for number in range(1, 9))
SUPPLIERS = (*EDI, *API)
ERP, CARRIER, TMS, UNIT = "erp-eu", "car-swift", tms.PARTNER, "EU01"
CUSTOMERS = ("CUS-FORGE", "CUS-MILL")
PARTNERS = (ERP, CARRIER, TMS, *SITES.values(), *SUPPLIERS)
_RETRY = {"attempts": 100, "first": "0.2s", "longest": "2s", "breakerFailures": 5, "breakerPause": "1s"}
_EDI_KINDS = (
    ("x12.850", "OUT"),
    ("x12.860", "OUT"),
    ("x12.997", "OUT"),
    ("x12.855", "IN"),
    ("x12.865", "IN"),
    ("x12.856", "IN"),
    ("x12.997", "IN"),
)
_ERP_ROUTES = (
    ("json.purchase_order", "IN", "purchase-orders"),
    ("json.order_confirmation", "OUT", "/order-confirmations"),
    ("json.goods_receipt", "OUT", "/goods-receipts"),
    ("json.invoice_match", "OUT", "/invoice-matches"),
    ("json.posting_request", "OUT", "/posting-requests"),
    ("json.posting_result", "IN", "posting-results"),
)
_WMS_ROUTES = (
    ("wms_a.expected_receipt", "OUT", "/expected-receipts"),
    ("wms_a.receipt", "IN", "receipts"),
    ("wms_a.pick_request", "OUT", "/pick-requests"),
    ("wms_a.pick_recall", "OUT", "/pick-recalls"),
    ("wms_a.recall_result", "IN", "recall-results"),
    ("wms_a.pick", "IN", "picks"),
    ("wms_a.packing", "IN", "packings"),
    ("wms_a.goods_issue", "IN", "goods-issues"),
    ("wms_a.return_receipt", "IN", "return-receipts"),
    ("wms_a.return_inspection", "IN", "return-inspections"),
)
_TMS_ROUTES = (
    ("json.load_tender", "OUT", "/load-tenders"),
    ("json.tender_response", "IN", "tender-responses"),
)
SCENES = {"plain": 50, "amended": 16, "cancelled": 12, "notice twice": 11, "receipt twice": 11}


@dataclass(frozen=True, slots=True)
class Zipf:
    """Draws items: the scarce ones first and most often."""

    items: Sequence[str] = SKUS
    exponent: float = 1.1

    def draw(self, chance: random.Random) -> str:
        weights = [1 / (rank**self.exponent) for rank in range(1, len(self.items) + 1)]
        return chance.choices(self.items, cum_weights=list(itertools.accumulate(weights)))[0]


def master_data(today: date) -> dict[str, Any]:
    """In the shape of catalog's PutMasterDataRequest."""
    plain = [{"sku": sku, "description": f"Item {sku}", "base_unit": "EA"} for sku in (*SKUS, NEVER_THERE)]
    return {
        "items": [*plain, *shelves.items(today)],
        "parties": [
            *({"party_id": party(name), "name": name, "roles": ["PARTY_ROLE_SUPPLIER"]} for name in SUPPLIERS),
            *({"party_id": name, "name": name, "roles": ["PARTY_ROLE_CUSTOMER"]} for name in CUSTOMERS),
        ],
        "locations": [
            {
                "location_id": site,
                "name": site,
                "kind": "LOCATION_KIND_WAREHOUSE",
                "zone": "Europe/Berlin",
                "system": wms.upper(),
                "business_unit": UNIT,
            }
            for site, wms in SITES.items()
        ],
        "crosswalk": {ERP: _erp_codes()} | {wms: _wms_codes(site, wms) for site, wms in SITES.items()},
    }


def _erp_codes() -> list[dict[str, str]]:
    vendors = [_code("PARTY", own, party(name)) for name, own in vendors_of_erp().items()]
    plants = [_code("LOCATION", own, site) for site, own in PLANTS.items()]
    debtors = [_code("PARTY", f"D{200 + place}", name) for place, name in enumerate(CUSTOMERS)]
    return [*vendors, *debtors, *plants, _code("UNIT", "ST", "EA")]


def _wms_codes(site: str, wms: str) -> list[dict[str, str]]:
    return [_code("LOCATION", f"{wms.removeprefix('wms-').upper()}1", site), _code("UNIT", "EACH", "EA")]


def _code(kind: str, own: str, canonical: str) -> dict[str, str]:
    return {"kind": f"CODE_KIND_{kind}", "partner_code": own, "canonical": canonical}


def party(partner: str) -> str:
    return partner.upper()


def vendors_of_erp() -> dict[str, str]:
    return {name: f"V{100 + place}" for place, name in enumerate(SUPPLIERS)}


def cards() -> dict[str, ItemCard]:
    return {sku: ItemCard(sku, "EA", None) for sku in SKUS}


def profiles() -> list[partner_pb2.PartnerProfile]:
    return [profile_of(_resource(name, _spec(name))) for name in PARTNERS]


def _resource(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    base = {"businessUnit": UNIT, "retry": _RETRY, "rateLimit": {"perSecond": 500, "burst": 500}, "stage": "live"}
    kind = {"apiVersion": "crossdock.dev/v1alpha1", "kind": "PartnerConnector"}
    return {**kind, "metadata": {"name": name}, "spec": {**base, **spec}}


def _spec(name: str) -> dict[str, Any]:
    if name == ERP:
        return _over_http(name, _ERP_ROUTES) | {"role": "ERP", "system": "ERP-EU"}
    if name == CARRIER:
        return _over_http(name, [("easypost.tracker", "IN", "trackers")]) | {"role": "CARRIER"}
    if name == TMS:
        return _over_http(name, _TMS_ROUTES) | {"role": "TMS"}
    if name in SITES.values():
        site = next(place for place, wms in SITES.items() if wms == name)
        return _over_http(name, _WMS_ROUTES) | {"role": "WMS", "system": name.upper(), "locations": [site]}
    supplier = {"role": "SUPPLIER", "partyId": party(name)}
    if name in API:
        routes = [("json.supplier_order", "OUT", "/orders"), ("json.order_response", "IN", "order-responses")]
        return supplier | _over_http(name, [*routes, ("json.ship_notice", "IN", "ship-notices")])
    return supplier | {
        "transport": {"fileDrop": {"inbox": f"{name}/in", "outbox": f"{name}/out"}},
        "edi": {"partnerId": f"ZZ:{name.removeprefix('sup-').upper()}", "ownId": "ZZ:ACME", "version": "004010"},
        "documents": [{"kind": kind, "direction": way} for kind, way in _EDI_KINDS],
        # An acknowledgment that a fault held up is not overdue in a run of minutes.
        "timers": {"functionalAck": "3600s", "acknowledgment": "86400s"},
    }


def _over_http(name: str, routes: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    http = {
        "url": "http://127.0.0.1:0",
        "credentials": f"{name}-key",
        "webhookSecret": f"{name}-webhook",
        "timeout": "3s",
    }
    return {
        "transport": {"http": http},
        "documents": [{"kind": kind, "direction": way, "path": path} for kind, way, path in routes],
    }


def day_of(seed: int, orders: int, tenant: str) -> Day:
    """So many orders, each of one scene, drawn by the seed."""
    chance, zipf = random.Random(seed), Zipf()
    today = datetime.now(UTC).date()
    wanted = (today + timedelta(days=10)).isoformat()
    made = tuple(_order(seed, number, chance, zipf, wanted) for number in range(1, orders + 1))
    return Day(tenant, UNIT, today.isoformat(), made)


def _order(seed: int, place: int, chance: random.Random, zipf: Zipf, wanted: str) -> Order:
    scene = chance.choices(list(SCENES), weights=list(SCENES.values()))[0]
    number = f"45{seed % 10000:04d}{place:04d}"
    skus = list(dict.fromkeys(zipf.draw(chance) for _ in range(chance.randint(1, 2))))
    lines = tuple(
        Line(str(10 * at), sku, Decimal(chance.randint(1, 40)), "EA", "2.50", wanted) for at, sku in enumerate(skus, 1)
    )
    supplier, site = chance.choice(SUPPLIERS), chance.choice(list(SITES))
    steps, end = _plot(scene, number, lines)
    return Order(number, supplier, site, scene, lines, steps, end, express=chance.random() < 0.2)


def _plot(scene: str, number: str, lines: tuple[Line, ...]) -> tuple[dict[str, tuple[Step, ...]], dict[str, Any]]:
    """Who does what in a scene, and the end that it must reach."""
    answer = {"when": "order:1", "do": "answer"}
    notice, receipt = f"SN-{number}", f"R-{number}"
    steps: dict[str, list[dict[str, Any]]]
    ship = {"when": "order:1", "do": "ship", "asn": notice}
    if scene == "cancelled":
        steps = {"erp_does": [{"when": "confirmed:1", "do": "cancel"}], "supplier_does": [answer]}
        return _steps(steps), _end(lines, "cancelled", 2)
    if scene == "amended":
        more = {int(line.number): str(line.quantity + 5) for line in lines}
        steps = {
            "erp_does": [{"when": "confirmed:1", "do": "change", "lines": more}],
            "supplier_does": [answer, {"when": "order:2", "do": "answer"}, {**ship, "when": "order:2"}],
        }
        return _steps(steps), _end(lines, "completed", 2, Decimal(5))
    if scene == "notice twice":
        return _steps({"supplier_does": [answer, {**ship, "times": 2}]}), _end(lines, "completed", 1)
    if scene == "receipt twice":
        at = {"when": f"asn:{notice}"}
        receive = {**at, "do": "receive", "asn": notice, "receipt": receipt}
        steps = {
            "supplier_does": [answer, ship],
            "warehouse_does": [receive, {**at, "do": "repeat", "receipt": receipt}],
        }
        return _steps(steps), _end(lines, "completed", 1)
    return _steps({"supplier_does": [answer, ship]}), _end(lines, "completed", 1)


def _steps(rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, tuple[Step, ...]]:
    return {who: tuple(read_step(row) for row in steps) for who, steps in rows.items()}


def _end(lines: tuple[Line, ...], state: str, revision: int, more: Decimal = Decimal(0)) -> dict[str, Any]:
    done = state == "completed"
    rows = {}
    for line in lines:
        quantity = str(line.quantity + more) if done else "0"
        kept = dict.fromkeys(("ordered", "confirmed", "shipped", "received", "on_hand"), quantity)
        rows[int(line.number)] = kept
    return {"state": state, "revision": revision, "lines": rows}
