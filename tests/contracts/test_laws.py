"""Laws over all descriptors: what must hold for every method, request and event, also for those that come later."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import crossdock_kit
import pytest
from buf.validate import validate_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.server.methods import ITEM_REQUEST_ID, NATURAL, READ_ONLY, REQUEST_ID, method_of
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor, MethodDescriptor

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "libs" / "contracts" / "src"
LONGEST_CALL_SECONDS = 60
LONGEST_STREAM_SECONDS = 600


def files() -> Iterator[FileDescriptor]:
    for path in sorted(CONTRACTS.glob("crossdock/**/*_pb2.py")):
        module = ".".join(path.relative_to(CONTRACTS).with_suffix("").parts)
        yield importlib.import_module(module).DESCRIPTOR


FILES = list(files())
METHODS: list[MethodDescriptor] = [
    method for file in FILES for service in file.services_by_name.values() for method in service.methods
]
EVENTS: list[Descriptor] = [
    message
    for file in FILES
    if ".events." in file.package
    for message in file.message_types_by_name.values()
    if message.GetOptions().HasExtension(options_pb2.event)
]


def named(items: Iterable[Any]) -> dict[str, Any]:
    return {"argvalues": list(items), "ids": [item.full_name for item in items]}


def option(descriptor: Any, extension: Any) -> Any:
    return descriptor.GetOptions().Extensions[extension]


def test_there_is_something_to_judge() -> None:
    assert len(METHODS) > 20
    assert len(EVENTS) > 10


@pytest.mark.parametrize("method", **named(METHODS))
def test_every_method_says_who_may_call_it_how_it_repeats_and_how_long_it_takes(method: MethodDescriptor) -> None:
    rules = method_of(method)
    longest = LONGEST_STREAM_SECONDS if method.server_streaming or method.client_streaming else LONGEST_CALL_SECONDS
    assert 0 < rules.deadline_seconds <= longest
    assert rules.idempotency in {READ_ONLY, REQUEST_ID, ITEM_REQUEST_ID, NATURAL}


@pytest.mark.parametrize("method", **named(METHODS))
def test_a_permission_is_context_noun_and_verb(method: MethodDescriptor) -> None:
    parts = method_of(method).permission.split(".")
    assert len(parts) == 3
    assert all(part.replace("_", "").isalnum() and part.islower() for part in parts)
    assert parts[0] == method.containing_service.file.package.split(".")[1]


@pytest.mark.parametrize("method", **named(METHODS))
def test_a_mutating_method_can_be_repeated_safely(method: MethodDescriptor) -> None:
    how = method_of(method).idempotency
    if how == REQUEST_ID:
        assert must_be_uuid(method.input_type.fields_by_name["request_id"])
    if how == ITEM_REQUEST_ID:
        items = [
            field.message_type
            for field in method.input_type.fields
            if field.is_repeated and field.message_type and "request_id" in field.message_type.fields_by_name
        ]
        assert items, "no repeated item carries a request_id"
        assert all(must_be_uuid(item.fields_by_name["request_id"]) for item in items)
    if how == READ_ONLY:
        assert "request_id" not in method.input_type.fields_by_name


def must_be_uuid(field: FieldDescriptor) -> bool:
    return bool(option(field, validate_pb2.field).string.uuid)


@pytest.mark.parametrize("method", **named(METHODS))
def test_a_method_has_a_request_and_a_response_of_its_own(method: MethodDescriptor) -> None:
    assert method.input_type.name == f"{method.name}Request"
    assert method.output_type.name == f"{method.name}Response"


def unbounded(message: Descriptor, path: str = "", seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Texts, bytes and lists of a request, at any depth, that a caller may make as long as it likes."""
    if message.full_name in seen or not message.full_name.startswith("crossdock."):
        return
    for field in message.fields:
        place = f"{path}{field.name}"
        ruled = field.GetOptions().HasExtension(validate_pb2.field)
        lengthy = field.type in {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES} or field.is_repeated
        if lengthy and not ruled:
            yield place
        if field.message_type is not None and not field.message_type.GetOptions().map_entry:
            yield from unbounded(field.message_type, f"{place}.", seen | {message.full_name})


@pytest.mark.parametrize("method", **named(METHODS))
def test_every_request_has_rules_and_nothing_in_it_is_unbounded(method: MethodDescriptor) -> None:
    assert list(unbounded(method.input_type)) == []


@pytest.mark.feature("F002")
@pytest.mark.parametrize("event", **named(EVENTS))
def test_every_event_names_its_aggregate_its_fact_and_keys_that_are_its_fields(event: Descriptor) -> None:
    about = option(event, options_pb2.event)
    assert about.aggregate
    assert about.summary.endswith(".")
    assert about.keys, "an event that no business key finds"
    assert set(about.keys) <= set(event.fields_by_name)


def test_every_message_of_an_events_file_is_an_event_or_a_part_of_one() -> None:
    parts: set[str] = set()
    waiting = [field.message_type for event in EVENTS for field in event.fields if field.message_type]
    while waiting:
        message = waiting.pop()
        if message.full_name not in parts:
            parts.add(message.full_name)
            waiting += [field.message_type for field in message.fields if field.message_type]
    declared = {
        message.full_name
        for file in FILES
        if ".events." in file.package
        for message in file.message_types_by_name.values()
    }
    assert declared - parts - {event.full_name for event in EVENTS} == set()


@pytest.mark.parametrize("event", **named(EVENTS))
def test_master_data_never_travels_with_transactions(event: Descriptor) -> None:
    about = option(event, options_pb2.event)
    of_catalog = event.file.package == "crossdock.catalog.events.v1"
    assert about.master_data == of_catalog


def test_quantities_and_money_are_never_floats() -> None:
    floats = {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}
    found = [
        field.full_name
        for file in FILES
        for message in file.message_types_by_name.values()
        for field in message.fields
        if field.type in floats
    ]
    assert found == []


def test_the_kit_imports_no_contexts_contract() -> None:
    allowed = ("crossdock.options", "crossdock.ops")
    guilty = [
        f"{path.name}: {line.strip()}"
        for path in Path(str(crossdock_kit.__file__)).parent.rglob("*.py")
        for line in path.read_text().splitlines()
        if line.startswith(("import crossdock.", "from crossdock.")) and not line.split()[1].startswith(allowed)
    ]
    assert guilty == []
