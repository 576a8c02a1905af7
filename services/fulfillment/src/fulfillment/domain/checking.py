"""The verbs of checks: each is asked, answered, lapses, or is let through by a person; then the order is accepted,
accepted and held, or refused. Never half of it.

An order that its channel has confirmed, or that was accepted before, is owed: what speaks against it holds it, and
somebody owns that. It must not know who is asked or how.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fulfillment.domain import events
from fulfillment.domain.check_lifecycle import ASKED_OF_PARTNERS, CROSSDOCK, LET_THROUGH, Kind, State, moved
from fulfillment.domain.checks import Basis, Check, Earlier, Fallback, Rule, Verdict, check_id
from fulfillment.domain.concerns import Concern, identity
from fulfillment.domain.lifecycle import IN_HANDS
from fulfillment.domain.lifecycle import State as Stage
from fulfillment.domain.order_line import OrderLine
from fulfillment.domain.refusals import CheckDecided
from fulfillment.domain.sales_order import SalesOrder


def require(order: SalesOrder, rule: Rule, lines: Sequence[OrderLine] = ()) -> None:
    """Whoever has the authority is asked; what was asked or decided before gives way to the new question."""
    before = order.checks.get(rule.kind)
    if before is not None and before.bars:
        _move(order, before, "withdraw", CROSSDOCK)
    made = _made(rule, before)
    order.checks[rule.kind] = made
    order.events.append(events.OrderCheckRequested(order, made, tuple(lines)))


def require_declared(
    order: SalesOrder, kinds: Iterable[Kind], rules: Mapping[Kind, Rule], lines: Sequence[OrderLine] = ()
) -> None:
    """Of these the kinds that are declared."""
    for kind in kinds:
        if kind in rules:
            require(order, rules[kind], lines)


def hold(order: SalesOrder, rule: Rule, verdict: Verdict) -> None:
    """What master data says against an order that is owed nevertheless."""
    made = order.checks.get(rule.kind) or _made(rule, None)
    if made.state is State.ASKED:
        order.checks[rule.kind] = made
        _decide(order, made, "hold", verdict, CROSSDOCK)


def stop(order: SalesOrder, rule: Rule, verdict: Verdict) -> bool:
    """What master data says against an order since it came in: what nobody has in hands yet is held. What a person let
    through for the same stays let through. Whether it changed anything."""
    check = order.checks.get(rule.kind)
    if not order.stoppable or (check is not None and check.state is not State.PASSED):
        return False
    order.checks[rule.kind] = made = _made(rule, check)
    _decide(order, made, "hold", verdict, CROSSDOCK)
    return True


def clear(order: SalesOrder, kind: Kind, verdict: Verdict) -> bool:
    """What held it is gone. Whether it did."""
    check = order.checks.get(kind)
    if check is None or check.state is not State.HELD:
        return False
    _decide(order, check, "pass", verdict, CROSSDOCK)
    return True


def answer(order: SalesOrder, kind: Kind, attempt: int, verdict: Verdict, role: str) -> bool:
    """Whether it changed anything. The same answer again and the answer to an old question do not. Raises
    CheckDecided where something else was decided, TransitionNotOwned."""
    check = order.checks.get(kind)
    if check is None or check.attempt != attempt or check.state is State.WITHDRAWN:
        return False
    if check.verdict is not None and check.verdict.basis is Basis.ANSWER and check.verdict.passed == verdict.passed:
        return False
    if verdict.passed and check.state in LET_THROUGH:
        return False
    if check.bars and verdict.passed:
        _decide(order, check, "pass", verdict, role)
    elif check.state is State.ASKED:
        _decide(order, check, "hold" if order.owed else "refuse", verdict, role)
    elif check.state is State.HELD:
        check.verdict = verdict
        _tell(order, check)
    else:
        raise CheckDecided(check_id(order.order_id, check), check.state.value)
    return True


def take_back(order: SalesOrder, kind: Kind, attempt: int, verdict: Verdict, role: str) -> bool:
    """Whoever let it through does so no more: it is asked anew, and until that is answered what nobody has in hands yet
    is held. What was let through before, told again, is the answer to an old question then. Of what was never let
    through it is a no as any other. Whether it changed anything; raises as `answer` does, and CheckDecided once
    everything has left."""
    check = order.checks.get(kind)
    if check is None or check.attempt != attempt or check.state not in LET_THROUGH:
        return answer(order, kind, attempt, verdict, role)
    if not order.stoppable:
        raise CheckDecided(check_id(order.order_id, check), check.state.value)
    anew = replace(check, state=State.ASKED, attempt=check.attempt + 1, verdict=None)
    order.checks[kind] = anew
    order.events.append(events.OrderCheckRequested(order, anew))
    _decide(order, anew, "hold", verdict, role)
    return True


def lapse(order: SalesOrder, kind: Kind, earlier: Earlier | None, verdict: Verdict) -> bool:
    """No answer in time: its fallback decides. `earlier` is what was last let through of the same, if anything was.
    Whether it changed anything."""
    check = order.checks.get(kind)
    if check is None or check.state is not State.ASKED:
        return False
    if check.fallback is Fallback.CACHED and earlier is not None and _still_counts(order, check, earlier, verdict):
        said = Verdict(True, Basis.CACHED, verdict.at, reference=earlier.reference)
        _decide(order, check, "pass", said, CROSSDOCK)
    elif check.fallback is Fallback.REFUSE and not order.owed:
        _decide(order, check, "refuse", verdict, CROSSDOCK)
    else:
        _decide(order, check, "hold", verdict, CROSSDOCK)
    return True


def let_through(order: SalesOrder, kind: Kind, verdict: Verdict) -> bool:
    """By a person. Whether it changed anything; raises CheckDecided where nothing is held."""
    check = order.checks.get(kind)
    if check is not None and check.state is State.RELEASED:
        return False
    if check is None or check.state is not State.HELD:
        raise CheckDecided(f"{order.order_id}:{kind.value}", check.state.value if check else "unasked")
    _decide(order, check, "release", verdict, CROSSDOCK)
    return True


def withdraw(order: SalesOrder) -> None:
    """Nothing of it is wanted any more."""
    for check in order.checks.values():
        if check.bars:
            _move(order, check, "withdraw", CROSSDOCK)


def refused_by(order: SalesOrder) -> Check | None:
    return next((each for each in order.checks.values() if each.state is State.REFUSED), None)


def grown(order: SalesOrder) -> list[Kind]:
    """What has to be asked anew of an order that is worth more than it was."""
    return [kind for kind in ASKED_OF_PARTNERS if kind in order.checks]


def _made(rule: Rule, before: Check | None) -> Check:
    return Check(
        kind=rule.kind,
        attempt=before.attempt + 1 if before else 1,
        fallback=rule.fallback,
        owner=rule.looked_after_by,
        cached_for=rule.cached_for,
        policy_version=rule.version,
    )


def _still_counts(order: SalesOrder, check: Check, earlier: Earlier, verdict: Verdict) -> bool:
    """Never for more than was let through then."""
    return earlier.answered_at + check.cached_for >= verdict.at and order.net <= earlier.amount


def _decide(order: SalesOrder, check: Check, trigger: str, verdict: Verdict, role: str) -> None:
    check.verdict = verdict
    _move(order, check, trigger, role)
    _tell(order, check)


def _tell(order: SalesOrder, check: Check) -> None:
    """The fact, and while it is held its owner."""
    order.events.append(events.OrderCheckDecided(order, check))
    if check.state is State.HELD:
        verdict = check.verdict
        why = verdict.reason or verdict.basis.value if verdict else ""
        order.concerns.append(
            Concern(
                code=_hold_code(check),
                owner=check.owner,
                subject=_subject(order),
                summary=f"order {order.terms.number} is held: {check.kind.value}: {why}",
                transaction_ids=(order.order_id,),
                keys=order.keys,
                details={"check": check_id(order.order_id, check), "reason": why},
            )
        )
        _tell_of_released(order, check)


def _tell_of_released(order: SalesOrder, check: Check) -> None:
    """What was released before is not stopped by itself: its owner takes it back, or lets it go."""
    released = {state.value: order.counts[state] for state in Stage if state in IN_HANDS and order.counts[state] > 0}
    if released:
        order.concerns.append(
            Concern(
                code=_released_code(check),
                owner=check.owner,
                subject=_subject(order),
                summary=f"order {order.terms.number} is held for {check.kind.value}: some of it was released before",
                transaction_ids=(order.order_id,),
                keys=order.keys,
                details={state: str(count) for state, count in released.items()},
            )
        )


def _move(order: SalesOrder, check: Check, trigger: str, role: str) -> None:
    was_held = check.state is State.HELD
    check.state = moved(check.kind, check.state, trigger, role)
    if was_held:
        order.settled += [identity(code, _subject(order)) for code in (_hold_code(check), _released_code(check))]


def _hold_code(check: Check) -> str:
    return f"{check.kind.name}_HOLD"


def _released_code(check: Check) -> str:
    return f"RELEASED_BEFORE_{check.kind.name}_HOLD"


def _subject(order: SalesOrder) -> str:
    return f"sales_order/{order.order_id}"
