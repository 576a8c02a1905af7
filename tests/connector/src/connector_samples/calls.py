"""What the tests of documents say as suppliers, ERP and procurement would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import grpc
from connector.domain.documents import State
from crossdock.procurement.events.v1 import events_pb2
from crossdock_kit.errors import Refused
from crossdock_kit.server.refusals import status_of

from connector_samples import orders
from connector_samples.rig import Rig


@dataclass
class ObsoleteRevision(Refused):
    revision: int


@dataclass
class ItemUnknown(Refused):
    sku: str


def refusal(error: Refused) -> grpc.aio.AioRpcError:
    """An error as it comes out of a call: with the rich status in its trailing metadata."""
    status = status_of(error, "procurement.crossdock.dev")
    return grpc.aio.AioRpcError(
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.aio.Metadata(),
        grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString())),
        details=status.message,
    )


_control = iter(range(1000, 999_999))


def control() -> int:
    return next(_control)


async def sent_order(rig: Rig, number: str, revision: int = 1) -> str:
    """An order or its change goes out by EDI; the group control number under which it went."""
    order = orders.order(number=number, revision=revision, purchase_order_id=f"id-{number}")
    event: Any = orders.released(order)
    if revision > 1:
        event = events_pb2.PurchaseOrderRevised(
            purchase_order_id=order.purchase_order_id, number=number, purchase_order=order
        )
    await rig.tell(event, aggregate=f"purchase_order/{order.purchase_order_id}", version=revision)
    [(document, content)] = [each for each in await rig.send("sup-nordic") if each[0].kind != "x12.997"]
    assert document.state is State.SENT
    assert f"GS*P{'O' if revision == 1 else 'C'}*".encode() in content
    return document.group_control


def purchase_order(number: str, material: str = "A1001", **changes: Any) -> bytes:
    order = {
        "number": number,
        "version": "1",
        "changedAt": "2026-11-02T08:00:00Z",
        "orderDate": "2026-11-02",
        "supplier": "V100010",
        "shipTo": "1010",
        "currency": "EUR",
        "lines": [{"line": "10", "material": material, "quantity": "100", "unit": "ST"}],
    }
    body = {
        "documentType": "purchaseOrder",
        "action": "release",
        "companyCode": "EU01",
        "purchaseOrder": order | changes,
    }
    return json.dumps(body).encode()
