"""Folders as transport: files of the partner are handed in when they stand still, ours appear whole or not at all.

Nothing in a folder is trusted: no links, no odd names, no files that still grow, none beyond the limit.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import partner_pb2
from crossdock_kit.peers import PeerRefused

from connector.worker.sending import DEAD, DELIVERED, RETRY, Sent
from connector.worker.service import PartnerService

log = logging.getLogger(__name__)

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
UNFINISHED = (".tmp", ".part")
LARGEST = 4_000_000
CONTENT_TYPE = "application/edi-x12"


def folder_of(root: Path, relative: str) -> Path:
    """A folder below the transport's root, made if it is not there. Raises ValueError for one that leads out of it."""
    found = (root / relative).resolve()
    if not found.is_relative_to(root.resolve()):
        raise ValueError(f"{relative} leads out of the transport's folder")
    found.mkdir(parents=True, exist_ok=True)
    return found


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as one look found it."""

    name: str
    size: int
    modified_ns: int


@dataclass(eq=False)
class Inbox:
    """What the partner writes, in the order in which it wrote it."""

    folder: Path
    service: PartnerService
    _last: dict[str, Seen] = field(default_factory=dict)

    async def round(self) -> int:
        """Hands in every file that stood still since the last look; how many. Raises what the service raises."""
        now = {each.name: each for each in await asyncio.to_thread(self._look)}
        still = [each for name, each in now.items() if self._last.get(name) == each]
        self._last = now
        for each in sorted(still, key=lambda seen: (seen.modified_ns, seen.name)):
            await self._hand_in(each)
        return len(still)

    def _look(self) -> list[Seen]:
        with os.scandir(self.folder) as entries:
            return list(filter(None, map(_seen, entries)))

    async def _hand_in(self, seen: Seen) -> None:
        if not NAME.fullmatch(seen.name) or not 0 < seen.size <= LARGEST:
            log.warning("a file of %s can never be taken: %d bytes", self.service.partner, seen.size)
            await asyncio.to_thread(self._move, seen.name, "rejected")
            return
        content = await asyncio.to_thread(_read, self.folder / seen.name)
        if content is None or len(content) != seen.size:
            return
        try:
            await self.service.hand_in(name=seen.name, content_type=CONTENT_TYPE, path="", content=content)
        except PeerRefused as refused:
            if refused.status != "INVALID_ARGUMENT":
                raise
            log.warning("%s is refused: %s", seen.name, refused.reason)
            await asyncio.to_thread(self._move, seen.name, "rejected")
            return
        await asyncio.to_thread(self._move, seen.name, "archive")

    def _move(self, name: str, place: str) -> None:
        """Into a folder beside; a name that is taken there gets a number."""
        folder = self.folder / place
        folder.mkdir(exist_ok=True)
        base = name if NAME.fullmatch(name) else hashlib.sha256(os.fsencode(name)).hexdigest()
        for target in _free_names(folder / base):
            if not target.exists():
                with suppress(FileNotFoundError):
                    (self.folder / name).rename(target)
                return


def _free_names(path: Path) -> Iterator[Path]:
    yield path
    number = 1
    while True:
        number += 1
        yield path.with_name(f"{path.name}.{number}")


def _seen(entry: os.DirEntry[str]) -> Seen | None:
    """A plain file that its writer has finished; links and folders are nobody's documents."""
    if entry.name.startswith(".") or entry.name.endswith(UNFINISHED):
        return None
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return Seen(entry.name, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _read(path: Path) -> bytes | None:
    """The content, or None where the file went away or became something else meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return file.read(LARGEST + 1)


@dataclass(frozen=True, slots=True)
class FileOut:
    """What we write for the partner. The same delivery again replaces its file with the same bytes."""

    folder: Path

    async def send(self, delivery: pb.LeasedDelivery) -> Sent:
        if not NAME.fullmatch(delivery.name):
            return Sent(DEAD, "the document's name is no file name")
        try:
            await asyncio.to_thread(self._write, delivery.name, delivery.content)
        except OSError as error:
            return Sent(RETRY, f"cannot be written: {error.strerror}")
        return Sent(DELIVERED)

    def _write(self, name: str, content: bytes) -> None:
        temporary = self.folder / f"{name}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.folder / name)


def outbox(root: Path, drop: partner_pb2.FileDrop) -> FileOut:
    return FileOut(folder_of(root, drop.outbox))
