"""The kit's own rows as messages of crossdock.ops.v1. Pure and one way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from crossdock.ops.v1 import ops_service_pb2 as pb
from crossdock.ops.v1 import repair_service_pb2 as repair_pb
from crossdock.options.v1 import options_pb2
from google.protobuf.duration_pb2 import Duration

from crossdock_kit import journal
from crossdock_kit.dates_wire import timestamp
from crossdock_kit.deliveries.repair import Shown
from crossdock_kit.errors import FailureClass
from crossdock_kit.events import parsed_headers
from crossdock_kit.exception_history import Transition
from crossdock_kit.exceptions import RaisedException
from crossdock_kit.ownership_overrides import Overrides
from crossdock_kit.repairs.model import Decision, Item
from crossdock_kit.repairs.record import Repair
from crossdock_kit.repairs.streams import Finding
from crossdock_kit.subscriptions.held import HeldMessage
from crossdock_kit.timeline import Match, Step

FAILURE_CLASSES = {
    FailureClass.TRANSIENT: pb.FAILURE_CLASS_TRANSIENT,
    FailureClass.BUSINESS: pb.FAILURE_CLASS_BUSINESS,
    FailureClass.PARTNER: pb.FAILURE_CLASS_PARTNER,
    FailureClass.BUG: pb.FAILURE_CLASS_BUG,
}


def span(time: timedelta | None) -> Duration | None:
    if time is None:
        return None
    made = Duration()
    made.FromTimedelta(time)
    return made


def match(each: Match) -> pb.TransactionMatch:
    return pb.TransactionMatch(
        transaction_id=each.transaction_id,
        type=each.type,
        root_key=each.root_key,
        first_seen_at=timestamp(each.first_seen_at),
    )


def step(each: Step, service: str) -> pb.Step:
    return pb.Step(
        step_id=str(each.step_id),
        service=service,
        kind=each.kind,
        name=each.name,
        transaction_ids=each.transaction_ids,
        keys=each.keys,
        at=timestamp(each.at),
        actor=each.actor,
        attempt=each.attempt,
        outcome=each.outcome,
        reason=each.reason,
        waited=span(each.waited),
        took=span(each.took),
        trace_id=each.trace_id,
        span_id=each.span_id,
        correlation_id=each.correlation_id,
        causation_id=each.causation_id,
        aggregate=each.aggregate,
        event_version=each.event_version,
    )


def exception(each: RaisedException, service: str) -> pb.Exception:
    return pb.Exception(
        exception_id=str(each.exception_id),
        service=service,
        failure_class=FAILURE_CLASSES[each.failure_class],
        code=each.code,
        summary=each.summary,
        owner=each.owner,
        state=pb.EXCEPTION_STATE_RESOLVED if each.resolved_at else pb.EXCEPTION_STATE_OPEN,
        transaction_ids=each.transaction_ids,
        keys=each.keys,
        raised_at=timestamp(each.raised_at),
        resolved_at=timestamp(each.resolved_at),
        resolution=each.resolution,
        resolved_by=each.resolved_by,
        subject=each.subject,
        details=each.details,
        assignee=each.assignee,
        history=[transition(done) for done in each.history],
    )


def transition(done: Transition) -> pb.ExceptionTransition:
    return pb.ExceptionTransition(
        what=done.what, at=timestamp(done.at), by=done.by, why=done.why, owner=done.owner, assignee=done.assignee
    )


def held_message(each: HeldMessage) -> pb.HeldMessage:
    return pb.HeldMessage(
        consumer=each.consumer,
        event_id=str(each.event_id),
        type=each.type,
        aggregate=each.aggregate,
        event_version=each.version,
        why=each.why,
        attempts=each.attempts,
        last_error=each.last_error,
        held_at=timestamp(each.held_at),
        next_attempt_at=timestamp(each.next_attempt_at),
    )


def delivery(each: Shown) -> pb.Delivery:
    return pb.Delivery(
        delivery_id=str(each.delivery_id),
        partner=each.partner,
        kind=each.kind,
        ordering_key=each.ordering_key,
        state=each.state,
        attempts=each.attempts,
        last_error=each.last_error,
        foreign_number=each.foreign_number,
        transaction_ids=each.transaction_ids,
        created_at=timestamp(each.created_at),
        next_attempt_at=None if each.finished_at else timestamp(each.next_attempt_at),
        finished_at=timestamp(each.finished_at),
    )


PAGE_BYTES = 1024 * 1024
"""A page of the journal ends above so many; its last event adds at most as many, so it stays what a message may be."""


def journal_pages(entries: Iterable[journal.JournalEntry]) -> Iterator[pb.ReadJournalResponse]:
    page, size = pb.ReadJournalResponse(), 0
    for each in entries:
        page.entries.add(headers=parsed_headers(each.headers), body=each.body, subject=each.subject)
        size += len(each.body) + len(each.headers)
        if size > PAGE_BYTES:
            yield page
            page, size = pb.ReadJournalResponse(), 0
    if page.entries:
        yield page


DECISIONS = {
    Decision.DO: repair_pb.REPLAY_DECISION_DO,
    Decision.SKIP: repair_pb.REPLAY_DECISION_SKIP,
    Decision.REFUSE: repair_pb.REPLAY_DECISION_REFUSE,
}


def replay_item(each: Item) -> repair_pb.ReplayItem:
    return repair_pb.ReplayItem(
        subject=each.subject,
        what=each.what,
        decision=DECISIONS[each.decision],
        why=each.why,
        transaction_ids=each.transaction_ids,
    )


def finding(each: Finding) -> repair_pb.StreamFinding:
    return repair_pb.StreamFinding(
        what=each.what,
        compared=each.compared,
        missing=each.missing,
        examples=each.examples,
        effect=each.effect,
    )


def repair(each: Repair) -> repair_pb.Repair:
    return repair_pb.Repair(
        repair_id=str(each.repair_id),
        at=timestamp(each.at),
        actor=each.actor,
        verb=each.verb,
        reason=each.reason,
        asked=each.asked,
        effects=each.effects,
    )


def ownership(overrides: Overrides) -> pb.ListOwnershipOverridesResponse:
    return pb.ListOwnershipOverridesResponse(
        overrides=[
            pb.OwnershipOverride(
                subject=subject,
                replaces_writers=said.writers is not None,
                writers=[options_pb2.Role.ValueType(each) for each in said.writers or ()],
                steward=said.steward,
            )
            for subject, said in sorted(overrides.items())
        ]
    )
