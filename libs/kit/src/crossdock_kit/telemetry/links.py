"""Why a step happens, as links of its span to others: what caused it, the attempt before, the attempt that is replayed.

The link types are those of our telemetry's conventions. Knows no table; whoever tries again remembers the last attempt.
"""

from __future__ import annotations

from crossdock_kit.telemetry import names
from crossdock_kit.telemetry.spans import Link, Span, SpanKind, parse_traceparent, root_span


def step_span(name: str, kind: SpanKind, cause: str | None, last: str = "", by: str = "") -> Span:
    """The root of a trace of its own. `cause` and `last` are traceparents: of the step that caused this one, and of its
    last attempt. `by` is the operator who had it tried again, which makes it a replay.
    """
    again = names.LINK_REPLAY_OF if by else names.LINK_RETRY_OF
    told = ((cause, names.LINK_CAUSED_BY), (last, again))
    links = [Link(place, {names.LINK_TYPE: why}) for text, why in told if (place := parse_traceparent(text))]
    span = root_span(name, kind, links=links)
    if by:
        span.attributes[names.END_USER] = by
    return span
