"""The RPCs: wire in, use case or query, wire out. Errors are the server's table's, permissions its interceptor's."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import grpc
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import procurement_service_pb2_grpc
from crossdock_kit.clock import Clock
from crossdock_kit.context import actor

from procurement import queries
from procurement.ports import Snapshots, UnitOfWork
from procurement.use_cases.blanket_orders import release_blanket_order, submit_blanket_order
from procurement.use_cases.compliance import record_certificate
from procurement.use_cases.dock import record_dock_appointment
from procurement.use_cases.inbound_bookings import record_inbound_booking
from procurement.use_cases.inbound_eta import record_inbound_eta
from procurement.use_cases.naming import Mint
from procurement.use_cases.purchase_orders import (
    acknowledge_purchase_order,
    decide_proposed_change,
    submit_purchase_order,
)
from procurement.use_cases.receipts import record_receipt
from procurement.use_cases.ship_notices import record_ship_notice
from procurement.use_cases.supplier_invoices import (
    decide_invoice_match,
    record_invoice_verdict,
    record_supplier_invoice,
)
from procurement.wire import (
    accruals,
    answers,
    blanket_orders,
    compliance,
    docks,
    inbound,
    inbound_eta,
    inbound_plan,
    purchase_order,
    scores,
    supplier_invoices,
)

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class Opens(UnitOfWork, Snapshots, Protocol):
    """Works that change something, and reads that do not."""


class ProcurementService(procurement_service_pb2_grpc.ProcurementServiceServicer):
    def __init__(self, uow: Opens, mint: Mint, clock: Clock) -> None:
        self._uow, self._mint, self._clock = uow, mint, clock

    async def SubmitPurchaseOrder(
        self, request: pb.SubmitPurchaseOrderRequest, context: Context
    ) -> pb.SubmitPurchaseOrderResponse:
        command = purchase_order.submit(request)
        order, placement = await submit_purchase_order(command, self._uow, self._mint)
        return pb.SubmitPurchaseOrderResponse(
            purchase_order=purchase_order.order(order), placement=purchase_order.PLACEMENTS[placement]
        )

    async def GetPurchaseOrder(
        self, request: pb.GetPurchaseOrderRequest, context: Context
    ) -> pb.GetPurchaseOrderResponse:
        found = await queries.get_purchase_order(purchase_order.order_name(request.ref), self._uow)
        return pb.GetPurchaseOrderResponse(
            purchase_order=purchase_order.order(found.order),
            ship_notices=[inbound.ship_notice(each) for each in found.notices],
            receipts=[inbound.receipt(each) for each in found.receipts],
            supplier_invoices=[supplier_invoices.supplier_invoice(each) for each in found.invoices],
            documents=[purchase_order.placed_document(each) for each in found.order.documents],
            answers=[answers.line_answers(each) for each in found.order.lines if each.answers],
        )

    async def ListPurchaseOrders(
        self, request: pb.ListPurchaseOrdersRequest, context: Context
    ) -> pb.ListPurchaseOrdersResponse:
        found, more = await queries.list_purchase_orders(purchase_order.page(request), self._uow)
        return pb.ListPurchaseOrdersResponse(
            purchase_orders=[purchase_order.order(each) for each in found], next_page_token=more
        )

    async def ListInbound(self, request: pb.ListInboundRequest, context: Context) -> pb.ListInboundResponse:
        found, more = await queries.list_inbound(inbound_plan.page(request), self._uow)
        return pb.ListInboundResponse(
            orders=[inbound_plan.inbound_order(*each) for each in found], next_page_token=more
        )

    async def SubmitBlanketOrder(
        self, request: pb.SubmitBlanketOrderRequest, context: Context
    ) -> pb.SubmitBlanketOrderResponse:
        found, placement = await submit_blanket_order(blanket_orders.submit(request), self._uow, self._mint)
        return pb.SubmitBlanketOrderResponse(
            blanket_order=blanket_orders.blanket_order(found), placement=purchase_order.PLACEMENTS[placement]
        )

    async def GetBlanketOrder(self, request: pb.GetBlanketOrderRequest, context: Context) -> pb.GetBlanketOrderResponse:
        found = await queries.get_blanket_order(blanket_orders.name(request), self._uow)
        return pb.GetBlanketOrderResponse(
            blanket_order=blanket_orders.blanket_order(found.blanket),
            releases=[blanket_orders.blanket_release(each) for each in found.releases],
        )

    async def ReleaseBlanketOrder(
        self, request: pb.ReleaseBlanketOrderRequest, context: Context
    ) -> pb.ReleaseBlanketOrderResponse:
        done = await release_blanket_order(blanket_orders.release(request), self._uow, self._mint)
        return blanket_orders.released(done)

    async def AcknowledgePurchaseOrder(
        self, request: pb.AcknowledgePurchaseOrderRequest, context: Context
    ) -> pb.AcknowledgePurchaseOrderResponse:
        command = answers.acknowledge(request, self._clock.now())
        order = await acknowledge_purchase_order(command, self._uow)
        return pb.AcknowledgePurchaseOrderResponse(purchase_order=purchase_order.order(order))

    async def DecideProposedChange(
        self, request: pb.DecideProposedChangeRequest, context: Context
    ) -> pb.DecideProposedChangeResponse:
        order = await decide_proposed_change(purchase_order.decide(request), self._uow)
        return pb.DecideProposedChangeResponse(purchase_order=purchase_order.order(order))

    async def RecordShipNotice(
        self, request: pb.RecordShipNoticeRequest, context: Context
    ) -> pb.RecordShipNoticeResponse:
        done = await record_ship_notice(inbound.record_ship_notice(request), self._uow, self._mint)
        return inbound.recorded_ship_notice(done)

    async def GetShipNotice(self, request: pb.GetShipNoticeRequest, context: Context) -> pb.GetShipNoticeResponse:
        named = inbound.named_notice(request)
        found = await queries.get_ship_notice(*named, self._uow)
        return pb.GetShipNoticeResponse(ship_notice=inbound.ship_notice(found))

    async def RecordDockAppointment(
        self, request: pb.RecordDockAppointmentRequest, context: Context
    ) -> pb.RecordDockAppointmentResponse:
        done = await record_dock_appointment(docks.record_dock_appointment(request), self._uow, self._mint)
        return pb.RecordDockAppointmentResponse(
            dock_appointment=docks.appointment(done.appointment), repeated_appointment=done.repeated
        )

    async def RecordInboundEta(
        self, request: pb.RecordInboundEtaRequest, context: Context
    ) -> pb.RecordInboundEtaResponse:
        done = await record_inbound_eta(inbound_eta.record_inbound_eta(request), self._uow)
        return pb.RecordInboundEtaResponse(
            ship_notices=[inbound.ship_notice(each) for each in done.notices], repeated_eta=done.repeated
        )

    async def RecordInboundBooking(
        self, request: pb.RecordInboundBookingRequest, context: Context
    ) -> pb.RecordInboundBookingResponse:
        done = await record_inbound_booking(purchase_order.record_booking(request), self._uow)
        return pb.RecordInboundBookingResponse(
            purchase_order=purchase_order.order(done.order), repeated_booking=done.repeated
        )

    async def GetDockUse(self, request: pb.GetDockUseRequest, context: Context) -> pb.GetDockUseResponse:
        found = await queries.get_dock_use(docks.days(request), self._uow)
        return pb.GetDockUseResponse(uses=[docks.use(each) for each in found])

    async def RecordCertificate(
        self, request: pb.RecordCertificateRequest, context: Context
    ) -> pb.RecordCertificateResponse:
        command = compliance.record_certificate(request)
        return compliance.recorded(await record_certificate(command, self._uow, self._mint))

    async def RecordReceipt(self, request: pb.RecordReceiptRequest, context: Context) -> pb.RecordReceiptResponse:
        done = await record_receipt(inbound.record_receipt(request), self._uow, self._mint)
        return pb.RecordReceiptResponse(
            receipt=inbound.receipt(done.receipt),
            repeated_receipt=done.repeated,
            discrepancies=[inbound.discrepancy(each) for each in done.receipt.discrepancies],
        )

    async def GetReceipt(self, request: pb.GetReceiptRequest, context: Context) -> pb.GetReceiptResponse:
        found = await queries.get_receipt(*inbound.named_receipt(request), self._uow)
        return pb.GetReceiptResponse(receipt=inbound.receipt(found))

    async def RecordSupplierInvoice(
        self, request: pb.RecordSupplierInvoiceRequest, context: Context
    ) -> pb.RecordSupplierInvoiceResponse:
        command = supplier_invoices.record_supplier_invoice(request)
        done = await record_supplier_invoice(command, self._uow, self._mint)
        return pb.RecordSupplierInvoiceResponse(
            supplier_invoice=supplier_invoices.supplier_invoice(done.invoice), repeated_invoice=done.repeated
        )

    async def GetSupplierInvoice(
        self, request: pb.GetSupplierInvoiceRequest, context: Context
    ) -> pb.GetSupplierInvoiceResponse:
        found = await queries.get_supplier_invoice(*supplier_invoices.named_invoice(request), self._uow)
        return pb.GetSupplierInvoiceResponse(supplier_invoice=supplier_invoices.supplier_invoice(found))

    async def DecideInvoiceMatch(
        self, request: pb.DecideInvoiceMatchRequest, context: Context
    ) -> pb.DecideInvoiceMatchResponse:
        command = supplier_invoices.decide(request, actor().subject)
        found = await decide_invoice_match(command, self._uow)
        return pb.DecideInvoiceMatchResponse(supplier_invoice=supplier_invoices.supplier_invoice(found))

    async def RecordInvoiceVerdict(
        self, request: pb.RecordInvoiceVerdictRequest, context: Context
    ) -> pb.RecordInvoiceVerdictResponse:
        done = await record_invoice_verdict(supplier_invoices.record_invoice_verdict(request), self._uow)
        return pb.RecordInvoiceVerdictResponse(
            supplier_invoice=supplier_invoices.supplier_invoice(done.invoice), repeated_verdict=done.repeated
        )

    async def ListAccruals(self, request: pb.ListAccrualsRequest, context: Context) -> pb.ListAccrualsResponse:
        found, more = await queries.list_accruals(accruals.page(request), self._uow)
        return pb.ListAccrualsResponse(accruals=[accruals.accrual(each) for each in found], next_page_token=more)

    async def GetSupplierScore(
        self, request: pb.GetSupplierScoreRequest, context: Context
    ) -> pb.GetSupplierScoreResponse:
        found = await queries.get_supplier_score(scores.scope(request), self._uow)
        return pb.GetSupplierScoreResponse(supplier_score=scores.supplier_score(found))
