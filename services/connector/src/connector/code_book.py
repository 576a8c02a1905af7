"""A partner's codes as far as some documents need them: asked first, loaded in one go, then asked again.

A mapping is pure, so it cannot read the database. On its first run over a document the book notes what it is asked and
answers with stand-ins; the store loads all of it at once; the second run gets real answers. What still has no meaning
is `unknown`, and the document waits for it. Items, units and places may be on their way from whoever keeps master data;
the partner's own words (`words` of `unknown`) nobody sends. Must not know where its rows come from.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from crossdock_edi import units

from connector.mappings.model import CodeKind, Packing

T = TypeVar("T")
Answers: TypeAlias = dict[int, T | Exception]
"""By the question's place."""
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
    """Answers `Codes`. `unit_table` is the partner's own table of units, from its profile.

    Books of several documents of one partner may share `known` and `loaded`; what is `unknown` is each one's own.
    """

    x12: bool = False
    unit_table: Mapping[str, str] = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    loaded: set[Asked] = field(default_factory=set)
    asked: set[Asked] = field(default_factory=set)
    unknown: dict[str, None] = field(default_factory=dict)
    words: dict[str, None] = field(default_factory=dict)

    # --- inward

    def item(self, code: str, qualifier: str = "") -> str:
        return self._needed("item", code, qualifier)

    def optional_item(self, code: str, qualifier: str = "") -> str:
        return (self._meaning("item", code, qualifier) or "") if code else ""

    def location(self, code: str, qualifier: str = "") -> str:
        return self._needed("location", code, qualifier)

    def location_named(self, name: str) -> str:
        """Where a partner gives no code. The name may be a person's, so nothing repeats it that is told or kept."""
        found = self._meaning("location", name, "")
        if found is None:
            self.unknown["location that the document names without a code"] = None
            return ""
        return found

    def party(self, code: str, qualifier: str = "") -> str:
        return self._needed("party", code, qualifier)

    def as_said(self, kind: CodeKind, code: str) -> str:
        self._ask(Asked(kind, code))
        return self.known.meanings.get((kind, "", code), code)

    def known_unit(self, code: str) -> str | None:
        return self.unit_table.get(code) or self._meaning("unit", code, "") or self._standard_unit(code)

    def unit(self, code: str) -> str:
        found = self.known_unit(code)
        if found is None:
            self.unknown[f"unit {code}"] = None
            return "EA"
        return found

    def known_word(self, listed: str, word: str, table: Mapping[str, str], ours: Collection[str]) -> str | None:
        self._ask(Asked("code", word))
        meaning = self.known.meanings.get(("code", listed, word))
        if meaning is None:
            return table.get(word)
        return meaning if meaning in ours else None

    def word(self, listed: str, word: str, table: Mapping[str, str], ours: Collection[str]) -> str:
        found = self.known_word(listed, word, table, ours)
        if found is None:
            named = f"code {word} of the list {listed}"
            self.unknown[named] = self.words[named] = None
            return next(iter(ours))
        return found

    def meant(self, listed: str, word: str, table: Mapping[str, str]) -> str:
        self._ask(Asked("code", word))
        return self.known.meanings.get(("code", listed, word)) or table.get(word, "")

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
        self.words.clear()

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


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """A mapping that asks a book of its own, which shares with the others what is known."""

    book: CodeBook
    use: Callable[[CodeBook], T]

    def answer(self) -> T | Exception:
        try:
            return self.use(self.book)
        except Exception as error:  # noqa: BLE001 - it is raised when its message is read
            return error


async def with_codes(
    load: Callable[[frozenset[Asked], Known], Awaitable[None]],
    questions: Sequence[Question[T]],
    run: Callable[[Callable[[], Answers[T]]], Awaitable[Answers[T]]] | None = None,
) -> list[T | Exception]:
    """Runs mappings until everything that any of them asks for has been loaded, for all at once; by `run` where they
    are long.

    The books share what is known and loaded. What a mapping raises is its result: it concerns no other document.
    """
    answers: Answers[T] = {}
    open_ones = dict(enumerate(questions))

    def answered() -> Answers[T]:
        return {number: each.answer() for number, each in open_ones.items()}

    for _ in range(_ROUNDS):
        answers |= answered() if run is None else await run(answered)
        open_ones = {number: each for number, each in open_ones.items() if each.book.not_loaded()}
        if not open_ones:
            return [answers[number] for number in range(len(questions))]
        some = next(iter(open_ones.values())).book
        await load(frozenset().union(*(each.book.not_loaded() for each in open_ones.values())), some.known)
        for each in open_ones.values():
            each.book.again()
    raise AssertionError("a mapping asks for ever more codes")
