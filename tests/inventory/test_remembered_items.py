"""Master data for reservations: read once, renewed in company while it is in use, never older than it may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import uuid4

import pytest
from inventory.domain.item import Item
from inventory.store.master_data import StoredMasterData
from inventory.store.remembered import FRESH_SECONDS, RememberedItems
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


async def test_what_nobody_asks_for_again_is_renewed_only_once(stage: Stage, reads: list[set[str]]) -> None:
    used, once, new = three_skus()
    await stage.know(used, once)
    clock = Hands()
    items = RememberedItems(stage.engine, clock)
    await items.known("acme", [used, once])
    for _ in range(2):
        clock.now += SOON_OLD
        await items.known("acme", [used])
        await items.known("acme", [new])
    assert reads == [{used, once}, {used, once, new}, {used, new}]


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
