"""Events of a made-up context, built at run time: the kit's tests must not depend on a contract of the trade."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from crossdock.options.v1 import options_pb2
from crossdock_kit.context import Cause
from crossdock_kit.events import NewEvent
from crossdock_kit.ids import uuid7
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

CONTEXT = "procurement"
PACKAGE = f"crossdock.{CONTEXT}.events.v1"
_TYPE = descriptor_pb2.FieldDescriptorProto


def _message(file: descriptor_pb2.FileDescriptorProto, name: str) -> None:
    made = file.message_type.add(name=name)
    made.field.add(name="crate", number=1, type=_TYPE.TYPE_STRING, label=_TYPE.LABEL_OPTIONAL)
    made.field.add(name="amount", number=2, type=_TYPE.TYPE_INT64, label=_TYPE.LABEL_OPTIONAL)
    made.options.Extensions[options_pb2.event].CopyFrom(options_pb2.Event(aggregate="crate", keys=["crate"]))


def _build() -> dict[str, Any]:
    # A pool of its own: the same package may be registered by real contracts in the same process.
    file = descriptor_pb2.FileDescriptorProto(
        name="kit_events.proto",
        package=PACKAGE,
        syntax="proto3",
        dependency=["crossdock/options/v1/options.proto"],
    )
    for name in ("CrateFilled", "CrateEmptied", "CrateNoticed"):
        _message(file, name)
    pool = descriptor_pool.DescriptorPool()
    descriptor = descriptor_pb2.FileDescriptorProto()
    descriptor_pb2.DESCRIPTOR.CopyToProto(descriptor)
    pool.Add(descriptor)
    options = descriptor_pb2.FileDescriptorProto()
    options_pb2.DESCRIPTOR.CopyToProto(options)
    pool.Add(options)
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))
        for name in ("CrateFilled", "CrateEmptied", "CrateNoticed")
    }


_classes = _build()
CrateFilled: Any = _classes["CrateFilled"]
CrateEmptied: Any = _classes["CrateEmptied"]
CrateNoticed: Any = _classes["CrateNoticed"]


def because(tenant: str = "acme") -> Cause:
    """A call that something is done for."""
    return Cause(
        kind="call",
        name="FillCrate",
        tenant=tenant,
        actor="test",
        correlation_id=str(uuid7()),
        causation_id=str(uuid7()),
        traceparent="",
        started_at=datetime.now(UTC),
    )


def crate_event(
    crate: str, version: int, *, tenant: str = "acme", message: Message | None = None, **facts: Any
) -> NewEvent:
    """An event of a crate whose amount is its version unless a message is given."""
    body = message or CrateFilled(crate=crate, amount=version)
    known: dict[str, Any] = {
        "message": body,
        "tenant": tenant,
        "business_unit": "eu",
        "aggregate_type": "crate",
        "aggregate_id": crate,
        "version": version,
        "subject": crate,
        "keys": (f"crate:{crate}",),
        "transaction_ids": (f"t-{crate}",),
        "occurred_at": datetime.now(UTC),
    }
    return NewEvent(**(known | facts))
