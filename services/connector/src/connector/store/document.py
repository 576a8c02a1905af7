"""One document as a record, in or out, and how it stands in its row. Raw bytes are not part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg
from crossdock_kit import json_rows
from crossdock_kit.errors import NotFound

from connector.domain.documents import Finding, MessageEnd, Outcome, State
from connector.ports import Kept

Octets: TypeAlias = bytes
"""What a field named `bytes` hides."""


@dataclass
class DocumentUnknown(NotFound):
    document_id: str


@dataclass(slots=True, kw_only=True)
class Document:
    """One document, in or out, without its bytes. The verbs below change it; `saving` writes what they changed."""

    tenant: str
    document_id: UUID
    partner: str
    business_unit: str
    outbound: bool
    state: State
    name: str
    bytes: int
    sha256: str
    received_at: datetime
    kind: str = ""
    path: str = ""
    content_type: str = ""
    control_numbers: tuple[str, ...] = ()
    group_control: str = ""
    set_control: str = ""
    related: UUID | None = None
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    keys: tuple[str, ...] = ()
    transaction_ids: tuple[str, ...] = ()
    event_version: int = 0
    generation: int = 1
    failures: int = 0
    next_attempt_at: datetime | None = None
    source_event_id: str = ""
    source_aggregate: str = ""
    sent_at: datetime | None = None
    foreign_number: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""
    # The order whose consignee it has still to name, before it is sent for the first time.
    consignee_of: str = ""
    # What of our documents it belongs with, and, where it asks back what another asked for, the command that answers it
    # if nothing of that was sent: empty where nobody waits for an answer.
    thread: str = ""
    unsent: Octets | None = None
    position: int = 0
    messages: list[MessageEnd] = field(default_factory=list)

    @property
    def subject(self) -> str:
        return f"document/{self.document_id}"

    @property
    def kept(self) -> Kept:
        return Kept(self.tenant, self.partner, self.received_at, self.sha256)

    def complete(self, length: int, sha256: str) -> None:
        """It names whom it has to, and is sent in so many bytes."""
        self.bytes, self.sha256, self.consignee_of = length, sha256, ""

    def next_version(self) -> int:
        self.event_version += 1
        return self.event_version

    def belongs_to(self, keys: Sequence[str], transaction_ids: Sequence[str]) -> None:
        self.keys = tuple(dict.fromkeys((*self.keys, *keys)))
        self.transaction_ids = tuple(dict.fromkeys((*self.transaction_ids, *transaction_ids)))


COLUMNS = """tenant, document_id, position, partner, business_unit, outbound, state, kind, name, path, content_type,
  bytes, sha256, received_at, control_numbers, group_control, set_control, related, reason, findings::text, keys,
  transaction_ids, event_version, generation, failures, next_attempt_at, source_event_id, source_aggregate, sent_at,
  foreign_number, correlation_id, causation_id, traceparent, consignee_of, thread, unsent"""


def from_row(row: asyncpg.Record) -> Document:
    facts = dict(row)
    facts["state"] = State(facts["state"])
    facts["findings"] = tuple(Finding(**each) for each in json_rows.decode(facts["findings"]))
    for name in ("control_numbers", "keys", "transaction_ids"):
        facts[name] = tuple(facts[name])
    return Document(**facts)


def message_of(row: asyncpg.Record) -> MessageEnd:
    return MessageEnd(
        kind=row["kind"],
        control_number=row["control_number"],
        lines=row["lines"],
        outcome=Outcome(row["outcome"]),
        reason=row["reason"],
        keys=tuple(row["keys"]),
        transaction_ids=tuple(row["transaction_ids"]),
    )


def ended(
    message: MessageEnd, outcome: Outcome, reason: str = "", *, transaction_ids: Sequence[str] = ()
) -> MessageEnd:
    ids = tuple(dict.fromkeys((*message.transaction_ids, *transaction_ids)))
    return replace(message, outcome=outcome, reason=reason, transaction_ids=ids)
