"""JSON as partners send it, read strictly: exact numbers, no duplicate keys, bounded depth, and faults with their path.

Knows no document of the trade; mappings ask for fields by name and get a value or a fault that says where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from crossdock_kit.errors import Invalid

MAX_DEPTH = 64
_HALF = re.compile("[\ud800-\udfff]")
CONTENT_TYPE = "application/json"
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = 253_402_300_799_999  # the end of the year 9999


@dataclass
class DocumentFault(Invalid):
    """The document cannot be understood at `path`."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem


@dataclass
class WrongLines(DocumentFault):
    """Some lines or records cannot be understood, and nothing of the document is done; `lines` says of each what is
    wrong."""

    lines: Sequence[tuple[int, str]] = ()


def decode(content: bytes) -> JsonObject:
    """The one object of a body. Raises DocumentFault."""
    try:
        text = content.decode("utf-8-sig")
        _check_depth(text)
        value = json.loads(
            text, object_pairs_hook=_unique, parse_float=Decimal, parse_constant=_no_constant, parse_int=_whole
        )
    except UnicodeDecodeError as error:
        raise DocumentFault("", f"not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise DocumentFault("", f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    if not isinstance(value, dict):
        raise DocumentFault("", "an object is needed")
    return JsonObject(value, "")


def encode(value: Mapping[str, Any]) -> bytes:
    """Compact UTF-8; the same value always gives the same bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _check_depth(text: str) -> None:
    """Counts brackets outside strings, so that a bomb of brackets never reaches the recursive parser."""
    depth, quoted, position = 0, False, 0
    for match in re.finditer(r'\\.|["\[\]{}]', text, re.DOTALL):
        mark = match.group()
        position = match.start()
        if mark == '"':
            quoted = not quoted
        elif not quoted and mark in "[{":
            depth += 1
        elif not quoted and mark in "]}":
            depth -= 1
        if depth > MAX_DEPTH:
            raise DocumentFault("", f"nested deeper than {MAX_DEPTH} at character {position}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise DocumentFault(name, "the key occurs twice")
        if _HALF.search(name) or _holds_half(value):
            raise DocumentFault(name[:40].encode("ascii", "replace").decode(), "half a surrogate pair")
        found[name] = value
    return found


def _holds_half(value: Any) -> bool:
    """Itself, or a list of it; of an object within it is known already."""
    if isinstance(value, list):
        return any(map(_holds_half, value))
    return isinstance(value, str) and _HALF.search(value) is not None


def _no_constant(name: str) -> Any:
    raise DocumentFault("", f"{name} is no number")


def _whole(text: str) -> int:
    if len(text) > 20:
        raise DocumentFault("", f"a number of {len(text)} digits")
    return int(text)


class JsonObject:
    """An object and where it stands. Absent and null are the same; unknown fields do not matter."""

    __slots__ = ("path", "values")

    def __init__(self, values: Mapping[str, Any], path: str) -> None:
        self.values = values
        self.path = path

    def fault(self, name: str, problem: str) -> DocumentFault:
        return DocumentFault(f"{self.path}.{name}".lstrip("."), problem)

    def has(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str, *, longest: int = 200) -> str:
        found = self.optional_text(name, longest=longest)
        if not found:
            raise self.fault(name, "is missing")
        return found

    def optional_text(self, name: str, *, longest: int = 200) -> str:
        value = self.values.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.fault(name, "a text is needed")
        value = value.strip()
        if len(value) > longest:
            raise self.fault(name, f"is longer than {longest} characters")
        if any(ord(each) < 32 or ord(each) == 127 for each in value):
            raise self.fault(name, "holds a control character")
        return value

    def one_of(self, name: str, allowed: Sequence[str], default: str = "") -> str:
        found = self.optional_text(name) or default
        if found not in allowed:
            raise self.fault(name, f"{found!r} is none of {', '.join(allowed)}")
        return found

    def boolean(self, name: str) -> bool:
        value = self.values.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.fault(name, "true or false is needed")
        return bool(value)

    def decimal(self, name: str, default: Decimal | None = None) -> Decimal:
        """Exactly as written; up to 15 digits before and 6 after the point."""
        value = self.values.get(name)
        if value is None and default is not None:
            return default
        if value is None:
            raise self.fault(name, "is missing")
        text = str(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""
        if not _NUMBER.fullmatch(text):
            raise self.fault(name, f"{text[:40]!r} is no plain number with up to 15 digits and 6 decimals")
        return Decimal(text)

    def integer(self, name: str, default: int | None = None) -> int:
        number = self.decimal(name, None if default is None else Decimal(default))
        if number != number.to_integral_value():
            raise self.fault(name, "a whole number is needed")
        return int(number)

    def day(self, name: str) -> date:
        found = self.optional_day(name)
        if found is None:
            raise self.fault(name, "is missing")
        return found

    def optional_day(self, name: str) -> date | None:
        text = self.optional_text(name)
        if not text:
            return None
        if not _DAY.fullmatch(text):
            raise self.fault(name, f"{text!r} is no date YYYY-MM-DD")
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise self.fault(name, f"{text!r} is no date") from error

    def instant(self, name: str) -> datetime:
        found = self.optional_instant(name)
        if found is None:
            raise self.fault(name, "is missing")
        return found

    def optional_instant(self, name: str) -> datetime | None:
        text = self.optional_text(name)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError as error:
            raise self.fault(name, f"{text!r} is no instant") from error
        if found.tzinfo is None:
            raise self.fault(name, "says no zone")
        try:
            return found.astimezone(UTC)
        except OverflowError as error:
            raise self.fault(name, f"{text!r} lies outside of all time") from error

    def optional_epoch(self, name: str) -> datetime | None:
        """An instant in milliseconds since 1970."""
        if not self.has(name):
            return None
        milliseconds = self.integer(name)
        if not 0 <= milliseconds <= _LATEST_MS:
            raise self.fault(name, f"{milliseconds} lies outside of all time")
        return _EPOCH + timedelta(milliseconds=milliseconds)

    def object(self, name: str) -> JsonObject:
        found = self.optional_object(name)
        if found is None:
            raise self.fault(name, "is missing")
        return found

    def optional_object(self, name: str) -> JsonObject | None:
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.fault(name, "an object is needed")
        return JsonObject(value, f"{self.path}.{name}".lstrip("."))

    def texts(self, name: str, *, longest: int = 200, most: int | None = None) -> list[str]:
        """None of them empty; nothing where it is not said."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.fault(name, "a list is needed")
        if most is not None and len(value) > most:
            raise self.fault(name, f"holds more than {most}")
        named = {f"{name}[{position}]": each for position, each in enumerate(value)}
        return [JsonObject(named, self.path).text(each, longest=longest) for each in named]

    def objects(self, name: str) -> Iterator[JsonObject]:
        value = self.values.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            raise self.fault(name, "a list is needed")
        for position, each in enumerate(value):
            if not isinstance(each, dict):
                raise self.fault(f"{name}[{position}]", "an object is needed")
            yield JsonObject(each, f"{self.path}.{name}[{position}]".lstrip("."))


def epoch_ms(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(milliseconds=1)
