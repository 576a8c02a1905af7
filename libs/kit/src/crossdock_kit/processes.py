"""Processes as data: states, triggers, who may fire them, the deadline of each state, and how a step is undone.

Pure. A process that could wait for ever, or that could not end, cannot be built: every state that is not an end has a
deadline and a way to an end. It must not know what it is a process of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from crossdock_kit.errors import FailureClass, Refused

CLOCK = "CROSSDOCK"
"""The role that fires a trigger when a deadline has passed."""


@dataclass
class TransitionUnknown(Refused):
    """The state knows no such trigger; `possible` are those that it knows."""

    process: str
    state: str
    trigger: str
    possible: tuple[str, ...]


@dataclass
class TransitionNotOwned(Refused):
    """The trigger belongs to other roles."""

    process: str
    state: str
    trigger: str
    role: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transition:
    """`who` are the roles that may fire it. `undo` names the command that takes its effect back, if it had one. `guard`
    says what its owner has checked before, for people and for the docs."""

    from_: str
    trigger: str
    to: str
    who: frozenset[str]
    undo: str = ""
    guard: str = ""


@dataclass(frozen=True, slots=True)
class Fire:
    """When the deadline has passed, this trigger is fired."""

    trigger: str


@dataclass(frozen=True, slots=True)
class Raise:
    """When the deadline has passed, somebody is told; the process stays where it is."""

    code: str
    owner: str
    failure_class: FailureClass = FailureClass.BUSINESS


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long a state may last: the policy's value or the default, counted in the calendar of what `calendar` names
    ("partner", "site"; empty counts always).
    """

    default: timedelta
    on_expiry: Fire | Raise
    policy_key: str = ""
    calendar: str = ""


class Flawed(ValueError):
    """The process as written could wait for ever, could not end, or contradicts itself."""


@dataclass(frozen=True, slots=True)
class Process:
    """The first of `states` is where it begins; a state without a way out is an end. So are `rests`: nothing is waited
    for in them, though somebody's word may lead out of them again. Raises Flawed."""

    name: str
    states: tuple[str, ...]
    transitions: tuple[Transition, ...]
    deadlines: Mapping[str, Deadline]
    rests: frozenset[str] = frozenset()
    _ways: dict[tuple[str, str], Transition] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ways = {(each.from_, each.trigger): each for each in self.transitions}
        object.__setattr__(self, "_ways", ways)
        flaws = list(_flaws(self))
        if flaws:
            raise Flawed(f"{self.name}: {'; '.join(flaws)}")

    @property
    def initial(self) -> str:
        return self.states[0]

    @property
    def ends(self) -> frozenset[str]:
        return (frozenset(self.states) - {each.from_ for each in self.transitions}) | self.rests

    def triggers(self, state: str) -> tuple[str, ...]:
        return tuple(each.trigger for each in self.transitions if each.from_ == state)

    def way(self, state: str, trigger: str) -> Transition | None:
        return self._ways.get((state, trigger))


def advance(process: Process, state: str, trigger: str, role: str) -> str:
    """The state to which `trigger`, fired by `role`, leads. Raises TransitionUnknown or TransitionNotOwned."""
    way = process.way(state, trigger)
    if way is None:
        raise TransitionUnknown(process.name, state, trigger, process.triggers(state))
    if role not in way.who:
        raise TransitionNotOwned(process.name, state, trigger, role, tuple(sorted(way.who)))
    return way.to


def compensation(process: Process, passed: Sequence[tuple[str, str]]) -> list[str]:
    """The commands that undo what was done, the last effect first. `passed` are (state, trigger) in their order."""
    ways = [process.way(state, trigger) for state, trigger in passed]
    return [way.undo for way in reversed(ways) if way is not None and way.undo]


def _flaws(process: Process) -> Iterable[str]:
    known = set(process.states)
    if len(process.transitions) != len({(each.from_, each.trigger) for each in process.transitions}):
        yield "a state has the same trigger twice"
    strangers = {name for each in process.transitions for name in (each.from_, each.to)} - known
    strangers |= {*process.deadlines, *process.rests} - known
    if strangers:
        yield f"unknown states: {', '.join(sorted(strangers))}"
        return
    yield from _dead_ends(process)
    for state in process.states:
        yield from _deadline_flaws(process, state)
    if unowned := sorted(f"{each.from_}.{each.trigger}" for each in process.transitions if not each.who):
        yield f"nobody may fire {', '.join(unowned)}"


def _dead_ends(process: Process) -> Iterable[str]:
    onward = {(each.from_, each.to) for each in process.transitions}
    if lost := set(process.states) - _reach({process.initial}, onward):
        yield f"never reached: {', '.join(sorted(lost))}"
    if not process.ends:
        yield "it has no end"
    elif stuck := set(process.states) - _reach(set(process.ends), {(to, from_) for from_, to in onward}):
        yield f"no way to an end from {', '.join(sorted(stuck))}"


def _reach(start: set[str], ways: set[tuple[str, str]]) -> set[str]:
    found = set(start)
    while more := {to for from_, to in ways if from_ in found} - found:
        found |= more
    return found


def _deadline_flaws(process: Process, state: str) -> Iterable[str]:
    deadline = process.deadlines.get(state)
    if deadline is None:
        if state not in process.ends:
            yield f"{state} could wait for ever"
    elif state in process.ends:
        yield f"{state} is an end and has a deadline"
    elif isinstance(deadline.on_expiry, Fire):
        way = process.way(state, deadline.on_expiry.trigger)
        if way is None or CLOCK not in way.who:
            yield f"the deadline of {state} fires {deadline.on_expiry.trigger}, which {CLOCK} may not fire there"
