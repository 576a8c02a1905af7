"""What a broker may do to messages at any time, done on the wire: deliver twice, in another order, late, lose an ack.

Understands NATS' framing and nothing of events. A delivery is a message to an inbox with a reply to $JS.ACK; an ack
is a publish to it. Everything else passes untouched and in order.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

ACK = b"$JS.ACK."
Late: TypeAlias = list[list[bytes]]
"""What waits on one link, by the number of reads for which it still does."""


@dataclass(eq=False)
class Tricks:
    """Each delivery comes 1 to `most_copies` times, shuffled within what one read brought; so many acks are lost, and
    so many deliveries wait until others have overtaken them, those of 1 to `latest` further reads."""

    seed: int
    most_copies: int = 4
    lost_acks: float = 0.1
    late: float = 0.05
    latest: int = 10
    messages: int = 0
    copied: int = 0
    reordered: int = 0
    dropped_acks: int = 0
    delayed: int = 0
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def deliver(self, deliveries: list[bytes], waiting: Late) -> list[bytes]:
        found = [each for each in deliveries for _ in range(self._chance.randint(1, self.most_copies))]
        self.messages += len(deliveries)
        self.copied += len(found) - len(deliveries)
        before = list(found)
        self._chance.shuffle(found)
        self.reordered += sum(a is not b for a, b in zip(before, found, strict=True))
        return self._without_the_late(found, waiting)

    def _without_the_late(self, deliveries: list[bytes], waiting: Late) -> list[bytes]:
        """And with those whose time has come. What still waits when the tricks end is lost, and comes again."""
        prompt = waiting.pop(0) if waiting else []
        for each in deliveries:
            if self._chance.random() < self.late:
                reads = self._chance.randint(1, self.latest)
                waiting += [[] for _ in range(reads - len(waiting))]
                waiting[reads - 1].append(each)
                self.delayed += 1
            else:
                prompt.append(each)
        return prompt

    async def played(self) -> bool:
        """Whether something came twice and an ack was lost."""
        return self.copied > 0 and self.dropped_acks > 0

    def loses(self) -> bool:
        lost = self._chance.random() < self.lost_acks
        self.dropped_acks += lost
        return lost


def deliveries(played: Iterable[Tricks]) -> int:
    """How many messages came to consumers, the copies counted."""
    return sum(each.messages + each.copied for each in played)


@dataclass(eq=False)
class Deliveries:
    """One direction of one link, cut into protocol commands. Bytes of an unfinished command wait for the rest."""

    up: bool
    _rest: bytes = b""
    _late: Late = field(default_factory=list)

    def through(self, data: bytes, tricks: Tricks | None) -> bytes:
        commands, self._rest = split(self._rest + data)
        if tricks is None:
            return b"".join(commands)
        if self.up:
            return b"".join(each for each in commands if not (is_ack(each) and tricks.loses()))
        out: list[bytes] = []
        waiting: list[bytes] = []
        for each in commands:
            if is_delivery(each):
                waiting.append(each)
                continue
            out += tricks.deliver(waiting, self._late)
            waiting = []
            out.append(each)
        return b"".join([*out, *tricks.deliver(waiting, self._late)])


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """Whole commands, and what is left of an unfinished one."""
    commands: list[bytes] = []
    start = 0
    while True:
        end = data.find(b"\r\n", start)
        if end < 0:
            return commands, data[start:]
        stop = end + 2 + _payload(data[start:end])
        if stop > len(data):
            return commands, data[start:]
        commands.append(data[start:stop])
        start = stop


def _payload(line: bytes) -> int:
    """Bytes that follow the line, with the line end after them."""
    verb = line[:5].upper()
    if verb.startswith((b"MSG ", b"HMSG ", b"PUB ", b"HPUB ")):
        return int(line.rsplit(b" ", 1)[1]) + 2
    return 0


def is_delivery(command: bytes) -> bool:
    line = command[: command.find(b"\r\n")]
    return line[:4] in (b"HMSG", b"MSG ") and b" " + ACK in line


def is_ack(command: bytes) -> bool:
    return command.startswith(b"PUB " + ACK) and command.endswith(b"+ACK\r\n")
