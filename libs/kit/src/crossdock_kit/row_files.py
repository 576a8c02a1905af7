"""Rows of messages as a file that another system loads: CSV with a heading, or a JSON object on each line.

The same rows give the same bytes. A file appears when it is complete, never in part. It must not know what rows are of.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

Pages = AsyncIterator[tuple[datetime, Sequence[Message]]]
"""Each with the instant that all of them are of; the last is empty."""


class Form(Enum):
    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Written:
    """As of when, how many rows, and the hash of the file."""

    as_of: str
    rows: int
    sha256: str

    @property
    def plain(self) -> dict[str, str | int]:
        return asdict(self)


async def write_rows(pages: Pages, row: Descriptor, file: BinaryIO, form: Form) -> Written:
    """Writes them as they come; every line says of when it is, so that files can be joined.

    Raises EOFError where the pages have no end: a copy that lacks something looks like one that does not.
    """
    columns = tuple(field.name for field in row.fields)
    digest, rows, as_of, ended = hashlib.sha256(), 0, "", False

    def put(text: str) -> None:
        file.write(text.encode())
        digest.update(text.encode())

    if form is Form.CSV:
        put(_csv(("as_of", *columns)))
    async for at, page in pages:
        as_of, ended = at.astimezone(UTC).isoformat().replace("+00:00", "Z"), not page
        rows += len(page)
        for line in _lines(page, as_of, columns, form):
            put(line)
    if not ended:
        raise EOFError("the rows ended before their end")
    return Written(as_of, rows, digest.hexdigest())


async def write_file(pages: Pages, row: Descriptor, to: Path, form: Form) -> Written:
    """Raises EOFError, OSError; then there is no file, or the one that was there before."""
    part = to.with_name(f".{to.name}.part")
    try:
        with part.open("wb") as file:
            said = await write_rows(pages, row, file, form)
            file.flush()
            os.fsync(file.fileno())
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    return said


def _lines(rows: Sequence[Message], as_of: str, columns: Sequence[str], form: Form) -> Iterator[str]:
    for row in rows:
        said = {"as_of": as_of} | {name: getattr(row, name) for name in columns}
        yield json.dumps(said, ensure_ascii=False) + "\n" if form is Form.JSONL else _csv(said.values())


def _csv(values: Iterable[object]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(values)
    return written.getvalue()
