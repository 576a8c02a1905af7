"""Chasing an answer that the supplier owes: the supplier is reminded, then the buyer told, then it is an exception.

Each step is taken once for what is owed. What is owed anew (another revision, the rest after an answer to a part) is
chased from the beginning; when a step is due is not this module's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from procurement.domain import events

if TYPE_CHECKING:
    from procurement.domain.purchase_order import PurchaseOrder


class ChaseStep(Enum):
    """In the order in which they are taken."""

    WAITING = "waiting"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    RAISED = "raised"


_NEXT = {
    ChaseStep.WAITING: ChaseStep.REMINDED,
    ChaseStep.REMINDED: ChaseStep.ESCALATED,
    ChaseStep.ESCALATED: ChaseStep.RAISED,
}


@dataclass(frozen=True, slots=True)
class Chase:
    """`revision` and `answered_at` say what the answer is owed to; `answered_at` is the last answer to a part of it."""

    revision: int
    answered_at: datetime | None
    step: ChaseStep = ChaseStep.WAITING


def owed_anew(order: PurchaseOrder) -> bool:
    """Begins the chase if the supplier owes an answer to something else than before, and ends it if it owes none. The
    same answer again, or the buyer's decision on another line, wins it no time."""
    if not order.awaits_answer:
        order.chase = None
        return False
    answered = [
        each.answered_at for each in order.lines if each.answered_at and each.answered_revision == order.revision
    ]
    chase = Chase(order.revision, max(answered, default=None))
    if order.chase is not None and (order.chase.revision, order.chase.answered_at) == (
        chase.revision,
        chase.answered_at,
    ):
        return False
    order.chase = chase
    return True


def chase(order: PurchaseOrder, step: ChaseStep) -> bool:
    """Takes the step if it is the next one; whoever comes with it again, or with one of an earlier chase, is late."""
    if not order.awaits_answer or order.chase is None or _NEXT.get(order.chase.step) is not step:
        return False
    order.chase = Chase(order.chase.revision, order.chase.answered_at, step)
    order.events.append(events.PurchaseOrderAnswerOverdue(order, step))
    return True
