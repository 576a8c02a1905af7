"""Alerts speak of metrics that are told and lead to a page that says what to do."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from connector.measuring import FLOWS, RECEIVED, SENDS
from crossdock.connector.v1 import partner_pb2
from crossdock_local.place import find_checkout
from declared import connector
from partner_operator.conditions import Known, status_of
from partner_operator.credentials import Credential
from partner_operator.gauges import GAUGES, LOOKS, RESYNCS, readings

ROOT = find_checkout()
RULES = yaml.safe_load((ROOT / "operator" / "alerts" / "partner-connectors.yaml").read_text())
ALERTS: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def exported() -> set[str]:
    """As Prometheus calls them."""
    units = {"": "", "s": "_seconds"}
    gauges = {name.replace(".", "_") + units[unit] for name, unit in GAUGES}
    sends, received = SENDS.replace(".", "_"), RECEIVED.replace(".", "_")
    flows = FLOWS.replace(".", "_")
    looks, resyncs = LOOKS.replace(".", "_"), RESYNCS.replace(".", "_")
    timed = (sends, flows, looks, resyncs)
    histograms = {f"{each}_seconds_{part}" for each in timed for part in ("bucket", "count", "sum")}
    return gauges | histograms | {f"{received}_total"}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda each: each["alert"])
def test_an_alert_speaks_of_what_is_exported(alert: dict[str, Any]) -> None:
    used = set(re.findall(r"crossdock_(?:connector|operator)_[a-z_]+", alert["expr"]))
    assert used
    assert used <= exported()


@pytest.mark.parametrize("alert", ALERTS, ids=lambda each: each["alert"])
def test_an_alert_has_a_section_in_its_runbook(alert: dict[str, Any]) -> None:
    page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^## (\w+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert alert["alert"] in headings
    assert anchor == alert["alert"].lower()


def measured(**known: Any) -> dict[str, float]:
    found = connector(status=status_of(connector(), Known(**known), NOW))
    later = NOW + timedelta(minutes=10)
    told = {name: list(readings([found], read, later)) for (name, _), read in GAUGES.items()}
    labels = {"k8s.namespace.name": "partners", "crossdock.partner.id": "sup-atlas"}
    assert all(each == labels for values in told.values() for _, each in values)
    return {name: values[0][0] for name, values in told.items() if values}


def test_what_is_measured_is_what_the_status_says() -> None:
    health = partner_pb2.PartnerHealth(
        partner="sup-atlas", backlog=3, given_up=1, unacknowledged=2, breaker="open", delivered_percent=75
    )
    health.oldest_waiting_at.FromDatetime(NOW - timedelta(minutes=20))
    health.oldest_unacknowledged_at.FromDatetime(NOW - timedelta(hours=1))
    health.last_polled_at.FromDatetime(NOW - timedelta(minutes=2))
    health.polling_fault, health.polling_code = "HTTP 503", "HTTP_503"
    health.last_sent_at.FromDatetime(NOW - timedelta(minutes=5))
    expiring = Credential("sup-atlas-identity", expires_at=NOW + timedelta(days=1))
    assert measured(health=health, credentials=(expiring,)) == {
        "crossdock.connector.ready": 0,
        "crossdock.connector.backlog": 3,
        "crossdock.connector.backlog.age": 1800,
        "crossdock.connector.given_up": 1,
        "crossdock.connector.unacknowledged": 2,
        "crossdock.connector.unacknowledged.age": 4200,
        "crossdock.connector.last_document.age": 900,
        "crossdock.connector.delivered.percent": 75,
        "crossdock.connector.breaker.open": 1,
        "crossdock.connector.credentials.expiry": 85800,
        "crossdock.connector.polled.age": 720,
        "crossdock.connector.polling.failing": 1,
    }


def test_what_is_not_known_is_not_told() -> None:
    assert measured() == {"crossdock.connector.ready": 0}
