"""A partner in shadow: what it would have been sent is kept, can be read, and is compared with what another sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from connector.api import ConnectorServicer
from connector_samples import orders
from connector_samples.rig import TENANT, Rig
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock.ops.v1.ops_service_pb2_grpc import OpsServiceStub, add_OpsServiceServicer_to_server
from crossdock_cli.comparing import Difference, Verdict, compare
from crossdock_cli.partner_compare import contents, messages_of, unsent
from crossdock_kit.ops_api import OpsServicer
from crossdock_kit.testing import RunningServer, start_service


@pytest.fixture(scope="module")
async def server(rig: Rig) -> AsyncIterator[RunningServer]:
    servicers = (
        (add_OpsServiceServicer_to_server, OpsServicer("connector", rig.engine, rig.uow)),
        (pb_grpc.add_ConnectorServiceServicer_to_server, ConnectorServicer(rig.engine, rig.around)),
    )
    async with start_service(*servicers, uow=rig.uow) as running:
        yield running


async def test_what_a_shadow_would_have_sent_is_compared_with_what_the_other_interface_sent(
    rig: Rig, server: RunningServer
) -> None:
    outbox = {"inbox": "sup-legacy/in", "outbox": "sup-legacy/out"}
    profile: dict[str, Any] = {"role": "SUPPLIER", "partyId": "SUP-LEGACY", "transport": {"fileDrop": outbox}}
    documents = [{"kind": "json.supplier_order", "direction": "OUT"}]
    await rig.partner("sup-legacy", stage="shadow", documents=documents, **profile)
    for number in ("4500000001", "4500000002"):
        order = orders.order(number=number, supplier_id="SUP-LEGACY", purchase_order_id=f"id-{number}")
        await rig.tell(orders.released(order), aggregate=f"purchase_order/id-{number}")
    assert await rig.send("sup-legacy") == [], "nothing leaves"
    token = server.issuer.token((TENANT,), ("ops.deliveries.read", "connector.document.read_content"))
    listing: Any = server.stub(cast(Any, OpsServiceStub), token)
    reading: Any = server.stub(pb_grpc.ConnectorServiceStub, token)
    kept = [each.delivery_id async for each in unsent(listing, "sup-legacy")]
    ours = await contents(reading, kept)
    assert len(ours) == 2
    # The other interface sent the first with another currency, and never sent the second.
    [first] = [content for _, content in ours if b"4500000001" in content]
    theirs = [("legacy.json", first.replace(b'"EUR"', b'"USD"', 1))]
    found = compare(messages_of(ours), messages_of(theirs), ["order.number"], [])
    assert sorted((each.identity, each.verdict) for each in found) == [
        (("4500000001",), Verdict.DIFFERS),
        (("4500000002",), Verdict.MISSING_THERE),
    ]
    assert found[0].differences == (Difference("order.currency", "EUR", "USD"),)
