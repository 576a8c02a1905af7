"""What a document can write: the fields of a request as attributes of the message that it is about.

A request says in its option `writes` of which message its fields are the attributes, where they are called alike, and
by which of them it is decided as a whole. Read from the descriptors, once for each type; it must not know a contract.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from crossdock.options.v1 import options_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from crossdock_kit.ownership import contract_messages


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field of a request, by the way to it, and the attribute that it writes."""

    way: tuple[FieldDescriptor, ...]
    message: Descriptor
    name: str

    @property
    def short(self) -> str:
        return f"{self.message.name}.{self.name}"


@lru_cache(maxsize=1)
def enforced() -> Mapping[str, str]:
    """The attributes that are judged one by one, as overrides name them, each with the one that decides on its
    document."""
    found: dict[str, str] = {}
    for message in contract_messages():
        if _writes(message).decided_by:
            for each in attributes(message):
                found.setdefault(each.short, _writes(message).decided_by)
    return found


@lru_cache(maxsize=256)
def attributes(request: Descriptor) -> tuple[Attribute, ...]:
    """What a request can write, and its parts."""
    return tuple(_attributes(request, (), frozenset()))


def _attributes(message: Descriptor, way: tuple[FieldDescriptor, ...], above: frozenset[str]) -> Iterator[Attribute]:
    written = _written_by(message)
    for field in message.fields:
        meant = written.fields_by_name.get(field.name)
        if meant is not None and meant.GetOptions().Extensions[options_pb2.ownership].writers:
            yield Attribute((*way, field), written, field.name)
        elif field.message_type is not None and field.message_type.full_name not in above:
            yield from _attributes(field.message_type, (*way, field), above | {message.full_name})


def _writes(message: Descriptor) -> options_pb2.Writes:
    return message.GetOptions().Extensions[options_pb2.writes]


def _written_by(message: Descriptor) -> Descriptor:
    """Raises KeyError where the option names no message of the contracts."""
    named = _writes(message).message
    return message.file.pool.FindMessageTypeByName(named) if named else message


@lru_cache(maxsize=256)
def decided_by(request: Descriptor) -> Attribute:
    """The attribute by which the whole document is taken or refused. It need not stand in the document: an answer is
    about a line's confirmation, which is made of it. Raises KeyError where the contract names none."""
    key = _writes(request).decided_by
    for each in attributes(request):
        if each.short == key:
            return each
    message, _, name = key.partition(".")
    if not name:
        raise KeyError(f"{request.full_name} does not say by which attribute it is decided")
    found = request.file.pool.FindMessageTypeByName(f"{request.file.package}.{message}")
    return Attribute((), found, found.fields_by_name[name].name)
