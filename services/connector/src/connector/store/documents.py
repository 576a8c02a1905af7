"""Documents and their messages as rows. Raw bytes are stored sealed and come back only by `content`."""

# ruff: noqa: S608  the only text put into statements is this module's own
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from crossdock_kit import json_rows
from crossdock_kit.driver import Driver
from crossdock_kit.errors import NotFound

from connector.domain.documents import Earlier, Finding, MessageEnd, Outcome, State
from connector.ports import Kept
from connector.text import clean


@dataclass
class DocumentUnknown(NotFound):
    document_id: str


@dataclass(slots=True, kw_only=True)
class Document:
    """One document, in or out, without its bytes. The verbs below change it; `save` writes what they changed."""

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
    position: int = 0
    messages: list[MessageEnd] = field(default_factory=list)

    @property
    def subject(self) -> str:
        return f"document/{self.document_id}"

    @property
    def kept(self) -> Kept:
        return Kept(self.tenant, self.partner, self.received_at, self.sha256)

    def next_version(self) -> int:
        self.event_version += 1
        return self.event_version

    def belongs_to(self, keys: Sequence[str], transaction_ids: Sequence[str]) -> None:
        self.keys = tuple(dict.fromkeys((*self.keys, *keys)))
        self.transaction_ids = tuple(dict.fromkeys((*self.transaction_ids, *transaction_ids)))


COLUMNS = """tenant, document_id, position, partner, business_unit, outbound, state, kind, name, path, content_type,
  bytes, sha256, received_at, control_numbers, group_control, set_control, related, reason, findings::text, keys,
  transaction_ids, event_version, generation, failures, next_attempt_at, source_event_id, source_aggregate, sent_at,
  foreign_number, correlation_id, causation_id, traceparent"""
_INSERT = """
INSERT INTO document (tenant, document_id, partner, business_unit, outbound, state, kind, name, path, content_type,
  bytes, sha256, content, received_at, control_numbers, group_control, set_control, related, reason, findings, keys,
  transaction_ids, event_version, next_attempt_at, source_event_id, source_aggregate, correlation_id, causation_id,
  traceparent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
  $25, $26, $27, $28, $29)
"""
_SAVE = """
UPDATE document SET state = $3, control_numbers = $4, related = $5, reason = $6, findings = $7, keys = $8,
  transaction_ids = $9, event_version = $10, generation = $11, failures = $12, next_attempt_at = $13, sent_at = $14,
  foreign_number = $15
WHERE tenant = $1 AND document_id = $2
"""
_MESSAGES = """
SELECT kind, control_number, lines, outcome, reason, keys, transaction_ids FROM message
WHERE tenant = $1 AND document_id = $2 ORDER BY number
"""
_SAVE_MESSAGE = """
INSERT INTO message (tenant, document_id, number, kind, control_number, lines, outcome, reason, keys, transaction_ids)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (tenant, document_id, number) DO UPDATE SET kind = excluded.kind, lines = excluded.lines,
  outcome = excluded.outcome, reason = excluded.reason, keys = excluded.keys,
  transaction_ids = excluded.transaction_ids
"""


async def insert(driver: Driver, document: Document, sealed: bytes) -> None:
    await insert_all(driver, [(document, sealed)])
    await save_messages(driver, document)


async def insert_all(driver: Driver, stored: Sequence[tuple[Document, bytes]]) -> None:
    """New documents that have no messages yet, with their sealed bytes."""
    if stored:
        await driver.executemany(_INSERT, [_row(document, sealed) for document, sealed in stored])


def _row(document: Document, sealed: bytes) -> tuple[Any, ...]:
    return (
        document.tenant,
        document.document_id,
        document.partner,
        document.business_unit,
        document.outbound,
        int(document.state),
        document.kind,
        document.name,
        document.path,
        document.content_type,
        document.bytes,
        document.sha256,
        sealed,
        document.received_at,
        [clean(number) for number in document.control_numbers],
        document.group_control,
        document.set_control,
        document.related,
        document.reason,
        _findings_json(document.findings),
        [clean(key) for key in document.keys],
        list(document.transaction_ids),
        document.event_version,
        document.next_attempt_at,
        document.source_event_id,
        document.source_aggregate,
        document.correlation_id,
        document.causation_id,
        document.traceparent,
    )


async def save(driver: Driver, document: Document) -> None:
    """Writes what may change of a document, and its messages."""
    await driver.execute(
        _SAVE,
        document.tenant,
        document.document_id,
        int(document.state),
        [clean(number) for number in document.control_numbers],
        document.related,
        clean(document.reason)[:2000],
        _findings_json(document.findings),
        [clean(key) for key in document.keys],
        list(document.transaction_ids),
        document.event_version,
        document.generation,
        document.failures,
        document.next_attempt_at,
        document.sent_at,
        document.foreign_number,
    )
    await save_messages(driver, document)


async def save_messages(driver: Driver, document: Document) -> None:
    if document.messages:
        await driver.executemany(
            _SAVE_MESSAGE, [_message_row(document, number, each) for number, each in enumerate(document.messages, 1)]
        )


def _message_row(document: Document, number: int, each: MessageEnd) -> tuple[Any, ...]:
    return (
        document.tenant,
        document.document_id,
        number,
        clean(each.kind),
        clean(each.control_number),
        each.lines,
        each.outcome.value,
        clean(each.reason)[:2000],
        [clean(key) for key in each.keys],
        list(each.transaction_ids),
    )


async def get(driver: Driver, tenant: str, document_id: UUID, *, lock: bool = False) -> Document:
    """One document with its messages. Raises DocumentUnknown."""
    found = await one(driver, "tenant = $1 AND document_id = $2", tenant, document_id, lock=lock)
    if found is None:
        raise DocumentUnknown(str(document_id))
    return found


async def by_name(driver: Driver, tenant: str, partner: str, name: str, *, outbound: bool) -> list[Document]:
    rows = await driver.fetch(
        f"SELECT {COLUMNS} FROM document WHERE tenant = $1 AND partner = $2 AND outbound = $3 AND name = $4"
        " ORDER BY position",
        tenant,
        partner,
        outbound,
        name,
    )
    return [from_row(row) for row in rows]


async def in_group(driver: Driver, tenant: str, partner: str, group_control: str) -> list[Document]:
    """What was sent to a partner in one functional group, locked."""
    rows = await driver.fetch(
        f"SELECT {COLUMNS} FROM document WHERE tenant = $1 AND partner = $2 AND outbound AND group_control = $3"
        " ORDER BY position FOR UPDATE",
        tenant,
        partner,
        group_control,
    )
    return [from_row(row) for row in rows]


async def one(driver: Driver, condition: str, *values: Any, lock: bool = False) -> Document | None:
    locking = " FOR UPDATE" if lock else ""
    row = await driver.fetchrow(f"SELECT {COLUMNS} FROM document WHERE {condition} LIMIT 1{locking}", *values)
    if row is None:
        return None
    document = from_row(row)
    document.messages = await messages_of(driver, document.tenant, document.document_id)
    return document


async def messages_of(driver: Driver, tenant: str, document_id: UUID) -> list[MessageEnd]:
    return [_message(row) for row in await driver.fetch(_MESSAGES, tenant, document_id)]


async def content(driver: Driver, tenant: str, document_id: UUID) -> bytes:
    """The sealed bytes. Raises DocumentUnknown."""
    found: bytes | None = await driver.fetchval(
        "SELECT content FROM document WHERE tenant = $1 AND document_id = $2", tenant, document_id
    )
    if found is None:
        raise DocumentUnknown(str(document_id))
    return found


_EARLIER = """
SELECT document_id, sha256, control_numbers FROM document
WHERE tenant = $1 AND partner = $2 AND NOT outbound AND position < $3 AND state NOT IN (1, 4, 6)
  AND (sha256 = $4 OR control_numbers && $5::text[])
ORDER BY position
"""


async def earlier(driver: Driver, document: Document, control_numbers: Sequence[str]) -> list[Earlier]:
    """What the partner sent before with this content or these control numbers, refused documents left out."""
    rows = await driver.fetch(
        _EARLIER, document.tenant, document.partner, document.position, document.sha256, list(control_numbers)
    )
    return [Earlier(str(row["document_id"]), row["sha256"], tuple(row["control_numbers"])) for row in rows]


_PAGE = f"""
SELECT {COLUMNS} FROM document WHERE tenant = $1 AND ($2 = '' OR partner = $2) AND ($3 = 0 OR state = $3)
  AND position < $4 ORDER BY position DESC LIMIT $5
"""


async def page(driver: Driver, tenant: str, *, partner: str, state: int, before: int, limit: int) -> list[Document]:
    """Documents, newest first."""
    found = [from_row(row) for row in await driver.fetch(_PAGE, tenant, partner, state, before, limit)]
    for each in found:
        each.messages = await messages_of(driver, tenant, each.document_id)
    return found


def _findings_json(findings: Sequence[Finding]) -> str:
    return json_rows.encode(
        {
            "code": each.code,
            "severity": each.severity,
            "text": clean(each.text)[:500],
            "segment": each.segment,
            "element": each.element,
            "offset": each.offset,
        }
        for each in findings[:500]
    )


def from_row(row: asyncpg.Record) -> Document:
    facts = dict(row)
    facts["state"] = State(facts["state"])
    facts["findings"] = tuple(Finding(**each) for each in json_rows.decode(facts["findings"]))
    for name in ("control_numbers", "keys", "transaction_ids"):
        facts[name] = tuple(facts[name])
    return Document(**facts)


def _message(row: asyncpg.Record) -> MessageEnd:
    facts = dict(row) | {"keys": tuple(row["keys"]), "transaction_ids": tuple(row["transaction_ids"])}
    return MessageEnd(**facts | {"outcome": Outcome(facts["outcome"])})


def ended(
    message: MessageEnd, outcome: Outcome, reason: str = "", *, transaction_ids: Sequence[str] = ()
) -> MessageEnd:
    ids = tuple(dict.fromkeys((*message.transaction_ids, *transaction_ids)))
    return replace(message, outcome=outcome, reason=reason, transaction_ids=ids)
