"""Binds dataclasses to segments and elements, once, for both directions.

A record is a frozen dataclass whose fields say where they live: `element("BEG", 3)`, `children(Line)`. The first
element's tag is the record's header: in a message it begins the record (or one more turn of its loop). A segment goes
to the innermost open record that binds its tag; what nobody binds is kept and told, never dropped unseen.
Knows no transaction set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from crossdock_edi.dialect import Dialect, Standard
from crossdock_edi.errors import Unrepresentable
from crossdock_edi.findings import Finding, Place, finding
from crossdock_edi.segment import Element, Segment, trimmed
from crossdock_edi.spec.model import Loop, SetSpec
from crossdock_edi.values import TEXT, Converter, Unreadable

_KEY = "crossdock_edi"
_EMPTY: Element = (("",),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Base of all typed documents. `unmapped` are the segments of the message that no field stands for."""

    STANDARD: ClassVar[Standard]
    TYPE: ClassVar[str]
    SPEC: ClassVar[SetSpec]

    unmapped: tuple[Segment, ...] = field(default=(), compare=False, repr=False)


# --- what a field may be bound to


@dataclass(frozen=True, slots=True)
class _Bound:
    tag: str
    position: int
    component: int
    convert: Converter
    required: bool


@dataclass(frozen=True, slots=True)
class _Pairs:
    tag: str
    first: int
    last: int
    record: type


@dataclass(frozen=True, slots=True)
class _Values:
    tag: str
    first: int
    last: int
    within: int


@dataclass(frozen=True, slots=True)
class _Texts:
    tag: str
    first: int
    last: int
    component: int


@dataclass(frozen=True, slots=True)
class _Children:
    record: type
    many: bool


def element(
    tag: str, position: int, component: int = 0, *, convert: Converter = TEXT, required: bool = False
) -> Any:  # Any, as dataclasses.field: the annotation of the field is what counts
    """One element, or one of its components (0: the element as a whole)."""
    bound = _Bound(tag, position, component, convert, required)
    if required:
        return field(metadata={_KEY: bound})
    return field(default=convert.empty, metadata={_KEY: bound})


def pairs(tag: str, first: int, last: int, record: type) -> Any:
    """Qualifier and value in turn, from element `first` to `last`, as a tuple of two-field records."""
    return field(default=(), metadata={_KEY: _Pairs(tag, first, last, record)})


def values(tag: str, first: int, last: int, within: int = 0) -> Any:
    """Elements `first` to `last` of one segment (or components of element `within`) as text, empty ones left out."""
    return field(default=(), metadata={_KEY: _Values(tag, first, last, within)})


def texts(tag: str, first: int, last: int, component: int = 0) -> Any:
    """Lines of text: elements `first` to `last` (or components of element `component`) of each repeated segment."""
    return field(default=(), metadata={_KEY: _Texts(tag, first, last, component)})


def child(record: type) -> Any:
    """At most one record of its own, None if absent."""
    return field(default=None, metadata={_KEY: _Children(record, many=False)})


def children(record: type) -> Any:
    """A loop: a tuple of records."""
    return field(default=(), metadata={_KEY: _Children(record, many=True)})


_Cell = _Bound | _Pairs | _Values


# --- the plan of a record


@dataclass(frozen=True, slots=True)
class _SegmentStep:
    tag: str
    elements: tuple[tuple[str, _Cell], ...]


@dataclass(frozen=True, slots=True)
class _TextStep:
    tag: str
    name: str
    texts: _Texts


@dataclass(frozen=True, slots=True)
class _ChildStep:
    tag: str
    name: str
    record: type
    many: bool


_Step = _SegmentStep | _TextStep | _ChildStep


@dataclass(frozen=True, slots=True)
class _Plan:
    record: type
    header: str
    steps: tuple[_Step, ...]
    by_tag: dict[str, _Step]


def _plan_of(record: type[Any]) -> _Plan:
    plan = _PLANS.get(record)
    if plan is None:
        plan = _PLANS[record] = _make_plan(record)
    return plan


def _make_plan(record: type[Any]) -> _Plan:
    steps: list[_Step] = []
    bound: dict[str, list[tuple[str, _Cell]]] = {}
    for one in fields(record):
        binding = one.metadata.get(_KEY)
        match binding:
            case _Bound() | _Pairs() | _Values():
                if binding.tag not in bound:
                    bound[binding.tag] = []
                    steps.append(_SegmentStep(binding.tag, ()))
                bound[binding.tag].append((one.name, binding))
            case _Texts():
                steps.append(_TextStep(binding.tag, one.name, binding))
            case _Children():
                steps.append(_ChildStep(_plan_of(binding.record).header, one.name, binding.record, binding.many))
            case None:
                pass
    whole = tuple(
        _SegmentStep(step.tag, tuple(bound[step.tag])) if isinstance(step, _SegmentStep) else step for step in steps
    )
    return _Plan(record, whole[0].tag, whole, {step.tag: step for step in reversed(whole)})


_PLANS: dict[type[Any], _Plan] = {}
# The plan of a loop that no record stands for: it takes nothing, and keeps its segments from going elsewhere.
_NOTHING = _Plan(object, "", (), {})


# --- reading


class _Node:
    """A record while its segments are gathered."""

    __slots__ = ("children", "loop", "plan", "segments")

    def __init__(self, plan: _Plan, loop: Loop | None) -> None:
        self.plan = plan
        self.loop = loop
        self.segments: dict[str, list[Segment]] = {}
        self.children: dict[str, list[_Node]] = {}

    def take(self, segment: Segment, step: _Step, *, as_header: bool) -> _Node | None:
        """Keep a segment; returns the node that later segments belong to, or None if there is no room for it here."""
        if isinstance(step, _ChildStep):
            kept = self.children.setdefault(step.name, [])
            if kept and not step.many:
                return None
            node = _Node(_plan_of(step.record), self.loop.inner(segment.tag) if self.loop else None)
            node.segments[segment.tag] = [segment]
            kept.append(node)
            return node
        if segment.tag == self.plan.header and not as_header:
            return None
        held = self.segments.setdefault(segment.tag, [])
        if held and isinstance(step, _SegmentStep):
            return None
        held.append(segment)
        return self


def read_record(
    record: type, segments: Iterable[Segment], message: str, layout: Loop | None = None
) -> tuple[Any, tuple[Segment, ...], tuple[Finding, ...]]:
    """The record, the segments that it has no field for, and what could not be read (then its field is empty).

    With a `layout`, a segment that belongs to an inner loop by its description never ends up in an outer record that
    happens to have a field for its tag.
    """
    root = _Node(_plan_of(record), layout)
    stack = [root]
    unmapped = [segment for segment in segments if not _place_segment(stack, segment)]
    found: list[Finding] = []
    return _build(root, message, found), tuple(unmapped), tuple(found)


def _place_segment(stack: list[_Node], segment: Segment) -> bool:
    """Give a segment to the innermost open record that binds it or whose loop claims it; False if it has no field.

    A record takes what its loop has by description; only what no open loop has goes to any record that binds it.
    """
    return _offer(stack, segment, by_layout=True) or (
        not any(node.loop and segment.tag in node.loop.places for node in stack)
        and _offer(stack, segment, by_layout=False)
    )


def _offer(stack: list[_Node], segment: Segment, *, by_layout: bool) -> bool:
    for depth in range(len(stack) - 1, -1, -1):
        node = stack[depth]
        belongs = node.loop is None or segment.tag in node.loop.places
        if by_layout and not belongs:
            continue
        step = node.plan.by_tag.get(segment.tag)
        if step is not None:
            taken = node.take(segment, step, as_header=depth == 0 and segment.tag not in node.segments)
            if taken is not None:
                del stack[depth + 1 :]
                if taken is not node:
                    stack.append(taken)
                return True
        elif node.loop is not None and belongs and segment.tag != node.loop.tag:
            del stack[depth + 1 :]
            inner = node.loop.inner(segment.tag)
            if inner is not None:
                stack.append(_Node(_NOTHING, inner))
            return False
    return False


def _build(node: _Node, message: str, found: list[Finding]) -> Any:
    built: dict[str, Any] = {}
    for step in node.plan.steps:
        match step:
            case _SegmentStep():
                held = node.segments.get(step.tag)
                segment = held[0] if held else None
                for name, binding in step.elements:
                    built[name] = _read_cell(segment, binding, message, found)
            case _TextStep():
                built[step.name] = tuple(_read_texts(node.segments.get(step.tag, ()), step.texts))
            case _ChildStep():
                inner = tuple(_build(one, message, found) for one in node.children.get(step.name, ()))
                built[step.name] = inner if step.many else (inner[0] if inner else None)
    return node.plan.record(**built)


def _read_cell(segment: Segment | None, bound: _Cell, message: str, found: list[Finding]) -> Any:
    match bound:
        case _Pairs():
            return _read_pairs(segment, bound)
        case _Values():
            return tuple(_read_values(segment, bound)) if segment else ()
        case _Bound():
            return _read_element(segment, bound, message, found)


def _read_element(segment: Segment | None, bound: _Bound, message: str, found: list[Finding]) -> Any:
    text = ""
    if segment is not None:
        text = segment.get(bound.position, bound.component) if bound.component else segment[bound.position]
    if not text.strip():
        if bound.required:
            found.append(finding("value-missing", _place(segment, bound, message)))
        return bound.convert.empty
    try:
        return bound.convert.read(text, segment.dialect) if segment else bound.convert.empty
    except Unreadable as wrong:
        found.append(finding(wrong.code, _place(segment, bound, message), value=text))
        return bound.convert.empty


def _place(segment: Segment | None, bound: _Bound, message: str) -> Place:
    offset, number = (segment.offset, segment.number) if segment else (0, 0)
    return Place(offset, bound.tag, number, bound.position, bound.component, message=message)


def _read_pairs(segment: Segment | None, bound: _Pairs) -> tuple[Any, ...]:
    if segment is None:
        return ()
    positions = range(bound.first, min(bound.last, len(segment)) + 1, 2)
    read = ((segment[position].strip(), segment[position + 1].rstrip()) for position in positions)
    return tuple(bound.record(*pair) for pair in read if any(pair))


def _read_values(segment: Segment, bound: _Values) -> Iterator[str]:
    for position in range(bound.first, bound.last + 1):
        text = segment.get(bound.within, position) if bound.within else segment[position]
        if text.strip():
            yield text.rstrip()


def _read_texts(segments: Iterable[Segment], bound: _Texts) -> Iterator[str]:
    for segment in segments:
        for position in range(bound.first, bound.last + 1):
            text = segment.get(bound.component, position) if bound.component else segment[position]
            if text.strip():
                yield text.rstrip()


# --- writing

Written = tuple[str, tuple[Element, ...]]


def write_record(record: Any, dialect: Dialect, layout: Loop | None = None) -> Iterator[Written]:
    """The record's segments in the order of its layout, else of its fields.

    Raises `Unrepresentable` for a value that has no spelling.
    """
    plan = _plan_of(type(record))
    for step in _in_order(plan, layout):
        match step:
            case _SegmentStep():
                written = _write_segment(record, step, dialect)
                if written or step.tag == plan.header:
                    yield step.tag, written
            case _TextStep():
                yield from _write_texts(getattr(record, step.name), step)
            case _ChildStep():
                value = getattr(record, step.name)
                inner = layout.inner(step.tag) if layout else None
                for one in value if step.many else ([] if value is None else [value]):
                    yield from write_record(one, dialect, inner)


def _in_order(plan: _Plan, layout: Loop | None) -> list[_Step]:
    if layout is None:
        return list(plan.steps)
    last = len(layout.members)
    return sorted(plan.steps, key=lambda step: layout.places.get(step.tag, (last,))[0])


def _write_segment(record: Any, step: _SegmentStep, dialect: Dialect) -> tuple[Element, ...]:
    cells: dict[int, dict[int, str]] = {}
    for name, binding in step.elements:
        value = getattr(record, name)
        if isinstance(binding, _Pairs):
            _write_pairs(value, binding, cells)
        elif isinstance(binding, _Values):
            _write_values(value, binding, cells)
        elif value is not None and value != binding.convert.empty:
            cells.setdefault(binding.position, {})[max(binding.component, 1)] = _text_of(value, binding, dialect)
        elif binding.required:
            raise Unrepresentable(f"{binding.tag}{binding.position:02d}", f"{name} is needed and empty")
    return trimmed(_element_of(cells.get(position)) for position in range(1, max(cells, default=0) + 1))


def _text_of(value: Any, bound: _Bound, dialect: Dialect) -> str:
    try:
        return bound.convert.write(value, dialect)
    except (ValueError, AttributeError, ArithmeticError) as wrong:
        raise Unrepresentable(f"{bound.tag}{bound.position:02d}", str(wrong)) from wrong


def _element_of(components: dict[int, str] | None) -> Element:
    if not components:
        return _EMPTY
    return (tuple(components.get(position, "") for position in range(1, max(components) + 1)),)


def _write_pairs(value: tuple[Any, ...], bound: _Pairs, cells: dict[int, dict[int, str]]) -> None:
    if len(value) * 2 > bound.last - bound.first + 1:
        raise Unrepresentable(f"{bound.tag}{bound.first:02d}", f"{len(value)} pairs do not fit")
    for index, one in enumerate(value):
        first, second = (getattr(one, each.name) for each in fields(one)[:2])
        cells[bound.first + 2 * index] = {1: first}
        cells[bound.first + 2 * index + 1] = {1: second}


def _write_values(value: tuple[str, ...], bound: _Values, cells: dict[int, dict[int, str]]) -> None:
    if len(value) > bound.last - bound.first + 1:
        raise Unrepresentable(f"{bound.tag}{bound.within or bound.first:02d}", f"{len(value)} values do not fit")
    for position, text in enumerate(value, bound.first):
        cells.setdefault(bound.within or position, {})[position if bound.within else 1] = text


def _write_texts(lines: tuple[str, ...], step: _TextStep) -> Iterator[Written]:
    width = step.texts.last - step.texts.first + 1
    for start in range(0, len(lines), width):
        part = lines[start : start + width]
        if step.texts.component:
            gap = [_EMPTY] * (step.texts.component - 1)
            components = ("",) * (step.texts.first - 1) + part
            yield step.tag, (*gap, (components,))
        else:
            yield step.tag, (*([_EMPTY] * (step.texts.first - 1)), *(((line,),) for line in part))
