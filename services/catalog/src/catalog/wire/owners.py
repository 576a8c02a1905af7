"""Who may write what of master data and whose word is shown, by the contract or what stands in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crossdock.catalog.v1 import catalog_service_pb2 as service_pb2
from crossdock_kit.document_attributes import attributes
from crossdock_kit.ownership import role_name
from crossdock_kit.ownership_by_attribute import Judged, foreign_to, in_force
from crossdock_kit.ownership_overrides import Owners, said_of
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from catalog.domain.words import Precedence, highest_first
from catalog.use_cases import Foreign
from catalog.wire.kinds import CROSSWALK, FIELDS, OWNED_BY, PARTY

# A record is of this thing for these days: without that it is another one.
_NAMING = frozenset({"Price.customer_id", "Price.business_unit"})
# Set here, whatever a load says of it: who loads again what was asked for is not refused for it.
_DERIVED = frozenset({"Party.personal_data_id"})
_VALIDITY = frozenset({"valid_from", "valid_to"})
# What is said in terms of another attribute is shown only of who says the same there: sizes of packagings count base
# units, and what may stand around a place depends on what the place is.
_IN_TERMS_OF = {"packaging": "base_unit", "parent_id": "kind"}


def within_its_rights(
    request: service_pb2.PutMasterDataRequest,
) -> tuple[service_pb2.PutMasterDataRequest, tuple[Foreign, ...]]:
    """The load without the attributes that its role may not write, and which those are; records that it may not write
    at all stay, and are named."""
    may_not = {kind: foreign_to(request, described) for kind, (described, _) in OWNED_BY.items()}
    found: list[Foreign] = []
    without: list[tuple[str, int, Message]] = []
    for field, kind in FIELDS.items():
        for at, record in enumerate(getattr(request, field)):
            path, whole = f"{field}[{at}]", may_not[kind].decided
            if whole is not None:
                found.append(Foreign(path, whole.owners))
            elif kind != CROSSWALK:
                judged = may_not[kind].judge(record)
                found += _foreign(path, judged)
                if judged.request is not record:
                    without.append((field, at, judged.request))
    return _with(request, without), tuple(found)


def _with(
    request: service_pb2.PutMasterDataRequest, instead: Sequence[tuple[str, int, Message]]
) -> service_pb2.PutMasterDataRequest:
    if not instead:
        return request
    kept = service_pb2.PutMasterDataRequest()
    kept.CopyFrom(request)
    for field, at, record in instead:
        getattr(kept, field)[at].CopyFrom(record)
    return kept


def _foreign(path: str, judged: Judged[Message]) -> list[Foreign]:
    left_out = [each for each in judged.left_out if each.attribute not in _DERIVED]
    naming = (each for each in left_out if each.attribute in _NAMING or _short(each.attribute) in _VALIDITY)
    whole = judged.refusal or next(naming, None)
    if whole is not None:
        return [Foreign(path, whole.owners)]
    return [Foreign(f"{path}.{_short(each.attribute)}", each.owners, _short(each.attribute)) for each in left_out]


def _short(attribute: str) -> str:
    return attribute.partition(".")[2]


def precedence() -> dict[str, Precedence]:
    """By kind. Profiles say who may write and not whose word is shown, which is the same for all who ask."""
    return {kind: _precedence(kind) for kind in OWNED_BY}


def _precedence(kind: str) -> Precedence:
    described, key = OWNED_BY[kind]
    deciding = said_of(described, key)
    roles = _names(deciding)
    if kind == CROSSWALK:
        return Precedence(roles, roles, _Highest(roles))
    orders = {each.name: _names(in_force(each, deciding)) for each in attributes(described)}
    return Precedence(roles, orders["name"] if kind == PARTY else roles, _ByAttribute(described, roles, orders))


def _names(owners: Owners) -> tuple[str, ...]:
    return tuple(map(role_name, owners.writers))


@dataclass(frozen=True, slots=True)
class _Highest:
    """What a code means is one word: nothing of it is put together."""

    roles: tuple[str, ...]

    def __call__(self, said: Mapping[str, bytes]) -> bytes:
        return said[highest_first(self.roles, said)[0]]


@dataclass(frozen=True, slots=True)
class _ByAttribute:
    """Of each attribute what the highest of its owners says that says anything of it: what is empty, or no, is not
    said."""

    described: Descriptor
    roles: tuple[str, ...]
    orders: Mapping[str, tuple[str, ...]]

    def __call__(self, said: Mapping[str, bytes]) -> bytes:
        kind = GetMessageClass(self.described)
        words = {role: kind.FromString(content) for role, content in said.items()}
        spoken = {role: {field.name for field, _ in word.ListFields()} for role, word in words.items()}
        shown = kind()
        # What others are said in terms of stands first.
        for field in sorted(self.described.fields, key=lambda each: each.name in _IN_TERMS_OF):
            for role in highest_first(self.orders.get(field.name, self.roles), words):
                if field.name in spoken[role] and _on_the_same_terms(field.name, words[role], shown):
                    _copy(field, words[role], shown)
                    break
        return shown.SerializeToString(deterministic=True)


def _on_the_same_terms(name: str, word: Message, shown: Message) -> bool:
    terms = _IN_TERMS_OF.get(name)
    return terms is None or bool(getattr(word, terms) == getattr(shown, terms))


def _copy(field: FieldDescriptor, word: Message, shown: Message) -> None:
    value = getattr(word, field.name)
    if field.is_repeated:
        getattr(shown, field.name).MergeFrom(value)
    elif field.message_type is not None:
        getattr(shown, field.name).CopyFrom(value)
    else:
        setattr(shown, field.name, value)
