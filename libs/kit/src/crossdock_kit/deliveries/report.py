"""Books what became of leased deliveries: finished, to be tried again, or dead with an exception that somebody owns.

Set-based: a worker that carried out fifty reports fifty. A report is believed while no later lease was given out, even
if its own has run out; it is a fact about the partner. A repeated report changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Literal
from uuid import UUID

import asyncpg

from crossdock_kit import breaker, exceptions, json_rows
from crossdock_kit.breaker import Breaker
from crossdock_kit.deliveries.model import Dead, Declined, Delivered, Dropped, PartnerLimits, Report, Retry
from crossdock_kit.driver import Driver
from crossdock_kit.errors import FailureClass
from crossdock_kit.exceptions import NewException

LimitsOf = Callable[[str, str], PartnerLimits]
Partner = tuple[str, str]

_RANDOM = SystemRandom()


@dataclass(frozen=True, slots=True)
class Settled:
    """What a report came to: the delivery's state now, or `lost` (a later lease rules), or `repeated`."""

    delivery_id: UUID
    end: Literal["delivered", "waiting", "dead", "cancelled", "lost", "repeated"]


_LOCK = """
SELECT d.tenant, d.delivery_id, d.partner, d.kind, d.state, d.lease_epoch, d.leased_by, d.failures, d.created_at,
  d.last_error, d.transaction_ids, d.keys, now() AS now
FROM json_to_recordset($1::json) AS g(tenant text, delivery_id uuid)
JOIN delivery d ON d.tenant = g.tenant AND d.delivery_id = g.delivery_id
ORDER BY d.tenant, d.delivery_id FOR UPDATE OF d
"""
_BOOK = """
UPDATE delivery d SET state = r.state, failures = r.failures, last_error = r.last_error, leased_by = '',
  leased_until = NULL, foreign_number = r.foreign_number, results = r.results,
  last_traceparent = r.last_traceparent, redriven_by = '',
  next_attempt_at = coalesce(r.next_attempt_at, d.next_attempt_at), finished_at = r.finished_at
FROM json_to_recordset($1::json) AS r(tenant text, delivery_id uuid, state text, failures int, last_error text,
  last_traceparent text, foreign_number text, results jsonb, next_attempt_at timestamptz, finished_at timestamptz)
WHERE d.tenant = r.tenant AND d.delivery_id = r.delivery_id
"""


async def report(driver: Driver, reports: Sequence[Report], limits_of: LimitsOf) -> list[Settled]:
    """Books the reports in the transaction that is open; one Settled for each, in their order."""
    given = {(each.tenant, each.delivery_id): each for each in reports}
    rows = await driver.fetch(_LOCK, json_rows.encode({"tenant": t, "delivery_id": d} for t, d in given))
    found = {(row["tenant"], row["delivery_id"]): row for row in rows}
    live = {key: row for key, row in found.items() if _is_live(row, given[key].epoch)}
    breakers = await _breakers_after(driver, [(row, given[key]) for key, row in live.items()], limits_of)
    booked = [_booked(row, given[key], limits_of, breakers) for key, row in live.items()]
    if booked:
        await driver.execute(_BOOK, json_rows.encode(booked))
        await _tell(driver, booked, live, given, limits_of)
    ends = {(row["tenant"], row["delivery_id"]): row["state"] for row in booked}
    return [
        Settled(each.delivery_id, ends.get(key) or _without_effect(found.get(key), each.epoch))
        for key, each in ((_key(each), each) for each in reports)
    ]


def _key(each: Report) -> tuple[str, UUID]:
    return each.tenant, each.delivery_id


def _is_live(row: asyncpg.Record, epoch: int) -> bool:
    """Leased under this epoch, or its lease ran out and nobody took it since (the name of the holder still stands)."""
    held = row["state"] == "leased" or (row["state"] in ("waiting", "dead") and row["leased_by"] != "")
    return held and row["lease_epoch"] == epoch


def _without_effect(row: asyncpg.Record | None, epoch: int) -> Literal["lost", "repeated"]:
    return "repeated" if row is not None and row["lease_epoch"] == epoch else "lost"


async def _breakers_after(
    driver: Driver, live: Sequence[tuple[asyncpg.Record, Report]], limits_of: LimitsOf
) -> Mapping[Partner, Breaker]:
    """Counts silences against the partners' breakers and closes those of partners that answered.

    Returns, for partners that failed, the breaker as it was when the failure was counted.
    """
    answered = {(row["tenant"], row["partner"]) for row, each in live if _answered(each)}
    silent = [(row["tenant"], row["partner"], row["now"]) for row, each in live if _silent(each)]
    reopened = await breaker.heard(driver, sorted(answered)) if answered else []
    for tenant, partner in reopened:
        await exceptions.resolve(
            driver, tenant, [_away(partner)], resolution="the partner answers again", by="breaker", at=live[0][0]["now"]
        )
    failing = sorted({(tenant, partner) for tenant, partner, _ in silent} - answered)
    if not failing:
        return {}
    before = await breaker.load_to_change(driver, failing)
    after = dict(before)
    for tenant, partner, now in silent:
        if (tenant, partner) in after:
            policy = limits_of(tenant, partner).breaker
            after[tenant, partner] = breaker.after_failure(after[tenant, partner], now, policy)
    await breaker.save(driver, after)
    await _raise_away(driver, before, after, limits_of, live[0][0]["now"])
    # The failure that opens the breaker still counts against its document; the probes after it do not.
    return {key: after[key] if before[key].state != "closed" else Breaker() for key in failing}


def _answered(each: Report) -> bool:
    untried = isinstance(each.outcome, Dropped) or (isinstance(each.outcome, Retry) and each.outcome.untried)
    return not _silent(each) and not untried


def _silent(each: Report) -> bool:
    return isinstance(each.outcome, Retry) and each.outcome.silent


def _away(partner: str) -> str:
    return f"partner/{partner}"


async def _raise_away(
    driver: Driver,
    before: Mapping[Partner, Breaker],
    after: Mapping[Partner, Breaker],
    limits_of: LimitsOf,
    now: datetime,
) -> None:
    """A partner that also failed its first probe is away for longer than a hiccup: somebody should know."""
    raised = [
        NewException(
            tenant=tenant,
            failure_class=FailureClass.PARTNER,
            code="PARTNER_UNAVAILABLE",
            summary=f"{partner} does not answer; its deliveries wait and are probed",
            owner=limits_of(tenant, partner).owner,
            subject=_away(partner),
            dedupe_key=_away(partner),
            details={"failures": str(state.failures)},
        )
        for (tenant, partner), state in after.items()
        if state.openings >= 2 and state.openings > before[tenant, partner].openings
    ]
    await exceptions.raise_all(driver, raised, at=now)


def _booked(
    row: asyncpg.Record, each: Report, limits_of: LimitsOf, breakers: Mapping[Partner, Breaker]
) -> json_rows.Row:
    limits = limits_of(row["tenant"], row["partner"])
    facts: json_rows.Row = {
        "tenant": row["tenant"],
        "delivery_id": row["delivery_id"],
        "failures": row["failures"],
        "last_error": "",
        "last_traceparent": each.traceparent,
        "foreign_number": "",
        "results": {},
        "next_attempt_at": None,
        "finished_at": None,
    }
    match each.outcome:
        case Delivered(foreign_number, results):
            done = {"state": "delivered", "foreign_number": foreign_number, "results": dict(results)}
            return facts | done | {"finished_at": row["now"]}
        case Declined(reason, code):
            no = {"state": "delivered", "last_error": reason, "results": {"declined": code}}
            return facts | no | {"finished_at": row["now"]}
        case Dead(reason):
            return facts | {"state": "dead", "last_error": reason}
        case Dropped(reason):
            return facts | {"state": "cancelled", "last_error": reason, "finished_at": row["now"]}
        case Retry() as again:
            return facts | _again(row, again, limits, breakers.get((row["tenant"], row["partner"]), Breaker()))


def _again(row: asyncpg.Record, again: Retry, limits: PartnerLimits, partner: Breaker) -> json_rows.Row:
    now: datetime = row["now"]
    failures = row["failures"] + int(partner.state == "closed" and not again.put_off)
    exhausted = failures >= limits.attempts or now - row["created_at"] > limits.give_up_after
    wait = again.after if again.after is not None else backoff(failures, limits)
    due = now + wait
    if partner.state == "open" and partner.open_until is not None:
        due = max(partner.open_until, now + again.after) if again.after is not None else partner.open_until
    return {
        "state": "dead" if exhausted else "waiting",
        "failures": failures,
        "last_error": again.reason,
        "next_attempt_at": due,
    }


def backoff(failures: int, limits: PartnerLimits) -> timedelta:
    """Doubles from the first to the longest wait, of which a random part of up to half is taken away."""
    longest = min(limits.backoff_longest, limits.backoff_first * 2 ** min(max(failures - 1, 0), 30))
    return timedelta(seconds=longest.total_seconds() * _RANDOM.uniform(0.5, 1.0))


async def _tell(
    driver: Driver,
    booked: Sequence[json_rows.Row],
    live: Mapping[tuple[str, UUID], asyncpg.Record],
    given: Mapping[tuple[str, UUID], Report],
    limits_of: LimitsOf,
) -> None:
    """Raises an exception for each delivery that is dead, or dropped and somebody's, and closes that of one which got
    through after all."""
    now = next(iter(live.values()))["now"]
    dead = [row for row in booked if row["state"] == "dead" or _owner(given[_id(row)])]
    await exceptions.raise_all(
        driver, [_death(row, live[_id(row)], given[_id(row)], limits_of) for row in dead], at=now
    )
    for row in booked:
        if row["state"] == "delivered" and live[_id(row)]["last_error"]:
            subject = f"delivery/{row['delivery_id']}"
            await exceptions.resolve(driver, row["tenant"], [subject], resolution="delivered", by="deliveries", at=now)


def _id(row: json_rows.Row) -> tuple[str, UUID]:
    return row["tenant"], row["delivery_id"]


def _owner(each: Report) -> str:
    return each.outcome.owner if isinstance(each.outcome, Dead | Dropped) else ""


def _death(row: json_rows.Row, was: asyncpg.Record, each: Report, limits_of: LimitsOf) -> NewException:
    outcome = each.outcome
    subject = f"delivery/{row['delivery_id']}"
    return NewException(
        tenant=row["tenant"],
        failure_class=FailureClass.PARTNER if isinstance(outcome, Delivered) else outcome.failure_class,
        code=outcome.code if isinstance(outcome, Dead | Dropped) else "DELIVERY_GIVEN_UP",
        summary=f"{was['kind']} to {was['partner']} is not delivered: {row['last_error']}",
        owner=_owner(each) or limits_of(row["tenant"], was["partner"]).owner,
        subject=subject,
        dedupe_key=subject,
        transaction_ids=tuple(was["transaction_ids"]),
        keys=tuple(was["keys"]),
        details={"partner": was["partner"], "kind": was["kind"], "failures": str(row["failures"])},
    )
