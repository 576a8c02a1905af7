"""What a report changes: back-off, death with an exception, the breaker, and who is still believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from crossdock_kit.breaker import BreakerPolicy
from crossdock_kit.database import Engine, transaction
from crossdock_kit.deliveries import Dead, Delivered, Dropped, Leased, PartnerLimits, Retry, repair
from crossdock_kit.deliveries.model import LeaseLost
from crossdock_kit.deliveries.report import backoff
from crossdock_kit.errors import FailureClass
from crossdock_kit.testing import reading_at_most
from hypothesis import given
from hypothesis import strategies as st
from kit_schema import TENANTS
from kit_schema.outbound import QUICK, Partner

BUSY = Retry("busy", timedelta(0), answered=True)
COME_AGAIN = Retry("HTTP 503", timedelta(0))
SILENT = Retry("UNAVAILABLE")


@pytest.fixture
async def partner(engine: Engine) -> Partner:
    made = Partner(engine)
    await made.write(made.new("A", "A1"), made.new("A", "A2"))
    return made


async def lease_one(partner: Partner, worker: str = "worker") -> Leased:
    [leased] = await partner.lease(worker=worker)
    return leased


async def test_the_number_that_came_back_is_kept(partner: Partner) -> None:
    leased = await lease_one(partner)
    await partner.report(leased, Delivered("ERP-5001", {"line 1": "booked", "line 2": "booked"}))
    async with transaction(partner.engine, TENANTS) as tx:
        assert await repair.foreign_numbers(tx.driver, "acme", partner.name, ["A1", "A2"]) == {"A1": "ERP-5001"}


async def test_a_report_under_an_old_epoch_changes_nothing(partner: Partner) -> None:
    old = await lease_one(partner, "slow")
    await partner.let_leases_run_out()
    assert await partner.queue.expire() == 1
    new = await lease_one(partner, "quick")
    assert (new.delivery_id, new.epoch, new.attempt) == (old.delivery_id, old.epoch + 1, 2)
    assert (await partner.report(old, Dead("no"))).end == "lost"
    assert (await partner.report(new, Delivered())).end == "delivered"
    with pytest.raises(LeaseLost):
        await partner.queue.extend(old, timedelta(seconds=5))


async def test_a_late_report_is_believed_while_nobody_else_took_the_delivery(partner: Partner) -> None:
    late = await lease_one(partner)
    await partner.let_leases_run_out()
    await partner.queue.expire()
    assert (await partner.report(late, Delivered("X-1"))).end == "delivered"
    assert await partner.numbers() == ["A2"]


async def test_a_repeated_report_changes_nothing(partner: Partner) -> None:
    leased = await lease_one(partner)
    assert (await partner.report(leased, Delivered("X-1"))).end == "delivered"
    assert (await partner.report(leased, Dead("what?"))).end == "repeated"
    assert await partner.state(leased.delivery_id) == "delivered"
    again = await lease_one(partner)
    assert (await partner.report(again, BUSY)).end == "waiting"
    assert (await partner.report(again, BUSY)).end == "repeated"
    assert await partner.fetch("SELECT max(failures) FROM delivery WHERE partner = $1") == 1


@pytest.mark.feature("F223")
async def test_after_its_attempts_it_is_dead_with_an_exception_that_a_retry_closes(partner: Partner) -> None:
    for _ in range(QUICK.attempts):
        leased = await lease_one(partner)
        await partner.report(leased, BUSY)
    assert await partner.state(leased.delivery_id) == "dead"
    assert await partner.open_exceptions() == ["DELIVERY_GIVEN_UP"]
    assert await partner.numbers() == []
    async with transaction(partner.engine, TENANTS) as tx:
        assert "next attempt" in await repair.redrive(tx.driver, leased.delivery_id, by="sre")
    await partner.report(await lease_one(partner), Delivered())
    assert await partner.open_exceptions() == []


@pytest.mark.feature("F228")
async def test_a_refusal_is_final_and_carries_its_own_code_and_class(partner: Partner) -> None:
    leased = await lease_one(partner)
    await partner.report(leased, Dead("item unknown", "ITEM_UNKNOWN", FailureClass.BUSINESS))
    assert await partner.open_exceptions() == ["ITEM_UNKNOWN"]
    assert await partner.state(leased.delivery_id) == "dead"


async def test_what_is_dead_for_a_reason_of_ours_is_its_owners(partner: Partner) -> None:
    leased = await lease_one(partner)
    await partner.report(leased, Dead("nobody there", "CONSIGNEE_ERASED", FailureClass.BUSINESS, "order-desk"))
    async with transaction(partner.engine, TENANTS) as tx:
        owner = "SELECT owner FROM exception WHERE subject = $1"
        assert await tx.driver.fetchval(owner, f"delivery/{leased.delivery_id}") == "order-desk"


@pytest.mark.parametrize("owner", ["order-desk", ""])
async def test_what_is_dropped_keeps_nothing_waiting_and_says_nothing_of_the_partner(
    engine: Engine, owner: str
) -> None:
    partner = Partner(engine, GUARDED)
    await partner.write(partner.new("A", "A1"), partner.new("A", "A2"))
    leased = await lease_one(partner)
    dropped = Dropped("nobody there", "CONSIGNEE_ERASED", owner=owner)
    assert (await partner.report(leased, dropped)).end == "cancelled"
    assert (await partner.report(leased, Delivered())).end == "repeated"
    assert await partner.state(leased.delivery_id) == "cancelled"
    assert await partner.numbers() == ["A2"]
    assert await partner.open_exceptions() == (["CONSIGNEE_ERASED"] if owner else [])
    assert await partner.fetch("SELECT count(*) FROM breaker WHERE partner = $1") == 0


async def test_a_probe_that_is_dropped_opens_nothing(engine: Engine) -> None:
    partner = await _open_breaker(engine)
    await _rest_is_over(partner)
    [probe] = await partner.lease()
    await partner.report(probe, Dropped("nobody there", "CONSIGNEE_ERASED"))
    assert await partner.fetch("SELECT state FROM breaker WHERE partner = $1") != "closed"


async def test_what_was_never_tried_counts_against_nobody(engine: Engine) -> None:
    """More often than the document may fail, and than the partner may be silent; nor has the partner answered."""
    partner = Partner(engine, GUARDED)
    await partner.write(partner.new("A", "A1"))
    for _ in range(QUICK.attempts + 3):
        leased = await lease_one(partner)
        assert (await partner.report(leased, Retry("UNAVAILABLE", timedelta(0), untried=True))).end == "waiting"
    assert await partner.fetch("SELECT max(failures) FROM delivery WHERE partner = $1") == 0
    assert await partner.fetch("SELECT count(*) FROM breaker WHERE partner = $1") == 0
    assert await partner.open_exceptions() == []


async def test_a_delivery_that_kills_its_workers_ends_as_an_exception(partner: Partner) -> None:
    for _ in range(QUICK.attempts):
        await lease_one(partner)
        await partner.let_leases_run_out()
        await partner.queue.expire()
    assert await partner.numbers() == []
    assert await partner.open_exceptions() == ["DELIVERY_NEVER_REPORTED"]


async def test_a_recovery_point_reaches_the_next_holder(partner: Partner) -> None:
    first = await lease_one(partner)
    await partner.queue.extend(first, timedelta(seconds=90), recovery_point="uploaded as 17.tmp")
    await partner.let_leases_run_out()
    await partner.queue.expire()
    assert (await lease_one(partner)).recovery_point == "uploaded as 17.tmp"


GUARDED = replace(QUICK, breaker=BreakerPolicy(failures=3, pause=timedelta(hours=1), longest=timedelta(hours=8)))


async def _open_breaker(engine: Engine) -> Partner:
    partner = Partner(engine, GUARDED)
    await partner.write(*(partner.new(f"K{n}", f"K{n}") for n in range(6)))
    for leased in await partner.lease(limit=3):
        await partner.report(leased, SILENT)
    return partner


async def _rest_is_over(partner: Partner) -> None:
    await partner.do("UPDATE breaker SET open_until = now(), probe_until = now() WHERE partner = $1")
    await partner.do("UPDATE delivery SET next_attempt_at = now() WHERE partner = $1 AND state = 'waiting'")


@pytest.mark.feature("F230")
async def test_an_open_breaker_gives_out_nothing_then_one_probe(engine: Engine) -> None:
    partner = await _open_breaker(engine)
    assert await partner.lease() == []
    await _rest_is_over(partner)
    [probe] = await partner.lease()
    assert await partner.lease() == [], "one probe at a time"
    await partner.report(probe, Delivered())
    assert len(await partner.lease()) == 5


async def test_probes_that_fail_do_not_use_up_the_documents_attempts(engine: Engine) -> None:
    partner = await _open_breaker(engine)
    for _ in range(QUICK.attempts * 3):
        await _rest_is_over(partner)
        [probe] = await partner.lease()
        assert (await partner.report(probe, SILENT)).end == "waiting"
    assert await partner.open_exceptions() == ["PARTNER_UNAVAILABLE"]
    await _rest_is_over(partner)
    await partner.report((await partner.lease())[0], Delivered())
    assert await partner.open_exceptions() == []
    assert await partner.fetch("SELECT count(*) FROM delivery WHERE partner = $1 AND state = 'dead'") == 0


async def test_a_partner_that_asks_to_come_again_uses_up_no_attempts_and_is_reported(engine: Engine) -> None:
    partner = Partner(engine, replace(QUICK, breaker=BreakerPolicy(failures=3, pause=timedelta(0))))
    await partner.write(partner.new("A", "A1"))
    for _ in range(QUICK.attempts * 3):
        assert (await partner.report(await lease_one(partner), COME_AGAIN)).end == "waiting"
    assert await partner.open_exceptions() == ["PARTNER_UNAVAILABLE"]
    await partner.report(await lease_one(partner), Delivered())
    assert await partner.open_exceptions() == []


async def test_a_probe_whose_worker_died_is_given_out_again(engine: Engine) -> None:
    partner = await _open_breaker(engine)
    await _rest_is_over(partner)
    assert len(await partner.lease()) == 1
    await partner.let_leases_run_out()
    await partner.queue.expire()
    await _rest_is_over(partner)
    assert len(await partner.lease()) == 1


async def test_a_partner_that_answers_busy_is_alive(engine: Engine) -> None:
    partner = Partner(engine, replace(GUARDED, attempts=100))
    await partner.write(partner.new("A", "A1"))
    for _ in range(10):
        await partner.report(await lease_one(partner), BUSY)
    assert await partner.numbers() == ["A1"]


@given(failures=st.integers(1, 60))
def test_backoff_doubles_to_its_longest_and_keeps_at_least_half(failures: int) -> None:
    limits = PartnerLimits()
    longest = min(limits.backoff_longest, limits.backoff_first * 2 ** min(failures - 1, 30))
    assert longest / 2 <= backoff(failures, limits) <= longest


async def test_what_is_unfinished_is_found_without_reading_all_that_ever_was(partner: Partner) -> None:
    done = Partner(partner.engine)
    await done.write(*(done.new(f"K{number}", f"N{number}") for number in range(50)))
    for each in await done.lease():
        await done.report(each, Delivered())
    async with transaction(partner.engine, TENANTS) as tx, reading_at_most(10, "delivery", tx.driver):
        found = await repair.list_page(tx.driver, partner=partner.name, unfinished=True, limit=10)
    assert [each.ordering_key for each in found] == ["A", "A"]
