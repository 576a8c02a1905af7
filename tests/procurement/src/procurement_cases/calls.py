"""Calls as ERP, supplier and warehouse would cause them, and what they leave behind: journal, exceptions, timers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import crossdock.procurement.events.v1.events_pb2 as facts
from crossdock.common.v1 import values_pb2 as common
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import blanket_order_pb2 as blanket
from crossdock.procurement.v1 import compliance_pb2 as compliance
from crossdock.procurement.v1 import dock_pb2 as dock
from crossdock.procurement.v1 import inbound_pb2 as inbound
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from crossdock.procurement.v1.supplier_invoice_pb2 import (
    INVOICE_KIND_CREDIT,
    InvoiceVerdict,
    SupplierInvoiceLine,
    Verdict,
)
from crossdock_kit.database import Engine, transaction
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

if TYPE_CHECKING:
    from crossdock.procurement.v1 import procurement_service_pb2_grpc as pb_grpc

DAY_ZERO = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_numbers = count(1)


def unique(prefix: str) -> str:
    """A number that no other test of this run uses."""
    return f"{prefix}-{next(_numbers)}-{uuid4().hex[:6]}"


def quantity(value: float | str, unit: str = "EA") -> common.Quantity:
    return common.Quantity(value=str(value), unit=unit)


def on(day: int) -> Date:
    """So many days after the day of the order."""
    found = (DAY_ZERO + timedelta(days=day)).date()
    return Date(year=found.year, month=found.month, day=found.day)


def as_date(message: Date) -> date:
    return date(message.year, message.month, message.day)


def at(hours: float) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(DAY_ZERO + timedelta(hours=hours))
    return stamp


def origin(system: str, role: Any, hours: float, document: str = "") -> common.Origin:
    return common.Origin(system=system, role=role, document=document or uuid4().hex, occurred_at=at(hours))


def line(number: str = "10", ordered: float | str = 100, sku: str = "BOLT", **more: Any) -> pb.OrderedLine:
    unit = more.pop("unit", "EA")
    price = more.pop("price", "2.50")
    unit_price = common.UnitPrice(money=common.Money(amount=price, currency="EUR"))
    return pb.OrderedLine(line_number=number, sku=sku, ordered=quantity(ordered, unit), price=unit_price, **more)


@dataclass
class Caller:
    """One tenant's caller on a running server; remembers nothing but its stub and where to look."""

    stub: pb_grpc.ProcurementServiceAsyncStub
    engine: Engine
    tenant: str
    timeout: float = field(default=20.0)

    async def submit(
        self, number: str, lines: Sequence[pb.OrderedLine] | None = None, *, hours: float = 0, **more: Any
    ) -> pb.SubmitPurchaseOrderResponse:
        request = submission(number, lines, hours=hours, **more)
        return await self.stub.SubmitPurchaseOrder(request, timeout=self.timeout)

    async def order(self, number: str) -> pb.GetPurchaseOrderResponse:
        request = pb.GetPurchaseOrderRequest(ref=inbound.PurchaseOrderRef(number=number))
        return await self.stub.GetPurchaseOrder(request, timeout=self.timeout)

    async def answer(
        self, number: str, *lines: pb.AcknowledgedLine, **more: Any
    ) -> pb.AcknowledgePurchaseOrderResponse:
        return await self.stub.AcknowledgePurchaseOrder(answer(number, *lines, **more), timeout=self.timeout)

    async def ship(self, asn: str, *lines: inbound.ShipNoticeLine, **more: Any) -> pb.RecordShipNoticeResponse:
        return await self.stub.RecordShipNotice(shipment(asn, *lines, **more), timeout=self.timeout)

    async def receive(self, number: str, *lines: inbound.ReceiptLine, **more: Any) -> pb.RecordReceiptResponse:
        return await self.stub.RecordReceipt(arrival(number, *lines, **more), timeout=self.timeout)

    async def invoice(self, number: str, *lines: SupplierInvoiceLine, **more: Any) -> pb.RecordSupplierInvoiceResponse:
        return await self.stub.RecordSupplierInvoice(invoicing(number, *lines, **more), timeout=self.timeout)

    async def journal(self, transaction_or_aggregate: str) -> list[Message]:
        """The facts of an aggregate, or all that stand in the timeline of an order, in the order of recording."""
        async with transaction(self.engine, [self.tenant]) as tx:
            rows = await tx.driver.fetch(
                "SELECT type, body FROM journal WHERE aggregate LIKE '%/' || $1 || '%' OR headers LIKE '%' || $1 || '%'"
                " ORDER BY recorded_at, event_id",
                transaction_or_aggregate,
            )
        return [getattr(facts, row["type"].rpartition(".")[2]).FromString(row["body"]) for row in rows]

    async def facts(self, order_id: str) -> list[str]:
        """Names of the facts in the timeline of an order."""
        return [type(each).__name__ for each in await self.journal(order_id)]

    async def exceptions(self, order_id: str) -> list[tuple[str, str, bool]]:
        """Code, owner and whether it is open, oldest first."""
        async with transaction(self.engine, [self.tenant]) as tx:
            rows = await tx.driver.fetch(
                "SELECT code, owner, resolved_at IS NULL AS open FROM exception"
                " WHERE transaction_ids @> ARRAY[$1] ORDER BY raised_at, exception_id",
                order_id,
            )
        return [(row["code"], row["owner"], row["open"]) for row in rows]

    async def timers(self, order_id: str) -> dict[str, datetime]:
        async with transaction(self.engine, [self.tenant]) as tx:
            rows = await tx.driver.fetch("SELECT kind, due_at FROM timer WHERE transaction_ids @> ARRAY[$1]", order_id)
        return {row["kind"]: row["due_at"] for row in rows}


def submission(
    number: str, lines: Sequence[pb.OrderedLine] | None = None, *, hours: float = 0, **more: Any
) -> pb.SubmitPurchaseOrderRequest:
    facts_of: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": origin("ERP-EU", options_pb2.ROLE_ERP, hours),
        "purpose": pb.ORDER_PURPOSE_UPSERT,
        "business_unit": "EU01",
        "number": number,
        "supplier_id": "SUP-NORDIC",
        "currency": "EUR",
        "incoterms": "FCA Rotterdam",
        "ordered_on": on(0),
        "ship_to_id": "WH-EAST",
        "lines": [line()] if lines is None else lines,
    }
    return pb.SubmitPurchaseOrderRequest(**facts_of | more)


def says(outcome: Any, amount: float | str | None = None, **more: Any) -> pb.LineAcknowledgment:
    unit = more.pop("unit", "EA")
    said = None if amount is None else quantity(amount, unit)
    return pb.LineAcknowledgment(outcome=outcome, quantity=said, **more)


def answered(number: str, *acknowledgments: pb.LineAcknowledgment, **more: Any) -> pb.AcknowledgedLine:
    return pb.AcknowledgedLine(line_number=number, acknowledgments=acknowledgments, **more)


def answer(number: str, *lines: pb.AcknowledgedLine, **more: Any) -> pb.AcknowledgePurchaseOrderRequest:
    supplier = more.get("supplier_id", "SUP-NORDIC")
    facts_of: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": origin(supplier, options_pb2.ROLE_SUPPLIER, more.pop("hours", 1)),
        "ref": inbound.PurchaseOrderRef(number=number),
        "supplier_id": supplier,
        "revision": 1,
        "revision_basis": pb.REVISION_BASIS_CARRIED,
        "lines": lines,
    }
    if not lines:
        facts_of["whole_order"] = pb.ACKNOWLEDGMENT_OUTCOME_ACCEPTED
    return pb.AcknowledgePurchaseOrderRequest(**facts_of | more)


def packed(order: str, amount: float | str, number: str = "10", **more: Any) -> inbound.ShipNoticeLine:
    unit = more.pop("unit", "EA")
    return inbound.ShipNoticeLine(
        purchase_order_number=order, line_number=number, shipped=quantity(amount, unit), **more
    )


def shipment(asn: str, *lines: inbound.ShipNoticeLine, **more: Any) -> pb.RecordShipNoticeRequest:
    supplier = more.get("supplier_id", "SUP-NORDIC")
    facts_of: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": origin(supplier, options_pb2.ROLE_SUPPLIER, more.pop("hours", 2)),
        "purpose": pb.NOTICE_PURPOSE_ORIGINAL,
        "number": asn,
        "supplier_id": supplier,
        "ship_to_id": "WH-EAST",
        "expected_on": on(5),
        "lines": lines,
    }
    return pb.RecordShipNoticeRequest(**facts_of | more)


def counted(amount: float | str, sku: str = "BOLT", **more: Any) -> inbound.ReceiptLine:
    unit = more.pop("unit", "EA")
    condition = more.pop("condition", inbound.CONDITION_GOOD)
    return inbound.ReceiptLine(sku=sku, quantity=quantity(amount, unit), condition=condition, **more)


def arrival(number: str, *lines: inbound.ReceiptLine, **more: Any) -> pb.RecordReceiptRequest:
    facts_of: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": origin(more.pop("system", "WMS-EAST"), options_pb2.ROLE_WMS, 3),
        "number": number,
        "location_id": "WH-EAST",
        "received_at": at(3),
        "lines": lines,
    }
    return pb.RecordReceiptRequest(**facts_of | more)


def appointment(number: str, *notices: str, day: int = 6, **more: Any) -> pb.RecordDockAppointmentRequest:
    window = common.DeliveryWindow(
        from_date=on(day),
        to_date=on(day),
        from_time=more.pop("begins", "08:00"),
        to_time=more.pop("ends", "09:30"),
        zone="Europe/Berlin",
    )
    said = origin(more.pop("system", "WMS-EAST"), more.pop("role", options_pb2.ROLE_WMS), more.pop("hours", 3))
    facts_of: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": said,
        "number": number,
        "location_id": "WH-EAST",
        "state": dock.APPOINTMENT_STATE_BOOKED,
        "window": window,
        "door": "D1",
        "ship_notices": [dock.ShipNoticeRef(number=each) for each in notices],
    }
    return pb.RecordDockAppointmentRequest(**facts_of | more)


def arriving(day: int, hours: float = 4, **more: Any) -> pb.RecordInboundEtaRequest:
    said = origin(more.pop("system", "TMS-1"), more.pop("role", options_pb2.ROLE_TMS), hours)
    eta = inbound.InboundEta(expected_on=on(day), **more)
    return pb.RecordInboundEtaRequest(request_id=str(uuid4()), origin=said, eta=eta)


def booking(order: str, day: int | None = None, hours: float = 4, **more: Any) -> pb.RecordInboundBookingRequest:
    """Booked, unless `state` says otherwise."""
    said = origin(more.pop("system", "TMS-1"), more.pop("role", options_pb2.ROLE_TMS), hours)
    ref = inbound.PurchaseOrderRef(number=order, business_unit=more.pop("business_unit", ""))
    terms: dict[str, Any] = {"number": "BK-1", "state": order_pb.BOOKING_STATE_BOOKED} | more
    booked = order_pb.InboundBooking(**terms, expected_on=None if day is None else on(day))
    return pb.RecordInboundBookingRequest(request_id=str(uuid4()), origin=said, ref=ref, booking=booked)


def certified(number: str, sku: str = "BOLT", lot: str = "", **more: Any) -> pb.RecordCertificateRequest:
    said = origin("SUP-NORDIC", more.pop("role", options_pb2.ROLE_SUPPLIER), more.pop("hours", 4))
    facts_of: dict[str, Any] = {
        "number": number,
        "supplier_id": "SUP-NORDIC",
        "kind": "COA",
        "sku": sku,
        "lot": lot,
        "document": f"{number}.json",
        "sha256": hashlib.sha256(number.encode()).hexdigest(),
        "size_bytes": 2048,
        "media_type": "application/pdf",
    }
    certificate = compliance.Certificate(**facts_of | more)
    return pb.RecordCertificateRequest(request_id=str(uuid4()), origin=said, certificate=certificate)


def decision(invoice_id: str, word: pb.Decision.ValueType, **more: Any) -> pb.DecideInvoiceMatchRequest:
    facts_of: dict[str, Any] = {
        "request_id": str(uuid4()),
        "invoice_id": invoice_id,
        "decision": word,
        "reason": "agreed",
    }
    return pb.DecideInvoiceMatchRequest(**facts_of | more)


def verdict(invoice_id: str, word: Verdict.ValueType, hours: float = 60, **more: Any) -> pb.RecordInvoiceVerdictRequest:
    said = {"reason": "", "number": "", "business_unit": "", **more}
    source = origin(said.pop("system", "ERP-EU"), said.pop("role", options_pb2.ROLE_ERP), hours)
    request = pb.RecordInvoiceVerdictRequest(request_id=str(uuid4()), origin=source, invoice_id=invoice_id)
    request.verdict.CopyFrom(InvoiceVerdict(verdict=word, given_at=at(hours), **said))
    return request


def agreement(
    number: str, *lines: blanket.BlanketOrderLine, hours: float = 0, **more: Any
) -> pb.SubmitBlanketOrderRequest:
    facts_of: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": origin("ERP-EU", more.pop("role", options_pb2.ROLE_ERP), hours),
        "purpose": pb.ORDER_PURPOSE_UPSERT,
        "business_unit": "EU01",
        "number": number,
        "supplier_id": "SUP-NORDIC",
        "currency": "EUR",
        "valid_from": on(-10),
        "valid_to": on(90),
        "lines": lines or [agreed()],
    }
    return pb.SubmitBlanketOrderRequest(**facts_of | more)


def agreed(amount: float | str = 100, sku: str = "BOLT", price: str = "2.50", **more: Any) -> blanket.BlanketOrderLine:
    unit_price = common.UnitPrice(money=common.Money(amount=price, currency="EUR"))
    asked = quantity(amount, more.pop("unit", "EA"))
    return blanket.BlanketOrderLine(line_number=f"10-{sku}", sku=sku, agreed=asked, price=unit_price, **more)


def release(number: str, release_number: str, amount: float | str, sku: str = "BOLT", **more: Any) -> Any:
    called = pb.ReleasedLine(sku=sku, quantity=quantity(amount, more.pop("unit", "EA")), date=on(20))
    facts_of: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": origin("PLANNING", more.pop("role", options_pb2.ROLE_CROSSDOCK), more.pop("hours", 5)),
        "business_unit": "EU01",
        "number": number,
        "release_number": release_number,
        "ordered_on": on(0),
        "ship_to_id": "WH-EAST",
        "lines": [called],
    }
    return pb.ReleaseBlanketOrderRequest(**facts_of | more)


def billed(order: str, value: float | str, amount: str = "2.50", number: str = "10") -> SupplierInvoiceLine:
    price = common.UnitPrice(money=common.Money(amount=amount, currency="EUR"))
    return SupplierInvoiceLine(purchase_order_number=order, line_number=number, quantity=quantity(value), price=price)


def invoicing(number: str, *lines: SupplierInvoiceLine, **more: Any) -> pb.RecordSupplierInvoiceRequest:
    facts_of: dict[str, Any] = {
        "request_id": str(uuid4()),
        "origin": origin("SUP-NORDIC", options_pb2.ROLE_SUPPLIER, 50),
        "number": number,
        "supplier_id": "SUP-NORDIC",
        "invoiced_on": on(0),
        "total": common.Money(amount="250.00", currency="EUR"),
        "lines": lines,
    }
    return pb.RecordSupplierInvoiceRequest(**facts_of | more)


def crediting(number: str, *lines: SupplierInvoiceLine, **more: Any) -> pb.RecordSupplierInvoiceRequest:
    return invoicing(number, *lines, kind=INVOICE_KIND_CREDIT, **more)
