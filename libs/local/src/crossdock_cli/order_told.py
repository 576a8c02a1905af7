"""What the channel of an order was last told of it, and what it was not: there two systems show different truths.

What is asked is connector's deliveries of the order's transaction; a delivery has its document's id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.ops.v1 import ops_service_pb2 as ops

from crossdock_cli.asking import LONGEST_PAGE, SECONDS

ORDER_STATUS, RETURN_STATUS = "json.order_status", "json.return_status"
TO_CHANNELS = frozenset({ORDER_STATUS, RETURN_STATUS, "x12.855", "x12.865", "x12.856", "x12.810"})
DELIVERED = "delivered"
OVER = frozenset({DELIVERED, "suppressed", "cancelled"})
LINES_NAMED = 5


@dataclass(frozen=True, slots=True)
class Told:
    """The newest word that reached it, and how many have not; no word where none has."""

    last: ops.Delivery | None = None
    words: str = ""
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class ToldDesk:
    """Connector's stubs, asked with these credentials."""

    listing: Any
    reading: Any
    credentials: Any = None

    async def told(self, order_id: str) -> Told:
        last: ops.Delivery | None = None
        waiting, more = 0, True
        request = ops.ListDeliveriesRequest(transaction_id=order_id, page_size=LONGEST_PAGE)
        while more:
            page = await self.listing.ListDeliveries(request, metadata=self.credentials, timeout=SECONDS)
            mine = [each for each in page.deliveries if each.kind in TO_CHANNELS]
            last = next((each for each in reversed(mine) if each.state == DELIVERED), last)
            waiting += sum(each.state not in OVER for each in mine)
            request.page_token, more = page.next_page_token, bool(page.next_page_token)
        return Told(last, await self._words(last) if last else "", waiting)

    async def _words(self, last: ops.Delivery) -> str:
        """Of a document whose time of retention is over its kind is all that is left."""
        if last.kind != ORDER_STATUS:
            return f"by {last.kind}"
        asked = pb.GetDocumentContentRequest(document_id=last.delivery_id)
        try:
            found = await self.reading.GetDocumentContent(asked, metadata=self.credentials, timeout=SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return f"by {last.kind}"
        return status_words(json.loads(found.content))


def status_words(document: Mapping[str, Any]) -> str:
    """Of a json.order_status as it was sent: "line 1 delivered, order delivered"."""
    order = f"order {document['orderState']}"
    lines = [str(each["line"]) for each in document["lines"]]
    return f"{_named(lines)} {document['lineState']}, {order}" if lines else order


def _named(lines: list[str]) -> str:
    more = f" and {len(lines) - LINES_NAMED} more" if len(lines) > LINES_NAMED else ""
    return f"{'line' if len(lines) == 1 else 'lines'} {', '.join(lines[:LINES_NAMED])}{more}"


def told_words(told: Told) -> Iterable[str]:
    """How the channel's voice goes on."""
    if told.last is not None:
        yield f"last told {told.last.finished_at.ToDatetime():%Y-%m-%d %H:%M}: {told.words}"
    if told.waiting:
        yield f"{told.waiting} not told yet"
