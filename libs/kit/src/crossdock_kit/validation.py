"""The contract's own rules, checked before any code of a service sees the request."""

from __future__ import annotations

from google.protobuf.message import Message
from protovalidate import Validator
from protovalidate import Violation as Broken

from crossdock_kit.errors import InvalidFields, Violation

# One for the process: it compiles a message's rules once.
_validator = Validator()


def validate(message: Message) -> None:
    """Raises InvalidFields with every field that breaks its rule."""
    broken = _validator.collect_violations(message)
    if broken:
        raise InvalidFields(tuple(_violation(each) for each in broken))


def _violation(broken: Broken) -> Violation:
    found = broken.proto
    path = ""
    for element in found.field.elements if found.field else ():
        path += f".{element.field_name}" if path else element.field_name
        if element.subscript is not None:
            path += f"[{element.subscript.value}]"
    return Violation(path, found.message or found.rule_id, found.rule_id)
