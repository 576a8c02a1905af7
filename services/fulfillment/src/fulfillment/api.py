"""The RPCs: wire in, use case or query, wire out. Errors are the server's table's, permissions its interceptor's."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import grpc
from crossdock.fulfillment.v1 import allocation_service_pb2 as allocation_pb
from crossdock.fulfillment.v1 import allocation_service_pb2_grpc as allocation_grpc
from crossdock.fulfillment.v1 import check_service_pb2 as check_pb
from crossdock.fulfillment.v1 import check_service_pb2_grpc as check_grpc
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as pb
from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as pb_grpc
from crossdock.fulfillment.v1 import posting_service_pb2 as posting_pb
from crossdock.fulfillment.v1 import posting_service_pb2_grpc as posting_grpc
from crossdock.fulfillment.v1 import return_service_pb2 as return_pb
from crossdock.fulfillment.v1 import return_service_pb2_grpc as return_grpc
from crossdock.fulfillment.v1 import warehouse_service_pb2 as warehouse_pb
from crossdock.fulfillment.v1 import warehouse_service_pb2_grpc as warehouse_grpc
from crossdock_kit.context import actor
from crossdock_kit.courtesy import others_first

from fulfillment import queries
from fulfillment.ports import Snapshots, UnitOfWork
from fulfillment.use_cases import (
    changing,
    checking,
    placing,
    planning,
    posting,
    returning,
    revising,
    settling,
    warehousing,
)
from fulfillment.wire import allocation as allocation_wire
from fulfillment.wire import checks as check_wire
from fulfillment.wire import lifecycles as lifecycle_wire
from fulfillment.wire import posting as posting_wire
from fulfillment.wire import returns as return_wire
from fulfillment.wire import sales_order as wire
from fulfillment.wire import warehouse as warehouse_wire

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class Opens(UnitOfWork, Snapshots, Protocol):
    """Works that change something, and reads that do not."""


class FulfillmentServicer(pb_grpc.FulfillmentServiceServicer):
    def __init__(self, uow: Opens) -> None:
        self._uow = uow

    async def PlaceOrder(self, request: pb.PlaceOrderRequest, context: Context) -> pb.PlaceOrderResponse:
        order, lines, placement = await placing.place_order(wire.place(request), self._uow)
        return pb.PlaceOrderResponse(
            order=wire.order(order), lines=map(wire.order_line, lines), placement=wire.PLACEMENTS[placement]
        )

    async def OpenOrder(self, request: pb.OpenOrderRequest, context: Context) -> pb.OpenOrderResponse:
        order, placement = await placing.open_order(wire.open_order(request), self._uow)
        return pb.OpenOrderResponse(order=wire.order(order), placement=wire.PLACEMENTS[placement])

    async def AppendLines(self, request: pb.AppendLinesRequest, context: Context) -> pb.AppendLinesResponse:
        await others_first(len(request.lines))
        count, repeated = await placing.append_lines(wire.append(request), self._uow)
        return pb.AppendLinesResponse(line_count=count, repeated_count=repeated)

    async def SubmitOrder(self, request: pb.SubmitOrderRequest, context: Context) -> pb.SubmitOrderResponse:
        order = await placing.submit_order(wire.submit(request), self._uow)
        return pb.SubmitOrderResponse(order=wire.order(order))

    async def GetOrder(self, request: pb.GetOrderRequest, context: Context) -> pb.GetOrderResponse:
        order, lines = await queries.get_order(wire.order_name(request.ref), self._uow)
        return pb.GetOrderResponse(order=wire.order(order), lines=map(wire.order_line, lines))

    async def ListOrderLines(self, request: pb.ListOrderLinesRequest, context: Context) -> pb.ListOrderLinesResponse:
        after, page = wire.lines_page(request)
        lines, last = await queries.list_order_lines(request.order_id, after, page.size, self._uow)
        token = "" if last is None else page.token((last,))
        return pb.ListOrderLinesResponse(lines=map(wire.order_line, lines), next_page_token=token)

    async def ListOrders(self, request: pb.ListOrdersRequest, context: Context) -> pb.ListOrdersResponse:
        asked, page = wire.page(request)
        orders, more = await queries.list_orders(asked, self._uow)
        return pb.ListOrdersResponse(
            orders=map(wire.order, orders), next_page_token=page.token((more,)) if more else ""
        )

    async def ListLineLifecycles(
        self, request: pb.ListLineLifecyclesRequest, context: Context
    ) -> pb.ListLineLifecyclesResponse:
        asked, page = lifecycle_wire.page(request)
        found, more = await queries.list_line_lifecycles(asked, self._uow)
        token = page.token(lifecycle_wire.place_of(found[-1][1])) if more else ""
        return pb.ListLineLifecyclesResponse(
            lines=[lifecycle_wire.lifecycle(*each) for each in found], next_page_token=token
        )

    async def GetConsignee(self, request: pb.GetConsigneeRequest, context: Context) -> pb.GetConsigneeResponse:
        facts = await queries.get_consignee(request.order_id, self._uow)
        return pb.GetConsigneeResponse(consignee=wire.consignee(facts))

    async def BatchGetConsignees(
        self, request: pb.BatchGetConsigneesRequest, context: Context
    ) -> pb.BatchGetConsigneesResponse:
        found = await queries.batch_get_consignees(request.order_ids, self._uow)
        return pb.BatchGetConsigneesResponse(orders=[wire.order_consignee(*each) for each in found.items()])

    async def ChangeLine(self, request: pb.ChangeLineRequest, context: Context) -> pb.ChangeLineResponse:
        order, line = await changing.change_line(wire.change_line(request), self._uow)
        return pb.ChangeLineResponse(order=wire.order(order), line=wire.order_line(line))

    async def ChangeOrder(self, request: pb.ChangeOrderRequest, context: Context) -> pb.ChangeOrderResponse:
        order, lines = await revising.change_order(wire.change_order(request), self._uow)
        return pb.ChangeOrderResponse(order=wire.order(order), lines=[wire.order_line(each) for each in lines])

    async def CancelOrder(self, request: pb.CancelOrderRequest, context: Context) -> pb.CancelOrderResponse:
        order, left = await changing.cancel_order(wire.cancel(request), self._uow)
        return pb.CancelOrderResponse(order=wire.order(order), left=map(wire.left_line, left))


class CheckServicer(check_grpc.CheckServiceServicer):
    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def RecordCheck(self, request: check_pb.RecordCheckRequest, context: Context) -> check_pb.RecordCheckResponse:
        order, repeated = await checking.record_check(check_wire.answered(request), self._uow)
        return check_pb.RecordCheckResponse(order=wire.order(order), repeated=repeated)

    async def ReleaseHold(self, request: check_pb.ReleaseHoldRequest, context: Context) -> check_pb.ReleaseHoldResponse:
        order, repeated = await checking.release_hold(check_wire.released(request, actor().subject), self._uow)
        return check_pb.ReleaseHoldResponse(order=wire.order(order), repeated=repeated)


class AllocationServicer(allocation_grpc.AllocationServiceServicer):
    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def RecordAllocation(
        self, request: allocation_pb.RecordAllocationRequest, context: Context
    ) -> allocation_pb.RecordAllocationResponse:
        order, repeated = await planning.record_allocation(allocation_wire.answered(request), self._uow)
        return allocation_pb.RecordAllocationResponse(order=wire.order(order), repeated=repeated)


class WarehouseServicer(warehouse_grpc.WarehouseServiceServicer):
    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def RecordPick(
        self, request: warehouse_pb.RecordPickRequest, context: Context
    ) -> warehouse_pb.RecordPickResponse:
        report, repeated = await warehousing.record_report(warehouse_wire.picked(request), self._uow)
        return warehouse_pb.RecordPickResponse(
            pick_id=report.report_id,
            repeated=repeated,
            order_ids=report.order_ids,
            unreleased_count=report.unreleased_count,
        )

    async def RecordPacking(
        self, request: warehouse_pb.RecordPackingRequest, context: Context
    ) -> warehouse_pb.RecordPackingResponse:
        report, repeated = await warehousing.record_report(warehouse_wire.packed(request), self._uow)
        return warehouse_pb.RecordPackingResponse(**warehouse_wire.shipment_answer(report, repeated=repeated))

    async def RecordGoodsIssue(
        self, request: warehouse_pb.RecordGoodsIssueRequest, context: Context
    ) -> warehouse_pb.RecordGoodsIssueResponse:
        report, repeated = await warehousing.record_report(warehouse_wire.issued(request), self._uow)
        return warehouse_pb.RecordGoodsIssueResponse(**warehouse_wire.shipment_answer(report, repeated=repeated))

    async def RecordRecall(
        self, request: warehouse_pb.RecordRecallRequest, context: Context
    ) -> warehouse_pb.RecordRecallResponse:
        report, repeated = await warehousing.record_report(warehouse_wire.recalled(request), self._uow)
        return warehouse_pb.RecordRecallResponse(
            recall_id=report.report_id,
            repeated=repeated,
            order_ids=report.order_ids,
            unreleased_count=report.unreleased_count,
        )


class PostingServicer(posting_grpc.PostingServiceServicer):
    def __init__(self, uow: Opens) -> None:
        self._uow = uow

    async def RecordPosting(
        self, request: posting_pb.RecordPostingRequest, context: Context
    ) -> posting_pb.RecordPostingResponse:
        found, order, repeated = await posting.record_posting(posting_wire.answered(request), self._uow)
        return posting_pb.RecordPostingResponse(posting=posting_wire.posting(found, order), repeated=repeated)

    async def RequestCredit(
        self, request: posting_pb.RequestCreditRequest, context: Context
    ) -> posting_pb.RequestCreditResponse:
        found, order, repeated = await posting.request_credit(posting_wire.credit(request), self._uow)
        return posting_pb.RequestCreditResponse(posting=posting_wire.posting(found, order), repeated=repeated)

    async def RecordPayment(
        self, request: posting_pb.RecordPaymentRequest, context: Context
    ) -> posting_pb.RecordPaymentResponse:
        found, order, repeated = await settling.record_payment(posting_wire.paid(request), self._uow)
        return posting_wire.payment_answer(found, order, repeated=repeated)

    async def ListPostings(
        self, request: posting_pb.ListPostingsRequest, context: Context
    ) -> posting_pb.ListPostingsResponse:
        asked, page = posting_wire.page(request)
        found, more = await queries.list_postings(asked, self._uow)
        token = page.token(posting_wire.place_of(found[-1][0])) if more else ""
        return posting_pb.ListPostingsResponse(
            postings=[posting_wire.posting(*each) for each in found], next_page_token=token
        )


class ReturnServicer(return_grpc.ReturnServiceServicer):
    def __init__(self, uow: Opens) -> None:
        self._uow = uow

    async def AuthorizeReturn(
        self, request: return_pb.AuthorizeReturnRequest, context: Context
    ) -> return_pb.AuthorizeReturnResponse:
        found, repeated = await returning.authorize_return(return_wire.authorize(request), self._uow)
        return return_pb.AuthorizeReturnResponse(customer_return=return_wire.customer_return(found), repeated=repeated)

    async def WithdrawReturn(
        self, request: return_pb.WithdrawReturnRequest, context: Context
    ) -> return_pb.WithdrawReturnResponse:
        found = await returning.withdraw_return(return_wire.withdraw(request), self._uow)
        return return_pb.WithdrawReturnResponse(customer_return=return_wire.customer_return(found))

    async def RecordReturnReceipt(
        self, request: return_pb.RecordReturnReceiptRequest, context: Context
    ) -> return_pb.RecordReturnReceiptResponse:
        report, repeated = await returning.record_return(return_wire.received(request), self._uow)
        return return_pb.RecordReturnReceiptResponse(**return_wire.booked(report, repeated=repeated))

    async def RecordReturnInspection(
        self, request: return_pb.RecordReturnInspectionRequest, context: Context
    ) -> return_pb.RecordReturnInspectionResponse:
        report, repeated = await returning.record_return(return_wire.inspected(request), self._uow)
        return return_pb.RecordReturnInspectionResponse(**return_wire.booked(report, repeated=repeated))

    async def GetReturn(self, request: return_pb.GetReturnRequest, context: Context) -> return_pb.GetReturnResponse:
        found = await queries.get_return(request.return_id, request.number, self._uow)
        return return_pb.GetReturnResponse(customer_return=return_wire.customer_return(found))

    async def ListReturns(
        self, request: return_pb.ListReturnsRequest, context: Context
    ) -> return_pb.ListReturnsResponse:
        asked, page = return_wire.page(request)
        found, more = await queries.list_returns(asked, self._uow)
        token = page.token(return_wire.place_of(found[-1])) if more else ""
        return return_pb.ListReturnsResponse(returns=map(return_wire.customer_return, found), next_page_token=token)
