"""Makes requests for any method from what another tenant's calls have shown: its ids, numbers and codes, by field name.

A request that breaks a rule of the contract would prove nothing, so what breaks one is exchanged or left out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from buf.validate import validate_pb2
from crossdock_kit.errors import InvalidFields
from crossdock_kit.validation import validate
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

_DEEPEST = 6
_SHORTEST_TELLING = 8


def texts(message: Message, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a message with the name of the field that holds it."""
    for descriptor, value in message.ListFields():
        mapped = descriptor.message_type is not None and descriptor.message_type.GetOptions().map_entry
        values = (value.values() if mapped else value) if descriptor.is_repeated else (value,)
        for each in values:
            if isinstance(each, Message):
                yield from texts(each, descriptor.name)
            elif isinstance(each, str):
                yield descriptor.name, each


@dataclass
class Harvest:
    """What is known of a tenant: texts by field name, and those that give it away wherever they show up."""

    known: dict[str, list[str]] = field(default_factory=dict)

    def take(self, message: Message) -> None:
        for name, text in texts(message):
            held = self.known.setdefault(name, [])
            if text and text not in held:
                held.append(text)

    def telling(self, canary: str) -> set[str]:
        """Ids, and whatever carries the tenant's mark."""
        return {text for held in self.known.values() for text in held if canary in text or _is_id(text)}

    def request(self, kind: type[Message], variant: int) -> Message | None:
        """A valid request that names the tenant's things, or None where none can be made."""
        chance = random.Random(variant)
        message = self._filled(kind, chance, 0)
        emptied: set[str] = set()
        for _ in range(12):
            try:
                validate(message)
            except InvalidFields as invalid:
                # What may not be empty either goes with the message that it stands in.
                paths = {
                    each.field.rpartition(".")[0] if each.field in emptied else each.field
                    for each in invalid.violations
                }
                for path in paths:
                    _clear(message, path)
                emptied |= paths
            else:
                return message
        return None

    def _filled(self, kind: type[Message], chance: random.Random, depth: int) -> Message:
        if kind is Timestamp:
            return _timestamp()
        if kind is Duration:
            return Duration(seconds=60)
        if kind is Date:
            return Date(year=2026, month=5, day=4)
        message = kind()
        descriptor: Any = kind.DESCRIPTOR
        chosen = {oneof.name: chance.choice(list(oneof.fields)).name for oneof in descriptor.oneofs}
        for each in descriptor.fields:
            oneof = each.containing_oneof
            if (oneof is None or chosen[oneof.name] == each.name) and depth < _DEEPEST:
                self._set(message, each, chance, depth)
        return message

    def _set(self, message: Any, each: FieldDescriptor, chance: random.Random, depth: int) -> None:
        if each.message_type is not None:
            if each.message_type.GetOptions().map_entry:
                return
            inner = self._filled(GetMessageClass(each.message_type), chance, depth + 1)
            if each.is_repeated:
                getattr(message, each.name).append(inner)
            else:
                getattr(message, each.name).CopyFrom(inner)
            return
        value = self._scalar(each, chance)
        if value is None:
            return
        if each.is_repeated:
            getattr(message, each.name).append(value)
        else:
            setattr(message, each.name, value)

    def _scalar(self, each: FieldDescriptor, chance: random.Random) -> Any:
        if each.type == FieldDescriptor.TYPE_ENUM:
            assert each.enum_type is not None
            return chance.choice([value.number for value in each.enum_type.values if value.number])
        if each.type == FieldDescriptor.TYPE_STRING:
            return self._text(each, chance)
        if each.type == FieldDescriptor.TYPE_BYTES:
            return b"content"
        return 1 if each.type != FieldDescriptor.TYPE_BOOL else chance.random() < 0.5

    def _text(self, each: FieldDescriptor, chance: random.Random) -> str | None:
        if each.name == "request_id":
            return str(uuid4())
        if each.name in {"page_token", "etag"}:
            return None
        ruled = each.GetOptions().Extensions[validate_pb2.field]
        rules = ruled.repeated.items.string if each.is_repeated else ruled.string
        known = self.known.get(each.name) or self.known.get(each.name.removesuffix("s"), [])
        if getattr(rules, "in"):
            return str(chance.choice([text for text in getattr(rules, "in") if text] or [""]))
        if rules.uuid and not known:
            known = [text for held in self.known.values() for text in held if _is_id(text)]
        return chance.choice(known) if known else "X1"


def _timestamp() -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime.now(UTC) - timedelta(minutes=1))
    return stamp


def _is_id(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def _clear(message: Any, path: str) -> None:
    """Takes out what a violation names: the last part of its path that is there."""
    steps = [step.partition("[") for step in path.split(".") if step]
    for name, _, index in steps[:-1]:
        inner, place = getattr(message, name, None), int(index.rstrip("]") or 0)
        if inner is None or (index and place >= len(inner)):
            # It went with what a violation before this one named.
            return
        message = inner[place] if index else inner
    name, _, index = steps[-1] if steps else ("", "", "")
    if not name:
        return
    if index and index.rstrip("]").isdigit() and len(getattr(message, name)) > int(index.rstrip("]")):
        del getattr(message, name)[int(index.rstrip("]"))]
    elif message.DESCRIPTOR.fields_by_name[name].type == FieldDescriptor.TYPE_INT32 and getattr(message, name) == 0:
        setattr(message, name, 1)
    else:
        message.ClearField(name)


def made_of(request: Message, secrets: set[str]) -> set[str]:
    """What a tenant that writes a request calls by its texts, whoever else calls something so: "adjustment/A-1/1"."""
    said = {text for _, text in texts(request) if len(text) >= _SHORTEST_TELLING}
    return {secret for secret in secrets if any(text in secret for text in said)}


def betrays(response: Message, request: Message, secrets: set[str]) -> set[str]:
    """Texts of another tenant that an answer tells, beyond what was asked with."""
    asked = {text for _, text in texts(request)}
    told = {text for _, text in texts(response)}
    return {
        text
        for text in told - asked
        if text in secrets and len(text) >= _SHORTEST_TELLING and not _repeats(text, asked, secrets)
    }


def _repeats(text: str, asked: set[str], secrets: set[str]) -> bool:
    """Whether it is made of what was asked with, and of nothing else that is a secret: adjustment/NUMBER/1."""
    rest = text
    for each in sorted(asked, key=len, reverse=True):
        if len(each) >= _SHORTEST_TELLING:
            rest = rest.replace(each, "")
    return rest != text and not any(each in rest for each in secrets if len(each) >= _SHORTEST_TELLING)
