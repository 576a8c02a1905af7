"""What a step that has been written to the timeline tells the telemetry: attributes of its span, and its two times.

The timeline row is the truth; this is its shadow for those who search traces and draw curves. It must not know what a
key stands for: "po:4711" becomes the attribute `crossdock.key.po`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossdock_kit.telemetry import metrics, names
from crossdock_kit.telemetry.spans import Span, exporting

if TYPE_CHECKING:
    from crossdock_kit.timeline import Step

# A span is no place for the thousand orders of a batch call; the timeline has them all.
MOST_KEYS = 16


def told(step: Step, span: Span | None) -> None:
    """A step is durable. Does nothing where nobody collects."""
    waited = None if step.waited is None else step.waited.total_seconds()
    metrics.record_step(step.kind, step.name, step.outcome, step.took.total_seconds(), waited)
    if span is not None and exporting():
        _describe(span, step)


def _describe(span: Span, step: Step) -> None:
    span.serves(step.transaction_ids)
    span.attempt = max(span.attempt, step.attempt)
    span.attributes |= {
        names.STEP: step.name,
        names.STEP_KIND: step.kind,
        names.OUTCOME: step.outcome,
        names.TENANT: step.tenant,
        names.ATTEMPT: step.attempt,
        names.CORRELATION_ID: step.correlation_id,
    }
    if step.reason:
        span.attributes[names.REASON] = step.reason
    for key in step.keys[:MOST_KEYS]:
        kind, _, value = key.partition(":")
        attribute = names.KEY + kind
        known = str(span.attributes.get(attribute, ""))
        span.attributes[attribute] = f"{known} {value}".strip() if value not in known.split() else known
