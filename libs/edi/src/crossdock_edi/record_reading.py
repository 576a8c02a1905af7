"""From segments to a record: gathers what each record binds, loop by loop, then builds the dataclasses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from crossdock_edi.binding import (
    NOTHING,
    Bound,
    Cell,
    ChildStep,
    Pairs,
    Plan,
    SegmentStep,
    Step,
    Texts,
    TextStep,
    Values,
    plan_of,
)
from crossdock_edi.findings import Finding, Place, finding
from crossdock_edi.segment import Segment
from crossdock_edi.spec.model import Loop
from crossdock_edi.values import Unreadable


class _Node:
    """A record while its segments are gathered."""

    __slots__ = ("children", "loop", "plan", "segments")

    def __init__(self, plan: Plan, loop: Loop | None) -> None:
        self.plan = plan
        self.loop = loop
        self.segments: dict[str, list[Segment]] = {}
        self.children: dict[str, list[_Node]] = {}

    def take(self, segment: Segment, step: Step, *, as_header: bool) -> _Node | None:
        """Keep a segment; returns the node that later segments belong to, or None if there is no room for it here."""
        if isinstance(step, ChildStep):
            kept = self.children.setdefault(step.name, [])
            if kept and not step.many:
                return None
            node = _Node(plan_of(step.record), self.loop.inner(segment.tag) if self.loop else None)
            node.segments[segment.tag] = [segment]
            kept.append(node)
            return node
        if segment.tag == self.plan.header and not as_header:
            return None
        held = self.segments.setdefault(segment.tag, [])
        if held and isinstance(step, SegmentStep):
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
    root = _Node(plan_of(record), layout)
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
                stack.append(_Node(NOTHING, inner))
            return False
    return False


def _build(node: _Node, message: str, found: list[Finding]) -> Any:
    built: dict[str, Any] = {}
    for step in node.plan.steps:
        match step:
            case SegmentStep():
                held = node.segments.get(step.tag)
                segment = held[0] if held else None
                size = len(segment) if segment else 0
                for name, binding, reach in step.elements:
                    if reach > size:
                        built[name] = binding.convert.empty if isinstance(binding, Bound) else ()
                    else:
                        built[name] = _read_cell(segment, binding, message, found)
            case TextStep():
                built[step.name] = tuple(_read_texts(node.segments.get(step.tag, ()), step.texts))
            case ChildStep():
                inner = tuple(_build(one, message, found) for one in node.children.get(step.name, ()))
                built[step.name] = inner if step.many else (inner[0] if inner else None)
    return node.plan.record(**built)


def _read_cell(segment: Segment | None, bound: Cell, message: str, found: list[Finding]) -> Any:
    match bound:
        case Pairs():
            return _read_pairs(segment, bound)
        case Values():
            return tuple(_read_values(segment, bound)) if segment else ()
        case Bound():
            return _read_element(segment, bound, message, found)


def _read_element(segment: Segment | None, bound: Bound, message: str, found: list[Finding]) -> Any:
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


def _place(segment: Segment | None, bound: Bound, message: str) -> Place:
    offset, number = (segment.offset, segment.number) if segment else (0, 0)
    return Place(offset, bound.tag, number, bound.position, bound.component, message=message)


def _read_pairs(segment: Segment | None, bound: Pairs) -> tuple[Any, ...]:
    if segment is None:
        return ()
    positions = range(bound.first, min(bound.last, len(segment)) + 1, 2)
    read = ((segment[position].strip(), segment[position + 1].rstrip()) for position in positions)
    return tuple(bound.record(*pair) for pair in read if any(pair))


def _read_values(segment: Segment, bound: Values) -> Iterator[str]:
    for position in range(bound.first, bound.last + 1):
        text = segment.get(bound.within, position) if bound.within else segment[position]
        if text.strip():
            yield text.rstrip()


def _read_texts(segments: Iterable[Segment], bound: Texts) -> Iterator[str]:
    for segment in segments:
        for position in range(bound.first, bound.last + 1):
            text = segment.get(bound.component, position) if bound.component else segment[position]
            if text.strip():
                yield text.rstrip()
