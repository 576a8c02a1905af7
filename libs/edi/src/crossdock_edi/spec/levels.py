"""How deep each segment of a message lies, for showing it as a tree. HL and CPS levels count by their parents."""

from __future__ import annotations

from collections.abc import Iterator

from crossdock_edi.interchange import Message
from crossdock_edi.segment import Segment
from crossdock_edi.spec.model import Loop, SetSpec

_PARENTED = {"HL": (1, 2), "CPS": (1, 2)}
_DEEPEST = 32


def levels(message: Message, spec: SetSpec | None) -> Iterator[tuple[int, Segment]]:
    """Each segment with its depth: 0 for header and trailer and everything that is in no loop."""
    open_loops: list[Loop] = [spec.body] if spec else []
    by_id: dict[str, int] = {}
    extra = 0
    for segment in message.segments:
        if segment.tag in _PARENTED:
            own, parent = _PARENTED[segment.tag]
            extra = min(by_id.get(segment[parent], -1) + 1, _DEEPEST)
            by_id[segment[own]] = extra
        depth = _depth(open_loops, segment.tag)
        if depth == 0:
            extra = 0
        yield depth + extra, segment


def _depth(open_loops: list[Loop], tag: str) -> int:
    """Close and open loops so that the innermost one takes the tag; how many are open then."""
    for index in range(len(open_loops) - 1, -1, -1):
        loop = open_loops[index]
        if tag not in loop.places or (index and tag == loop.tag):
            continue
        del open_loops[index + 1 :]
        inner = next((one for one in loop.members if isinstance(one, Loop) and one.tag == tag), None)
        if inner is not None:
            open_loops.append(inner)
        return len(open_loops) - 1
    return max(len(open_loops) - 1, 0) if tag not in {"SE", "UNT"} else 0
