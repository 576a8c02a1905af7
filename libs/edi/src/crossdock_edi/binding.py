"""Binds dataclasses to segments and elements, once, for both directions.

A record is a frozen dataclass whose fields say where they live: `element("BEG", 3)`, `children(Line)`. The first
element's tag is the record's header: in a message it begins the record (or one more turn of its loop). A segment goes
to the innermost open record that binds its tag; what nobody binds is kept and told, never dropped unseen.
Knows no transaction set.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from crossdock_edi.dialect import Standard
from crossdock_edi.segment import Element, Segment
from crossdock_edi.spec.model import SetSpec
from crossdock_edi.values import TEXT, Converter

_KEY = "crossdock_edi"
EMPTY: Element = (("",),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Base of all typed documents. `unmapped` are the segments of the message that no field stands for."""

    STANDARD: ClassVar[Standard]
    TYPE: ClassVar[str]
    SPEC: ClassVar[SetSpec]

    unmapped: tuple[Segment, ...] = field(default=(), compare=False, repr=False)


# --- what a field may be bound to


@dataclass(frozen=True, slots=True)
class Bound:
    tag: str
    position: int
    component: int
    convert: Converter
    required: bool

    @property
    def reach(self) -> int:
        """How many elements a segment has at least if there is something to read; 0 if absence must be told."""
        return 0 if self.required else self.position


@dataclass(frozen=True, slots=True)
class Pairs:
    tag: str
    first: int
    last: int
    record: type

    @property
    def reach(self) -> int:
        return self.first


@dataclass(frozen=True, slots=True)
class Values:
    tag: str
    first: int
    last: int
    within: int

    @property
    def reach(self) -> int:
        return self.within or self.first


@dataclass(frozen=True, slots=True)
class Texts:
    tag: str
    first: int
    last: int
    component: int


@dataclass(frozen=True, slots=True)
class Children:
    record: type
    many: bool


def element(
    tag: str, position: int, component: int = 0, *, convert: Converter = TEXT, required: bool = False
) -> Any:  # Any, as dataclasses.field: the annotation of the field is what counts
    """One element, or one of its components (0: the element as a whole)."""
    bound = Bound(tag, position, component, convert, required)
    if required:
        return field(metadata={_KEY: bound})
    return field(default=convert.empty, metadata={_KEY: bound})


def pairs(tag: str, first: int, last: int, record: type) -> Any:
    """Qualifier and value in turn, from element `first` to `last`, as a tuple of two-field records."""
    return field(default=(), metadata={_KEY: Pairs(tag, first, last, record)})


def values(tag: str, first: int, last: int, within: int = 0) -> Any:
    """Elements `first` to `last` of one segment (or components of element `within`) as text, empty ones left out."""
    return field(default=(), metadata={_KEY: Values(tag, first, last, within)})


def texts(tag: str, first: int, last: int, component: int = 0) -> Any:
    """Lines of text: elements `first` to `last` (or components of element `component`) of each repeated segment."""
    return field(default=(), metadata={_KEY: Texts(tag, first, last, component)})


def child(record: type) -> Any:
    """At most one record of its own, None if absent."""
    return field(default=None, metadata={_KEY: Children(record, many=False)})


def children(record: type) -> Any:
    """A loop: a tuple of records."""
    return field(default=(), metadata={_KEY: Children(record, many=True)})


Cell = Bound | Pairs | Values


# --- the plan of a record


@dataclass(frozen=True, slots=True)
class SegmentStep:
    """The fields of one segment: name, binding, and its reach."""

    tag: str
    elements: tuple[tuple[str, Cell, int], ...]


@dataclass(frozen=True, slots=True)
class TextStep:
    tag: str
    name: str
    texts: Texts


@dataclass(frozen=True, slots=True)
class ChildStep:
    tag: str
    name: str
    record: type
    many: bool


Step = SegmentStep | TextStep | ChildStep


@dataclass(frozen=True, slots=True)
class Plan:
    record: type
    header: str
    steps: tuple[Step, ...]
    by_tag: dict[str, Step]


def plan_of(record: type[Any]) -> Plan:
    plan = _PLANS.get(record)
    if plan is None:
        plan = _PLANS[record] = _make_plan(record)
    return plan


def _make_plan(record: type[Any]) -> Plan:
    steps: list[Step] = []
    bound: dict[str, list[tuple[str, Cell, int]]] = {}
    for one in fields(record):
        binding = one.metadata.get(_KEY)
        match binding:
            case Bound() | Pairs() | Values():
                if binding.tag not in bound:
                    bound[binding.tag] = []
                    steps.append(SegmentStep(binding.tag, ()))
                bound[binding.tag].append((one.name, binding, binding.reach))
            case Texts():
                steps.append(TextStep(binding.tag, one.name, binding))
            case Children():
                steps.append(ChildStep(plan_of(binding.record).header, one.name, binding.record, binding.many))
            case None:
                pass
    whole = tuple(
        SegmentStep(step.tag, tuple(bound[step.tag])) if isinstance(step, SegmentStep) else step for step in steps
    )
    return Plan(record, whole[0].tag, whole, {step.tag: step for step in reversed(whole)})


_PLANS: dict[type[Any], Plan] = {}
# The plan of a loop that no record stands for: it takes nothing, and keeps its segments from going elsewhere.
NOTHING = Plan(object, "", (), {})
