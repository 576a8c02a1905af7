"""Turns telemetry on where an OTLP endpoint is configured; else nothing is built and nothing is sent."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from crossdock_kit.telemetry.sampling import Sampling

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def configure_telemetry(
    service: str, version: str = "", environment: Mapping[str, str] = os.environ
) -> Callable[[], None]:
    """Starts exporting if there is somewhere to export to; returns what flushes and stops it."""
    if not any(environment.get(name) for name in _ENDPOINTS):
        return lambda: None
    # The SDK costs a fifth of a second at each start: only who exports pays for it.
    from crossdock_kit.telemetry.otlp import start_export  # noqa: PLC0415

    return start_export(service, version, Sampling(float(environment.get("OTEL_TRACES_SAMPLER_ARG") or 1.0)))
