"""Asks a gRPC server, by the standard health protocol, whether it serves; and any other port whether it is open."""

from __future__ import annotations

import asyncio

import grpc
from grpc_health.v1 import health_pb2

CHECK = "/grpc.health.v1.Health/Check"
ANSWER_SECONDS = 2.0


async def is_serving(address: str) -> bool:
    """Raises ConnectionError if nobody answers."""
    async with grpc.aio.insecure_channel(address) as channel:
        check = channel.unary_unary(
            CHECK,
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = await check(health_pb2.HealthCheckRequest(), timeout=ANSWER_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise ConnectionError(error.details()) from error
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def require_serving(address: str) -> None:
    if not await is_serving(address):
        raise ConnectionError(f"{address} answers that it does not serve yet")


async def require_listening(address: str) -> None:
    host, port = address.rsplit(":", 1)
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()
