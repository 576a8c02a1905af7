"""The test's calls to the suite, as an integration would make them. A service that is away for a moment is asked again.

Knows no order of things: what is asked when stands in `walk.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import grpc
from crossdock.catalog.v1 import catalog_service_pb2_grpc as catalog_grpc
from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.connector.v1 import connector_service_pb2_grpc as connector_grpc
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as fulfillment
from crossdock.fulfillment.v1 import fulfillment_service_pb2_grpc as fulfillment_grpc
from crossdock.fulfillment.v1 import sales_order_pb2
from crossdock.ops.v1 import ops_service_pb2 as ops_pb
from crossdock.ops.v1 import ops_service_pb2_grpc as ops_grpc
from crossdock.procurement.v1 import inbound_pb2, purchase_order_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import procurement_service_pb2_grpc as procurement_grpc
from crossdock_kit.client import Peer
from crossdock_kit.credentials import channel_credentials, own_token

from crossdock_smoke import cast
from crossdock_smoke.settings import SELLS, SmokeSettings

T = TypeVar("T")
PAUSE_SECONDS = 0.2
_AWAY = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})


@dataclass(frozen=True, slots=True)
class Desk:
    catalog: Any
    connector: Any
    procurement: Any
    fulfillment: Any
    ops: dict[str, Any]
    away: Callable[[str], None]

    async def prepare(self) -> None:
        """Master data and partners of the test; what is there already stays as it is."""
        await self._asked(self.catalog.PutMasterData, cast.master_data())
        for profile in cast.partners():
            request = connector.PutPartnerRequest(request_id=str(uuid4()), profile=profile)
            await self._asked(self.connector.PutPartner, request)

    async def hand_in(self, partner: str, path: str, content: bytes) -> connector.Document:
        request = connector.SubmitDocumentRequest(
            request_id=str(uuid4()),
            partner=partner,
            name=f"{uuid4()}.json",
            content_type="application/json",
            path=path,
            content=content,
        )
        answer: connector.SubmitDocumentResponse = await self._asked(self.connector.SubmitDocument, request)
        return answer.document

    async def document(self, document_id: str) -> connector.Document:
        request = connector.GetDocumentRequest(document_id=document_id)
        answer: connector.GetDocumentResponse = await self._asked(self.connector.GetDocument, request)
        return answer.document

    async def order(self, number: str) -> purchase_order_pb2.PurchaseOrder:
        ref = inbound_pb2.PurchaseOrderRef(number=number, business_unit=cast.NAME)
        answer: procurement.GetPurchaseOrderResponse = await self._asked(
            self.procurement.GetPurchaseOrder, procurement.GetPurchaseOrderRequest(ref=ref)
        )
        return answer.purchase_order

    async def sale(self, number: str) -> sales_order_pb2.SalesOrder:
        ref = fulfillment.OrderRef(channel=cast.SHOP, number=number)
        request = fulfillment.GetOrderRequest(ref=ref)
        answer: fulfillment.GetOrderResponse = await self._asked(self.fulfillment.GetOrder, request)
        return answer.order

    async def steps(self, service: str, transaction_id: str) -> list[ops_pb.Step]:
        """What a service did for the transaction."""
        request = ops_pb.ListStepsRequest(transaction_ids=[transaction_id], page_size=1000)
        return list((await self._asked(self.ops[service].ListSteps, request)).steps)

    async def exceptions(self, service: str, transaction_id: str) -> list[ops_pb.Exception]:
        """What waits for somebody in a service because of the transaction."""
        request = ops_pb.ListExceptionsRequest(
            state=ops_pb.EXCEPTION_STATE_OPEN, transaction_id=transaction_id, page_size=1000
        )
        return list((await self._asked(self.ops[service].ListExceptions, request)).exceptions)

    async def _asked(self, method: Callable[[Any], Awaitable[T]], request: Any) -> T:
        """Every request is one that may be repeated: it reads, or carries an id of its own."""
        while True:
            try:
                return await method(request)
            except grpc.aio.AioRpcError as error:
                if error.code() not in _AWAY:
                    raise
                self.away(f"{error.code().name}: {error.details()}")
            await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def reached(settings: SmokeSettings, away: Callable[[str], None]) -> AsyncIterator[Desk]:
    """A desk whose connections close with it. `away` hears why a call has to be repeated."""
    if settings.token_file is None:
        raise ValueError("settings without a token's file")
    token, credentials = own_token(settings.token_file), channel_credentials(settings)
    peers = {name: Peer(settings.peer(name), token=token, credentials=credentials) for name in settings.asked}

    def stub(service: str, kind: Callable[[Any], Any]) -> Any:
        return peers[service].stub(kind, tenant=settings.company)

    try:
        yield Desk(
            catalog=stub("catalog", catalog_grpc.CatalogServiceStub),
            connector=stub("connector", connector_grpc.ConnectorServiceStub),
            procurement=stub("procurement", procurement_grpc.ProcurementServiceStub),
            fulfillment=stub(SELLS, fulfillment_grpc.FulfillmentServiceStub) if settings.sells else None,
            ops={name: stub(name, ops_grpc.OpsServiceStub) for name in settings.asked},
            away=away,
        )
    finally:
        await _close(peers.values())


async def _close(peers: Iterable[Peer]) -> None:
    for peer in peers:
        await peer.close()
