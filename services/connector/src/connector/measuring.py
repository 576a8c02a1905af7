"""What is measured of business with each partner: how much comes, how much goes, how it ends, and how long it takes.

A partner is declared, so there are as many labels as profiles; a document is never one.
"""

from __future__ import annotations

from datetime import timedelta

from crossdock_kit.telemetry import metrics, names

SENDS = "crossdock.connector.send.duration"
"""Each attempt to hand a document to the partner, by its outcome: delivered, waiting (for another attempt) or dead."""
RECEIVED = "crossdock.connector.received"
"""Each document that came, by what became of it: stored, duplicate or refused."""
FLOWS = "crossdock.connector.flow.duration"
"""Each document that a partner has taken, by its kind: from the record of the fact that it tells of to the partner's
answer. What goes at the partner's own times counts from when it was to go."""


def sent(tenant: str, partner: str, outcome: str, took: timedelta) -> None:
    metrics.record(SENDS, took.total_seconds(), _about(tenant, partner, outcome))


def told(tenant: str, partner: str, kind: str, took: timedelta) -> None:
    """Clocks of two machines may be apart by some milliseconds: less than nothing is nothing."""
    labels = {names.TENANT: tenant, names.PARTNER: partner, names.DOCUMENT_KIND: kind}
    metrics.record(FLOWS, max(took.total_seconds(), 0.0), labels)


def received(tenant: str, partner: str, outcome: str) -> None:
    metrics.count(RECEIVED, 1, _about(tenant, partner, outcome))


def _about(tenant: str, partner: str, outcome: str) -> dict[str, str]:
    return {names.TENANT: tenant, names.PARTNER: partner, names.OUTCOME: outcome}
