"""Interchanges as JSON and back without loss: every segment in order, and the typed document of known sets beside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crossdock_edi.dialect import Dialect
from crossdock_edi.errors import NotOurJson, UnknownDocument
from crossdock_edi.reader import Interchange
from crossdock_edi.record_writing import Written
from crossdock_edi.segment import Element, ElementLike, element_of
from crossdock_edi.typed import as_mapping, parse_tolerantly
from crossdock_edi.writer import render

_DIALECT_FIELDS = ("element", "component", "segment", "repetition", "release", "decimal", "line_end")


def as_json(interchange: Interchange) -> dict[str, Any]:
    """Plain data: dialect, segments as nested lists, and what is typed of each message.

    Raises `LimitExceeded` for a message that is too large to be given whole.
    """
    dialect = interchange.dialect
    return {
        "standard": interchange.standard,
        "dialect": {name: dialect.decode(getattr(dialect, name)) for name in _DIALECT_FIELDS}
        | {"encoding": dialect.encoding},
        "advice": dialect.decode(interchange.advice),
        "segments": [
            [segment.tag, *(_short(element) for element in segment.elements)] for segment in interchange.all_segments()
        ],
        "documents": list(_documents(interchange)),
    }


def from_json(data: object) -> bytes:
    """The interchange that `as_json` described; only dialect, advice and segments are read."""
    if not isinstance(data, dict):
        raise NotOurJson("an interchange is an object")
    try:
        dialect = _dialect(data)
        segments = [_written(one) for one in data["segments"]]
        advice = str(data.get("advice", "")).encode(dialect.encoding)
    except (KeyError, TypeError, ValueError, LookupError) as wrong:
        raise NotOurJson(f"the JSON is not of this library: {wrong!r}") from wrong
    return advice + render(segments, dialect)


def _documents(interchange: Interchange) -> Iterator[dict[str, Any]]:
    for message in interchange.messages:
        try:
            document, found = parse_tolerantly(message)
        except UnknownDocument:
            continue
        yield {
            "type": message.type,
            "control_number": message.control_number,
            "document": as_mapping(document),
            "unmapped": [segment.tag for segment in document.unmapped],
            "unreadable": [one.text for one in found],
        }


def _short(element: Element) -> Any:
    """Text for a plain element, a list of components, or a list of such lists where it repeats."""
    if len(element) > 1:
        return [list(parts) for parts in element]
    return element[0][0] if len(element[0]) == 1 else list(element[0])


def _written(segment: Any) -> Written:
    tag, *elements = segment
    if not isinstance(tag, str) or not tag.isalnum():
        raise TypeError(f"{tag!r} is no segment tag")
    return tag, tuple(element_of(_checked(element)) for element in elements)


def _checked(element: Any) -> ElementLike:
    if isinstance(element, str):
        return element
    if isinstance(element, list) and element:
        if all(isinstance(part, str) for part in element):
            return tuple(element)
        if all(isinstance(part, list) and part and all(isinstance(one, str) for one in part) for part in element):
            return tuple(tuple(part) for part in element)
    raise TypeError(f"{element!r} is no element")


def _dialect(data: dict[str, Any]) -> Dialect:
    spelled = data["dialect"]
    standard = data["standard"]
    if standard not in {"X12", "EDIFACT"}:
        raise ValueError(f"{standard!r} is no standard")
    encoding = str(spelled["encoding"])
    marks = {name: str(spelled.get(name, "")).encode(encoding) for name in _DIALECT_FIELDS}
    dialect = Dialect(standard=standard, encoding=encoding, **marks)
    if not dialect.is_usable():
        raise ValueError("the delimiters are not all different and present")
    return dialect
