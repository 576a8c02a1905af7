"""A business unit in the north that is loaded while the stack runs: its warehouse, its ERP, ten pieces on a shelf."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import grpc
from crossdock.common.v1.values_pb2 import Origin
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.options.v1 import options_pb2
from crossdock_local.surroundings import partner_secrets
from partners.faults import Faults
from partners.journal import Journal
from partners.sales_ledger import SalesLedger
from partners.stock_book import StockBook
from partners.web import Door, Post, Site
from partners.wms_a import WarehouseA
from procurement_cases.calls import quantity

from small_day import SmallDay, few_orders

NORTH = """
items: [{sku: N9500, base_unit: EA}]
parties: [{party_id: CUS-NORTH, name: Northern shop, roles: [PARTY_ROLE_CUSTOMER]}]
locations:
  - {location_id: WH-NORTH, kind: LOCATION_KIND_WAREHOUSE, zone: Europe/Berlin, business_unit: NO01, system: WMS-NORTH}
crosswalk:
  wms-north:
    - {kind: CODE_KIND_LOCATION, partner_code: NORTH1, canonical: WH-NORTH}
    - {kind: CODE_KIND_UNIT, partner_code: EACH, canonical: EA}
---
apiVersion: crossdock.dev/v1alpha1
kind: PartnerConnector
metadata: {name: wms-north}
spec:
  role: WMS
  system: WMS-NORTH
  businessUnit: NO01
  locations: [WH-NORTH]
  transport: {http: {url: "%s", credentials: wms-north-key, webhookSecret: wms-north-webhook, timeout: 30s}}
  retry: {first: 0.2s, longest: 1s, breakerPause: 1s}
  documents:
    - {kind: wms_a.pick_request, direction: OUT, path: /pick-requests}
    - {kind: wms_a.pick, direction: IN, path: picks}
    - {kind: wms_a.packing, direction: IN, path: packings}
    - {kind: wms_a.goods_issue, direction: IN, path: goods-issues}
    - {kind: wms_a.count, direction: IN, path: counts}
    - {kind: wms_a.stock_statement, direction: IN, path: statements}
  stage: live
---
apiVersion: crossdock.dev/v1alpha1
kind: PartnerConnector
metadata: {name: erp-north}
spec:
  role: ERP
  system: ERP-NORTH
  businessUnit: NO01
  transport: {http: {url: "%s", credentials: erp-north-key, webhookSecret: erp-north-webhook, timeout: 30s}}
  documents:
    - {kind: json.posting_request, direction: OUT, path: /posting-requests}
    - {kind: json.posting_result, direction: IN, path: posting-results}
    - {kind: json.stock_movement, direction: OUT, path: /stock-movements}
  retry: {first: 0.2s, longest: 1s, breakerPause: 1s}
  stage: live
"""


@dataclass(frozen=True, slots=True)
class North:
    """Who trades there, and the post by which they write."""

    warehouse: WarehouseA
    books: SalesLedger
    stock_book: StockBook
    post: Post


@asynccontextmanager
async def north_opened(day: SmallDay, file: Path) -> AsyncIterator[North]:
    """Opens their doors and loads the unit. Two of the ten pieces will not be found by the warehouse."""
    key, hook = "k" * 24, "whsec_" + base64.b64encode(b"w" * 32).decode()
    folder = partner_secrets(day.stage.place.secrets)
    for name in ("wms-north", "erp-north"):
        (folder / f"{name}-key").write_text(key)
        (folder / f"{name}-webhook").write_text(hook)
    journal, site = Journal(), Site()
    post = Post(day.stage.ingress, journal, {"wms-north": hook, "erp-north": hook})
    warehouse = WarehouseA("wms-north", "WH-NORTH", replace(few_orders(), orders=()), {}, post)
    warehouse.floor.missing["N9500"] = Decimal(2)
    books, stock_book = SalesLedger("erp-north", post, Faults()), StockBook()
    office = Door("erp-north", key, journal, books.faults)
    books.open_at(office)
    stock_book.open_at(office)
    urls = [f"http://127.0.0.1:{await site.open(each)}" for each in (warehouse.door(key, journal), office)]
    file.write_text(NORTH % tuple(urls))
    try:
        assert (await day.crossdock("load", str(file))).code == 0
        await ten_of_n9500(day)
        yield North(warehouse, books, stock_book, post)
    finally:
        await post.close()
        await site.close()
        journal.close()


async def ten_of_n9500(day: SmallDay) -> None:
    """Stock at WH-NORTH, once inventory knows the item."""
    booked = inventory.Adjustment(
        sku="N9500",
        location_id="WH-NORTH",
        business_unit="NO01",
        bucket=inventory.ACCOUNT_SELLABLE,
        quantity=quantity("10"),
        reason="OPENING",
    )
    said = Origin(system="WMS-NORTH", role=options_pb2.ROLE_WMS, document=str(uuid4()))
    said.occurred_at.GetCurrentTime()
    async with asyncio.timeout(60):
        while True:
            request = inventory.AdjustStockRequest(request_id=str(uuid4()), origin=said, adjustments=[booked])
            try:
                await day.suite.call(day.suite.inventory.AdjustStock, request)
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                    raise
                await asyncio.sleep(0.1)
            else:
                return


async def one_is_missing(day: SmallDay, post: Post, stock_book: StockBook) -> None:
    """Four are counted where five should be: the ERP posts the one, and there is nothing left to decide."""
    line = {"sku": "N9500", "condition": "OK", "counted": "4", "uom": "EACH"}
    count = {"type": "COUNT", "number": "CC-NORTH", "warehouse": "NORTH1", "countedAt": datetime.now(UTC).isoformat()}
    await post.send("wms-north", "counts", "wms_a.count", "CC-NORTH", count | {"lines": [line]})
    await day.until(lambda: counted(day), lambda found: found == {("CC-NORTH", "posted", "4900000001")})
    [adjusted] = stock_book.booked.values()
    said = [(each["direction"], each["quantity"], each["reason"]) for each in adjusted["lines"]]
    assert said == [("decrease", "1", "AA")]
    words = ("--reject", "--reason", "found it")
    refusal = await day.crossdock("stock", "decide", adjusted["movementId"], *words)
    assert (refusal.code, "FAILED_PRECONDITION" in refusal.err) == (1, True), refusal.err
    await one_is_stated_more(day, post)


async def one_is_stated_more(day: SmallDay, post: Post) -> None:
    """The warehouse states five where four were counted: shown, and booked for a reason."""
    line = {"sku": "N9500", "condition": "OK", "qty": "5", "uom": "EACH"}
    head = {"type": "STOCK_STATEMENT", "number": "ST-NORTH", "warehouse": "NORTH1", "complete": True}
    stated = head | {"asOf": datetime.now(UTC).isoformat(), "lines": [line]}
    await post.send("wms-north", "statements", "wms_a.stock_statement", "ST-NORTH", stated)
    words = ("stock", "reconcile", "WH-NORTH", "--business-unit", "NO01")
    await day.until(lambda: day.crossdock(*words), lambda said: "1 differences" in said.out)
    booked = await day.crossdock(*words, "--book", "AA")
    assert (booked.code, booked.out) == (0, "1 movements booked; the ERP posts it\n"), booked.err
    assert "0 differences" in (await day.crossdock(*words)).out


async def counted(day: SmallDay) -> set[tuple[str, str, str]]:
    """What counts moved, and what the ERP says of it."""
    request = inventory.ListMovementsRequest(sku="N9500")
    found = (await day.suite.call(day.suite.inventory.ListMovements, request)).movements
    told = [each for each in found if each.reason == "AA"]
    return {(each.document.split("/")[1], each.posting_state, each.posting_number) for each in told}
