"""A distributor grows: more suppliers, warehouses, items, transactions, and a region with another ERP, other carriers
and other rules. What a transaction costs stays what it was, and a region is nothing but configuration.

The load is data (tests/system/src/load_profile/profile.yaml) and plays on a stack as `make up` starts it. Costs are
rows and messages, not seconds; these are printed. CROSSDOCK_GROWTH=each grows axis by axis, CROSSDOCK_GROWTH_TIMES=4
four times as far.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pprint import pformat
from typing import Any

import pytest
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock_local.place import Place
from load_profile import Region, Size, load
from load_profile.costs import Costs, counted, never_whole, observer, vacuumed
from load_profile.documents import LINES, Transaction
from load_profile.playing import MISSING, Load, declared_on, memory_mib
from partners.demo import fresh_stage
from partners.suite import reached

pytestmark = [pytest.mark.lasting(80), pytest.mark.feature("F338")]

EACH = os.environ.get("CROSSDOCK_GROWTH", "") == "each"
TIMES = int(os.environ.get("CROSSDOCK_GROWTH_TIMES", "1"))
# Of what was read or written before it grew, and rows that upkeep reads beside it.
MOST_TIMES, BESIDE = 2.0, {"number": 100.0, "partner_seconds": 5.0}
# Asked partner by partner on a clock, whether there is anything to do or not; open exceptions are counted on one.
POLLED = frozenset(
    f"connector.{each}" for each in ("breaker", "delivery", "document", "partner", "poll", "worker_lease")
) | {"procurement.exception"}
MOST_TIMES_MEMORY, MEMORY_BESIDE = 1.3, 40
ANNOUNCED = """
SELECT substring(headers FROM 'ce-businessunit: ([^\\r]*)') AS unit, count(*) AS n FROM "{}".journal GROUP BY 1
"""
Events = Mapping[tuple[str, str], int]
"""What was announced, by service and business unit."""


@dataclass(frozen=True, slots=True)
class Played:
    """The load at a size, and what it came to."""

    name: str
    size: Size
    transactions: Sequence[Transaction]
    costs: Costs
    events: Events
    seconds: float
    memory: Mapping[str, int]
    missing: Counter[str]
    """Certificates that were asked for before they were handed in, by business unit."""

    def of(self, region: Region) -> list[Transaction]:
        return [each for each in self.transactions if each.region == region]

    @property
    def number(self) -> float:
        return float(len(self.transactions))

    @property
    def partner_seconds(self) -> float:
        partners = self.size.regions * (2 + self.size.suppliers + self.size.warehouses)
        return partners * self.seconds

    def __str__(self) -> str:
        read, written = (sum(each.values()) / len(self.transactions) for each in (self.costs.read, self.costs.written))
        return (
            f"{self.name}: {self.size}: {len(self.transactions)} transactions in {self.seconds:.1f} s, of each "
            f"{read:.0f} rows read and {written:.0f} written; {max(self.memory.values())} MiB in the largest process"
        )


@pytest.fixture(scope="module")
async def growing() -> AsyncIterator[tuple[Load, list[Played]]]:
    """The load at its base, and at each size that it grew to."""
    profile = load()
    # Not pytest's own folder: the unprivileged user of PostgreSQL must be able to pass through.
    with tempfile.TemporaryDirectory(prefix="crossdock-growth-") as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o711)
        patch.setenv("CROSSDOCK_HOME", f"{folder}/home")
        with fresh_stage(Place(Path(folder) / "home"), lambda line: None, keep=False) as stage:
            await never_whole(stage.database)
            async with reached(stage.addresses, stage.credentials) as suite, declared_on(profile, stage, suite) as run:
                played = [await at_size(run, "base", profile.base)]
                for name, size in profile.steps(each=EACH, times=TIMES):
                    played.append(await at_size(run, name, size))
                print(*played, sep="\n")
                yield run, played


async def at_size(run: Load, name: str, size: Size) -> Played:
    await run.grow(size)
    database = run.stage.database
    await vacuumed(database)
    costs, events, began = await counted(database), await announced(database), time.monotonic()
    played, missing = await run.play()
    seconds = time.monotonic() - began
    now = await announced(database)
    since = {key: now[key] - events.get(key, 0) for key in now}
    memory = memory_mib(run.stage)
    return Played(name, size, played, (await counted(database)).since(costs), since, seconds, memory, missing)


async def announced(database: str) -> Events:
    async with observer(database) as connection:
        schemas = await connection.fetch("SELECT schemaname FROM pg_tables WHERE tablename = 'journal'")
        found: dict[tuple[str, str], int] = {}
        for schema in sorted({each["schemaname"] for each in schemas}):
            counts = await connection.fetch(ANNOUNCED.format(schema))
            found |= {(schema, each["unit"]): each["n"] for each in counts if each["unit"]}
        return found


def grew(base: Played, grown: Played, kind: str) -> dict[str, tuple[float, float]]:
    """Tables of which more is read or written than may be, by transaction; of polled ones by partner and second."""
    found = {}
    for name, rows in getattr(grown.costs, kind).items():
        by = "partner_seconds" if name in POLLED else "number"
        before, after = getattr(base.costs, kind)[name] / getattr(base, by), rows / getattr(grown, by)
        if after > MOST_TIMES * before + BESIDE[by]:
            found[f"{name} by {by}"] = round(before, 1), round(after, 1)
    return found


Growing = tuple[Load, list[Played]]


@pytest.mark.parametrize("kind", ["read", "written"])
async def test_a_transaction_reads_and_writes_no_more_rows_of_any_table_however_much_there_is(
    kind: str, growing: Growing
) -> None:
    _, [base, *grown] = growing
    found = {each.name: more for each in grown if (more := grew(base, each, kind))}
    assert found == {}, pformat(found)


async def test_a_transaction_is_announced_by_as_many_messages_at_every_size_and_in_every_region(
    growing: Growing,
) -> None:
    _, played = growing
    found = {(each.name, region.name): messages(each, region) for each in played for region in regions_of(each)}
    by_rules = {
        bool(region.certificates): {tuple(sorted(found[each.name, region.name].items()))}
        for each in played
        for region in regions_of(each)
    }
    for each in played:
        for region in regions_of(each):
            by_rules[bool(region.certificates)].add(tuple(sorted(found[each.name, region.name].items())))
    assert {rules: len(counts) for rules, counts in by_rules.items()} == {False: 1, True: 1}, found


def messages(played: Played, region: Region) -> dict[str, float]:
    """By service and transaction."""
    number = len(played.of(region))
    return {service: n / number for (service, unit), n in played.events.items() if unit == region.business_unit and n}


def regions_of(played: Played) -> list[Region]:
    return list(dict.fromkeys(each.region for each in played.transactions))


async def test_no_process_grows_with_the_load(growing: Growing) -> None:
    _, [base, *grown] = growing
    for each in grown:
        found = {
            name: (base.memory[name], held)
            for name, held in each.memory.items()
            if held > MOST_TIMES_MEMORY * base.memory[name] + MEMORY_BESIDE
        }
        assert found == {}, each.name


async def test_each_regions_suppliers_carriers_and_erp_hear_of_it_in_their_own_way_and_nobody_elses(
    growing: Growing,
) -> None:
    run, played = growing
    everything = [each for step in played for each in step.transactions]
    for region in run.regions:
        own = {each.key for each in everything if each.region == region}
        by_supplier = {n: keys_in(run.told(region.supplier(n)), own) for n in range(played[-1].size.suppliers)}
        wanted = {n: Counter(each.key for each in everything if is_of(each, region, n)) for n in by_supplier}
        assert by_supplier == wanted
        for content in (each for n in by_supplier for each in run.told(region.supplier(n))):
            assert content.startswith(b"ISA*") == region.orders.startswith("x12"), content[:80]
        tenders = run.told(region.carrier)
        assert keys_in(tenders, own) == Counter(own)
        assert {each.startswith(b"ISA*") for each in tenders} == {region.tender.startswith("x12")}
        assert {each["companyCode"] for each in booked(run, region)} == {region.business_unit}
        assert {
            line["order"] for each in booked(run, region) for line in each.get("lines", ()) if "order" in line
        } == own


def is_of(transaction: Transaction, region: Region, supplier: int) -> bool:
    return transaction.region == region and transaction.supplier == supplier


def keys_in(contents: Iterable[bytes], keys: Iterable[str]) -> Counter[str]:
    """How many files name each."""
    files = [each.decode() for each in contents]
    return +Counter({key: sum(key in each for each in files) for key in keys})


def booked(run: Load, region: Region) -> list[Mapping[str, Any]]:
    """What the region's ERP was told, by its API or in files."""
    if region.erp_transport == "http":
        return list(run.booked[region.erp])
    return [json.loads(each) for each in run.told(region.erp)]


async def test_goods_wait_for_certificates_where_the_regions_rules_ask_for_them_and_nowhere_else(
    growing: Growing,
) -> None:
    run, played = growing
    for each in played:
        wanted = {
            region.business_unit: len(each.of(region)) * LINES for region in regions_of(each) if region.certificates
        }
        assert each.missing == wanted, each.name
    assert [each for each in await run.suite.open_exceptions() if each.code == MISSING] == []
    for region in run.regions:
        [some, *_] = [each for each in played[-1].transactions if each.region == region]
        request = inventory.GetStockRequest(sku=region.item(some.items[0]))
        found = (await run.suite.call(run.suite.inventory.GetStock, request)).balances
        assert {balance.account for balance in found if float(balance.quantity.value)} >= {inventory.ACCOUNT_SELLABLE}
        assert all(not float(each.quantity.value) for each in found if each.account == inventory.ACCOUNT_QUARANTINED)


async def test_the_ledger_agrees_with_itself(growing: Growing) -> None:
    run, _ = growing
    assert await run.suite.ledger_differences() == []
