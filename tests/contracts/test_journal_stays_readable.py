"""A journal is kept for years: bytes of every event as they were once written, which today's contracts must still read.

An event without a golden fails; UPDATE_GOLDENS=1 writes those that are missing and never touches one that exists, so a
field may be added, and none removed, renamed, renumbered or given another type. Deleting a golden says that no journal
holds such bytes.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crossdock.options.v1 import options_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.unknown_fields import UnknownFieldSet

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "libs" / "contracts" / "src"
GOLDENS = Path(__file__).parent / "goldens"
DEEPEST = 8


def events() -> Iterator[Descriptor]:
    for path in sorted(CONTRACTS.glob("crossdock/*/events/v1/*_pb2.py")):
        module = ".".join(path.relative_to(CONTRACTS).with_suffix("").parts)
        for message in importlib.import_module(module).DESCRIPTOR.message_types_by_name.values():
            if message.GetOptions().HasExtension(options_pb2.event):
                yield message


def filled(descriptor: Descriptor, depth: int = 0) -> Message:
    """A message with every field set that fits: of a oneof the first, of a repeated field one element."""
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if field.containing_oneof and field.containing_oneof.fields[0] is not field:
            continue
        if field.message_type and depth >= DEEPEST:
            continue
        _fill(message, field, depth)
    return message


def _fill(message: Any, field: FieldDescriptor, depth: int) -> None:
    value = getattr(message, field.name)
    if field.message_type and field.message_type.GetOptions().map_entry:
        entry = field.message_type.fields_by_name
        if entry["value"].message_type:
            value[_scalar(entry["key"])].CopyFrom(filled(entry["value"].message_type, depth + 1))
        else:
            value[_scalar(entry["key"])] = _scalar(entry["value"])
    elif field.message_type:
        part = filled(field.message_type, depth + 1)
        value.append(part) if field.is_repeated else value.CopyFrom(part)
    elif field.is_repeated:
        value.append(_scalar(field))
    else:
        setattr(message, field.name, _scalar(field))


def _scalar(field: FieldDescriptor) -> Any:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            return field.name if field.type == FieldDescriptor.TYPE_STRING else field.name.encode()
        case FieldDescriptor.CPPTYPE_BOOL:
            return True
        case FieldDescriptor.CPPTYPE_ENUM:
            return _last(field.enum_type)
        case _:
            return field.number


def _last(enum: EnumDescriptor | None) -> int:
    assert enum is not None
    return int(enum.values[-1].number)


def told(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return found


def as_golden(descriptor: Descriptor) -> dict[str, Any]:
    message = filled(descriptor)
    return {"bytes": message.SerializeToString(deterministic=True).hex(), "message": told(message)}


@pytest.mark.parametrize("event", [pytest.param(each, id=each.full_name) for each in events()])
def test_bytes_that_were_written_once_still_mean_the_same(event: Descriptor) -> None:
    path = GOLDENS / f"{event.full_name}.json"
    if os.environ.get("UPDATE_GOLDENS") and not path.exists():
        path.write_text(json.dumps(as_golden(event), indent=1, ensure_ascii=False) + "\n")
    golden = json.loads(path.read_text())
    message = GetMessageClass(event).FromString(bytes.fromhex(golden["bytes"]))
    assert told(message) == golden["message"]
    assert len(UnknownFieldSet(message)) == 0
    assert message.SerializeToString(deterministic=True).hex() == golden["bytes"]


def test_no_golden_stands_for_an_event_that_is_gone() -> None:
    assert {path.stem for path in GOLDENS.glob("*.json")} <= {each.full_name for each in events()}
