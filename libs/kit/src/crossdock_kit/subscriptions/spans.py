"""The spans of a consumer: one of its own for each message, and one for the batch that carried them.

A message's span is a step: the root of a trace that links to the step which announced the event. The batch's span has
the counts, and the time that the messages shared.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from crossdock_kit.broker import stream_name
from crossdock_kit.subscriptions.model import Arrival, Subscription
from crossdock_kit.telemetry import metrics, names
from crossdock_kit.telemetry.links import step_span
from crossdock_kit.telemetry.spans import Link, Span, SpanKind, exporting, parse_traceparent, root_span

# The SDK's own limit of links in a span is 128.
MOST_LINKS = 128


def begin_span(subscription: Subscription, arrival: Arrival) -> Span:
    """A step of its own that links to the one that announced the event. Ids are drawn even where nobody collects."""
    name = f"process {arrival.type.rpartition('.')[2]}"
    if not exporting():
        span = root_span(name, SpanKind.CONSUMER)
        span.attempt = arrival.attempt
        return span
    last, by = (arrival.held.last_traceparent, arrival.held.redriven_by) if arrival.held else ("", "")
    span = step_span(name, SpanKind.CONSUMER, arrival.headers.get("traceparent"), last, by)
    span.attempt = arrival.attempt
    span.serves(arrival.headers.get("ce-transactionids", "").split(","))
    span.attributes |= _messaging(subscription) | {
        names.MESSAGING_DESTINATION: f"{arrival.type}.{arrival.slot:02d}",
        names.MESSAGING_TEMPLATE: arrival.type,
        names.MESSAGING_MESSAGE_ID: str(arrival.event_id),
        names.MESSAGING_BODY_SIZE: len(arrival.body),
        names.NATS_DELIVERED: arrival.delivered,
        names.TENANT: arrival.tenant,
    }
    if span.transaction_ids:
        span.attributes[names.MESSAGING_CONVERSATION] = next(iter(span.transaction_ids))
    if arrival.sequence:
        span.attributes[names.NATS_SEQUENCE] = arrival.sequence
    return span


@contextmanager
def batch_span(subscription: Subscription, arrivals: Sequence[Arrival]) -> Iterator[None]:
    """Around one transaction for many messages; for one message its own span says it all."""
    started = time.perf_counter()
    if exporting() and len(arrivals) > 1:
        span = root_span(f"process {subscription.consumer}", SpanKind.CONSUMER, links=_links(arrivals[:MOST_LINKS]))
        span.attributes |= _messaging(subscription) | {names.MESSAGING_BATCH: len(arrivals)}
        with span:
            yield
    else:
        yield
    labels = {names.MESSAGING_GROUP: subscription.consumer}
    metrics.count(names.CONSUMED, len(arrivals), labels)
    metrics.record(names.PROCESSED, time.perf_counter() - started, labels)


def _links(arrivals: Sequence[Arrival]) -> list[Link]:
    places = [parse_traceparent(arrival.headers.get("traceparent")) for arrival in arrivals]
    return [Link(place, {names.LINK_TYPE: names.LINK_CAUSED_BY}) for place in places if place]


def _messaging(subscription: Subscription) -> dict[str, str | int | float | bool]:
    return {
        names.MESSAGING_SYSTEM: names.MESSAGING_NATS,
        names.MESSAGING_OPERATION: "process",
        names.MESSAGING_OPERATION_TYPE: "process",
        names.MESSAGING_GROUP: subscription.consumer,
        names.NATS_STREAM: stream_name(subscription.source),
    }
