"""Gives spans and metrics to the OpenTelemetry SDK and its OTLP exporter.

The only module that knows the SDK; imported only where an endpoint is configured. A span of ours becomes a span of
theirs here, when it has ended and is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from opentelemetry import metrics as otel_metrics
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link as OtelLink
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from crossdock_kit.telemetry import metrics, names
from crossdock_kit.telemetry.sampling import Sampling
from crossdock_kit.telemetry.spans import Place, Span, Value, record_with

_KINDS = {kind.value: kind for kind in SpanKind}
_SCOPE = InstrumentationScope("crossdock")


def _context(place: Place, *, remote: bool) -> SpanContext:
    return SpanContext(place.trace_id, place.span_id, is_remote=remote, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def readable(span: Span, resource: Resource) -> ReadableSpan:
    """The SDK's form of an ended span that is kept."""
    attributes: dict[str, Value | list[str]] = {**span.attributes}
    if span.transaction_ids:
        attributes[names.TRANSACTION_ID] = list(span.transaction_ids)
    if span.error:
        attributes.setdefault(names.ERROR_TYPE, span.error)
    return ReadableSpan(
        span.name,
        context=_context(span.place, remote=False),
        parent=_context(span.parent, remote=True) if span.parent else None,
        resource=resource,
        attributes=attributes,
        links=[OtelLink(_context(link.place, remote=True), dict(link.attributes)) for link in span.links],
        kind=_KINDS[span.kind],
        status=Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.UNSET),
        start_time=span.started_ns,
        end_time=span.ended_ns,
        instrumentation_scope=_SCOPE,
    )


def export_to(processor: SpanProcessor, resource: Resource, sampling: Sampling) -> None:
    """Gives every kept span to an SDK processor."""
    record_with(lambda span: processor.on_end(readable(span, resource)), sampling)


def start_export(service: str, version: str, sampling: Sampling) -> Callable[[], None]:
    """Exports from now on, to where the OTEL_ variables say; returns what flushes and stops it."""
    about = {"service.name": service, "service.version": version, "service.instance.id": str(uuid4())}
    resource = Resource.create(about)
    processor = BatchSpanProcessor(OTLPSpanExporter())
    export_to(processor, resource, sampling)
    provider = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource=resource)
    otel_metrics.set_meter_provider(provider)
    metrics.switch_on(True)

    def stop() -> None:
        record_with(None)
        metrics.switch_on(False)
        processor.shutdown()  # type: ignore[no-untyped-call]
        provider.shutdown()

    return stop
