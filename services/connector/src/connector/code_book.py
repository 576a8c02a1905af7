"""A partner's codes as far as one document needs them: asked first, loaded in one go, then asked again.

A mapping is pure, so it cannot read the database. On its first run over a document the book notes what it is asked and
answers with stand-ins; the store loads all of it at once; the second run gets real answers. What still has no meaning
is `unknown`, and the document waits for it. Must not know where its rows come from.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from crossdock_edi import units

from connector.mappings.model import Packing

T = TypeVar("T")
CodeKind = Literal["item", "unit", "location", "party"]
_REC20 = re.compile(r"[A-Z0-9]{2,3}")
_REC20_CODES = frozenset(units.REC20_TO_X12) | {"EA", "C62", "H87", "KGM", "LTR", "MTR"}
# Most suppliers write PC for the piece that we count as each.
_X12_OWN = {"PC": "EA"}
_STAND_IN = Packing("EA")
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """A code of the partner's, or (`outward`) a name of ours."""

    kind: CodeKind
    code: str
    outward: bool = False


@dataclass(slots=True)
class Known:
    """What the store found: crosswalk rows both ways by (kind, list, code), and names of ours that exist.

    `aliases` are numbers that name a thing by a public scheme: a GTIN, a GLN, a DUNS.
    """

    meanings: dict[tuple[CodeKind, str, str], str] = field(default_factory=dict)
    own_codes: dict[tuple[CodeKind, str, str], str] = field(default_factory=dict)
    names: set[tuple[CodeKind, str]] = field(default_factory=set)
    aliases: dict[tuple[CodeKind, str], str] = field(default_factory=dict)
    packings: dict[str, Packing] = field(default_factory=dict)


@dataclass(slots=True)
class CodeBook:
    """Answers `Codes`. `unit_table` is the partner's own table of units, from its profile."""

    x12: bool = False
    unit_table: Mapping[str, str] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    loaded: set[Asked] = field(default_factory=set)
    asked: set[Asked] = field(default_factory=set)
    unknown: dict[str, None] = field(default_factory=dict)

    # --- inward

    def item(self, code: str, qualifier: str = "") -> str:
        return self._needed("item", code, qualifier)

    def optional_item(self, code: str, qualifier: str = "") -> str:
        return (self._meaning("item", code, qualifier) or "") if code else ""

    def location(self, code: str, qualifier: str = "") -> str:
        return self._needed("location", code, qualifier)

    def party(self, code: str, qualifier: str = "") -> str:
        return self._needed("party", code, qualifier)

    def unit(self, code: str) -> str:
        found = self.unit_table.get(code) or self._meaning("unit", code, "") or self._standard_unit(code)
        if found is None:
            self.unknown[f"unit {code}"] = None
            return "EA"
        return found

    def packing(self, sku: str) -> Packing:
        self._ask(Asked("item", sku))
        return self.known.packings.get(sku, _STAND_IN)

    # --- outward

    def item_code(self, sku: str, qualifier: str = "") -> str:
        return self._own_code("item", sku, qualifier)

    def unit_code(self, unit: str) -> str:
        for own, canonical in self.unit_table.items():
            if canonical == unit:
                return own
        found = self._own_code("unit", unit, "")
        return units.to_x12(unit) or unit if found == unit and self.x12 else found

    def location_code(self, location_id: str) -> str:
        return self._own_code("location", location_id, "")

    def party_code(self, party_id: str) -> str:
        return self._own_code("party", party_id, "")

    # --- the rounds

    def not_loaded(self) -> frozenset[Asked]:
        return frozenset(self.asked - self.loaded)

    def again(self) -> None:
        """Before the next run of the mapping: what was unknown so far was only not loaded."""
        self.loaded |= self.asked
        self.unknown.clear()

    def _needed(self, kind: CodeKind, code: str, qualifier: str) -> str:
        found = self._meaning(kind, code, qualifier)
        if found is None:
            self.unknown[f"{kind} {code}"] = None
            return code
        return found

    def _meaning(self, kind: CodeKind, code: str, qualifier: str) -> str | None:
        self._ask(Asked(kind, code))
        meanings = self.known.meanings
        found = meanings.get((kind, qualifier, code)) or meanings.get((kind, "", code))
        if found:
            return found
        return code if (kind, code) in self.known.names else self.known.aliases.get((kind, code))

    def _own_code(self, kind: CodeKind, name: str, qualifier: str) -> str:
        self._ask(Asked(kind, name, outward=True))
        own = self.known.own_codes
        return own.get((kind, qualifier, name)) or own.get((kind, "", name)) or name

    def _standard_unit(self, code: str) -> str | None:
        if self.x12:
            return _X12_OWN.get(code) or units.to_rec20(code)
        return code if _REC20.fullmatch(code) and code in _REC20_CODES else None

    def _ask(self, asked: Asked) -> None:
        self.asked.add(asked)


async def with_codes(
    book: CodeBook, load: Callable[[frozenset[Asked], Known], Awaitable[None]], use: Callable[[CodeBook], T]
) -> T:
    """Runs a mapping until everything that it asks for has been loaded; what it raises before that does not count."""
    for _ in range(_ROUNDS):
        try:
            result = use(book)
        except Exception:
            if not book.not_loaded():
                raise
        else:
            if not book.not_loaded():
                return result
        missing = book.not_loaded()
        await load(missing, book.known)
        book.again()
    raise AssertionError("a mapping asks for ever more codes")
