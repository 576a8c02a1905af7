"""Records in PostgreSQL, read and written in sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg

from catalog.domain.places import Place
from catalog.domain.record import Record, Subject
from catalog.domain.words import Standing
from catalog.wire.kinds import LOCATION
from catalog.wire.records import to_place

_ADD_SUBJECTS = """
INSERT INTO subject (tenant, kind, id) SELECT $1, k, i FROM unnest($2::text[], $3::text[]) AS s(k, i)
ON CONFLICT DO NOTHING
"""
# Always in the order of the key, so that two loads of the same things wait for each other and never for ever.
_LOCK_SUBJECTS = """
SELECT kind, id, event_version FROM subject
WHERE tenant = $1 AND (kind, id) IN (SELECT * FROM unnest($2::text[], $3::text[]))
ORDER BY kind, id FOR UPDATE
"""
_STANDING = """
SELECT r.kind, r.subject_id, r.key, r.valid_from, r.valid_to, r.content, r.said_at
FROM unnest($2::text[], $3::text[], $4::text[]) AS w(kind, subject_id, key)
JOIN record r ON r.tenant = $1 AND r.kind = w.kind AND r.subject_id = w.subject_id AND r.key = w.key
ORDER BY r.valid_from
"""
_WORDS = """
SELECT r.role, r.kind, r.subject_id, r.key, r.valid_from, r.valid_to, r.content, r.said_at
FROM unnest($2::text[], $3::text[], $4::text[]) AS w(kind, subject_id, key)
JOIN record_word r ON r.tenant = $1 AND r.kind = w.kind AND r.subject_id = w.subject_id AND r.key = w.key
ORDER BY r.valid_from
"""
_NEWEST_PLACES = """
SELECT DISTINCT ON (subject_id) kind, subject_id, key, valid_from, valid_to, content, said_at FROM record
WHERE tenant = $1 AND kind = $2 AND key = '' AND subject_id = ANY($3::text[])
ORDER BY subject_id, valid_from DESC
"""
_SAVE = """
INSERT INTO record (tenant, kind, subject_id, key, valid_from, valid_to, content, said_at)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::date[], $6::date[], $7::bytea[], $8::timestamptz[])
ON CONFLICT (tenant, kind, subject_id, key, valid_from)
DO UPDATE SET valid_to = excluded.valid_to, content = excluded.content, said_at = excluded.said_at
"""
_KEEP_WORDS = """
INSERT INTO record_word (tenant, role, kind, subject_id, key, valid_from, valid_to, content, said_at)
SELECT $1, $2, * FROM unnest($3::text[], $4::text[], $5::text[], $6::date[], $7::date[], $8::bytea[], $9::timestamptz[])
ON CONFLICT (tenant, kind, subject_id, key, role, valid_from)
DO UPDATE SET valid_to = excluded.valid_to, content = excluded.content, said_at = excluded.said_at
"""
_COUNT_EVENTS = """
UPDATE subject SET event_version = v.version
FROM unnest($2::text[], $3::text[], $4::bigint[]) AS v(kind, id, version)
WHERE subject.tenant = $1 AND subject.kind = v.kind AND subject.id = v.id
"""


def to_record(row: Mapping[str, Any] | asyncpg.Record) -> Record:
    subject = Subject(row["kind"], row["subject_id"])
    return Record(subject, row["key"], row["valid_from"], row["valid_to"], bytes(row["content"]), row["said_at"])


class StoredRecords:
    """The records of one tenant on one connection."""

    def __init__(self, driver: asyncpg.Connection[Any], tenant: str) -> None:
        self._driver, self._tenant = driver, tenant

    async def lock(self, subjects: Collection[Subject]) -> Mapping[Subject, int]:
        ordered = sorted(subjects)
        names = [s.kind for s in ordered], [s.id for s in ordered]
        await self._driver.execute(_ADD_SUBJECTS, self._tenant, *names)
        rows = await self._driver.fetch(_LOCK_SUBJECTS, self._tenant, *names)
        return {Subject(row["kind"], row["id"]): row["event_version"] for row in rows}

    async def standing(self, wanted: Collection[tuple[Subject, str]]) -> Mapping[tuple[Subject, str], Standing]:
        keys = list(wanted)
        columns = [s.kind for s, _ in keys], [s.id for s, _ in keys], [key for _, key in keys]
        shown: dict[tuple[Subject, str], list[Record]] = defaultdict(list)
        for row in await self._driver.fetch(_STANDING, self._tenant, *columns):
            record = to_record(row)
            shown[record.subject, record.key].append(record)
        words: dict[tuple[Subject, str], dict[str, list[Record]]] = defaultdict(lambda: defaultdict(list))
        for row in await self._driver.fetch(_WORDS, self._tenant, *columns):
            word = to_record(row)
            words[word.subject, word.key][row["role"]].append(word)
        return {name: Standing(its, words.get(name, {})) for name, its in shown.items()}

    async def places(self, location_ids: Collection[str]) -> Mapping[str, Place]:
        found: dict[str, Place] = {}
        wanted = set(location_ids)
        while wanted:
            rows = await self._driver.fetch(_NEWEST_PLACES, self._tenant, LOCATION, sorted(wanted))
            level = [to_place(to_record(row)) for row in rows]
            found |= {each.location_id: each for each in level}
            wanted = {each.parent_id for each in level if each.parent_id} - found.keys()
        return found

    async def save(self, changed: Sequence[Record], versions: Mapping[Subject, int]) -> None:
        if not changed:
            return
        await self._driver.execute(_SAVE, self._tenant, *_columns(changed))
        names = [s.kind for s in versions], [s.id for s in versions]
        await self._driver.execute(_COUNT_EVENTS, self._tenant, *names, list(versions.values()))

    async def keep_words(self, role: str, words: Sequence[Record]) -> None:
        if words:
            await self._driver.execute(_KEEP_WORDS, self._tenant, role, *_columns(words))


def _columns(records: Sequence[Record]) -> tuple[list[Any], ...]:
    """In the order of the statements that write records."""
    return (
        [row.subject.kind for row in records],
        [row.subject.id for row in records],
        [row.key for row in records],
        [row.valid_from for row in records],
        [row.valid_to for row in records],
        [row.content for row in records],
        [row.said_at for row in records],
    )
