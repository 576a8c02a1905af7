"""The envelope of a fact: CloudEvents in binary mode, body = the protobuf bytes (a big one packed), the rest headers.

Written once when the event is recorded and never changed. Knows the options of a contract (which fields are business
keys), never a context's messages. `ce-time` is the instant of recording by the database's clock, so it is added when
the event is read from the journal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import unquote
from uuid import UUID

from crossdock.options.v1 import options_pb2
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message

from crossdock_kit.context import Cause
from crossdock_kit.errors import Invalid
from crossdock_kit.ids import partition_of, slot_of, slot_token, uuid_of
from crossdock_kit.packing import HEADER as PACKED_BY
from crossdock_kit.packing import LARGEST as LARGEST_BODY
from crossdock_kit.packing import packed, unpacked

CONTENT_TYPE = "application/protobuf"
LARGEST = 1024 * 1024 - 1024
"""Bytes of headers and packed body: what the broker takes, less the two headers that are added on the way."""
LARGEST_HEADERS = 60 * 1024
"""Bytes: JetStream stores no message with more than 64 KiB of headers."""
LARGEST_KEYS = 32 * 1024
"""Bytes of the keys among them. A document of thousands of items has more; its own numbers come first."""
PLAIN = re.compile(r"[!#$&-~]*")
"""Characters that CloudEvents lets stand in a header as they are: printable ASCII but space, quote and percent."""


_MANDATORY = ("tenant", "aggregate_type", "aggregate_id", "subject", "keys")
# Master data belongs to no transaction, and often to the whole company.
_MANDATORY_IN_TRADE = (*_MANDATORY, "business_unit", "transaction_ids")


@dataclass
class IncompleteEvent(Invalid):
    """An event lacks what every event must carry; `missing` names the fields."""

    type: str
    missing: tuple[str, ...]


@dataclass
class EventTooLarge(Invalid):
    """An event would never pass the broker: what is that big belongs into a document of its own."""

    type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a fact came from: the system instance, its document and that document's revision."""

    system: str
    document: str = ""
    revision: str = ""


# Not frozen: freezing so many fields would double what it costs to make one.
@dataclass(slots=True, kw_only=True)
class NewEvent:
    """A fact about to be recorded. `version` counts the aggregate's events 1, 2, 3; `subject` is the business key that
    people know; `keys` are all by which they may look for it ("po:4711", "sku:A1"). `because` is the cause where it is
    not the work's own, as in a consumer's batch. With `transaction_type` it mints the transactions that it names."""

    message: Message
    tenant: str
    business_unit: str
    aggregate_type: str
    aggregate_id: str
    version: int
    subject: str
    keys: tuple[str, ...]
    transaction_ids: tuple[str, ...]
    occurred_at: datetime
    origin: Origin | None = None
    express: bool = False
    transaction_type: str = ""
    root_key: str = ""
    because: Cause | None = None


class Sealed(NamedTuple):
    """An event as the journal's row of it; `headers` lacks only ce-time and the message id."""

    event_id: UUID
    tenant: str
    slot: int
    type: str
    aggregate: str
    version: int
    headers: str
    body: bytes


M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Generic[M]):
    """An event as its consumer sees it. `delivered_count` above 1 means that the broker gave it before."""

    id: UUID
    type: str
    message: M
    tenant: str
    business_unit: str
    aggregate_type: str
    aggregate_id: str
    version: int
    subject: str
    occurred_at: datetime
    recorded_at: datetime
    origin: Origin | None
    correlation_id: str
    causation_id: str
    transaction_ids: tuple[str, ...]
    keys: tuple[str, ...]
    express: bool
    traceparent: str
    cause: Cause = field(repr=False)
    delivered_count: int = 1


def subject_of(event_type: str, slot: int) -> str:
    """crossdock.procurement.events.v1.PurchaseOrderReleased.07"""
    return f"{event_type}.{slot_token(slot)}"


def source_of(event_type: str) -> str:
    """The announcing service as a URI reference: crossdock.procurement.events.v1.X -> /crossdock/procurement"""
    return "/" + "/".join(event_type.split(".", 2)[:2])


@dataclass(frozen=True, slots=True)
class _Contract:
    """What the envelope needs to know of a message type, read from its descriptor once."""

    type: str
    aggregate: str
    keys: tuple[str, ...]
    mandatory: tuple[str, ...]
    fixed_headers: str
    read_mandatory: Callable[[NewEvent], tuple[object, ...]]
    read_keys: Callable[[Message], object]
    """True if the message has all of its keys."""


@lru_cache(maxsize=4096)
def contract_of(descriptor: Descriptor) -> _Contract:
    option = descriptor.GetOptions().Extensions[options_pb2.event]
    unknown = [name for name in option.keys if name not in descriptor.fields_by_name]
    if unknown:
        raise Invalid(f"{descriptor.full_name}: its option names keys that are no fields: {', '.join(unknown)}")
    fixed = (
        f"ce-specversion: 1.0\r\nce-type: {descriptor.full_name}\r\nce-source: {source_of(descriptor.full_name)}\r\n"
        f"content-type: {CONTENT_TYPE}\r\n"
    )
    mandatory = _MANDATORY if option.master_data else _MANDATORY_IN_TRADE
    keys = tuple(option.keys)
    # With a single key, as most have, its value itself is the answer.
    read_keys = attrgetter(*keys) if len(keys) == 1 else lambda message: all(getattr(message, name) for name in keys)
    return _Contract(descriptor.full_name, option.aggregate, keys, mandatory, fixed, attrgetter(*mandatory), read_keys)


def seal(event: NewEvent, event_id: UUID, cause: Cause) -> Sealed:
    """Checks that nothing mandatory is missing and writes the headers. Raises IncompleteEvent or EventTooLarge."""
    contract = contract_of(event.message.DESCRIPTOR)
    if not _complete(event, contract, cause):
        raise IncompleteEvent(contract.type, _missing(event, contract, cause))
    slot = slot_of(partition_of(event.tenant, event.aggregate_type, event.aggregate_id), event.express)
    said, headers = event.message.SerializeToString(), _headers(event, contract, event_id, cause, slot)
    body, encoding = packed(said)
    if encoding:
        headers += f"{PACKED_BY}: {encoding}\r\n"
    if len(said) > LARGEST_BODY or len(headers) > LARGEST_HEADERS or len(body) + len(headers) > LARGEST:
        raise EventTooLarge(contract.type, len(said) + len(headers))
    return Sealed(
        event_id=event_id,
        tenant=event.tenant,
        slot=slot,
        type=contract.type,
        aggregate=f"{event.aggregate_type}/{event.aggregate_id}",
        version=event.version,
        headers=headers,
        body=body,
    )


def _complete(event: NewEvent, contract: _Contract, cause: Cause) -> bool:
    """Whether nothing is missing: the usual case, at a fraction of the cost of naming what is."""
    return bool(
        all(contract.read_mandatory(event))
        and cause.correlation_id
        and cause.causation_id
        and event.version >= 1
        and event.occurred_at.tzinfo is not None
        and contract.aggregate in ("", event.aggregate_type)
        and contract.read_keys(event.message)
    )


def _missing(event: NewEvent, contract: _Contract, cause: Cause) -> tuple[str, ...]:
    message = event.message
    missing = [f"message.{name}" for name in contract.keys if not getattr(message, name)]
    missing += [name for name in contract.mandatory if not getattr(event, name)]
    missing += [name for name in ("correlation_id", "causation_id") if not getattr(cause, name)]
    if event.version < 1:
        missing.append("version")
    if event.occurred_at.tzinfo is None:
        missing.append("occurred_at (aware)")
    if contract.aggregate and contract.aggregate != event.aggregate_type:
        missing.append(f"aggregate_type {contract.aggregate}")
    return tuple(missing)


def _headers(event: NewEvent, contract: _Contract, event_id: UUID, cause: Cause, slot: int) -> str:
    said = (event.subject, event.tenant, event.business_unit, cause.correlation_id, cause.causation_id)
    named = (event.aggregate_type, event.aggregate_id)
    # Nearly always all of it may stand as it is, and one look at all says so.
    if not PLAIN.fullmatch("".join(said + named)):
        said, named = _all_encoded(said), _all_encoded(named)
    subject, tenant, business_unit, correlation_id, causation_id = said
    lines = (
        f"ce-id: {event_id}\r\n{contract.fixed_headers}"
        f"ce-subject: {subject}\r\n"
        f"ce-tenant: {tenant}\r\n"
        f"ce-businessunit: {business_unit}\r\n"
        f"ce-occurredat: {instant_text(event.occurred_at)}\r\n"
        f"ce-correlationid: {correlation_id}\r\n"
        f"ce-causationid: {causation_id}\r\n"
        f"ce-aggregate: {named[0]}/{named[1]}\r\n"
        f"ce-eventversion: {event.version}\r\n"
        f"ce-partition: {slot_token(slot)}\r\n"
        f"ce-priority: {'express' if event.express else 'standard'}\r\n"
        f"ce-transactionids: {encoded_list(event.transaction_ids)}\r\n"
        f"ce-keys: {_first_keys(event.keys)}\r\n"
    )
    if event.origin is not None:
        lines += f"ce-origin: {encoded(_origin_text(event.origin))}\r\n"
    if cause.traceparent:
        lines += f"traceparent: {encoded(cause.traceparent)}\r\n"
    return lines


T = TypeVar("T", bound=tuple[str, ...])


def _all_encoded(values: T) -> T:
    return type(values)(map(encoded, values))


def _origin_text(origin: Origin) -> str:
    parts = {"system": origin.system, "document": origin.document, "revision": origin.revision}
    return json.dumps({name: value for name, value in parts.items() if value}, separators=(",", ":"))


_is_plain = PLAIN.fullmatch


def encoded(value: str) -> str:
    """Percent-encoding of CloudEvents' bindings: UTF-8 bytes outside printable ASCII, space, quote and percent."""
    if _is_plain(value):
        return value
    return "".join(c if PLAIN.fullmatch(c) else "".join(f"%{byte:02X}" for byte in c.encode()) for c in value)


def encoded_list(values: Sequence[str]) -> str:
    """Values joined by commas; a comma inside one is encoded."""
    if len(values) == 1 and "," not in values[0]:
        return encoded(values[0])
    joined = ",".join(values)
    if joined.count(",") == len(values) - 1 and PLAIN.fullmatch(joined):
        return joined
    return ",".join(encoded(value).replace(",", "%2C") for value in values)


def _first_keys(keys: Sequence[str]) -> str:
    """As many as travel. All of them stand in the timeline of the service that announces it, where people look."""
    text = encoded_list(keys)
    return text if len(text) <= LARGEST_KEYS else text[:LARGEST_KEYS].rpartition(",")[0]


def decoded(value: str) -> str:
    return unquote(value) if "%" in value else value


def decoded_list(value: str) -> tuple[str, ...]:
    if "%" not in value:
        return tuple(value.split(",")) if value else ()
    return tuple([decoded(part) for part in value.split(",")])


@lru_cache(maxsize=64)
def instant_text(instant: datetime) -> str:
    """RFC 3339 in UTC with a Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parsed_headers(block: str) -> dict[str, str]:
    """Names in lower case, values still encoded."""
    found: dict[str, str] = {}
    for line in block.split("\r\n"):
        name, separator, value = line.partition(": ")
        if separator:
            found[name.lower()] = value
    return found


def body_of(headers: Mapping[str, str], body: bytes) -> bytes:
    """The protobuf bytes of a body as it travelled. Raises ValueError for one that cannot be unpacked."""
    return unpacked(body, headers.get(PACKED_BY, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """By whom, since when, in which trace and for the how-manieth time an event is handled."""

    actor: str
    at: datetime
    traceparent: str = ""
    attempt: int = 1


def received(headers: Mapping[str, str], body: bytes, message_type: type[M], handling: Handling) -> Received[M]:
    """The event of a message. Raises Invalid when a mandatory header is missing or the body is none of its type."""
    try:
        return _received(headers, message_type.FromString(body_of(headers, body)), handling)
    except (KeyError, ValueError, DecodeError) as error:
        raise Invalid(f"not an event's envelope: {type(error).__name__} {error}") from error


def _received(headers: Mapping[str, str], message: M, handling: Handling) -> Received[M]:
    aggregate_type, _, aggregate_id = headers["ce-aggregate"].partition("/")
    origin = headers.get("ce-origin")
    cause = cause_of(headers, handling)
    return Received(
        id=uuid_of(headers["ce-id"]),
        type=headers["ce-type"],
        message=message,
        tenant=cause.tenant,
        business_unit=decoded(headers["ce-businessunit"]),
        aggregate_type=decoded(aggregate_type),
        aggregate_id=decoded(aggregate_id),
        version=int(headers["ce-eventversion"]),
        subject=decoded(headers["ce-subject"]),
        occurred_at=datetime.fromisoformat(headers["ce-occurredat"]),
        recorded_at=cause.caused_at or handling.at,
        origin=Origin(**json.loads(decoded(origin))) if origin else None,
        correlation_id=cause.correlation_id,
        causation_id=decoded(headers["ce-causationid"]),
        transaction_ids=cause.transaction_ids,
        keys=decoded_list(headers["ce-keys"]),
        express=headers["ce-priority"] == "express",
        traceparent=headers.get("traceparent", ""),
        cause=cause,
        delivered_count=handling.attempt,
    )


def cause_of(headers: Mapping[str, str], handling: Handling) -> Cause:
    """Why a consumer works: the event itself. What it announces is caused by it and belongs to the same correlation."""
    return Cause(
        kind="event",
        name=headers["ce-type"].rpartition(".")[2],
        tenant=decoded(headers["ce-tenant"]),
        actor=handling.actor,
        correlation_id=decoded(headers["ce-correlationid"]),
        causation_id=headers["ce-id"],
        traceparent=handling.traceparent,
        started_at=handling.at,
        caused_at=datetime.fromisoformat(headers["ce-time"]),
        attempt=handling.attempt,
        transaction_ids=decoded_list(headers["ce-transactionids"]),
    )


AnyReceived = Received[Any]
