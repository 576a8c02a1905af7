"""Starts again, or gives up, what a subject names: the kit's own kinds, and those that a service adds.

A subject is what exceptions and replays call a piece of work: "held/<consumer>/<event>", "delivery/<id>", "timer/<id>".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from crossdock_kit import breaker, timers
from crossdock_kit.context import cause
from crossdock_kit.deliveries import repair
from crossdock_kit.deliveries.waking import wake
from crossdock_kit.errors import Refused
from crossdock_kit.repairs.model import Discard, Redo
from crossdock_kit.subscriptions import discarding, held
from crossdock_kit.unit_of_work import Work


@dataclass
class NothingToRetry(Refused):
    """What the exception stands for cannot be started again; it is repaired at its source and then closed."""

    subject: str


@dataclass
class NothingToDiscard(Refused):
    """What the exception stands for is no piece of work that could be given up; close it with a reason instead."""

    subject: str


def identity(subject: str) -> UUID:
    return UUID(subject.partition("/")[2])


async def _redo_delivery(subject: str, work: Work) -> str:
    effect = await repair.redrive(work.driver, identity(subject), by=cause().actor)
    work.after_commit(wake)
    return effect


async def _redo_timer(subject: str, work: Work) -> str:
    return await timers.redrive(work.driver, identity(subject))


async def _redo_held(subject: str, work: Work) -> str:
    aggregate = await held.try_again(work.driver, *held.reference_of(subject), by=cause().actor)
    return f"the messages of {aggregate} are applied again"


async def _redo_partner(subject: str, work: Work) -> str:
    await breaker.heard(work.driver, [(work.tenant, subject.partition("/")[2])])
    work.after_commit(wake)
    return "the partner's deliveries go on"


async def _discard_delivery(subject: str, reason: str, work: Work) -> str:
    await repair.cancel(work.driver, identity(subject), reason=reason, by=cause().actor)
    work.after_commit(wake)
    return "the delivery is cancelled; what waited behind it goes on"


async def _discard_timer(subject: str, reason: str, work: Work) -> str:
    return await timers.discard(work.driver, identity(subject))


async def _discard_held(subject: str, reason: str, work: Work) -> str:
    return await discarding.discard(work.driver, *held.reference_of(subject))


REDOES: Mapping[str, Redo] = {
    "delivery": _redo_delivery,
    "timer": _redo_timer,
    "held": _redo_held,
    "partner": _redo_partner,
}
DISCARDS: Mapping[str, Discard] = {
    "delivery": _discard_delivery,
    "timer": _discard_timer,
    "held": _discard_held,
}


async def redo(subject: str, work: Work, own: Mapping[str, Redo]) -> str:
    """Starts it again, by the service's way before the kit's. Raises NothingToRetry, or NotFound if nothing is left."""
    kind = subject.partition("/")[0]
    way = own.get(kind) or REDOES.get(kind)
    if way is None:
        raise NothingToRetry(subject)
    return await way(subject, work)


async def discard(subject: str, reason: str, work: Work) -> str:
    """Gives it up. Raises NothingToDiscard, or NotFound if nothing is left."""
    way = DISCARDS.get(subject.partition("/")[0])
    if way is None:
        raise NothingToDiscard(subject)
    return await way(subject, reason, work)
