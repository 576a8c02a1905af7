"""Two sides' documents, paired by what names them and compared value by value: what we would have sent, and what the
interface that is still in charge has sent.

Pure: bytes come in, verdicts go out. Envelopes and control numbers are not compared; what is empty is as good as
absent, and 100.0 is 100.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

_PLACE = re.compile(r"\[\d+\]")
_ENVELOPE = frozenset({"ST", "SE", "UNH", "UNT"})
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")


class Verdict(Enum):
    SAME = "same"
    DIFFERS = "differs"
    MISSING_HERE = "only the other interface sent it"
    MISSING_THERE = "only Crossdock would have sent it"


class Unreadable(ValueError):
    """Neither JSON nor EDI."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message: `name` is its file or document, `values` are texts by path."""

    name: str
    values: Mapping[str, str]

    def named_by(self, paths: Sequence[str]) -> tuple[str, ...]:
        """The first value of each path, whatever its place in lists."""
        found: dict[str, str] = {}
        for path, value in self.values.items():
            found.setdefault(_PLACE.sub("", path), value)
        return tuple(found.get(each, "") for each in paths)


@dataclass(frozen=True, slots=True)
class Difference:
    path: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Compared:
    identity: tuple[str, ...]
    verdict: Verdict
    ours: str = ""
    theirs: str = ""
    differences: tuple[Difference, ...] = ()


def compare(ours: Iterable[Said], theirs: Iterable[Said], by: Sequence[str], ignored: Sequence[str]) -> list[Compared]:
    """Of several with one identity the first goes with the first, in the order in which they are given."""
    here, there = _grouped(ours, by), _grouped(theirs, by)
    found = []
    for identity in sorted({*here, *there}):
        mine, others = here.get(identity, []), there.get(identity, [])
        found += [_judged(identity, a, b, ignored) for a, b in zip(mine, others, strict=False)]
        found += [Compared(identity, Verdict.MISSING_THERE, ours=each.name) for each in mine[len(others) :]]
        found += [Compared(identity, Verdict.MISSING_HERE, theirs=each.name) for each in others[len(mine) :]]
    return found


def _grouped(said: Iterable[Said], by: Sequence[str]) -> dict[tuple[str, ...], list[Said]]:
    groups: dict[tuple[str, ...], list[Said]] = defaultdict(list)
    for each in said:
        groups[each.named_by(by)].append(each)
    return groups


def _judged(identity: tuple[str, ...], ours: Said, theirs: Said, ignored: Sequence[str]) -> Compared:
    paths = [path for path in {**ours.values, **theirs.values} if not _is_ignored(path, ignored)]
    different = tuple(
        Difference(path, ours.values.get(path, ""), theirs.values.get(path, ""))
        for path in paths
        if ours.values.get(path, "") != theirs.values.get(path, "")
    )
    verdict = Verdict.DIFFERS if different else Verdict.SAME
    return Compared(identity, verdict, ours.name, theirs.name, different)


def _is_ignored(path: str, ignored: Sequence[str]) -> bool:
    """A path, or all below it."""
    plain = _PLACE.sub("", path)
    return any(plain == each or plain.startswith(f"{each}.") for each in ignored)


# --- reading


def read(name: str, content: bytes) -> list[Said]:
    """The messages of a file. Raises Unreadable."""
    if content.lstrip()[:1] in {b"{", b"["}:
        return [_json(name, content)]
    return _edi(name, content)


def _json(name: str, content: bytes) -> Said:
    try:
        document = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{name}: not JSON: {error}") from error
    return Said(name, dict(_leaves(document, "")))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for place, each in enumerate(value, 1):
            yield from _leaves(each, f"{path}[{place}]")
    elif value not in (None, ""):
        yield path, _text(str(value).lower() if isinstance(value, bool) else str(value))


def _edi(name: str, content: bytes) -> list[Said]:
    # All segments and sets are a third of the time that every other command takes to start.
    import crossdock_edi  # noqa: PLC0415

    messages = [message for interchange in crossdock_edi.read(content) for message in interchange.messages]
    if not messages:
        raise Unreadable(f"{name}: neither JSON nor EDI")
    return [Said(name, dict(_elements(message.segments))) for message in messages]


def _elements(segments: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """BEG.03 or PO1[2].01; a segment is numbered among those of its tag from the second on."""
    seen: dict[str, int] = defaultdict(int)
    for segment in segments:
        if segment.tag in _ENVELOPE:
            continue
        seen[segment.tag] += 1
        tag = segment.tag if seen[segment.tag] == 1 else f"{segment.tag}[{seen[segment.tag]}]"
        for place, element in enumerate(segment.elements, 1):
            value = "^".join(":".join(components) for components in element).strip()
            if value:
                yield f"{tag}.{place:02d}", _text(value)


def _text(value: str) -> str:
    """A number in its shortest form; leading zeros say that it is none."""
    if not _NUMBER.fullmatch(value) or re.match(r"-?0[0-9]", value):
        return value
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    return format(number.normalize(), "f") if "." in value else value
