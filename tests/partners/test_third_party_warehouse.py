"""A third party's warehouse on X12: what it reads in 943 and 940, what it answers, and what is not acknowledged yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from partners import x12
from partners.books import ItemCard
from partners.day import load
from partners.journal import Journal
from partners.picking import Parcel
from partners.wms_x12 import WarehouseX12

ADVICE = [
    ["W06", "J", "ref-1", "", "SH-1", "", "4500000167", "", "", "", "", "", "1"],
    ["N1", "WH", "", "92", "LG-01"],
    ["N9", "V0", "1"],
    ["W04", "2", "CA", "", "VN", "A1004"],
    ["N9", "PO", "4500000167"],
    ["N9", "LI", "10"],
    ["N9", "LT", "L1"],
    ["W03", "2"],
]
RELEASE = [
    ["W05", "N", "SO-7/1.1", "SO-7"],
    ["N1", "WH", "", "92", "LG-01"],
    ["N9", "IL", "SO-7", "id-7"],
    ["LX", "1"],
    ["W01", "3", "EA", "", "VN", "A1004"],
    ["N9", "LI", "2"],
    ["W76", "3"],
]


TRANSFER = [
    ["W06", "J", "EAST-T2", "20260302", "", "", "", "", "", "", "", "", "1"],
    ["N1", "WH", "", "92", "LG-01"],
    ["N1", "SF", "", "92", "WH-EAST"],
    ["N9", "TN", "EAST-T2", "EAST-T2"],
    ["W04", "5", "EA", "", "VN", "T1"],
    ["W03", "5"],
]


class House:
    """The warehouse, and the suite's side of its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.journal, self._writer = folder, Journal(), x12.Writer("ACME", "LOGI")
        cards = {"A1004": ItemCard("A1004", "EA", Decimal(12)), "T1": ItemCard("T1", "EA", None)}
        self.warehouse = WarehouseX12("wms-logi", "WH-LOGI", load(), cards, self.journal, folder)
        self._files = 0

    def tell(self, set_id: str, group: str, rows: list[list[str]]) -> None:
        self._files += 1
        draft = self.folder / "out" / f"{self._files:03d}.edi.tmp"
        draft.write_bytes(self._writer.interchange(set_id, group, rows))
        draft.rename(draft.with_suffix(""))

    async def said(self, set_id: str, number: int = 1) -> x12.Sent:
        """The set of that kind that it wrote as the so-manieth."""
        async with asyncio.timeout(20):
            while True:
                files = sorted((self.folder / "in").glob(f"*_{set_id}.edi"))
                if len(files) >= number:
                    return x12.read(files[number - 1].read_bytes())[0]
                await asyncio.sleep(0.02)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    found = House(tmp_path)
    found.warehouse.start()
    yield found
    await found.warehouse.stop()


def rows_of(sent: x12.Sent, name: str) -> list[list[str]]:
    return [row for row in sent.segments if row[0] == name]


async def test_what_a_943_announces_is_acknowledged_received_and_told_by_944(house: House) -> None:
    house.tell("943", "AR", ADVICE)
    assert rows_of(await house.said("997"), "AK1") == [["AK1", "AR", "1"]]
    receipt = await house.said("944")
    assert [row[5] for row in rows_of(receipt, "W17")] == ["SH-1"]
    assert rows_of(receipt, "W07") == [["W07", "24", "EA", "", "VN", "A1004", "", "", "L1"]]
    assert rows_of(receipt, "N9") == [["N9", "PO", "4500000167"], ["N9", "LI", "10"]]
    assert house.warehouse.book.received["4500000167", "10"] == 24


async def test_what_a_943_says_of_a_transfer_is_received_by_a_944_that_names_it_and_is_no_orders(house: House) -> None:
    house.tell("943", "AR", TRANSFER)
    receipt = await house.said("944")
    assert [(row[1], row[3]) for row in rows_of(receipt, "W17")] == [("F", "TR-EAST-T2")], "W1703 has 12 characters"
    assert rows_of(receipt, "N9") == [["N9", "TN", "EAST-T2", "EAST-T2"]]
    assert rows_of(receipt, "W07") == [["W07", "5", "EA", "", "VN", "T1"]]
    assert house.journal.of("wms-logi", "sent", "x12.944") == []
    house.tell("943", "AR", TRANSFER)
    await house.said("997", 2)
    assert len(list((house.folder / "in").glob("*_944.edi"))) == 1


async def test_an_older_943_of_the_same_reference_changes_nothing(house: House) -> None:
    newer = [["N9", "V0", "2"] if row[:2] == ["N9", "V0"] else row for row in ADVICE]
    house.tell("943", "AR", newer)
    await house.said("944")
    house.tell("943", "AR", ADVICE)
    await house.said("997", 2)
    assert len(list((house.folder / "in").glob("*_944.edi"))) == 1


async def test_what_a_940_releases_is_handed_over_and_told_by_945(house: House) -> None:
    taken: list[Parcel] = []
    house.warehouse.floor.truck = taken.append
    house.tell("940", "OW", RELEASE)
    issue = await house.said("945")
    assert rows_of(issue, "W06")[0][2] == "SO-7/1.1"
    assert rows_of(issue, "W12") == [["W12", "CC", "3", "3", "0", "EA", "", "VN", "A1004"]]
    assert ["N9", "IL", "SO-7", "id-7"] in issue.segments
    places = [row[0] for row in issue.segments]
    assert places.index("N9") < places.index("G62") < places.index("W27") < places.index("LX")
    while not taken:
        await asyncio.sleep(0.01)
    [parcel] = taken
    assert (parcel.order, parcel.contents) == ("SO-7", {"2": Decimal(3)})
    assert house.warehouse.floor.issued == {("SO-7", "2"): Decimal(3)}


async def test_what_it_sent_is_unanswered_until_a_997_accepts_its_group(house: House) -> None:
    await house.warehouse.adjust("A-1", [{"sku": "T1", "code": "AU", "change": -2}])
    written = await house.said("947")
    assert rows_of(written, "W19") == [["W19", "AU", "-2", "EA", "", "VN", "T1"]]
    assert list(house.warehouse.unanswered.values()) == ["947 A-1"]
    for verdict in ("R", "A"):
        house.tell("997", "FA", x12.functional_ack([written], verdict))
        while len(house.journal.of("wms-logi", "received", "x12.997")) < (1 if verdict == "R" else 2):
            await asyncio.sleep(0.01)
        assert bool(house.warehouse.unanswered) == (verdict == "R")
    assert not list((house.folder / "in").glob("*_997.edi")), "an acknowledgment is not acknowledged"


async def test_it_says_nothing_and_hears_nothing_while_it_is_silent(house: House) -> None:
    house.warehouse.faults.silent = True
    house.tell("943", "AR", ADVICE)
    await asyncio.sleep(0.3)
    assert list((house.folder / "in").iterdir()) == []
    house.warehouse.faults.silent = False
    await house.said("944")


async def test_what_it_states_stands_by_item_and_kind_of_quantity(house: House) -> None:
    await house.warehouse.state("S-1", [{"sku": "T1", "stated": {"17": 27, "QH": 3}}])
    stated = await house.said("846")
    assert rows_of(stated, "QTY") == [["QTY", "17", "27", "EA"], ["QTY", "QH", "3", "EA"]]
