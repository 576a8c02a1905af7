"""From a record to segments, in the order of its layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from crossdock_edi.binding import (
    EMPTY,
    Bound,
    ChildStep,
    Pairs,
    Plan,
    SegmentStep,
    Step,
    TextStep,
    Values,
    plan_of,
)
from crossdock_edi.dialect import Dialect
from crossdock_edi.errors import Unrepresentable
from crossdock_edi.segment import Element, trimmed
from crossdock_edi.spec.model import Loop

Written = tuple[str, tuple[Element, ...]]


def write_record(record: Any, dialect: Dialect, layout: Loop | None = None) -> Iterator[Written]:
    """The record's segments in the order of its layout, else of its fields.

    Raises `Unrepresentable` for a value that has no spelling.
    """
    plan = plan_of(type(record))
    for step in _in_order(plan, layout):
        match step:
            case SegmentStep():
                written = _write_segment(record, step, dialect)
                if written or step.tag == plan.header:
                    yield step.tag, written
            case TextStep():
                yield from _write_texts(getattr(record, step.name), step)
            case ChildStep():
                value = getattr(record, step.name)
                inner = layout.inner(step.tag) if layout else None
                for one in value if step.many else ([] if value is None else [value]):
                    yield from write_record(one, dialect, inner)


def _in_order(plan: Plan, layout: Loop | None) -> list[Step]:
    if layout is None:
        return list(plan.steps)
    last = len(layout.members)
    return sorted(plan.steps, key=lambda step: layout.places.get(step.tag, (last,))[0])


def _write_segment(record: Any, step: SegmentStep, dialect: Dialect) -> tuple[Element, ...]:
    cells: dict[int, dict[int, str]] = {}
    for name, binding, _ in step.elements:
        value = getattr(record, name)
        if isinstance(binding, Pairs):
            _write_pairs(value, binding, cells)
        elif isinstance(binding, Values):
            _write_values(value, binding, cells)
        elif value is not None and value != binding.convert.empty:
            cells.setdefault(binding.position, {})[max(binding.component, 1)] = _text_of(value, binding, dialect)
        elif binding.required:
            raise Unrepresentable(f"{binding.tag}{binding.position:02d}", f"{name} is needed and empty")
    return trimmed(_element_of(cells.get(position)) for position in range(1, max(cells, default=0) + 1))


def _text_of(value: Any, bound: Bound, dialect: Dialect) -> str:
    try:
        return bound.convert.write(value, dialect)
    except (ValueError, AttributeError, ArithmeticError) as wrong:
        raise Unrepresentable(f"{bound.tag}{bound.position:02d}", str(wrong)) from wrong


def _element_of(components: dict[int, str] | None) -> Element:
    if not components:
        return EMPTY
    return (tuple(components.get(position, "") for position in range(1, max(components) + 1)),)


def _write_pairs(value: tuple[Any, ...], bound: Pairs, cells: dict[int, dict[int, str]]) -> None:
    if len(value) * 2 > bound.last - bound.first + 1:
        raise Unrepresentable(f"{bound.tag}{bound.first:02d}", f"{len(value)} pairs do not fit")
    for index, one in enumerate(value):
        first, second = (getattr(one, each.name) for each in fields(one)[:2])
        cells[bound.first + 2 * index] = {1: first}
        cells[bound.first + 2 * index + 1] = {1: second}


def _write_values(value: tuple[str, ...], bound: Values, cells: dict[int, dict[int, str]]) -> None:
    if len(value) > bound.last - bound.first + 1:
        raise Unrepresentable(f"{bound.tag}{bound.within or bound.first:02d}", f"{len(value)} values do not fit")
    for position, text in enumerate(value, bound.first):
        cells.setdefault(bound.within or position, {})[position if bound.within else 1] = text


def _write_texts(lines: tuple[str, ...], step: TextStep) -> Iterator[Written]:
    width = step.texts.last - step.texts.first + 1
    for start in range(0, len(lines), width):
        part = lines[start : start + width]
        if step.texts.component:
            gap = [EMPTY] * (step.texts.component - 1)
            components = ("",) * (step.texts.first - 1) + part
            yield step.tag, (*gap, (components,))
        else:
            yield step.tag, (*([EMPTY] * (step.texts.first - 1)), *(((line,),) for line in part))
