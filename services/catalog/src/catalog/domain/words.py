"""What each role says of a thing, and what of it is shown.

Each role has a history of its own (`record.place`), by itself and whatever the others say. Shown is, from each day on
which any of them begins to say something, what the highest owner of each attribute says that has spoken, so that the
order in which they speak decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from catalog.domain.record import Record, Subject, place, valid_on


@dataclass(frozen=True, slots=True)
class Precedence:
    """Whose word about records of a kind is shown: `roles` for the record itself and for when it ends, `people` for
    what it says of people, the highest first. Whoever is not named, and may write only because a partner's profile says
    so, comes behind all that are. `compose` makes one content of what several roles say."""

    roles: tuple[str, ...]
    people: tuple[str, ...]
    compose: Callable[[Mapping[str, bytes]], bytes]


def highest_first(roles: Sequence[str], spoken: Iterable[str]) -> list[str]:
    """Those that have spoken; of several that are not named the order of the names decides."""
    return sorted(spoken, key=lambda role: (roles.index(role) if role in roles else len(roles), role))


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one thing: what is shown of it, and what each role says. What was loaded before anybody asked
    who said it is nobody's word: it becomes the word of the next role that speaks."""

    shown: Sequence[Record] = ()
    words: Mapping[str, Sequence[Record]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """What one record of a load comes to: `words` of its role are written, `changes` of what is shown are announced.

    `before` was shown of the first day of `after`, the change to which it led itself. `late`: its role has said
    something newer. `kept`: it is a new word, and that of a higher owner is shown. `outranked`: of people a higher
    owner speaks.
    """

    before: Record | None
    after: Record
    changes: tuple[Record, ...]
    words: tuple[Record, ...]
    late: bool
    kept: bool
    outranked: bool


def steps(
    records: Iterable[Record],
    role: str,
    standing: Mapping[tuple[Subject, str], Standing],
    precedence: Mapping[str, Precedence],
) -> Iterator[Step]:
    """Of the records of one load, one after the other."""
    things: dict[tuple[Subject, str], _Thing] = {}
    for record in records:
        name = record.subject, record.key
        thing = things.get(name)
        if thing is None:
            thing = things[name] = _Thing.of(standing.get(name, Standing()))
        yield thing.hear(record, role, precedence[record.subject.kind])


@dataclass(slots=True)
class _Thing:
    """By the day on which each begins."""

    shown: dict[date, Record]
    words: dict[str, dict[date, Record]]

    @staticmethod
    def of(standing: Standing) -> _Thing:
        return _Thing(_by_day(standing.shown), {role: _by_day(said) for role, said in standing.words.items()})

    def hear(self, record: Record, role: str, precedence: Precedence) -> Step:
        adopted = {} if self.words else dict(self.shown)
        own = self.words.setdefault(role, dict(adopted))
        late = record.valid_from in own and record.is_older_than(own[record.valid_from])
        placed = place(list(own.values()), record)
        new = any(own.get(each.valid_from) != each for each in placed)
        own.update(_by_day(placed))
        before = self.shown
        self.shown = _by_day(shown(self.words, precedence))
        changes = tuple(each for day, each in self.shown.items() if before.get(day) != each)
        after = next((each for each in changes if each.valid_from == record.valid_from), (*changes, record)[0])
        return Step(
            before=valid_on(list(before.values()), after.valid_from),
            after=after,
            changes=changes,
            words=tuple({**adopted, **_by_day(placed)}.values()),
            late=late,
            kept=new and not changes,
            outranked=highest_first(precedence.people, self.words)[0] != role,
        )


def shown(words: Mapping[str, Mapping[date, Record]], precedence: Precedence) -> list[Record]:
    """Of each day on which anybody begins to say something what counts from there on; a record ends when the highest of
    those that speak of it says so, or where the next begins."""
    if len(words) == 1:
        [alone] = words.values()
        return [alone[day] for day in sorted(alone)]
    days = sorted({day for its in words.values() for day in its})
    found = []
    for day, following in zip(days, [*days[1:], None], strict=True):
        said = {role: on for role, its in words.items() if (on := valid_on(list(its.values()), day)) is not None}
        highest = said[highest_first(precedence.roles, said)[0]]
        content = precedence.compose({role: each.content for role, each in said.items()})
        shown_from = replace(highest, valid_from=day, valid_to=_earlier(highest.valid_to, following), content=content)
        found.append(replace(shown_from, said_at=_latest(each.said_at for each in said.values())))
    return found


def _by_day(records: Collection[Record]) -> dict[date, Record]:
    return {each.valid_from: each for each in records}


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _latest(said: Iterable[datetime | None]) -> datetime | None:
    return max((each for each in said if each is not None), default=None)
