"""Laws over what the services serve: each RPC of the contracts is implemented and guarded where it is served."""

from __future__ import annotations

import importlib
from typing import Any

import grpc
import pytest
from crossdock_kit.server.methods import methods_of
from crossdock_kit.testing import RunningServer, Unrecorded, start_service


class _Registered:
    """Notes what a generated add function registers."""

    def __init__(self) -> None:
        self.handlers: dict[str, dict[str, Any]] = {}

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        """The same methods come in add_registered_method_handlers."""

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        self.handlers[service] = handlers


def registered(built: Any) -> dict[str, dict[str, Any]]:
    found = _Registered()
    for register, servicer in built.servicers:
        register(servicer, found)
    return found.handlers


def contracts_of(context: str) -> set[str]:
    module = importlib.import_module(f"crossdock.{context}.v1.{context}_service_pb2")
    return {service.full_name for service in module.DESCRIPTOR.services_by_name.values()}


def behaviour(handler: Any) -> Any:
    return handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream


def test_every_method_of_a_services_contract_is_implemented(built: Any) -> None:
    served = registered(built)
    assert contracts_of(built.name) <= set(served)
    missing = [
        f"{service}/{name}"
        for service, handlers in served.items()
        for name in methods_of(service)
        if name not in handlers or behaviour(handlers[name]).__module__.endswith("_pb2_grpc")
    ]
    assert missing == []


async def code_of(server: RunningServer, path: str, metadata: tuple[tuple[str, str], ...]) -> grpc.StatusCode:
    async with grpc.aio.insecure_channel(server.address) as channel:
        call: Any = channel.unary_unary(path)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"", metadata=metadata, timeout=10)
    return caught.value.code()


@pytest.mark.feature("F249")
async def test_every_served_method_turns_away_who_may_not_call_it(built: Any) -> None:
    async with start_service(*built.servicers, once=Unrecorded()) as server:

        def bearer(tenants: list[str], permissions: list[str]) -> tuple[str, str]:
            return ("authorization", f"Bearer {server.issuer.token(tenants, permissions)}")

        for service in server.services:
            for name in methods_of(service):
                path = f"/{service}/{name}"
                nobody = await code_of(server, path, ())
                powerless = await code_of(server, path, (bearer(["acme"], ["other.thing.read"]),))
                foreign = await code_of(server, path, (bearer(["acme"], ["*"]), ("x-crossdock-tenant", "globex")))
                assert nobody is grpc.StatusCode.UNAUTHENTICATED, path
                assert powerless is foreign is grpc.StatusCode.PERMISSION_DENIED, path
