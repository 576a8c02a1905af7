"""The connector service as the operator sees it: profiles are handed over, and it is asked how business stands.

What was heard is kept for a few seconds, so that many resources that change at once ask once.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock.connector.v1 import partner_pb2
from crossdock_kit.client import Peer
from crossdock_kit.errors import Invalid
from crossdock_kit.peers import peer_error
from google.protobuf import json_format

from partner_operator import mappings
from partner_operator.connector import Connector

_FRESH_SECONDS = 5.0
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """What the connector service holds and knows, by partner."""

    profiles: dict[str, partner_pb2.PartnerProfile]
    health: Mapping[str, partner_pb2.PartnerHealth]
    at: float


def profile_of(connector: Connector) -> partner_pb2.PartnerProfile:
    """The resource as the contract spells it. Raises Invalid."""
    fields = dict(connector.spec) | {"role": f"ROLE_{connector.spec['role']}", "state": connector.state}
    fields["documents"] = [_route(each) for each in connector.spec.get("documents", ())]
    profile = partner_pb2.PartnerProfile(partner=connector.partner)
    try:
        json_format.ParseDict(fields, profile, max_recursion_depth=40)
    except (json_format.ParseError, ValueError, TypeError) as error:
        raise Invalid(f"the spec cannot be read: {error}") from error
    return profile


def _route(route: Mapping[str, Any]) -> dict[str, Any]:
    said = {**route, "direction": f"DIRECTION_{route['direction']}"}
    return said | {"speaksAs": f"ROLE_{route['speaksAs']}"} if "speaksAs" in route else said


@dataclass(eq=False)
class Business:
    """Raises PeerRefused for an answer, PeerUnavailable and PeerFailed for what goes away."""

    peer: Peer
    _standing: Standing | None = None
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _stub: Any = field(init=False)

    def __post_init__(self) -> None:
        self._stub = self.peer.stub(pb_grpc.ConnectorServiceStub)

    async def standing(self, *, since: float | None = None) -> Standing:
        """As of `since` (by the loop's clock) or later; a few seconds old where it is not said."""
        async with self._asking:
            now = asyncio.get_running_loop().time()
            oldest = now - _FRESH_SECONDS if since is None else since
            if self._standing is None or self._standing.at < oldest:
                self._standing = Standing(await self._profiles(), await self._health(), now)
            return self._standing

    async def put(self, profile: partner_pb2.PartnerProfile) -> None:
        """Hands a profile over. The same again changes nothing."""
        await self._call(self._stub.PutPartner, pb.PutPartnerRequest(request_id=str(uuid.uuid4()), profile=profile))
        if self._standing is not None:
            self._standing.profiles[profile.partner] = profile

    async def reset_cursors(self, partner: str, request_id: str) -> list[str]:
        """The kinds of documents whose reading begins anew."""
        asked = pb.ResetCursorRequest(request_id=request_id, partner=partner)
        answer = await self._call(self._stub.ResetCursor, asked)
        return [each.kind for each in answer.reset]

    async def judge(self, connector: Connector) -> None:
        """Raises PeerRefused or Invalid with what is wrong with its profile."""
        profile = profile_of(mappings.without(connector))
        await self._call(self._stub.CheckPartner, pb.CheckPartnerRequest(profile=profile))

    async def close(self) -> None:
        await self.peer.close()

    async def _profiles(self) -> dict[str, partner_pb2.PartnerProfile]:
        found: dict[str, partner_pb2.PartnerProfile] = {}
        token = ""
        while True:
            asked = pb.ListPartnersRequest(page_size=_PAGE, page_token=token)
            page = await self._call(self._stub.ListPartners, asked)
            found |= {each.partner: each for each in page.profiles}
            if not (token := page.next_page_token):
                return found

    async def _health(self) -> Mapping[str, partner_pb2.PartnerHealth]:
        found: dict[str, partner_pb2.PartnerHealth] = {}
        token = ""
        while True:
            asked = pb.ListPartnerHealthRequest(page_size=_PAGE, page_token=token)
            page = await self._call(self._stub.ListPartnerHealth, asked)
            found |= {each.partner: each for each in page.partners}
            if not (token := page.next_page_token):
                return found

    async def _call(self, method: Callable[..., Any], request: Any) -> Any:
        try:
            return await method(request)
        except grpc.aio.AioRpcError as error:
            raise peer_error(error) from error
