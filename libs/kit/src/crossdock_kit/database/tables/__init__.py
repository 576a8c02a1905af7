"""The kit's own tables: a service's schema holds one set of them beside the tables of its trade.

Every row belongs to a tenant. How rows are protected, partitioned and granted stands in migrations.py; what they mean
stands in the module that writes them. Later revisions of the kit only add. Services take their columns from here, too.
"""

from __future__ import annotations

from crossdock_kit.database.tables.calls import audit, audit_head, audit_pending, audit_seal, idempotency
from crossdock_kit.database.tables.columns import (
    EMPTY_ARRAY,
    EMPTY_TEXT,
    NOW,
    identity,
    instant,
    metadata,
    number,
    raw,
    tenant,
    tenant_key,
    texts,
    words,
)
from crossdock_kit.database.tables.events import caught_up, held, inbox, journal, pending, stream_mark, watermark
from crossdock_kit.database.tables.keeping import data_key, field_value
from crossdock_kit.database.tables.transactions import exception, repair, step, transaction_key
from crossdock_kit.database.tables.work import breaker, delivery, policy, timer

# Tables that carry no tenant's data and therefore no tenant column.
WITHOUT_TENANT = frozenset({"stream_mark", "caught_up"})
APPEND_ONLY = ("journal", "audit", "audit_seal", "field_value", "repair")
SEQUENCES = ("step_position", "delivery_position")

__all__ = [
    "APPEND_ONLY",
    "EMPTY_ARRAY",
    "EMPTY_TEXT",
    "NOW",
    "SEQUENCES",
    "WITHOUT_TENANT",
    "audit",
    "audit_head",
    "audit_pending",
    "audit_seal",
    "breaker",
    "caught_up",
    "data_key",
    "delivery",
    "exception",
    "field_value",
    "held",
    "idempotency",
    "identity",
    "inbox",
    "instant",
    "journal",
    "metadata",
    "number",
    "pending",
    "policy",
    "raw",
    "repair",
    "step",
    "stream_mark",
    "tenant",
    "tenant_key",
    "texts",
    "timer",
    "transaction_key",
    "watermark",
    "words",
]
