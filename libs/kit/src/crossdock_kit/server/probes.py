"""Health on a port of its own, in plain text: what a cluster's probes can ask while callers need certificates.

Nothing else is served there. It answers until the process ends, so that a pod that drains is still seen alive.
"""

from __future__ import annotations

import grpc
from grpc_health.v1 import health_pb2_grpc

from crossdock_kit.health import Health

_MOST_CALLS = 64


async def serve_probes(health: Health, address: str) -> grpc.aio.Server:
    """Listens on `host:port`. Raises RuntimeError where the port is taken."""
    # Two processes on one port would answer for each other.
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)], maximum_concurrent_rpcs=_MOST_CALLS)
    health_pb2_grpc.add_HealthServicer_to_server(health.servicer, server)
    server.add_insecure_port(address)
    await server.start()
    return server
