"""The instruments: rate, errors and duration of calls and steps, and gauges that others observe.

Labels are of low cardinality by construction: a method, an outcome, a consumer, never an id. Without a configured
endpoint the recording functions return at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Meter, Observation, get_meter

from crossdock_kit.telemetry import names
from crossdock_kit.telemetry.spans import exporting

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LONG_SECONDS = (0.01, 0.1, 1, 10, 60, 600, 3600, 21600, 86400, 604800)


class _Switch:
    """Whether a meter provider is installed."""

    on = False


def switch_on(on: bool) -> None:
    _Switch.on = on


def collecting() -> bool:
    """Whether anybody collects spans or metrics, so that callers may save the work of describing what happened."""
    return _Switch.on or exporting()


@cache
def _meter() -> Meter:
    return get_meter("crossdock")


@cache
def _histogram(name: str, buckets: tuple[float, ...]) -> Histogram:
    return _meter().create_histogram(name, unit="s", explicit_bucket_boundaries_advisory=list(buckets))


@cache
def _counter(name: str) -> Counter:
    return _meter().create_counter(name)


def record_call(metric: str, method: str, status: str, seconds: float) -> None:
    """One finished call; `metric` is names.CALLS on the server, names.CLIENT_CALLS on the client."""
    if _Switch.on:
        labels = {names.RPC_SYSTEM: "grpc", names.RPC_METHOD: method, names.RPC_STATUS: status}
        _histogram(metric, _SECONDS).record(seconds, labels)


def record_step(kind: str, step: str, outcome: str, took: float, waited: float | None) -> None:
    """One step of transactions. The time that it waited before is in no span, so it has a histogram of its own."""
    if _Switch.on:
        labels = {names.STEP_KIND: kind, names.STEP: step}
        _histogram(names.STEPS, _SECONDS).record(took, labels | {names.OUTCOME: outcome})
        if waited is not None:
            _histogram(names.WAITS, _LONG_SECONDS).record(waited, labels)


def record(metric: str, seconds: float, labels: Mapping[str, str]) -> None:
    if _Switch.on:
        _histogram(metric, _SECONDS).record(seconds, dict(labels))


def count(metric: str, amount: int, labels: Mapping[str, str]) -> None:
    if _Switch.on and amount:
        _counter(metric).add(amount, dict(labels))


def observe(metric: str, read: Callable[[], Iterable[tuple[float, Mapping[str, str]]]], unit: str = "") -> None:
    """Registers a gauge that is read at each export: lag, oldest unpublished, held, open exceptions by class."""

    def observed(_: CallbackOptions) -> list[Observation]:
        return [Observation(value, dict(labels)) for value, labels in read()]

    _meter().create_observable_gauge(metric, callbacks=[observed], unit=unit)
