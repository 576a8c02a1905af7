"""The gRPC servicer: wire in, use case or query, wire out."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import date
from typing import Any

from crossdock.catalog.v1 import catalog_service_pb2 as pb
from crossdock.catalog.v1 import catalog_service_pb2_grpc as pb_grpc
from crossdock_kit import dates_wire
from crossdock_kit.clock import Clock
from crossdock_kit.context import tenant
from crossdock_kit.database import Engine
from crossdock_kit.errors import InvalidFields, Violation
from google.protobuf.message import Message

from catalog import queries, use_cases
from catalog.ports import UnitOfWork
from catalog.wire import kinds
from catalog.wire import records as wire

Context = Any


@dataclass(frozen=True)
class CatalogServicer(pb_grpc.CatalogServiceServicer):
    engine: Engine
    uow: UnitOfWork
    clock: Clock

    async def PutMasterData(self, request: pb.PutMasterDataRequest, context: Context) -> pb.PutMasterDataResponse:
        placed = await use_cases.put_master_data(wire.to_put_master_data(request), self.uow)
        return wire.to_put_response(placed, request)

    async def GetItem(self, request: pb.GetItemRequest, context: Context) -> pb.GetItemResponse:
        found = await queries.get(self.engine, tenant(), kinds.ITEM, request.sku, self._day(request))
        return pb.GetItemResponse(item=wire.to_thing(found))

    async def GetParty(self, request: pb.GetPartyRequest, context: Context) -> pb.GetPartyResponse:
        found = await queries.get(self.engine, tenant(), kinds.PARTY, request.party_id, self._day(request))
        people = await queries.personal_data(self.engine, tenant(), wire.personal_data_id(request.party_id))
        return pb.GetPartyResponse(party=wire.to_party(found, people))

    async def ErasePersonalData(
        self, request: pb.ErasePersonalDataRequest, context: Context
    ) -> pb.ErasePersonalDataResponse:
        command = wire.to_erase_personal_data(request)
        return wire.to_erased(command, await use_cases.erase_personal_data(command, self.uow))

    async def GetLocation(self, request: pb.GetLocationRequest, context: Context) -> pb.GetLocationResponse:
        day = self._day(request)
        found = await queries.get(self.engine, tenant(), kinds.LOCATION, request.location_id, day)
        around = await queries.around(self.engine, tenant(), found, day)
        return pb.GetLocationResponse(location=wire.to_thing(found), within=map(wire.to_thing, around))

    async def ListItems(self, request: pb.ListItemsRequest, context: Context) -> pb.ListItemsResponse:
        things, token = await self._list(kinds.ITEM, request)
        return pb.ListItemsResponse(items=things, next_page_token=token)

    async def ListLocations(self, request: pb.ListLocationsRequest, context: Context) -> pb.ListLocationsResponse:
        things, token = await self._list(kinds.LOCATION, request)
        return pb.ListLocationsResponse(locations=things, next_page_token=token)

    async def ResolveCodes(self, request: pb.ResolveCodesRequest, context: Context) -> pb.ResolveCodesResponse:
        keys = [wire.code_key(code.kind, code.list, code.partner_code) for code in request.codes]
        found = await queries.entries(self.engine, tenant(), request.partner, keys, self._day(request))
        canonical = (wire.to_entry(found[key]).canonical if key in found else "" for key in keys)
        return pb.ResolveCodesResponse(results=[pb.CodeResult(canonical=each) for each in canonical])

    async def _list(self, kind: str, request: pb.ListItemsRequest | pb.ListLocationsRequest) -> tuple[list[Any], str]:
        size = request.page_size or queries.DEFAULT_PAGE
        after = _after(request.page_token)
        found = await queries.page(self.engine, tenant(), kind, self.clock.now().date(), after=after, size=size)
        token = _token(found[-1].subject.id) if len(found) == size else ""
        return [wire.to_thing(each) for each in found], token

    def _day(self, request: Message) -> date:
        return dates_wire.day(request, "on") or self.clock.now().date()


def _token(last_id: str) -> str:
    return base64.urlsafe_b64encode(last_id.encode()).decode()


def _after(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as wrong:
        raise InvalidFields((Violation("page_token", "is none that this method gave", "page_token"),)) from wrong
