"""Partners, documents with their messages, control numbers, workers' leases, what is known of orders and codes."""

from alembic import op
from crossdock_kit.database import migrations

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE partner (
  tenant text NOT NULL, partner text NOT NULL, profile bytea NOT NULL, role int NOT NULL,
  party_id text NOT NULL DEFAULT '', system text NOT NULL DEFAULT '', business_unit text NOT NULL DEFAULT '',
  locations text[] NOT NULL DEFAULT '{}', event_version bigint NOT NULL DEFAULT 0,
  attended boolean NOT NULL DEFAULT true, condition text NOT NULL DEFAULT '',
  changed_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (tenant, partner));
CREATE INDEX partner_party ON partner (tenant, role, party_id);

CREATE SEQUENCE document_position;
CREATE TABLE document (
  tenant text NOT NULL, document_id uuid NOT NULL, position bigint NOT NULL DEFAULT nextval('document_position'),
  partner text NOT NULL, business_unit text NOT NULL, outbound boolean NOT NULL, state smallint NOT NULL,
  kind text NOT NULL DEFAULT '', name text NOT NULL, path text NOT NULL DEFAULT '',
  content_type text NOT NULL DEFAULT '', bytes bigint NOT NULL, sha256 text NOT NULL, content bytea NOT NULL,
  received_at timestamptz NOT NULL, control_numbers text[] NOT NULL DEFAULT '{}',
  group_control text NOT NULL DEFAULT '', set_control text NOT NULL DEFAULT '', related uuid,
  reason text NOT NULL DEFAULT '', findings jsonb NOT NULL DEFAULT '[]', keys text[] NOT NULL DEFAULT '{}',
  transaction_ids text[] NOT NULL DEFAULT '{}', event_version bigint NOT NULL DEFAULT 0,
  generation int NOT NULL DEFAULT 1, failures int NOT NULL DEFAULT 0, next_attempt_at timestamptz,
  source_event_id text NOT NULL DEFAULT '', source_aggregate text NOT NULL DEFAULT '', sent_at timestamptz,
  foreign_number text NOT NULL DEFAULT '', correlation_id text NOT NULL DEFAULT '',
  causation_id text NOT NULL DEFAULT '', traceparent text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant, document_id));
CREATE UNIQUE INDEX document_named ON document (tenant, partner, outbound, name, sha256);
CREATE INDEX document_due ON document (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX document_order ON document (tenant, partner, position);
CREATE INDEX document_content ON document (tenant, partner, sha256);
CREATE INDEX document_control ON document (tenant, partner, (control_numbers[1]));
CREATE INDEX document_controls ON document (tenant, partner) WHERE cardinality(control_numbers) > 1;
CREATE INDEX document_group ON document (tenant, partner, group_control) WHERE outbound;
CREATE INDEX document_waiting ON document (tenant, partner) WHERE state = 7;

CREATE TABLE message (
  tenant text NOT NULL, document_id uuid NOT NULL, number int NOT NULL, kind text NOT NULL,
  control_number text NOT NULL DEFAULT '', lines int NOT NULL DEFAULT 0, outcome text NOT NULL,
  reason text NOT NULL DEFAULT '', keys text[] NOT NULL DEFAULT '{}', transaction_ids text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant, document_id, number));

CREATE TABLE control_number (
  tenant text NOT NULL, partner text NOT NULL, scope text NOT NULL, last bigint NOT NULL,
  PRIMARY KEY (tenant, partner, scope));

CREATE TABLE worker_lease (
  tenant text NOT NULL, partner text NOT NULL, transport text NOT NULL, worker text NOT NULL,
  epoch bigint NOT NULL, expires_at timestamptz NOT NULL, PRIMARY KEY (tenant, partner, transport));

CREATE TABLE poll (
  tenant text NOT NULL, partner text NOT NULL, kind text NOT NULL, polled boolean NOT NULL DEFAULT true,
  cursor text NOT NULL DEFAULT '', moved_at timestamptz, polled_at timestamptz, documents bigint NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT now(), failures int NOT NULL DEFAULT 0, fault text NOT NULL DEFAULT '',
  code text NOT NULL DEFAULT '', PRIMARY KEY (tenant, partner, kind));

CREATE TABLE known_order (
  tenant text NOT NULL, purchase_order_id text NOT NULL, business_unit text NOT NULL, number text NOT NULL,
  supplier_id text NOT NULL, revision int NOT NULL, PRIMARY KEY (tenant, purchase_order_id));
CREATE INDEX known_order_number ON known_order (tenant, number);

CREATE TABLE sent_revision (
  tenant text NOT NULL, document_id uuid NOT NULL, partner text NOT NULL, number text NOT NULL,
  revision int NOT NULL, accepted_at timestamptz, accepted_interchange bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant, document_id));
CREATE INDEX sent_revision_number ON sent_revision (tenant, partner, number);

CREATE TABLE crosswalk (
  tenant text NOT NULL, partner text NOT NULL, kind text NOT NULL, list text NOT NULL, partner_code text NOT NULL,
  canonical text NOT NULL, valid_from date NOT NULL DEFAULT '0001-01-01', valid_to date,
  PRIMARY KEY (tenant, partner, kind, list, partner_code, valid_from));
CREATE INDEX crosswalk_code ON crosswalk (tenant, partner, partner_code);
CREATE INDEX crosswalk_canonical ON crosswalk (tenant, partner, canonical);

CREATE TABLE known_thing (
  tenant text NOT NULL, kind text NOT NULL, name text NOT NULL, valid_from date NOT NULL DEFAULT '0001-01-01',
  valid_to date, aliases text[] NOT NULL DEFAULT '{}', base_unit text NOT NULL DEFAULT '',
  packaging jsonb NOT NULL DEFAULT '{}', PRIMARY KEY (tenant, kind, name, valid_from));
CREATE INDEX known_thing_name ON known_thing (tenant, name);

CREATE TABLE known_alias (
  tenant text NOT NULL, alias text NOT NULL, kind text NOT NULL, name text NOT NULL, valid_from date NOT NULL,
  PRIMARY KEY (tenant, alias, kind, name, valid_from));
CREATE INDEX known_alias_thing ON known_alias (tenant, kind, name, valid_from);
"""
_NAMES = (
    "partner",
    "document",
    "message",
    "control_number",
    "worker_lease",
    "poll",
    "known_order",
    "sent_revision",
    "crosswalk",
    "known_thing",
    "known_alias",
)


def upgrade() -> None:
    migrations.create_kit_tables(op)
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    migrations.protect(op, *_NAMES)


def downgrade() -> None:
    migrations.forward_only()
