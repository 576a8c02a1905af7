"""What is measured of each connector and of the operator's own looks. Read from what was last reported; asks nobody.

Labels are what was declared: as many as there are resources. Only the operator that acts tells: nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from crossdock_kit.telemetry import metrics, names

from partner_operator.conditions import is_ready
from partner_operator.connector import Connector

NAMESPACE = "k8s.namespace.name"
LOOKS = "crossdock.operator.look.duration"
RESYNCS = "crossdock.operator.resync.duration"
Reading = tuple[float, Mapping[str, str]]
Read = Callable[[Mapping[str, Any], datetime], float | None]


def _age(*path: str) -> Read:
    def read(status: Mapping[str, Any], now: datetime) -> float | None:
        value: Any = status
        for each in path:
            value = value.get(each) if value else None
        return (now - datetime.fromisoformat(value)).total_seconds() if value else None

    return read


def _number(name: str) -> Read:
    def read(status: Mapping[str, Any], _: datetime) -> float | None:
        value = status.get("health", {}).get(name)
        return None if value is None else float(value)

    return read


def _ready(status: Mapping[str, Any], _: datetime) -> float | None:
    return float(is_ready(status).get("status") == "True")


def _breaker_open(status: Mapping[str, Any], _: datetime) -> float | None:
    breaker = status.get("health", {}).get("breaker")
    return None if breaker is None else float(breaker != "closed")


def _polling_fails(status: Mapping[str, Any], _: datetime) -> float | None:
    health = status.get("health")
    return None if health is None else float(bool(health.get("pollingFault")))


def _expiry(status: Mapping[str, Any], now: datetime) -> float | None:
    known = (*status.get("credentials", ()), *status.get("hostKeys", ()))
    ends = [each["expiresAt"] for each in known if "expiresAt" in each]
    return (datetime.fromisoformat(min(ends)) - now).total_seconds() if ends else None


# Name and unit → how it is read from a status. What is not known is not told.
GAUGES: Mapping[tuple[str, str], Read] = {
    ("crossdock.connector.ready", ""): _ready,
    ("crossdock.connector.backlog", ""): _number("backlog"),
    ("crossdock.connector.backlog.age", "s"): _age("health", "oldestWaitingAt"),
    ("crossdock.connector.given_up", ""): _number("givenUp"),
    ("crossdock.connector.unacknowledged", ""): _number("unacknowledged"),
    ("crossdock.connector.unacknowledged.age", "s"): _age("health", "oldestUnacknowledgedAt"),
    ("crossdock.connector.last_document.age", "s"): _age("lastDocumentAt"),
    ("crossdock.connector.delivered.percent", ""): _number("deliveredPercent"),
    ("crossdock.connector.breaker.open", ""): _breaker_open,
    ("crossdock.connector.credentials.expiry", "s"): _expiry,
    ("crossdock.connector.polled.age", "s"): _age("health", "lastPolledAt"),
    ("crossdock.connector.polling.failing", ""): _polling_fails,
}


def readings(connectors: Iterable[Connector], read: Read, now: datetime) -> Iterator[Reading]:
    for connector in connectors:
        value = read(connector.status, now)
        if value is not None:
            yield value, {NAMESPACE: connector.namespace, names.PARTNER: connector.partner}


def observe(connectors: Callable[[], Iterable[Connector]]) -> None:
    """Registers the gauges; `connectors` gives those that we speak for."""
    for (name, unit), read in GAUGES.items():
        metrics.observe(name, _reading(connectors, read), unit)


def _reading(connectors: Callable[[], Iterable[Connector]], read: Read) -> Callable[[], list[Reading]]:
    return lambda: list(readings(connectors(), read, datetime.now(UTC)))


def looked(outcome: str, seconds: float) -> None:
    metrics.record(LOOKS, seconds, {names.OUTCOME: outcome})


def resynced(seconds: float) -> None:
    metrics.record(RESYNCS, seconds, {})
