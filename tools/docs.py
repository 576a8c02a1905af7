"""Writes the documents that contracts and processes already say: the event catalog as a page and as AsyncAPI, who owns
what, the lifecycles, and what carriers' codes mean.

`write` puts them into docs/, `check` fails where a committed one differs. Nothing here knows a context: everything
comes from the descriptors with their options, and from the processes that services keep in their domain.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from crossdock.options.v1 import options_pb2
from crossdock_kit.ownership import ownership_table
from crossdock_kit.processes import Fire, Process, Raise
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
DOCS = ROOT / "docs"
SCALARS = {
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
}
HEADERS = {
    "ce-id": "id of the event, also `Nats-Msg-Id`; a consumer recognises a duplicate by it",
    "ce-source": "service that announces it",
    "ce-type": "full message name",
    "ce-subject": "business key of the aggregate",
    "ce-time": "when it was recorded here",
    "ce-occurredat": "when it happened there",
    "ce-origin": "system instance, its document and revision",
    "ce-tenant": "company",
    "ce-businessunit": "business unit",
    "ce-correlationid": "what the caller calls the whole",
    "ce-causationid": "event or request that caused it",
    "ce-aggregate": "kind and id of the aggregate",
    "ce-eventversion": "1, 2, 3 within the aggregate; a gap shows a missing event",
    "ce-partition": "0 to 15, by hash of tenant and aggregate",
    "ce-priority": "lane: express or standard",
    "ce-transactionids": "transactions whose timeline it stands in",
    "traceparent": "W3C trace context of the step that recorded it",
    "content-encoding": "`deflate` where the body is packed (zlib), which one of more than 64 KiB is",
}


def event_files() -> Iterator[FileDescriptor]:
    for path in sorted(PROTO.glob("crossdock/*/events/v*/events.proto")):
        module = path.relative_to(PROTO).with_suffix("").as_posix().replace("/", ".") + "_pb2"
        yield importlib.import_module(module).DESCRIPTOR


def events() -> Iterator[tuple[Descriptor, options_pb2.Event]]:
    for file in event_files():
        for message in file.message_types_by_name.values():
            if message.GetOptions().HasExtension(options_pb2.event):
                yield message, message.GetOptions().Extensions[options_pb2.event]


def context_of(message: Descriptor) -> str:
    return str(message.file.package).split(".")[1]


def type_of(field: FieldDescriptor) -> str:
    if field.message_type is not None:
        name = str(field.message_type.full_name)
    elif field.enum_type is not None:
        name = str(field.enum_type.full_name)
    else:
        name = SCALARS.get(field.type, str(field.type))
    return f"repeated {name}" if field.is_repeated else name


def event_catalog() -> str:
    lines = [
        "# Events",
        "",
        "Generated from `proto/` by `make docs`; do not edit. Each event travels as CloudEvents in binary mode: the",
        "body is the protobuf message, the headers are those below. The subject is the type with the partition at its",
        "end, `crossdock.procurement.events.v1.PurchaseOrderReleased.07` (`.07x` in the express lane).",
        "",
        "| header | meaning |",
        "|---|---|",
        *[f"| `{name}` | {meaning} |" for name, meaning in HEADERS.items()],
    ]
    for message, option in events():
        lines += [
            "",
            f"## {message.name}",
            "",
            f"`{message.full_name}`, aggregate `{option.aggregate}`. {option.summary}",
            "",
        ]
        lines += ["| field | type | key |", "|---|---|---|"]
        lines += [
            f"| `{field.name}` | `{type_of(field)}` | {'yes' if field.name in option.keys else ''} |"
            for field in message.fields
        ]
    return "\n".join(lines) + "\n"


def asyncapi() -> str:
    channels, operations, messages = {}, {}, {}
    for message, option in events():
        name = f"{context_of(message)}.{message.name}"
        channels[name] = {
            "address": f"{message.full_name}.{{slot}}",
            "parameters": {"slot": {"description": "00 to 15, with x at its end in the express lane"}},
            "messages": {message.name: {"$ref": f"#/components/messages/{name}"}},
        }
        operations[f"announce.{name}"] = {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
        messages[name] = {
            "name": message.full_name,
            "summary": option.summary,
            "contentType": "application/protobuf",
            "headers": {"type": "object", "properties": {key: {"type": "string"} for key in HEADERS}},
            "x-aggregate": option.aggregate,
            "x-keys": list(option.keys),
        }
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": "Crossdock events", "version": "1.0.0", "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/protobuf",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }
    return "# Generated from proto/ by `make docs`; do not edit.\n" + yaml.safe_dump(
        document, sort_keys=False, width=120
    )


def ownership() -> str:
    head = "# Who may write what\n\nGenerated from the options of the contracts by `make docs`; do not edit.\n\n"
    return head + str(ownership_table())


def processes() -> Iterator[tuple[str, ModuleType, Process]]:
    """Service, module and process of every domain/*lifecycle.py, which names its states `State`. What cancels a state
    is said by its `undoing`, where anything does."""
    for path in sorted(ROOT.glob("services/*/src/*/domain/*lifecycle.py")):
        service = path.parent.parent.name
        module = importlib.import_module(f"{service}.domain.{path.stem}")
        yield from ((service, module, each) for each in vars(module).values() if isinstance(each, Process))


def lifecycles() -> str:
    lines = [
        "# Lifecycles",
        "",
        "Generated by `make docs` from the processes in `services/*/src/*/domain/*lifecycle.py`; do not edit. Who may",
        "fire a trigger, what has to hold before, what takes its effect back, and how long a state may last: the same",
        "data that the services run on.",
    ]
    for service, module, process in processes():
        lines += ["", f"## {process.name} ({service})", "", *_states(module, process), "", *_transitions(process)]
    return "\n".join(lines) + "\n"


def _states(module: ModuleType, process: Process) -> Iterator[str]:
    yield "| state | may last | then | policy | to cancel it |"
    yield "|---|---|---|---|---|"
    undoing: Callable[[object], list[str]] = getattr(module, "undoing", lambda _: [])
    for name in process.states:
        undone = ", ".join(f"`{command}`" for command in undoing(module.State(name)))
        deadline = process.deadlines.get(name)
        if deadline is None:
            yield f"| `{name}` | for ever | | | {undone} |"
            continue
        match deadline.on_expiry:
            case Fire(trigger):
                then = f"`{trigger}` is fired"
            case Raise(code=code, owner=owner):
                then = f"`{code}` for {owner}"
        yield f"| `{name}` | {deadline.default} | {then} | `{deadline.policy_key}` | {undone} |"


def _transitions(process: Process) -> Iterator[str]:
    yield "| from | trigger | to | who | guard | undone by |"
    yield "|---|---|---|---|---|---|"
    for each in process.transitions:
        undo = f"`{each.undo}`" if each.undo else ""
        who = ", ".join(sorted(each.who))
        yield f"| `{each.from_}` | `{each.trigger}` | `{each.to}` | {who} | {each.guard} | {undo} |"


def milestones() -> str:
    """What carriers' codes mean, from the table of the service that reads them."""
    table = importlib.import_module("delivery.domain.milestone_table")
    taxonomy = importlib.import_module("delivery.domain.taxonomy")
    lines = [
        "# Carriers' codes and milestones",
        "",
        f"Generated by `make docs` from version {table.VERSION} of the table of delivery; do not edit. A partner's",
        "own reading (`MapCarrierCode`) stands before it. A code that stands in neither is kept, becomes a task for",
        "mapping-desk, and reaches no milestone. An estimate names the milestone that it foretells.",
    ]
    for vocabulary in table.VOCABULARIES:
        lines += [
            "",
            f"## {vocabulary}",
            "",
            "| code | meaning | class | milestone | stage | exception |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_code(code, meaning) for (at, code), meaning in table.TABLE.items() if at == vocabulary]
    lines += ["", "## Whose doing a reason of X12 214 is", "", "| reason | fault |", "|---|---|"]
    lines += [f"| `{reason}` | {fault.value} |" for reason, fault in table.X12_FAULTS.items()]
    lines += [
        "",
        "## Who looks after an exception",
        "",
        "| exception | owner | owner where the consignee is at fault |",
        "|---|---|---|",
    ]
    at_fault = taxonomy.Fault.CONSIGNEE
    lines += [
        f"| {each.value} | {owner} | {taxonomy.owner_of(each, at_fault)} |" for each, owner in taxonomy.OWNERS.items()
    ]
    return "\n".join(lines) + "\n"


def _code(code: str, meaning: Any) -> str:
    reached = meaning.milestone.value if meaning.milestone else ""
    if meaning.if_untroubled:
        reached += ", unless an attempt failed or it goes back"
    stage, trouble = (each.value if each else "" for each in (meaning.stage, meaning.trouble))
    return f"| `{code}` | {meaning.text} | {meaning.code_class.value} | {reached} | {stage} | {trouble} |"


DOCUMENTS = {
    "events.md": event_catalog,
    "asyncapi.yaml": asyncapi,
    "ownership.md": ownership,
    "lifecycles.md": lifecycles,
    "milestones.md": milestones,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("write", "check"))
    stale = []
    arguments = parser.parse_args()
    for name, generate in DOCUMENTS.items():
        path, text = DOCS / name, generate()
        if arguments.what == "write":
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(name)
    if stale:
        print(f"docs: {', '.join(stale)} differ from the contracts; run `make docs`", file=sys.stderr)
        return 1
    print(f"docs: {len(DOCUMENTS)} documents from {sum(1 for _ in events())} events")
    return 0


if __name__ == "__main__":
    sys.exit(main())
