"""What `helm test` runs in a cluster, by the same command line, against a stack of this machine."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from crossdock_local.cluster_identity import CHART_TEST
from crossdock_local.place import Place
from partners.demo import fresh_stage
from partners.suite import reached
from small_day import SmallDay
from small_day.asking import traced

pytestmark = pytest.mark.lasting(120)

TESTER = CHART_TEST.permissions
BOUGHT = ("PurchaseOrderReleased", "AcknowledgePurchaseOrder", "PurchaseOrderAcknowledged", "PurchaseOrderCancelled")


@pytest.fixture(scope="module")
async def day() -> AsyncIterator[SmallDay]:
    """A stack on which nothing has been played."""
    # Not pytest's own folder: the unprivileged user of PostgreSQL must be able to pass through.
    with tempfile.TemporaryDirectory(prefix="crossdock-helm-") as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o711)
        patch.setenv("CROSSDOCK_HOME", f"{folder}/home")
        with fresh_stage(Place(Path(folder) / "home"), lambda line: None, keep=False) as stage:
            async with reached(stage.addresses, stage.credentials) as suite:
                yield SmallDay(stage, suite)


async def names_of(day: SmallDay, key: str) -> list[str]:
    return [each["name"] for each in (await traced(day, key))["steps"]]


@pytest.mark.feature("F344")
async def test_an_order_that_is_bought_and_one_that_is_sold_go_through_again_and_again(
    day: SmallDay, tmp_path: Path
) -> None:
    for _ in range(2):
        said = await day.helm_test(tmp_path, TESTER)
        assert said.code == 0, said.out + said.err
        number = said.out.splitlines()[-1].split()[2]
        names = await names_of(day, f"po:{number}")
        assert [names.index(each) for each in BOUGHT] == sorted(names.index(each) for each in BOUGHT)
        assert "OrderLinesBackordered" in await names_of(day, f"order:{number}-S")
        sold = (await day.crossdock("order", "show", f"{number}-S", "--json")).json["order"]
        assert (sold["state"], sold["channel"]) == ("ORDER_STATE_CANCELLED", "crossdock-test-shop")
        assert not [each for each in await day.suite.open_exceptions() if "CROSSDOCK-TEST" in each.summary]


async def test_it_leaves_nothing_with_a_partner(day: SmallDay, tmp_path: Path) -> None:
    said = await day.helm_test(tmp_path, TESTER)
    assert said.code == 0, said.out + said.err
    sent = [each for each in day.stage.transport.rglob("*") if each.is_file() and "crossdock-test" in str(each)]
    assert sent == []


async def test_without_sales_orders_it_tests_what_is_bought(day: SmallDay, tmp_path: Path) -> None:
    peers = {name: day.stage.addresses[name] for name in ("catalog", "connector", "inventory", "procurement")}
    said = await day.helm_test(tmp_path, TESTER, CROSSDOCK_PEERS=json.dumps(peers))
    assert said.code == 0, said.out + said.err
    assert "shop" not in said.out


async def test_it_says_what_is_wrong(day: SmallDay, tmp_path: Path) -> None:
    said = await day.helm_test(tmp_path, ["catalog.*"])
    assert said.code == 1
    assert "FAILED: put the test's item, supplier, place and partners into catalog and connector: PERM" in said.err
    nobody = json.dumps(dict.fromkeys(("catalog", "connector", "inventory", "procurement"), "127.0.0.1:1"))
    said = await day.helm_test(tmp_path, TESTER, CROSSDOCK_PEERS=nobody, CROSSDOCK_TEST_SECONDS="0.5")
    assert said.code == 1
    assert "not within 0.5 s; " in said.err
    said = await day.helm_test(tmp_path, TESTER, CROSSDOCK_PEERS="{}")
    assert (said.code, said.out) == (2, "")
    assert "CROSSDOCK_PEERS names no catalog" in said.err
