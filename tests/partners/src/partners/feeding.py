"""Feeds a folder of partner files through the connector, one catch-all partner per file, and tells each file's end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

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


async def feed(stage: Stage, folder: Path, say: Say) -> Feeding:
    """Every file below the folder, in the order of its path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    feeding = Feeding()
    async with reached(stage.addresses, stage.credentials) as suite:
        rows = [(path, Anyone(f"anyone-{index:03d}"), path.read_bytes()) for index, path in enumerate(files, start=1)]
        orders: list[SubmitPurchaseOrderRequest] = []
        for path, anyone, content in rows:
            needed = await _make_known(suite, anyone, content)
            orders += needed.orders
            items = len(needed.master_data.items)
            say(f"{path.relative_to(folder)}: {len(needed.orders)} orders, {items} items named")
        await _quiet(suite)
        for order in orders:
            await suite.call(suite.procurement.SubmitPurchaseOrder, order)
        await _quiet(suite)
        for path, anyone, content in rows:
            feeding.ends.append(await _hand_in(suite, anyone, path, content))
            say(f"{path.relative_to(folder)}: {feeding.ends[-1].end}")
    return feeding


async def _make_known(suite: Suite, anyone: Anyone, content: bytes) -> Prerequisites:
    """Partners, items and places that the file names; the orders are placed once all services know these."""
    needed = prerequisites(references.read(content), anyone, today=datetime.now(UTC).date())
    await suite.call(suite.catalog.PutMasterData, needed.master_data, 30)
    for profile in profiles(anyone, references.read(content).locations):
        await suite.put_partner(profile)
    return needed


async def _quiet(suite: Suite) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while not await suite.quiet() and time.monotonic() < deadline:
        await asyncio.sleep(0.2)


async def _hand_in(suite: Suite, anyone: Anyone, path: Path, content: bytes) -> FileEnd:
    if not 0 < len(content) <= LARGEST_FILE:
        return FileEnd(path.name, "", 0, 0, "refused", f"{len(content)} bytes: a file has 1 to {LARGEST_FILE} bytes")
    request = pb.SubmitDocumentRequest(
        request_id=str(uuid4()),
        partner=anyone.sender_of(references.read(content)),
        name=path.name[-255:],
        content_type="application/edi-x12",
        content=content,
    )
    document = (await suite.call(suite.connector.SubmitDocument, request)).document
    deadline = time.monotonic() + SETTLE_SECONDS
    while document.state in ON_THE_WAY and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
        asked = pb.GetDocumentRequest(document_id=document.document_id)
        document = (await suite.call(suite.connector.GetDocument, asked)).document
    return _end_of(path.name, document)


def _end_of(name: str, document: pb.Document) -> FileEnd:
    sets = ", ".join(dict.fromkeys(message.kind.removeprefix("x12.") for message in document.messages))
    why = document.reason or "; ".join(_reasons(document.messages))
    end = "understood" if document.state in UNDERSTOOD else "refused" if document.state in REFUSED else "exception"
    if document.state == pb.DOCUMENT_STATE_WAITING:
        why = f"waits for master data: {why}"
    lines = sum(message.lines for message in document.messages)
    return FileEnd(name, sets, len(document.messages), lines, end, "" if end == "understood" else why)


def _reasons(messages: Sequence[pb.DocumentMessage]) -> list[str]:
    return list(dict.fromkeys(message.reason for message in messages if message.reason))
