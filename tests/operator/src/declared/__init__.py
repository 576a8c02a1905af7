"""Connectors as tests declare them."""

from __future__ import annotations

from typing import Any

from control_plane.partners import partner
from partner_operator.connector import Connector
from partner_operator.manifests import Platform

PLATFORM = Platform(
    image="crossdock/connector@sha256:" + "0" * 64,
    connector="connector.crossdock.svc:8443",
    inner_networks=("10.0.0.0/8", "192.168.0.0/16"),
)


def connector(
    name: str = "sup-atlas", of: str = "http", *, metadata: dict[str, Any] | None = None, **more: Any
) -> Connector:
    """As the API server would give it; `status` among the rest is the status, everything else changes the spec."""
    status = more.pop("status", {})
    body = partner("partners", name, of, **more)
    body["metadata"] |= {
        "uid": "3b1f6a0e-8d7e-4b35-9f0e-1f0b7a6e9c11",
        "generation": 3,
        "resourceVersion": "42",
        "creationTimestamp": "2026-11-01T08:00:00Z",
        "finalizers": ["crossdock.dev/drain"],
        **(metadata or {}),
    }
    return Connector.of(body | {"status": status})
