"""A transaction is found by any key that names it, and its steps come in the order in which they happened."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from crossdock_kit import timeline
from crossdock_kit.context import Cause
from crossdock_kit.timeline import Root, Step
from kit_schema import Open

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def step(*transactions: str, keys: tuple[str, ...] = (), name: str = "step", correlation_id: str = "") -> Step:
    return Step(
        kind="event",
        name=name,
        at=AT,
        tenant="acme",
        transaction_ids=transactions,
        keys=keys,
        correlation_id=correlation_id,
    )


async def found(opened: Open, key: str) -> list[str]:
    async with opened() as tx:
        return [match.transaction_id for match in await timeline.find_transactions(tx.driver, key)]


@pytest.mark.feature("F267")
async def test_a_transaction_is_found_by_key_bare_number_correlation_and_its_own_id(opened: Open) -> None:
    root = Root(tenant="acme", transaction_id="t-1", type="purchase_order", root_key="po:A-4711")
    async with opened() as tx:
        await timeline.record(tx.driver, [step("t-1", keys=("po:A-4711", "sku:X"), correlation_id="c-1")], [root])
        matches = await timeline.find_transactions(tx.driver, "a-4711")
    assert [(m.transaction_id, m.type, m.root_key) for m in matches] == [("t-1", "purchase_order", "po:A-4711")]
    for key in ("po:A-4711", "A-4711", "sku:X", "c-1", "t-1"):
        assert await found(opened, key) == ["t-1"], key
    assert await found(opened, "po:4711") == []


async def test_steps_come_in_the_order_recorded_and_in_pages(opened: Open) -> None:
    async with opened() as tx:
        for n in range(5):
            await timeline.record(tx.driver, [step("t-page", name=f"step {n}")])
        first = await timeline.list_steps(tx.driver, ["t-page"], limit=3)
        rest = await timeline.list_steps(tx.driver, ["t-page"], limit=3, after=first[-1][0])
    assert [each.name for _, each in first + rest] == [f"step {n}" for n in range(5)]


async def test_steps_of_one_transaction_are_read_past_all_others(opened: Open) -> None:
    """Under the row security of a service's own user, which keeps most indexes over lists from it."""
    crowd = [
        step(f"t-{n // 10}", *([f"t-{n // 10}-too"] if n % 100 == 0 else []), keys=(f"po:{n // 10}",))
        for n in range(5000)
    ]
    async with opened() as tx:
        await timeline.record(tx.driver, crowd)
        rows = await tx.driver.fetch(f"EXPLAIN (ANALYZE, FORMAT TEXT) {timeline.LIST}", ["t-7", "t-10-too"], 0, 100)
        shown = await timeline.list_steps(tx.driver, ["t-7", "t-10-too"], limit=100)
    assert [each.transaction_ids[0] for _, each in shown] == ["t-7"] * 10 + ["t-10"]
    looked_through = [int(found) for row in rows for found in re.findall(r"Rows Removed by Filter: (\d+)", row[0])]
    assert sum(looked_through) < 100


async def test_what_led_to_a_transaction_before_it_had_a_name_stands_in_its_timeline(opened: Open) -> None:
    async with opened() as tx:
        read = step(keys=("document:D", "po:N"), name="read", correlation_id="c-named")
        other_key = step(keys=("document:E", "po:M"), name="read something else", correlation_id="c-named")
        other_day = step(keys=("document:F", "po:N"), name="read and refused", correlation_id="c-before")
        accepted = step("t-named", keys=("document:D",), name="accepted", correlation_id="c-named")
        await timeline.record(tx.driver, [read, other_key, other_day, accepted])
        shown = await timeline.list_steps(tx.driver, ["t-named"], limit=10)
        rest = await timeline.list_steps(tx.driver, ["t-named"], limit=10, after=shown[0][0])
    assert [each.name for _, each in shown] == ["read", "accepted"]
    assert [each.name for _, each in rest] == ["accepted"]


@pytest.mark.feature("F127")
async def test_a_document_of_two_orders_stands_in_both_timelines_but_leads_neither_to_the_other(opened: Open) -> None:
    async with opened() as tx:
        await timeline.record(tx.driver, [step("t-a", keys=("po:A",)), step("t-b", keys=("po:B",))])
        asn = step("t-a", "t-b", keys=("asn:S", "po:A", "po:B"), name="asn")
        await timeline.record(tx.driver, [asn])
        steps_of_b = [each.name for _, each in await timeline.list_steps(tx.driver, ["t-b"], limit=10)]
    assert steps_of_b == ["step", "asn"]
    assert await found(opened, "asn:S") == ["t-a", "t-b"]
    assert await found(opened, "po:A") == ["t-a"]


async def test_the_same_rule_holds_inside_one_batch(opened: Open) -> None:
    async with opened() as tx:
        both = step("t-c", "t-d", keys=("asn:T", "po:C", "po:D"))
        await timeline.record(tx.driver, [both, step("t-c", keys=("po:C",)), step("t-d", keys=("po:D",))])
    assert await found(opened, "po:C") == ["t-c"]
    assert sorted(await found(opened, "asn:T")) == ["t-c", "t-d"]


async def test_a_key_that_a_root_brings_along_leads_to_no_other_order(opened: Open) -> None:
    root = Root(tenant="acme", transaction_id="t-g", type="purchase_order", root_key="po:G")
    async with opened() as tx:
        await timeline.record(
            tx.driver, [step("t-g", "t-h", keys=("asn:U", "po:G")), step("t-g", keys=("po:G",))], [root]
        )
    assert await found(opened, "po:G") == ["t-g"]
    assert sorted(await found(opened, "asn:U")) == ["t-g", "t-h"]


async def test_a_root_outranks_those_who_only_mention_its_key(opened: Open) -> None:
    async with opened() as tx:
        await timeline.record(tx.driver, [step("t-e", "t-f", keys=("po:E",))])
        root = Root(tenant="acme", transaction_id="t-e", type="purchase_order", root_key="po:E")
        await timeline.record(tx.driver, [], [root])
    assert await found(opened, "po:E") == ["t-e"]


async def test_another_tenant_finds_nothing(opened: Open) -> None:
    async with opened() as tx:
        await timeline.record(tx.driver, [step("t-secret", keys=("po:SECRET",), correlation_id="c-secret")])
    async with opened("globex") as tx:
        assert await timeline.find_transactions(tx.driver, "po:SECRET") == []
        assert await timeline.find_transactions(tx.driver, "c-secret") == []
        assert await timeline.list_steps(tx.driver, ["t-secret"], limit=10) == []


def test_a_step_takes_waiting_and_working_time_from_its_cause() -> None:
    cause = Cause(
        kind="event",
        name="PurchaseOrderReleased",
        tenant="acme",
        actor="procurement",
        correlation_id="c",
        causation_id="e",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03",
        started_at=AT + timedelta(seconds=4),
        caused_at=AT,
    )
    made = timeline.step_of(cause, now=AT + timedelta(seconds=5), outcome="refused", reason="ORDER_CLOSED")
    assert (made.waited, made.took) == (timedelta(seconds=4), timedelta(seconds=1))
    assert (made.trace_id, made.span_id) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert (made.outcome, made.reason) == ("refused", "ORDER_CLOSED")


async def test_what_is_written_comes_back_the_same(opened: Open) -> None:
    whole = Step(
        kind="delivery",
        name="850",
        at=AT,
        tenant="acme",
        transaction_ids=("t-whole",),
        keys=('po:"quoted", {odd}', "asn:ü\\"),
        actor="worker",
        attempt=3,
        outcome="retry",
        reason="TIMEOUT",
        waited=timedelta(days=2, microseconds=5),
        took=timedelta(milliseconds=12),
        trace_id="a" * 32,
        span_id="b" * 16,
        correlation_id="c",
        causation_id="d",
        aggregate="purchase_order/1",
        event_version=7,
    )
    async with opened() as tx:
        await timeline.record(tx.driver, [whole])
        [(_, back)] = await timeline.list_steps(tx.driver, ["t-whole"], limit=10)
    assert back == whole


async def test_a_key_with_the_separator_stays_one_key(opened: Open) -> None:
    async with opened() as tx:
        await timeline.record(tx.driver, [step("t-odd", keys=("asn:a\x1fb", "po:1"))])
        [(_, back)] = await timeline.list_steps(tx.driver, ["t-odd"], limit=10)
    assert back.keys == ("asn:a\ufffdb", "po:1")
