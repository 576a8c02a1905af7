"""What a tenant does in a day, every kind of business once: what another tenant then must not learn of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from connector.profiles import read_profile
from crossdock.catalog.v1 import catalog_service_pb2 as catalog_pb
from crossdock.catalog.v1 import master_data_pb2 as master
from crossdock.connector.v1 import connector_service_pb2 as connector_pb
from crossdock.connector.v1 import partner_pb2
from crossdock.delivery.v1 import delivery_service_pb2 as delivery_pb
from crossdock.fulfillment.v1 import allocation_service_pb2 as allocation_pb
from crossdock.fulfillment.v1 import check_service_pb2 as check_pb
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as fulfillment_pb
from crossdock.fulfillment.v1 import return_pb2, sales_order_pb2
from crossdock.fulfillment.v1 import return_service_pb2 as return_pb
from crossdock.inventory.v1 import inventory_service_pb2 as inventory_pb
from crossdock.inventory.v1 import stock_control_service_pb2 as control_pb
from crossdock.inventory.v1 import stock_move_pb2
from crossdock.inventory.v1 import stock_transfer_pb2 as transfer_pb
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement_pb
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb
from crossdock_kit import policy
from crossdock_kit.database import transaction
from crossdock_kit.policy import NewRule, Scope
from delivery_cases.calls import origin as carrier
from delivery_cases.calls import planned, word
from fulfillment_cases.calls import line as wanted_line
from fulfillment_cases.calls import origin as said_by
from fulfillment_cases.calls import placement
from fulfillment_cases.warehouse import Site, now, reported
from google.protobuf.message import Message
from google.type import date_pb2
from procurement_cases.calls import (
    agreed,
    agreement,
    answer,
    appointment,
    arrival,
    arriving,
    billed,
    booking,
    certified,
    counted,
    decision,
    invoicing,
    line,
    packed,
    quantity,
    release,
    shipment,
    submission,
    verdict,
)

from foreign_calls.suite import Suite

DAY = Path(__file__).resolve().parents[3] / "partners" / "day" / "partners"
CANARY = "K4N4R1"
ALLOCATED = "shop-of-the-erp"
SKU, ORDER, NOTICE, RECEIPT, INVOICE = (f"{kind}-{CANARY}" for kind in ("SKU", "PO", "ASN", "GR", "INV"))
PATIENCE_SECONDS = 60


async def eventually(attempt: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                if found := await attempt():
                    return found
            except grpc.aio.AioRpcError as error:
                # Refused as long as catalog's news has not come round.
                if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                    raise
            await asyncio.sleep(0.05)


def master_data() -> Message:
    return catalog_pb.PutMasterDataRequest(
        request_id=str(uuid4()),
        system="MDM",
        role=options_pb2.ROLE_MDM,
        items=[master.Item(sku=SKU, base_unit="EA", packaging=[master.Packaging(unit="XCS", base_quantity="12")])],
        parties=[
            master.Party(party_id="SUP-NORDIC", name=f"Nordic {CANARY}", roles=[master.PARTY_ROLE_SUPPLIER]),
            master.Party(party_id="CUS-SHOP", name="Shop", roles=[master.PARTY_ROLE_CUSTOMER]),
        ],
        locations=[
            master.Location(location_id=name, kind=master.LOCATION_KIND_WAREHOUSE, zone="Europe/Berlin")
            for name in ("WH-EAST", "WH-WEST")
        ],
    )


async def a_days_work(suite: Suite) -> None:
    """What acme does: master data, an order with its whole life, stock and a reservation, a partner and a document."""
    await suite.seed("catalog", "PutMasterData", master_data())
    lines = [line("10", 100, SKU)]
    await eventually(lambda: suite.seed("procurement", "SubmitPurchaseOrder", submission(ORDER, lines)))
    await suite.seed("procurement", "SubmitBlanketOrder", agreement(f"B-{CANARY}", agreed(100, SKU)))
    await suite.seed("procurement", "ReleaseBlanketOrder", release(f"B-{CANARY}", "1", 10, SKU))
    await suite.seed("procurement", "AcknowledgePurchaseOrder", answer(ORDER))
    await suite.seed("procurement", "RecordShipNotice", shipment(NOTICE, packed(ORDER, 60, sku=SKU)))
    await suite.seed("procurement", "RecordDockAppointment", appointment(f"AP-{CANARY}", NOTICE))
    eta = arriving(6, supplier_id="SUP-NORDIC", ship_notice_number=NOTICE)
    await suite.seed("procurement", "RecordInboundEta", eta)
    await suite.seed("procurement", "RecordInboundBooking", booking(ORDER, 6))
    received = counted(60, SKU, purchase_order_number=ORDER, line_number="10", ship_notice_number=NOTICE)
    await suite.seed("procurement", "RecordReceipt", arrival(RECEIPT, received))
    await suite.seed("procurement", "RecordCertificate", certified(f"COA-{CANARY}", SKU))
    await suite.seed("procurement", "RecordSupplierInvoice", invoicing(INVOICE, billed(ORDER, 60)))
    too_much: Any = await suite.seed(
        "procurement", "RecordSupplierInvoice", invoicing(f"2-{INVOICE}", billed(ORDER, 30))
    )
    word = decision(too_much.supplier_invoice.invoice_id, procurement_pb.DECISION_ACCEPT, line_ids=["1"])
    await suite.seed("procurement", "DecideInvoiceMatch", word)
    paid = verdict(too_much.supplier_invoice.invoice_id, invoice_pb.VERDICT_PAID, number=f"51-{CANARY}")
    await suite.seed("procurement", "RecordInvoiceVerdict", paid)
    wanted = inventory_pb.ReservationRequest(
        request_id=str(uuid4()),
        business_unit="EU01",
        channel="web",
        reference=f"cart-{CANARY}",
        lines=[inventory_pb.ReservationLine(sku=SKU, quantity=quantity(5))],
    )
    await eventually(lambda: _reserved(suite, wanted))
    await eventually(lambda: _sold(suite))
    await _allocated(suite)
    await _checked(suite)
    await suite.seed("inventory", "RecordStockReport", found())
    await suite.seed("inventory", "RecordStatement", held())
    await suite.seed("inventory", "RecordStockMoves", held_back())
    for name, request in transferred().items():
        await suite.seed("inventory", name, request)
    await _shipped(suite)
    packing = Site(None, "WH-EAST").packing(f"SH-{CANARY}", reported(f"SO-{CANARY}", SKU, 2))
    await suite.seed("fulfillment", "RecordPacking", packing)
    for name in ("RecordReturnReceipt", "RecordReturnInspection"):
        await suite.seed("fulfillment", name, came_back(name))
    profile = read_profile(DAY / "sup-nordic.yaml")
    profile.ownership.add(attribute="Posting.wanted", writers=[options_pb2.ROLE_ERP])
    partner = connector_pb.PutPartnerRequest(request_id=str(uuid4()), profile=profile)
    await suite.seed("connector", "PutPartner", partner)
    await suite.seed("connector", "CheckPartner", connector_pb.CheckPartnerRequest(profile=profile))
    await suite.seed("connector", "PutPartner", _polled_carrier())
    reset = connector_pb.ResetCursorRequest(request_id=str(uuid4()), partner=f"car-{CANARY}".lower())
    await suite.seed("connector", "ResetCursor", reset)
    document = connector_pb.SubmitDocumentRequest(
        request_id=str(uuid4()), partner=profile.partner, name=f"{CANARY}.txt", content=f"no EDI {CANARY}".encode()
    )
    await suite.seed("connector", "SubmitDocument", document)


def _polled_carrier() -> Message:
    """A stopped carrier whose trackers are asked for: what is reset only while it is stopped can be."""
    profile = read_profile(DAY / "sup-nordic.yaml")
    profile.partner, profile.role, profile.state = f"car-{CANARY}".lower(), options_pb2.ROLE_CARRIER, "stopped"
    profile.transport.http.url = "https://carrier.example"
    del profile.documents[:]
    route = profile.documents.add(kind="easypost.tracker", direction=partner_pb2.DIRECTION_IN, path="trackers")
    route.poll.cursor.parameter, route.poll.cursor.pointer = "after", "/next"
    return connector_pb.PutPartnerRequest(request_id=str(uuid4()), profile=profile)


def came_back(name: str) -> Message:
    """A return that nobody authorised, and what becomes of it."""
    line = return_pb2.ReturnedLine(
        line_number="1", sku=SKU, quantity=quantity(1), disposition=return_pb2.DISPOSITION_RESTOCK
    )
    said: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": said_by(options_pb2.ROLE_WMS, "WH-EAST"),
        "business_unit": "EU01",
        "number": f"RR-{CANARY}",
        "location_id": "WH-EAST",
        "return_number": f"R-{CANARY}",
        "order_number": f"SO-{CANARY}",
        "lines": [line],
    }
    if name == "RecordReturnReceipt":
        return return_pb.RecordReturnReceiptRequest(**said, received_at=now())
    return return_pb.RecordReturnInspectionRequest(**said, inspected_at=now())


def found() -> Message:
    """What a warehouse threw away."""
    line = control_pb.ReportedStock(sku=SKU, bucket=inventory_pb.ACCOUNT_SELLABLE, change=quantity(-1), reason="07")
    return control_pb.RecordStockReportRequest(
        request_id=str(uuid4()),
        origin=said_by(options_pb2.ROLE_WMS, "WH-EAST"),
        number=f"ADJ-{CANARY}",
        location_id="WH-EAST",
        business_unit="EU01",
        found_at=now(),
        lines=[line],
    )


def held_back() -> Message:
    """What quality does not let go yet."""
    line = stock_move_pb2.MovedStock(
        sku=SKU, kind=stock_move_pb2.STOCK_MOVE_KIND_HOLD_PLACED, quantity=quantity(1), reason=f"lab {CANARY}"
    )
    return stock_move_pb2.RecordStockMovesRequest(
        request_id=str(uuid4()),
        origin=said_by(options_pb2.ROLE_WMS, "WH-EAST"),
        number=f"QH-{CANARY}",
        location_id="WH-EAST",
        business_unit="EU01",
        moved_at=now(),
        lines=[line],
    )


def transferred() -> dict[str, Message]:
    """Goods that went to another place of ours, and what has come of them."""
    part = transfer_pb.TransferredStock(sku=SKU, quantity=quantity(1))
    sent = transfer_pb.SendTransferRequest(
        request_id=str(uuid4()),
        origin=said_by(options_pb2.ROLE_WMS, "WH-EAST"),
        number=f"TO-{CANARY}",
        business_unit="EU01",
        from_location_id="WH-EAST",
        to_location_id="WH-WEST",
        sent_at=now(),
        expected_on=date_pb2.Date(year=2030, month=1, day=1),
        lines=[part],
    )
    received = transfer_pb.RecordTransferReceiptRequest(
        request_id=str(uuid4()),
        origin=said_by(options_pb2.ROLE_WMS, "WH-WEST"),
        number=f"TR-{CANARY}",
        transfer_number=f"TO-{CANARY}",
        business_unit="EU01",
        location_id="WH-WEST",
        received_at=now(),
        lines=[part],
    )
    asked = transfer_pb.GetTransferRequest(number=f"TO-{CANARY}", business_unit="EU01")
    return {"SendTransfer": sent, "RecordTransferReceipt": received, "GetTransfer": asked}


def held() -> Message:
    """What it says that it holds, which is not what the ledger says."""
    stated = control_pb.StatedStock(sku=SKU, bucket=inventory_pb.ACCOUNT_SELLABLE, quantity=quantity(1))
    return control_pb.RecordStatementRequest(
        request_id=str(uuid4()),
        origin=said_by(options_pb2.ROLE_WMS, "WH-EAST"),
        number=f"ST-{CANARY}",
        location_id="WH-EAST",
        business_unit="EU01",
        as_of=now(),
        buckets=[inventory_pb.ACCOUNT_SELLABLE],
        lines=[stated],
    )


async def _reserved(suite: Suite, wanted: Any) -> bool:
    """Reserves once the receipt has become stock; a refusal is an answer for ever, so each attempt has its own id."""
    wanted.request_id = str(uuid4())
    request = inventory_pb.ReserveStockRequest(reservations=[wanted])
    answered: Any = await suite.seed("inventory", "ReserveStock", request)
    return bool(answered.results[0].WhichOneof("outcome") == "reservation")


async def _sold(suite: Suite) -> Message:
    """A sales order, once fulfillment knows its item and its customer, and who receives it."""
    request = placement(f"SO-{CANARY}", [wanted_line("1", 2, SKU)])
    request.order.consignee.name = f"Jane {CANARY}"
    placed: Any = await suite.seed("fulfillment", "PlaceOrder", request)
    named = fulfillment_pb.BatchGetConsigneesRequest(order_ids=[placed.order.order_id])
    return await suite.seed("fulfillment", "BatchGetConsignees", named)


async def _checked(suite: Suite) -> None:
    """An order that a check holds and a person lets through."""
    rule = NewRule(key="fulfillment.credit_check", value={}, valid_from=datetime(2026, 1, 1, tzinfo=UTC))
    async with transaction(suite.running["fulfillment"].app.engine, ["acme"]) as tx:
        await policy.add(tx.driver, "acme", rule)
    lines = [wanted_line("1", 2, SKU)]
    placed: Any = await suite.seed(
        "fulfillment", "PlaceOrder", placement(f"SC-{CANARY}", lines, channel_confirmed=True)
    )
    answered = check_pb.RecordCheckRequest(
        request_id=str(uuid4()),
        origin=said_by(options_pb2.ROLE_ERP, "ERP-EU"),
        check_id=placed.order.checks[0].check_id,
        verdict=check_pb.CHECK_VERDICT_REFUSED,
        reason=f"over {CANARY}",
        answered_at=now(),
    )
    await suite.seed("fulfillment", "RecordCheck", answered)
    release = check_pb.ReleaseHoldRequest(
        request_id=str(uuid4()),
        order_id=placed.order.order_id,
        kind=sales_order_pb2.CHECK_KIND_CREDIT,
        reason=f"paid {CANARY}",
    )
    await suite.seed("fulfillment", "ReleaseHold", release)


async def _allocated(suite: Suite) -> None:
    """An order of which the ERP, which allocates it, allocates nothing."""
    rule = NewRule(
        key="fulfillment.allocates_by",
        value={"role": "ERP"},
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        scope=Scope(partner=ALLOCATED),
    )
    async with transaction(suite.running["fulfillment"].app.engine, ["acme"]) as tx:
        await policy.add(tx.driver, "acme", rule)
    lines = [wanted_line("1", 2, SKU)]
    placed: Any = await suite.seed(
        "fulfillment", "PlaceOrder", placement(f"SA-{CANARY}", lines, channel=ALLOCATED, channel_confirmed=True)
    )
    answered = allocation_pb.RecordAllocationRequest(
        request_id=str(uuid4()),
        origin=said_by(options_pb2.ROLE_ERP, "ERP-EU"),
        allocation_id=f"{placed.order.order_id}:1:1",
        allocated_at=now(),
    )
    await suite.seed("fulfillment", "RecordAllocation", answered)


async def _shipped(suite: Suite) -> None:
    """A shipment on its way, with a word of its carrier."""
    await suite.seed("delivery", "CreateShipment", planned(f"SH-{CANARY}", f"1Z{CANARY}"))
    said = delivery_pb.RecordCarrierUpdatesRequest(
        request_id=str(uuid4()), origin=carrier(), updates=[word("AF", 1, f"1Z{CANARY}", text=f"left {CANARY}")]
    )
    await suite.seed("delivery", "RecordCarrierUpdates", said)
