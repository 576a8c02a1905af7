"""An attribute is written by its owners only; of those who spoke the highest is shown, whatever came first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import inbound_pb2, purchase_order_pb2
from crossdock_kit import exceptions
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine
from crossdock_kit.ownership import (
    ROLES,
    Ownership,
    Said,
    owned_fields,
    ownership_table,
    role_name,
    shown,
)
from crossdock_kit.ownership_history import About, keep, said_about
from crossdock_kit.unit_of_work import UnitOfWork
from google.protobuf.descriptor import Descriptor
from google.type.date_pb2 import Date
from hypothesis import given
from hypothesis import strategies as st
from kit_schema import Open

AT = datetime(2026, 3, 2, tzinfo=UTC)
ERP, WMS, CARRIER, SUPPLIER = (ROLES[name] for name in ("ERP", "WMS", "CARRIER", "SUPPLIER"))
NOTICE: Descriptor = inbound_pb2.ShipNotice.DESCRIPTOR
ORDER: Descriptor = purchase_order_pb2.PurchaseOrder.DESCRIPTOR
RULES = Ownership()


def said(role: int, value: object, hours: int = 0, origin: str = "") -> Said:
    return Said(role, origin or role_name(role), value, AT + timedelta(hours=hours))


def tell(field: str, *words: Said, message: Descriptor = NOTICE, rules: Ownership = RULES) -> list[tuple[str, object]]:
    """What became of each word, and what was shown after it."""
    so_far: tuple[Said, ...] = ()
    found: list[tuple[str, object]] = []
    for word in words:
        verdict = rules.apply(message, field, so_far, word)
        so_far = verdict.said
        found.append((verdict.effect, verdict.shown and verdict.shown.value))
    return found


@pytest.mark.feature("F042")
def test_the_highest_that_has_spoken_is_shown_and_the_others_are_kept() -> None:
    assert tell(
        "expected_on",
        said(SUPPLIER, "friday", 0),
        said(WMS, "monday", 1),
        said(CARRIER, "sunday", 2),
        said(SUPPLIER, "saturday", 3),
        said(WMS, "tuesday", 4),
    ) == [("shown", "friday"), ("shown", "monday"), ("kept", "monday"), ("kept", "monday"), ("shown", "tuesday")]


@pytest.mark.feature("F040")
def test_what_another_owns_is_refused_with_the_reason_and_changes_nothing() -> None:
    verdict = RULES.apply(ORDER, "incoterms", (said(ERP, "DAP"),), said(SUPPLIER, "EXW", 5))
    assert (verdict.accepted, verdict.changed) == (False, False)
    assert verdict.reason == "SUPPLIER may not write it; it belongs to ERP"
    assert verdict.shown == said(ERP, "DAP")
    assert verdict.said == (said(ERP, "DAP"),)


def test_an_attribute_that_names_no_owner_belongs_to_nobody_outside() -> None:
    verdict = RULES.apply(ORDER, "etag", (), said(ERP, "x"))
    assert verdict.reason == "ERP may not write it; it belongs to nobody outside"
    with pytest.raises(KeyError):
        RULES.apply(ORDER, "no_such_field", (), said(ERP, "x"))


def test_a_late_word_of_the_same_source_is_not_shown() -> None:
    assert tell("carrier", said(CARRIER, "new", 2), said(CARRIER, "old", 1)) == [("shown", "new"), ("late", "new")]


def test_two_instances_of_one_role_are_two_sources_and_the_later_is_shown() -> None:
    east, west = said(WMS, "monday", 1, "WMS-EAST"), said(WMS, "tuesday", 2, "WMS-WEST")
    assert tell("expected_on", west, east) == [("shown", "tuesday"), ("kept", "tuesday")]


def test_saying_the_same_again_changes_nothing() -> None:
    verdict = RULES.apply(ORDER, "incoterms", (said(ERP, "DAP"),), said(ERP, "DAP", 1))
    assert (verdict.effect, verdict.changed) == ("shown", False)


@pytest.mark.feature("F039")
def test_a_deployment_may_give_an_attribute_to_others() -> None:
    theirs = Ownership({("crossdock.procurement.v1.PurchaseOrder", "incoterms"): (SUPPLIER, ERP)})
    words = said(ERP, "DAP"), said(SUPPLIER, "EXW", 1)
    assert tell("incoterms", *words, message=ORDER, rules=theirs) == [("shown", "DAP"), ("shown", "EXW")]


@pytest.mark.feature("F044")
def test_of_a_masked_update_each_field_is_judged_by_itself() -> None:
    update = inbound_pb2.ShipNotice(carrier="DHL", number="SH-1", expected_on=Date(year=2026, month=3, day=4))
    verdicts = RULES.apply_message(update, ["carrier", "number"], {}, said(CARRIER, None))
    assert {name: verdict.effect for name, verdict in verdicts.items()} == {"carrier": "shown", "number": "refused"}
    assert verdicts["carrier"].word.value == "DHL"


WORDS = st.lists(
    st.builds(
        Said,
        st.sampled_from([ERP, WMS, CARRIER, SUPPLIER]),
        st.sampled_from(["one", "two"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 4).map(lambda hours: AT + timedelta(hours=hours)),
    ),
    max_size=8,
)


@given(data=st.data(), words=WORDS.filter(bool))
def test_the_order_of_arrival_decides_nothing(data: st.DataObject, words: list[Said]) -> None:
    other = data.draw(st.permutations(words))
    assert tell("expected_on", *words)[-1][1] == tell("expected_on", *other)[-1][1]


@given(words=WORDS)
def test_what_is_shown_was_said_by_an_owner_and_no_higher_owner_is_passed_over(words: list[Said]) -> None:
    writers = RULES.writers(NOTICE, "expected_on")
    best = shown(writers, words)
    owners = [word for word in words if word.role in writers]
    assert (best is None) == (not owners)
    if best is not None:
        assert best in owners
        assert all(writers.index(best.role) <= writers.index(word.role) for word in owners)


@pytest.mark.feature("F043")
def test_the_table_says_what_is_enforced() -> None:
    table = ownership_table()
    assert "| `expected_on` | WMS, CARRIER, SUPPLIER |" in table
    assert "## crossdock.procurement.v1.PurchaseOrder\n" in table
    fields = list(owned_fields())
    assert len(fields) > 20
    for each in fields:
        assert all(role != options_pb2.ROLE_UNSPECIFIED for role in each.writers), each
        assert len(set(each.writers)) == len(each.writers), each


async def test_every_word_is_kept_and_a_refused_one_is_raised(engine: Engine, opened: Open) -> None:
    about = About(message=NOTICE, object_id=uuid4().hex, transaction_ids=(uuid4().hex,))
    first = inbound_pb2.ShipNotice(carrier="DHL", expected_on=Date(year=2026, month=3, day=4))
    second = inbound_pb2.ShipNotice(carrier="UPS", expected_on=Date(year=2026, month=3, day=5), number="SH-2")
    uow = UnitOfWork(engine, lambda: None)
    for update, by in ((first, said(SUPPLIER, None)), (second, said(CARRIER, None, 1))):
        with caused_by(Cause("call", "Test", "acme", "tests", "c", "c", "", AT)):
            async with uow(tenants=("acme",)) as work:
                so_far = await said_about(work.driver, "acme", about)
                names = [each.name for each, _ in update.ListFields()]
                await keep(work, about, RULES.apply_message(update, names, so_far, by))
    async with opened() as tx:
        known = await said_about(tx.driver, "acme", about)
        rows = await tx.driver.fetchval("SELECT count(*) FROM field_value WHERE object_id = $1", about.object_id)
        [raised] = await exceptions.list_page(tx.driver, still_open=True, transaction_id=about.transaction_ids[0])
    assert rows == 5
    expected = shown(RULES.writers(NOTICE, "expected_on"), known["expected_on"])
    assert expected is not None
    assert (role_name(expected.role), expected.value) == ("CARRIER", Date(year=2026, month=3, day=5))
    assert "number" not in known
    assert (raised.code, raised.details) == (
        "FIELD_NOT_OWNED",
        {"number": "CARRIER may not write it; it belongs to SUPPLIER"},
    )
