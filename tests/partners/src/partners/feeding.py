"""Feeds a folder of partner files through the connector, one catch-all partner per file, and tells each file's end.

Whatever lies in the folder has an end: what is no file, cannot be read or names what cannot exist is refused too.
"""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import grpc
from connector import references
from connector.trial import Anyone, Prerequisites, prerequisites, profiles
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.procurement.v1.procurement_service_pb2 import SubmitPurchaseOrderRequest

from partners.demo import Say, Stage
from partners.suite import Suite, reached

SETTLE_SECONDS = 60.0
LARGEST_FILE = 4_000_000
ON_THE_WAY = frozenset({pb.DOCUMENT_STATE_RECEIVED, pb.DOCUMENT_STATE_TRANSLATED})
UNDERSTOOD = frozenset({pb.DOCUMENT_STATE_UNDERSTOOD, pb.DOCUMENT_STATE_DUPLICATE})
REFUSED = frozenset({pb.DOCUMENT_STATE_REFUSED})
REFUSALS = frozenset({grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION})


@dataclass(frozen=True, slots=True)
class FileEnd:
    """What became of one file. `end` is understood, refused or exception; `why` says it of the last two."""

    name: str
    sets: str
    messages: int
    lines: int
    end: str
    why: str


@dataclass(slots=True)
class Feeding:
    ends: list[FileEnd] = field(default_factory=list)

    def count(self, end: str) -> int:
        return sum(1 for each in self.ends if each.end == end)

    @property
    def closing_line(self) -> str:
        counts = f"{self.count('understood')} understood, {self.count('refused')} refused"
        return f"documents: {len(self.ends)} files, {counts}, {self.count('exception')} with an open exception"


class Unfit(Exception):
    """There is nothing to feed; the text says why."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A file of the folder and its catch-all partner. `name` is its path as it can be shown and sent."""

    path: Path
    name: str
    anyone: Anyone

    def read(self) -> bytes:
        """Raises Unfit."""
        try:
            facts = self.path.stat()
            if not stat.S_ISREG(facts.st_mode):
                raise Unfit("it is no ordinary file")
            if not 0 < facts.st_size <= LARGEST_FILE:
                raise Unfit(f"{facts.st_size} bytes: a file has 1 to {LARGEST_FILE} bytes")
            return self.path.read_bytes()
        except OSError as error:
            raise Unfit(f"it cannot be read: {error.strerror}") from error


def samples_of(folder: Path) -> list[Sample]:
    """Everything below the folder that is no folder, in the order of its path. Links to folders are not followed."""
    paths = sorted(path for path in folder.rglob("*") if not path.is_dir())
    return [
        Sample(path, shown(path.relative_to(folder)), Anyone(f"anyone-{index:03d}"))
        for index, path in enumerate(paths, start=1)
    ]


def shown(path: Path) -> str:
    """A path as text. What a file system takes for a name is not always text; the rest is escaped."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


async def feed(stage: Stage, folder: Path, say: Say) -> Feeding:
    """Every file below the folder: first what the files refer to, then the files."""
    samples, ends = samples_of(folder), dict[Path, FileEnd]()
    async with reached(stage.addresses, stage.credentials) as suite:
        orders: list[SubmitPurchaseOrderRequest] = []
        for each in samples:
            try:
                needed = await _make_known(suite, each.anyone, each.read())
                orders += needed.orders
                say(f"{each.name}: {len(needed.orders)} orders, {len(needed.master_data.items)} items named")
            except Unfit as unfit:
                ends[each.path] = FileEnd(each.name, "", 0, 0, "refused", str(unfit))
        await _quiet(suite)
        for order in orders:
            await suite.call(suite.procurement.SubmitPurchaseOrder, order)
        await _quiet(suite)
        for each in samples:
            if each.path not in ends:
                ends[each.path] = await _hand_in(suite, each)
            say(f"{each.name}: {ends[each.path].end}")
    return Feeding([ends[each.path] for each in samples])


async def _make_known(suite: Suite, anyone: Anyone, content: bytes) -> Prerequisites:
    """Partners, items and places that the file names; the orders are placed once all services know these.

    Raises Unfit where it names what nobody may name so.
    """
    needed = prerequisites(references.read(content), anyone, today=datetime.now(UTC).date())
    try:
        await suite.call(suite.catalog.PutMasterData, needed.master_data, 30)
    except grpc.aio.AioRpcError as error:
        if error.code() not in REFUSALS:
            raise
        raise Unfit(f"what it names cannot be master data: {error.details()}") from error
    for profile in profiles(anyone, references.read(content).locations):
        await suite.put_partner(profile)
    return needed


async def _quiet(suite: Suite) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while not await suite.quiet() and time.monotonic() < deadline:
        await asyncio.sleep(0.2)


async def _hand_in(suite: Suite, sample: Sample) -> FileEnd:
    content = sample.read()
    request = pb.SubmitDocumentRequest(
        request_id=str(uuid4()),
        partner=sample.anyone.sender_of(references.read(content)),
        name=sample.name[-255:],
        content_type="application/edi-x12",
        content=content,
    )
    document = (await suite.call(suite.connector.SubmitDocument, request)).document
    deadline = time.monotonic() + SETTLE_SECONDS
    while document.state in ON_THE_WAY and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
        asked = pb.GetDocumentRequest(document_id=document.document_id)
        document = (await suite.call(suite.connector.GetDocument, asked)).document
    return _end_of(sample.name, document)


def _end_of(name: str, document: pb.Document) -> FileEnd:
    sets = ", ".join(dict.fromkeys(message.kind.removeprefix("x12.") for message in document.messages))
    why = document.reason or "; ".join(_reasons(document.messages))
    end = "understood" if document.state in UNDERSTOOD else "refused" if document.state in REFUSED else "exception"
    if document.state == pb.DOCUMENT_STATE_WAITING:
        why = f"waits for master data: {why}"
    if document.state in ON_THE_WAY:
        why = f"it had no end after {SETTLE_SECONDS:.0f} s"
    lines = sum(message.lines for message in document.messages)
    return FileEnd(name, sets, len(document.messages), lines, end, "" if end == "understood" else why)


def _reasons(messages: Sequence[pb.DocumentMessage]) -> list[str]:
    return list(dict.fromkeys(message.reason for message in messages if message.reason))
