"""Files of a partner's SFTP server: its own are handed in when two looks found them alike, ours appear whole or never.

Nothing that the server says is trusted: no links, no odd names, no files beyond the limit. A file is put aside only
when it is stored; one that stays is read again and is the same document again.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import cast

import asyncssh
from crossdock.connector.v1 import connector_service_pb2 as pb

from connector.worker.fetching import Fetched, NotRead, PageRead, Take
from connector.worker.file_drop import CONTENT_TYPE, LARGEST, NAME, UNFINISHED
from connector.worker.sending import DEAD, DELIVERED, RETRY, Sent
from connector.worker.sftp_link import NotConnected, SftpLink

KIND = "sftp"
# A folder with more files is read in several looks; what else lies there is not looked through for ever.
_MOST_FILES, _MOST_ENTRIES = 1000, 20_000
# A server that keeps the connection alive and answers nothing is let go of: nobody else of the partner is kept waiting.
_LOOK_SECONDS, _SEND_SECONDS = 120.0, 60.0
# Slow is no fault: what is left then is read by the next look, and this one ends before it is cut off.
_ENOUGH_SECONDS = 60.0
Seen = tuple[int, int]
"""Size and instant of the last change, as one look found them."""


@dataclass(eq=False)
class SftpInbox:
    """What the partner writes, in the order in which it wrote it. Kept between looks: a file must stand still."""

    link: SftpLink
    kind: str = KIND
    most_pages: int = 1
    patience_seconds: float = _LOOK_SECONDS
    enough_seconds: float = _ENOUGH_SECONDS
    _last: Mapping[str, Seen] = field(default_factory=dict)

    async def read(self, cursor: str, take: Take) -> PageRead:
        """Raises NotRead."""
        try:
            return PageRead(await self.link.use(self.patience_seconds, partial(self._look, take)))
        except NotConnected as fault:
            raise NotRead(str(fault), fault.code) from fault
        except (asyncssh.Error, OSError) as error:
            raise NotRead(f"the inbox cannot be read: {type(error).__name__}", "INBOX_UNREADABLE") from error

    @property
    def _folder(self) -> str:
        return self.link.sftp.inbox.rstrip("/")

    async def _look(self, take: Take, client: asyncssh.SFTPClient) -> int:
        now = await self._files(client)
        still = [name for name, seen in now.items() if self._last.get(name) == seen]
        self._last = now
        stored = 0
        clock = asyncio.get_running_loop().time
        enough = clock() + self.enough_seconds
        for name in sorted(still, key=lambda each: (now[each][1], each)):
            stored += await self._one(client, name, now[name][0], take)
            if clock() >= enough:
                break
        return stored

    async def _files(self, client: asyncssh.SFTPClient) -> dict[str, Seen]:
        """Plain files that their writers have finished; links and folders are nobody's documents. Raises NotRead."""
        found: dict[str, Seen] = {}
        entries = 0
        names = cast(AsyncGenerator[asyncssh.SFTPName, None], client.scandir(self._folder))
        async with aclosing(names) as listing:
            async for entry in listing:
                name, entries = str(entry.filename), entries + 1
                if len(found) == _MOST_FILES:
                    break
                if entries > _MOST_ENTRIES:
                    raise NotRead(f"the inbox holds more than {_MOST_ENTRIES} entries", "INBOX_TOO_FULL")
                if name.startswith(".") or name.endswith(UNFINISHED) or "/" in name:
                    continue
                attributes = entry.attrs
                if attributes.permissions is None:
                    attributes = await client.lstat(f"{self._folder}/{name}")
                if attributes.permissions is not None and stat.S_ISREG(attributes.permissions):
                    found[name] = attributes.size or 0, attributes.mtime or 0
        return found

    async def _one(self, client: asyncssh.SFTPClient, name: str, size: int, take: Take) -> int:
        if not NAME.fullmatch(name) or not 0 < size <= LARGEST:
            await self._put(client, name, "rejected")
            return 0
        async with client.open(f"{self._folder}/{name}", "rb") as file:
            content = cast(bytes, await file.read(LARGEST + 1))
        if len(content) != size:
            return 0
        await take(Fetched(name, CONTENT_TYPE, "", content))
        if self.link.sftp.afterwards == "remove":
            await client.remove(f"{self._folder}/{name}")
        else:
            await self._put(client, name, "archive")
        return 1

    async def _put(self, client: asyncssh.SFTPClient, name: str, place: str) -> None:
        """Into a folder beside; a name that is taken there gets a number."""
        folder = f"{self._folder}/{place}"
        if not await client.exists(folder):
            await client.mkdir(folder)
        for number in count(1):
            target = f"{folder}/{name}" + (f".{number}" if number > 1 else "")
            if not await client.exists(target):
                await client.rename(f"{self._folder}/{name}", target)
                return


@dataclass(frozen=True, slots=True)
class SftpOut:
    """What we write for the partner. The same delivery again replaces its file with the same bytes."""

    link: SftpLink
    patience_seconds: float = _SEND_SECONDS

    async def send(self, delivery: pb.LeasedDelivery) -> Sent:
        if not NAME.fullmatch(delivery.name):
            return Sent(DEAD, "the document's name is no file name")
        try:
            await self.link.use(self.patience_seconds, partial(self._write, delivery))
        except NotConnected as fault:
            return Sent(DEAD if fault.code == "EGRESS_REFUSED" else RETRY, f"{fault.code}: {fault}")
        except (asyncssh.Error, OSError) as error:
            return Sent(RETRY, f"cannot be written: {type(error).__name__}")
        return Sent(DELIVERED)

    async def _write(self, delivery: pb.LeasedDelivery, client: asyncssh.SFTPClient) -> None:
        target = f"{self.link.sftp.outbox.rstrip('/')}/{delivery.name}"
        # Who writes the same delivery at the same time writes another temporary file: never half of each.
        temporary = f"{target}.{delivery.lease_epoch}.tmp"
        async with client.open(temporary, "wb") as file:
            await file.write(delivery.content)
        try:
            await client.posix_rename(temporary, target)
        except asyncssh.SFTPOpUnsupported:
            if await client.exists(target):
                await client.remove(target)
            await client.rename(temporary, target)
