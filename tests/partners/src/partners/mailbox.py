"""A partner's folder for X12: what it writes appears there whole, what the suite writes is read once and in order, and
what it sent stays unanswered until a 997 accepts it."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from partners import x12
from partners.faults import Faults
from partners.journal import Journal

Hear = Callable[[list[x12.Sent]], Awaitable[None]]
Key = Callable[[x12.Sent], str]
ACKNOWLEDGMENT = "997"


class Mailbox:
    """`folder` holds `in` (the partner writes, the suite reads) and `out` (the suite writes, the partner reads)."""

    def __init__(self, partner: str, folder: Path, writer: x12.Writer, journal: Journal, faults: Faults) -> None:
        self._partner, self._writer, self._journal, self._faults = partner, writer, journal, faults
        self._writes, self._reads = folder / "in", folder / "out"
        for each in (self._writes, self._reads):
            each.mkdir(parents=True, exist_ok=True)
        self._files = 0
        self._heard: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        # Groups that the suite has not accepted yet, with what is in them.
        self.unanswered: dict[str, str] = {}

    def start(self, hear: Hear, key: Key) -> None:
        """`hear` is given the sets of each interchange, `key` says under what a set is filed."""
        self._task = asyncio.create_task(self._watch(hear, key))

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def check(self) -> None:
        """Raises what ended the watching."""
        if self._task and self._task.done():
            self._task.result()

    async def write(self, set_id: str, rows: list[list[str]], *, key: str, filed_as: str = "") -> None:
        """`filed_as` is the kind under which the journal has it, where the set alone does not tell."""
        content = self._writer.interchange(set_id, x12.GROUPS[set_id], rows)
        if set_id != ACKNOWLEDGMENT:
            self.unanswered[self._writer.group] = f"{set_id} {key}"
        self._files += 1
        name = f"{self._files:05d}_{set_id}.edi"

        async def drop() -> None:
            temporary = self._writes / f"{name}.tmp"
            await _written(temporary, content)
            temporary.rename(self._writes / name)
            self._journal.add(self._partner, "sent", filed_as or f"x12.{set_id}", key, content)

        await self._faults.deliver(drop)

    async def acknowledge(self, sent: list[x12.Sent]) -> None:
        """A 997 for what is none itself."""
        if answerable := [each for each in sent if each.set_id != ACKNOWLEDGMENT]:
            await self.write(ACKNOWLEDGMENT, x12.functional_ack(answerable), key=answerable[0].group)

    async def _watch(self, hear: Hear, key: Key) -> None:
        while True:
            if not self._faults.silent:
                # Drafts are renamed under us; what has its final name is moved by nobody else.
                ready = [path for path in self._reads.iterdir() if path.suffix not in (".tmp", ".part")]
                for path in sorted(ready, key=lambda each: (each.stat().st_mtime_ns, each.name)):
                    sent, repeated = self._read(path, key)
                    # Who gets a file a second time says again that he has it, and does nothing else.
                    await (self.acknowledge(sent) if repeated else hear(sent))
            await asyncio.sleep(0.05)

    def _read(self, path: Path, key: Key) -> tuple[list[x12.Sent], bool]:
        content = path.read_bytes()
        path.unlink()
        sent, repeated = x12.read(content), path.name in self._heard
        for each in sent:
            kind = f"x12.{each.set_id}"
            self._journal.add(self._partner, "received", kind, key(each), content, repeated=repeated, note=path.name)
            for group in x12.accepted(each):
                self.unanswered.pop(group, None)
        self._heard.add(path.name)
        return sent, repeated


async def _written(file: Path, content: bytes) -> None:
    """A disk that is full is waited for, as whoever looks after the folder would."""
    while True:
        try:
            file.write_bytes(content)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            await asyncio.sleep(0.2)
        else:
            return
