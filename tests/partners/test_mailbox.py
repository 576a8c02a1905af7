"""A partner's folder: a file that comes a second time is acknowledged a second time, and changes no book."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from partners import x12
from partners.journal import Journal
from partners.sales.edi_customer import EdiCustomer

NOTICE = [
    ["BSN", "00", "SH-1", "20260302", "0900"],
    ["HL", "1", "", "S"],
    ["HL", "2", "1", "O"],
    ["PRF", "PO-1"],
    ["HL", "3", "2", "I"],
    ["LIN", "2", "VP", "A1004"],
    ["SN1", "", "3", "EA"],
]


@pytest.fixture
async def customer(tmp_path: Path) -> AsyncIterator[EdiCustomer]:
    found = EdiCustomer(Journal(), tmp_path)
    found.start()
    yield found
    await found.stop()


async def test_a_notice_that_comes_twice_is_booked_once_and_answered_twice(
    customer: EdiCustomer, tmp_path: Path
) -> None:
    content = x12.Writer("ACME", "MERCATO").interchange("856", "SH", NOTICE)
    for times in (1, 2):
        draft = tmp_path / "out" / "notice.edi.tmp"
        draft.write_bytes(content)
        draft.rename(draft.with_suffix(""))
        async with asyncio.timeout(20):
            while len(list((tmp_path / "in").glob("*_997.edi"))) < times:
                customer.check()
                await asyncio.sleep(0.02)
    assert customer.book.shipped["PO-1", "2"] == Decimal(3)
