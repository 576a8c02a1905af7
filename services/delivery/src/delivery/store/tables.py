"""The tables that delivery owns. Every row belongs to a tenant.

A carrier's words stand in `tracking_update` for ever as they came; what others were told of them stands in
`milestone_entry`, which is only ever added to.
"""

from __future__ import annotations

from typing import Any

from crossdock_kit.database.tables import instant, number, tenant_key, texts, words
from crossdock_kit.personal_data import personal_data_table
from sqlalchemy import Boolean, Column, Index, Integer, MetaData, Numeric, Table, text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()


def flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def document(name: str) -> Column[Any]:
    return Column(name, JSONB, nullable=False)


shipment = Table(
    "shipment",
    metadata,
    tenant_key(),
    words("shipment_id", key=True),
    words("system"),
    words("business_unit"),
    words("number"),
    words("content"),
    document("orders"),
    texts("order_numbers"),
    document("packages"),
    words("ship_from"),
    words("ship_notice"),
    words("customer_id"),
    words("consignee_id"),
    instant("promised_by", optional=True),
    flag("express"),
    words("carrier"),
    words("service_level"),
    words("tracking_number"),
    words("stage"),
    instant("stage_at", optional=True),
    words("milestone"),
    document("told"),
    document("issues"),
    words("billing"),
    instant("billed_at", optional=True),
    number("attempts", Integer),
    Column("called_off", JSONB),
    flag("kept_back"),
    flag("closed"),
    words("watched"),
    instant("proven_at", optional=True),
    number("update_count", Integer),
    number("milestone_count", Integer),
    number("version"),
    number("event_version"),
    instant("created_at"),
    instant("updated_at", optional=True),
    Index("shipment_once", "tenant", "system", "number", unique=True),
    Index("shipment_number", "tenant", "number"),
    Index("shipment_milestone", "tenant", "milestone", "shipment_id"),
    # An index over whole lists would serve nobody: row security keeps it from those whom it protects.
    Index("shipment_order", "tenant", text("(order_numbers[1])")),
    Index("shipment_orders", "tenant", postgresql_where=text("cardinality(order_numbers) > 1")),
)

tracking_number = Table(
    "tracking_number",
    metadata,
    tenant_key(),
    words("tracking_number", key=True),
    words("carrier", key=True),
    words("shipment_id"),
)

tracking_update = Table(
    "tracking_update",
    metadata,
    tenant_key(),
    words("scan_id", key=True),
    words("shipment_id"),
    flag("mismatched"),
    words("reported_by"),
    words("carrier"),
    words("tracking_number"),
    words("shipment_number"),
    words("vocabulary"),
    words("code"),
    words("reason"),
    instant("occurred_at"),
    instant("estimated_at", optional=True),
    words("place"),
    words("text"),
    words("code_class"),
    words("milestone"),
    words("stage"),
    words("trouble"),
    words("fault"),
    flag("if_untroubled"),
    number("table_version", Integer),
    flag("overridden"),
    flag("voided"),
    instant("received_at"),
    Index("tracking_update_shipment", "tenant", "shipment_id", "occurred_at", "scan_id"),
    Index("tracking_update_waiting", "tenant", "tracking_number", postgresql_where=text("shipment_id = ''")),
    Index(
        "tracking_update_unmapped",
        "tenant",
        "reported_by",
        "vocabulary",
        "code",
        postgresql_where=text("code_class = 'unmapped'"),
    ),
)

milestone_entry = Table(
    "milestone_entry",
    metadata,
    tenant_key(),
    words("shipment_id", key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    words("milestone"),
    words("effect"),
    instant("at"),
    instant("recorded_at"),
    words("scan_id"),
    words("code"),
    words("reason"),
    words("trouble"),
    words("fault"),
)

# So much of each order line that a shipment holds, in its base unit.
shipment_content = Table(
    "shipment_content",
    metadata,
    tenant_key(),
    words("shipment_id", key=True),
    words("line_id", key=True),
    Column("packed", Numeric(21, 6), nullable=False),
    Column("issued", Numeric(21, 6), nullable=False),
    Column("called_off", Numeric(21, 6), nullable=False),
    flag("to_stop"),
)

# What a warehouse handed over, kept for the fact of its dispatch.
goods_issue = Table(
    "goods_issue",
    metadata,
    tenant_key(),
    words("shipment_id", key=True),
    words("issue_number", key=True),
    document("lines"),
)

proof_of_delivery = Table(
    "proof_of_delivery",
    metadata,
    tenant_key(),
    words("shipment_id", key=True),
    words("reference", key=True),
    words("kind"),
    words("content_sha256"),
    words("recipient_id"),
    instant("delivered_at"),
    instant("received_at"),
)

# What proves the delivery of a shipment that nobody knows yet, by the number that it was named by.
waiting_proof = Table(
    "waiting_proof",
    metadata,
    tenant_key(),
    words("subject", key=True),
    words("reference", key=True),
    words("kind"),
    words("content_sha256"),
    words("recipient_id"),
    words("reported_by"),
    words("tracking_number"),
    instant("delivered_at"),
    instant("received_at"),
    Index("waiting_proof_reporter", "tenant", "reported_by"),
)

# How a partner's reports come: their cadence, and what became of them.
carrier_feed = Table(
    "carrier_feed",
    metadata,
    tenant_key(),
    words("partner", key=True),
    instant("last_heard_at"),
    number("gap_seconds"),
    number("reports"),
    number("updates"),
    number("unmapped"),
    number("errors"),
    number("milestones"),
)

# What a partner means by a code, where it differs from the table that all share.
code_override = Table(
    "code_override",
    metadata,
    tenant_key(),
    words("partner", key=True),
    words("vocabulary", key=True),
    words("code", key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    words("text"),
    words("code_class"),
    words("milestone"),
    words("stage"),
    words("trouble"),
    instant("mapped_at"),
)

personal_data = personal_data_table(metadata)
