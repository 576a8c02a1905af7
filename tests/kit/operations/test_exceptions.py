"""An exception is raised once, counted while it is open, and raised anew when it comes back after its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from crossdock_kit import exceptions
from crossdock_kit.context import Cause, caused_by
from crossdock_kit.database import Engine, transaction
from crossdock_kit.errors import FailureClass
from crossdock_kit.exceptions import ExceptionUnknown, NewException, RaisedException
from crossdock_kit.testing import reading_at_most
from crossdock_kit.unit_of_work import UnitOfWork
from kit_schema import Open

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def short(subject: str, *transactions: str, tenant: str = "acme") -> NewException:
    return NewException(
        tenant=tenant,
        failure_class=FailureClass.BUSINESS,
        code="RECEIPT_SHORT",
        summary=f"{subject} is short",
        owner="receiving",
        subject=subject,
        transaction_ids=transactions,
        keys=(f"po:{subject}",),
        details={"missing": "3"},
    )


async def listed(opened: Open, transaction: str, *, still_open: bool = True) -> list[RaisedException]:
    async with opened() as tx:
        return await exceptions.list_page(tx.driver, still_open=still_open, transaction_id=transaction)


@pytest.mark.feature("F224")
async def test_an_open_exception_is_not_raised_twice_but_counted_and_gathers_transactions(opened: Open) -> None:
    async with opened() as tx:
        await exceptions.raise_all(tx.driver, [short("r-1", "t-1"), short("r-1", "t-1"), short("r-2", "t-1")], at=AT)
    async with opened() as tx:
        await exceptions.raise_all(tx.driver, [short("r-1", "t-2")], at=AT)
    found = {each.subject: each for each in await listed(opened, "t-1")}
    assert sorted(found) == ["r-1", "r-2"]
    assert found["r-1"].occurrences == 3
    assert found["r-1"].transaction_ids == ("t-1", "t-2")
    assert found["r-1"].details == {"missing": "3"}
    assert found["r-1"].owner == "receiving"


@pytest.mark.feature("F228")
async def test_one_that_went_by_itself_is_resolved_and_may_come_back(opened: Open) -> None:
    again = short("back", "t-back")
    async with opened() as tx:
        await exceptions.raise_all(tx.driver, [again], at=AT)
        closed = await exceptions.resolve(
            tx.driver, "acme", [again.identity], resolution="arrived", by="inventory", at=AT
        )
        assert closed == 1
        await exceptions.raise_all(tx.driver, [again], at=AT)
    assert len(await listed(opened, "t-back")) == 1
    [before] = await listed(opened, "t-back", still_open=False)
    assert (before.resolution, before.resolved_by) == ("arrived", "inventory")


async def test_the_few_that_are_open_are_found_without_reading_all_that_ever_were(opened: Open) -> None:
    many = [short(f"settled-{number}", "t-many", tenant="globex") for number in range(50)]
    async with opened() as tx:
        await exceptions.raise_all(tx.driver, many, at=AT)
        named = [each.identity for each in many]
        await exceptions.resolve(tx.driver, "globex", named, resolution="arrived", by="inventory", at=AT)
        await exceptions.raise_all(tx.driver, [short("one", "t-many", tenant="globex")], at=AT)
    async with opened("globex") as tx, reading_at_most(10, "exception", tx.driver):
        [one] = await exceptions.list_page(tx.driver, still_open=True)
    assert one.subject == "one"


@pytest.mark.feature("F255")
async def test_closing_by_hand_keeps_the_first_reason(opened: Open) -> None:
    async with opened() as tx:
        await exceptions.raise_all(tx.driver, [short("hand", "t-hand")], at=AT)
    [raised] = await listed(opened, "t-hand")
    async with opened() as tx:
        first = await exceptions.close(tx.driver, raised.exception_id, resolution="counted again", by="ann", at=AT)
        second = await exceptions.close(tx.driver, raised.exception_id, resolution="other", by="bob", at=AT)
    assert (first.resolution, first.resolved_by) == ("counted again", "ann")
    assert second == first


async def test_another_tenant_neither_sees_nor_closes_it(opened: Open) -> None:
    async with opened() as tx:
        await exceptions.raise_all(tx.driver, [short("mine", "t-mine")], at=AT)
    [raised] = await listed(opened, "t-mine")
    async with opened("globex") as tx:
        assert await exceptions.list_page(tx.driver, still_open=True, transaction_id="t-mine") == []
    with pytest.raises(ExceptionUnknown):
        async with opened("globex") as tx:
            await exceptions.close(tx.driver, raised.exception_id, resolution="mine now", by="eve", at=AT)


async def test_pages_go_through_all_of_them_once(opened: Open) -> None:
    async with opened() as tx:
        await exceptions.raise_all(tx.driver, [short(f"p-{n}", "t-pages") for n in range(7)], at=AT)
    seen: list[str] = []
    after = exceptions.BEGINNING
    async with opened() as tx:
        while page := await exceptions.list_page(
            tx.driver, still_open=True, transaction_id="t-pages", after=after, limit=3
        ):
            seen += [each.subject for each in page]
            after = (page[-1].raised_at, page[-1].exception_id)
    assert sorted(seen) == [f"p-{n}" for n in range(7)]


async def test_an_unknown_one_is_said_to_be_unknown(opened: Open) -> None:
    with pytest.raises(ExceptionUnknown):
        async with opened() as tx:
            await exceptions.get(tx.driver, uuid4())


async def test_what_one_work_raises_and_then_resolves_does_not_stand(engine: Engine) -> None:
    """As what overtakes and what is overtaken in one batch: the newest word counts."""
    with caused_by(Cause("call", "Look", "acme", "tests", "corr", "cause", "", AT)):
        async with UnitOfWork(engine, lambda: None)(tenants=("acme",)) as work:
            work.raise_exception(replace(short("overtaken", "t-one-work"), tenant=""))
            work.resolve_exception(short("overtaken").identity, "it has come")
            work.resolve_exception(short("lasting").identity, "it had come")
            work.raise_exception(short("lasting", "t-one-work"))
    async with transaction(engine, ["acme"]) as tx:
        found = await exceptions.list_page(tx.driver, still_open=True, transaction_id="t-one-work")
    assert [each.subject for each in found] == ["lasting"]
