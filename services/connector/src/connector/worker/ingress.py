"""Documents that partners post: `POST /partners/<partner>/<path>`, signed, bounded, answered when they are stored.

An unknown partner and a wrong signature get the same answer. Nothing of a body is read before its signature holds but
its bytes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from crossdock.connector.v1 import partner_pb2
from crossdock_kit.errors import CrossdockError
from crossdock_kit.peers import PeerRefused
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connector.worker.crew import Crew
from connector.worker.named_secrets import NamedSecrets
from connector.worker.partner_worker import PartnerWorker
from connector.worker.signatures import SCHEMES, is_genuine

log = logging.getLogger(__name__)

LARGEST_BODY = 1024 * 1024
_RETRY_SECONDS = "1"


class Turned(Exception):
    """The request is turned away with this status."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status

    def response(self) -> JSONResponse:
        headers = {"retry-after": _RETRY_SECONDS} if self.status == 503 else None
        return JSONResponse({"error": str(self)}, self.status, headers=headers)


@dataclass(frozen=True, slots=True)
class Ingress:
    crew: Crew
    secrets: NamedSecrets
    body_seconds: float

    def app(self) -> Starlette:
        routes = [
            Route("/partners/{partner}/{path:path}", self._answering(self._post), methods=["POST"]),
            Route("/health", _healthy, methods=["GET"]),
        ]
        return Starlette(routes=routes)

    def _answering(self, handle: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Turned as turned:
                return turned.response()
            except ClientDisconnect:
                return Response(status_code=400)
            except asyncio.CancelledError:
                # Told to end before the service answered: stored or not, it is the same document when it comes again.
                return Turned(503, "not available").response()

        return answer

    async def _post(self, request: Request) -> Response:
        body = await self._body(request)
        partner, path = request.path_params["partner"], request.path_params["path"].strip("/")
        member, profile = await self._known(partner)
        http = profile.transport.http if profile else partner_pb2.Http()
        scheme = SCHEMES[http.webhook_signature]
        keys = scheme.keys_of(self.secrets.read(http.webhook_secret)) if http.webhook_secret else ()
        claim = scheme.claim_of(request.headers, datetime.now(UTC))
        if not is_genuine(claim, body, keys) or member is None or profile is None:
            raise Turned(401, "unauthorised")
        content_type = _checked_type(profile, path, request)
        return await self._hand_in(member, claim.message_id, path, content_type, body)

    async def _body(self, request: Request) -> bytes:
        """Raises Turned for a body that is too long by its own word or in fact, or that drips."""
        stated = request.headers.get("content-length", "")
        if stated.isascii() and stated.isdigit() and (len(stated) > 18 or int(stated) > LARGEST_BODY):
            raise Turned(413, "too large")
        body = bytearray()
        try:
            async with asyncio.timeout(self.body_seconds):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > LARGEST_BODY:
                        raise Turned(413, "too large")
        except TimeoutError:
            raise Turned(408, "too slow") from None
        return bytes(body)

    async def _known(self, partner: str) -> tuple[PartnerWorker | None, partner_pb2.PartnerProfile | None]:
        """The partner's worker and profile. A profile that was just created is asked for, not waited for."""
        member = self.crew.member(partner)
        if member is None or member.profile is not None:
            return member, member.profile if member else None
        try:
            return member, await member.look_up()
        except PeerRefused:
            return member, None
        except CrossdockError:
            raise Turned(503, "not available") from None

    async def _hand_in(
        self, member: PartnerWorker, message_id: str, path: str, content_type: str, body: bytes
    ) -> Response:
        try:
            handed = await member.service.hand_in(name=message_id, content_type=content_type, path=path, content=body)
        except PeerRefused as refused:
            raise Turned(400, refused.reason or "refused") from None
        except CrossdockError as error:
            log.warning("%s: a document cannot be stored: %s", member.partner, error)
            raise Turned(503, "not available") from None
        return JSONResponse({"documentId": handed.document_id, "repeated": handed.repeated}, 202)


def _checked_type(profile: partner_pb2.PartnerProfile, path: str, request: Request) -> str:
    """What is received under the path. After the signature: what the partner itself got wrong may be told to it."""
    routes = (each for each in profile.documents if each.direction == partner_pb2.DIRECTION_IN)
    route = next((each for each in routes if each.path.strip("/") == path), None)
    if route is None:
        raise Turned(404, "nothing is received here")
    wanted = "text/csv" if route.kind.startswith("csv.") else "application/json"
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").lower()
    if kind != wanted or encoding != "identity":
        raise Turned(415, f"{wanted} without compression is received here")
    return wanted


async def _healthy(request: Request) -> Response:
    return JSONResponse({"status": "ok"})
