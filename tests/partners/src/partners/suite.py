"""The suite as an outsider reaches it: gRPC with an operator's token. Nothing here looks into a database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import grpc
import yaml
from crossdock.catalog.v1 import catalog_service_pb2_grpc as catalog_grpc
from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.connector.v1 import connector_service_pb2_grpc as connector_grpc
from crossdock.connector.v1 import partner_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import inventory_service_pb2_grpc as inventory_grpc
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.ops.v1 import ops_service_pb2_grpc as ops_grpc
from crossdock.ops.v1 import repair_service_pb2_grpc as repair_grpc
from crossdock.procurement.v1 import inbound_pb2, procurement_service_pb2_grpc, purchase_order_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_cli.master_data import requests_of

SECONDS = 15.0
# A killed service is back when its process, its broker and its database are.
PATIENCE_SECONDS = 90.0
PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)
LONGEST_PAGE = 1000


Credentials = Callable[[], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Suite:
    """Stubs of the services. `credentials` makes the metadata of a call, fresh each time because tokens age."""

    credentials: Credentials
    catalog: Any
    procurement: Any
    inventory: Any
    connector: Any
    desks: Mapping[str, Any]
    repairs: Mapping[str, Any]

    async def call(self, method: Callable[..., Awaitable[Any]], request: Any, seconds: float = SECONDS) -> Any:
        """Calls and, where a service is away for a moment, calls again; every request here may be repeated."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await method(request, metadata=tuple(self.credentials()), timeout=seconds)
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING or time.monotonic() > until:
                    raise
                await asyncio.sleep(0.2)

    async def load(self, rows: Mapping[str, Any], system: str = "MDM") -> None:
        """Puts master data in the shape of the day's file."""
        for request in requests_of(rows, system):
            await self.call(self.catalog.PutMasterData, request, 30)

    async def put_partner(self, profile: partner_pb2.PartnerProfile) -> None:
        request = connector.PutPartnerRequest(request_id=str(uuid4()), profile=profile)
        await self.call(self.connector.PutPartner, request)

    async def purchase_order(self, number: str, business_unit: str) -> procurement.GetPurchaseOrderResponse:
        ref = inbound_pb2.PurchaseOrderRef(number=number, business_unit=business_unit)
        answer = await self.call(self.procurement.GetPurchaseOrder, procurement.GetPurchaseOrderRequest(ref=ref))
        return cast(procurement.GetPurchaseOrderResponse, answer)

    async def purchase_orders(self) -> list[purchase_order_pb2.PurchaseOrder]:
        rows, token = list[purchase_order_pb2.PurchaseOrder](), ""
        while True:
            request = procurement.ListPurchaseOrdersRequest(page_size=LONGEST_PAGE, page_token=token)
            answer = await self.call(self.procurement.ListPurchaseOrders, request)
            rows.extend(answer.purchase_orders)
            token = answer.next_page_token
            if not token:
                return rows

    async def documents(self, partner: str) -> list[connector.Document]:
        """Of both directions."""
        rows, token = list[connector.Document](), ""
        while True:
            request = connector.ListDocumentsRequest(partner=partner, page_size=LONGEST_PAGE, page_token=token)
            answer = await self.call(self.connector.ListDocuments, request)
            rows.extend(answer.documents)
            token = answer.next_page_token
            if not token:
                return rows

    async def decide(self, order: purchase_order_pb2.PurchaseOrder, line: str, *, accept: bool) -> None:
        decision = procurement.DECISION_ACCEPT if accept else procurement.DECISION_REFUSE
        request = procurement.DecideProposedChangeRequest(
            request_id=str(uuid4()),
            purchase_order_id=order.purchase_order_id,
            line_number=line,
            decision=decision,
            reason="decided in the day's script",
            etag=order.etag,
        )
        await self.call(self.procurement.DecideProposedChange, request)

    async def movements(self, sku: str) -> list[inventory.Movement]:
        rows, token = list[inventory.Movement](), ""
        while True:
            request = inventory.ListMovementsRequest(sku=sku, page_size=LONGEST_PAGE, page_token=token)
            answer = await self.call(self.inventory.ListMovements, request)
            rows.extend(answer.movements)
            token = answer.next_page_token
            if not token:
                return rows

    async def ledger_differences(self) -> list[str]:
        answer = await self.call(self.inventory.VerifyLedger, inventory.VerifyLedgerRequest(), 60)
        return list(answer.differences)

    async def open_exceptions(self) -> list[ops.Exception]:
        found = list[ops.Exception]()
        for stub in self.desks.values():
            token = ""
            while True:
                request = ops.ListExceptionsRequest(page_size=LONGEST_PAGE, page_token=token)
                answer = await self.call(stub.ListExceptions, request)
                found.extend(answer.exceptions)
                token = answer.next_page_token
                if not token:
                    break
        return found

    async def backlog(self) -> dict[str, ops.GetBacklogResponse]:
        answers = [await self.call(stub.GetBacklog, ops.GetBacklogRequest()) for stub in self.desks.values()]
        return dict(zip(self.desks, answers, strict=True))

    async def unfinished(self) -> list[str]:
        """What still waits, one line each: deliveries, held messages and open exceptions with what they say."""
        lines = list[str]()
        for name, stub in self.desks.items():
            deliveries = await self.call(stub.ListDeliveries, ops.ListDeliveriesRequest(unfinished=True))
            held = await self.call(stub.ListHeldMessages, ops.ListHeldMessagesRequest())
            lines += [
                f"{name}: {d.kind} for {d.partner} in {d.ordering_key}: {d.state}, {d.attempts} times, {d.last_error}"
                for d in deliveries.deliveries
            ]
            lines += [f"{name}: {m.type} of {m.aggregate}: {m.why}, {m.last_error}" for m in held.messages]
        return lines + [f"{e.service}: {e.code} ({e.owner}): {e.summary}" for e in await self.open_exceptions()]

    async def quiet(self) -> bool:
        """Nothing unpublished, unprocessed, held or undelivered anywhere."""
        rows = (await self.backlog()).values()
        return not any(r.unpublished + r.unprocessed + r.held + r.undelivered + sum(r.own.values()) for r in rows)

    async def waits_only_for(self, partner: str) -> bool:
        """Nothing is left to do anywhere but what this partner does not take."""
        rows = (await self.backlog()).values()
        if any(r.unpublished + r.unprocessed + r.held + sum(r.own.values()) for r in rows):
            return False
        request = ops.ListDeliveriesRequest(unfinished=True)
        answers = [await self.call(stub.ListDeliveries, request) for stub in self.desks.values()]
        return all(d.partner == partner for answer in answers for d in answer.deliveries)


@asynccontextmanager
async def reached(
    addresses: Mapping[str, str], credentials: Callable[[], Sequence[tuple[str, str]]]
) -> AsyncIterator[Suite]:
    """The suite at these addresses, by service name."""
    channels = {name: grpc.aio.insecure_channel(address) for name, address in addresses.items()}
    try:
        yield Suite(
            credentials,
            cast(Any, catalog_grpc.CatalogServiceStub)(channels["catalog"]),
            cast(Any, procurement_service_pb2_grpc.ProcurementServiceStub)(channels["procurement"]),
            cast(Any, inventory_grpc.InventoryServiceStub)(channels["inventory"]),
            cast(Any, connector_grpc.ConnectorServiceStub)(channels["connector"]),
            {name: cast(Any, ops_grpc.OpsServiceStub)(each) for name, each in channels.items()},
            {name: cast(Any, repair_grpc.RepairServiceStub)(each) for name, each in channels.items()},
        )
    finally:
        await asyncio.gather(*(each.close() for each in channels.values()))


def from_today(rows: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The same master data, its items valid from that day on: what was known of them before stays so for before."""
    begins = {"year": today.year, "month": today.month, "day": today.day}
    return {**rows, "items": [{**row, "valid_from": begins} for row in rows.get("items", ())]}


def read_master_data(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
