"""The order side of the suite as its users reach it: gRPC of fulfillment, delivery, inventory, an operator's token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

import grpc
from crossdock.common.v1.values_pb2 import Money, Origin, Quantity, UnitPrice
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock.delivery.v1 import delivery_service_pb2_grpc as delivery_grpc
from crossdock.delivery.v1 import shipment_pb2
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as sales_grpc
from crossdock.fulfillment.v1 import posting_pb2, return_pb2, sales_order_pb2
from crossdock.fulfillment.v1 import posting_service_pb2 as posting
from crossdock.fulfillment.v1 import posting_service_pb2_grpc as posting_grpc
from crossdock.fulfillment.v1 import return_service_pb2 as returns
from crossdock.fulfillment.v1 import return_service_pb2_grpc as returns_grpc
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.options.v1 import options_pb2
from google.type.date_pb2 import Date

from partners.sales.day import Opening, SalesOrder
from partners.suite import Suite

PAGE = 1000
INSIDE_SALES = "inside-sales"


@dataclass(frozen=True, slots=True)
class Found:
    """An order as Crossdock holds it, with what the ERP is asked for and what travels for it."""

    order: sales_order_pb2.SalesOrder
    lines: tuple[sales_order_pb2.OrderLine, ...]
    postings: tuple[posting_pb2.Posting, ...]
    shipments: tuple[shipment_pb2.Shipment, ...]
    awaiting_credit: bool


@dataclass(frozen=True, slots=True)
class SalesDesk:
    suite: Suite
    orders: Any
    postings: Any
    returns: Any
    shipments: Any
    business_unit: str

    async def stock(self, opening: Opening, document: str) -> None:
        """Books so much more at a place, as its warehouse says it."""
        booked = inventory.Adjustment(
            sku=opening.sku,
            location_id=opening.location,
            business_unit=self.business_unit,
            bucket=inventory.ACCOUNT_SELLABLE,
            quantity=Quantity(value=f"{opening.quantity:f}", unit="EA"),
            reason="OPENING",
        )
        origin = _origin(opening.location.replace("WH-", "WMS-"), options_pb2.ROLE_WMS, document)
        request = inventory.AdjustStockRequest(request_id=str(uuid4()), origin=origin, adjustments=[booked])
        await self.suite.call(self.suite.inventory.AdjustStock, request)

    async def type_in(self, order: SalesOrder, ordered_on: str) -> None:
        """An order that somebody types at the sales desk."""
        shortage = (
            sales_order_pb2.SHORTAGE_RULE_CANCEL if order.no_backorder else sales_order_pb2.SHORTAGE_RULE_BACKORDER
        )
        terms = sales.OrderTerms(
            business_unit=self.business_unit,
            channel=order.channel,
            number=order.number,
            customer_id=order.customer,
            currency="EUR",
            ordered_on=_day(ordered_on),
            shortage=shortage,
        )
        lines = [
            sales.OrderedLine(
                line_number=line.number,
                sku=line.sku,
                ordered=Quantity(value=f"{line.quantity:f}", unit="EA"),
                price=UnitPrice(money=Money(amount=line.price, currency="EUR")),
            )
            for line in order.lines
        ]
        origin = _origin(INSIDE_SALES, options_pb2.ROLE_CHANNEL, order.number)
        request = sales.PlaceOrderRequest(request_id=str(uuid4()), origin=origin, order=terms, lines=lines)
        await self.suite.call(self.orders.PlaceOrder, request)

    async def known(self) -> dict[tuple[str, str], sales_order_pb2.SalesOrder]:
        """Every order, by channel and number."""
        request, found = sales.ListOrdersRequest(page_size=PAGE), dict[tuple[str, str], sales_order_pb2.SalesOrder]()
        more = True
        while more:
            page = await self.suite.call(self.orders.ListOrders, request)
            found |= {(each.channel, each.number): each for each in page.orders}
            request.page_token, more = page.next_page_token, bool(page.next_page_token)
        return found

    async def read(self, order: sales_order_pb2.SalesOrder) -> Found:
        ref = sales.OrderRef(order_id=order.order_id)
        got = await self.suite.call(self.orders.GetOrder, sales.GetOrderRequest(ref=ref))
        asked = posting.ListPostingsRequest(order_id=order.order_id, page_size=PAGE)
        posted = await self.suite.call(self.postings.ListPostings, asked)
        carried = delivery.ListShipmentsRequest(order_number=order.number, page_size=PAGE)
        road = await self.suite.call(self.shipments.ListShipments, carried)
        back = returns.ListReturnsRequest(order_id=order.order_id, page_size=PAGE)
        came = await self.suite.call(self.returns.ListReturns, back)
        mine = [each for each in road.shipments if any(of.order_id == order.order_id for of in each.orders)]
        waits = any(each.state != return_pb2.RETURN_STATE_CREDITED for each in came.returns)
        return Found(got.order, tuple(got.lines), tuple(posted.postings), tuple(mine), waits)

    async def pending(self) -> set[str]:
        """Orders of which the ERP has not posted everything yet."""
        request = posting.ListPostingsRequest(pending=True, page_size=PAGE)
        return {each.order_id for each in (await self.suite.call(self.postings.ListPostings, request)).postings}

    async def awaiting_credit(self) -> set[str]:
        request = returns.ListReturnsRequest(page_size=PAGE)
        found = (await self.suite.call(self.returns.ListReturns, request)).returns
        return {each.order_id for each in found if each.state != return_pb2.RETURN_STATE_CREDITED}

    async def authorize(self, order_id: str, order: SalesOrder) -> None:
        """Customer service lets so much come back. Raises where it has not been delivered."""
        if order.back is None:
            return
        wanted = [
            returns.WantedBack(line_number=line, quantity=Quantity(value=f"{quantity:f}", unit="EA"))
            for line, quantity in order.back.quantities.items()
        ]
        request = returns.AuthorizeReturnRequest(
            request_id=str(uuid4()),
            origin=_origin(INSIDE_SALES, options_pb2.ROLE_CHANNEL, order.back.number),
            order_id=order_id,
            number=order.back.number,
            lines=wanted,
            reason="customer sends it back",
        )
        await self.suite.call(self.returns.AuthorizeReturn, request)

    async def is_labelled(self, order: sales_order_pb2.SalesOrder) -> bool:
        """Whether it is known who carries each of its shipments."""
        shipments = (await self.read(order)).shipments
        return bool(shipments) and all(each.carrier for each in shipments)

    async def call_off(self, order: sales_order_pb2.SalesOrder) -> None:
        origin = _origin(INSIDE_SALES, options_pb2.ROLE_CHANNEL, order.number)
        request = sales.CancelOrderRequest(
            request_id=str(uuid4()), origin=origin, order_id=order.order_id, reason="its customer has changed his mind"
        )
        await self.suite.call(self.orders.CancelOrder, request)

    async def on_hand(self, sku: str) -> dict[str, dict[int, Decimal]]:
        """By location and account."""
        answer = await self.suite.call(self.suite.inventory.GetStock, inventory.GetStockRequest(sku=sku))
        found = dict[str, dict[int, Decimal]]()
        for each in answer.balances:
            of_place = found.setdefault(each.location_id, {})
            of_place[each.account] = of_place.get(each.account, Decimal(0)) + Decimal(each.quantity.value)
        return found

    async def promisable(self, sku: str, channel: str) -> Decimal:
        request = inventory.GetAvailabilityRequest(skus=[sku], business_unit=self.business_unit, channel=channel)
        answer = await self.suite.call(self.suite.inventory.GetAvailability, request)
        return sum((Decimal(each.available.value) for each in answer.availability), Decimal(0))


@asynccontextmanager
async def at_the_desk(suite: Suite, addresses: Mapping[str, str], business_unit: str) -> AsyncIterator[SalesDesk]:
    async with (
        grpc.aio.insecure_channel(addresses["fulfillment"]) as ours,
        grpc.aio.insecure_channel(addresses["delivery"]) as road,
    ):
        yield SalesDesk(
            suite,
            cast(Any, sales_grpc.FulfillmentServiceStub)(ours),
            cast(Any, posting_grpc.PostingServiceStub)(ours),
            cast(Any, returns_grpc.ReturnServiceStub)(ours),
            cast(Any, delivery_grpc.DeliveryServiceStub)(road),
            business_unit,
        )


def _origin(system: str, role: options_pb2.Role.ValueType, document: str) -> Origin:
    origin = Origin(system=system, role=role, document=document)
    origin.occurred_at.GetCurrentTime()
    return origin


def _day(text: str) -> Date:
    found = date.fromisoformat(text)
    return Date(year=found.year, month=found.month, day=found.day)
