"""Rules between segments that hold in many sets: counts, hash totals, the tree of levels, check digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from crossdock_edi.findings import Finding, finding
from crossdock_edi.identifiers import GTIN_QUALIFIERS, is_valid
from crossdock_edi.interchange import Message
from crossdock_edi.segment import Segment
from crossdock_edi.spec.model import SetSpec

_ITEM_NUMBERS = {"PO1": 6, "POC": 8, "LIN": 2, "IT1": 6, "SLN": 9, "ACK": 7}
_CENT = Decimal("0.01")  # what rounding may make of each line
_SSCC_QUALIFIERS = {"GM", "AA"}


def meaning(message: Message, spec: SetSpec) -> Iterator[Finding]:
    """Findings of X12 totals, hierarchy and identifiers."""
    counts = Counter(segment.tag for segment in message.segments)
    for segment in message.segments:
        if segment.tag == "CTT" and spec.line:
            yield from _totals(message, segment, spec, counts)
        elif segment.tag in _ITEM_NUMBERS:
            yield from _item_numbers(message, segment, _ITEM_NUMBERS[segment.tag])
        elif segment.tag == "N1" and segment[3] == "UL" and segment[4] and not is_valid(segment[4], "GLN"):
            yield finding("check-digit", message.place_of(segment, 4), value=segment[4], name="GLN")
        elif segment.tag == "MAN" and segment[1] in _SSCC_QUALIFIERS:
            yield from _sscc(message, segment)
    if counts["HL"]:
        yield from _hierarchy(message)
    if counts["TDS"]:
        yield from _invoice_total(message)


def number_of(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value.adjusted()) < 50 else None


def _totals(message: Message, totals: Segment, spec: SetSpec, counts: Counter[str]) -> Iterator[Finding]:
    stated = number_of(totals[1])
    if stated is not None and stated != counts[spec.line]:
        yield finding("line-count", message.place_of(totals, 1), value=totals[1], counted=counts[spec.line])
    stated_hash = number_of(totals[2]) if totals[2] else None
    if stated_hash is None or spec.hashed is None:
        return
    tag, position = spec.hashed
    values = (number_of(segment[position]) for segment in message.segments if segment.tag == tag)
    counted = sum((value for value in values if value is not None), Decimal())
    if stated_hash != counted:
        yield finding("hash-total", message.place_of(totals, 2), value=totals[2], counted=counted)


def _invoice_total(message: Message) -> Iterator[Finding]:
    """TDS01 against lines, with or without the charges and taxes before and behind it: partners do all of that.

    Not told where a price is not per unit of the quantity.
    """
    lines: list[Decimal] = []
    beside = {True: Decimal(), False: Decimal()}  # charges and taxes before the totals, and behind them
    totals: Segment | None = None
    for segment in message.segments:
        match segment.tag:
            case "TDS":
                totals = segment
            case "IT1":
                quantity, price = number_of(segment[2]), number_of(segment[4])
                if quantity is None or price is None or segment[5] not in {"", "PE", "EA", "PU", segment[3]}:
                    return
                lines.append(quantity * price)
            case "SAC":
                sign = {"C": 1, "A": -1}.get(segment[1], 0)
                beside[totals is None] += (number_of(segment[5]) or Decimal()) / 100 * sign
            case "TXI":
                beside[totals is None] += number_of(segment[2]) or Decimal()
    stated = number_of(totals[1]) if totals else None
    if totals is None or stated is None or not lines:
        return
    counted = sum(lines, Decimal())
    possible = (counted + before + behind for before in (0, beside[True]) for behind in (0, beside[False]))
    if all(abs(stated / 100 - one) > _CENT * len(lines) for one in possible):
        yield finding("amount-total", message.place_of(totals, 1), value=totals[1], counted=f"{counted:.2f}")


def _item_numbers(message: Message, segment: Segment, first: int) -> Iterator[Finding]:
    for position in range(first, len(segment), 2):
        kind = GTIN_QUALIFIERS.get(segment[position])
        number = segment[position + 1].strip()
        if kind and number and not is_valid(number, kind) and not is_valid(number):
            yield finding("check-digit", message.place_of(segment, position + 1), value=number, name=kind)


def _sscc(message: Message, segment: Segment) -> Iterator[Finding]:
    number = segment[2].strip()
    bare = number[2:] if len(number) == 20 and number.startswith("00") else number
    if not is_valid(bare, "SSCC"):
        yield finding("check-digit", message.place_of(segment, 2), value=number, name="SSCC")


def _hierarchy(message: Message) -> Iterator[Finding]:
    """Each level names an existing parent by its number, and nobody is their own ancestor."""
    levels = [(segment, *_level_and_parent(segment)) for segment in message.segments if segment.tag == "HL"]
    parents: dict[str, str] = {}
    for segment, level, parent in levels:
        if level in parents:
            yield finding("hierarchy-duplicate", message.place_of(segment, 1), value=level)
        parents.setdefault(level, parent)
    depths = _depths(parents)
    limit = message.limits.hierarchy_depth
    for segment, level, parent in levels:
        if not parent and segment[3] != "S":
            yield finding("hierarchy-root", message.place_of(segment, 2), value=level)
        elif parent and parent not in parents:
            yield finding("hierarchy-orphan", message.place_of(segment, 2), value=level, wanted=parent)
        elif depths[level] < 0:
            yield finding("hierarchy-cycle", message.place_of(segment, 2), value=level)
        elif depths[level] > limit:
            yield finding("hierarchy-depth", message.place_of(segment, 1), value=level, limit=limit)


def _level_and_parent(segment: Segment) -> tuple[str, str]:
    """Read from a copy: of a hundred thousand levels the elements, once cut, would be kept until the message goes."""
    copy = Segment(segment.raw, segment.dialect, segment.number, segment.offset)
    return copy[1], copy[2].strip()


def _depths(parents: dict[str, str]) -> dict[str, int]:
    """How deep each level lies (1 is a root); -1 for a level within a cycle or beneath one."""
    depths: dict[str, int] = {}
    for start in parents:
        path: list[str] = []
        on_path: set[str] = set()
        at = start
        while at in parents and at not in depths and at not in on_path:
            path.append(at)
            on_path.add(at)
            at = parents[at]
        depth = -1 if at in on_path else depths.get(at, 0)
        for level in reversed(path):
            depth = depth if depth < 0 else depth + 1
            depths[level] = depth
    return depths
