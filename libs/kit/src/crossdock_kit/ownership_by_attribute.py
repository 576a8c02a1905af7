"""What of a document its sender may not write, attribute by attribute, by the options of the contract.

What a sender does not own is left out, for the service to raise; what the document cannot do without refuses it.
Whoever is let in by an override of the attribute that decides on the document may write the rest of it too, as far as
nothing else is said of that. It must not know a contract: all is read from the descriptors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from crossdock_kit.document_attributes import Attribute, attributes, decided_by
from crossdock_kit.errors import InvalidFields
from crossdock_kit.ownership import role_name
from crossdock_kit.ownership_overrides import OfPartner, Owners, said_of
from crossdock_kit.validation import validate

M = TypeVar("M", bound=Message)
DEFAULT_STEWARD = "master-data"


class Origin(Protocol):
    """Who sends a document: crossdock.common.v1.Origin."""

    @property
    def role(self) -> int: ...
    @property
    def ownership(self) -> Iterable[OfPartner]: ...


@dataclass(frozen=True, slots=True)
class NotOwned:
    """An attribute that a document wrote and its sender may not; `owners` is the sentence that says whose it is."""

    attribute: str
    role: str
    owners: str
    steward: str

    @property
    def owner(self) -> str:
        """Who looks after it."""
        return self.steward or DEFAULT_STEWARD


@dataclass(frozen=True, slots=True)
class Judged(Generic[M]):
    """A document without what its sender may not write. `decided` says why it may not send it at all, `needed` what it
    may not write and the document cannot do without."""

    request: M
    left_out: tuple[NotOwned, ...] = ()
    decided: NotOwned | None = None
    needed: NotOwned | None = None

    @property
    def refusal(self) -> NotOwned | None:
        return self.decided or self.needed


@dataclass(frozen=True, slots=True)
class Foreign:
    """What an origin may not write of a kind of document: all of it, which `decided` says, or some attributes."""

    decided: NotOwned | None
    attributes: tuple[tuple[Attribute, NotOwned], ...]

    def judge(self, request: M) -> Judged[M]:
        if self.decided is not None:
            return Judged(request, decided=self.decided)
        written = [(each.way, not_owned) for each, not_owned in self.attributes if _holds(request, each.way)]
        if not written:
            return Judged(request)
        kept = type(request)()
        kept.CopyFrom(request)
        for way, _ in written:
            _clear(kept, way)
        left_out = tuple(dict.fromkeys(not_owned for _, not_owned in written))
        try:
            validate(kept)
        except InvalidFields:
            return Judged(request, needed=left_out[0])
        return Judged(kept, left_out)


def judge(request: M, origin: Origin) -> Judged[M]:
    """Raises KeyError for a request of which the contract does not say what it writes."""
    return foreign_to(origin, cast(Descriptor, request.DESCRIPTOR)).judge(request)


def foreign_to(origin: Origin, kind: Descriptor) -> Foreign:
    """For who judges many documents of a kind at once. Raises KeyError as `judge` does."""
    key = decided_by(kind)
    deciding = said_of(key.message, key.name, origin.ownership)
    if origin.role not in deciding.writers:
        return Foreign(_not_owned(origin, deciding), ())
    others = (
        (each, in_force(each, deciding, origin.ownership)) for each in attributes(kind) if each.short != key.short
    )
    return Foreign(
        None, tuple((each, _not_owned(origin, owners)) for each, owners in others if origin.role not in owners.writers)
    )


def in_force(attribute: Attribute, deciding: Owners, of_partner: Iterable[OfPartner] = ()) -> Owners:
    """Who may write an attribute of a document that `deciding` decides on."""
    owners = said_of(attribute.message, attribute.name, of_partner)
    let_in = tuple(each for each in deciding.writers if each not in deciding.contract)
    if owners.source or not let_in:
        return owners
    writers = tuple(dict.fromkeys((*owners.writers, *let_in)))
    return Owners(owners.attribute, writers, owners.contract, deciding.source, owners.steward)


def _not_owned(origin: Origin, owners: Owners) -> NotOwned:
    return NotOwned(owners.attribute, role_name(origin.role), str(owners), owners.steward)


def _holds(message: Message, way: tuple[FieldDescriptor, ...]) -> bool:
    return any(
        any(set_field.number == way[-1].number for set_field, _ in each.ListFields()) for each in _at(message, way)
    )


def _clear(message: Message, way: tuple[FieldDescriptor, ...]) -> None:
    for each in _at(message, way):
        each.ClearField(way[-1].name)


def _at(message: Message, way: tuple[FieldDescriptor, ...]) -> Iterator[Message]:
    """The messages that hold the last field of the way."""
    if len(way) == 1:
        yield message
        return
    field, *rest = way
    if field.is_repeated:
        for each in getattr(message, field.name):
            yield from _at(each, tuple(rest))
    elif message.HasField(field.name):
        yield from _at(getattr(message, field.name), tuple(rest))
