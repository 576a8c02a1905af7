"""What the broker answers to a batch of published events, one answer for each. Knows nothing of the events."""

from __future__ import annotations

import asyncio
import json
import logging
import re

log = logging.getLogger(__name__)

ACK_SECONDS = 2.0
_CODE = re.compile(r'"code":\s*(\d+)')


def about_the_message(answer: str) -> bool:
    """Whether an error of JetStream speaks of the message itself (its codes are those of HTTP), not of the stream."""
    found = _CODE.search(answer)
    return found is not None and found[1].startswith("4")


class Acknowledgments:
    """What the broker said about one batch: indexes that it has, and why it refused others."""

    __slots__ = ("_all_in", "_expected", "_latest", "accepted", "duplicates", "refusals")

    def __init__(self, expected: int) -> None:
        self.accepted: set[int] = set()
        self.refusals: dict[int, str] = {}
        self.duplicates = 0
        self._latest: tuple[int, bytes] | None = None
        self._expected = expected
        self._all_in = asyncio.Event()

    def take(self, index: int, data: bytes) -> None:
        if b'"seq"' in data and b'"error"' not in data:
            self.accepted.add(index)
            if b'"duplicate"' in data:
                self.duplicates += 1
            elif self._latest is None or index > self._latest[0]:
                self._latest = index, data
        else:
            self.refusals[index] = data.decode(errors="replace")[:200] or "nobody keeps this subject"
        if len(self.accepted) + len(self.refusals) >= self._expected:
            self._all_in.set()

    @property
    def latest(self) -> tuple[int, int] | None:
        """Index and sequence of the last row that the broker stored now: a repetition proves nothing about its end."""
        return (self._latest[0], int(json.loads(self._latest[1])["seq"])) if self._latest else None

    async def wait(self) -> None:
        """Until each row is answered, at most ACK_SECONDS: what is not answered by then is published again."""
        try:
            async with asyncio.timeout(ACK_SECONDS):
                await self._all_in.wait()
        except TimeoutError:
            log.warning("no answer for %d of %d events", self._expected - len(self.accepted), self._expected)
