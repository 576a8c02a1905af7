"""The deadlines of processes as timers: armed with each state, counted in the calendar of a partner or site.

`entered` is called in the transaction that moves the state, so the timer always belongs to the state that stands. It
must not know how a process keeps its state; the service says how a trigger is fired.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crossdock_kit.calendars import ALWAYS, Calendar
from crossdock_kit.exceptions import NewException
from crossdock_kit.policy import Decided, PolicyBook, Scope
from crossdock_kit.processes import Deadline, Fire, Process, Raise
from crossdock_kit.timer_loop import TimerHandler
from crossdock_kit.timers import DueTimer, NewTimer
from crossdock_kit.unit_of_work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One running process: what it is about, where, and by whose calendars its deadlines count."""

    subject: str
    tenant: str = ""
    transaction_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    place: Scope = field(default_factory=Scope)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    policies: PolicyBook = field(default_factory=PolicyBook)


@dataclass(frozen=True, slots=True)
class Due:
    """When a state must be over, and the version of the policy that says so (0: the default of the process)."""

    at: datetime
    policy_version: int


def due(deadline: Deadline, course: Course, since: datetime) -> Due:
    """Pure: the policy's span, or the default, counted from `since` in the calendar that the deadline names."""
    decided = Decided(deadline.policy_key, deadline.default, 0)
    if deadline.policy_key:
        decided = course.policies.decide(deadline.policy_key, course.place, since, deadline.default)
    calendar = course.calendars.get(deadline.calendar, ALWAYS)
    return Due(calendar.add(since, decided.span), decided.version)


def entered(work: Work, process: Process, state: str, course: Course, since: datetime) -> Due | None:
    """Arms the deadline of the state just entered, or ends all waiting if it is an end; closes the exception that the
    state before may have raised. Returns the deadline for the decision's record.
    """
    tenant = course.tenant or work.tenant
    work.resolve_exception(_overdue(process, course.subject), f"went on to {state}", tenant=tenant)
    deadline = process.deadlines.get(state)
    if deadline is None:
        work.cancel_timer(timer_kind(process), course.subject, tenant=tenant)
        return None
    until = due(deadline, course, since)
    work.set_timer(
        NewTimer(
            tenant=tenant,
            kind=timer_kind(process),
            subject=course.subject,
            due_at=until.at,
            payload=json.dumps({"state": state, "policy_version": until.policy_version}).encode(),
            transaction_ids=course.transaction_ids,
            keys=course.keys,
        )
    )
    return until


FireTrigger = Callable[[str, str, str, Work], Awaitable[None]]


def expiry(process: Process, fire: FireTrigger) -> TimerHandler:
    """The handler for the timer loop. `fire(subject, state, trigger, work)` fires a trigger as role CROSSDOCK; it must
    do nothing if the process has left `state` meanwhile.
    """

    async def run(timers: Sequence[DueTimer], work: Work) -> None:
        for timer in timers:
            state = json.loads(timer.payload)["state"]
            match process.deadlines[state].on_expiry:
                case Fire(trigger):
                    await fire(timer.subject, state, trigger, work)
                case Raise() as told:
                    work.raise_exception(_exception(process, timer, state, told))

    return TimerHandler(run)


def timer_kind(process: Process) -> str:
    return f"process/{process.name}"


def _overdue(process: Process, subject: str) -> str:
    return f"overdue/{process.name}/{subject}"


def _exception(process: Process, timer: DueTimer, state: str, told: Raise) -> NewException:
    return NewException(
        tenant=timer.tenant,
        failure_class=told.failure_class,
        code=told.code,
        summary=f"{process.name} {timer.subject} stayed {state} past its deadline",
        owner=told.owner,
        subject=f"process/{process.name}/{timer.subject}",
        dedupe_key=_overdue(process, timer.subject),
        transaction_ids=timer.transaction_ids,
        keys=timer.keys,
        details={"state": state, "due_at": timer.due_at.isoformat()},
    )
