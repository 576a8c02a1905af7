"""The tables that procurement owns. Every row belongs to a tenant; balances are exact and in base units.

What is part of a line and never looked for alone (schedules, answers, a proposal) stands in its row as JSON; numbers in
it are text. Natural keys are unique for ever.
"""

from __future__ import annotations

from typing import Any

from crossdock_kit.database.tables import instant, number, tenant_key, texts, words
from sqlalchemy import Boolean, Column, Date, Index, Integer, MetaData, Numeric, Table, Time, text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()


def balance(name: str) -> Column[Any]:
    return Column(name, Numeric(21, 6), nullable=False, server_default=text("0"))


def factor(name: str) -> Column[Any]:
    return Column(name, Numeric(21, 6), nullable=False, server_default=text("1"))


def flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def day(name: str) -> Column[Any]:
    return Column(name, Date, nullable=True)


def document(name: str) -> Column[Any]:
    """JSON that belongs to the row."""
    return Column(name, JSONB, nullable=True)


purchase_order = Table(
    "purchase_order",
    metadata,
    tenant_key(),
    words("purchase_order_id", key=True),
    words("system"),
    words("number"),
    words("business_unit"),
    words("supplier_id"),
    words("state"),
    words("currency"),
    words("incoterms"),
    Column("ordered_on", Date, nullable=False),
    words("ship_to_id"),
    flag("express"),
    words("blanket_number"),
    words("blanket_release"),
    document("called_off"),
    words("called_off_from"),
    flag("cancelled"),
    number("revision", Integer),
    number("acknowledged_revision", Integer),
    words("content"),
    instant("in_force_at", optional=True),
    words("system_revision"),
    document("documents"),
    document("system_numbers"),
    document("chase"),
    document("booking"),
    number("lines_made", Integer),
    number("version"),
    number("event_version"),
    instant("created_at"),
    instant("updated_at", optional=True),
    Index("purchase_order_once", "tenant", "system", "business_unit", "number", unique=True),
    Index("purchase_order_number", "tenant", "number"),
    Index("purchase_order_state", "tenant", "state", "purchase_order_id"),
    Index(
        "purchase_order_open",
        "tenant",
        "purchase_order_id",
        postgresql_where=text("state NOT IN ('completed', 'rejected')"),
    ),
    Index("purchase_order_supplier", "tenant", "supplier_id", "ordered_on"),
    Index(
        "purchase_order_blanket",
        "tenant",
        "system",
        "business_unit",
        "blanket_number",
        "purchase_order_id",
        postgresql_where=text("blanket_number <> ''"),
    ),
)

# A line is its terms with what was agreed and called off in base units; there are a thousand at most.
blanket_order = Table(
    "blanket_order",
    metadata,
    tenant_key(),
    words("blanket_order_id", key=True),
    words("system"),
    words("business_unit"),
    words("number"),
    words("supplier_id"),
    words("currency"),
    words("incoterms"),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
    flag("cancelled"),
    document("lines"),
    number("revision", Integer),
    instant("in_force_at", optional=True),
    words("system_revision"),
    words("content"),
    number("version"),
    number("event_version"),
    Index("blanket_order_once", "tenant", "number", "system", "business_unit", unique=True),
)

NOT_INVOICED = "received + CASE WHEN drop_ship_party_id <> '' THEN shipped ELSE 0 END <> invoiced"
purchase_order_line = Table(
    "purchase_order_line",
    metadata,
    tenant_key(),
    words("line_id", key=True),
    words("purchase_order_id"),
    number("position", Integer),
    words("line_number"),
    words("sku"),
    words("supplier_item"),
    words("description"),
    document("quantity"),
    words("base_unit"),
    factor("factor"),
    words("ship_to_id"),
    words("drop_ship_party_id"),
    document("sales_line"),
    document("price"),
    document("window"),
    document("requested"),
    document("confirmed"),
    document("proposed"),
    document("answers"),
    number("answered_revision", Integer),
    instant("answered_at", optional=True),
    flag("cancelled"),
    words("state"),
    balance("ordered"),
    balance("rejected"),
    balance("backordered"),
    balance("on_hold"),
    balance("in_transit"),
    balance("shipped"),
    balance("received"),
    balance("damaged"),
    balance("closed_short"),
    balance("invoiced"),
    day("announced_on"),
    number("schedules_made", Integer),
    Index("purchase_order_line_order", "tenant", "purchase_order_id", "position"),
    Index("purchase_order_line_accrued", "tenant", "line_id", postgresql_where=text(NOT_INVOICED)),
)

ship_notice = Table(
    "ship_notice",
    metadata,
    tenant_key(),
    words("ship_notice_id", key=True),
    words("business_unit"),
    words("supplier_id"),
    words("number"),
    words("named_ship_to_id"),
    words("ship_to_id"),
    words("state"),
    instant("shipped_at", optional=True),
    day("expected_on"),
    words("carrier"),
    words("bill_of_lading"),
    words("carrier_reference"),
    words("appointment_id"),
    document("appointed"),
    document("carrier_eta"),
    words("content"),
    flag("express"),
    number("version"),
    number("event_version"),
    instant("recorded_at"),
    Index("ship_notice_appointment", "tenant", "appointment_id", postgresql_where=text("appointment_id <> ''")),
    Index(
        "ship_notice_once",
        "tenant",
        "supplier_id",
        "number",
        unique=True,
        postgresql_where=text("state <> 'replaced'"),
    ),
    Index("ship_notice_number", "tenant", "number"),
    Index("ship_notice_carried", "tenant", "carrier_reference", postgresql_where=text("carrier_reference <> ''")),
    Index("ship_notice_loaded", "tenant", "bill_of_lading", postgresql_where=text("bill_of_lading <> ''")),
)

# What carriers said of shipments by each of their names, the last word of each.
carrier_eta = Table(
    "carrier_eta",
    metadata,
    tenant_key(),
    words("kind", key=True),
    words("name", key=True),
    Column("on_day", Date, nullable=False),
    instant("said_at"),
    words("system"),
)

ship_notice_line = Table(
    "ship_notice_line",
    metadata,
    tenant_key(),
    words("ship_notice_id", key=True),
    Column("line_id", Integer, primary_key=True, autoincrement=False),
    words("purchase_order_id"),
    words("purchase_order_number"),
    words("business_unit"),
    words("order_line_id"),
    words("line_number"),
    words("sku"),
    balance("base"),
    words("base_unit"),
    factor("factor"),
    balance("from_on_order"),
    words("ordered_at"),
    document("sales_line"),
    balance("received"),
    balance("short"),
    texts("flags"),
    document("terms"),
    Index("ship_notice_line_order", "tenant", "purchase_order_id"),
)

dock_appointment = Table(
    "dock_appointment",
    metadata,
    tenant_key(),
    words("appointment_id", key=True),
    words("business_unit"),
    words("system"),
    words("number"),
    words("location_id"),
    Column("on_day", Date, nullable=False),
    Column("begins", Time, nullable=False),
    Column("ends", Time, nullable=False),
    words("zone"),
    words("door"),
    flag("cancelled"),
    instant("said_at"),
    document("ship_notices"),
    texts("transaction_ids"),
    texts("keys"),
    flag("express"),
    words("content"),
    number("event_version"),
    Index("dock_appointment_once", "tenant", "system", "number", unique=True),
    Index("dock_appointment_day", "tenant", "location_id", "on_day"),
)

receipt = Table(
    "receipt",
    metadata,
    tenant_key(),
    words("receipt_id", key=True),
    words("business_unit"),
    words("system"),
    words("number"),
    words("location_id"),
    instant("received_at"),
    flag("final"),
    flag("express"),
    words("content"),
    words("goods"),
    document("discrepancies"),
    number("event_version"),
    instant("recorded_at"),
    Index("receipt_once", "tenant", "system", "number", unique=True),
    Index("receipt_goods", "tenant", "goods"),
)

receipt_line = Table(
    "receipt_line",
    metadata,
    tenant_key(),
    words("receipt_id", key=True),
    Column("line_id", Integer, primary_key=True, autoincrement=False),
    words("purchase_order_id"),
    words("purchase_order_number"),
    words("business_unit"),
    words("order_line_id"),
    words("line_number"),
    words("ship_notice_id"),
    words("ship_notice_number"),
    balance("base"),
    words("base_unit"),
    balance("from_in_transit"),
    balance("from_on_order"),
    words("expected_at"),
    texts("missing_certificates"),
    document("terms"),
    Index("receipt_line_order", "tenant", "purchase_order_id"),
)

certificate = Table(
    "certificate",
    metadata,
    tenant_key(),
    words("certificate_id", key=True),
    words("supplier_id"),
    words("kind"),
    words("number"),
    words("sku"),
    words("lot"),
    day("valid_from"),
    day("valid_to"),
    words("document"),
    words("sha256"),
    number("size_bytes"),
    words("media_type"),
    words("content"),
    texts("transaction_ids"),
    number("event_version"),
    Index("certificate_once", "tenant", "supplier_id", "kind", "number", unique=True),
    Index("certificate_item", "tenant", "supplier_id", "sku"),
)

# What lacks a certificate; `missing` is empty once it is released.
compliance_hold = Table(
    "compliance_hold",
    metadata,
    tenant_key(),
    words("hold_id", key=True),
    words("business_unit"),
    words("supplier_id"),
    words("receipt_id"),
    words("receipt_number"),
    words("receipt_line_id"),
    words("location_id"),
    words("purchase_order_id"),
    words("purchase_order_number"),
    words("order_line_id"),
    words("sku"),
    words("lot"),
    balance("base"),
    words("base_unit"),
    Column("received_on", Date, nullable=False),
    texts("missing"),
    flag("holds_stock"),
    words("rule"),
    flag("express"),
    number("event_version"),
    Index("compliance_hold_item", "tenant", "supplier_id", "sku", postgresql_where=text("missing <> '{}'")),
    Index("compliance_hold_order", "tenant", "purchase_order_id", postgresql_where=text("missing <> '{}'")),
)

supplier_invoice = Table(
    "supplier_invoice",
    metadata,
    tenant_key(),
    words("invoice_id", key=True),
    words("business_unit"),
    words("supplier_id"),
    words("number"),
    texts("identity"),
    Column("invoiced_on", Date, nullable=False),
    balance("total"),
    words("currency"),
    flag("credit"),
    words("credits"),
    document("charges"),
    document("rejection"),
    document("verdicts"),
    document("documents"),
    words("state"),
    words("content"),
    number("version"),
    number("event_version"),
    instant("recorded_at"),
    Index("supplier_invoice_once", "tenant", "identity", unique=True),
    Index("supplier_invoice_number", "tenant", "supplier_id", "number"),
    Index("supplier_invoice_named", "tenant", "supplier_id", text("(identity[2])")),
)

# `purchase_order_number` is the order's, or what the supplier calls an order that we do not know.
supplier_invoice_line = Table(
    "supplier_invoice_line",
    metadata,
    tenant_key(),
    words("invoice_id", key=True),
    Column("line_id", Integer, primary_key=True, autoincrement=False),
    words("purchase_order_id"),
    words("purchase_order_number"),
    words("business_unit"),
    words("order_line_id"),
    words("line_number"),
    words("sku"),
    balance("base"),
    words("base_unit"),
    balance("credited"),
    words("outcome"),
    document("variances"),
    document("decision"),
    document("terms"),
    Index("supplier_invoice_line_order", "tenant", "purchase_order_id"),
    Index("supplier_invoice_line_named", "tenant", "purchase_order_number"),
    Index("supplier_invoice_line_unit", "tenant", "sku", postgresql_where=text("outcome = 'unit_mismatch'")),
)

expected_receipt = Table(
    "expected_receipt",
    metadata,
    tenant_key(),
    words("reference", key=True),
    words("location_id", key=True),
    words("business_unit"),
    words("supplier_id"),
    words("ship_notice_number"),
    texts("transaction_ids"),
    texts("keys"),
    number("sequence"),
    words("content"),
    flag("withdrawn"),
    flag("express"),
)

item = Table(
    "item",
    metadata,
    tenant_key(),
    words("sku", key=True),
    Column("valid_from", Date, primary_key=True),
    day("valid_to"),
    words("base_unit"),
    words("category"),
    document("factors"),
)

location = Table(
    "location",
    metadata,
    tenant_key(),
    words("location_id", key=True),
    Column("valid_from", Date, primary_key=True),
    day("valid_to"),
    words("system"),
    words("business_unit"),
)

party = Table(
    "party",
    metadata,
    tenant_key(),
    words("party_id", key=True),
    Column("valid_from", Date, primary_key=True),
    day("valid_to"),
    flag("supplier"),
)

supplier_terms = Table(
    "supplier_terms",
    metadata,
    tenant_key(),
    words("partner", key=True),
    words("supplier_id"),
    words("business_unit"),
    number("acknowledgment_seconds", Integer),
    number("decision_seconds", Integer),
    Column("calendar", JSONB, nullable=False),
    Index("supplier_terms_supplier", "tenant", "supplier_id"),
)

# Which shipments a serial shipping container code was announced on: it may not come again within a year.
handling_unit = Table(
    "handling_unit",
    metadata,
    tenant_key(),
    words("sscc", key=True),
    words("supplier_id", key=True),
    words("number", key=True),
    instant("announced_at"),
)
