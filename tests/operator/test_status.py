"""What is known → what people read: conditions with a reason and a sentence, restarts with back-off, secrets unread."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from crossdock.connector.v1 import partner_pb2
from crossdock_kit.errors import CrossdockError
from crossdock_kit.peers import PeerUnavailable
from crossdock_local.place import find_checkout
from declared import connector
from partner_operator.conditions import Known, change_of, is_ready, status_of
from partner_operator.connector import Connector
from partner_operator.credentials import Credential, judge
from partner_operator.cursors import CursorReset, reset_if_asked
from partner_operator.restarts import MOST, Restarts, next_restart, wait_before

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RUNNING = {
    "metadata": {"generation": 2},
    "spec": {"replicas": 1},
    "status": {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
}
HEALTHY = partner_pb2.PartnerHealth(partner="sup-atlas", breaker="closed", worker_active=True)


def known(**more: Any) -> Known:
    given: dict[str, Any] = {"deployment": RUNNING, "health": HEALTHY}
    return Known(**(given | more))


def conditions(found: Known, **declared: Any) -> dict[str, tuple[str, str]]:
    status = status_of(connector(**declared), found, NOW)
    return {each["type"]: (each["status"], each["reason"]) for each in status["conditions"]}


def test_what_runs_and_is_connected_is_ready() -> None:
    assert conditions(known()) == {
        "Ready": ("True", "Running"),
        "Connected": ("True", "WorkerActive"),
        "CredentialsValid": ("True", "Valid"),
        "Degraded": ("False", "AsExpected"),
        "Paused": ("False", "Running"),
    }


def failing(code: str) -> partner_pb2.PartnerHealth:
    return partner_pb2.PartnerHealth(breaker="closed", worker_active=True, polling_fault="no", polling_code=code)


FAULTY = Credential("key", "the secret key is missing: create it with the key value")
STUCK = RUNNING | {"status": {"conditions": [{"type": "Progressing", "status": "False"}]}}


@pytest.mark.parametrize(
    ("found", "declared", "name", "verdict"),
    [
        (known(refused="no"), {}, "Ready", ("False", "Refused")),
        (known(credentials=(FAULTY,)), {}, "Ready", ("False", "CredentialsInvalid")),
        (known(credentials=(FAULTY,)), {}, "CredentialsValid", ("False", "CredentialsInvalid")),
        (known(), {"state": "stopped"}, "Ready", ("False", "Stopped")),
        (known(), {"state": "paused"}, "Paused", ("True", "Paused")),
        (known(), {"state": "paused"}, "Ready", ("True", "Running")),
        (known(deployment={}), {}, "Ready", ("False", "RollingOut")),
        (known(deployment=STUCK), {}, "Ready", ("False", "NotComingUp")),
        (known(health=None), {}, "Connected", ("Unknown", "NotKnown")),
        (known(health=None, unreachable=True), {}, "Connected", ("Unknown", "ConnectorUnreachable")),
        (known(health=None, unreachable=True), {}, "Ready", ("False", "ConnectorUnreachable")),
        (known(health=partner_pb2.PartnerHealth(breaker="open")), {}, "Connected", ("False", "BreakerOpen")),
        (known(health=partner_pb2.PartnerHealth(breaker="closed")), {}, "Connected", ("False", "NoWorker")),
        (known(health=partner_pb2.PartnerHealth(breaker="open")), {}, "Degraded", ("True", "BreakerOpen")),
        (known(health=partner_pb2.PartnerHealth(given_up=2)), {}, "Degraded", ("True", "GivenUp")),
        (known(health=failing("HTTP_503")), {}, "Degraded", ("True", "PollingFails")),
        (known(health=failing("HTTP_503")), {}, "Connected", ("True", "WorkerActive")),
        (known(health=failing("HOST_KEY_UNKNOWN")), {}, "Connected", ("False", "HostKeyRefused")),
        (known(restarts=Restarts(2)), {}, "Degraded", ("True", "Restarting")),
    ],
)
def test_what_is_wrong_is_said(found: Known, declared: Any, name: str, verdict: tuple[str, str]) -> None:
    assert conditions(found, **declared)[name] == verdict


def test_the_annotation_pauses_what_its_spec_runs() -> None:
    paused = connector(metadata={"annotations": {"crossdock.dev/pause": "true"}})
    [told] = [each for each in status_of(paused, known(), NOW)["conditions"] if each["type"] == "Paused"]
    assert (paused.state, told["message"]) == ("paused", "paused by the annotation crossdock.dev/pause")


def test_a_condition_keeps_the_instant_since_which_it_holds() -> None:
    first = status_of(connector(), known(), NOW)
    later = NOW + timedelta(hours=1)
    again = status_of(connector(status=first), known(), later)
    assert change_of(first, again) == {}
    worse = status_of(connector(status=first), known(refused="no"), later)
    assert is_ready(worse)["lastTransitionTime"] == "2026-11-21T13:00:00Z"
    assert is_ready(first)["lastTransitionTime"] == "2026-11-21T12:00:00Z"


def test_a_patch_of_the_status_names_only_what_changed_and_takes_out_what_is_gone() -> None:
    first = status_of(connector(), known(restarts=Restarts(1, NOW, NOW)), NOW)
    second = status_of(connector(status=first), known(), NOW)
    assert change_of(first, second).keys() == {"restarts", "restartAfter", "restartedAt", "conditions"}
    assert change_of(first, second)["restarts"] is None


def test_business_health_is_in_the_status_and_stays_while_nobody_can_be_asked() -> None:
    health = partner_pb2.PartnerHealth(partner="sup-atlas", backlog=4, unacknowledged=2, delivered_percent=99)
    health.last_sent_at.FromDatetime(NOW - timedelta(minutes=5))
    health.last_received_at.FromDatetime(NOW - timedelta(minutes=9))
    status = status_of(connector(), known(health=health), NOW)
    assert status["health"]["backlog"] == 4
    assert status["health"]["deliveredPercent"] == 99
    assert status["lastDocumentAt"] == "2026-11-21T11:55:00Z"
    alone = status_of(connector(status=status), known(health=None, unreachable=True), NOW)
    assert alone["health"] == status["health"]


def test_restarts_wait_longer_each_time_and_begin_anew_after_health() -> None:
    assert [wait_before(number) for number in (1, 2, 3, 4)] == [timedelta(minutes=m) for m in (2, 6, 12, 20)]
    told, now, instants = Restarts(), NOW, []
    while now < NOW + timedelta(hours=12):
        before, told = told, next_restart(told, broken=True, now=now)
        if told.number > before.number:
            instants.append(int((now - NOW).total_seconds() // 60))
        now += timedelta(seconds=30)
    assert instants == [2, 8, 20, 40, 70, 112]
    assert told.number == MOST - 1
    healthy = next_restart(told, broken=False, now=now)
    assert (healthy.number, healthy.after) == (0, None)
    # What the pods carry stays, or health would begin them anew.
    assert healthy.last == told.last


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def token(expires: datetime) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": int(expires.timestamp())}).encode()).decode().rstrip("=")
    return encoded(f"e30.{claims}.c2ln")


def secret(**more: Any) -> dict[str, Any]:
    metadata = {"labels": {"crossdock.dev/allow-connector": "true"}, "resourceVersion": "9"}
    return {"metadata": metadata, "type": "Opaque", "data": {"value": encoded("shh")}} | more


FUTURE = datetime.now(UTC) + timedelta(days=30)


@pytest.mark.parametrize(
    ("found", "keys", "fault"),
    [
        (secret(), ("value",), ""),
        (secret(data={"token": token(FUTURE)}), ("token",), ""),
        (secret(metadata={}), ("value",), "does not carry the label"),
        (
            secret(type="kubernetes.io/service-account-token"),
            ("value",),
            "is of type kubernetes.io/service-account-token",
        ),
        (secret(data={"other": encoded("x")}), ("value",), "has no key value"),
        (secret(data=None), ("value",), "has no key value"),
        (secret(data={"token": token(datetime(2020, 1, 1, tzinfo=UTC))}), ("token",), "expired at 2020-01-01 00:00"),
        (secret(data={"token": encoded("no token at all")}), ("token",), ""),
    ],
)
def test_a_secret_is_judged_without_telling_what_it_holds(found: dict[str, Any], keys: Any, fault: str) -> None:
    told = judge("key", found, keys)
    assert fault in told.fault
    assert bool(told.fault) == bool(fault)
    assert "shh" not in repr(told)


def test_the_end_of_a_token_is_told() -> None:
    told = judge("key", secret(data={"token": token(FUTURE)}), ("token",))
    assert told.expires_at == FUTURE.replace(microsecond=0)


def test_the_schema_keeps_whatever_the_status_says() -> None:
    """The API server drops what the definition does not name, and the operator would write it for ever."""
    schema = yaml.safe_load((find_checkout() / "operator" / "crd" / "partnerconnectors.yaml").read_text())
    properties = schema["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
    everything = known(
        credentials=(Credential("key", "it expired", "7", NOW),),
        restarts=Restarts(2, NOW + timedelta(minutes=12), NOW),
        health=partner_pb2.PartnerHealth(partner="sup-atlas", breaker="open", delivered_percent=90),
    )
    everything = replace(everything, cursor_reset=CursorReset("1", True, "begins anew"))
    status = status_of(over_sftp(NOW), everything, NOW)
    assert {"cursorReset", "hostKeys"} <= status.keys()
    assert {"restarts", "restartAfter", "restartedAt", "credentials", "health"} <= status.keys() <= properties.keys()
    for name in ("health", "cursorReset", "credentials", "hostKeys", "conditions"):
        alone = isinstance(status[name], dict)
        said = status[name] if alone else status[name][0]
        described = properties[name] if alone else properties[name]["items"]
        assert said.keys() <= described["properties"].keys()


def over_sftp(*ends: datetime) -> Connector:
    """A supplier whose host keys expire at these instants."""
    keys = [
        {"key": f"ssh-ed25519 {base64.b64encode(b'%d' % n).decode()}", "expiresAt": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
        for n, end in enumerate(ends)
    ]
    return connector("sup-nordic", "sftp", transport={"sftp": {"hostKeys": keys}})


def test_host_keys_are_shown_by_fingerprint_and_end_as_certificates_are() -> None:
    old, new = NOW - timedelta(days=1), NOW + timedelta(days=90)
    rolling = status_of(over_sftp(old, new), known(), NOW)
    assert [each["expiresAt"] for each in rolling["hostKeys"]] == ["2026-11-20T12:00:00Z", "2027-02-19T12:00:00Z"]
    assert all(each["fingerprint"].startswith("SHA256:") for each in rolling["hostKeys"])
    assert valid(rolling) == ("True", "Valid")
    gone = status_of(over_sftp(old), known(), NOW)
    assert valid(gone) == ("False", "CredentialsInvalid")
    assert "hostKeys" not in status_of(connector(), known(), NOW)


def valid(status: dict[str, Any]) -> tuple[str, str]:
    [found] = [each for each in status["conditions"] if each["type"] == "CredentialsValid"]
    return found["status"], found["reason"]


class Business:
    """The connector service as far as cursors go."""

    def __init__(self, *answers: list[str] | CrossdockError) -> None:
        self.answers, self.asked = list(answers), list[tuple[str, str]]()

    async def reset_cursors(self, partner: str, request_id: str) -> list[str]:
        self.asked.append((partner, request_id))
        answer = self.answers.pop(0)
        if isinstance(answer, CrossdockError):
            raise answer
        return answer


def asking(value: str, state: str, told: CursorReset | None = None) -> Connector:
    annotations = {"annotations": {"crossdock.dev/reset-cursor": value}} if value else {}
    status = {"cursorReset": told.as_status} if told else {}
    return connector("car-one", "polled", metadata=annotations, state=state, status=status)


@pytest.mark.parametrize("state", ["running", "paused"])
async def test_a_cursor_is_not_reset_while_its_connector_runs_nor_later_by_the_same_request(state: str) -> None:
    business = Business()
    refused = await reset_if_asked(asking("monday", state), business)
    assert refused is not None
    assert not refused.done
    assert f"it is {state}: stop it" in refused.message
    assert await reset_if_asked(asking("monday", "stopped", refused), business) == refused
    assert business.asked == []


async def test_a_cursor_is_reset_once_for_each_new_value_of_the_annotation() -> None:
    away = PeerUnavailable("away")
    business = Business(away, ["easypost.tracker"], ["easypost.tracker"])
    assert await reset_if_asked(asking("monday", "stopped"), business) is None
    done = await reset_if_asked(asking("monday", "stopped"), business)
    assert done == CursorReset("monday", True, "begins anew: easypost.tracker")
    assert await reset_if_asked(asking("monday", "stopped", done), business) == done
    assert await reset_if_asked(asking("", "stopped", done), business) == done
    again = await reset_if_asked(asking("tuesday", "stopped", done), business)
    assert again is not None
    assert again.done
    first, repeated, other = (request_id for _, request_id in business.asked)
    assert first == repeated != other
