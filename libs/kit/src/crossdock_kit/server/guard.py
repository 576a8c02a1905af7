"""The one interceptor: everything that stands between the wire and a method, composed once per method.

In order: identity, permission, tenant, deadline, share of the server, the request's rules; then the method, for a
mutating one inside its one transaction; then the table of errors. While more calls come than can be done, those of a
tenant that had its part are refused before anything else. Wraps handlers when they are registered, so that a
call pays for no lookup. Must not know a service.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol, TypeAlias

import grpc
from google.protobuf.message import Message

from crossdock_kit.authorisation import Tokens, check_binding, check_permission, tenant_of
from crossdock_kit.clock import Clock
from crossdock_kit.context import current_actor, current_cause, current_deadline
from crossdock_kit.courtesy import COURTESY
from crossdock_kit.errors import Exhausted
from crossdock_kit.idempotency import Call
from crossdock_kit.ownership_overrides import Overrides, deployments
from crossdock_kit.server.calls import Admitted, CallUnderWay, text_metadata
from crossdock_kit.server.methods import Method, UnguardedMethod
from crossdock_kit.server.passage import Passage
from crossdock_kit.server.refusals import turned_away
from crossdock_kit.server.requests import checked, decoder, each_checked
from crossdock_kit.server.shares import Shares
from crossdock_kit.telemetry import names

# Quoted: these classes take type parameters in the stubs only.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Run: TypeAlias = "Callable[[Admitted, Any, Context], Awaitable[Any]]"


class RunsOnce(Protocol):
    """Gives a mutating call its one transaction and its record."""

    async def run(self, call: Call, behave: Callable[[], Awaitable[Any]]) -> Any: ...


class Guard:
    """Wraps the handlers of one server. `shares` say who is let in, `ownership` what this deployment says of fields."""

    def __init__(
        self,
        tokens: Tokens,
        clock: Clock,
        domain: str,
        *,
        once: RunsOnce | None = None,
        shares: Shares | None = None,
        ownership: Overrides | None = None,
    ) -> None:
        self._tokens = tokens
        self._clock = clock
        self._domain = domain
        self._once = once
        self._ownership = ownership or {}
        self.shares = shares or Shares()
        self._turned_away: dict[tuple[str, str], Handler] = {}

    def wrap(self, method: Method, handler: Handler) -> Handler:
        """The same method with everything around it. Raises UnguardedMethod if it cannot be served safely."""
        if method.mutating and self._once is None:
            raise UnguardedMethod(f"{method.name} changes something, and the server keeps no record of requests")
        decode, encode = decoder(method.request), handler.response_serializer
        check = each_checked if handler.request_streaming else checked
        if handler.response_streaming:
            behave = handler.stream_stream if handler.request_streaming else handler.unary_stream
            make = (
                grpc.stream_stream_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_stream_rpc_method_handler
            )
            return make(self._stream_out(method, _yielding(behave), check), decode, encode)
        behave = handler.stream_unary if handler.request_streaming else handler.unary_unary
        make = (
            grpc.stream_unary_rpc_method_handler if handler.request_streaming else grpc.unary_unary_rpc_method_handler
        )
        return make(self._unary_out(method, behave, check), decode, encode)

    def refuses(self, details: grpc.HandlerCallDetails) -> Handler | None:
        """What turns a call away before its request is read, if it is not let in. Only callers that are known are told:
        nobody else is to learn which tenants there are, or which are busy."""
        self.shares.line.passed()
        if not self.shares.scarce:
            return None
        metadata = text_metadata(details.invocation_metadata)
        identity = self._tokens.recall(metadata.get(names.AUTHORIZATION))
        tenants = identity.actor.tenants if identity is not None else ()
        tenant = metadata.get(names.TENANT_HEADER) or (tenants[0] if len(tenants) == 1 else "")
        refusal = self.shares.refusal(tenant) if tenant in tenants else None
        return self._refusing(refusal, details.method) if refusal else None

    def _refusing(self, refusal: Exhausted, method: str) -> Handler:
        """Made once for each method: there are many of them when there is least time."""
        key = refusal.code, method
        if key not in self._turned_away:
            self._turned_away[key] = turned_away(refusal, method[1:], self._domain)
        return self._turned_away[key]

    def _unary_out(self, method: Method, behave: Any, check: Callable[[Any], Any]) -> Any:
        run = self._runner(method, behave)

        async def guarded(request: Any, context: Context) -> Any:
            async with Passage(method, context, self._domain) as call:
                admitted = self._admit(call, request, context)
                async with self.shares.of(admitted.cause.tenant):
                    with COURTESY.call():
                        return await run(admitted, check(request), context)

        return guarded

    def _stream_out(self, method: Method, behave: Any, check: Callable[[Any], Any]) -> Any:
        async def guarded(request: Any, context: Context) -> AsyncIterator[Any]:
            async with Passage(method, context, self._domain) as call:
                admitted = self._admit(call, request, context)
                async with self.shares.of(admitted.cause.tenant):
                    async for response in behave(check(request), context):
                        yield response

        return guarded

    def _runner(self, method: Method, behave: Any) -> Run:
        once = self._once
        if not method.mutating or once is None:
            return lambda _, request, context: behave(request, context)

        def recorded(admitted: Admitted, request: Any, context: Context) -> Awaitable[Any]:
            body = request if isinstance(request, Message) else method.request()
            return once.run(Call(method, admitted.actor, admitted.cause, body), lambda: behave(request, context))

        return recorded

    def _admit(self, call: CallUnderWay, request: Any, context: Context) -> Admitted:
        current_deadline.set(asyncio.get_running_loop().time() + call.seconds)
        identity = self._tokens.identify(call.metadata.get(names.AUTHORIZATION))
        if identity.bound_to:
            check_binding(identity, list(context.auth_context().get("x509_pem_cert", ())))
        actor = identity.actor
        check_permission(actor, call.method.permission)
        tenant = tenant_of(actor, call.metadata.get(names.TENANT_HEADER))
        call.demand_deadline()
        admitted = call.admit(actor, tenant, str(getattr(request, "request_id", "")), self._clock.now())
        current_actor.set(actor)
        deployments.set(self._ownership)
        current_cause.set(admitted.cause)
        return admitted


def _yielding(behave: Any) -> Callable[[Any, Context], AsyncIterator[Any]]:
    if not inspect.isasyncgenfunction(behave):
        raise TypeError(f"{behave} streams by `yield`, not by context.write")
    return behave  # type: ignore[no-any-return]
