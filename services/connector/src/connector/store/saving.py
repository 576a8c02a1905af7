"""Writes documents, set-based: however many there are, a statement for their rows and one for their messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crossdock_kit import json_rows
from crossdock_kit.driver import Driver

from connector.domain.documents import LONGEST_REASON, Finding, MessageEnd
from connector.store.document import Document
from connector.text import clean

_INSERT = """
INSERT INTO document (tenant, document_id, partner, business_unit, outbound, state, kind, name, path, content_type,
  bytes, sha256, content, received_at, control_numbers, group_control, set_control, related, reason, findings, keys,
  transaction_ids, event_version, next_attempt_at, source_event_id, source_aggregate, correlation_id, causation_id,
  traceparent, consignee_of, thread, unsent)
SELECT tenant, document_id, partner, business_unit, outbound, state, kind, name, path, content_type, bytes, sha256,
  content, received_at, control_numbers, group_control, set_control, related, reason, findings, keys, transaction_ids,
  event_version, next_attempt_at, source_event_id, source_aggregate, correlation_id, causation_id, traceparent,
  consignee_of, thread, unsent
FROM json_to_recordset($1::json) AS r(n bigint, tenant text, document_id uuid, partner text, business_unit text,
  outbound boolean, state smallint, kind text, name text, path text, content_type text, bytes bigint, sha256 text,
  received_at timestamptz, control_numbers text[], group_control text, set_control text, related uuid, reason text,
  findings jsonb, keys text[], transaction_ids text[], event_version bigint, next_attempt_at timestamptz,
  source_event_id text, source_aggregate text, correlation_id text, causation_id text, traceparent text,
  consignee_of text, thread text, unsent bytea)
JOIN unnest($2::bytea[]) WITH ORDINALITY AS c(content, n) USING (n)
ORDER BY n
"""
_SAVE = """
UPDATE document d SET state = r.state, control_numbers = r.control_numbers, related = r.related, reason = r.reason,
  findings = r.findings, keys = r.keys, transaction_ids = r.transaction_ids, event_version = r.event_version,
  generation = r.generation, failures = r.failures, next_attempt_at = r.next_attempt_at, sent_at = r.sent_at,
  foreign_number = r.foreign_number
FROM json_to_recordset($1::json) AS r(tenant text, document_id uuid, state smallint, control_numbers text[],
  related uuid, reason text, findings jsonb, keys text[], transaction_ids text[], event_version bigint, generation int,
  failures int, next_attempt_at timestamptz, sent_at timestamptz, foreign_number text)
WHERE d.tenant = r.tenant AND d.document_id = r.document_id
"""
_COMPLETE = """
UPDATE document d SET content = c.content, bytes = r.bytes, sha256 = r.sha256, consignee_of = ''
FROM json_to_recordset($1::json) AS r(n bigint, tenant text, document_id uuid, bytes bigint, sha256 text)
JOIN unnest($2::bytea[]) WITH ORDINALITY AS c(content, n) USING (n)
WHERE d.tenant = r.tenant AND d.document_id = r.document_id
"""
_SAVE_MESSAGES = """
INSERT INTO message (tenant, document_id, number, kind, control_number, lines, outcome, reason, keys, transaction_ids)
SELECT tenant, document_id, number, kind, control_number, lines, outcome, reason, keys, transaction_ids
FROM json_to_recordset($1::json) AS r(tenant text, document_id uuid, number int, kind text, control_number text,
  lines int, outcome text, reason text, keys text[], transaction_ids text[])
ORDER BY tenant, document_id, number
ON CONFLICT (tenant, document_id, number) DO UPDATE SET kind = excluded.kind, lines = excluded.lines,
  outcome = excluded.outcome, reason = excluded.reason, keys = excluded.keys,
  transaction_ids = excluded.transaction_ids
"""


async def insert_all(driver: Driver, stored: Sequence[tuple[Document, bytes]]) -> None:
    """New documents, which have no messages yet, with their sealed bytes; their positions follow this order."""
    if stored:
        rows = [_new_row(document, n) for n, (document, _) in enumerate(stored, start=1)]
        await driver.execute(_INSERT, json_rows.encode(rows), [sealed for _, sealed in stored])


async def complete_all(driver: Driver, stored: Sequence[tuple[Document, bytes]]) -> None:
    """Documents that the caller has locked and completed, with the sealed bytes in which they are sent."""
    if stored:
        rows = [
            {
                "n": n,
                "tenant": document.tenant,
                "document_id": document.document_id,
                "bytes": document.bytes,
                "sha256": document.sha256,
            }
            for n, (document, _) in enumerate(stored, start=1)
        ]
        await driver.execute(_COMPLETE, json_rows.encode(rows), [sealed for _, sealed in stored])


async def save_all(driver: Driver, documents: Iterable[Document]) -> None:
    """What may change of documents that the caller has locked, and their messages."""
    changed = list(documents)
    if not changed:
        return
    await driver.execute(_SAVE, json_rows.encode(_row(each) for each in changed))
    messages = [_message_row(each, n, end) for each in changed for n, end in enumerate(each.messages, start=1)]
    if messages:
        await driver.execute(_SAVE_MESSAGES, json_rows.encode(messages))


def _new_row(document: Document, n: int) -> json_rows.Row:
    return _row(document) | {
        "n": n,
        "partner": document.partner,
        "business_unit": document.business_unit,
        "outbound": document.outbound,
        "kind": document.kind,
        "name": document.name,
        "path": document.path,
        "content_type": document.content_type,
        "bytes": document.bytes,
        "sha256": document.sha256,
        "received_at": document.received_at,
        "group_control": document.group_control,
        "set_control": document.set_control,
        "source_event_id": document.source_event_id,
        "source_aggregate": document.source_aggregate,
        "correlation_id": document.correlation_id,
        "causation_id": document.causation_id,
        "traceparent": document.traceparent,
        "consignee_of": document.consignee_of,
        "thread": document.thread,
        "unsent": document.unsent,
    }


def _row(document: Document) -> json_rows.Row:
    return {
        "tenant": document.tenant,
        "document_id": document.document_id,
        "state": int(document.state),
        "control_numbers": [clean(number) for number in document.control_numbers],
        "related": document.related,
        "reason": clean(document.reason)[:LONGEST_REASON],
        "findings": [_finding_row(each) for each in document.findings[:500]],
        "keys": [clean(key) for key in document.keys],
        "transaction_ids": document.transaction_ids,
        "event_version": document.event_version,
        "generation": document.generation,
        "failures": document.failures,
        "next_attempt_at": document.next_attempt_at,
        "sent_at": document.sent_at,
        "foreign_number": document.foreign_number,
    }


def _finding_row(finding: Finding) -> json_rows.Row:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "text": clean(finding.text)[:500],
        "segment": finding.segment,
        "element": finding.element,
        "offset": finding.offset,
    }


def _message_row(document: Document, number: int, each: MessageEnd) -> json_rows.Row:
    return {
        "tenant": document.tenant,
        "document_id": document.document_id,
        "number": number,
        "kind": clean(each.kind),
        "control_number": clean(each.control_number),
        "lines": each.lines,
        "outcome": each.outcome.value,
        "reason": clean(each.reason)[:LONGEST_REASON],
        "keys": [clean(key) for key in each.keys],
        "transaction_ids": each.transaction_ids,
    }
