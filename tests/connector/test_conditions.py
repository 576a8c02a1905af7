"""Whether business with a partner degrades or recovers is a fact that everybody hears, once per change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from connector.domain.condition import Condition, Signs, judged
from connector.use_cases.watch_conditions import ConditionWatch
from connector_samples.partners import http
from connector_samples.rig import TENANT, TENANTS, Rig
from crossdock.connector.events.v1 import events_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit import breaker
from crossdock_kit.breaker import Breaker
from crossdock_kit.clock import SystemClock
from crossdock_kit.database import transaction

WELL = Signs(0, "closed", "", worker_lost=False)


def watch(rig: Rig) -> ConditionWatch:
    return ConditionWatch(rig.engine, TENANTS, SystemClock(), rig.around)


async def partner(rig: Rig, name: str, **spec: object) -> None:
    known = {"role": "WMS", "system": name.upper(), "locations": [f"WH-{name.upper()}"], "transport": http()}
    await rig.partner(name, **known | {"documents": []} | spec)


async def broken(rig: Rig, name: str) -> None:
    async with transaction(rig.engine, (TENANT,)) as tx:
        await breaker.load_to_change(tx.driver, [(TENANT, name)])
        opened = Breaker("open", 5, 1, datetime.now(UTC) + timedelta(minutes=1))
        await breaker.save(tx.driver, {(TENANT, name): opened})


async def answers(rig: Rig, name: str) -> None:
    async with transaction(rig.engine, (TENANT,)) as tx:
        await breaker.heard(tx.driver, [(TENANT, name)])


async def told(rig: Rig, name: str) -> list[tuple[int, str, str]]:
    """Version, event and reason of what was announced of a partner's condition."""
    rows = await rig.rows(
        "SELECT type, version, body FROM journal WHERE aggregate = $1 ORDER BY version", f"partner/{name}"
    )
    found: list[tuple[int, str, str]] = []
    for row in rows:
        kind = row["type"].rpartition(".")[2]
        if kind == "PartnerDegraded":
            found.append((row["version"], kind, events_pb2.PartnerDegraded.FromString(row["body"]).reason))
        elif kind == "PartnerRecovered":
            found.append((row["version"], kind, events_pb2.PartnerRecovered.FromString(row["body"]).before))
    return found


@pytest.mark.feature("F037")
async def test_a_partner_that_degrades_and_recovers_is_announced_once_each_time(rig: Rig) -> None:
    await partner(rig, "wms-cond")
    assert await watch(rig).look() == 0
    await broken(rig, "wms-cond")
    assert await watch(rig).look() == 1
    assert await watch(rig).look() == 0
    await answers(rig, "wms-cond")
    assert await watch(rig).look() == 1
    assert await watch(rig).look() == 0
    assert await told(rig, "wms-cond") == [
        (2, "PartnerDegraded", "BREAKER_OPEN"),
        (3, "PartnerRecovered", "BREAKER_OPEN"),
    ]
    [row] = await rig.rows("SELECT headers, body FROM journal WHERE aggregate = 'partner/wms-cond' AND version = 2")
    fact = events_pb2.PartnerDegraded.FromString(row["body"])
    assert (fact.role, fact.before) == (options_pb2.ROLE_WMS, "")
    assert "partner:wms-cond" in row["headers"]
    published = (
        "SELECT count(*) FROM pending p JOIN journal j USING (tenant, event_id) WHERE j.aggregate = 'partner/wms-cond'"
    )
    assert await rig.value(published) == 3


@pytest.mark.feature("F037")
async def test_another_reason_is_announced_and_the_profile_may_change_meanwhile(rig: Rig) -> None:
    await partner(rig, "wms-more")
    await broken(rig, "wms-more")
    await watch(rig).look()
    await rig.value(
        "INSERT INTO delivery (tenant, delivery_id, partner, kind, ordering_key, payload, idempotency_key, state)"
        " VALUES ('acme', gen_random_uuid(), 'wms-more', 'k', 'o', '', 'wms-more/1', 'dead')"
    )
    await watch(rig).look()
    await partner(rig, "wms-more", businessUnit="US01")
    await answers(rig, "wms-more")
    await rig.value("UPDATE delivery SET state = 'cancelled' WHERE partner = 'wms-more'")
    await watch(rig).look()
    assert await told(rig, "wms-more") == [
        (2, "PartnerDegraded", "BREAKER_OPEN"),
        (3, "PartnerDegraded", "GIVEN_UP"),
        (5, "PartnerRecovered", "GIVEN_UP"),
    ]


@pytest.mark.feature("F037")
async def test_a_worker_that_is_gone_degrades_a_partner_that_is_not_paused(rig: Rig) -> None:
    for name, state in (("wms-left", "running"), ("wms-rest", "paused"), ("wms-new", "running")):
        await partner(rig, name, state=state)
    for name in ("wms-left", "wms-rest"):
        await rig.value(
            "INSERT INTO worker_lease (tenant, partner, transport, worker, epoch, expires_at)"
            " VALUES ('acme', $1, 'outbound', 'w', 1, now() - interval '2 minutes')",
            name,
        )
    await watch(rig).look()
    assert [await told(rig, name) for name in ("wms-left", "wms-rest", "wms-new")] == [
        [(2, "PartnerDegraded", "NO_WORKER")],
        [],
        [],
    ]


@pytest.mark.parametrize(
    ("signs", "reason"),
    [
        (WELL, ""),
        (Signs(2, "open", "x", worker_lost=True), "GIVEN_UP"),
        (Signs(0, "half_open", "x", worker_lost=True), "BREAKER_OPEN"),
        (Signs(0, "closed", "HTTP 503", worker_lost=True), "POLLING_FAILS"),
        (Signs(0, "closed", "", worker_lost=True), "NO_WORKER"),
    ],
)
def test_what_needs_a_person_first_stands_first(signs: Signs, reason: str) -> None:
    found = judged(signs)
    assert found.reason == reason
    assert (found == Condition()) is (signs == WELL)
