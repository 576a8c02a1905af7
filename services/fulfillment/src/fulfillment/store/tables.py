"""The tables that fulfillment owns. Every row belongs to a tenant; quantities are exact and in base units.

An order's head carries how many schedules stand in which state; its lines are found by position, so that a part of a
big order is a range of its key.
"""

from __future__ import annotations

from typing import Any

from crossdock_kit.database.tables import instant, number, tenant_key, texts, words
from crossdock_kit.personal_data import personal_data_table
from sqlalchemy import Boolean, Column, Date, Index, Integer, MetaData, Numeric, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
WAITS = "state = 'backordered' OR (state = 'accepted' AND promised_on IS NOT NULL)"
"""A schedule waits for supply, or has asked for stock again and keeps its promise until it is answered."""

UNDER_WAY = "accepted AND state NOT IN ('shipped', 'delivered', 'closed', 'cancelled', 'rejected')"
"""Something of an order may still be held back."""


def flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def day(name: str) -> Column[Any]:
    return Column(name, Date, nullable=True)


def document(name: str) -> Column[Any]:
    """JSON that belongs to the row; numbers in it are text."""
    return Column(name, JSONB, nullable=True)


def exact(name: str) -> Column[Any]:
    return Column(name, Numeric(21, 6), nullable=False)


def counter(name: str) -> Column[Any]:
    return Column(name, Integer, primary_key=True, autoincrement=False)


sales_order = Table(
    "sales_order",
    metadata,
    tenant_key(),
    words("order_id", key=True),
    words("system"),
    words("business_unit"),
    words("channel"),
    words("number"),
    words("customer_id"),
    words("currency"),
    Column("ordered_on", Date, nullable=False),
    day("requested_on"),
    flag("same_day"),
    flag("channel_confirmed"),
    words("shortage"),
    texts("locations"),
    words("customer_order_number"),
    words("ship_to_code"),
    words("ship_to_country"),
    words("consignee"),
    words("checkout"),
    words("consignee_id"),
    Column("allocator", Text, nullable=False, server_default=text("'CROSSDOCK'")),
    words("allocator_location"),
    words("erp_system"),
    words("erp_number"),
    words("content"),
    words("state"),
    flag("submitted"),
    flag("cancelled"),
    flag("accepted"),
    flag("barred"),
    Column("net", Numeric(27, 6), nullable=False),
    document("charges"),
    words("charged_by"),
    document("checks"),
    number("line_count", Integer),
    Column("counts", JSONB, nullable=False),
    number("version"),
    number("event_version"),
    instant("created_at"),
    instant("turn_at"),
    instant("updated_at", optional=True),
    Index("sales_order_once", "tenant", "channel", "number", unique=True),
    Index("sales_order_number", "tenant", "number"),
    Index("sales_order_state", "tenant", "state", "order_id"),
    Index("sales_order_under_way", "tenant", "customer_id", "order_id", postgresql_where=text(UNDER_WAY)),
    Index("sales_order_barred", "tenant", "customer_id", "order_id", postgresql_where=text("barred")),
)

# What was last let through of the same kind: what a check falls back on when nobody answers.
check_answer = Table(
    "check_answer",
    metadata,
    tenant_key(),
    words("business_unit", key=True),
    words("kind", key=True),
    words("about", key=True),
    words("currency", key=True),
    Column("amount", Numeric(27, 6), nullable=False),
    words("reference"),
    instant("answered_at"),
)

order_line = Table(
    "order_line",
    metadata,
    tenant_key(),
    words("order_id", key=True),
    counter("position"),
    words("line_number"),
    words("sku"),
    words("description"),
    exact("quantity"),
    words("unit"),
    words("base_unit"),
    exact("factor"),
    exact("total"),
    document("price"),
    words("fingerprint"),
    words("supplier_id"),
    words("ordered_sku"),
    document("offer"),
    texts("tried"),
    Index("order_line_once", "tenant", "order_id", "line_number", unique=True),
)

line_schedule = Table(
    "line_schedule",
    metadata,
    tenant_key(),
    words("order_id", key=True),
    counter("position"),
    counter("number"),
    words("sku"),
    words("state"),
    exact("quantity"),
    words("location_id"),
    words("reservation_id"),
    day("promised_on"),
    words("supply"),
    words("reason"),
    flag("cancel_requested"),
    words("shipment_id"),
    flag("pick_reported"),
    flag("pack_reported"),
    words("return_id"),
    words("released_as"),
    document("reached"),
    day("owed_on"),
    instant("turn_at"),
    Index("line_schedule_waiting", "tenant", "sku", "turn_at", "order_id", postgresql_where=text(WAITS)),
    Index("line_schedule_shipment", "tenant", "shipment_id", postgresql_where=text("shipment_id <> ''")),
)

# What was asked of inventory for a part of an order, or of its allocator, and the state whose deadline is running.
order_part = Table(
    "order_part",
    metadata,
    tenant_key(),
    words("order_id", key=True),
    counter("part"),
    number("attempt", Integer),
    flag("open"),
    number("shorts", Integer),
    flag("acknowledged"),
    words("watched"),
    document("plan"),
)

# What warehouses reported, each once by its place and number.
warehouse_report = Table(
    "warehouse_report",
    metadata,
    tenant_key(),
    words("report_id", key=True),
    words("kind"),
    words("location_id"),
    words("number"),
    words("content"),
    texts("order_ids"),
    words("shipment_id"),
    number("unreleased_count", Integer),
    Index("warehouse_report_once", "tenant", "kind", "location_id", "number", unique=True),
)

outbound_shipment = Table(
    "outbound_shipment",
    metadata,
    tenant_key(),
    words("shipment_id", key=True),
    words("location_id"),
    words("number"),
    words("business_unit"),
    number("event_version"),
    flag("billable"),
    document("billed_by"),
    texts("reached"),
    texts("troubles"),
    document("packages"),
    words("supplier_id"),
    words("ship_notice_id"),
    words("carrier"),
    words("tracking_number"),
    texts("coming_back"),
    instant("eta", optional=True),
    flag("delayed"),
    texts("barred"),
    Index("outbound_shipment_once", "tenant", "location_id", "supplier_id", "number", unique=True),
    Index("outbound_shipment_barred", "tenant", postgresql_where=text("barred <> '{}'")),
)

# What the ERP is to post of orders. Lines and totals belong to the posting and are read with it only.
posting = Table(
    "posting",
    metadata,
    tenant_key(),
    words("posting_id", key=True),
    words("order_id"),
    words("kind"),
    words("reference"),
    document("lines"),
    document("charges"),
    document("returned"),
    texts("follows"),
    words("shipment_id"),
    words("state"),
    number("attempt", Integer),
    words("number"),
    words("system"),
    instant("posted_at", optional=True),
    document("totals"),
    words("reason"),
    document("wanted"),
    exact("credited"),
    Column("noted", Numeric(21, 6), nullable=False, server_default=text("0")),
    Column("paid", Numeric(21, 6), nullable=False, server_default=text("0")),
    words("cause"),
    words("return_id"),
    words("supplier_id"),
    words("billing"),
    document("evidence"),
    texts("watched"),
    number("event_version"),
    instant("created_at"),
    Index("posting_order", "tenant", "order_id"),
    Index("posting_number", "tenant", "number", postgresql_where=text("kind = 'invoice'")),
    Index("posting_shipment", "tenant", "shipment_id", postgresql_where=text("shipment_id <> ''")),
    Index("posting_list", "tenant", "kind", "state", "created_at", "posting_id"),
)

# The newest number of our own invoices and credit notes, by business unit.
own_series = Table(
    "own_series",
    metadata,
    tenant_key(),
    words("business_unit", key=True),
    words("kind", key=True),
    number("last"),
)

# What the ERP says was paid of its invoices; of an invoice that is not known yet without a posting.
payment = Table(
    "payment",
    metadata,
    tenant_key(),
    words("system", key=True),
    words("number", key=True),
    words("invoice", key=True),
    exact("amount"),
    words("currency"),
    instant("paid_at", optional=True),
    words("posting_id"),
    instant("recorded_at"),
    Index("payment_waiting", "tenant", "system", "invoice", postgresql_where=text("posting_id = ''")),
)

# What customers send back. Lines belong to the return and are read with it only.
customer_return = Table(
    "customer_return",
    metadata,
    tenant_key(),
    words("return_id", key=True),
    words("number"),
    words("business_unit"),
    words("order_id"),
    words("order_number"),
    words("customer_id"),
    words("reason"),
    words("state"),
    document("lines"),
    number("credits_asked", Integer),
    number("credits_posted", Integer),
    number("event_version"),
    words("watched"),
    instant("created_at"),
    Index("customer_return_once", "tenant", "order_id", "number", unique=True),
    Index("customer_return_number", "tenant", "number"),
    Index("customer_return_list", "tenant", "state", "created_at", "return_id"),
)

return_report = Table(
    "return_report",
    metadata,
    tenant_key(),
    words("kind", key=True),
    words("location_id", key=True),
    words("number", key=True),
    words("content"),
    words("return_id"),
    words("order_id"),
    flag("unauthorized"),
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
    texts("substitutes"),
)

party = Table(
    "party",
    metadata,
    tenant_key(),
    words("party_id", key=True),
    Column("valid_from", Date, primary_key=True),
    day("valid_to"),
    flag("customer"),
    flag("supplier"),
    words("trading"),
    flag("accepts_substitutes"),
)

price = Table(
    "price",
    metadata,
    tenant_key(),
    words("sku", key=True),
    words("customer_id", key=True),
    words("business_unit", key=True),
    words("currency", key=True),
    Column("valid_from", Date, primary_key=True),
    day("valid_to"),
    Column("amount", Numeric(27, 6), nullable=False),
    words("unit"),
    number("per", Integer),
)

location = Table(
    "location",
    metadata,
    tenant_key(),
    words("location_id", key=True),
    Column("valid_from", Date, primary_key=True),
    day("valid_to"),
    words("system"),
)

# What comes of an item to a place, by day, as inventory announced it last.
supply = Table(
    "supply",
    metadata,
    tenant_key(),
    words("sku", key=True),
    words("business_unit", key=True),
    words("location_id", key=True),
    number("version"),
    document("lots"),
)

personal_data = personal_data_table(metadata)
