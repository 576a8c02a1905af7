"""What a user asks of orders on a running stack: where lines stand, what lies where, what the ERP posted, the trace."""

from __future__ import annotations

import json
from typing import Any, cast
from uuid import uuid4

import grpc
from crossdock.common.v1.values_pb2 import Origin
from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock.delivery.v1 import delivery_service_pb2_grpc as delivery_grpc
from crossdock.fulfillment.v1 import posting_pb2
from crossdock.fulfillment.v1 import posting_service_pb2 as posting
from crossdock.fulfillment.v1 import posting_service_pb2_grpc as posting_grpc
from crossdock.options.v1 import options_pb2

from small_day import SmallDay


async def traced(day: SmallDay, key: str) -> Any:
    """The trace of a key; of a key that several transactions carry, that of the one at whose root it is."""
    said = await day.crossdock("trace", key, "--json")
    assert said.code == 0, said.err
    roots = [each["transactionId"] for each in said.json["transactions"] if each.get("rootKey") == key]
    return said.json if said.json["steps"] or not roots else await traced(day, roots[0])


async def standing(day: SmallDay, number: str) -> dict[str, str]:
    """What `order show` says of the first line, by state."""
    said = await day.crossdock("order", "show", number, "--json")
    assert said.code == 0, said.err
    return {each["state"]: each["quantity"]["value"] for each in said.json["lines"][0]["schedules"]}


async def stocked(day: SmallDay, sku: str) -> dict[str, str]:
    found = (await day.crossdock("stock", sku, "--json")).json["balances"]
    return {each["account"]: each["quantity"]["value"] for each in found if each["account"] != "ACCOUNT_ADJUSTMENT"}


async def step_names(day: SmallDay, key: str) -> list[str]:
    return [each["name"] for each in (await traced(day, key))["steps"]]


async def carrier_says(day: SmallDay, shipment: str, *codes: str) -> None:
    """Words of the carrier about the warehouse's shipment, as X12 214 codes, a second apart."""
    async with grpc.aio.insecure_channel(day.stage.addresses["delivery"]) as channel:
        stub = cast(Any, delivery_grpc.DeliveryServiceStub)(channel)
        for code in codes:
            update = delivery.CarrierUpdate(vocabulary="x12_214", code=code, carrier="UPSN", shipment_number=shipment)
            update.occurred_at.GetCurrentTime()
            said = Origin(system="UPSN", role=options_pb2.ROLE_CARRIER, document=str(uuid4()))
            request = delivery.RecordCarrierUpdatesRequest(request_id=str(uuid4()), origin=said, updates=[update])
            await day.suite.call(stub.RecordCarrierUpdates, request)


async def posted(day: SmallDay, number: str) -> dict[str, str]:
    """What the ERP has posted of an order, by kind, with its number."""
    order = (await day.crossdock("order", "show", number, "--json")).json["order"]
    async with grpc.aio.insecure_channel(day.stage.addresses["fulfillment"]) as channel:
        stub = cast(Any, posting_grpc.PostingServiceStub)(channel)
        request = posting.ListPostingsRequest(order_id=order["orderId"], state=posting_pb2.POSTING_STATE_POSTED)
        found = (await day.suite.call(stub.ListPostings, request)).postings
    name = posting_pb2.PostingKind.Name
    return {name(each.kind).removeprefix("POSTING_KIND_").lower(): each.number for each in found}


async def sent_to(day: SmallDay, partner: str, kind: str) -> list[dict[str, Any]]:
    """The newest documents of a kind, in JSON, as they were sent to a partner."""
    suite = day.suite
    asked = connector.ListDocumentsRequest(partner=partner, state=connector.DOCUMENT_STATE_SENT, page_size=1000)
    page = await suite.call(suite.connector.ListDocuments, asked)
    named = [each.document_id for each in page.documents if each.name.startswith(f"{kind}_")]
    contents = [connector.GetDocumentContentRequest(document_id=each) for each in named]
    return [json.loads((await suite.call(suite.connector.GetDocumentContent, each)).content) for each in contents]
