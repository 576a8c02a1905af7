"""Asks fulfillment who receives orders, for documents that are about to be sent. Answers `ports.Consignees`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as fulfillment
from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock_kit.peers import peer_error


@dataclass(frozen=True, slots=True)
class AskedConsignees:
    """`stub_for` gives fulfillment's stub for a tenant."""

    stub_for: Callable[[str], Any]

    async def of(self, tenant: str, order_ids: Sequence[str]) -> Mapping[str, Consignee | None]:
        request = fulfillment.BatchGetConsigneesRequest(order_ids=order_ids)
        try:
            answer = await self.stub_for(tenant).BatchGetConsignees(request)
        except grpc.aio.AioRpcError as error:
            raise peer_error(error) from error
        return {
            each.order_id: None if each.erased else each.consignee
            for each in answer.orders
            if each.erased or each.HasField("consignee")
        }
