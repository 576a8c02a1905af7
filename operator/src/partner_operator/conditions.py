"""All that is known of a connector → the status that people read. Pure; an unchanged status comes out unchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crossdock.connector.v1 import partner_pb2
from google.protobuf import json_format

from partner_operator.connector import Connector
from partner_operator.credentials import Credential
from partner_operator.cursors import CursorReset
from partner_operator.host_keys import host_keys
from partner_operator.manifests.platform import selector
from partner_operator.restarts import Restarts

Status = dict[str, Any]
# Codes of what a worker refuses to speak with.
_HOST_KEY = "HOST_KEY_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What one look at a connector found out. None is what could not be asked."""

    credentials: Sequence[Credential] = ()
    refused: str = ""
    """Why the connector service does not take the profile, or why an object cannot be made."""
    unreachable: bool = False
    health: partner_pb2.PartnerHealth | None = None
    deployment: Mapping[str, Any] = field(default_factory=dict)
    draining: str = ""
    restarts: Restarts = field(default_factory=Restarts)
    cursor_reset: CursorReset | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    status: str
    reason: str
    message: str


def status_of(connector: Connector, known: Known, now: datetime) -> Status:
    """The whole status. Conditions keep the instant since which they hold."""
    there = connector.status
    found: Status = {
        "observedGeneration": connector.generation,
        "replicas": known.deployment.get("status", {}).get("replicas", 0),
        "selector": ",".join(f"{key}={value}" for key, value in sorted(selector(connector).items())),
        "credentials": [_credential(each) for each in known.credentials],
        "hostKeys": [each.as_status for each in host_keys(connector)],
        "cursorReset": known.cursor_reset.as_status if known.cursor_reset else None,
        "conditions": _conditions(connector, known, now),
        **_restarts(known.restarts),
    }
    if known.health is not None:
        found["health"] = _health(known.health)
        found["lastDocumentAt"] = max(found["health"].get(each, "") for each in ("lastReceivedAt", "lastSentAt"))
    elif "health" in there:
        # What was last known stays to be read; Connected says that it is old.
        found |= {name: there[name] for name in ("health", "lastDocumentAt") if name in there}
    return {name: each for name, each in found.items() if each not in ("", None) and (each or name != "hostKeys")}


def change_of(there: Mapping[str, Any], wanted: Status) -> Status:
    """The merge patch that makes the one the other; empty where nothing changed."""
    gone = {name: None for name in there if name not in wanted}
    return gone | {name: each for name, each in wanted.items() if there.get(name) != each}


def is_ready(status: Mapping[str, Any]) -> Mapping[str, Any]:
    """The Ready condition; empty where there is none yet."""
    return next((each for each in status.get("conditions", ()) if each["type"] == "Ready"), {})


def is_broken(deployment: Mapping[str, Any]) -> bool:
    """Whether Kubernetes has given up waiting for the pods to come up."""
    found = {each["type"]: each for each in deployment.get("status", {}).get("conditions", ())}
    progressing: Mapping[str, Any] = found.get("Progressing", {})
    return bool(progressing.get("status") == "False")


def _conditions(connector: Connector, known: Known, now: datetime) -> list[Status]:
    verdicts = {
        "Ready": _ready(connector, known),
        "Connected": _connected(known),
        "CredentialsValid": _credentials_valid(connector, known, now),
        "Degraded": _degraded(known),
        "Paused": _paused(connector),
    }
    before = {each["type"]: each for each in connector.status.get("conditions", ())}
    return [_condition(name, each, before.get(name, {}), connector, now) for name, each in verdicts.items()]


def _condition(name: str, verdict: Verdict, before: Mapping[str, Any], connector: Connector, now: datetime) -> Status:
    since = before.get("lastTransitionTime") if before.get("status") == verdict.status else None
    return {
        "type": name,
        "status": verdict.status,
        "reason": verdict.reason,
        "message": verdict.message,
        "observedGeneration": connector.generation,
        "lastTransitionTime": since or stamp(now),
    }


def _ready(connector: Connector, known: Known) -> Verdict:
    if connector.deleted_at is not None:
        return Verdict("False", "Draining", known.draining)
    if known.refused:
        return Verdict("False", "Refused", known.refused)
    if fault := next((each.fault for each in known.credentials if each.fault), ""):
        return Verdict("False", "CredentialsInvalid", fault)
    if connector.state == "stopped":
        return Verdict("False", "Stopped", "stopped by its spec")
    if known.unreachable and known.health is None and not connector.status.get("health"):
        return Verdict("False", "ConnectorUnreachable", "the connector service has not taken the profile yet")
    return _rolled_out(known.deployment)


def _rolled_out(deployment: Mapping[str, Any]) -> Verdict:
    spec, status = deployment.get("spec", {}), deployment.get("status", {})
    wanted, available = spec.get("replicas", 1), status.get("availableReplicas", 0)
    current = status.get("observedGeneration", 0) >= deployment.get("metadata", {}).get("generation", 1)
    if current and available >= wanted and status.get("updatedReplicas", 0) >= wanted:
        return Verdict("True", "Running", f"{available} of {wanted} workers run")
    if is_broken(deployment):
        return Verdict("False", "NotComingUp", f"{available} of {wanted} workers run, and the others do not come up")
    return Verdict("False", "RollingOut", f"{available} of {wanted} workers run")


def _connected(known: Known) -> Verdict:
    if known.health is None:
        text = "the connector service cannot be asked" if known.unreachable else "nothing is known yet"
        return Verdict("Unknown", "ConnectorUnreachable" if known.unreachable else "NotKnown", text)
    if known.health.breaker != "closed":
        return Verdict("False", "BreakerOpen", "the partner fails again and again and is left alone for a while")
    if known.health.polling_code.startswith(_HOST_KEY):
        return Verdict("False", "HostKeyRefused", known.health.polling_fault)
    if not known.health.worker_active:
        return Verdict("False", "NoWorker", "no worker holds the partner's transport")
    return Verdict("True", "WorkerActive", "a worker holds the partner's transport")


def _credentials_valid(connector: Connector, known: Known, now: datetime) -> Verdict:
    faults = [each.fault for each in known.credentials if each.fault]
    keys = host_keys(connector)
    if keys and all(each.is_past(now) for each in keys):
        faults.append("every host key of the spec has expired: pin the one that the server shows now")
    if faults:
        return Verdict("False", "CredentialsInvalid", "; ".join(faults))
    return Verdict("True", "Valid", f"{len(known.credentials)} secrets can be used")


def _degraded(known: Known) -> Verdict:
    health = known.health
    if health is not None and health.given_up:
        return Verdict("True", "GivenUp", "documents could not be delivered and wait for a decision")
    if health is not None and health.breaker != "closed":
        return Verdict("True", "BreakerOpen", "the partner fails again and again")
    if health is not None and health.polling_fault:
        return Verdict("True", "PollingFails", health.polling_fault)
    if known.restarts.number:
        return Verdict("True", "Restarting", f"begun anew {known.restarts.number} times since it was last healthy")
    if known.unreachable:
        return Verdict("True", "ConnectorUnreachable", "the connector service cannot be asked")
    return Verdict("False", "AsExpected", "nothing is wrong")


def _paused(connector: Connector) -> Verdict:
    if connector.state == "running":
        return Verdict("False", "Running", "documents go both ways")
    said = "its spec" if connector.spec.get("state") == connector.state else "the annotation crossdock.dev/pause"
    return Verdict("True", connector.state.capitalize(), f"{connector.state} by {said}")


def _credential(credential: Credential) -> Status:
    found = {"name": credential.name, "fault": credential.fault, "version": credential.version}
    found["expiresAt"] = stamp(credential.expires_at) if credential.expires_at else ""
    return {name: each for name, each in found.items() if each}


def _restarts(restarts: Restarts) -> Status:
    return {
        "restarts": restarts.number or None,
        "restartAfter": stamp(restarts.after) if restarts.after else None,
        "restartedAt": stamp(restarts.last) if restarts.last else None,
    }


def _health(health: partner_pb2.PartnerHealth) -> Status:
    """As the schema spells it: whole numbers as numbers, instants to the second."""
    found: Status = json_format.MessageToDict(health, always_print_fields_with_no_presence=True)
    found.pop("partner")
    for name in ("backlog", "givenUp", "unacknowledged", "unread"):
        found[name] = int(found[name])
    for field_ in health.DESCRIPTOR.fields:
        if field_.message_type is not None and field_.json_name in found:
            found[field_.json_name] = stamp(getattr(health, field_.name).ToDatetime(tzinfo=UTC))
    return found


def stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
