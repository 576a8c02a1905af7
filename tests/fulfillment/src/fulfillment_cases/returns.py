"""Goods on their way to a customer and back: calls and events on a served fulfillment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from crossdock.fulfillment.v1 import return_pb2
from crossdock.fulfillment.v1 import return_service_pb2 as pb
from crossdock.options.v1 import options_pb2
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.unit_of_work import UnitOfWork
from fulfillment.domain.on_the_road import DELIVERED, DISPATCHED, Word
from fulfillment.domain.questions import Held
from fulfillment.store.unit_of_work import FulfillmentUnitOfWork, FulfillmentWork
from fulfillment.use_cases.delivering import Departure, departed, told
from fulfillment.use_cases.stocking import Answer, lock_orders, take_answer

from fulfillment_cases.calls import SECONDS, origin, quantity, unique
from fulfillment_cases.warehouse import Site, now, reported

SHOP = origin(options_pb2.ROLE_CHANNEL)
PLACE = "WH-EAST"


def came(amount: float, line: str = "1", sku: str = "BOLT", **more: Any) -> return_pb2.ReturnedLine:
    return return_pb2.ReturnedLine(line_number=line, sku=sku, quantity=quantity(amount), **more)


def restocked(amount: float, line: str = "1", sku: str = "BOLT") -> return_pb2.ReturnedLine:
    return came(amount, line, sku, disposition=return_pb2.DISPOSITION_RESTOCK)


def shown(found: return_pb2.CustomerReturn) -> str:
    """ "partly_received" """
    return return_pb2.ReturnState.Name(found.state).removeprefix("RETURN_STATE_").lower()


@dataclass(frozen=True, slots=True)
class Returns:
    """The returns desk of acme, and WH-EAST's."""

    stub: Any
    uow: UnitOfWork
    site: Site
    tenant: str = "acme"

    async def delivered(self, order_id: str, number: str, amount: int = 10) -> str:
        """An order of one line all the way to its customer; its shipment's id."""
        shipment_id = await self.gone(order_id, number, amount)
        await self.say(shipment_id, reached=DELIVERED)
        return shipment_id

    async def gone(self, order_id: str, number: str, amount: int = 10) -> str:
        """It has left with its carrier."""
        async with self._work() as work:
            orders = await lock_orders([order_id], work)
            held = [Held("BOLT", PLACE, Decimal(amount))]
            await take_answer(Answer(order_id, 1, 1, str(uuid4()), held), orders[order_id], work)
        said = await self.site.issue(unique("GI"), unique("SH"), reported(number, "BOLT", amount))
        at = datetime.now(UTC)
        async with self._work() as work:
            gone = {f"{order_id}.1": Decimal(amount)}
            await departed(Departure(Word(said.shipment_id, at, reached=DISPATCHED), gone), work)
        return str(said.shipment_id)

    async def say(self, shipment_id: str, **said: Any) -> None:
        """A word of its carrier."""
        async with self._work() as work:
            await told(Word(shipment_id, datetime.now(UTC), **said), work)

    async def authorize(self, order_id: str, number: str, amount: float, **more: Any) -> pb.AuthorizeReturnResponse:
        said: dict[str, Any] = {"origin": SHOP, "order_id": order_id, "number": number, "reason": "too many"}
        lines = [pb.WantedBack(line_number="1", quantity=quantity(amount))]
        request = pb.AuthorizeReturnRequest(request_id=str(uuid4()), lines=lines, **said | more)
        found: pb.AuthorizeReturnResponse = await self.stub.AuthorizeReturn(request, timeout=SECONDS)
        return found

    async def withdraw(self, return_id: str) -> return_pb2.CustomerReturn:
        request = pb.WithdrawReturnRequest(request_id=str(uuid4()), origin=SHOP, return_id=return_id)
        found: pb.WithdrawReturnResponse = await self.stub.WithdrawReturn(request, timeout=SECONDS)
        return found.customer_return

    async def received(self, *lines: return_pb2.ReturnedLine, **more: Any) -> pb.RecordReturnReceiptResponse:
        request = pb.RecordReturnReceiptRequest(received_at=now(), lines=lines, **self.head() | more)
        found: pb.RecordReturnReceiptResponse = await self.stub.RecordReturnReceipt(request, timeout=SECONDS)
        return found

    async def inspected(self, *lines: return_pb2.ReturnedLine, **more: Any) -> pb.RecordReturnInspectionResponse:
        request = pb.RecordReturnInspectionRequest(inspected_at=now(), lines=lines, **self.head() | more)
        found: pb.RecordReturnInspectionResponse = await self.stub.RecordReturnInspection(request, timeout=SECONDS)
        return found

    async def one(self, return_id: str) -> return_pb2.CustomerReturn:
        found = await self.stub.GetReturn(pb.GetReturnRequest(return_id=return_id), timeout=SECONDS)
        return found.customer_return  # type: ignore[no-any-return]

    async def listed(self, **filters: Any) -> list[return_pb2.CustomerReturn]:
        """Page by page, two at a time."""
        found: list[return_pb2.CustomerReturn] = []
        request, more = pb.ListReturnsRequest(page_size=2, **filters), True
        while more:
            page = await self.stub.ListReturns(request, timeout=SECONDS)
            found.extend(page.returns)
            request.page_token, more = page.next_page_token, bool(page.next_page_token)
        return found

    def head(self) -> dict[str, Any]:
        return {
            "request_id": str(uuid4()),
            "origin": origin(options_pb2.ROLE_WMS, PLACE),
            "business_unit": "EU01",
            "number": unique("RR"),
            "location_id": PLACE,
        }

    @asynccontextmanager
    async def _work(self) -> AsyncIterator[FulfillmentWork]:
        name = str(uuid4())
        because = Cause("event", "test", self.tenant, "tester", name, name, "", datetime.now(UTC))
        with caused_by(because):
            async with FulfillmentUnitOfWork(self.uow)() as work:
                yield work
