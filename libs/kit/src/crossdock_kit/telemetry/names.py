"""Every attribute, metric and header name of our telemetry, once.

The RPC names are a release candidate and the messaging names are in development upstream: when they move, this file
moves. `messaging.nats.*` is ours: the conventions name no NATS. Ids are attributes of spans, never labels of metrics.
"""

from __future__ import annotations

# --- business, on spans and in logs
TRANSACTION_ID = "crossdock.transaction.id"
STEP = "crossdock.step"
STEP_KIND = "crossdock.step.kind"
TENANT = "crossdock.tenant.id"
PARTNER = "crossdock.partner.id"
OUTCOME = "crossdock.outcome"
REASON = "crossdock.reason"
ATTEMPT = "crossdock.delivery.attempt"
CORRELATION_ID = "crossdock.correlation.id"
LINK_TYPE = "crossdock.link.type"
LINK_CAUSED_BY = "caused_by"
LINK_RETRY_OF = "retry_of"
LINK_REPLAY_OF = "replay_of"
END_USER = "enduser.id"
BACKLOG_KIND = "crossdock.backlog.kind"
FAILURE_CLASS = "crossdock.failure.class"
ROW_KIND = "crossdock.row.kind"
DOCUMENT_KIND = "crossdock.document.kind"
KEY = "crossdock.key."

# --- RPC, a release candidate
RPC_SYSTEM = "rpc.system.name"
RPC_METHOD = "rpc.method"
RPC_STATUS = "rpc.response.status_code"
ERROR_TYPE = "error.type"
SERVER_ADDRESS = "server.address"
SERVER_PORT = "server.port"

# --- messaging, in development
MESSAGING_SYSTEM = "messaging.system"
MESSAGING_NATS = "nats"
MESSAGING_OPERATION = "messaging.operation.name"
MESSAGING_OPERATION_TYPE = "messaging.operation.type"
MESSAGING_DESTINATION = "messaging.destination.name"
MESSAGING_TEMPLATE = "messaging.destination.template"
MESSAGING_GROUP = "messaging.consumer.group.name"
MESSAGING_MESSAGE_ID = "messaging.message.id"
MESSAGING_CONVERSATION = "messaging.message.conversation_id"
MESSAGING_BODY_SIZE = "messaging.message.body.size"
MESSAGING_BATCH = "messaging.batch.message_count"
NATS_STREAM = "messaging.nats.stream"
NATS_SEQUENCE = "messaging.nats.stream.sequence"
NATS_DELIVERED = "messaging.nats.delivery.count"

# --- metrics
CALLS = "rpc.server.call.duration"
CLIENT_CALLS = "rpc.client.call.duration"
STEPS = "crossdock.step.duration"
WAITS = "crossdock.step.wait"
SENT = "messaging.client.sent.messages"
CONSUMED = "messaging.client.consumed.messages"
PROCESSED = "messaging.process.duration"
BACKLOG = "crossdock.backlog"
BACKLOG_AGE = "crossdock.backlog.age"
EXCEPTIONS = "crossdock.exceptions.open"
BREAKERS = "crossdock.breakers.open"
FORGOTTEN = "crossdock.rows.removed"

# --- metadata of calls (gRPC wants them lower-case)
AUTHORIZATION = "authorization"
TENANT_HEADER = "x-crossdock-tenant"
CORRELATION_HEADER = "x-crossdock-correlation-id"
CAUSATION_HEADER = "x-crossdock-causation-id"
TRACEPARENT = "traceparent"
BAGGAGE = "baggage"
