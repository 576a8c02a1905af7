"""Shipments, scans and entries as rows and back. A row names every column of its table but the tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crossdock_kit.json_rows import Row

from delivery.domain.carriage import Answer, Billing, CallOff, Carriage, Issue, Package, Terms, Told
from delivery.domain.events import Proof
from delivery.domain.milestone_table import Meaning
from delivery.domain.milestones import CodeClass, Fault, Milestone, Stage, Trouble
from delivery.domain.progress import Evidence
from delivery.domain.scan import Scan
from delivery.domain.shipment import Shipment
from delivery.ports import KeptScan, MilestoneEntry, SaidProof

Record = Any
"""A row as asyncpg gives it, read by column name."""

_TERMS = (
    "business_unit",
    "number",
    "ship_from",
    "ship_notice",
    "customer_id",
    "consignee_id",
    "promised_by",
    "express",
)
_HEAD = (
    "shipment_id",
    "system",
    "content",
    "stage_at",
    "proven_at",
    "billed_at",
    "attempts",
    "kept_back",
    "closed",
    "watched",
    "update_count",
    "milestone_count",
    "version",
    "event_version",
    "created_at",
    "updated_at",
)
_SAID = (
    "scan_id",
    "reported_by",
    "carrier",
    "tracking_number",
    "shipment_number",
    "vocabulary",
    "code",
    "reason",
    "occurred_at",
    "estimated_at",
    "place",
    "text",
    "voided",
)


def shipment_row(shipment: Shipment) -> Row:
    terms, carriage = shipment.terms, shipment.carriage
    return (
        {name: getattr(shipment, name) for name in _HEAD}
        | {name: getattr(terms, name) for name in _TERMS}
        | {
            "orders": [list(each) for each in terms.orders],
            "order_numbers": [number for _, number in terms.orders],
            "packages": [[each.number, each.sscc, each.tracking_number] for each in terms.packages],
            "carrier": carriage.carrier if carriage else "",
            "service_level": carriage.service_level if carriage else "",
            "tracking_number": carriage.tracking_number if carriage else "",
            "stage": shipment.stage.value,
            "milestone": shipment.milestone.value if shipment.milestone else "",
            "told": _told(shipment.told),
            "issues": [[each.number, each.issued_at.isoformat(), each.dispatched] for each in shipment.issues],
            "billing": shipment.billing.value,
            "called_off": _called_off(shipment.called_off),
        }
    )


def read_shipment(row: Record) -> Shipment:
    terms = Terms(
        **{name: row[name] for name in _TERMS},
        orders=tuple((order_id, number) for order_id, number in row["orders"]),
        packages=tuple(Package(*each) for each in row["packages"]),
    )
    carriage = Carriage(
        carrier=row["carrier"], service_level=row["service_level"], tracking_number=row["tracking_number"]
    )
    return Shipment(
        **{name: row[name] for name in _HEAD},
        terms=terms,
        carriage=carriage if row["carrier"] else None,
        stage=Stage(row["stage"]),
        told=_read_told(row["told"]),
        issues=[Issue(number, datetime.fromisoformat(at), done) for number, at, done in row["issues"]],
        billing=Billing(row["billing"]),
        called_off=_read_called_off(row["called_off"]),
    )


def _called_off(found: CallOff | None) -> Row | None:
    if found is None:
        return None
    return {
        "command": found.command,
        "reason": found.reason,
        "at": found.at.isoformat(),
        "answer": found.answer.value,
    }


def _read_called_off(value: Row | None) -> CallOff | None:
    if value is None:
        return None
    return CallOff(value["command"], value["reason"], datetime.fromisoformat(value["at"]), Answer(value["answer"]))


def _told(told: Told) -> Row:
    return {
        "reached": {each.value: [found.at.isoformat(), found.scan_id] for each, found in told.reached.items()},
        "delayed_since": told.delayed_since.isoformat() if told.delayed_since else None,
        "eta": told.eta.isoformat() if told.eta else None,
        "exceptions": {scan_id: trouble.value for scan_id, trouble in told.exceptions.items()},
    }


def _read_told(value: Row) -> Told:
    said = value["reached"].items()
    reached = {Milestone(name): Evidence(datetime.fromisoformat(at), scan_id) for name, (at, scan_id) in said}
    exceptions = {scan_id: Trouble(trouble) for scan_id, trouble in value["exceptions"].items()}
    return Told(reached, _instant(value["delayed_since"]), _instant(value["eta"]), exceptions)


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def scan_row(shipment_id: str, scan: Scan) -> Row:
    return (
        {name: getattr(scan, name) for name in _SAID}
        | meaning_row(scan.meaning)
        | {
            "shipment_id": shipment_id,
            "fault": scan.fault.value,
        }
    )


def meaning_row(meaning: Meaning) -> Row:
    return {
        "code_class": meaning.code_class.value,
        "milestone": meaning.milestone.value if meaning.milestone else "",
        "stage": meaning.stage.value if meaning.stage else "",
        "trouble": meaning.trouble.value if meaning.trouble else "",
        "if_untroubled": meaning.if_untroubled,
        "table_version": meaning.version,
        "overridden": meaning.overridden,
    }


def read_scan(row: Record) -> Scan:
    meaning = Meaning(
        text="",
        code_class=CodeClass(row["code_class"]),
        milestone=Milestone(row["milestone"]) if row["milestone"] else None,
        stage=Stage(row["stage"]) if row["stage"] else None,
        trouble=Trouble(row["trouble"]) if row["trouble"] else None,
        if_untroubled=row["if_untroubled"],
        version=row["table_version"],
        overridden=row["overridden"],
    )
    return Scan(**{name: row[name] for name in _SAID}, meaning=meaning, fault=Fault(row["fault"]))


def read_kept(row: Record) -> KeptScan:
    return KeptScan(read_scan(row), row["shipment_id"], row["received_at"])


def read_said(row: Record) -> SaidProof:
    return SaidProof(
        evidence=Proof(row["kind"], row["reference"], row["content_sha256"], row["recipient_id"]),
        reported_by=row["reported_by"],
        tracking_number=row["tracking_number"],
        delivered_at=row["delivered_at"],
        received_at=row["received_at"],
    )


def read_override(row: Record) -> Meaning:
    return Meaning(
        text=row["text"],
        code_class=CodeClass(row["code_class"]),
        milestone=Milestone(row["milestone"]) if row["milestone"] else None,
        stage=Stage(row["stage"]) if row["stage"] else None,
        trouble=Trouble(row["trouble"]) if row["trouble"] else None,
        version=row["version"],
        overridden=True,
    )


def entry_row(shipment_id: str, entry: MilestoneEntry) -> Row:
    return {
        "shipment_id": shipment_id,
        "position": entry.position,
        "milestone": entry.milestone.value,
        "effect": entry.effect,
        "at": entry.at,
        "recorded_at": entry.recorded_at,
        "scan_id": entry.scan_id,
        "code": entry.code,
        "reason": entry.reason,
        "trouble": entry.trouble.value if entry.trouble else "",
        "fault": entry.fault.value if entry.fault else "",
    }


def read_entry(row: Record) -> MilestoneEntry:
    return MilestoneEntry(
        position=row["position"],
        milestone=Milestone(row["milestone"]),
        effect=row["effect"],
        at=row["at"],
        recorded_at=row["recorded_at"],
        scan_id=row["scan_id"],
        code=row["code"],
        reason=row["reason"],
        trouble=Trouble(row["trouble"]) if row["trouble"] else None,
        fault=Fault(row["fault"]) if row["fault"] else None,
    )
