"""A cache in Valkey of groups of versioned entries, which may lose everything at any moment and never goes back.

An entry is replaced by a newer one only, whoever comes later: a reader that was slow cannot put back what a writer has
outdated meanwhile. What nobody outdated (its writer died, Valkey was away) ends by itself after `keep`. It must not
know what an entry means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis

from crossdock_kit.valkey import Reach

# A group is a hash: a field holds "version:value", without a value if all up to that version is outdated. The empty
# field says that the group was read as a whole. Times of life are set by whoever read it, not by whoever outdates it.
_WRITE = """
for at = 3, #ARGV, 3 do
  local kept = redis.call('HGET', KEYS[1], ARGV[at])
  local version = kept and tonumber(string.match(kept, '^%d+')) or -1
  local given = tonumber(ARGV[at + 1])
  if given > version or given == version and ARGV[at + 2] ~= '' then
    redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1] .. ':' .. ARGV[at + 2])
  end
end
if ARGV[2] == 'whole' then
  redis.call('HSET', KEYS[1], '', '')
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
elseif redis.call('PTTL', KEYS[1]) < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
"""


@dataclass(frozen=True, slots=True)
class Entry:
    version: int
    value: str


Groups = Mapping[str, Mapping[str, Entry]]


@dataclass(slots=True, eq=False)
class VersionedCache:
    """Groups by name. `valkey` None remembers nothing. `hits` and `misses` count groups."""

    valkey: Redis | None
    name: str
    keep: timedelta
    hits: int = 0
    misses: int = 0
    _reach: Reach = field(init=False)

    def __post_init__(self) -> None:
        self._reach = Reach(self.valkey, f"{self.name} is read from the database")

    async def read(self, groups: Iterable[str]) -> dict[str, dict[str, Entry]]:
        """The groups that are whole and current; the others are missing."""
        names = list(groups)

        async def ask(valkey: Redis) -> list[dict[bytes, bytes]]:
            asked = valkey.pipeline(transaction=False)
            for name in names:
                asked.hgetall(self._key(name))
            answers: list[dict[bytes, bytes]] = await asked.execute()
            return answers

        answers = await self._reach.ask(ask) or []
        read = {
            name: entries for name, kept in zip(names, answers, strict=False) if (entries := _whole(kept)) is not None
        }
        self.hits += len(read)
        self.misses += len(names) - len(read)
        return read

    async def fill(self, groups: Groups) -> None:
        """Keeps groups that were read as a whole, as far as nothing newer is known of them."""
        await self._write("whole", groups)

    async def outdate(self, groups: Mapping[str, Mapping[str, int]]) -> None:
        """Nothing that is older than these versions may be shown any more."""
        marks = {name: {each: Entry(version, "") for each, version in its.items()} for name, its in groups.items()}
        await self._write("part", marks)

    async def _write(self, extent: str, groups: Groups) -> None:
        async def ask(valkey: Redis) -> None:
            script = valkey.register_script(_WRITE)
            asked = valkey.pipeline(transaction=False)
            for name, entries in groups.items():
                facts = [fact for each, entry in entries.items() for fact in (each, entry.version, entry.value)]
                await script(keys=[self._key(name)], args=[int(self.keep / _MILLISECOND), extent, *facts], client=asked)
            await asked.execute()

        if groups:
            await self._reach.ask(ask)

    def _key(self, group: str) -> str:
        return f"crossdock:{self.name}:{group}"


_MILLISECOND = timedelta(milliseconds=1)


def _whole(kept: Mapping[Any, Any]) -> dict[str, Entry] | None:
    if b"" not in kept:
        return None
    entries: dict[str, Entry] = {}
    for name, written in kept.items():
        if name:
            version, _, value = written.decode().partition(":")
            if not value:
                return None
            entries[name.decode()] = Entry(int(version), value)
    return entries
