"""Master data for reservations: read once, renewed in company while it is in use, never older than it may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import uuid4

import pytest
from crossdock_kit.errors import Unavailable
from inventory.domain.item import Item
from inventory.store.master_data import StoredMasterData
from inventory.store.remembered import FRESH_SECONDS, IN_USE_SECONDS, RememberedItems
from inventory_stage import Stage

SOON_OLD = FRESH_SECONDS * 0.6


class Hands:
    """A clock that is set by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The names of every read of items."""
    found: list[set[str]] = []
    known = StoredMasterData.known

    async def noted(self: StoredMasterData, tenant: str, skus: Iterable[str]) -> Mapping[str, Item]:
        found.append(set(skus))
        return await known(self, tenant, skus)

    monkeypatch.setattr(StoredMasterData, "known", noted)
    return found


def three_skus() -> tuple[str, str, str]:
    mark = uuid4().hex[:8].upper()
    return f"USED-{mark}", f"ONCE-{mark}", f"NEW-{mark}"


async def test_what_is_in_use_is_renewed_with_what_others_read(stage: Stage, reads: list[set[str]]) -> None:
    used, once, new = three_skus()
    await stage.know(used, once)
    clock = Hands()
    items = RememberedItems(stage.engine, clock)
    await items.known("acme", [used, once])
    clock.now += SOON_OLD
    await items.known("acme", [new])
    assert reads == [{used, once}, {used, once, new}]
    clock.now += SOON_OLD
    assert set(await items.known("acme", [used])) == {used}
    assert len(reads) == 2


async def test_what_nobody_has_asked_for_lately_is_renewed_no_more(stage: Stage, reads: list[set[str]]) -> None:
    used, once, new = three_skus()
    await stage.know(used, once)
    clock = Hands()
    items = RememberedItems(stage.engine, clock)
    await items.known("acme", [used, once])
    began = clock.now
    while clock.now + SOON_OLD <= began + IN_USE_SECONDS:
        clock.now += SOON_OLD
        await items.known("acme", [used])
        await items.known("acme", [new])
    assert reads[-1] == {used, once, new}
    clock.now += SOON_OLD
    await items.known("acme", [used])
    await items.known("acme", [new])
    assert reads[-1] == {used, new}


async def test_what_could_not_be_renewed_is_read_again_with_what_others_read(
    stage: Stage, reads: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    used, _, new = three_skus()
    await stage.know(used)
    clock, noted, away = Hands(), StoredMasterData.known, {new: True}

    async def sometimes_away(self: StoredMasterData, tenant: str, skus: Iterable[str]) -> Mapping[str, Item]:
        found = await noted(self, tenant, skus)
        if any(away.pop(sku, False) for sku in skus):
            raise Unavailable("the database is away")
        return found

    monkeypatch.setattr(StoredMasterData, "known", sometimes_away)
    items = RememberedItems(stage.engine, clock)
    await items.known("acme", [used])
    clock.now += SOON_OLD
    with pytest.raises(Unavailable):
        await items.known("acme", [new])
    clock.now += SOON_OLD
    await items.known("acme", [new])
    assert reads == [{used}, {used, new}, {used, new}]


async def test_what_is_renewed_is_what_the_database_says_by_then(stage: Stage, reads: list[set[str]]) -> None:
    used, _, new = three_skus()
    await stage.know(used, new)
    clock = Hands()
    items = RememberedItems(stage.engine, clock)
    await items.known("acme", [used])
    await stage.fetch("DELETE FROM item WHERE sku = $1", used)
    assert set(await items.known("acme", [used])) == {used}
    clock.now += SOON_OLD
    await items.known("acme", [new])
    assert await items.known("acme", [used]) == {}


async def test_nothing_is_believed_longer_than_it_may_be(stage: Stage, reads: list[set[str]]) -> None:
    used, _, _ = three_skus()
    await stage.know(used)
    clock = Hands()
    items = RememberedItems(stage.engine, clock)
    await items.known("acme", [used])
    await stage.fetch("DELETE FROM item WHERE sku = $1", used)
    clock.now += FRESH_SECONDS + 1
    assert await items.known("acme", [used]) == {}
    assert reads == [{used}, {used}]
