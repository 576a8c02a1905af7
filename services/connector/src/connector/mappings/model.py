"""What a mapping is given and what it returns. A mapping is a pure function; everything from outside comes in here.

`Codes` is the only way to what a partner's code means and how a thing of ours is called there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from crossdock.common.v1 import values_pb2
from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock.options.v1 import options_pb2
from google.protobuf.message import Message

from connector.domain.revision import Stamp

CodeKind = Literal["item", "unit", "location", "party", "code"]


@dataclass(frozen=True, slots=True)
class Packing:
    """An item's base unit and, per packaging unit, how many base units are in one."""

    base_unit: str
    levels: Mapping[str, Decimal] = field(default_factory=dict)


class Codes(Protocol):
    """A partner's words and ours. An inbound code without meaning is remembered: the message waits for it."""

    def item(self, code: str, qualifier: str = "") -> str: ...

    def optional_item(self, code: str, qualifier: str = "") -> str:
        """As `item`, but a code that means nothing is empty text and nobody waits for it."""
        ...

    def as_said(self, kind: CodeKind, code: str) -> str:
        """As the crosswalk has it, else the code itself: whoever numbers things may name what nobody knows yet."""
        ...

    def unit(self, code: str) -> str: ...

    def known_unit(self, code: str) -> str | None:
        """As `unit`, but nobody waits for what is not known."""
        ...

    def location(self, code: str, qualifier: str = "") -> str: ...

    def location_named(self, name: str) -> str: ...

    def party(self, code: str, qualifier: str = "") -> str: ...

    def packing(self, sku: str) -> Packing: ...

    def known_word(self, listed: str, word: str, table: Mapping[str, str], ours: Collection[str]) -> str | None:
        """What a word of a list means: catalog's code list of this name comes before the table. None for a word without
        meaning, and for one that catalog gives a meaning that is none of ours."""
        ...

    def word(self, listed: str, word: str, table: Mapping[str, str], ours: Collection[str]) -> str:
        """As `known_word`, but what is not known is waited for."""
        ...

    def meant(self, listed: str, word: str, table: Mapping[str, str]) -> str:
        """What catalog's code list says of a word, else the table; empty where neither does, and nobody waits."""
        ...

    def item_code(self, sku: str, qualifier: str = "") -> str:
        """The partner's number for an item; our own where it has none."""
        ...

    def unit_code(self, unit: str) -> str: ...

    def location_code(self, location_id: str) -> str: ...

    def party_code(self, party_id: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Partner:
    """Of a partner's profile what mappings need. `options` are what it does differently with this kind of document;
    `speaks_as` is the role whose word its documents of this kind are, `ownership` what the profile says of who writes.
    """

    name: str
    role: options_pb2.Role.ValueType
    system: str
    party_id: str
    business_unit: str
    revision_reference: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    speaks_as: options_pb2.Role.ValueType = options_pb2.ROLE_UNSPECIFIED
    ownership: tuple[values_pb2.AttributeWriters, ...] = ()

    def table(self, name: str, default: Mapping[str, str]) -> Mapping[str, str]:
        """A table of the mapping with the partner's own rows over it."""
        own = self.options.get(name)
        return (
            {**default, **{str(key): str(value) for key, value in own.items()}} if isinstance(own, Mapping) else default
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader of an inbound document is told. `written` is when the partner wrote it, by its clock."""

    partner: Partner
    codes: Codes
    document: str
    received_at: datetime
    written: Stamp | None = None

    def word(self, table: str, said: str, usual: Mapping[str, str], ours: Collection[str]) -> str:
        """What a partner's word for a condition, a reason or a state means: by catalog's code list of the table's name,
        else by the table of the profile's mapping, else as is usual. The document waits for one that means nothing."""
        return self.codes.word(table, said, self.partner.table(table, usual), ours)

    def known_word(self, table: str, said: str, usual: Mapping[str, str], ours: Collection[str]) -> str | None:
        """As `word`; None for one that means nothing, which nobody waits for."""
        return self.codes.known_word(table, said, self.partner.table(table, usual), ours)

    def meant(self, table: str, said: str) -> str:
        """What a partner's word means, by catalog's code list of the table's name, else by the table of the profile's
        mapping; empty where neither says anything of it."""
        return self.codes.meant(table, said, self.partner.table(table, {}))

    def origin(self, *, revision: str = "", occurred_at: datetime | None = None) -> values_pb2.Origin:
        origin = values_pb2.Origin(
            system=self.partner.system or self.partner.name,
            role=self.partner.speaks_as or self.partner.role,
            document=self.document[:128],
            revision=revision[:32],
            ownership=self.partner.ownership,
        )
        origin.occurred_at.FromDatetime(occurred_at or (self.written.at if self.written else self.received_at))
        return origin


@dataclass(frozen=True, slots=True)
class Writing:
    """What the writer of an outbound document is told. `revision` numbers it for the partner where the kind has one."""

    partner: Partner
    codes: Codes
    event_id: str
    event_version: int
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """That a command answers an order of ours: what it says of the revision, and when it was written there."""

    order: str
    carried: int | None
    answered: Stamp | None


@dataclass(frozen=True, slots=True)
class Command:
    """A canonical command, without its request id; `then` are those that carry it on, each once all before it are
    carried out. `orders` are the purchase order numbers that it concerns: about one
    of these commands stay in order, and so they do about one of the keys in `sequence`. Reports on sales orders name
    none, because they may come in any order. `left_out` are its records that are wrong, each with its place, `waiting`
    is what others wait for: the rest of it is carried out."""

    request: Message
    orders: tuple[str, ...]
    keys: tuple[str, ...]
    lines: int
    answer: Answer | None = None
    findings: tuple[tuple[str, str], ...] = ()
    sequence: tuple[str, ...] = ()
    then: tuple[Message, ...] = ()
    left_out: tuple[tuple[int, str], ...] = ()
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inbound:
    """`read` takes the parsed document (a typed X12 document, a JsonObject) and returns the command."""

    kind: str
    read: Callable[[Any, Reading], Command]


@dataclass(frozen=True, slots=True)
class Refusal:
    """That a partner's request is not granted: the id of the answer, when it is given, and why. `reason` is the code of
    a refusal, or what is wrong with the document."""

    answer_id: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Refusing:
    """How a request that is not granted is answered: by a document of `kind`. `write` takes the request as it was
    parsed; None where it names nothing that an answer could refer to."""

    kind: str
    write: Callable[[Any, Refusal], Any]


@dataclass(frozen=True, slots=True)
class Named:
    """That a document says who receives the goods. `order` takes the event and returns the id of the order whose
    consignee it is, empty where nobody is to be named; `put` puts who it is into the document as it was written, and
    raises DocumentFault where it cannot."""

    order: Callable[[Any], str]
    put: Callable[[Any, Consignee], Any]


@dataclass(frozen=True, slots=True)
class Outbound:
    """`write` takes the event and returns the document: a typed X12 document, or plain data for JSON."""

    kind: str
    write: Callable[[Any, Writing], Any]
    named: Named | None = None
