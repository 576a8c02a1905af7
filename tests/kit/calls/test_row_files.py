"""Rows of messages as files: the same each time, whole or not there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crossdock.common.v1.values_pb2 import Quantity
from crossdock_kit.row_files import Form, Written, write_file

AS_OF = datetime(2026, 3, 2, tzinfo=UTC)
ROW = Quantity.DESCRIPTOR


async def pages(*each: Sequence[str]) -> AsyncIterator[tuple[datetime, Sequence[Quantity]]]:
    for units in each:
        yield AS_OF, [Quantity(value="10", unit=unit) for unit in units]


@pytest.mark.feature("F099")
@pytest.mark.parametrize("form", list(Form))
async def test_rows_become_a_file_that_is_the_same_each_time(form: Form, tmp_path: Path) -> None:
    files = [tmp_path / "first", tmp_path / "second"]
    said = [await write_file(pages(["A", 'B, "2"'], ["C"], []), ROW, file, form) for file in files]
    content = files[0].read_bytes()
    assert content == files[1].read_bytes()
    assert said == [Written("2026-03-02T00:00:00Z", 3, hashlib.sha256(content).hexdigest())] * 2
    lines = content.decode().splitlines()
    if form is Form.CSV:
        assert lines == [
            "as_of,value,unit",
            "2026-03-02T00:00:00Z,10,A",
            '2026-03-02T00:00:00Z,10,"B, ""2"""',
            "2026-03-02T00:00:00Z,10,C",
        ]
    else:
        assert [json.loads(each)["unit"] for each in lines] == ["A", 'B, "2"', "C"]
        assert json.loads(lines[2])["as_of"] == "2026-03-02T00:00:00Z"


async def test_rows_without_their_end_are_no_file_and_leave_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    await write_file(pages(["A"], []), ROW, file, Form.CSV)
    before = file.read_bytes()
    with pytest.raises(EOFError):
        await write_file(pages(["A"], ["B"]), ROW, file, Form.CSV)
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["stock.csv"]
